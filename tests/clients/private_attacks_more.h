/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the attacks of private_attacks_user.c, _vhost.c, _vsock.c, _scsi.c and _probes.c.
 * Never: hold anything but what private_attacks.c puts into its table.
 * Used by: private_attacks.c.
 */
#ifndef PRIVATE_ATTACKS_MORE_H
#define PRIVATE_ATTACKS_MORE_H

#include "private_attacks.h"

/* private_attacks_user.c */
int a_border(const struct target *t);
int a_exclusive(const struct target *t);
int a_swap(const struct target *t);
int a_cache_load(const struct target *t);
int a_advise_load(const struct target *t);
int a_migrate_load(const struct target *t);
int a_lock_load(const struct target *t);
int a_process_madvise(const struct target *t);
int a_sendfile(const struct target *t);
int a_packet(const struct target *t);
int a_zerocopy(const struct target *t);
int a_continue(const struct target *t);
int a_kprobe(const struct target *t);
int a_udmabuf(const struct target *t);
int a_udmabuf_sync(const struct target *t);
int dma_buf_of(const struct target *t);	/* its fd; -1 and ENODEV when the kernel makes none */

/* private_attacks_vhost.c */
int a_vhost_send(const struct target *t);
int a_vhost_receive(const struct target *t);
int a_vhost_log(const struct target *t);
int a_vhost_ring(const struct target *t);
/* Two ends of a wire: frames sent at fd[0] come out at fd[1]. 0 or an errno. */
int packet_pair(int fd[2]);

/* private_attacks_vsock.c */
int a_vsock_send(const struct target *t);
int a_vsock_ring(const struct target *t);

/* private_attacks_scsi.c */
int a_vhost_scsi(const struct target *t);

/* private_attacks_probes.c */
int a_bpf_user(const struct target *t);
int a_bpf_kernel(const struct target *t);
int a_perf_stack(const struct target *t);
int a_uprobe(const struct target *t);

/* private_attacks_kernel.c: where the linear map has this, 0 when the kernel does not say. */
uint64_t kernel_address(uint64_t pa);

#endif
