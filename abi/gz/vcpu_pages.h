/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * Job: the two pages a host shares with EL2 for each vCPU: run page and hardware state page.
 * Never: include anything (the includer provides uint8_t .. uint64_t), nor be trusted by EL2.
 * Used by: hyp/run (run_report.c is the only writer), linux/, guests/el1host, tests.
 */
#ifndef GZ_VCPU_PAGES_H
#define GZ_VCPU_PAGES_H

/* Page 0. Field for field struct gzvm_vcpu_run of uapi/linux/gzvm.h; abi_check.c compares them. */
struct gz_run_page {
	uint32_t exit_reason;
	uint8_t immediate_exit;
	uint8_t padding1[3];
	union {
		struct {
			uint64_t phys_addr;
			uint8_t data[8];
			uint64_t size;
			uint32_t reg_nr;
			uint8_t is_write;
			uint8_t pad[3];
		} mmio;
		struct {
			uint64_t reason;
			uint32_t cpu;
			uint32_t pad;
		} fail_entry;
		struct {
			uint32_t exception;
			uint32_t error_code;
			uint64_t fault_gpa;
			uint64_t reserved[30];
		} exception;
		struct {
			uint64_t args[8];
		} hypercall;
		struct {
			uint32_t suberror;
			uint32_t ndata;
			uint64_t data[16];
		} internal;
		struct {
			uint32_t type;
			uint32_t ndata;
			uint64_t data[16];
		} system_event;
		uint8_t bytes[256];
	};
};

#define GZ_EXIT_UNKNOWN		0x92920000u
#define GZ_EXIT_MMIO		0x92920001u
#define GZ_EXIT_HYPERCALL	0x92920002u
#define GZ_EXIT_IRQ		0x92920003u
#define GZ_EXIT_EXCEPTION	0x92920004u
#define GZ_EXIT_DEBUG		0x92920005u
#define GZ_EXIT_FAIL_ENTRY	0x92920006u
#define GZ_EXIT_INTERNAL_ERROR	0x92920007u
#define GZ_EXIT_SYSTEM_EVENT	0x92920008u
#define GZ_EXIT_SHUTDOWN	0x92920009u
#define GZ_EXIT_GZ		0x9292000au
#define GZ_EXIT_IDLE		0x9292000bu
#define GZ_EXIT_IPI		0x9292000du

#define GZ_EXCEPTION_PAGE_FAULT	1

#define GZ_EVENT_SHUTDOWN	1
#define GZ_EVENT_RESET		2
#define GZ_EVENT_CRASH		3

/* fail_entry.reason: why a RUN could not enter the guest. */
#define GZ_FAIL_NO_VCPU		1	/* no such vCPU, or it runs elsewhere */
#define GZ_FAIL_NO_MEMORY	2
#define GZ_FAIL_RUN_PAGES	3	/* the two vCPU pages are not plain host memory */
#define GZ_FAIL_GIC_LAYOUT	4	/* GIC frames overlap memory or each other */
#define GZ_FAIL_IN_INTERRUPT	5	/* called while the host handles an interrupt */
#define GZ_FAIL_NO_ENTRY	6	/* boot vCPU has no PC */
#define GZ_FAIL_PAGE_BUSY	7	/* a page of the VM is pinned or shared elsewhere */
#define GZ_FAIL_VM_DEAD		8	/* the VM is being destroyed */
#define GZ_FAIL_PROTECTED_UNSUPPORTED 9	/* protection asked for that this build does not give */
#define GZ_FAIL_NO_FIRMWARE_SLOT 10	/* no slot flagged PROTECT_FW holds the firmware at its address */

/* Page 1, layout of generation G6 and later (a superset of G5's). */
struct gz_hwstate_page {
	uint32_t nr_lrs;
	uint32_t pad0;
	uint64_t lr[16];
	uint64_t vtimer_offset;		/* guest CNTVOFF, host counter ticks */
	uint64_t vtimer_delay;		/* ticks until the vCPU must run again, with exit IDLE */
	uint32_t vtimer_migrate;	/* not 0: vtimer_delay is valid */
	uint32_t pad1;
};

#endif
