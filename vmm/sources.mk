# SPDX-License-Identifier: BSD-3-Clause
# Job: the sources of gz, shared by the program and by its native tests.

# Build and run anywhere; the tests link these.
VMM_SRCS := \
	lib/err.c lib/kick.c lib/loop.c lib/term.c lib/keys.c \
	mem/gmem.c mem/bus.c \
	boot/file.c boot/kernel.c boot/fdt.c \
	hv/hv_gzvm.c \
	dev/outlet.c dev/serial.c dev/pvpanic.c \
	virtio/queue.c virtio/virtio.c virtio/mmio.c virtio/mmio_wire.c \
	virtio/blk.c virtio/blk_file.c virtio/rng.c virtio/net.c \
	virtio/console.c virtio/console_port.c virtio/console_open.c \
	net/guard.c \
	config.c cli.c machine.c machine_devices.c machine_views.c vcpu.c run.c

# Need arm64's kernel headers, or libraries only the sysroot has.
VMM_ARM64_SRCS := hv/hv.c hv/hv_kvm.c net/slirp.c lib/sandbox.c doctor.c
