/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: start-up in order, on one screen. The other CPUs come later, through boot/secondary.c.
 * Never: run the host before everything that protects EL2 from it is in place.
 * Called by: arch/aarch64/entry.S, once, at the link address with the boot tables on.
 */
#include "arch/aarch64/cpu.h"
#include "arch/aarch64/regs.h"
#include "boot/boot.h"
#include "boot/boot_tables.h"
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "host/host.h"
#include "irq/gic.h"
#include "lib/check.h"
#include "lib/drbg.h"
#include "lib/log.h"
#include "lib/string.h"
#include "mem/host_s2.h"
#include "mm/layout.h"
#include "run/run.h"
#include "version.h"
#include "insn/smc.h"
#include "insn/sysreg.h"
#include "insn/tlbi.h"

#define MPIDR_AFFINITY	(MASK(39, 32) | MASK(23, 0))

extern char _head[], __image_end[];
extern uintptr_t __stack_chk_guard;
static struct boot boot;

__noreturn void boot_main(u64 fdt_pa, u64 el);

/* RNDR where there is one, the firmware's generator, and the seeds it left in the tree. Returns a stack canary. */
static uintptr_t seed_entropy(struct machine *m)
{
	u64 x[18] = { TRNG_RND64, TRNG_MAX_BITS_64 };
	uintptr_t canary;
	u64 word;

	for (u32 i = 0; cpu_features.rng && i < 8; i++) {
		if (sysreg_rndr(&word))
			drbg_seed(&word, sizeof(word));
	}
	if ((s32)firmware_call(TRNG_VERSION_ID, 0, 0, 0) >= TRNG_VERSION_1_0) {
		smc_call(x);
		if (x[0] == 0)
			drbg_seed(&x[1], TRNG_MAX_BITS_64 / 8);
	}
	drbg_seed(m->seed, m->seed_len);
	memset(m->seed, 0, sizeof(m->seed));
	memset(x, 0, sizeof(x));
	if (!drbg_read(&canary, sizeof(canary)))
		canary = cpu_counter() * UINT64_C(0x9e3779b97f4a7c15);
	return canary & ~UINT64_C(0xff);	/* a string function stops before it reaches the rest */
}

/* Secondaries find the key in place and their SCTLR_EL2 in mmu_setup. */
static void make_key(void)
{
	if (!drbg_read(&el2_key[1], 16))
		el2_key[1] = __stack_chk_guard;
	el2_key[0] = 1;
	mmu_setup.sctlr |= SCTLR_EnIA;
}

static void number_cpus(const struct machine *m)
{
	u64 me = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;

	for (u32 i = 0; i < m->cpu_count; i++) {
		percpu_table[i].id = i;
		percpu_table[i].mpidr = m->cpu_mpidr[i];
		percpu_table[i].stack_top = hyp_stack_top(i);
		percpu_table[i].stack_bottom = hyp_stack_top(i) - HYP_STACK_PAGES * PAGE_SIZE;
	}
	cpu_count = m->cpu_count;
	if (!percpu_by_mpidr(me))
		boot_fail("this CPU (MPIDR %lx) is not in the device tree", me);
	sysreg_write(tpidr_el2, (u64)(uintptr_t)percpu_by_mpidr(me));
}

/* A panic takes the UART back: the host must not run on. Without its stage 2 every CPU comes to EL2 and parks. */
static void stop_other_cpus(void)
{
	host_s2_revoke();
	for (u32 i = 0; i < cpu_count; i++) {
		if (&percpu_table[i] != this_cpu())
			gic_kick(i);
	}
}

static void start_gic(const struct machine *m)
{
	enum gz_err err = m->has_gicv3 ? gic_init(&m->gic) : GZ_ENOTSUP;

	if (err == GZ_ENOTSUP)
		boot_fail("no GICv3: %s; GenieZone needs one (QEMU: -M virt,gic-version=3)",
			  m->has_gicv3 ? "its CPU interface has no system registers" : "the device tree has none");
	if (err)
		boot_fail("GICv3: its redistributors could not be mapped (error %d)", (int)err);
}

static void say_hello(const struct boot *b)
{
	const struct boot_layout *l = &b->layout;
	u64 ram = 0;

	for (u32 i = 0; i < b->machine.ram_count; i++)
		ram += b->machine.ram[i].size;
	log_info("GenieZone %u.%u (%s): %u CPUs, %lu MiB RAM", GZ_VERSION_MAJOR, GZ_VERSION_MINOR, GZ_BUILD_VERSION,
		 cpu_count, ram >> 20);
	log_info("EL2 keeps %lu MiB: image at %lx, pool at %lx", (l->image.size + l->pool.size) >> 20,
		 l->image.base.v, l->pool.base.v);
	log_info("host: kernel at %lx%s, %lu MiB; device tree at %lx", l->kernel.base.v,
		 l->kernel_moves ? " (moved)" : "", l->kernel.size >> 20, l->host_fdt.base.v);
}

void boot_main(u64 fdt_pa, u64 el)
{
	struct boot *b = &boot;

	b->image = (struct pa_range){ PA(image_pa), (u64)(__image_end - _head) };
	boot_read_machine(b, fdt_pa, el);
	cpu_features_read(&cpu_features);
	boot_options(b);
	number_cpus(&b->machine);
	boot_take_memory(b);
	__stack_chk_guard = seed_entropy(&b->machine);	/* here, because this function never returns */
	if (cpu_features.pauth) {
		make_key();
		cpu_ptrauth_on();
	}
	start_gic(&b->machine);
	boot_fence_host(b);
	tlbi_alle1is();		/* whatever ran at EL1 before us */
	host_smc_init();
	psci_relay_init(image_to_pa((const void *)secondary_entry));
	boot_cpu_setup();
	if (run_prepare_cpus())
		boot_fail("the page pool is too small for the vector registers of the host: give more with gz.pool=");
	cpu_host_timers_stop();
	panic_set_stop_others(stop_other_cpus);
	say_hello(b);
	boot_enter_host(b);
}
