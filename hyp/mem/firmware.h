/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the firmware of protected VMs: image and configuration, held by EL2 in pages only it can reach.
 * Never: a byte of it to the host; a mapping of it that outlives the copy of a page.
 * Used by: boot (hold), hvc/hvc_cap.c.
 */
#ifndef MEM_FIRMWARE_H
#define MEM_FIRMWARE_H

#include "mem/guest_mem.h"

/* Boot, once: whole pages of RAM, EL2's already. */
void firmware_hold(struct pa_range range);
/* What is held, in bytes, whole pages; 0: nothing. */
u64 firmware_size(void);
/*
 * ENABLE_CAP SET_PVMFW_GPA: the VM becomes a protected one whose first code is the firmware, at ipa. Again moves it.
 * GZ_ENOTSUP: none is held; GZ_EINVAL: unaligned, or it would not fit below the end of guest addresses; GZ_ESTATE as guest_mem_protect().
 */
enum gz_err guest_mem_set_firmware(struct guest_mem *gm, ipa_t ipa) __must_check;

#endif
