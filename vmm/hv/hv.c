// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: choose a back end by its device file, and close one whatever state it is in.
 * Never: know what an ioctl means.
 * Used by: machine.c and doctor.c.
 */
#include <string.h>
#include <unistd.h>

#include "hv/hv.h"

const struct hv_ops *hv_ops_of(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return strcmp(name, "kvm") ? &hv_gzvm_ops : &hv_kvm_ops;
}

int hv_open(struct hv *hv, const char *path)
{
	*hv = (struct hv){ .ops = hv_ops_of(path), .path = path,
			   .dev_fd = -1, .vm_fd = -1, .gic_fd = -1 };
	if (hv->ops->create_vm(hv) == 0)
		return 0;
	hv_close(hv);
	return -1;
}

void hv_close(struct hv *hv)
{
	int *fds[] = { &hv->gic_fd, &hv->vm_fd, &hv->dev_fd };

	for (unsigned int i = 0; i < 3; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
