/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what a user asked for, checked as far as words alone allow.
 * Never: open a file; that is the machine's part.
 * Used by: cli.c fills it, machine.c reads it.
 */
#ifndef GZ_CONFIG_H
#define GZ_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_DISKS	8
#define CONFIG_FWDS	8
#define CONFIG_VPORTS	8
#define CONFIG_PATH	512
#define CONFIG_CMDLINE	2048		/* what an arm64 kernel takes */

struct config_disk {
	char path[CONFIG_PATH];
	bool read_only;
};

struct config_fwd {
	bool udp;
	uint16_t host_port, guest_port;
};

enum config_end { END_NONE, END_STDIO, END_FILE };

struct config_console {
	enum config_end end;
	char path[CONFIG_PATH];
};

struct config_vport {
	char name[32];
	char path[CONFIG_PATH];
};

struct config {
	const char *dev;			/* device file of the hypervisor */
	const char *kernel, *initrd, *dump_dtb;
	bool flat;
	char cmdline[CONFIG_CMDLINE];
	unsigned int cpus;
	uint64_t mem_mib;
	bool protect;				/* the hypervisor keeps the host out */
	bool huge_pages;			/* with protect or a swiotlb; other memory has them when it can */
	bool held_firmware;			/* with protect: the guest starts in the hypervisor's firmware */
	const char *firmware;			/* with protect: it starts in this file */
	bool has_swiotlb;			/* asked for: marked for devices also without protect */
	uint64_t swiotlb_mib;			/* of mem_mib, when it is split */
	bool guest_shares;			/* with protect: these MiB are memory like any other, and the guest shares them */
	struct config_disk disk[CONFIG_DISKS];
	unsigned int disk_count;
	bool net;
	bool net_loopback;			/* the guest may reach services of 127.0.0.1 */
	struct config_fwd fwd[CONFIG_FWDS];
	unsigned int fwd_count;
	bool rng;
	bool has_console;
	struct config_console serial, console;
	struct config_vport vport[CONFIG_VPORTS];
	unsigned int vport_count;
	uint64_t gicd, gicr;			/* gicr 0: directly below gicd */
};

/* Devices use the last part of the memory alone: of a protected VM, and where --swiotlb says so. */
static inline bool config_splits_memory(const struct config *c)
{
	return c->protect || (c->has_swiotlb && c->swiotlb_mib);
}

/* Does the guest start in firmware, which jumps to the kernel? */
static inline bool config_has_firmware(const struct config *c)
{
	return c->held_firmware || c->firmware;
}

void config_default(struct config *c);

/* Each takes the value of one option: 0, or -1 after saying what is wrong and what is right. */
int config_cpus(struct config *c, const char *arg);
int config_mem(struct config *c, const char *arg);
int config_cmdline(struct config *c, const char *arg);		/* appends */
int config_disk(struct config *c, const char *arg, bool read_only);
int config_net(struct config *c, const char *arg);
int config_console(const char *option, struct config_console *to, const char *arg);
int config_vport(struct config *c, const char *arg);
int config_gic(struct config *c, const char *arg);
int config_swiotlb(struct config *c, const char *arg);
/* FIRMWARE: a file, or NULL. */
int config_protect(struct config *c, bool held_firmware, const char *firmware);

/* What is only wrong in combination. */
int config_check(struct config *c);

#endif
