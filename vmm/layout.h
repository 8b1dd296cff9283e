/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the guest's address map and interrupt numbers, crosvm's for this hypervisor.
 * Never: hold anything but constants.
 * Used by: machine.c, boot/, tests/vmm/; bare-metal guests rely on these addresses too.
 */
#ifndef GZ_LAYOUT_H
#define GZ_LAYOUT_H

#include <stdint.h>

#define GZ_MIB			(UINT64_C(1) << 20)

#define GZ_MAX_CPUS		8
#define GZ_SERIAL_BASE		UINT64_C(0x3f8)
#define GZ_SERIAL_SIZE		UINT64_C(0x8)
#define GZ_SERIAL_SPI		0
#define GZ_PVPANIC_BASE		UINT64_C(0x4000)
#define GZ_PVPANIC_SIZE		UINT64_C(0x1000)

/* One page per device: a protected guest opens MMIO page by page. */
#define GZ_VIRTIO_BASE		UINT64_C(0x02000000)
#define GZ_VIRTIO_STRIDE	UINT64_C(0x1000)
#define GZ_VIRTIO_SPI		4	/* of device 0; device n has 4 + n, all below 32 */
#define GZ_VIRTIO_MAX		28

#define GZ_GICD_BASE		UINT64_C(0x3fff0000)
#define GZ_GICD_SIZE		UINT64_C(0x10000)
#define GZ_GICR_STRIDE		UINT64_C(0x20000)	/* redistributors of n vCPUs end where GICD starts */

/* Firmware of a protected VM, with its scratch memory. */
#define GZ_FW_BASE		UINT64_C(0x7fc00000)
#define GZ_FW_SIZE		(4 * GZ_MIB)

#define GZ_RAM_BASE		UINT64_C(0x80000000)
#define GZ_FDT_MAX		UINT64_C(0x200000)	/* also its alignment; at the end of RAM */
#define GZ_INITRD_ALIGN		(16 * GZ_MIB)
#define GZ_FLAT_OFFSET		UINT64_C(0x80000)
#define GZ_MEM_MIN_MIB		16
#define GZ_MEM_MAX_MIB		(256 * 1024)

/* Timer PPIs: secure, non-secure, virtual, hypervisor. */
#define GZ_TIMER_PPIS		{ 13, 14, 11, 10 }

#endif
