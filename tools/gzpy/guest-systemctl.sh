#!/run/gz/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# Stands in for systemctl in the guest, where poweroff, reboot and halt are links to it.
# Never: pretend that a service was started. Bound over it by guest-main.sh.
c=${0##*/}
[ "$c" != systemctl ] || c=$1
case $c in
poweroff | reboot | halt) exec /run/gz/busybox "$c" ;;
shutdown) exec /run/gz/busybox poweroff ;;
esac
echo "$c: systemd does not run in this guest; start programs by hand" >&2
exit 1
