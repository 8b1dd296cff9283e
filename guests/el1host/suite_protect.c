// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what a host can do to a guest's memory and registers: everything to an unprotected VM, nothing to a protected one.
 * Never: an attack that was not seen to work first.
 * Used by: suites.c. SEC-05 to SEC-07, SEC-10 to SEC-13, SEC-16, SEC-17, SEC-19, SEC-28.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

#define BLOCK		(2ull << 20)
#define PLAIN		false
#define PROTECTED	true

static struct test_vm vm;
static u64 secret, got;		/* host address of the guest's secret */

static bool make_secret(struct test_vm *v, enum vm_how how, bool protect)
{
	return vm_make_role(v, 1, how, ROLE_SECRET, protect) &&
	       (!protect || gz(GZ_FN_ENABLE_CAP, v->id, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st == 0);
}

static bool run_to(struct test_vm *v, u64 step)
{
	for (u32 i = 0; i < 100000 && !v->exited && v->echo != step; i++)
		vm_run_once(v, 0);
	return v->echo == step;
}

static void op_load(void *a) { got = 0; __asm__ volatile("ldr %0, [%1]" : "+r"(got) : "r"(a) : "memory"); }
static void op_store(void *a) { __asm__ volatile("str xzr, [%0]" : : "r"(a) : "memory"); }
static void op_zva(void *a) { __asm__ volatile("dc zva, %0" : : "r"(a) : "memory"); }
static void op_atomic(void *a)
{
	__asm__ volatile("1: ldxr x9, [%0]\n\tadd x9, x9, #1\n\tstxr w10, x9, [%0]" : : "r"(a) : "x9", "x10", "memory");
}

static void op_fetch(void *a)
{
	exc_fetch_returns_to_lr(true);
	__asm__ volatile("adr x30, 1f\n\tbr %0\n1:" : : "r"(a) : "x30", "memory");
	exc_fetch_returns_to_lr(false);
}

static bool quiet(void (*op)(void *), u64 pa)
{
	struct exc e;

	return exc_try(op, (void *)pa, &e) == 0;
}

static bool sees(u64 pa, u64 value)
{
	return quiet(op_load, pa) && got == value;
}

static bool by_load(void) { return sees(secret, SECRET_WORD(0)); }
static bool by_store(void) { return quiet(op_store, secret + 3 * PAGE_SIZE); }
static bool by_atomic(void) { return quiet(op_atomic, secret + 4 * PAGE_SIZE); }
static bool by_zva(void) { return quiet(op_zva, secret + 5 * PAGE_SIZE); }
static bool by_fetch(void) { return quiet(op_fetch, secret + SECRET_CODE); }

static bool through(enum map_kind kind, u64 value)
{
	bool seen;

	mmu_set_block(secret, kind);
	seen = sees(secret, value);
	mmu_set_block(secret, MAP_NORMAL);
	return seen;
}

static bool by_nocache(void)
{
	/* Its own value: what memory held before counts too. */
	return quiet(op_load, secret) && through(MAP_NOCACHE, SECRET_WORD(0));
}

static bool by_el0(void)
{
	struct exc e;

	mmu_set_block(secret, MAP_USER);
	exc_expect(&e);
	EL0_CALL(el0_load, secret + 0x40, false);
	exc_done();
	mmu_set_block(secret, MAP_NORMAL);
	return e.count == 0;
}

static bool by_get_reg(void) { return gz(GZ_FN_GET_ONE_REG, GZ_TUPLE(vm.id, 0), REG_PC, 0, 0).st == 0; }
static bool by_set_reg(void)
{
	/* X7 of a guest that has it free: refused or not, it goes on. */
	return gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm.id, 0), REG_CORE(14), 0, 0).st == 0;
}

static bool by_unmap(void)
{
	return gz(GZ_FN_EXT_UNMAP_PAGES, vm.id, (VM_RAM_BASE + BLOCK + 6 * PAGE_SIZE) >> 12, 1, 0).st == 0;
}

static const struct { const char *name; bool (*works)(void); } attacks[] = {
	{ "load", by_load }, { "store", by_store }, { "atomic", by_atomic }, { "dc zva", by_zva }, { "fetch", by_fetch },
	{ "load without caches", by_nocache }, { "load from EL0", by_el0 }, { "read a register", by_get_reg },
	{ "write a register", by_set_reg }, { "unmap", by_unmap },
};

static void attack_all(enum vm_how how, bool protect)
{
	struct holdings start = holdings();

	EXPECT(make_secret(&vm, how, protect));
	secret = vm.ram_pa + BLOCK;
	EXPECT(run_to(&vm, 1));
	for (u32 i = 0; i < ARRAY_SIZE(attacks); i++) {
		bool works = attacks[i].works();

		if (works == protect)
			printf("  %s: %s\n", attacks[i].name, works ? "worked" : "did not work");
		EXPECT_EQ(works, !protect);
	}
	/* The guest looks too: a plain one has noticed and ends, a protected one goes on. */
	EXPECT_EQ(run_to(&vm, 2), protect);
	EXPECT_EQ(vm.exited && vm.exit_code != 0, !protect);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(attacks__unprotected_vm__each_works) { attack_all(VM_BLOCKS, PLAIN); }
TEST(attacks__protected_vm__none_works)
{
	attack_all(VM_POPULATE, PROTECTED);
	attack_all(VM_PAGES, PROTECTED);
	attack_all(VM_BLOCKS, PROTECTED);
}

/* The guest's word on it: unharmed, and what it shares is shared, no more and no longer. */
static void share_and_back(enum vm_how how)
{
	struct holdings start = holdings();

	EXPECT(make_secret(&vm, how, PROTECTED));
	secret = vm.ram_pa + BLOCK;
	EXPECT(run_to(&vm, 1));
	EXPECT(!sees(secret, SECRET_WORD(0)));
	by_store();
	by_zva();
	EXPECT(run_to(&vm, 2));				/* page 0 shared */
	EXPECT(sees(secret, SECRET_WORD(0)));
	EXPECT(through(MAP_NOCACHE, SECRET_WORD(0)));
	EXPECT(!sees(secret + PAGE_SIZE, SECRET_WORD(1)));
	write64(secret + SECRET_REPLY, 0x77);
	EXPECT(run_to(&vm, 3));				/* taken back */
	EXPECT(!sees(secret, SECRET_WORD(0)));
	EXPECT(!quiet(op_store, secret + SECRET_REPLY));
	EXPECT(run_to(&vm, 4));				/* page 1 relinquished */
	EXPECT(sees(secret + PAGE_SIZE, 0));
	EXPECT(through(MAP_NOCACHE, 0) == false);		/* page 0 is still private */
	EXPECT(run_to(&vm, 5));				/* page 1 came back by the fault of a share */
	EXPECT(sees(secret + PAGE_SIZE, 0));
	for (u32 i = 0; i < 1000 && !vm.exited; i++)
		vm_run_once(&vm, 0);
	EXPECT(vm.exited);
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(sharing__what_the_guest_allows__that_alone)
{
	share_and_back(VM_PAGES);
	share_and_back(VM_BLOCKS);
}

static u32 pages_seen(void)
{
	u32 seen = 0;

	for (u32 p = 0; p < SECRET_PAGES; p++)
		seen += sees(secret + p * PAGE_SIZE + 8, SECRET_WORD(p));
	return seen;
}

/* Killed with its secret in memory; after each slice the host looks at once. */
static u64 words_left(bool protect)
{
	struct holdings start = holdings();
	u64 left = 0;
	s32 st;

	EXPECT(make_secret(&vm, VM_BLOCKS, protect));
	secret = vm.ram_pa + BLOCK;
	EXPECT(run_to(&vm, 1));
	gz(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm.id, 0), 0, 0, 0);
	do {
		st = gz(GZ_FN_DESTROY_VM, vm.id, GZ_DESTROY_BATCH_PAGES, 0, 0).st;
		left += pages_seen();
	} while (st == GZ_ST_BUSY);
	EXPECT_EQ(st, 0);
	for (u64 at = 0; at < VM_RAM_SIZE; at += 8)
		left += read64(vm.ram_pa + at) >> 16 == SECRET_WORD(0) >> 16;
	vm_destroy(&vm);		/* gone already: only its memory is noted as free */
	EXPECT_HOLDINGS(start);
	return left;
}

TEST(killed__pattern_scan__found_only_where_nothing_was_scrubbed)
{
	EXPECT(words_left(PLAIN) >= SECRET_PAGES * (PAGE_SIZE / 8 - 1));
	EXPECT_EQ(words_left(PROTECTED), 0);
}

/* The guest switched its machine off or reset it, and nobody has destroyed the VM yet. */
static void secret_while_off(u64 how, bool protect)
{
	struct holdings start = holdings();

	EXPECT(vm_make_role(&vm, 1, VM_BLOCKS, ROLE_SECRET_OFF, how));
	EXPECT(!protect || gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st == 0);
	secret = vm.ram_pa + BLOCK;
	EXPECT(vm_run_all(&vm, 100000));
	EXPECT_EQ(vm.exit_code, 0x100 + (how ? GZ_EVENT_RESET : GZ_EVENT_SHUTDOWN));
	EXPECT_EQ(pages_seen(), protect ? 0 : SECRET_PAGES);
	EXPECT_EQ(by_get_reg(), !protect);
	EXPECT_EQ(by_unmap(), !protect);
	EXPECT_EQ(gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm.id, 0), REG_PC, VM_RAM_BASE, 0).st == 0, !protect);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_EQ(pages_seen(), protect ? 0 : SECRET_PAGES);
	EXPECT_HOLDINGS(start);
}

TEST(off_by_the_guest__private_until_destroyed_then_scrubbed)
{
	for (u64 how = 0; how < 3; how++) {
		secret_while_off(how, PLAIN);
		secret_while_off(how, PROTECTED);
	}
}

/* A reset of a kind that no firmware has: it is refused, but EL2 has made ready for it. */
static u64 words_after_reset(bool protect)
{
	u64 left, reset = psci(PSCI_SYSTEM_RESET2_64, 0x7ffffff0, 0, 0);

	EXPECT((s32)reset < 0);
	left = pages_seen();
	EXPECT_EQ(gz(GZ_FN_RUN, GZ_TUPLE(vm.id, 0), 0, 0, 0).st, protect ? GZ_ST_NOT_FOUND : GZ_ST_OK);
	return left;
}

static void reset_with_secrets(enum vm_how how, bool protect)
{
	struct holdings start = holdings();

	EXPECT(make_secret(&vm, how, protect));
	secret = vm.ram_pa + BLOCK;
	EXPECT(run_to(&vm, 1));
	EXPECT_EQ(words_after_reset(protect), protect ? 0 : SECRET_PAGES);
	EXPECT_EQ(vm_destroy(&vm), protect ? GZ_ST_NOT_FOUND : 0);
	EXPECT_HOLDINGS(start);
}

TEST(reset__plain_vm__secrets_stay) { reset_with_secrets(VM_BLOCKS, PLAIN); }
TEST(reset__protected_vm__scrubbed_first)
{
	reset_with_secrets(VM_PAGES, PROTECTED);
	reset_with_secrets(VM_BLOCKS, PROTECTED);
}

/* Pages of a protected VM as arguments of every call that takes pages. The honest twins are in suite_pages.c. */
TEST(calls__with_private_pages__refused)
{
	struct holdings start = holdings();
	struct test_vm b;
	volatile u64 *list;

	EXPECT(make_secret(&vm, VM_BLOCKS, PROTECTED));
	secret = vm.ram_pa + BLOCK;
	EXPECT(run_to(&vm, 2));		/* page 0 is shared with the host: no other VM's for that */
	EXPECT(vm_make(&b, 1, VM_BLOCKS));
	list = (volatile u64 *)b.pfn_list;
	for (u32 p = 0; p < 2; p++) {
		u64 pa = secret + p * PAGE_SIZE;

		EXPECT(gz5(GZ_FN_MAP_GUEST, b.id, 0, pa >> 12, VM_RAM_BASE >> 12, 1).st != 0);
		for (u32 i = 0; i < 512; i++)
			list[i] = (b.ram_pa >> 12) + i;
		list[77] = pa >> 12;
		EXPECT(gz(GZ_FN_MAP_GUEST_BLOCK, b.id, 0, VM_RAM_BASE >> 12, 512).st != 0);
		EXPECT(gz5(GZ_FN_MAP_GUEST, vm.id, 0, pa >> 12, (VM_RAM_BASE + 9 * PAGE_SIZE) >> 12, 1).st != 0);
		EXPECT(gz(GZ_FN_SET_MEMREGION, b.id, GZ_MEMREGION_BUF_BYTES, pa, 0).st != 0);
		EXPECT(gz(GZ_FN_CREATE_DEVICE, b.id, pa, 0, 0).st != 0);
		EXPECT(gz(GZ_FN_EXT_STATS, pa, 0, 0, 0).st != 0);
		EXPECT(gz(GZ_FN_EXT_LOG_READ, 0, pa, 0, 0).st != 0);
		if (gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(b.id, 1), pa, 0, 0).st == 0) {
			EXPECT_EQ((u32)gz(GZ_FN_RUN, GZ_TUPLE(b.id, 1), 0, 0, 0).x1, GZ_EXIT_FAIL_ENTRY);
			gz(GZ_FN_DESTROY_VCPU, GZ_TUPLE(b.id, 1), 0, 0, 0);
		}
	}
	/* A slot more, or another purpose, would make private memory shared. */
	EXPECT(gz(GZ_FN_MEMREGION_PURPOSE, vm.id, VM_RAM_BASE, VM_RAM_SIZE, GZ_MEM_STATIC_SWIOTLB).st != 0);
	EXPECT(gz(GZ_FN_EXT_UNMAP_SLOT, vm.id, 0, 0, 0).st != 0);
	EXPECT_EQ(vm_destroy(&b), 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(protect__nonsense_and_too_late__refused)
{
	struct test_vm b;

	EXPECT(make_secret(&b, VM_POPULATE, PLAIN));
	EXPECT_EQ(gz(GZ_FN_ENABLE_CAP, b.id, GZ_CAP_PROTECTED_VM, ~0ull, 0).st, GZ_ST_INVALID_ARGS);
	EXPECT(run_to(&b, 1));
	EXPECT_EQ(gz(GZ_FN_ENABLE_CAP, b.id, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, GZ_ST_INVALID_ARGS);
	EXPECT(read64(b.ram_pa + BLOCK + 8) == SECRET_WORD(0));
	EXPECT_EQ(vm_destroy(&b), 0);
}

/* Exits by which the host learns of an access to the spot, until the guest's next step. */
static u64 seen_until(u64 step)
{
	const struct gz_run_page *page = vm_run_page(&vm, 0);
	u64 seen = 0;

	for (u32 i = 0; i < 100000 && !vm.exited && vm.echo != step; i++)
		seen += vm_run_once(&vm, 0) == GZ_EXIT_MMIO && page->mmio.phys_addr == GUARD_SPOT;
	return vm.echo == step ? seen : ~0ull;
}

static void devices_seen(enum vm_how how, bool protect)
{
	struct holdings start = holdings();

	EXPECT(vm_make_role(&vm, 1, how, ROLE_GUARD, protect));
	if (protect)
		EXPECT_EQ(gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
	EXPECT_EQ(seen_until(1), 2);				/* a load and a store */
	EXPECT_EQ(seen_until(2), protect ? 0 : 2);
	EXPECT_EQ(seen_until(3), 2);
	EXPECT_EQ(seen_until(4), protect ? 0 : 2);
	EXPECT_EQ(seen_until(5), 2);
	EXPECT_EQ(seen_until(6), protect ? 0 : 2);
	EXPECT(vm_run_all(&vm, 1000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(devices__no_guard__host_sees_each_access) { devices_seen(VM_BLOCKS, PLAIN); }
TEST(devices__not_enrolled_for__host_sees_none)
{
	devices_seen(VM_POPULATE, PROTECTED);
	devices_seen(VM_BLOCKS, PROTECTED);
}

/* What a published driver sends for a client that marks the memory of its devices and never asks for protection. */
static s32 mark_swiotlb(const struct test_vm *v, u64 pa)
{
	struct gz_memregion *list = (void *)host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);
	u64 gpa = VM_RAM_BASE + VM_RAM_SIZE;
	s32 st = gz(GZ_FN_MEMREGION_PURPOSE, v->id, gpa, BLOCK, GZ_MEM_STATIC_SWIOTLB).st;

	list->slot = 1;
	list->total_pages = BLOCK / PAGE_SIZE;
	list->gpa = gpa;
	list->constituent_count = 1;
	list->constituents[0].base_pa = pa;
	list->constituents[0].page_count = BLOCK / PAGE_SIZE;
	for (u32 i = 0; !st && i < 2; i++)	/* registers, then populates */
		st = gz(GZ_FN_SET_MEMREGION, v->id, GZ_MEMREGION_BUF_BYTES, (u64)list, 0).st;
	return st;
}

static void nobody_asked(enum vm_how how, bool marked, bool protect)
{
	u64 pool = host_alloc(BLOCK, BLOCK);
	struct holdings start = holdings();

	EXPECT(vm_make_role(&vm, 1, how, ROLE_SECRET, protect));
	EXPECT(!marked || mark_swiotlb(&vm, pool) == 0);
	secret = vm.ram_pa + BLOCK;
	EXPECT(run_to(&vm, 1));
	EXPECT_EQ(sees(secret, SECRET_WORD(0)), !protect);
	EXPECT_EQ(by_store(), !protect);
	EXPECT_EQ(by_get_reg(), !protect);
	write64(pool, 0x5a);
	EXPECT(sees(pool, 0x5a));
	EXPECT_EQ(run_to(&vm, 2), protect);	/* a plain one finds what was stored, and ends */
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

/* Whoever started the machine decides by gz.protect=swiotlb. */
TEST(swiotlb__nobody_asked__as_the_machine_was_told)
{
	bool told = gz(GZ_FN_EXT_FEATURES, 0, 0, 0, 0).x1 & GZ_EXT_PROTECT_SWIOTLB;

	printf("  gz.protect=swiotlb: %s\n", told ? "yes" : "no");
	nobody_asked(VM_POPULATE, true, told);
	nobody_asked(VM_PAGES, true, told);
	nobody_asked(VM_BLOCKS, true, told);
	nobody_asked(VM_BLOCKS, false, PLAIN);
}

/* The guests of other suites, protected. */
static void role_protected(enum vm_how how, u64 role, u64 arg)
{
	struct holdings start = holdings();

	EXPECT(vm_make_role(&vm, 1, how, role, arg));
	EXPECT_EQ(gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_PROTECTED_VM, GZ_PVM_SET_PROTECTED, 0).st, 0);
	EXPECT(vm_run_all(&vm, 1000000));
	EXPECT_EQ(vm.exit_code, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(guests__protected__run_as_ever)
{
	for (u32 how = VM_POPULATE; how <= VM_BLOCKS; how++)
		role_protected(how, ROLE_TOUCH, VM_RAM_BASE + VM_RAM_SIZE);
	role_protected(VM_PAGES, ROLE_ECHO, 0);
	role_protected(VM_PAGES, ROLE_RELINQUISH, 20);
	role_protected(VM_BLOCKS, ROLE_RELINQUISH, 20);
	role_protected(VM_PAGES, ROLE_HVC, 20000);
}

void suite_protect(void)
{
	RUN_TEST(attacks__unprotected_vm__each_works);
	RUN_TEST(attacks__protected_vm__none_works);
	RUN_TEST(sharing__what_the_guest_allows__that_alone);
	RUN_TEST(killed__pattern_scan__found_only_where_nothing_was_scrubbed);
	RUN_TEST(off_by_the_guest__private_until_destroyed_then_scrubbed);
	RUN_TEST(reset__plain_vm__secrets_stay);
	RUN_TEST(reset__protected_vm__scrubbed_first);
	RUN_TEST(calls__with_private_pages__refused);
	RUN_TEST(protect__nonsense_and_too_late__refused);
	RUN_TEST(devices__no_guard__host_sees_each_access);
	RUN_TEST(devices__not_enrolled_for__host_sees_none);
	RUN_TEST(guests__protected__run_as_ever);
}

void suite_swiotlb(void)
{
	RUN_TEST(swiotlb__nobody_asked__as_the_machine_was_told);
}
