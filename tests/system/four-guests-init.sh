#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# A guest's init: timers, disk, network and both CPUs busy for a while, all under its own marker.
# Never: end in silence. Packed by tests/system/four-guests; words of the command line: marker= seconds=.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
for w in $(cat /proc/cmdline); do
	case $w in
	marker=*) marker=${w#*=} ;;
	seconds=*) seconds=${w#*=} ;;
	esac
done
wrong() {
	echo "guest $marker wrong: $*"
	echo "guest $marker end"
	poweroff -f
}
while read -r m; do
	insmod "/modules/$m.ko"
done </modules/order
n=0
until [ -b /dev/vda ] && [ -e /sys/class/net/eth0 ]; do
	n=$((n + 1))
	[ $n -lt 200 ] || wrong "no disk or network"
	usleep 50000
done
ip link set lo up
ip link set eth0 up
udhcpc -i eth0 -q -n -f -t 10 -T 2 -s /dhcp >/dev/null 2>&1 || wrong "no answer to DHCP"
echo "guest $marker starts"
end=$(($(cut -d. -f1 /proc/uptime) + seconds))
# The other CPU computes all the time; its result is checked too.
sum=$(yes "$marker" | head -n 20000 | md5sum)
(
	while [ ! -e /tmp/stop ]; do
		[ "$(yes "$marker" | head -n 20000 | md5sum)" = "$sum" ] || echo bad >/tmp/bad
	done
) &
rounds=0
while [ "$(cut -d. -f1 /proc/uptime)" -lt "$end" ]; do
	rounds=$((rounds + 1))
	# Disk: our marker, written past the page cache and read back the same way.
	yes "$marker $rounds" | head -c 262144 >/tmp/block
	dd if=/tmp/block of=/dev/vda bs=64k oflag=direct conv=notrunc 2>/dev/null || wrong "write to disk"
	dd if=/dev/vda bs=64k count=4 iflag=direct 2>/dev/null | cmp - /tmp/block || wrong "disk, round $rounds"
	# Network: a page that the host made for this marker.
	wget -q -O /tmp/page "http://10.0.2.2:8000/$marker" || wrong "network, round $rounds"
	[ "$(cat /tmp/page)" = "page for $marker" ] || wrong "page, round $rounds"
	# Timer: a short sleep must take its time and not much more.
	before=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	usleep 200000
	after=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	[ $((after - before)) -ge 19 ] || wrong "slept $((after - before)) instead of 20 hundredths"
	[ ! -e /tmp/bad ] || wrong "computed something else"
done
: >/tmp/stop
ipis=$(grep -c IPI /proc/interrupts)
echo "guest $marker right rounds=$rounds cpus=$(nproc) ipis=$ipis"
echo "guest $marker end"
poweroff -f
