# SPDX-License-Identifier: BSD-3-Clause
# The first program of the host in tests/system/host-boot: prints facts, then does what do= asks.
# Never: judge; the test does. Every fact is one line "fact NAME VALUE".
# Words of the kernel's command line: nonce=, do= (a list of devmem, hotplug, sleep, idle, off, reboot), rounds=
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
echo 1 >/proc/sys/kernel/printk

word() {
	sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}
fact() {
	echo "fact $*"
}

facts() {
	fact release "$(uname -r)"
	fact cpus "$(nproc)"
	fact level "$(dmesg | grep -o 'CPU: All CPU(s) started at EL[0-9]')"
	fact kvm "$(dmesg | grep -io 'kvm.*HYP mode not available')"
	fact node "$(tr '\0' ' ' </proc/device-tree/hypervisor/compatible)"
	fact chosen "$(ls /proc/device-tree/chosen | tr '\n' ' ')"
	fact cmdline "$(cat /proc/cmdline)"
	fact text "$(grep -m1 ' _text$' /proc/kallsyms)"
	fact random "$(od -An -tx8 -N16 /dev/urandom | tr -d ' ')"
	fact total "$(sed -n 's/MemTotal: *//p' /proc/meminfo)"
	grep -E 'System RAM|reserved' /proc/iomem | while read -r line; do
		fact iomem "$line"
	done
}

kept() {
	od -An -tx1 -N8 "$1/reg" | tr -d ' \n'
}

# Reads and writes of what EL2 keeps: each must kill its program, and only that.
devmem_all() {
	for n in /proc/device-tree/reserved-memory/geniezone-*; do
		base=0x$(kept "$n")
		for a in $((base)) $((base + 0x10000)); do
			a=$(printf '0x%x' $a)
			devmem "$a" 64 >/tmp/out 2>&1
			fact devmem-read "$a" $? "$(tr '\n' ' ' </tmp/out)"
			devmem "$a" 64 0x6b6e6f776e >/tmp/out 2>&1
			fact devmem-write "$a" $? "$(tr '\n' ' ' </tmp/out)"
		done
	done
	devmem 0x0a000000 32 >/tmp/out 2>&1
	fact devmem-control $? "$(tr '\n' ' ' </tmp/out)"
}

hotplug() {
	rounds=$1
	n=0
	while [ $n -lt "$rounds" ]; do
		n=$((n + 1))
		for c in /sys/devices/system/cpu/cpu[0-9]*; do
			echo 0 >"$c/online" || fact hotplug-error "off ${c##*/} round $n"
			echo 1 >"$c/online" || fact hotplug-error "on ${c##*/} round $n"
		done
	done
	fact hotplug-rounds "$n"
	# Work on each CPU that came back.
	for c in /sys/devices/system/cpu/cpu[0-9]*; do
		taskset -c "${c##*cpu}" sh -c ':' && fact works "${c##*/}"
	done
}

facts
for what in $(word do | tr , ' '); do
	case $what in
	devmem) devmem_all ;;
	hotplug) hotplug "$(word rounds)" ;;
	sleep)
		echo +3 >/sys/class/rtc/rtc0/wakealarm
		echo mem >/sys/power/state
		fact slept $?
		;;
	idle)
		sleep 2
		for s in /sys/devices/system/cpu/cpu[0-9]*/cpuidle/state1; do
			c=${s%/cpuidle*}
			fact idle-state "${c##*/}" state1 "$(cat "$s/usage")"
		done
		;;
	off)
		for c in /sys/devices/system/cpu/cpu[1-9]*; do
			echo 0 >"$c/online"
		done
		fact online "$(cat /sys/devices/system/cpu/online)"
		;;
	esac
done
fact alive "$(word nonce)"
case $(word do) in
*reboot*) reboot -f ;;
*) poweroff -f ;;
esac
sleep 60
