// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a second CPU changes every field of lists, run page and hwstate page while EL2 reads them: it acts on one value or refuses.
 * Never: a field the second CPU leaves alone.
 * Used by: suites.c. SEC-04. The rule that shared fields are read once: tools/read-once.
 */
#include "el1host/gzcall.h"
#include "el1host/suites.h"
#include "gz/guest_hvc.h"
#include "probe/roles.h"

#define FEW	4u		/* pages a list may map at most */

static struct test_vm vm;
static volatile u64 stop, flips, ended;
static u64 list_page, device_page, ok, refused;

static u32 rnd(u32 n)
{
	static u32 s = 1;		/* the second CPU's alone */

	s ^= s << 13;
	s ^= s >> 17;
	s ^= s << 5;
	return s % n;
}

/* Good, bad and forbidden values for each field in turn. */
static void flip_list(void)
{
	volatile struct gz_memregion *l = (volatile struct gz_memregion *)list_page;
	const u64 pas[] = { vm.ram_pa, vm.ram_pa + PAGE_SIZE, el2_image, el2_pool, ~0xfffull, vm.pages_pa[0] };
	const u64 counts[] = { 1, 2, FEW, 0, ~0ull, 1ull << 52 };

	l->slot = rnd(8) == 0;
	l->gpa = VM_RAM_BASE + rnd(3) * PAGE_SIZE + (rnd(8) == 0);
	l->constituent_count = (u32)counts[rnd(4)];
	l->total_pages = counts[rnd(6)];
	for (u32 i = 0; i < FEW; i++) {
		l->constituents[i].base_pa = pas[rnd(6)];
		l->constituents[i].page_count = (u32)counts[rnd(5)];
	}
}

static void flip_block_list(void)
{
	volatile u64 *l = (volatile u64 *)vm.pfn_list;

	for (u32 i = 0; i < FEW; i++)
		l[i] = rnd(3) ? (vm.ram_pa >> 12) + rnd(FEW) : rnd(2) ? el2_image >> 12 : ~0ull >> rnd(60);
}

static void flip_device(void)
{
	volatile struct gz_create_device *d = (volatile struct gz_create_device *)device_page;

	d->dev_type = rnd(4);
	d->id = rnd(8) == 0;
	d->flags = rnd(8) == 0;
	d->dev_addr = rnd(2) ? VM_GICD + rnd(3) * 0x8000 : rnd(2) ? VM_GICD + 0x123 : ~0ull;
	d->dev_reg_size = rnd(2) ? ~0ull : GZ_VGIC_DIST_SIZE;
}

static void flip_vcpu_pages(void)
{
	volatile struct gz_run_page *run = (volatile struct gz_run_page *)vm.pages_pa[0];
	volatile struct gz_hwstate_page *hw = (volatile struct gz_hwstate_page *)(vm.pages_pa[0] + PAGE_SIZE);

	write64((u64)run->mmio.data, rnd(2) ? PICK_A : PICK_B);
	run->exit_reason = rnd(2) ? GZ_EXIT_SYSTEM_EVENT : ~0u;
	run->immediate_exit = (uint8_t)rnd(256);
	run->mmio.phys_addr = el2_image;
	run->mmio.size = rnd(2) ? 64 : ~0ull;
	run->mmio.reg_nr = rnd(256);
	run->mmio.is_write = (uint8_t)rnd(256);
	hw->nr_lrs = rnd(2) ? 255 : ~0u;
	for (u32 i = 0; i < 16; i++)
		hw->lr[i] = 0xd000000000000000ull | (u64)rnd(64) << 32 | rnd(64);
	hw->vtimer_offset = hw->vtimer_delay = ~0ull;
	hw->vtimer_migrate = rnd(2);
}

static void flip(u64 unused)
{
	(void)unused;
	while (!stop) {
		flip_list();
		flip_block_list();
		flip_device();
		flip_vcpu_pages();
		flips++;
	}
	ended = 1;
}

static void take_back(void)
{
	for (u32 i = 0; i < 2 + FEW; i++)
		gz(GZ_FN_EXT_UNMAP_PAGES, vm.id, (VM_RAM_BASE >> 12) + i, 1, 0);
}

/* A call that was refused has mapped nothing, one that worked has mapped as many pages as one value of the list says. */
static void count(s32 st, u64 shared)
{
	u64 now = gz_stat_read(GZ_STAT_PAGES_SHARED_GUEST) - shared;

	EXPECT(status_known(st));
	if (st && st != GZ_ST_BUSY)
		EXPECT_EQ(now, 0);
	else
		EXPECT(now <= FEW);
	*(st ? &refused : &ok) += 1;
	if (now)
		take_back();
}

static void lists(struct test_vm *empty, u64 rounds)
{
	u64 shared = gz_stat_read(GZ_STAT_PAGES_SHARED_GUEST), hyp = gz_stat_read(GZ_STAT_PAGES_HYP);

	for (u64 n = 0; n < rounds; n++) {
		count(gz(GZ_FN_SET_MEMREGION, empty->id, GZ_MEMREGION_BUF_BYTES, list_page, 0).st, shared);
		count(gz(GZ_FN_MAP_GUEST_BLOCK, empty->id, 0, VM_RAM_BASE >> 12, FEW).st, shared);
		EXPECT(status_known(gz(GZ_FN_CREATE_DEVICE, empty->id, device_page, 0, 0).st));
	}
	EXPECT_EQ(gz_stat_read(GZ_STAT_PAGES_HYP), hyp);
}

static void start_flips(void)
{
	list_page = list_page ? list_page : host_alloc(GZ_MEMREGION_BUF_BYTES, PAGE_SIZE);
	device_page = device_page ? device_page : host_alloc(PAGE_SIZE, PAGE_SIZE);
	stop = flips = ended = 0;
	EXPECT_EQ(cpu_start(1, flip, 0), 0);
	EXPECT(wait_for(&flips, 1, 20000000));
}

static void stop_flips(void)
{
	stop = 1;
	EXPECT(wait_for(&ended, 1, 20000000));
	while (psci(PSCI_AFFINITY_INFO_64, 1, 0, 0) != PSCI_AFFINITY_OFF)
		cpu_relax();
}

TEST(lists__changed_while_read__one_value_or_refused)
{
	struct holdings start = holdings();
	u64 rounds = rounds_or(50000) / 3;

	EXPECT(vm_make(&vm, 1, VM_BLOCKS));
	ok = refused = 0;
	start_flips();
	lists(&vm, rounds);
	stop_flips();
	printf("  %lu calls worked, %lu were refused, %lu rounds of changes\n", ok, refused, flips);
	EXPECT(ok > 0 && refused > 0);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

/* Guest answers of this CPU are whatever the other one wrote: a torn or a foreign value would end the guest. */
static void vcpu_pages(bool protect)
{
	struct holdings start = holdings();
	u64 rounds = rounds_or(50000) / 2, mmio = 0;

	EXPECT(vm_make_role(&vm, 1, VM_POPULATE, ROLE_PICK, 0));
	vm.pfn_list = host_alloc(PAGE_SIZE, PAGE_SIZE);
	if (protect)
		EXPECT(vm_protect(&vm));
	for (u32 i = 0; i < 8 || vm_run_page(&vm, 0)->mmio.phys_addr != 0x0a000010; i++)
		vm_run_once(&vm, 0);
	start_flips();
	for (u64 n = 0; n < rounds; n++) {
		u32 reason = (u32)gz(GZ_FN_RUN, GZ_TUPLE(vm.id, 0), 0, 0, 0).x1;

		EXPECT(reason == GZ_EXIT_MMIO || reason == GZ_EXIT_IRQ || reason == GZ_EXIT_GZ);
		mmio += reason == GZ_EXIT_MMIO;
	}
	stop_flips();
	EXPECT(mmio > rounds / 2 && flips > 100);
	EXPECT_EQ(icc_read(ICC_HPPIR1), 1023);
	EXPECT_EQ(icc_read(ICC_RPR), 0xff);
	EXPECT_EQ(vm_destroy(&vm), 0);
	EXPECT_HOLDINGS(start);
}

TEST(vcpu_pages__changed_while_a_guest_runs__only_the_data_counts) { vcpu_pages(false); }
TEST(vcpu_pages__changed_while_a_protected_guest_runs__only_the_data_counts) { vcpu_pages(true); }

void suite_toctou(void)
{
	if (cpu_count_fdt(host_fdt) < 2)
		return;
	RUN_TEST(lists__changed_while_read__one_value_or_refused);
	RUN_TEST(vcpu_pages__changed_while_a_guest_runs__only_the_data_counts);
	RUN_TEST(vcpu_pages__changed_while_a_protected_guest_runs__only_the_data_counts);
}
