#!/run/gz/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# Applies what DHCP gave: address, route, name server. Never keeps state. Called by udhcpc.
b=/run/gz/busybox
case $1 in
bound | renew)
	# shellcheck disable=SC2154
	$b ip addr add "$ip/${mask:-24}" dev "$interface"
	[ -z "$router" ] || $b ip route add default via "${router%% *}" dev "$interface"
	# shellcheck disable=SC2154
	for s in $dns; do
		echo "nameserver $s"
	done >/etc/resolv.conf
	;;
esac
