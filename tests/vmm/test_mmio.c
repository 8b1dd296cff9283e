// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the virtio-mmio register page as a state machine, with rng as the simplest device.
 * Never: a step the specification allows and this refuses, or the other way round.
 * Used by: make -C tests/vmm run.
 */
#include <string.h>

#include "virtio/devices.h"
#include "vmm/fake.h"

static struct drv d;
static struct loop *loop;

static int setup(void **state)
{
	fake_mem_setup(state);
	memset(&fake_hv, 0, sizeof(fake_hv));
	loop = loop_start("test");
	drv_attach(&d, rng_create(&fake_mem, loop));
	return 0;
}

static int teardown(void **state)
{
	loop_stop(loop);
	drv_detach(&d);
	return fake_mem_teardown(state);
}

static void mmio__identity__is_virtio_2(void **state)
{
	(void)state;
	assert_int_equal(drv_read(&d, 0x000), 0x74726976);
	assert_int_equal(drv_read(&d, 0x004), 2);
	assert_int_equal(drv_read(&d, 0x008), VIRTIO_ID_RNG);
	assert_int_equal(drv_read(&d, 0x034), 256);
	drv_write(&d, 0x030, 1);
	assert_int_equal(drv_read(&d, 0x034), 0);	/* there is no queue 1 */
	drv_write(&d, 0x030, UINT32_MAX);
	assert_int_equal(drv_read(&d, 0x034), 0);
}

static void mmio__features__both_halves(void **state)
{
	(void)state;
	drv_write(&d, 0x014, 1);
	assert_int_equal(drv_read(&d, 0x010), 3);	/* VERSION_1 and ACCESS_PLATFORM */
	drv_write(&d, 0x014, 0);
	assert_int_equal(drv_read(&d, 0x010), 1u << 29);
	drv_write(&d, 0x014, 2);
	assert_int_equal(drv_read(&d, 0x010), 0);
}

static void mmio__request__served_and_interrupted(void **state)
{
	struct drv_buf b = { FAKE_DATA, 64, true };
	uint32_t len;
	int sum = 0;

	(void)state;
	drv_start(&d, 0, 8);
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 1);
	drv_used(&d.q[0], 0, &len);
	assert_int_equal(len, 64);
	for (unsigned int i = 0; i < 64; i++)
		sum += fake_at(FAKE_DATA)[i];
	assert_true(sum > 0);
	for (unsigned int i = 0; i < 1000 && !fake_hv.irq_raised[5]; i++)
		fake_sleep_ms(1);
	assert_int_equal(fake_hv.irq_raised[5], 1);
	assert_int_equal(drv_read(&d, 0x060), 1);
	drv_write(&d, 0x064, 1);
	assert_int_equal(drv_read(&d, 0x060), 0);
}

static void negotiate(uint64_t features)
{
	drv_write(&d, 0x070, 3);
	drv_write(&d, 0x024, 0);
	drv_write(&d, 0x020, (uint32_t)features);
	drv_write(&d, 0x024, 1);
	drv_write(&d, 0x020, (uint32_t)(features >> 32));
	drv_write(&d, 0x070, 0xb);
}

static void mmio__features_not_offered__not_ok(void **state)
{
	(void)state;
	negotiate(VIRTIO_F_VERSION_1 | 1);
	assert_int_equal(drv_read(&d, 0x070), 3);
}

static void mmio__without_version_1__not_ok(void **state)
{
	(void)state;
	negotiate(VIRTIO_F_EVENT_IDX);
	assert_int_equal(drv_read(&d, 0x070), 3);
}

static void mmio__features_after_ok__ignored(void **state)
{
	(void)state;
	negotiate(VIRTIO_F_VERSION_1);
	drv_write(&d, 0x024, 0);
	drv_write(&d, 0x020, UINT32_MAX);
	assert_int_equal(d.dev->accepted, VIRTIO_F_VERSION_1);
	assert_int_equal(d.mmio.driver_features, VIRTIO_F_VERSION_1);
}

static void mmio__driver_ok_too_early__breaks(void **state)
{
	(void)state;
	drv_write(&d, 0x070, 7);
	assert_int_equal(drv_read(&d, 0x070) & 4, 0);
	assert_int_equal(drv_read(&d, 0x070) & 64, 64);
}

static void mmio__needs_reset__not_clearable_but_by_reset(void **state)
{
	(void)state;
	drv_write(&d, 0x070, 7);
	drv_write(&d, 0x070, 1);
	assert_int_equal(drv_read(&d, 0x070) & 64, 64);
	drv_write(&d, 0x070, 0);
	assert_int_equal(drv_read(&d, 0x070), 0);
	drv_start(&d, 0, 8);
}

static void mmio__bad_queue__breaks(void **state)
{
	(void)state;
	negotiate(VIRTIO_F_VERSION_1);
	drv_write(&d, 0x030, 0);
	drv_write(&d, 0x038, 8);
	drv_write(&d, 0x080, 0x1000);		/* below RAM */
	drv_write(&d, 0x044, 1);
	assert_int_equal(drv_read(&d, 0x044), 0);
	assert_int_equal(drv_read(&d, 0x070) & 64, 64);
}

static void mmio__live_queue__does_not_move(void **state)
{
	uint64_t desc;

	(void)state;
	drv_start(&d, 0, 8);
	desc = d.dev->vq[0].desc;
	drv_write(&d, 0x080, 0x1234);
	drv_write(&d, 0x038, 4);
	assert_int_equal(d.dev->vq[0].desc, desc);
	assert_int_equal(d.dev->vq[0].size, 8);
	drv_write(&d, 0x044, 1);		/* ready again: nothing to do */
	assert_int_equal(drv_read(&d, 0x070), 0xf);
}

static void mmio__broken_chain__stops_until_reset(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, true };

	(void)state;
	drv_start(&d, 0, 8);
	drv_offer(&d.q[0], 200);
	drv_kick(&d, 0);
	drv_wait_broken(&d);
	assert_int_equal(drv_read(&d, 0x060) & 2, 2);	/* told by a configuration interrupt */
	drv_kick(&d, 0);
	fake_sleep_ms(20);
	assert_int_equal(drv_used_idx(&d.q[0]), 0);
	drv_start(&d, 0, 8);
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 1);
}

static void mmio__odd_accesses__harmless(void **state)
{
	uint8_t data[8];

	(void)state;
	drv_start(&d, 0, 8);
	for (uint64_t off = 0; off < 0x1000; off++) {
		for (unsigned int len = 1; len <= 8; len *= 2) {
			memset(data, 0xff, sizeof(data));
			virtio_mmio_ops.read(&d.mmio, off, data, len);
			if (off >= 0x100 || len != 4 || (off & 3))
				assert_int_equal(bus_get(data, len), 0);
			if (len != 4)
				virtio_mmio_ops.write(&d.mmio, off, data, len);
		}
	}
	assert_int_equal(drv_read(&d, 0x070), 0xf);
}

static void mmio__every_register_written__survives(void **state)
{
	static const uint32_t value[] = { 0, 1, 2, 0xff, 0x80000000, UINT32_MAX };

	(void)state;
	for (unsigned int round = 0; round < 4; round++) {
		for (uint64_t off = 0; off < 0x200; off += 4)
			for (unsigned int v = 0; v < 6; v++)
				drv_write(&d, off, value[v] ^ round);
	}
	drv_start(&d, 0, 8);
}

static void mmio__notify_of_no_queue__ignored(void **state)
{
	(void)state;
	drv_start(&d, 0, 8);
	drv_kick(&d, 1);
	drv_kick(&d, UINT32_MAX);
	assert_int_equal(drv_read(&d, 0x070), 0xf);
}

static void mmio__no_ioeventfd__still_works(void **state)
{
	struct drv_buf b = { FAKE_DATA, 16, true };

	teardown(state);
	fake_mem_setup(state);
	fake_hv.no_ioeventfd = true;
	loop = loop_start("test");
	drv_attach(&d, rng_create(&fake_mem, loop));
	fake_hv.no_ioeventfd = false;
	assert_int_equal(d.mmio.slow_doorbells, 1);
	drv_start(&d, VIRTIO_F_EVENT_IDX | VIRTIO_F_ACCESS_PLATFORM, 8);
	drv_add(&d.q[0], &b, 1);
	drv_kick(&d, 0);
	drv_wait(&d, 0, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(mmio__identity__is_virtio_2), T(mmio__features__both_halves),
		T(mmio__request__served_and_interrupted), T(mmio__features_not_offered__not_ok),
		T(mmio__without_version_1__not_ok), T(mmio__features_after_ok__ignored),
		T(mmio__driver_ok_too_early__breaks),
		T(mmio__needs_reset__not_clearable_but_by_reset), T(mmio__bad_queue__breaks),
		T(mmio__live_queue__does_not_move), T(mmio__broken_chain__stops_until_reset),
		T(mmio__odd_accesses__harmless), T(mmio__every_register_written__survives),
		T(mmio__notify_of_no_queue__ignored), T(mmio__no_ioeventfd__still_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
