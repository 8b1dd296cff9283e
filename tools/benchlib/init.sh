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
# Words of gz for a protected VM, or what makes one of KVM; none where there are none.
protect=
case $dev,$(uname -r) in
/dev/gzvm,*) protect="--protected-vm-without-firmware --swiotlb 16" ;;
/dev/kvm,7.*) dmesg | grep -q 'kvm.*Protected' && protect=kvm ;;
esac

# vm_run open|protected WORDS...: gz, with what makes its VM protected.
vm_run() {
	kind=$1
	shift
	# shellcheck disable=SC2086
	case $kind,$protect in
	open,*) gz run --dev "$dev" "$@" </dev/null ;;
	protected,kvm) LD_PRELOAD=/pkvm.so gz run --dev "$dev" "$@" </dev/null ;;
	*) gz run --dev "$dev" "$@" $protect </dev/null ;;
	esac
	echo "status gz-$kind $?"
}

counters() {
	if [ "$dev" = /dev/gzvm ]; then
		sed "s/^/snap $1 /" /sys/kernel/debug/gzvm/stats
		return
	fi
	for f in exits mmio_exit_user mmio_exit_kernel wfi_exit_stat wfe_exit_stat hvc_exit_stat; do
		echo "snap $1 $f $(cat /sys/kernel/debug/kvm/$f)"
	done
}

# Figures of what a guest prints, named after PREFIX; at "@ NAME" the counters too: figures PREFIX [KIND].
cr=$(printf '\r')
figures() {
	while read -r a b c; do
		b=${b%"$cr"} c=${c%"$cr"}
		case $a in
		bench) echo "bench $1$b $c" ;;
		status) echo "$a $b $c" ;;
		@) counters "$1$b" ;;
		guest-init) echo "mode $a $1$b" ;;
		esac
	done
}

linux_boot() {
	vm_run "$1" --kernel /guest/Image --initrd /guest/init.cpio --mem 256 --cpus 1 --serial stdio \
		--params "console=ttyS0 $(word_rest)" | figures "$2"
}

linux_io() {
	dd if=/dev/zero of=/tmp/disk bs=1M count=64 2>/dev/null
	/bench-io serve
	vm_run "$1" --kernel /guest/Image --initrd /guest/init.cpio --mem 256 --cpus 1 --serial stdio \
		--disk /tmp/disk --net user,loopback --params "console=ttyS0 $(word_rest) bench_io=${only#protected_}" | figures "$2"
}

# The host's own words that keep a kernel the same every time.
word_rest() {
	sed 's/.*\(quiet nokaslr .*notests=1\).*/\1/' /proc/cmdline
}

# host_io_row NAME WORDS...: one row of bench-io, unless another is asked for.
host_io_row() {
	name=$1
	shift
	[ "${only:-$name}" = "$name" ] && /bench-io "$@" "$name"
}

host_io() {
	insmod /brd.ko rd_nr=1 rd_size=65536 2>/dev/null && {
		host_io_row host_disk_write write /dev/ram0
		host_io_row host_disk_read read /dev/ram0
	}
	/bench-io serve
	host_io_row host_net send 127.0.0.1
}

case $do in
*h*)
	/bench-host
	host_io
	;;
*i*) /bench-host idle ;;
esac
if [ -e "$dev" ]; then
	bench_gz="--kernel /bench.bin --mem 64 --cpus 2 --serial stdio"
	# shellcheck disable=SC2086
	case $do in *g*) vm_run open $bench_gz ${only:+--params "only=$only"} ;; esac
	case $do in
	*v*)
		bench-vm "$dev" /bench.bin rows ${only:+"$only"}
		echo "status vm $?"
		;;
	esac
	case $do in
	*w*)
		bench-vm "$dev" /bench.bin growth ${only:+"$only"}
		echo "status growth $?"
		;;
	esac
	case $do in *l*) linux_boot open "" ;; esac
	case $do in *d*) linux_io open "" ;; esac
	if [ -n "$protect" ]; then
		# shellcheck disable=SC2086
		case $do in *p*) vm_run protected $bench_gz ${only:+--params "only=${only#protected_}"} | figures protected_ ;; esac
		case $do in *L*) linux_boot protected protected_ ;; esac
		case $do in *D*) linux_io protected protected_ ;; esac
	fi
fi
case $do in
*k*) grep -E ' [tTwW] ' /proc/kallsyms | sed 's/^/sym /' ;;
esac
echo "bench-init end"
poweroff -f
