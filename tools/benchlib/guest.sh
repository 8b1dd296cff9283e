#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# The first program of the Linux guests tools/bench starts. "@ NAME": what was before is done, the host may look at its counters.
# Never: print while something is measured.
/bench-host init
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
pause() {
	echo "@ $1"
	sleep 1
}
only=$(sed -n 's/.*bench_io=\([a-z_]*\).*/\1/p' /proc/cmdline)
# row NAME WORDS...: one transfer, unless another is asked for.
row() {
	name=$1
	shift
	[ "${only:-$name}" = "$name" ] || return 0
	/bench-io "$@" "$name"
	pause "$name"
}
if grep -q bench_io= /proc/cmdline; then
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	sleep 3
	pause begin
	pause nothing
	row disk_read read /dev/vda
	row disk_write write /dev/vda
	row net_send send 10.0.2.2
	row net_recv recv 10.0.2.2
fi
echo "guest-init end"
poweroff -f
