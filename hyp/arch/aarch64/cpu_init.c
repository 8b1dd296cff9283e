/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: read the ID registers once, write the host column of EL2's control registers on each CPU.
 * Never: write a register the CPU does not have: it would be undefined at EL2.
 * Called by: boot/init.c, boot/secondary.c, run/.
 */
#include "arch/aarch64/cpu.h"
#include "arch/aarch64/regs.h"
#include "insn/barrier.h"
#include "insn/sysreg.h"

struct cpu_features cpu_features;
u64 el2_key[4] __aligned(32);
static u64 host_vtcr, host_vttbr;

/* Field of an ID register at bit shift; the signed ones use 0xf for "none". */
static u32 id(u64 reg, u32 shift) { return (u32)(reg >> shift) & 0xf; }
static bool id_signed(u64 reg, u32 shift) { return id(reg, shift) && id(reg, shift) != 0xf; }

static void read_pfr(struct cpu_features *f)
{
	u64 pfr0 = sysreg_read(id_aa64pfr0_el1), pfr1 = sysreg_read(id_aa64pfr1_el1);
	u64 pfr2 = sysreg_read_s(ID_AA64PFR2_EL1_);

	f->ras = id(pfr0, 28);
	f->sve = id(pfr0, 32);
	f->amu = id(pfr0, 44);
	f->mpam = id(pfr0, 40) || id(pfr1, 16);
	f->scxtnum = id(pfr0, 56) >= 2 || id(pfr1, 32) == 2;
	f->bti = id(pfr1, 0);
	f->mte = id(pfr1, 8) >= 2;
	f->sme = id(pfr1, 24);
	f->gcs = id(pfr1, 44);
	f->fpmr = id(pfr2, 32);
}

static void read_isar(struct cpu_features *f)
{
	u64 isar0 = sysreg_read(id_aa64isar0_el1), isar1 = sysreg_read(id_aa64isar1_el1);
	u64 isar2 = sysreg_read_s(ID_AA64ISAR2_EL1_);

	f->rng = id(isar0, 60);
	f->pauth = id(isar1, 4) || id(isar1, 8) || id(isar1, 24) || id(isar1, 28) || id(isar2, 8) || id(isar2, 12);
	f->ls64 = (u8)id(isar1, 60);
	f->mops = id(isar2, 16);
}

static void read_mmfr(struct cpu_features *f)
{
	u64 mmfr0 = sysreg_read(id_aa64mmfr0_el1), mmfr1 = sysreg_read(id_aa64mmfr1_el1);
	u64 mmfr2 = sysreg_read_s(ID_AA64MMFR2_EL1_), mmfr3 = sysreg_read_s(ID_AA64MMFR3_EL1_);

	f->parange = (u8)id(mmfr0, 0);
	f->fgt = id(mmfr0, 56);
	f->fgt2 = id(mmfr0, 56) >= 2;
	f->ecv_offset = id(mmfr0, 60) >= 2;
	f->vhe = id(mmfr1, 8);
	f->hcx = id(mmfr1, 40);
	f->fwb = id(mmfr2, 40);
	f->tcr2 = id(mmfr3, 0);
	f->sctlr2 = id(mmfr3, 4);
	f->s1pie = id(mmfr3, 8);
	f->s1poe = id(mmfr3, 16);
	f->aie = id(mmfr3, 24);
}

static void read_dfr(struct cpu_features *f)
{
	u64 dfr0 = sysreg_read(id_aa64dfr0_el1);

	f->pmu = id_signed(dfr0, 8);
	f->pmu_version = (u8)id(dfr0, 8);
	f->spe = id(dfr0, 32);
	f->trace_filter = id(dfr0, 40);
	f->trbe = id(dfr0, 44);
	f->brbe = id(dfr0, 52);
}

void cpu_features_read(struct cpu_features *f)
{
	*f = (struct cpu_features){ 0 };
	read_pfr(f);
	read_isar(f);
	read_mmfr(f);
	read_dfr(f);
}

/*
 * Each CPU is written to as the boot CPU is: what that one has and this one lacks would be undefined at EL2. more: neither may this
 * one have what nothing would be written for, with traps, filters or tables in it that nobody chose.
 */
#define FEATURE(field, more, name) { offsetof(struct cpu_features, field), more, name }
static const struct { u8 at; bool more; const char *name; } relied[] = {
	FEATURE(fwb, true, "stage-2 forced write-back (S2FWB)"), FEATURE(rng, false, "random numbers (RNDR)"),
	FEATURE(hcx, true, "HCRX_EL2"), FEATURE(fgt, true, "fine-grained traps (FGT)"),
	FEATURE(fgt2, true, "fine-grained traps (FGT2)"), FEATURE(mpam, true, "memory partitioning (MPAM)"),
	FEATURE(gcs, true, "guarded control stack (GCS)"), FEATURE(brbe, true, "branch records (BRBE)"),
	FEATURE(trace_filter, true, "trace filter (TRF)"), FEATURE(ecv_offset, true, "counter offset (ECV)"),
	FEATURE(ras, true, "error records (RAS)"), FEATURE(vhe, false, "VHE"), FEATURE(sve, false, "SVE"),
	FEATURE(sme, true, "SME"), FEATURE(mte, false, "memory tags (MTE)"), FEATURE(pauth, false, "pointer authentication"),
	FEATURE(pmu, false, "counters (PMU)"), FEATURE(spe, false, "profiling (SPE)"),
};

const char *cpu_features_missing(void)
{
	struct cpu_features mine;

	cpu_features_read(&mine);
	for (u32 i = 0; i < ARRAY_SIZE(relied); i++) {
		bool here = ((const u8 *)&mine)[relied[i].at], boot = ((const u8 *)&cpu_features)[relied[i].at];

		if (here != boot && (boot || relied[i].more))
			return relied[i].name;
	}
	if (cpu_features.fgt && mine.amu != cpu_features.amu)
		return "activity monitors (AMU)";
	return mine.parange < cpu_features.parange ? "physical address bits" : NULL;
}

void cpu_host_stage2_set(u64 vtcr, u64 vttbr)
{
	host_vtcr = vtcr;
	host_vttbr = vttbr;
}

u64 cpu_host_hcr(void)
{
	const struct cpu_features *f = &cpu_features;
	u64 hcr = HCR_RW | HCR_VM | HCR_TSC | HCR_API | HCR_APK;

	hcr |= f->fwb ? HCR_FWB : 0;
	hcr |= f->mte ? HCR_ATA : 0;
	hcr |= f->scxtnum ? HCR_ENSCXT : 0;
	/* SME is hidden: its ID fields read as zero through cpu_host_id_read(). */
	hcr |= f->sme ? HCR_TID3 : 0;
	return hcr;
}

static u64 host_hcrx(const struct cpu_features *f)
{
	u64 v = 0;

	v |= f->ls64 >= 1 ? HCRX_EnALS : 0;
	v |= f->ls64 >= 2 ? HCRX_EnASR : 0;
	v |= f->ls64 >= 3 ? HCRX_EnAS0 : 0;
	v |= f->mops ? HCRX_MSCEn : 0;
	v |= f->tcr2 ? HCRX_TCR2En : 0;
	v |= f->sctlr2 ? HCRX_SCTLR2En : 0;
	v |= f->gcs ? HCRX_GCSEn : 0;
	v |= f->fpmr ? HCRX_EnFPM : 0;
	return v;
}

/* Fine-grained traps: nothing is trapped but SME; the bits whose 0 means "trap" are set where the feature exists. */
static void load_fine_grained(const struct cpu_features *f)
{
	u64 rw = 0, insn = 0, debug = 0;

	rw |= f->ls64 >= 3 ? HFG_nACCDATA : 0;
	rw |= f->gcs ? HFG_nGCS_EL0 | HFG_nGCS_EL1 : 0;
	rw |= f->s1pie ? HFG_nPIR | HFG_nPIRE0 : 0;
	rw |= f->s1poe ? HFG_nPOR_EL0 | HFG_nPOR_EL1 : 0;
	rw |= f->aie ? HFG_nMAIR2 | HFG_nAMAIR2 : 0;
	insn |= f->gcs ? HFGITR_nGCSPUSHM | HFGITR_nGCSSTR | HFGITR_nGCSEPP : 0;
	insn |= f->brbe ? HFGITR_nBRBINJ | HFGITR_nBRBIALL : 0;
	debug |= f->brbe ? HDFG_nBRBCTL | HDFG_nBRBDATA : 0;
	debug |= f->spe ? HDFG_nPMSNEVFR : 0;
	sysreg_write_s(HFGRTR_EL2_, rw);
	sysreg_write_s(HFGWTR_EL2_, rw);
	sysreg_write_s(HFGITR_EL2_, insn);
	sysreg_write_s(HDFGRTR_EL2_, debug | (f->brbe ? HDFG_nBRBIDR : 0));
	sysreg_write_s(HDFGWTR_EL2_, debug);
	if (f->amu)
		sysreg_write_s(HAFGRTR_EL2_, 0);
	if (!f->fgt2)
		return;
	debug = f->pmu && f->pmu_version >= 9 ? HDFG2_nPMU : 0;
	sysreg_write_s(HDFGRTR2_EL2_, debug);
	sysreg_write_s(HDFGWTR2_EL2_, debug);
	sysreg_write_s(HFGRTR2_EL2_, 0);
	sysreg_write_s(HFGWTR2_EL2_, 0);
	sysreg_write_s(HFGITR2_EL2_, 0);
}

/* Counters belong to the host; profiling and trace buffers to nobody below EL2; nothing is counted in EL2. */
static void load_debug(const struct cpu_features *f)
{
	u64 mdcr = 0;

	if (f->pmu) {
		mdcr |= field_get(PMCR_N, sysreg_read(pmcr_el0));
		mdcr |= f->pmu_version >= 4 ? MDCR_HPMD : 0;
		mdcr |= f->pmu_version >= 6 ? MDCR_HCCD : 0;
	}
	sysreg_write(mdcr_el2, mdcr);
	if (f->trace_filter)
		sysreg_write_s(TRFCR_EL2_, 0);
	if (f->spe)
		sysreg_write_s(PMSCR_EL2_, 0);
	if (f->brbe)
		sysreg_write_s(BRBCR_EL2_, 0);
}

static void load_vector_units(const struct cpu_features *f)
{
	sysreg_write(cptr_el2, CPTR_RES1 | CPTR_TSM | (f->sve ? 0 : CPTR_TZ));
	isb();	/* ZCR_EL2 traps to EL2 itself while CPTR_EL2.TZ is set */
	if (f->sve)
		sysreg_write_s(ZCR_EL2_, 0x1ff);
}

static void load_timers(const struct cpu_features *f)
{
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN);
	sysreg_write(cntvoff_el2, 0);
	sysreg_write(cnthp_ctl_el2, 0);
	if (f->vhe)
		sysreg_write_s(CNTHV_CTL_EL2_, 0);
	if (f->ecv_offset)
		sysreg_write_s(CNTPOFF_EL2_, 0);
}

void cpu_host_extensions_load(void)
{
	const struct cpu_features *f = &cpu_features;

	if (f->hcx)
		sysreg_write_s(HCRX_EL2_, host_hcrx(f));
	if (f->fgt)
		load_fine_grained(f);
	if (f->mpam)
		sysreg_write_s(MPAM2_EL2_, 0);
}

void cpu_host_controls_load(void)
{
	const struct cpu_features *f = &cpu_features;

	sysreg_write(hcr_el2, cpu_host_hcr());
	sysreg_write(vtcr_el2, host_vtcr);
	sysreg_write(vttbr_el2, host_vttbr);
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	sysreg_write(vmpidr_el2, sysreg_read(mpidr_el1));
	sysreg_write(hstr_el2, 0);
	cpu_host_extensions_load();
	load_debug(f);
	load_vector_units(f);
	load_timers(f);
	if (f->gcs)
		sysreg_write_s(GCSCR_EL2_, 0);
	isb();
}

void cpu_host_el1_reset(void)
{
	sysreg_write(sctlr_el1, SCTLR_EL1_RES1);
	sysreg_write(cntkctl_el1, 0);
	sysreg_write(cpacr_el1, 0);
	sysreg_write(mdscr_el1, 0);
	isb();
}

void cpu_host_timers_stop(void)
{
	sysreg_write(cntv_ctl_el0, 0);
	sysreg_write(cntp_ctl_el0, 0);
}

void cpu_host_vserror(u64 syndrome)
{
	if (cpu_features.ras)
		sysreg_write_s(VSESR_EL2_, syndrome & MASK(24, 0));
	/* A virtual SError needs AMO. It stays on afterwards: a physical one then comes here and is passed on likewise. */
	sysreg_write(hcr_el2, sysreg_read(hcr_el2) | HCR_AMO | HCR_VSE);
	isb();
}
