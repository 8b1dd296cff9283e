/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Job: what the driver may ask of the hypervisor; one function per host call, errno out.
 * Never: a call number, a status code or a register outside arch/arm64/geniezone.
 * Used by: drivers/virt/geniezone. Every function may sleep unless it says "any context".
 */
#ifndef GZVM_ARCH_H
#define GZVM_ARCH_H

#include <linux/types.h>
#include <gz/hvc.h>
#include <gz/memregion.h>
#include <gz/vcpu_pages.h>

/**
 * struct gzvm_hvc_args - registers of one host call
 * @id: x0; gzvm_hvc() sets it
 * @arg: x1 to x7
 * @res: x1 to x3 afterwards
 * @rest: x8 to x17, 0
 * @status: W0 afterwards, as the hypervisor gave it
 *
 * All but @status lies as in struct arm_smccc_1_2_regs: a RUN copies its registers only once.
 */
struct gzvm_hvc_args {
	u64 id;
	union {
		u64 arg[7];
		u64 res[3];
	};
	u64 rest[10];
	s32 status;
};

/**
 * struct gzvm_version - what PROBE answers
 * @major: changes when the interface does
 * @minor: additions
 * @sub: for people
 */
struct gzvm_version {
	u32 major;
	u32 minor;
	u64 sub;
};

/**
 * struct gzvm_exit - how a RUN ended
 * @reason: GZ_EXIT_*
 * @wake: with GZ_EXIT_IPI, bit n: vCPU n has work
 * @status: W0, not 0 when the hypervisor refused
 */
struct gzvm_exit {
	u32 reason;
	u32 wake;
	s32 status;
};

/* hvc.c */
int gzvm_hvc(enum gz_hvc_fn fn, struct gzvm_hvc_args *args);
bool gzvm_arch_identify(void);
u64 gzvm_arch_ticks_to_ns(u64 ticks);

/* vm.c */
int gzvm_arch_probe(struct gzvm_version *hyp);
u32 gzvm_arch_ext_features(void);
int gzvm_arch_query_cap(u64 cap, u64 *pages);
int gzvm_arch_create_vm(unsigned long type, u16 *vm_id);
int gzvm_arch_destroy_vm(u16 vm_id, u32 batch_pages);
int gzvm_arch_memregion_purpose(u16 vm_id, u64 gpa, u64 size, u32 flags);
int gzvm_arch_set_memregion(u16 vm_id, struct gz_memregion *region);
int gzvm_arch_enable_cap(u16 vm_id, u64 cap, const u64 args[5], u64 *result);
int gzvm_arch_map_guest(u16 vm_id, u32 slot, u64 pfn, u64 gfn);
int gzvm_arch_map_guest_block(u16 vm_id, u32 slot, u64 gfn, u64 nr_pages);
int gzvm_arch_unmap_slot(u16 vm_id, u32 slot);
int gzvm_arch_unmap_pages(u16 vm_id, u64 gfn, u64 nr);
int gzvm_arch_view(u16 vm_id, u64 gfn, u32 *view);
int gzvm_arch_set_dtb_config(u16 vm_id, u64 gpa, u64 size);
int gzvm_arch_get_statistics(u16 vm_id, u64 *hyp_bytes, u64 *shared_bytes);
int gzvm_arch_inform_exit(u16 vm_id);
int gzvm_arch_log_read(void *page, u64 *cursor, size_t *len);
int gzvm_arch_audit_read(void *page, u64 *cursor, size_t *len, u64 *head);
int gzvm_arch_stats(u64 *page);
int gzvm_arch_pool_give(phys_addr_t block);
int gzvm_arch_pool_take(phys_addr_t *block);

/* vcpu.c */
int gzvm_arch_create_vcpu(u16 vm_id, u16 vcpu_id, void *pages);
void gzvm_arch_destroy_vcpu(u16 vm_id, u16 vcpu_id);
void gzvm_arch_run_vcpu(u16 vm_id, u16 vcpu_id, struct gzvm_hvc_args *regs,
			struct gzvm_exit *exit);
int gzvm_arch_unshare(u16 vm_id, u16 vcpu_id, u64 nr);
int gzvm_arch_set_one_reg(u16 vm_id, u16 vcpu_id, u64 reg, u64 value);

/* vgic.c */
int gzvm_arch_create_device(u16 vm_id, struct gz_create_device *dev);
int gzvm_arch_irq_line(u16 vm_id, u32 spi, u32 level, u32 mode, u32 *wake);

#endif
