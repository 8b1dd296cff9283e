// SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause
/*
 * Job: every size, offset and number of the ABI, asserted while compiling. It has no code.
 * Never: be changed together with the header it checks without a reason in the commit.
 * Used by: make check-abi; builds for the machine it is compiled on and for arm64.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "gz/audit.h"
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "gz/memregion.h"
#include "gz/vcpu_pages.h"
#include "uapi/linux/gzvm.h"

#define SIZE(type, n)		static_assert(sizeof(type) == (n), #type " has a fixed size")
#define OFF(type, field, n)	static_assert(offsetof(type, field) == (n), #type "." #field)
#define NUM(name, n)		static_assert((name) == (n), #name)

NUM(GZVM_CREATE_VM, 0x00009201);
NUM(GZVM_CHECK_EXTENSION, 0x00009203);
NUM(GZVM_SET_MEMORY_REGION, 0x40189240);
NUM(GZVM_CREATE_VCPU, 0x00009241);
NUM(GZVM_SET_USER_MEMORY_REGION, 0x40209246);
NUM(GZVM_CREATE_IRQCHIP, 0x00009260);
NUM(GZVM_IRQ_LINE, 0x40089261);
NUM(GZVM_IRQFD, 0x40209276);
NUM(GZVM_IOEVENTFD, 0x40409279);
NUM(GZVM_RUN, 0x00009280);
NUM(GZVM_SETTLE_VIEW, 0x80109281);
NUM(GZVM_ENABLE_CAP, 0x403092A3);
NUM(GZVM_GET_ONE_REG, 0x401092AB);
NUM(GZVM_SET_ONE_REG, 0x401092AC);
NUM(GZVM_CREATE_DEVICE, 0xC03092E0);
NUM(GZVM_SET_DTB_CONFIG, 0x401092FF);

SIZE(struct gzvm_vcpu_run, 264);
OFF(struct gzvm_vcpu_run, immediate_exit, 4);
OFF(struct gzvm_vcpu_run, mmio.phys_addr, 8);
OFF(struct gzvm_vcpu_run, mmio.data, 16);
OFF(struct gzvm_vcpu_run, mmio.size, 24);
OFF(struct gzvm_vcpu_run, mmio.reg_nr, 32);
OFF(struct gzvm_vcpu_run, mmio.is_write, 36);
OFF(struct gzvm_vcpu_run, fail_entry.cpu, 16);
OFF(struct gzvm_vcpu_run, exception.error_code, 12);
OFF(struct gzvm_vcpu_run, exception.fault_gpa, 16);
OFF(struct gzvm_vcpu_run, internal.data, 16);
OFF(struct gzvm_vcpu_run, system_event.type, 8);
OFF(struct gzvm_vcpu_run, system_event.data, 16);

SIZE(struct gz_run_page, 264);
#define SAME(field) static_assert(offsetof(struct gz_run_page, field) == \
	offsetof(struct gzvm_vcpu_run, field), "run page " #field)
SAME(immediate_exit);
SAME(mmio.phys_addr);
SAME(mmio.data);
SAME(mmio.size);
SAME(mmio.reg_nr);
SAME(mmio.is_write);
SAME(fail_entry.cpu);
SAME(exception.error_code);
SAME(exception.fault_gpa);
SAME(hypercall.args);
SAME(internal.data);
SAME(system_event.ndata);
SAME(system_event.data);

NUM(GZ_EXIT_UNKNOWN, GZVM_EXIT_UNKNOWN);
NUM(GZ_EXIT_MMIO, GZVM_EXIT_MMIO);
NUM(GZ_EXIT_HYPERCALL, GZVM_EXIT_HYPERCALL);
NUM(GZ_EXIT_IRQ, GZVM_EXIT_IRQ);
NUM(GZ_EXIT_EXCEPTION, GZVM_EXIT_EXCEPTION);
NUM(GZ_EXIT_DEBUG, GZVM_EXIT_DEBUG);
NUM(GZ_EXIT_FAIL_ENTRY, GZVM_EXIT_FAIL_ENTRY);
NUM(GZ_EXIT_INTERNAL_ERROR, GZVM_EXIT_INTERNAL_ERROR);
NUM(GZ_EXIT_SYSTEM_EVENT, GZVM_EXIT_SYSTEM_EVENT);
NUM(GZ_EXIT_SHUTDOWN, GZVM_EXIT_SHUTDOWN);
NUM(GZ_EXIT_GZ, GZVM_EXIT_GZ);
NUM(GZ_EXIT_IDLE, GZVM_EXIT_IDLE);
NUM(GZ_EXIT_IPI, GZVM_EXIT_IPI);
NUM(GZ_EVENT_SHUTDOWN, GZVM_SYSTEM_EVENT_SHUTDOWN);
NUM(GZ_EVENT_RESET, GZVM_SYSTEM_EVENT_RESET);
NUM(GZ_EVENT_CRASH, GZVM_SYSTEM_EVENT_CRASH);
NUM(GZ_EXCEPTION_PAGE_FAULT, GZVM_EXCEPTION_PAGE_FAULT);

SIZE(struct gz_hwstate_page, 0xa0);
OFF(struct gz_hwstate_page, lr, 0x08);
OFF(struct gz_hwstate_page, vtimer_offset, 0x88);
OFF(struct gz_hwstate_page, vtimer_delay, 0x90);
OFF(struct gz_hwstate_page, vtimer_migrate, 0x98);

SIZE(struct gz_memregion, 24);
SIZE(struct gz_mem_constituent, 16);
OFF(struct gz_memregion, constituents, 24);
static_assert(sizeof(struct gz_memregion) +
	      GZ_MEMREGION_MAX_CONSTITUENTS * sizeof(struct gz_mem_constituent) <=
	      GZ_MEMREGION_BUF_BYTES, "a full list fits its buffer");

SIZE(struct gz_create_device, 48);
SIZE(struct gzvm_create_device, 48);
OFF(struct gz_create_device, dev_addr, offsetof(struct gzvm_create_device, dev_addr));
OFF(struct gz_create_device, dev_reg_size, offsetof(struct gzvm_create_device, dev_reg_size));

SIZE(struct gzvm_memory_region, 24);
SIZE(struct gzvm_userspace_memory_region, 32);
SIZE(struct gzvm_irq_level, 8);
SIZE(struct gzvm_irqfd, 32);
SIZE(struct gzvm_ioeventfd, 64);
SIZE(struct gzvm_enable_cap, 48);
SIZE(struct gzvm_one_reg, 16);
SIZE(struct gzvm_dtb_config, 16);
SIZE(struct gzvm_pages_view, 16);
OFF(struct gzvm_pages_view, nr_pages, 8);
OFF(struct gzvm_pages_view, shared, 12);

NUM(GZVM_REG_X(0), 0x6030000000100000ull);
NUM(GZVM_REG_X(2), 0x6030000000100004ull);
NUM(GZVM_REG_SP, 0x603000000010003eull);
NUM(GZVM_REG_PC, 0x6030000000100040ull);
NUM(GZVM_REG_PSTATE, 0x6030000000100042ull);
NUM(GZVM_REG_SP_EL1, 0x6030000000100044ull);
NUM(GZVM_REG_ELR_EL1, 0x6030000000100046ull);
NUM(GZVM_REG_SPSR0, 0x6030000000100048ull);

NUM(GZ_FN_RUN, 5);
NUM(GZ_FN_IRQ_LINE, 10);
NUM(GZ_FN_PROBE, 12);
NUM(GZ_FN_MEMREGION_PURPOSE, 15);
NUM(GZ_FN_MAP_GUEST_BLOCK, 18);
NUM(GZ_FN_GET_STATISTICS, 19);
NUM(GZ_HVC_ID(GZ_FN_PROBE), 0xfb00100cu);
NUM(GZ_CAP_PROTECTED_VM, GZVM_CAP_PROTECTED_VM);
NUM(GZ_CAP_IDLE, GZVM_CAP_ENABLE_IDLE);
static_assert(512 % GZ_MAP_BATCH_PAGES == 0, "published drivers want a divisor of 512");
static_assert((GZ_DESTROY_BATCH_PAGES & (GZ_DESTROY_BATCH_PAGES - 1)) == 0, "a power of two");
static_assert(sizeof(struct gz_audit_record) == 24, "as tools/audit-replay reads it");
static_assert(GZ_STAT_NR * 8 <= 4096, "all counters fit one page");
