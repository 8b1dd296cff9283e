/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the small interface behind which /dev/gzvm, /dev/kvm and the tests' fake are the same.
 * Never: show an ioctl, an errno or an exit number of one back end to its caller.
 * Used by: machine.c and vcpu.c; each back end fills one struct hv_ops.
 */
#ifndef GZ_HV_HV_H
#define GZ_HV_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hv_exit_kind {
	HV_EXIT_AGAIN,		/* nothing for us: run again */
	HV_EXIT_MMIO,
	HV_EXIT_VIEW,		/* who sees which page is to change: settle() does it */
	HV_EXIT_STOP,
	HV_EXIT_RESET,
	HV_EXIT_PANIC,		/* the guest itself said it crashed */
	HV_EXIT_CRASH,		/* it cannot go on; why[] says so */
};

struct hv_exit {
	enum hv_exit_kind kind;
	bool is_write;
	unsigned int len;	/* MMIO: 1 to 8 */
	uint64_t gpa;
	uint8_t *data;		/* MMIO: 8 bytes, filled by us for a read */
	char why[160];
};

struct hv;

struct hv_vcpu {
	struct hv *hv;
	unsigned int id;
	int fd;
	void *run;		/* shared with the kernel driver */
	size_t run_len;
};

/* Pages from GPA on; bit n of SHARED: the guest shares page n with us. */
struct hv_view {
	uint64_t gpa;
	unsigned int count;	/* at most 32 */
	uint32_t shared;
};

struct hv_gic {
	uint64_t dist, redist;	/* redist: the frame of vCPU 0 */
	unsigned int cpu_count;
};

struct hv_doorbell {
	uint64_t gpa;
	unsigned int len;
	uint32_t match;
	int fd;
};

/* Every function that can fail returns 0, or -1 after saying cause and remedy. */
struct hv_ops {
	const char *name;
	const char *path;				/* default device file */
	int (*create_vm)(struct hv *hv);
	int (*set_memory)(struct hv *hv, uint64_t gpa, uint64_t size, void *host);
	/* After set_memory: more memory, which stays shared with the host whatever becomes of the rest. NULL: cannot. */
	int (*set_shared)(struct hv *hv, uint64_t gpa, uint64_t size, void *host);
	/* Before protect or set_firmware: what the guest shares later is told by exits. NULL: this back end cannot. */
	int (*tell_views)(struct hv *hv);
	/* The host's CPUs shall not reach the rest once the guest runs. NULL: this back end cannot. */
	int (*protect)(struct hv *hv);
	/*
	 * These SIZE bytes are for firmware. HELD: the hypervisor's own, in place of protect(), which fails
	 * when it holds none or a larger one. NULL: this back end cannot.
	 */
	int (*set_firmware)(struct hv *hv, uint64_t gpa, uint64_t size, void *host, bool held);
	int (*create_gic)(struct hv *hv, const struct hv_gic *gic);
	int (*create_vcpu)(struct hv *hv, unsigned int id, struct hv_vcpu *vcpu);
	/* After the last vCPU and before the first irqfd. */
	int (*seal)(struct hv *hv, uint64_t fdt_gpa, uint64_t fdt_max);
	/* vCPU 0 starts at PC with X0; the others wait for PSCI. */
	int (*set_entry)(struct hv_vcpu *vcpu, uint64_t pc, uint64_t x0);
	/* vCPU 0 of a VM with firmware, instead: PC 0 leaves it to the hypervisor. */
	int (*set_firmware_entry)(struct hv_vcpu *vcpu, uint64_t pc, const uint64_t x[3]);
	int (*run)(struct hv_vcpu *vcpu, struct hv_exit *exit);	/* -1: the VM is lost */
	/* The last exit was HV_EXIT_VIEW: do what it is about. A shared page is hidden by this and by nothing else. */
	int (*settle)(struct hv_vcpu *vcpu, struct hv_view *now);
	void (*set_kick)(struct hv_vcpu *vcpu, bool on);	/* async-signal-safe */
	/* These two may fail without a word: the caller has a slower way. Return 0 or -errno. */
	int (*irqfd)(struct hv *hv, unsigned int spi, int fd);
	int (*ioeventfd)(struct hv *hv, const struct hv_doorbell *bell);
	int (*irq_line)(struct hv *hv, unsigned int spi, bool level);
	void (*destroy_vcpu)(struct hv_vcpu *vcpu);
	/* The ioctl requests of run, settle and irq_line: what a running VM still needs. */
	const unsigned long *run_ioctl;
	unsigned int run_ioctl_count;
	/* One line for `gz doctor` into TEXT: what the device file can do. -1: it cannot. */
	int (*describe)(const char *path, char *text, size_t len);
};

struct hv {
	const struct hv_ops *ops;
	const char *path;
	int dev_fd, vm_fd;
	int gic_fd;
	bool tells_views;
	uint64_t memlock_short;	/* bytes this process may pin, when that is less than the guest has */
};

extern const struct hv_ops hv_gzvm_ops, hv_kvm_ops;

/* Open the back end PATH names ("/dev/kvm" by its name, everything else gzvm); make a VM. */
int hv_open(struct hv *hv, const char *path);
void hv_close(struct hv *hv);
const struct hv_ops *hv_ops_of(const char *path);

#endif
