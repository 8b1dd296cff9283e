# SPDX-License-Identifier: BSD-3-Clause
# The first program of the host in tests/system/driver: does what do= asks and prints facts.
# Never: judge; the test does. Every fact is one line "fact NAME VALUE".
# Words of the kernel's command line: nonce= do= (names with commas between) populate= (the same) only=
# cycles= seed= views= (for storm_test.c)
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
GZ=/sys/kernel/debug/gzvm

word() {
	sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}
fact() {
	echo "fact $*"
}

# A guest that spins until this script ends it; returns when it runs.
hold() {
	/gzvm_abi_test hold >/tmp/hold &
	HOLDER=$!
	n=0
	until grep -q holding /tmp/hold || [ $n -gt 200 ]; do
		usleep 50000
		n=$((n + 1))
	done
	usleep 100000
}

do_clients() {
	only=$(word only)
	insmod /brd.ko rd_nr=1 rd_size=1024
	for m in /more-*.ko; do
		insmod "$m"
	done
	echo 32M >/sys/block/zram0/disksize
	mkswap /dev/zram0 >/dev/null
	export GZ_STORM_CYCLES="$(word cycles)" GZ_STORM_SEED="$(word seed)" GZ_STORM_VIEWS="$(word views)"
	# A task that waits this long for something that nobody can end waits for ever.
	echo 30 >/proc/sys/kernel/hung_task_timeout_secs
	for p in $(word populate | tr , ' '); do
		insmod /gzvm.ko populate="$p"
		/gzvm_abi_test ${only#-}
		rmmod gzvm
		fact "rmmod-$p" $?
	done
	fact said-open "$(dmesg | grep -c 'has a static swiotlb but is not protected')"
	fact said-not-hidden "$(dmesg | grep -c 'cannot become private')"
}

do_absent() {
	fact load "$(/gzvm_abi_test load /gzvm.ko)"
	dmesg | sed -n 's/.*\] gzvm: //p' | grep -v -e 'out-of-tree' -e 'module verification' >/tmp/said
	fact lines "$(wc -l </tmp/said)"
	fact said "$(tr '\n' ' ' </tmp/said)"
	fact left "$(ls -d /dev/gzvm $GZ /sys/module/gzvm /sys/bus/platform/drivers/gzvm 2>/dev/null | wc -l)"
}

do_reload() {
	loads=0
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		insmod /gzvm.ko && [ -c /dev/gzvm ] && rmmod gzvm && [ ! -e /dev/gzvm ] && loads=$((loads + 1))
	done
	fact loads $loads
	insmod /gzvm.ko populate=bogus
	fact bogus $?
}

do_debugfs() {
	insmod /gzvm.ko
	echo 1 >/sys/kernel/tracing/events/geniezone/enable
	hold
	echo 0 >/sys/kernel/tracing/events/geniezone/enable
	for f in protected_hyp_mem protected_shared_mem slots vcpus; do
		cat $GZ/*-*/$f
		fact "file-$f" "$(cat $GZ/*-*/$f | wc -c)"
	done
	fact log-bytes "$(cat $GZ/log | wc -c)"
	fact log-by-one "$(dd if=$GZ/log bs=1 count=64 2>/dev/null | wc -c)"
	fact stats "$(tr '\n' ' ' <$GZ/stats)"
	for w in mtk_hypcall_enter mtk_hypcall_leave exit_reason=IRQ; do
		fact "trace-$w" "$(grep -c "$w" /sys/kernel/tracing/trace)"
	done
	kill -9 "$HOLDER"
	wait "$HOLDER"
	fact gone "$(ls -d $GZ/*-* 2>/dev/null | wc -l)"
	rmmod gzvm
}

do_hibernate() {
	insmod /gzvm.ko
	echo disk >/sys/power/state
	fact status $?
	fact hibernation "$(dmesg | grep -o 'hibernation refused' | tail -n 1)"
	rmmod gzvm
}

# One VM runs, another one is stuck in its set-up, in a page fault that nobody answers.
do_poweroff() {
	insmod /gzvm.ko populate=upfront
	/gzvm_abi_test hang >/tmp/hang &
	hold
	fact hang "$(cat /tmp/hang)"
	fact vms "$(sed -n 's/^vms //p' $GZ/stats)"
}

for d in $(word "do" | tr , ' '); do
	"do_$d"
done
dmesg | grep -E 'gzvm|WARNING|BUG|Oops|blocked for more' | tail -n 30
fact end "$(word nonce)"
poweroff -f
