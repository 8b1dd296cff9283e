/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * Job: what EXT_AUDIT_READ writes: one change of pages that lie next to each other.
 * Never: include anything (the includer provides uint32_t, uint64_t).
 * Used by: hyp/mem, guests/el1host, tests, tools/audit-replay, which has the same layout in Python.
 */
#ifndef GZ_AUDIT_H
#define GZ_AUDIT_H

struct gz_audit_record {
	uint64_t seq;
	uint64_t pa;
	uint32_t pages;
	uint16_t peer;		/* the VM on either side, 0 none; a number of its own, not the VM's id */
	uint8_t move;		/* enum own_move, or GZ_AUDIT_BOOT */
	uint8_t states;		/* enum own_state before in bits 3:0, after in 7:4 */
};

#define GZ_AUDIT_BOOT		0xff	/* assigned at boot */

#endif
