#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# The first program of the host tools/bench measures in. Words of the kernel's command line: bench_dev= bench_do= bench_only=
# Never: print a figure; the programs do. "mode LINE" says what this kernel runs as.
/bench-host init
/bin/busybox --install -s /bin
export PATH=/bin LD_LIBRARY_PATH=/lib/aarch64-linux-gnu
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /dev/shm 2>/dev/null
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
ip link set lo up
word() {
	sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}
dev=$(word bench_dev)
do=$(word bench_do)
only=$(word bench_only)
[ "$dev" != /dev/gzvm ] || insmod /gzvm.ko
[ -z "$dev" ] || [ -e "$dev" ] || echo "cannot $dev is not there: $(dmesg | grep -E 'kvm \[|gzvm:' | tail -1 | sed 's/^[^]]*] //')"
dmesg | grep -E 'kvm.*: (VHE|Hyp|nVHE|Protected)|All CPU.*started' | sed 's/^[^]]*] /mode /'
# Early kernel threads share the CPUs; idle time costs nothing here.
sleep 3
case $do in
*h*) /bench-host ;;
*i*) /bench-host idle ;;
esac
if [ -e "$dev" ]; then
	case $do in
	*g*) gz run --dev "$dev" --kernel /bench.bin --mem 64 --cpus 2 --serial stdio ${only:+--params "only=$only"} </dev/null
		echo "status gz $?" ;;
	esac
	case $do in
	*v*) bench-vm "$dev" /bench.bin ${only:+"$only"}
		echo "status vm $?" ;;
	esac
fi
case $do in
*k*) grep -E ' [tTwW] ' /proc/kallsyms | sed 's/^/sym /' ;;
esac
echo "bench-init end"
poweroff -f
