#!/run/gz/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# Process 1 of the guest's Debian: the usual mounts, the network, then the agent.
# Never: outlive the agent; its end is the end of the run.
# Started by guest-init.sh through switch_root.
b=/run/gz/busybox
export HOME=/root TERM=linux LANG=C.UTF-8
export PATH=/run/gz/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
$b mkdir -p /dev/pts /dev/shm /dev/virtio-ports /run/lock /run/gz/bin
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
$b mount -t tmpfs tmpfs /dev/shm
$b mount -t tmpfs tmpfs /tmp
$b hostname "$($b cat /etc/hostname)"
# Debian's poweroff and its like ask systemd, which does not run here: these ask process 1.
for c in poweroff reboot halt; do
	$b ln -s ../busybox /run/gz/bin/$c
done
[ ! -x /usr/bin/systemctl ] || $b mount --bind /run/gz/systemctl /usr/bin/systemctl

$b ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
	$b ip link set eth0 up
	$b udhcpc -i eth0 -q -n -f -t 5 -T 1 -s /run/gz/dhcp >/dev/null 2>&1 ||
		echo "gz-guest: no answer to DHCP on eth0"
fi
link_ports() {
	for p in /sys/class/virtio-ports/*; do
		name=$($b cat "$p/name" 2>/dev/null)
		[ -n "$name" ] || continue
		[ -e "/dev/virtio-ports/$name" ] || $b ln -s "../${p##*/}" "/dev/virtio-ports/$name"
	done
}
# The ports come with messages of the device, some time after its driver.
n=0
until link_ports && [ -e /dev/virtio-ports/gz.agent ]; do
	n=$((n + 1))
	[ $n -le 100 ] || { echo "gz-guest: no port gz.agent; remedy: give gz run a --vport gz.agent=PATH"; break; }
	$b usleep 50000
done

down() {
	$b sync
	$b mount -o remount,ro /
	$b "$1" -f
	$b sleep 60
}
trap 'down poweroff' USR1 USR2
trap 'down reboot' TERM
cd /root || :
/run/gz/gz-agent /dev/virtio-ports/gz.agent &
wait $!
down poweroff
