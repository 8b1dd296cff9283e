/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the one list of errors inside EL2. hvc/dispatch.c translates it for the host.
 * Never: an ABI value; zero is success and never an error.
 * Used by: everything in hyp/.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

enum gz_err {
	GZ_OK = 0,
	GZ_EINVAL,		/* an argument makes no sense, whatever the state */
	GZ_ENOENT,		/* no such VM, vCPU, slot or interrupt */
	GZ_EEXIST,		/* already there, or overlaps what is there */
	GZ_ENOMEM,		/* pool, quota or table exhausted */
	GZ_EPERM,		/* the caller does not own what it names */
	GZ_EBUSY,		/* pinned, running or in use: later it may work */
	GZ_ESTATE,		/* wrong life-cycle state */
	GZ_ERANGE,		/* out of the range this build supports */
	GZ_ENOTSUP,		/* unknown or deliberately absent */
	GZ_EFAULT,		/* an address that is no memory of the caller */
	GZ_EAGAIN,		/* one slice done, more is left: restart the call */
	GZ_EIO,			/* hardware did not answer in its time limit */
	GZ_ERR_NR
};

#endif
