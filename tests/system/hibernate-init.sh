# SPDX-License-Identifier: BSD-3-Clause
# The first program of the host in tests/system/hibernate: a disk to hibernate to, then what do= asks; prints facts.
# Never: judge; the test does. Every fact is one line "fact NAME VALUE".
# Words of the kernel's command line: nonce= do= (image, resume, or words with commas between for gzvm_abi_test)
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug

word() {
	sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}
fact() {
	echo "fact $*"
}
end() {
	fact complaints "$(dmesg | grep -cE 'WARNING|BUG|Oops|Internal error|hung task|rcu:.*stall')"
	fact said "$(dmesg | grep -c 'gzvm: hibernation refused: ')"
	fact end "$(word nonce)"
	poweroff -f
}

# The same machine, should it come back, says so with the nonce of the boot in which it left.
image() {
	yes "left-in-memory-$(word nonce)" | head -c 1048576 >/tmp/secret
	echo shutdown >/sys/power/disk
	fact writes "$(word nonce)"
	echo disk >/sys/power/state
	fact back "$(word nonce) $(sort -u /tmp/secret)"
}

for m in /more-*.ko; do
	insmod "$m"
done
do=$(word "do")
[ "$do" = resume ] || mkswap /dev/vda >/dev/null
swapon /dev/vda || fact error no swap
fact modes "$(cat /sys/power/disk)"
# Naming the disk makes the kernel look for an image there at once.
cat /sys/class/block/vda/dev >/sys/power/resume
case $do in
resume) fact fresh "$(word nonce)" ;;
image) image ;;
hibernate*)
	insmod /gzvm.ko
	# shellcheck disable=SC2046
	/gzvm_abi_test $(echo "$do" | tr , ' ')
	rmmod gzvm && image
	;;
*)
	# shellcheck disable=SC2046
	/gzvm_abi_test $(echo "$do" | tr , ' ')
	;;
esac
end
