# SPDX-License-Identifier: BSD-3-Clause
# The first program of the host in tests/system/host-kernel: does what do= asks and prints facts.
# Never: judge; the test does. Every fact is one line "fact NAME VALUE".
# Words of the kernel's command line: nonce= do= (words with commas between: a mode, open or protected, its argument)
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug

word() {
	sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}

insmod /gzvm.ko
insmod /gz_look.ko
for d in $(word "do"); do
	# shellcheck disable=SC2046
	/gzvm_abi_test $(echo "$d" | tr , ' ')
done
echo "fact complaints $(dmesg | grep -cE 'WARNING|BUG|Oops|Internal error|hung task|rcu:.*stall')"
echo "fact dead $(dmesg | grep -cE 'Internal error')"
echo "fact aborts $(sed -n 's/^host_aborts //p' /sys/kernel/debug/gzvm/stats)"
rmmod gz_look && rmmod gzvm
echo "fact unloaded $?"
echo "fact end $(word nonce)"
poweroff -f
