// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: firmware of protected VMs, as crosvm and as QEMU ask for it, and a host that wants its own code to run instead.
 * Never: an attack that was not seen to work on firmware that the VMM loads itself.
 * Used by: suites.c. SEC-27. The firmware held is the probe: so its roles run from there.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "lib/testdev.h"
#include "probe/roles.h"

#define FW_GPA		0x7fc00000ull
#define FW_SLOT		(4ull << 20)
#define BAD		99		/* exit code of a host's code in place of the firmware */

static struct test_vm vm;
static u64 held, held_size, fw_pa;	/* what EL2 holds, from the host's tree; pages for the slot */

/* The code a host would have run: ends the guest with BAD. */
extern char bad_code[], bad_code_end[];
#define STRING_(x) #x
#define STRING(x) STRING_(x)
__asm__(".pushsection .rodata\n.balign 8\n.globl bad_code, bad_code_end\nbad_code:\n"
	"movz x1, #(0x0a000000 >> 16), lsl #16\n\tmov w0, #" STRING(BAD) "\n\tstr w0, [x1, #8]\n1:\tb 1b\nbad_code_end:\n.popsection");
_Static_assert(TESTDEV_BASE + TESTDEV_EXIT == 0x0a000008, "bad_code knows it");

static s32 pvm(u64 what, u64 gpa) { return gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_PROTECTED_VM, what, gpa).st; }
static s32 set_gpa(u64 gpa) { return pvm(GZ_PVM_SET_PVMFW_GPA, gpa); }
static s32 set_reg(u64 reg, u64 value) { return gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm.id, 0), reg, value, 0).st; }

static s32 add_slot(u64 gpa, u64 bytes, u32 flags)
{
	static struct gz_memregion *list;
	s32 st = gz(GZ_FN_MEMREGION_PURPOSE, vm.id, gpa, bytes, flags).st;

	if (!list)
		list = (void *)host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);
	*list = (struct gz_memregion){ .slot = 1, .total_pages = bytes / PAGE_SIZE, .gpa = gpa, .constituent_count = 0xdeadbeef };
	return st ? st : gz(GZ_FN_SET_MEMREGION, vm.id, GZ_MEMREGION_BUF_BYTES, (u64)list, 0).st;
}

static s32 map(u64 off) { return gz5(GZ_FN_MAP_GUEST, vm.id, 1, (fw_pa + off) >> 12, (FW_GPA + off) >> 12, 1).st; }

/* The host's code in every page that a guest could start in. */
static void fill_bad(u64 pa, u64 bytes)
{
	for (u64 at = 0; at < bytes; at += PAGE_SIZE)
		memcpy((void *)(pa + at), bad_code, (u64)(bad_code_end - bad_code));
	code_sync((void *)pa, bytes);
}

/* QEMU's order: vCPUs and registers first. The slot is full of the host's code. */
static bool make(u32 vcpus, u64 role, u64 arg)
{
	if (!fw_pa)
		fw_pa = host_alloc(FW_SLOT, 2ull << 20);
	fill_bad(fw_pa, FW_SLOT);
	vm_make(&vm, vcpus, VM_PAGES);
	vm.select = role;
	vm.arg = arg;
	fill_bad(vm.ram_pa, vm.ram_size);
	return add_slot(FW_GPA, FW_SLOT, GZ_MEM_PROTECT_FW) == 0;
}

static u32 run_once(void)
{
	const struct gz_run_page *page = vm_run_page(&vm, 0);
	u32 reason = vm_run_once(&vm, 0);

	if (reason == GZ_EXIT_EXCEPTION && page->exception.fault_gpa - FW_GPA < FW_SLOT)
		map((page->exception.fault_gpa - FW_GPA) & ~(PAGE_SIZE - 1));
	return reason;
}

/* The exit code, ~0 when it never ended. */
static u32 run_to_end(void)
{
	for (u32 i = 0; i < 100000 && !vm.exited; i++)
		run_once();
	return vm.exited ? vm.exit_code : ~0u;
}

static u32 end(struct holdings start)
{
	u32 code = run_to_end();

	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
	return code;
}

TEST(none_held__not_supported)
{
	EXPECT(make(1, ROLE_ECHO, 0));
	EXPECT_EQ(set_gpa(FW_GPA), GZ_ST_NOT_SUPPORTED);
	EXPECT_EQ(pvm(GZ_PVM_GET_PVMFW_SIZE, 0), GZ_ST_NOT_SUPPORTED);
	EXPECT_EQ(gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_PROTECTED_VM, GZ_PVM_GET_PVMFW_SIZE, 0).x1, 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
}

/* A VMM that loads it: what the host writes there is what runs. */
TEST(vmm_loaded__host_code_in_slot_or_pc__runs)
{
	struct holdings start = holdings();

	EXPECT(make(1, ROLE_ECHO, 0));
	EXPECT_EQ(set_reg(REG_PC, FW_GPA), 0);
	EXPECT_EQ(end(start), BAD);
	EXPECT(make(1, ROLE_ECHO, 0));
	memcpy((void *)fw_pa, probe_blob, (u64)(probe_blob_end - probe_blob));
	EXPECT_EQ(set_reg(REG_PC, FW_GPA), 0);
	EXPECT_EQ(end(start), 0);
	EXPECT(make(1, ROLE_ECHO, 0));
	EXPECT_EQ(set_reg(REG_PC, VM_RAM_BASE), 0);
	EXPECT_EQ(end(start), BAD);
}

/* Before the first RUN the host has written its code everywhere, mapped it, and set PC to it. */
TEST(held__host_code_in_slot_and_pc__firmware_runs)
{
	struct holdings start = holdings();

	for (u32 mapped = 0; mapped < 3; mapped++) {
		EXPECT(make(1, ROLE_ECHO, 0));
		for (u64 off = 0; off < FW_SLOT && mapped; off += mapped == 1 ? PAGE_SIZE : 7 * PAGE_SIZE)
			EXPECT_EQ(map(off), 0);
		EXPECT_EQ(set_reg(REG_PC, VM_RAM_BASE), 0);
		EXPECT_EQ(set_gpa(FW_GPA), 0);
		if (mapped != 1)	/* QEMU sends both */
			EXPECT_EQ(pvm(GZ_PVM_SET_PROTECTED, 0), 0);
		EXPECT_EQ(end(start), 0);
	}
}

/* crosvm's order: the size, the address, then vCPUs; no PC. The guest's RAM is its own although SET_PROTECTED never came. */
TEST(held__crosvm_order__runs_protected)
{
	struct holdings start = holdings();
	struct gz_ret size;
	struct exc e;

	EXPECT(make(0, ROLE_TOUCH, VM_RAM_BASE));
	size = gz(GZ_FN_ENABLE_CAP, vm.id, GZ_CAP_PROTECTED_VM, GZ_PVM_GET_PVMFW_SIZE, 0);
	EXPECT_EQ(size.st, 0);
	EXPECT_EQ(size.x1, held_size);
	EXPECT_EQ(set_gpa(FW_GPA), 0);
	vm.vcpus = 1;
	vm.pages_pa[0] = host_alloc(2 * PAGE_SIZE, 2 * PAGE_SIZE);
	EXPECT_EQ(gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm.id, 0), vm.pages_pa[0], 0, 0).st, 0);
	EXPECT_EQ(set_reg(REG_CORE(0), 0), 0);
	EXPECT_EQ(set_reg(REG_CORE(2), VM_RAM_BASE), 0);
	EXPECT_EQ(set_reg(REG_CORE(4), 4096), 0);
	EXPECT_EQ(set_reg(REG_PSTATE, 0x3c5), 0);
	EXPECT_EQ(read32(fw_pa), *(u32 *)bad_code);	/* open until the first RUN */
	run_once();
	run_once();
	exc_expect(&e);
	(void)read32(fw_pa);
	exc_done();
	EXPECT_EQ(e.count, 1);
	EXPECT_EQ(end(start), 0);
	/* What comes back to the host has nothing of the firmware in it. */
	EXPECT_EQ(read64(fw_pa), 0);
	EXPECT_EQ(read64(fw_pa + held_size - 8), 0);
}

TEST(held__address_moved__until_the_first_run_only)
{
	struct holdings start = holdings();

	EXPECT(make(1, ROLE_ECHO, 0));
	EXPECT_EQ(set_gpa(FW_GPA + 1), GZ_ST_INVALID_ARGS);
	EXPECT_EQ(set_gpa(1ull << 40), GZ_ST_INVALID_ARGS);
	EXPECT_EQ(set_gpa(~0ull << 12), GZ_ST_INVALID_ARGS);
	EXPECT_EQ(set_gpa(VM_RAM_BASE), 0);
	EXPECT_EQ(set_gpa(FW_GPA), 0);
	run_once();
	run_once();
	EXPECT_EQ(set_gpa(FW_GPA + PAGE_SIZE), GZ_ST_INVALID_ARGS);
	EXPECT_EQ(set_gpa(FW_GPA), GZ_ST_INVALID_ARGS);
	EXPECT_EQ(set_reg(REG_PC, VM_RAM_BASE), GZ_ST_INVALID_ARGS);
	EXPECT_EQ(set_reg(REG_CORE(0), VM_RAM_BASE), GZ_ST_INVALID_ARGS);
	EXPECT(add_slot(FW_GPA, FW_SLOT, GZ_MEM_GUEST) != 0);
	EXPECT_EQ(end(start), 0);
	/* Of a VM that is not protected: too late too, and nothing changed. */
	EXPECT(make(1, ROLE_ECHO, 0));
	EXPECT_EQ(set_reg(REG_PC, VM_RAM_BASE), 0);
	run_once();
	EXPECT_EQ(set_gpa(FW_GPA), GZ_ST_INVALID_ARGS);
	EXPECT_EQ(end(start), BAD);
}

static void refused_start(u64 gpa, u64 bytes, u32 flags)
{
	struct holdings start = holdings();

	EXPECT(make(1, ROLE_ECHO, 0));
	EXPECT_EQ(gz(GZ_FN_EXT_UNMAP_SLOT, vm.id, 1, 0, 0).st, 0);
	if (bytes)
		EXPECT_EQ(add_slot(gpa, bytes, flags), 0);
	EXPECT_EQ(set_gpa(FW_GPA), 0);
	EXPECT_EQ(run_once(), GZ_EXIT_FAIL_ENTRY);
	EXPECT_EQ(vm_run_page(&vm, 0)->fail_entry.reason, GZ_FAIL_NO_FIRMWARE_SLOT);
	EXPECT_EQ(read32(vm.ram_pa), *(u32 *)bad_code);		/* nothing is sealed */
	if (bytes)
		EXPECT_EQ(gz(GZ_FN_EXT_UNMAP_SLOT, vm.id, 1, 0, 0).st, 0);
	EXPECT_EQ(add_slot(FW_GPA, FW_SLOT, GZ_MEM_PROTECT_FW), 0);
	vm.exited = false;
	EXPECT_EQ(end(start), 0);
}

TEST(held__no_slot_for_it__fail_entry_and_may_be_mended)
{
	refused_start(0, 0, 0);
	refused_start(FW_GPA, FW_SLOT, GZ_MEM_GUEST);
	refused_start(FW_GPA, FW_SLOT, GZ_MEM_STATIC_SWIOTLB);
	refused_start(FW_GPA, held_size - PAGE_SIZE, GZ_MEM_PROTECT_FW);
	refused_start(FW_GPA + PAGE_SIZE, FW_SLOT - PAGE_SIZE, GZ_MEM_PROTECT_FW);
}

static void load(void *a) { (void)read64((u64)a); }
static void store(void *a) { write64((u64)a, 0); }

/* The pages beside it are the host's; to the pages of the firmware it gets in no way, and they are what they were. */
TEST(carve_out__read_and_written_by_the_host__aborts)
{
	struct holdings start = holdings();

	EXPECT_EQ(exc_try(load, (void *)(held - 8), NULL), 0);
	EXPECT_EQ(exc_try(load, (void *)(held + held_size), NULL), 0);
	for (u64 pa = held; pa < held + held_size; pa += PAGE_SIZE) {
		EXPECT_EQ(exc_try(load, (void *)pa, NULL), 1);
		EXPECT_EQ(exc_try(store, (void *)(pa + PAGE_SIZE - 8), NULL), 1);
	}
	EXPECT(make(1, ROLE_ECHO, 0));
	/* Given to a guest as its memory: refused; suite_pages has the other calls. */
	EXPECT(gz5(GZ_FN_MAP_GUEST, vm.id, 1, held >> 12, FW_GPA >> 12, 1).st != 0);
	EXPECT_EQ(set_gpa(FW_GPA), 0);
	EXPECT_EQ(end(start), 0);
}

void suite_firmware(void)
{
	if (!fdt_find_named(host_fdt, "geniezone-firmware", &held, &held_size)) {
		RUN_TEST(none_held__not_supported);
		return;
	}
	printf("firmware held: %lu bytes\n", held_size);
	RUN_TEST(vmm_loaded__host_code_in_slot_or_pc__runs);
	RUN_TEST(held__host_code_in_slot_and_pc__firmware_runs);
	RUN_TEST(held__crosvm_order__runs_protected);
	RUN_TEST(held__address_moved__until_the_first_run_only);
	RUN_TEST(held__no_slot_for_it__fail_entry_and_may_be_mended);
	RUN_TEST(carve_out__read_and_written_by_the_host__aborts);
}
