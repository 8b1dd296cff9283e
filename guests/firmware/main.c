// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: firmware of a protected VM: looks at how it was entered and at what it may do, then starts the payload.
 * Never: start a payload after a failed test: it asks for a reset, as any firmware would.
 * Used by: gz run --protected-vm (held by gz.bin) and --protected-vm-with-firmware, tests/system/protected-firmware.
 */
#include "gz/guest_hvc.h"
#include "lib/lib.h"
#include "lib/testdev.h"

#define HOME		0x7fc00000ull
#define CONFIG_MAGIC	0x666d7670u
#define CHECK_MAGIC	0x6b637a67u		/* "gzck": tools/pack-firmware --check */
#define UNUSED_DEVICE	0x0b000000ull		/* no device of any VMM here */
#define EC_DABT		0x25
#define EXTERNAL_ABORT	0x10

struct config { u32 magic, version, size, flags; struct { u32 offset, size; } entry[2]; };
struct checksum { u32 magic, crc; u64 bytes; };

/* jump.S: MMU off, x0 the tree, the rest 0. */
__attribute__((noreturn)) void jump_bare(u64 to, u64 tree);

static u8 shared[PAGE_SIZE] __attribute__((aligned(4096)));
static u64 fdt;

static const struct config *config(void) { return (const struct config *)_image_end; }

TEST(entry__state__as_documented)
{
	EXPECT_EQ(sysreg_read(currentel) >> 2, 1);
	EXPECT_EQ((u64)_image_start, HOME);
	EXPECT_EQ(entry_regs[ENTRY_SCTLR] & (BIT(0) | BIT(2) | BIT(12)), 0);	/* MMU and caches off */
	EXPECT_EQ(entry_regs[ENTRY_DAIF], 0x3c0);
	for (u32 i = 3; i <= ENTRY_SP; i++)
		EXPECT_EQ(entry_regs[i], 0);
	EXPECT_EQ(read32(entry_regs[0]), 0xedfe0dd0);
	EXPECT(entry_regs[1] >= 0x80000000 && entry_regs[1] % 4096 == 0);
	EXPECT(entry_regs[2] != 0);
}

static u32 crc32(const u8 *p, u64 bytes)
{
	u32 crc = ~0u;

	for (; bytes; bytes--) {
		crc ^= *p++;
		for (u32 i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

TEST(image__and_configuration__intact)
{
	const struct config *c = config();
	const struct checksum *sum = (const void *)((u64)c + c->entry[0].offset);

	EXPECT_EQ(c->magic, CONFIG_MAGIC);
	EXPECT_EQ(c->version, 0x10000);
	EXPECT_EQ(c->flags, 0);
	EXPECT(c->size >= sizeof(*c) && c->size <= PAGE_SIZE);
	EXPECT_EQ(c->entry[0].offset % 8, 0);
	EXPECT_EQ(c->entry[0].size, sizeof(*sum));
	EXPECT(c->entry[0].offset >= sizeof(*c) && c->entry[0].offset + sizeof(*sum) <= c->size);
	EXPECT_EQ(c->entry[1].size, 0);
	if (sum->magic == CHECK_MAGIC)
		EXPECT_EQ(crc32((const u8 *)_image_start, sum->bytes), sum->crc);
	else
		EXPECT_EQ(sum->magic, CHECK_MAGIC);
}

/* Scratch memory behind it is zeros, whatever the host had there. */
TEST(scratch__behind_the_configuration__zero)
{
	u64 from = ((u64)config() + PAGE_SIZE), wrong = 0;

	for (u64 at = from; at < HOME + (4ull << 20); at += 8)
		wrong += read64(at) != 0;
	EXPECT_EQ(wrong, 0);
}

TEST(entropy__two_draws__differ)
{
	struct call a = { { TRNG_RND64, 192 } }, b = a;

	EXPECT_EQ((u32)hvc(TRNG_VERSION_ID, 0, 0, 0) >> 16, 1);
	hvc_call(&a);
	hvc_call(&b);
	EXPECT_EQ(a.x[0], 0);
	EXPECT_EQ(b.x[0], 0);
	EXPECT(a.x[1] != b.x[1] && a.x[2] != b.x[2] && a.x[3] != b.x[3]);
}

TEST(sharing__a_page_of_its_own__there_and_back)
{
	struct call info = { { VENDOR_HYP_MEMINFO } };

	hvc_call(&info);
	EXPECT_EQ(info.x[0], PAGE_SIZE);
	write64((u64)shared, 0x5ec4e7);
	EXPECT_EQ(hvc(VENDOR_HYP_MEM_SHARE, (u64)shared, 0, 0), 0);
	EXPECT_EQ(hvc(VENDOR_HYP_MEM_SHARE, (u64)shared, 0, 0), (u64)SMCCC_INVALID_PARAMETER);
	EXPECT_EQ(hvc(VENDOR_HYP_MEM_UNSHARE, (u64)shared, 0, 0), 0);
	EXPECT_EQ(hvc(VENDOR_HYP_MEM_UNSHARE, (u64)shared, 0, 0), (u64)SMCCC_INVALID_PARAMETER);
	EXPECT_EQ(read64((u64)shared), 0x5ec4e7);
}

static void touch(void *a) { (void)read32((u64)a); }

/* The same access is the host's to answer before ENROLL, and nobody's after. */
TEST(guard__enrolled__only_mapped_devices_answer)
{
	struct exc e;

	EXPECT_EQ(hvc(VENDOR_HYP_MMIO_GUARD_INFO, 0, 0, 0), PAGE_SIZE);
	EXPECT_EQ(exc_try(touch, (void *)UNUSED_DEVICE, &e), 0);
	EXPECT_EQ(hvc(VENDOR_HYP_MMIO_GUARD_MAP, fdt ? 0 : TESTDEV_BASE, 0, 0), 0);	/* the console */
	EXPECT_EQ(hvc(VENDOR_HYP_MMIO_GUARD_ENROLL, 0, 0, 0), 0);
	EXPECT_EQ(exc_try(touch, (void *)UNUSED_DEVICE, &e), 1);
	EXPECT_EQ(e.esr >> 26, EC_DABT);
	EXPECT_EQ(e.esr & 0x3f, EXTERNAL_ABORT);
	EXPECT_EQ(hvc(VENDOR_HYP_MMIO_GUARD_MAP, HOME, 0, 0), (u64)SMCCC_INVALID_PARAMETER);
}

static void put_hex(char *to, u64 n)
{
	u32 digits = 1;

	while (digits < 16 && n >> (4 * digits))
		digits++;
	to[digits] = 0;
	while (digits--)
		*to++ = "0123456789abcdef"[n >> (4 * digits) & 15];
}

static bool device_there(const char *type, u64 at)
{
	u64 base, size, n = strlen(type);
	char name[48];

	memcpy(name, type, n);
	put_hex(name + n, at);
	return fdt_find_named(fdt, name, &base, &size) && base == at;
}

/* A kernel that knows no guard needs its devices in it. */
static u32 open_devices(void)
{
	u32 open = 0;

	if (device_there("pvpanic@", 0x4000))
		open += hvc(VENDOR_HYP_MMIO_GUARD_MAP, 0x4000, 0, 0) == 0;
	for (u64 at = 0x02000000; device_there("virtio_mmio@", at); at += 0x1000)
		open += hvc(VENDOR_HYP_MMIO_GUARD_MAP, at, 0, 0) == 0;
	return open;
}

void payload_main(u64 tree)
{
	u32 failed;

	fdt = tree;
	RUN_TEST(entry__state__as_documented);
	RUN_TEST(image__and_configuration__intact);
	RUN_TEST(scratch__behind_the_configuration__zero);
	RUN_TEST(entropy__two_draws__differ);
	RUN_TEST(sharing__a_page_of_its_own__there_and_back);
	RUN_TEST(guard__enrolled__only_mapped_devices_answer);
	failed = tests_sum("firmware: ");
	if (failed)
		psci(PSCI_SYSTEM_RESET, 0, 0, 0);
	printf("firmware: %u devices open, payload at 0x%lx\n", open_devices(), entry_regs[1]);
	jump_bare(entry_regs[1], tree);
}
