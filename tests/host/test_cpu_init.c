/* SPDX-License-Identifier: BSD-3-Clause */
/* SOURCES: hyp/arch/aarch64/cpu_init.c */
/*
 * Job: ID registers to features, features to the host's control registers, bit by bit; nothing written that a CPU lacks.
 * Never: names of regs.h for the bits expected: they are the architecture's numbers.
 * Used by: make -C tests/host run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "arch/aarch64/cpu.h"

/* RW, API, APK, TSC, VM */
#define HCR_PLAIN	(BIT(31) | BIT(41) | BIT(40) | BIT(19) | BIT(0))
/* E2H, TGE, DC, IMO, FMO, AMO, TVM, TWI, TWE, PTW */
#define HCR_NEVER	(BIT(34) | BIT(27) | BIT(12) | BIT(4) | BIT(3) | BIT(5) | BIT(26) | BIT(13) | BIT(14) | BIT(2))
#define UNWRITTEN	UINT64_C(0x5a5a5a5a5a5a5a5a)

/* Registers that only exist with the feature named; an encoding where the assembler may not know the name. */
static const struct { const char *feature, *reg; } optional[] = {
	{ "hcx", "s3_4_c1_c2_2" }, { "fgt", "s3_4_c1_c1_4" }, { "fgt", "s3_4_c1_c1_5" }, { "fgt", "s3_4_c1_c1_6" },
	{ "fgt", "s3_4_c3_c1_4" }, { "fgt", "s3_4_c3_c1_5" }, { "fgt and amu", "s3_4_c3_c1_6" },
	{ "fgt2", "s3_4_c3_c1_0" }, { "fgt2", "s3_4_c3_c1_1" }, { "fgt2", "s3_4_c3_c1_2" }, { "fgt2", "s3_4_c3_c1_3" },
	{ "fgt2", "s3_4_c3_c1_7" }, { "sve", "s3_4_c1_c2_0" }, { "ecv", "s3_4_c14_c0_6" }, { "vhe", "s3_4_c14_c3_1" },
	{ "trf", "s3_4_c1_c2_1" }, { "spe", "s3_4_c9_c9_0" }, { "brbe", "s2_4_c9_c0_0" }, { "mpam", "s3_4_c10_c5_0" },
	{ "ras", "s3_4_c5_c2_3" }, { "gcs", "s3_4_c2_c5_0" },
};
static const char *const always[] = { "hcr_el2", "vtcr_el2", "vttbr_el2", "vpidr_el2", "vmpidr_el2", "hstr_el2", "mdcr_el2",
	"cptr_el2", "cnthctl_el2", "cntvoff_el2", "cnthp_ctl_el2" };

static char order[1024];

static bool note(const char *name, u64 value)
{
	(void)value;
	strcat(order, " ");
	strcat(order, name);
	return false;
}

static int setup(void **state)
{
	(void)state;
	shim_reset();
	order[0] = 0;
	for (u32 i = 0; i < ARRAY_SIZE(optional); i++)
		shim_sysreg_write(optional[i].reg, UNWRITTEN);
	for (u32 i = 0; i < ARRAY_SIZE(always); i++)
		shim_sysreg_write(always[i], UNWRITTEN);
	cpu_features = (struct cpu_features){ 0 };
	cpu_host_stage2_set(0x80023558, 0x47000000);
	return 0;
}

static void load(struct cpu_features f)
{
	cpu_features = f;
	shim_events_clear();
	cpu_host_controls_load();
	assert_int_equal(shim_event_at(shim_event_count() - 1)->ev, EV_ISB);
}

static void reg_is(const char *name, u64 value)
{
	if (shim_sysreg_read(name) != value)
		print_error("%s\n", name);
	assert_int_equal(shim_sysreg_read(name), value);
}

static struct cpu_features everything(void)
{
	struct cpu_features f;

	memset(&f, 1, sizeof(f));
	f.ls64 = 3;
	f.pmu_version = 9;
	f.parange = 5;
	return f;
}

static u64 hcr_with(struct cpu_features f)
{
	cpu_features = f;
	return cpu_host_hcr();
}

static void hcr__each_feature__its_bit_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(hcr_with((struct cpu_features){ 0 }), HCR_PLAIN);
	assert_int_equal(hcr_with((struct cpu_features){ .vhe = true, .pauth = true, .sve = true, .ras = true }), HCR_PLAIN);
	assert_int_equal(hcr_with((struct cpu_features){ .fwb = true }), HCR_PLAIN | BIT(46));
	assert_int_equal(hcr_with((struct cpu_features){ .mte = true }), HCR_PLAIN | BIT(56));
	assert_int_equal(hcr_with((struct cpu_features){ .scxtnum = true }), HCR_PLAIN | BIT(53));
	assert_int_equal(hcr_with((struct cpu_features){ .sme = true }), HCR_PLAIN | BIT(18));
	assert_int_equal(hcr_with(everything()) & HCR_NEVER, 0);
}

static void controls__plain_cpu__nothing_it_lacks_is_written(void **state)
{
	(void)state;
	shim_sysreg_write("midr_el1", 0x410fd034);
	shim_sysreg_write("mpidr_el1", 0x80000001);
	load((struct cpu_features){ 0 });
	for (u32 i = 0; i < ARRAY_SIZE(optional); i++)
		reg_is(optional[i].reg, UNWRITTEN);
	reg_is("hcr_el2", HCR_PLAIN);
	reg_is("vtcr_el2", 0x80023558);
	reg_is("vttbr_el2", 0x47000000);
	reg_is("vpidr_el2", 0x410fd034);
	reg_is("vmpidr_el2", 0x80000001);
	reg_is("hstr_el2", 0);
	reg_is("mdcr_el2", 0);
	reg_is("cptr_el2", 0x33ff);	/* RES1, TZ, TSM; FP stays the host's */
	reg_is("cnthctl_el2", 3);	/* counter and timer, both for EL1 */
	reg_is("cntvoff_el2", 0);
	reg_is("cnthp_ctl_el2", 0);
}

static void controls__cpu_with_everything__each_register_is_written(void **state)
{
	(void)state;
	load(everything());
	for (u32 i = 0; i < ARRAY_SIZE(optional); i++) {
		if (!strcmp(optional[i].feature, "ras"))
			continue;
		if (shim_sysreg_read(optional[i].reg) == UNWRITTEN)
			print_error("%s, %s\n", optional[i].reg, optional[i].feature);
		assert_int_not_equal(shim_sysreg_read(optional[i].reg), UNWRITTEN);
	}
	for (u32 i = 0; i < ARRAY_SIZE(always); i++)
		assert_int_not_equal(shim_sysreg_read(always[i]), UNWRITTEN);
	for (u32 i = 11; i < ARRAY_SIZE(optional); i++)	/* no offset, timer, trace or profile of EL2's left on */
		if (strcmp(optional[i].feature, "ras") && strcmp(optional[i].feature, "sve"))
			reg_is(optional[i].reg, 0);
}

static void sve__absent_or_present__trapped_or_full_length_behind_an_isb(void **state)
{
	(void)state;
	load((struct cpu_features){ .sve = true });
	reg_is("cptr_el2", 0x32ff);
	reg_is("s3_4_c1_c2_0", 0x1ff);
	assert_true(shim_events_of(EV_ISB) >= 2);
	load((struct cpu_features){ .sme = true });
	assert_int_not_equal(shim_sysreg_read("cptr_el2") & BIT(12), 0);	/* SME is hidden */
}

static u64 hcrx_with(struct cpu_features f)
{
	f.hcx = true;
	load(f);
	return shim_sysreg_read("s3_4_c1_c2_2");
}

static void hcrx__each_feature__its_enable(void **state)
{
	(void)state;
	assert_int_equal(hcrx_with((struct cpu_features){ 0 }), 0);
	assert_int_equal(hcrx_with((struct cpu_features){ .ls64 = 1 }), BIT(1));
	assert_int_equal(hcrx_with((struct cpu_features){ .ls64 = 2 }), BIT(1) | BIT(2));
	assert_int_equal(hcrx_with((struct cpu_features){ .ls64 = 3 }), BIT(1) | BIT(2) | BIT(0));
	assert_int_equal(hcrx_with((struct cpu_features){ .mops = true }), BIT(11));
	assert_int_equal(hcrx_with((struct cpu_features){ .tcr2 = true }), BIT(14));
	assert_int_equal(hcrx_with((struct cpu_features){ .sctlr2 = true }), BIT(15));
	assert_int_equal(hcrx_with((struct cpu_features){ .gcs = true }), BIT(22));
	assert_int_equal(hcrx_with((struct cpu_features){ .fpmr = true }), BIT(23));
	assert_int_equal(hcrx_with((struct cpu_features){ .sme = true }), 0);
}

static void fine_grained_are(struct cpu_features f, u64 rw, u64 insn, u64 debug_r, u64 debug_w)
{
	f.fgt = true;
	load(f);
	reg_is("s3_4_c1_c1_4", rw);
	reg_is("s3_4_c1_c1_5", rw);
	reg_is("s3_4_c1_c1_6", insn);
	reg_is("s3_4_c3_c1_4", debug_r);
	reg_is("s3_4_c3_c1_5", debug_w);
}

static void fine_grained__each_feature__not_trapped(void **state)
{
	(void)state;
	fine_grained_are((struct cpu_features){ 0 }, 0, 0, 0, 0);
	fine_grained_are((struct cpu_features){ .sme = true }, 0, 0, 0, 0);	/* nTPIDR2_EL0, nSMPRI_EL1: trapped */
	fine_grained_are((struct cpu_features){ .ls64 = 2 }, 0, 0, 0, 0);
	fine_grained_are((struct cpu_features){ .ls64 = 3 }, BIT(50), 0, 0, 0);
	fine_grained_are((struct cpu_features){ .gcs = true }, BIT(52) | BIT(53), BIT(57) | BIT(58) | BIT(59), 0, 0);
	fine_grained_are((struct cpu_features){ .s1pie = true }, BIT(57) | BIT(58), 0, 0, 0);
	fine_grained_are((struct cpu_features){ .s1poe = true }, BIT(59) | BIT(60), 0, 0, 0);
	fine_grained_are((struct cpu_features){ .aie = true }, BIT(62) | BIT(63), 0, 0, 0);
	fine_grained_are((struct cpu_features){ .brbe = true }, 0, BIT(55) | BIT(56), BIT(59) | BIT(60) | BIT(61), BIT(60) | BIT(61));
	fine_grained_are((struct cpu_features){ .spe = true }, 0, 0, BIT(62), BIT(62));
	reg_is("s3_4_c3_c1_6", UNWRITTEN);
	fine_grained_are((struct cpu_features){ .amu = true }, 0, 0, 0, 0);
	reg_is("s3_4_c3_c1_6", 0);
	load((struct cpu_features){ .fgt = true, .fgt2 = true, .pmu = true, .pmu_version = 8 });
	reg_is("s3_4_c3_c1_0", 0);
	load((struct cpu_features){ .fgt = true, .fgt2 = true, .pmu = true, .pmu_version = 9 });
	reg_is("s3_4_c3_c1_0", BIT(2) | BIT(3) | BIT(4));
	reg_is("s3_4_c3_c1_1", BIT(2) | BIT(3) | BIT(4));
}

static u64 mdcr_with(u8 version)
{
	load((struct cpu_features){ .pmu = version != 0, .pmu_version = version });
	return shim_sysreg_read("mdcr_el2");
}

/*
 * SPE and TRBE write where their owner's tables say. The owner is EL2, which has them off: an EL1 that could set one up would have
 * it filled through whatever stage 2 is in force by then, a guest's or its own.
 */
static void buffers__of_profile_and_trace__nobodys_below_el2(void **state)
{
	(void)state;
	load(everything());
	assert_int_equal(shim_sysreg_read("mdcr_el2") & (BIT(12) | BIT(13)), 0);	/* E2PB */
	assert_int_equal(shim_sysreg_read("mdcr_el2") & (BIT(24) | BIT(25)), 0);	/* E2TB */
	reg_is("s3_4_c9_c9_0", 0);	/* PMSCR_EL2: no sampling in EL2 */
	reg_is("s3_4_c1_c2_1", 0);	/* TRFCR_EL2: no trace of EL2 */
}

static void counters__all_the_hosts__none_count_in_el2(void **state)
{
	(void)state;
	shim_sysreg_write("pmcr_el0", UINT64_C(0x41003000));	/* N = 6 */
	assert_int_equal(mdcr_with(0), 0);
	assert_int_equal(mdcr_with(1), 6);
	assert_int_equal(mdcr_with(4), 6 | BIT(17));
	assert_int_equal(mdcr_with(6), 6 | BIT(17) | BIT(23));
}

static void extensions__after_a_guest__as_controls_load_wrote_them(void **state)
{
	(void)state;
	load((struct cpu_features){ .hcx = true, .fgt = true, .mpam = true, .mops = true, .ls64 = 3 });
	for (u32 i = 0; i < ARRAY_SIZE(optional); i++)
		shim_sysreg_write(optional[i].reg, UNWRITTEN);
	shim_sysreg_write_hook = note;
	cpu_host_extensions_load();
	assert_null(strstr(order, "hcr_el2"));
	reg_is("s3_4_c1_c2_2", BIT(11) | BIT(0) | BIT(1) | BIT(2));
	reg_is("s3_4_c1_c1_4", BIT(50));
	reg_is("s3_4_c10_c5_0", 0);
	order[0] = 0;
	cpu_features = (struct cpu_features){ 0 };
	cpu_host_extensions_load();
	assert_string_equal(order, "");
}

/* value in an ID register turns exactly one feature on. */
static void only(const char *reg, u64 value, struct cpu_features expected)
{
	struct cpu_features f;

	shim_sysreg_write(reg, value);
	memset(&f, 0xff, sizeof(f));
	cpu_features_read(&f);
	shim_sysreg_write(reg, 0);
	if (memcmp(&f, &expected, sizeof(f)))
		print_error("%s = %llx\n", reg, (unsigned long long)value);
	assert_memory_equal(&f, &expected, sizeof(f));
}

#define F(...) (struct cpu_features){ __VA_ARGS__ }

static void features__fields_of_pfr_and_isar__one_feature_each(void **state)
{
	static const struct { const char *reg; u32 shift; } pauth[] = { { "id_aa64isar1_el1", 4 }, { "id_aa64isar1_el1", 8 },
		{ "id_aa64isar1_el1", 24 }, { "id_aa64isar1_el1", 28 }, { "s3_0_c0_c6_2", 8 }, { "s3_0_c0_c6_2", 12 } };

	(void)state;
	only("id_aa64pfr0_el1", 0x11, F(0));
	only("id_aa64pfr0_el1", BIT(28), F(.ras = true));
	only("id_aa64pfr0_el1", BIT(32), F(.sve = true));
	only("id_aa64pfr0_el1", BIT(40), F(.mpam = true));
	only("id_aa64pfr0_el1", BIT(44), F(.amu = true));
	only("id_aa64pfr0_el1", BIT(56), F(0));
	only("id_aa64pfr0_el1", BIT(57), F(.scxtnum = true));
	only("id_aa64pfr1_el1", BIT(0), F(.bti = true));
	only("id_aa64pfr1_el1", BIT(8), F(0));		/* MTE at EL0 only: no tags in memory */
	only("id_aa64pfr1_el1", BIT(9), F(.mte = true));
	only("id_aa64pfr1_el1", BIT(16), F(.mpam = true));
	only("id_aa64pfr1_el1", BIT(24), F(.sme = true));
	only("id_aa64pfr1_el1", BIT(33), F(.scxtnum = true));
	only("id_aa64pfr1_el1", BIT(44), F(.gcs = true));
	only("s3_0_c0_c4_2", BIT(32), F(.fpmr = true));
	only("id_aa64isar0_el1", BIT(60), F(.rng = true));
	only("id_aa64isar1_el1", UINT64_C(3) << 60, F(.ls64 = 3));
	only("s3_0_c0_c6_2", BIT(16), F(.mops = true));
	for (u32 i = 0; i < ARRAY_SIZE(pauth); i++)
		only(pauth[i].reg, BIT(pauth[i].shift), F(.pauth = true));
}

static void features__fields_of_mmfr_and_dfr__one_feature_each(void **state)
{
	(void)state;
	only("id_aa64mmfr0_el1", 5, F(.parange = 5));
	only("id_aa64mmfr0_el1", BIT(56), F(.fgt = true));
	only("id_aa64mmfr0_el1", BIT(57), F(.fgt = true, .fgt2 = true));
	only("id_aa64mmfr0_el1", BIT(60), F(0));
	only("id_aa64mmfr0_el1", BIT(61), F(.ecv_offset = true));
	only("id_aa64mmfr1_el1", BIT(8), F(.vhe = true));
	only("id_aa64mmfr1_el1", BIT(40), F(.hcx = true));
	only("s3_0_c0_c7_2", BIT(40), F(.fwb = true));
	only("s3_0_c0_c7_3", BIT(0), F(.tcr2 = true));
	only("s3_0_c0_c7_3", BIT(4), F(.sctlr2 = true));
	only("s3_0_c0_c7_3", BIT(8), F(.s1pie = true));
	only("s3_0_c0_c7_3", BIT(16), F(.s1poe = true));
	only("s3_0_c0_c7_3", BIT(24), F(.aie = true));
	only("id_aa64dfr0_el1", UINT64_C(6) << 8, F(.pmu = true, .pmu_version = 6));
	only("id_aa64dfr0_el1", UINT64_C(15) << 8, F(.pmu_version = 15));	/* not the architecture's counters */
	only("id_aa64dfr0_el1", BIT(32), F(.spe = true));
	only("id_aa64dfr0_el1", BIT(40), F(.trace_filter = true));
	only("id_aa64dfr0_el1", BIT(44), F(.trbe = true));
	only("id_aa64dfr0_el1", BIT(52), F(.brbe = true));
}

static const char *lacks(struct cpu_features boot_cpu)
{
	const char *what;

	cpu_features = boot_cpu;
	what = cpu_features_missing();
	return what ? what : "nothing";
}

static void missing__cpus_that_differ__what_el2_relies_on_is_named(void **state)
{
	(void)state;
	shim_sysreg_write("id_aa64mmfr0_el1", 2);
	assert_string_equal(lacks(F(.parange = 2)), "nothing");
	assert_string_equal(lacks(F(.parange = 1)), "nothing");
	assert_string_equal(lacks(F(.parange = 2, .bti = true, .mops = true, .s1pie = true)), "nothing");
	assert_non_null(strstr(lacks(F(.parange = 2, .fwb = true)), "S2FWB"));
	assert_non_null(strstr(lacks(F(.parange = 5)), "physical address bits"));
	assert_non_null(strstr(lacks(F(.parange = 2, .rng = true)), "RNDR"));
	shim_sysreg_write("s3_0_c0_c7_2", BIT(40));	/* nor may it have what the boot CPU's tables do without */
	assert_non_null(strstr(lacks(F(.parange = 2)), "S2FWB"));
	assert_string_equal(lacks(F(.parange = 2, .fwb = true)), "nothing");
}

/* What writes a register the CPU may lack is undefined there; what leaves one unwritten leaves its traps to chance. */
static void missing__each_feature__lacking_or_alone(void **state)
{
	static const struct { const char *reg; u32 shift; bool alone; struct cpu_features f; const char *name; } c[] = {
		{ "s3_0_c0_c7_2", 40, true, F(.fwb = true), "S2FWB" }, { "id_aa64isar0_el1", 60, false, F(.rng = true), "RNDR" },
		{ "id_aa64mmfr1_el1", 40, true, F(.hcx = true), "HCRX" }, { "id_aa64mmfr0_el1", 56, true, F(.fgt = true), "FGT" },
		{ "id_aa64mmfr0_el1", 61, true, F(.ecv_offset = true), "ECV" }, { "id_aa64pfr0_el1", 40, true, F(.mpam = true), "MPAM" },
		{ "id_aa64pfr1_el1", 44, true, F(.gcs = true), "GCS" }, { "id_aa64dfr0_el1", 52, true, F(.brbe = true), "BRBE" },
		{ "id_aa64dfr0_el1", 40, true, F(.trace_filter = true), "TRF" }, { "id_aa64pfr0_el1", 28, true, F(.ras = true), "RAS" },
		{ "id_aa64mmfr1_el1", 8, false, F(.vhe = true), "VHE" }, { "id_aa64pfr0_el1", 32, false, F(.sve = true), "SVE" },
		{ "id_aa64pfr1_el1", 24, true, F(.sme = true), "SME" }, { "id_aa64pfr1_el1", 9, false, F(.mte = true), "MTE" },
		{ "id_aa64isar1_el1", 4, false, F(.pauth = true), "pointer" }, { "id_aa64dfr0_el1", 32, false, F(.spe = true), "SPE" },
		{ "id_aa64dfr0_el1", 8, false, F(.pmu = true), "PMU" },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(c); i++) {
		assert_non_null(strstr(lacks(c[i].f), c[i].name));
		shim_sysreg_write(c[i].reg, BIT(c[i].shift));
		assert_string_equal(lacks(c[i].f), "nothing");
		if (c[i].alone)
			assert_non_null(strstr(lacks(F(0)), c[i].name));
		else
			assert_string_equal(lacks(F(0)), "nothing");
		shim_sysreg_write(c[i].reg, 0);
	}
	shim_sysreg_write("id_aa64mmfr0_el1", BIT(56));
	assert_non_null(strstr(lacks(F(.fgt = true, .fgt2 = true)), "FGT2"));
	assert_non_null(strstr(lacks(F(.fgt = true, .amu = true)), "AMU"));
	shim_sysreg_write("id_aa64mmfr0_el1", 0);
	assert_string_equal(lacks(F(.amu = true)), "nothing");
}

static void el1_reset__left_by_firmware__mmu_caches_and_traps_off(void **state)
{
	static const char *const zero[] = { "cntkctl_el1", "cpacr_el1", "mdscr_el1" };

	(void)state;
	shim_sysreg_write("sctlr_el1", ~UINT64_C(0));
	for (u32 i = 0; i < ARRAY_SIZE(zero); i++)
		shim_sysreg_write(zero[i], ~UINT64_C(0));
	cpu_host_el1_reset();
	reg_is("sctlr_el1", 0x30d00800);
	for (u32 i = 0; i < ARRAY_SIZE(zero); i++)
		reg_is(zero[i], 0);
	assert_int_equal(shim_events_of(EV_ISB), 1);
}

static void vserror__with_and_without_ras__pending_for_the_host(void **state)
{
	(void)state;
	shim_sysreg_write("hcr_el2", HCR_PLAIN);
	cpu_host_vserror(0xbe000011 | BIT(40));
	reg_is("hcr_el2", HCR_PLAIN | BIT(5) | BIT(8));	/* AMO, VSE */
	reg_is("s3_4_c5_c2_3", UNWRITTEN);
	cpu_features.ras = true;
	cpu_host_vserror(0xbf000011 | BIT(40));
	reg_is("s3_4_c5_c2_3", 0x1000011);		/* IDS and ISS, no class */
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hcr__each_feature__its_bit_and_no_other),
		T(controls__plain_cpu__nothing_it_lacks_is_written),
		T(controls__cpu_with_everything__each_register_is_written),
		T(sve__absent_or_present__trapped_or_full_length_behind_an_isb),
		T(hcrx__each_feature__its_enable),
		T(fine_grained__each_feature__not_trapped),
		T(buffers__of_profile_and_trace__nobodys_below_el2),
		T(counters__all_the_hosts__none_count_in_el2),
		T(extensions__after_a_guest__as_controls_load_wrote_them),
		T(features__fields_of_pfr_and_isar__one_feature_each),
		T(features__fields_of_mmfr_and_dfr__one_feature_each),
		T(missing__cpus_that_differ__what_el2_relies_on_is_named),
		T(missing__each_feature__lacking_or_alone),
		T(el1_reset__left_by_firmware__mmu_caches_and_traps_off),
		T(vserror__with_and_without_ras__pending_for_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
