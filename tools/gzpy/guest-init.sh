#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# The first program of the guest: loads the modules of its disk, mounts the Debian on it, goes there.
# Never: write to that Debian; what it needs from here goes to /run.
# Packed by tools/gzpy/initramfs.py.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
while read -r m; do
	$b insmod "/modules/$m.ko" || echo "gz-guest: cannot load $m.ko"
done </modules/order
n=0
until [ -b /dev/vda ]; do
	n=$((n + 1))
	if [ $n -gt 200 ]; then
		echo "gz-guest: no disk /dev/vda after 10 s; remedy: give gz run a --disk"
		$b poweroff -f
	fi
	$b usleep 50000
done
$b mkdir -p /disk
$b mount -t ext4 /dev/vda /disk || {
	echo "gz-guest: /dev/vda holds no ext4; remedy: give gz run the disk that scripts/setup makes"
	$b poweroff -f
}
$b mount -t tmpfs -o mode=755 tmpfs /disk/run
$b cp -r /gz /disk/run/gz
$b cp $b /disk/run/gz/busybox
for d in dev proc sys; do
	$b mount --move /$d /disk/$d
done
exec $b switch_root /disk /run/gz/main
