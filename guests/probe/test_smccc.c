// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: what GenieZone answers a guest's HVC and SMC: SMCCC, TRNG, vendor calls, unknown ids, registers around them.
 * Never: run without GenieZone. SMCCC, ARM DEN 0028; TRNG, ARM DEN 0098.
 * Used by: probe/main.c.
 */
#include "gz/guest_hvc.h"
#include "gz/hvc.h"
#include "probe/probe.h"

static struct call c;

static s32 call(u64 id, u64 a1, u64 a2, u64 a3)
{
	c = (struct call){ { id, a1, a2, a3 } };
	for (u32 i = 4; i < 18; i++)
		c.x[i] = 0xabcd000000000000 + i;
	hvc_call(&c);
	return (s32)c.x[0];
}

static void results_zero(void)
{
	EXPECT_EQ(c.x[1] | c.x[2] | c.x[3], 0);
}

static void others_kept(void)
{
	for (u32 i = 4; i < 18; i++)
		EXPECT_EQ(c.x[i], 0xabcd000000000000 + i);
}

TEST(smccc__version_and_features)
{
	EXPECT(call(SMCCC_VERSION_ID, 0, 0, 0) >= SMCCC_VERSION_1_1);
	EXPECT(call(SMCCC_ARCH_FEATURES_ID, SMCCC_VERSION_ID, 0, 0) >= 0);
	EXPECT(call(SMCCC_ARCH_FEATURES_ID, SMCCC_ARCH_FEATURES_ID, 0, 0) >= 0);
	EXPECT_EQ(call(SMCCC_ARCH_FEATURES_ID, 0x80001234, 0, 0), SMCCC_NOT_SUPPORTED);
	results_zero();
	/* Workarounds: needed and callable (0), not needed (1), or unknown (-1); calling one is never fatal. */
	EXPECT(call(SMCCC_ARCH_FEATURES_ID, SMCCC_ARCH_WORKAROUND_1, 0, 0) <= 1);
	call(SMCCC_ARCH_WORKAROUND_1, 0, 0, 0);
	call(SMCCC_ARCH_WORKAROUND_2, 1, 0, 0);
	call(SMCCC_ARCH_WORKAROUND_3, 0, 0, 0);
	others_kept();
}

TEST(smccc__unknown_ids__minus_one_and_no_stale_results)
{
	static const u32 ids[] = { 0, 1, 0x80000002, 0x8000ffff, 0xc0000000, 0x82000000, 0x83000000, 0x85000000, 0x8600ff02,
		0x86000002, 0xc6000001, 0xc6000010, 0xc600ffff, 0xbf00ff01, 0xb2000000, 0x7fffffff, 0xffffffff, 0xb000ff01,
		GZ_HVC_ID(GZ_FN_CREATE_VM), GZ_HVC_ID(GZ_FN_RUN), GZ_HVC_ID(GZ_FN_EXT_STATS), 0xbb00100c, 0x84000055 };

	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(call(ids[i], 0x1111, 0x2222, 0x3333), SMCCC_NOT_SUPPORTED);
		results_zero();
		others_kept();
	}
}

TEST(smccc__upper_half_of_x0__ignored)
{
	EXPECT_EQ(call(0xffffffff00000000 | PSCI_VERSION_ID, 0, 0, 0), PSCI_VERSION_1_1);
}

static void other_immediate(void *arg)
{
	(void)arg;
	__asm__ volatile("hvc #1" : : : "x0", "x1", "x2", "x3", "memory");
	__asm__ volatile("hvc #0xffff" : : : "x0", "x1", "x2", "x3", "memory");
}

static void smc(void *arg)
{
	(void)arg;
	__asm__ volatile("mov x0, #0x84000000\n\tsmc #0" : : : "x0", "x1", "x2", "x3", "memory");
}

TEST(hvc_other_immediate_and_smc__refused_not_fatal)
{
	struct exc e;

	exc_try(other_immediate, NULL, &e);
	EXPECT(e.count == 0 || e.count == 2);
	exc_try(smc, NULL, &e);
	EXPECT(e.count <= 1);
	EXPECT(!e.count || e.esr >> 26 == 0);	/* if refused, as undefined */
}

TEST(uid_and_features__kvm_identity_no_sharing)
{
	EXPECT_EQ((u32)call(VENDOR_HYP_UID_ID, 0, 0, 0), UID_KVM_W0);
	EXPECT_EQ(c.x[1], UID_KVM_W1);
	EXPECT_EQ(c.x[2], UID_KVM_W2);
	EXPECT_EQ(c.x[3], UID_KVM_W3);
	EXPECT_EQ(call(VENDOR_HYP_FEATURES_ID, 0, 0, 0), VENDOR_FEATURES_UNPROTECTED);
	results_zero();
	for (u32 id = VENDOR_HYP_MEMINFO; id <= VENDOR_HYP_MMIO_GUARD_UNMAP; id++) {
		EXPECT_EQ(call(id, (u64)&c & ~0xfffull, 0, 0), SMCCC_NOT_SUPPORTED);
		results_zero();
	}
}

TEST(trng__version_features_uuid)
{
	EXPECT_EQ(call(TRNG_VERSION_ID, 0, 0, 0), TRNG_VERSION_1_0);
	EXPECT_EQ(call(TRNG_FEATURES_ID, TRNG_RND64, 0, 0), 0);
	EXPECT_EQ(call(TRNG_FEATURES_ID, TRNG_GET_UUID_ID, 0, 0), 0);
	EXPECT_EQ(call(TRNG_FEATURES_ID, 0x84000054, 0, 0), -1);
	call(TRNG_GET_UUID_ID, 0, 0, 0);
	EXPECT(c.x[0] != (u32)-1 && c.x[0] != (u64)-1);
	EXPECT(c.x[0] | c.x[1] | c.x[2] | c.x[3]);
}

/* Entropy may be short for a moment: that answer is honest, and must go away. */
static s32 random_bits(u32 id, u64 bits)
{
	s32 r = TRNG_NO_ENTROPY;

	for (u32 i = 0; i < 100 && r == TRNG_NO_ENTROPY; i++)
		r = call(id, bits, 0x55, 0x66);
	return r;
}

TEST(trng_rnd64__each_size__only_asked_bits)
{
	u64 low = 0, again;

	for (u32 bits = 1; bits <= 192; bits++) {
		u64 top;

		EXPECT_EQ(random_bits(TRNG_RND64, bits), 0);
		top = bits <= 64 ? c.x[3] : bits <= 128 ? c.x[2] : c.x[1];
		if (bits % 64)
			EXPECT_EQ(top >> (bits % 64), 0);
		EXPECT(bits > 64 || !(c.x[1] | c.x[2]));
		EXPECT(bits > 128 || !c.x[1]);
		low |= c.x[3];
	}
	EXPECT(low);
	EXPECT_EQ(random_bits(TRNG_RND64, 64), 0);
	again = c.x[3];
	EXPECT_EQ(random_bits(TRNG_RND64, 64), 0);
	EXPECT(again != c.x[3]);
}

TEST(trng__bad_sizes__invalid)
{
	EXPECT_EQ(call(TRNG_RND64, 0, 0, 0), -2);
	EXPECT_EQ(call(TRNG_RND64, 193, 0, 0), -2);
	EXPECT_EQ(call(TRNG_RND64, ~0ull, 0, 0), -2);
	results_zero();
	EXPECT_EQ(call(TRNG_RND32, 97, 0, 0), -2);
	EXPECT_EQ(random_bits(TRNG_RND32, 96), 0);
	EXPECT_EQ(c.x[1] >> 32 | c.x[2] >> 32 | c.x[3] >> 32, 0);
}

TEST(relinquish__bad_addresses__invalid)
{
	EXPECT_EQ(call(VENDOR_HYP_MEM_RELINQUISH, 0x1000, 0, 0), SMCCC_INVALID_PARAMETER);	/* no slot */
	EXPECT_EQ(call(VENDOR_HYP_MEM_RELINQUISH, user_block() + 1, 0, 0), SMCCC_INVALID_PARAMETER);
	EXPECT_EQ(call(VENDOR_HYP_MEM_RELINQUISH, ~0xfffull, 0, 0), SMCCC_INVALID_PARAMETER);
	results_zero();
}

void suite_smccc(void)
{
	if (!plat.gz)
		return;
	RUN_TEST(smccc__version_and_features);
	RUN_TEST(smccc__unknown_ids__minus_one_and_no_stale_results);
	RUN_TEST(smccc__upper_half_of_x0__ignored);
	RUN_TEST(hvc_other_immediate_and_smc__refused_not_fatal);
	RUN_TEST(uid_and_features__kvm_identity_no_sharing);
	RUN_TEST(trng__version_features_uuid);
	RUN_TEST(trng_rnd64__each_size__only_asked_bits);
	RUN_TEST(trng__bad_sizes__invalid);
	RUN_TEST(relinquish__bad_addresses__invalid);
}
