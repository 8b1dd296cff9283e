// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: makes and runs a VM exactly as the published driver and its clients do.
 * Never: use an extension: those have tests of their own.
 * Used by: tests.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "lib/testdev.h"

#define RAM_POOL	12	/* VMs alive at once */

static s32 populate(struct test_vm *vm, struct gz_memregion *list)
{
	u64 pages = vm->ram_size / PAGE_SIZE;

	list->slot = 0;
	list->total_pages = pages;
	list->gpa = VM_RAM_BASE;
	list->constituent_count = 1;
	list->constituents[0].base_pa = vm->ram_pa;
	list->constituents[0].page_count = (u32)pages;
	return gz(GZ_FN_SET_MEMREGION, vm->id, GZ_MEMREGION_BUF_BYTES, (u64)list, 0).st;
}

static s32 add_memory(struct test_vm *vm)
{
	static struct gz_memregion *list;
	s32 st;

	if (!list)
		list = (void *)host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);

	st = gz(GZ_FN_MEMREGION_PURPOSE, vm->id, VM_RAM_BASE, vm->ram_size, GZ_MEM_GUEST).st;
	if (st)
		return st;
	list->slot = 0;
	list->total_pages = vm->ram_size / PAGE_SIZE;
	list->gpa = VM_RAM_BASE;
	/* The published driver leaves the rest of the buffer as it was: nonsense on purpose. */
	list->constituent_count = 0xdeadbeef;
	st = gz(GZ_FN_SET_MEMREGION, vm->id, GZ_MEMREGION_BUF_BYTES, (u64)list, 0).st;
	if (!st && vm->how == VM_POPULATE)
		st = populate(vm, list);
	return st;
}

static s32 add_caps(struct test_vm *vm)
{
	s32 st = 0;

	if (vm->how == VM_POPULATE)
		return 0;
	st = gz(GZ_FN_ENABLE_CAP, vm->id, GZ_CAP_DEMAND_PAGING, 0, 0).st;
	if (!st && vm->how == VM_BLOCKS) {
		vm->pfn_list = host_alloc(PAGE_SIZE, PAGE_SIZE);
		st = gz(GZ_FN_ENABLE_CAP, vm->id, GZ_CAP_BLOCK_DEMAND_PAGING, GZ_BLOCK_SIZE, vm->pfn_list).st;
	}
	if (!st)
		st = gz(GZ_FN_ENABLE_CAP, vm->id, GZ_CAP_IDLE, 0, 0).st;
	return st;
}

static s32 add_gic(struct test_vm *vm)
{
	static struct gz_create_device *d;
	s32 st;

	if (!d)
		d = (void *)host_alloc(PAGE_SIZE, PAGE_SIZE);

	*d = (struct gz_create_device){ .dev_type = GZ_DEV_VGIC_DIST, .dev_addr = VM_GICD,
					.dev_reg_size = GZ_VGIC_DIST_SIZE };
	st = gz(GZ_FN_CREATE_DEVICE, vm->id, (u64)d, 0, 0).st;
	if (st)
		return st;
	*d = (struct gz_create_device){ .dev_type = GZ_DEV_VGIC_REDIST,
					.dev_addr = VM_GICR_TOP - (vm->vcpus ? vm->vcpus : 1) * 0x20000ull,
					.dev_reg_size = GZ_VGIC_REDIST_STRIDE };
	return gz(GZ_FN_CREATE_DEVICE, vm->id, (u64)d, 0, 0).st;
}

static s32 add_vcpus(struct test_vm *vm)
{
	for (u32 i = 0; i < vm->vcpus; i++) {
		s32 st;

		vm->pages_pa[i] = host_alloc(2 * PAGE_SIZE, 2 * PAGE_SIZE);
		st = gz(GZ_FN_CREATE_VCPU, GZ_TUPLE(vm->id, i), vm->pages_pa[i], 0, 0).st;
		if (!st)
			st = gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm->id, i), REG_CORE(0x42), 0x3c5, 0).st;
		if (st)
			return st;
	}
	return 0;
}

/* RAM of VMs is used again: a test makes many. What the last guest left is overwritten. */
static u64 ram_pool[RAM_POOL], ram_used;

static u64 ram_alloc(u64 bytes)
{
	u64 i;

	for (i = 0; i < RAM_POOL && ram_used >> i & 1; i++)
		;
	if (!ram_pool[i])
		ram_pool[i] = host_alloc(bytes, 2ull << 20);
	ram_used |= BIT(i);
	memset((void *)ram_pool[i], 0, bytes);
	return ram_pool[i];
}

static void ram_free(u64 pa)
{
	for (u32 i = 0; i < RAM_POOL; i++)
		if (ram_pool[i] == pa)
			ram_used &= ~BIT(i);
}

bool vm_make(struct test_vm *vm, u32 vcpus, enum vm_how how)
{
	struct gz_ret r;

	*vm = (struct test_vm){ .vcpus = vcpus, .how = how, .ram_size = VM_RAM_SIZE };
	r = gz(GZ_FN_CREATE_VM, 0, 0, 0, 0);
	if (r.st)
		return false;
	vm->id = (u16)r.x1;
	vm->ram_pa = ram_alloc(vm->ram_size);
	if (add_caps(vm) || add_memory(vm) || add_gic(vm) || add_vcpus(vm))
		return false;
	memcpy((void *)vm->ram_pa, probe_blob, (u64)(probe_blob_end - probe_blob));
	if (gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm->id, 0), REG_CORE(0x40), VM_RAM_BASE, 0).st)
		return false;
	return gz(GZ_FN_SET_ONE_REG, GZ_TUPLE(vm->id, 0), REG_CORE(0), 0, 0).st == 0;
}

static void inject(struct test_vm *vm, u64 value)
{
	u32 mode = value >> 30 & 3;

	gz(GZ_FN_IRQ_LINE, GZ_TUPLE(vm->id, 0), value & 0x3ff, value >> 29 & 1, mode);
}

static u64 testdev_read(const struct test_vm *vm, u64 off)
{
	switch (off) {
	case TESTDEV_ECHO: return vm->echo;
	case TESTDEV_SELECT: return vm->select;
	case TESTDEV_ARG: return vm->arg;
	case TESTDEV_GICD: return VM_GICD;
	case TESTDEV_GICR: return VM_GICR_TOP - vm->vcpus * 0x20000ull;
	case TESTDEV_AVOID: return machine_avoid();
	default: return ~0ull;
	}
}

static void testdev(struct test_vm *vm, struct gz_run_page *run)
{
	u64 off = run->mmio.phys_addr - TESTDEV_BASE, v = 0;

	memcpy(&v, run->mmio.data, 8);
	if (run->mmio.is_write) {
		if (off == TESTDEV_PUTC)
			putch((char)v);
		else if (off == TESTDEV_EXIT)
			vm->exited = true, vm->exit_code = (u32)v;
		else if (off == TESTDEV_ECHO)
			vm->echo = v;
		else if (off == TESTDEV_IRQ)
			inject(vm, v);
		return;
	}
	v = testdev_read(vm, off);
	memcpy(run->mmio.data, &v, 8);
}

static void page_fault(struct test_vm *vm, u64 gpa)
{
	u64 off = (gpa - VM_RAM_BASE) & ~(PAGE_SIZE - 1);
	volatile u64 *list = (volatile u64 *)vm->pfn_list;

	if (vm->how == VM_PAGES) {
		gz5(GZ_FN_MAP_GUEST, vm->id, 0, (vm->ram_pa + off) >> 12, (VM_RAM_BASE + off) >> 12, 1);
		return;
	}
	off &= ~(u64)(GZ_BLOCK_SIZE - 1);
	for (u32 i = 0; i < 512; i++)
		list[i] = (vm->ram_pa + off + i * PAGE_SIZE) >> 12;
	gz(GZ_FN_MAP_GUEST_BLOCK, vm->id, 0, (VM_RAM_BASE + off) >> 12, 512);
}

u32 vm_run_once(struct test_vm *vm, u32 vcpu)
{
	struct gz_run_page *run = vm_run_page(vm, vcpu);
	u32 reason = (u32)gz(GZ_FN_RUN, GZ_TUPLE(vm->id, vcpu), 0, 0, 0).x1;

	vm->exits[reason & 15]++;
	if (reason == GZ_EXIT_MMIO)
		testdev(vm, run);
	else if (reason == GZ_EXIT_EXCEPTION && run->exception.exception == GZ_EXCEPTION_PAGE_FAULT)
		page_fault(vm, run->exception.fault_gpa);
	else if (reason == GZ_EXIT_SYSTEM_EVENT)
		vm->exited = true, vm->exit_code = 0x100 + run->system_event.type;
	else if (reason == GZ_EXIT_IRQ)
		irq_window();
	else if (reason == GZ_EXIT_FAIL_ENTRY || reason == GZ_EXIT_INTERNAL_ERROR)
		vm->exited = true, vm->exit_code = 0x200 + (u32)run->fail_entry.reason;
	return reason;
}

bool vm_run_all(struct test_vm *vm, u64 limit)
{
	for (u64 i = 0; i < limit && !vm->exited; i++)
		vm_run_once(vm, (u32)(i % vm->vcpus));
	return vm->exited;
}

s32 vm_destroy(struct test_vm *vm)
{
	s32 st;

	for (u32 i = 0; i < vm->vcpus; i++)
		gz(GZ_FN_DESTROY_VCPU, GZ_TUPLE(vm->id, i), 0, 0, 0);
	for (u32 i = 0; i < 100000; i++) {
		st = gz(GZ_FN_DESTROY_VM, vm->id, GZ_DESTROY_BATCH_PAGES, 0, 0).st;
		if (st != GZ_ST_BUSY)
			break;
	}
	ram_free(vm->ram_pa);
	return st;
}

bool vm_make_role(struct test_vm *vm, u32 vcpus, enum vm_how how, u64 role, u64 arg)
{
	if (!vm_make(vm, vcpus, how))
		return false;
	vm->select = role;
	vm->arg = arg;
	return true;
}

u32 vm_role(u64 role, u64 arg)
{
	struct test_vm vm;
	u32 code = ~0u;

	if (vm_make_role(&vm, 1, VM_POPULATE, role, arg) && vm_run_all(&vm, 1000000))
		code = vm.exit_code;
	vm_destroy(&vm);
	return code;
}
