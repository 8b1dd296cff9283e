/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * Job: the ioctl interface of /dev/gzvm, byte for byte as the published clients use it.
 * Never: change a number, size or offset here; abi/abi_check.c holds them all.
 * Used by: linux/ (driver), vmm/ (gz) and tests; third parties through their own copies.
 */
#ifndef _UAPI_LINUX_GZVM_H
#define _UAPI_LINUX_GZVM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define GZVM_IOC_MAGIC			0x92

/* Capabilities, for CHECK_EXTENSION and ENABLE_CAP. */
#define GZVM_CAP_VM_GPA_SIZE			0xa5
#define GZVM_CAP_PROTECTED_VM			0xffbadab1
#define GZVM_CAP_BLOCK_BASED_DEMAND_PAGING	0x9201
#define GZVM_CAP_ENABLE_DEMAND_PAGING		0x9202
#define GZVM_CAP_ENABLE_IDLE			0x9203
#define GZVM_CAP_QUERY_HYP_BATCH_PAGES		0x9204
#define GZVM_CAP_QUERY_DESTROY_BATCH_PAGES	0x9205

/* args[0] of ENABLE_CAP(GZVM_CAP_PROTECTED_VM). */
#define GZVM_CAP_PVM_SET_PVMFW_GPA		0
#define GZVM_CAP_PVM_GET_PVMFW_SIZE		1
#define GZVM_CAP_PVM_SET_PROTECTED_VM		2

/*
 * In no published driver: one that answers CHECK_EXTENSION(GZVM_CAP_VIEWS) with 1 tells user space what the guest
 * shares when args[4] of SET_PROTECTED_VM or SET_PVMFW_GPA is GZVM_PVM_TELL_VIEWS. MEM_SHARE, MEM_UNSHARE and,
 * of a shared page, MEM_RELINQUISH of the guest then are exits HYPERCALL, and SETTLE_VIEW on that vCPU does what the exit is about.
 */
#define GZVM_CAP_VIEWS				0x9300
#define GZVM_PVM_TELL_VIEWS			1

/* Flags of a memory region. */
#define GZVM_USER_MEM_REGION_GUEST_MEM		(1u << 0)
#define GZVM_USER_MEM_REGION_PROTECT_FW		(1u << 1)
#define GZVM_USER_MEM_REGION_STATIC_SWIOTLB	(1u << 2)

struct gzvm_memory_region {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;		/* bytes */
};

struct gzvm_userspace_memory_region {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;		/* bytes; 0 deletes the slot */
	__u64 userspace_addr;
};

/* irq of struct gzvm_irq_level. */
#define GZVM_IRQ_VCPU2_SHIFT		28
#define GZVM_IRQ_VCPU2_MASK		0xf
#define GZVM_IRQ_TYPE_SHIFT		24
#define GZVM_IRQ_TYPE_MASK		0xf
#define GZVM_IRQ_VCPU_SHIFT		16
#define GZVM_IRQ_VCPU_MASK		0xff
#define GZVM_IRQ_NUM_SHIFT		0
#define GZVM_IRQ_NUM_MASK		0xffff
#define GZVM_IRQ_TYPE_CPU		0
#define GZVM_IRQ_TYPE_SPI		1
#define GZVM_IRQ_TYPE_PPI		2

struct gzvm_irq_level {
	union {
		__u32 irq;
		__s32 status;
	};
	__u32 level;
};

#define GZVM_IRQFD_FLAG_DEASSIGN	(1u << 0)
#define GZVM_IRQFD_FLAG_RESAMPLE	(1u << 1)

struct gzvm_irqfd {
	__u32 fd;
	__u32 gsi;			/* 0-based SPI index */
	__u32 flags;
	__u32 resamplefd;
	__u8 pad[16];
};

#define GZVM_IOEVENTFD_FLAG_DATAMATCH	(1u << 0)
#define GZVM_IOEVENTFD_FLAG_PIO		(1u << 1)
#define GZVM_IOEVENTFD_FLAG_DEASSIGN	(1u << 2)

struct gzvm_ioeventfd {
	__u64 datamatch;
	__u64 addr;
	__u32 len;			/* 0 (any), 1, 2, 4 or 8 bytes */
	__s32 fd;
	__u32 flags;
	__u8 pad[36];
};

struct gzvm_enable_cap {
	__u64 cap;
	__u64 args[5];
};

struct gzvm_one_reg {
	__u64 id;
	__u64 addr;			/* user pointer to the value */
};

#define GZVM_REG_ARM64			0x6000000000000000ULL
#define GZVM_REG_SIZE_SHIFT		52
#define GZVM_REG_SIZE_MASK		0x00f0000000000000ULL
#define GZVM_REG_SIZE_U64		0x0030000000000000ULL
#define GZVM_REG_CLASS_SHIFT		16
#define GZVM_REG_CLASS_MASK		0x000000000fff0000ULL
#define GZVM_REG_CLASS_CORE		(0x0010ULL << GZVM_REG_CLASS_SHIFT)
#define GZVM_REG_CLASS_DEMUX		(0x0011ULL << GZVM_REG_CLASS_SHIFT)
#define GZVM_REG_CLASS_SYSREG		(0x0013ULL << GZVM_REG_CLASS_SHIFT)
#define GZVM_REG_INDEX_MASK		0xffffULL
/* Index of a core register: its byte offset in {x0..x30, sp, pc, pstate, ...} divided by 4. */
#define GZVM_REG_CORE(index) \
	(GZVM_REG_ARM64 | GZVM_REG_SIZE_U64 | GZVM_REG_CLASS_CORE | (index))
#define GZVM_REG_X(n)			GZVM_REG_CORE(2 * (n))
#define GZVM_REG_SP			GZVM_REG_CORE(0x3e)
#define GZVM_REG_PC			GZVM_REG_CORE(0x40)
#define GZVM_REG_PSTATE			GZVM_REG_CORE(0x42)
#define GZVM_REG_SP_EL1			GZVM_REG_CORE(0x44)
#define GZVM_REG_ELR_EL1		GZVM_REG_CORE(0x46)
#define GZVM_REG_SPSR0			GZVM_REG_CORE(0x48)

#define GZVM_DEV_TYPE_ARM_VGIC_V3_DIST		0
#define GZVM_DEV_TYPE_ARM_VGIC_V3_REDIST	1

struct gzvm_create_device {
	__u32 dev_type;
	__u32 id;
	__u64 flags;
	__u64 dev_addr;
	__u64 dev_reg_size;
	__u64 attr_addr;
	__u64 attr_size;
};

/* What SETTLE_VIEW says: of the pages the exit is about, who may use them now. */
struct gzvm_pages_view {
	__u64 guest_phys_addr;
	__u32 nr_pages;			/* 1 to 32 */
	__u32 shared;			/* bit n: page n is user space's too */
};

struct gzvm_dtb_config {
	__u64 dtb_addr;
	__u64 dtb_size;
};

/* exit_reason of struct gzvm_vcpu_run. */
#define GZVM_EXIT_UNKNOWN		0x92920000u
#define GZVM_EXIT_MMIO			0x92920001u
#define GZVM_EXIT_HYPERCALL		0x92920002u
#define GZVM_EXIT_IRQ			0x92920003u
#define GZVM_EXIT_EXCEPTION		0x92920004u
#define GZVM_EXIT_DEBUG			0x92920005u
#define GZVM_EXIT_FAIL_ENTRY		0x92920006u
#define GZVM_EXIT_INTERNAL_ERROR	0x92920007u
#define GZVM_EXIT_SYSTEM_EVENT		0x92920008u
#define GZVM_EXIT_SHUTDOWN		0x92920009u
/* The next three stay inside the kernel driver. */
#define GZVM_EXIT_GZ			0x9292000au
#define GZVM_EXIT_IDLE			0x9292000bu
#define GZVM_EXIT_IPI			0x9292000du

#define GZVM_EXCEPTION_UNKNOWN		0
#define GZVM_EXCEPTION_PAGE_FAULT	1

#define GZVM_SYSTEM_EVENT_SHUTDOWN	1
#define GZVM_SYSTEM_EVENT_RESET		2
#define GZVM_SYSTEM_EVENT_CRASH		3
#define GZVM_SYSTEM_EVENT_WAKEUP	4
#define GZVM_SYSTEM_EVENT_SUSPEND	5
#define GZVM_SYSTEM_EVENT_SEV_TERM	6
#define GZVM_SYSTEM_EVENT_S2IDLE	7

struct gzvm_vcpu_run {
	__u32 exit_reason;
	__u8 immediate_exit;
	__u8 padding1[3];
	union {
		struct {
			__u64 phys_addr;
			__u8 data[8];
			__u64 size;
			__u32 reg_nr;
			__u8 is_write;
		} mmio;
		struct {
			__u64 hardware_entry_failure_reason;
			__u32 cpu;
		} fail_entry;
		struct {
			__u32 exception;
			__u32 error_code;
			__u64 fault_gpa;
			__u64 reserved[30];
		} exception;
		struct {
			__u64 args[8];
		} hypercall;
		struct {
			__u32 suberror;
			__u32 ndata;
			__u64 data[16];
		} internal;
		struct {
			__u32 type;
			__u32 ndata;
			__u64 data[16];
		} system_event;
		__u8 padding[256];
	};
};

/*
 * CHECK_EXTENSION and GET_PVMFW_SIZE write to user memory although their direction bits say
 * otherwise: the published numbers are kept.
 */
#define GZVM_CREATE_VM			_IO(GZVM_IOC_MAGIC, 0x01)
#define GZVM_CHECK_EXTENSION		_IO(GZVM_IOC_MAGIC, 0x03)
#define GZVM_SET_MEMORY_REGION		_IOW(GZVM_IOC_MAGIC, 0x40, struct gzvm_memory_region)
#define GZVM_CREATE_VCPU		_IO(GZVM_IOC_MAGIC, 0x41)
#define GZVM_SET_USER_MEMORY_REGION	_IOW(GZVM_IOC_MAGIC, 0x46, struct gzvm_userspace_memory_region)
#define GZVM_CREATE_IRQCHIP		_IO(GZVM_IOC_MAGIC, 0x60)
#define GZVM_IRQ_LINE			_IOW(GZVM_IOC_MAGIC, 0x61, struct gzvm_irq_level)
#define GZVM_IRQFD			_IOW(GZVM_IOC_MAGIC, 0x76, struct gzvm_irqfd)
#define GZVM_IOEVENTFD			_IOW(GZVM_IOC_MAGIC, 0x79, struct gzvm_ioeventfd)
#define GZVM_RUN			_IO(GZVM_IOC_MAGIC, 0x80)
#define GZVM_SETTLE_VIEW		_IOR(GZVM_IOC_MAGIC, 0x81, struct gzvm_pages_view)
#define GZVM_ENABLE_CAP			_IOW(GZVM_IOC_MAGIC, 0xa3, struct gzvm_enable_cap)
#define GZVM_GET_ONE_REG		_IOW(GZVM_IOC_MAGIC, 0xab, struct gzvm_one_reg)
#define GZVM_SET_ONE_REG		_IOW(GZVM_IOC_MAGIC, 0xac, struct gzvm_one_reg)
#define GZVM_CREATE_DEVICE		_IOWR(GZVM_IOC_MAGIC, 0xe0, struct gzvm_create_device)
#define GZVM_SET_DTB_CONFIG		_IOW(GZVM_IOC_MAGIC, 0xff, struct gzvm_dtb_config)

#endif
