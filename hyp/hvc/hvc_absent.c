/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: calls whose decoders do not exist yet: "not supported".
 * Never: pretend a result.
 * Used by: hvc/dispatch.c.
 */
#include "hvc/hvc_int.h"

#define ABSENT(name) \
	enum gz_err name(struct hvc_call *c) { return hvc_not_supported(c); }

ABSENT(hvc_create_vm)
ABSENT(hvc_destroy_vm)
ABSENT(hvc_create_vcpu)
ABSENT(hvc_destroy_vcpu)
ABSENT(hvc_set_memregion)
ABSENT(hvc_run)
ABSENT(hvc_get_one_reg)
ABSENT(hvc_set_one_reg)
ABSENT(hvc_irq_line)
ABSENT(hvc_create_device)
ABSENT(hvc_inform_exit)
ABSENT(hvc_memregion_purpose)
ABSENT(hvc_set_dtb_config)
ABSENT(hvc_map_guest)
ABSENT(hvc_map_guest_block)
ABSENT(hvc_get_statistics)
ABSENT(hvc_ext_features)
ABSENT(hvc_ext_log_read)
ABSENT(hvc_ext_stats)
ABSENT(hvc_ext_unmap_slot)
