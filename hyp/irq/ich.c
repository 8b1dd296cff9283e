// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: ICH_* registers by index: their names are part of the instruction, so a switch picks one.
 * Never: a register this machine lacks; the counts come from ICH_VTR_EL2.
 * Called by: vgic_lr.c, gic.c.
 */
#include "irq/ich.h"

#include "insn/sysreg.h"

struct ich_info ich_info;

void ich_probe(void)
{
	u64 vtr = sysreg_read(ich_vtr_el2);

	ich_info.lr_count = (u32)MIN(field_get(ICH_VTR_LISTREGS, vtr) + 1, UINT64_C(16));
	ich_info.prebits = (u32)MIN(field_get(ICH_VTR_PREBITS, vtr) + 1, UINT64_C(7));
	ich_info.has_tdir = (vtr & ICH_VTR_TDS) != 0;
}

#define EACH_LR(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

u64 ich_lr_read(u32 n)
{
#define CASE(i) case i: return sysreg_read(ich_lr##i##_el2);
	switch (n) {
	EACH_LR(CASE)
	default: return 0;
	}
#undef CASE
}

void ich_lr_write(u32 n, u64 value)
{
#define CASE(i) case i: sysreg_write(ich_lr##i##_el2, value); break;
	switch (n) {
	EACH_LR(CASE)
	default: break;
	}
#undef CASE
}

void ich_ap_save(u64 ap0r[4], u64 ap1r[4])
{
	ap0r[0] = sysreg_read(ich_ap0r0_el2);
	ap1r[0] = sysreg_read(ich_ap1r0_el2);
	if (ich_info.prebits < 6)
		return;
	ap0r[1] = sysreg_read(ich_ap0r1_el2);
	ap1r[1] = sysreg_read(ich_ap1r1_el2);
	if (ich_info.prebits < 7)
		return;
	ap0r[2] = sysreg_read(ich_ap0r2_el2);
	ap1r[2] = sysreg_read(ich_ap1r2_el2);
	ap0r[3] = sysreg_read(ich_ap0r3_el2);
	ap1r[3] = sysreg_read(ich_ap1r3_el2);
}

void ich_ap_restore(const u64 ap0r[4], const u64 ap1r[4])
{
	sysreg_write(ich_ap0r0_el2, ap0r[0]);
	sysreg_write(ich_ap1r0_el2, ap1r[0]);
	if (ich_info.prebits < 6)
		return;
	sysreg_write(ich_ap0r1_el2, ap0r[1]);
	sysreg_write(ich_ap1r1_el2, ap1r[1]);
	if (ich_info.prebits < 7)
		return;
	sysreg_write(ich_ap0r2_el2, ap0r[2]);
	sysreg_write(ich_ap1r2_el2, ap1r[2]);
	sysreg_write(ich_ap0r3_el2, ap0r[3]);
	sysreg_write(ich_ap1r3_el2, ap1r[3]);
}

u32 ich_running_priority(const u64 ap1r[4])
{
	for (u32 i = 0; i < 4; i++) {
		u32 bits = (u32)ap1r[i];

		if (bits)
			return (i * 32 + (u32)__builtin_ctz(bits)) << (8 - ich_info.prebits);
	}
	return 0x100;
}
