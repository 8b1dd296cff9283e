#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# The first program of the host: loads modules, names the ports, then runs the agent or a guest.
# Never: fail silently; what it finds wrong goes to the console and to the control port.
# Packed by tools/gzpy/initramfs.py; /etc/gz.conf sets MODE, SHARE, HOST_CMD, GUEST (the words of gz run).
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root LD_LIBRARY_PATH=/lib/aarch64-linux-gnu
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /dev/virtio-ports
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
[ ! -d /sys/kernel/debug ] || mount -t debugfs debugfs /sys/kernel/debug
ip link set lo up
# shellcheck source=/dev/null
. /etc/gz.conf

while read -r m; do
	insmod "/modules/$m.ko" || echo "gz-host: cannot load $m.ko"
done </modules/order

link_ports() {
	for p in /sys/class/virtio-ports/*; do
		name=$(cat "$p/name" 2>/dev/null)
		[ -n "$name" ] || continue
		[ -e "/dev/virtio-ports/$name" ] || ln -s "../${p##*/}" "/dev/virtio-ports/$name"
	done
}
# The ports come with messages of the device, some time after its driver.
n=0
until link_ports && [ -e /dev/virtio-ports/gz.ctl ]; do
	n=$((n + 1))
	[ $n -le 40 ] || break
	usleep 50000
done
CTL=/dev/virtio-ports/gz.ctl
[ -e $CTL ] || CTL=/dev/console
exec 3>$CTL
echo "host-up $(uname -r)" >&3

if [ -n "$SHARE" ]; then
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072 share /mnt/share ||
		echo "error the host cannot mount the shared folder" >&3
fi

down() {
	sync
	"$1" -f
	sleep 60
}

case $MODE in
host)
	cd /root || :
	# poweroff and reboot signal the first process.
	trap 'down poweroff' USR2
	trap 'down reboot' TERM
	/gz/gz-agent /dev/virtio-ports/gz.agent &
	wait $!
	;;
guest)
	[ -z "$HOST_CMD" ] || (cd /tmp && exec sh -c "$HOST_CMD" </dev/null >/dev/console 2>&1 3>&-) &
	echo "guest-start" >&3
	sh -c "exec gz run $GUEST" </dev/null 2>/run/gz.err
	status=$?
	sed 's/^/gz-says /' /run/gz.err >&3
	echo "guest-end $status" >&3
	;;
*)
	echo "gz-host: no MODE in /etc/gz.conf"
	;;
esac
down poweroff
