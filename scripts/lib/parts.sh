# SPDX-License-Identifier: BSD-3-Clause
# The parts scripts/setup can install, one function each; a part that is there already must
# cost next to nothing, and one that fails must leave no half-made folder behind.
# Sourced by scripts/setup only (bash).
# shellcheck shell=bash

# part -> tools of the machine itself
TOOLS="gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross make qemu-system-arm
gdb-multiarch device-tree-compiler cpio xz-utils kmod clang-19 clang-tidy-19 libcmocka-dev
sparse qemu-user-static u-boot-qemu libfdt-dev zlib1g-dev shellcheck cloc bc bison flex e2fsprogs
mmdebstrap arch-test gcovr universal-ctags python3 python3-libfdt util-linux
libslirp-dev libseccomp-dev pkgconf"

# Packages that are absent, one a line.
tools_missing() {
	# shellcheck disable=SC2086
	dpkg-query -W -f '${Package} ${db:Status-Status}\n' $TOOLS 2>/dev/null |
		awk '$2 == "installed" { print $1 }' | sort -u >"$GZ_CACHE/.have"
	# shellcheck disable=SC2086
	printf '%s\n' $TOOLS | sort -u | comm -23 - "$GZ_CACHE/.have"
	rm -f "$GZ_CACHE/.have"
}

qemu_is_10() {
	dpkg --compare-versions "$(dpkg-query -W -f '${Version}' qemu-system-arm 2>/dev/null || :)" ge 1:10.0~
}

# QEMU 10.0 has the SMMU and CPU models we need; only it comes from backports.
pin_backports() {
	local uri
	machine_lists
	uri=$(debian_main_uri)
	[ -n "$uri" ] || die "no bookworm entry among apt's sources; remedy: this needs Debian 12 with a working apt"
	debian_sources | grep -q ' bookworm-backports main$' ||
		printf '%s\n' 'Types: deb' "URIs: $uri" 'Suites: bookworm-backports' 'Components: main' \
			'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' |
		as_root tee /etc/apt/sources.list.d/geniezone-backports.sources >/dev/null
	printf '%s\n' 'Package: qemu-system-arm qemu-system-data qemu-system-common ipxe-qemu' \
		'Pin: release n=bookworm-backports' 'Pin-Priority: 600' |
		as_root tee /etc/apt/preferences.d/geniezone-qemu >/dev/null
}

part_tools() {
	local missing
	missing=$(tools_missing)
	if [ -z "$missing" ] && qemu_is_10; then
		return 0
	fi
	# shellcheck disable=SC2086
	say "installing" $missing "(and QEMU 10.0 from backports)"
	pin_backports
	quietly as_root apt-get "${APT_Q[@]}" update || die "apt-get update failed; remedy: check the network and apt's sources"
	# shellcheck disable=SC2086
	quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get "${APT_Q[@]}" install -y --no-install-recommends $missing qemu-system-arm ||
		die "apt-get install failed; remedy: see the lines above, then run scripts/setup again"
	qemu_is_10 || die "QEMU is older than 10.0 after installing; remedy: see /etc/apt/preferences.d for a stronger pin"
}

# The kernel version that a headers meta package names, checked against the image's.
kernel_release() {
	local image headers ver
	image=$(meta_of "$1" '^linux-image-[0-9]')
	headers=$(meta_of "$2" '^linux-headers-[0-9].*-arm64$')
	ver=${headers#linux-headers-}
	if [ -z "$ver" ] || [ "$image" != "linux-image-$ver" ]; then
		die "$1 and $2 name different kernels ('$image', '$headers'); remedy: check that apt's sources list bookworm-security"
	fi
	echo "$ver"
}

# kernel_into SERIES IMAGE-META HEADERS-META: image, modules, device trees and headers.
kernel_into() {
	local dir=$GZ_CACHE/kernel-$1 ver kbuild new
	if [ -z "$REFRESH" ] && [ -e "$dir/ready" ]; then
		return 0
	fi
	foreign_update
	ver=$(kernel_release "$2" "$3")
	[ "$(cat "$dir/ready" 2>/dev/null)" != "$ver" ] || return 0
	say "downloading Debian's arm64 kernel $ver and its headers"
	kbuild=$(APT_CONFIG=$GZ_CACHE/apt/apt.conf apt-cache depends "linux-headers-$ver:arm64" |
		sed -n 's/^ *Depends: //p' | sed 's/:.*//' | grep '^linux-kbuild-' | head -n1)
	new=$dir.new
	rm -rf "$new"
	unpack_debs "$new/image" "linux-image-$ver:arm64"
	# The tools among the headers run here, so kbuild is the one of this machine.
	unpack_debs "$new/headers" "linux-headers-$ver:arm64" "linux-headers-${ver%-arm64}-common" "$kbuild:amd64"
	sed -i "s#/usr/src/#$dir/headers/usr/src/#" "$new/headers/usr/src/linux-headers-$ver/Makefile"
	/sbin/depmod -b "$new/image" "$ver"
	cp "$new/image/boot/vmlinuz-$ver" "$new/Image"
	ln -s "headers/usr/src/linux-headers-$ver" "$new/build"
	ln -s "image/lib/modules/$ver" "$new/modules"
	ln -s "image/usr/lib/linux-image-$ver" "$new/dtbs"
	echo "$ver" >"$new/ready"
	rm -rf "$dir"
	mv "$new" "$dir"
	say "kernel $1 is $ver"
}

part_kernel() { kernel_into 6.12 linux-image-6.12-arm64 linux-headers-6.12-arm64; }
part_kernel61() { kernel_into 6.1 linux-image-arm64 linux-headers-arm64; }

# Debian's 7.3 kernel, whose KVM has protected guests: for the bench, as an image only (no module of ours is built for it).
part_kernel73() {
	local dir=$GZ_CACHE/kernel-7.3 pkg FOREIGN_CONF
	if [ -z "$REFRESH" ] && [ -e "$dir/ready" ]; then
		return 0
	fi
	foreign_apt_conf
	FOREIGN_CONF=$(suite_conf trixie-backports)
	pkg=$(APT_CONFIG=$FOREIGN_CONF apt-cache pkgnames linux-binary-7.3. | grep -E '^linux-binary-[0-9.]+\+deb13-arm64$' | sort -V | tail -n1)
	[ -n "$pkg" ] || die "trixie-backports has no 7.3 kernel any more; remedy: none, the bench leaves its columns out"
	say "downloading Debian's arm64 kernel ${pkg#linux-binary-}"
	rm -rf "$dir.new"
	unpack_debs "$dir.new" "$pkg:arm64"
	mv "$dir.new/usr/lib/modules/${pkg#linux-binary-}/vmlinuz" "$dir.new/Image"
	echo "${pkg#linux-binary-}" >"$dir.new/ready"
	rm -rf "$dir"
	mv "$dir.new" "$dir"
}

part_busybox() {
	local dir=$GZ_CACHE/busybox
	[ ! -e "$dir/.done" ] || return 0
	foreign_update
	say "downloading busybox for arm64"
	rm -rf "$dir"
	unpack_debs "$dir" busybox-static:arm64
	: >"$dir/.done"
}

SYSROOT_PKGS="libslirp-dev libfdt-dev libseccomp-dev zlib1g-dev libglib2.0-dev libc6-dev libcmocka-dev"

# Headers and libraries of arm64, for the VMM: cross compiler with --sysroot.
part_sysroot() {
	local dir=$GZ_SYSROOT key conf=$GZ_CACHE/apt/arm64.conf arch=$GZ_CACHE/apt/arm64-archives
	key=$(printf '%s' "$SYSROOT_PKGS" | sha256sum | cut -c1-16)
	[ ! -e "$dir/.done-$key" ] || return 0
	foreign_update
	say "downloading the arm64 sysroot for the VMM"
	sed -e 's/^APT::Architecture .*/APT::Architecture "arm64";/' \
		-e 's/^APT::Architectures .*/APT::Architectures { "arm64"; };/' \
		-e "s#^Dir::Cache::archives .*#Dir::Cache::archives \"$arch\";#" \
		"$GZ_CACHE/apt/apt.conf" >"$conf"
	rm -rf "$arch" "$dir.new"
	mkdir -p "$arch/partial" "$dir.new"
	# shellcheck disable=SC2086,SC2015
	APT_CONFIG=$conf quietly apt-get -qq update &&
		APT_CONFIG=$conf quietly apt-get -qq -y --download-only install $SYSROOT_PKGS ||
		die "cannot download the arm64 sysroot; remedy: check the network, then run scripts/setup again"
	for deb in "$arch"/*.deb; do
		case ${deb##*/} in
		perl* | python* | libpython*) continue ;;
		esac
		dpkg -x "$deb" "$dir.new"
	done
	rm -rf "$arch" "$dir"
	: >"$dir.new/.done-$key"
	mv "$dir.new" "$dir"
}

# QEMU 7.2 of bookworm beside the 10.0 of the machine, for test legs.
part_qemu72() {
	local dir=$GZ_CACHE/qemu72 v
	[ ! -e "$dir/.done" ] || return 0
	foreign_update
	v=$(APT_CONFIG=$GZ_CACHE/apt/apt.conf apt-cache madison qemu-system-arm:amd64 | awk '$3 ~ /^1:7\.2/ { print $3; exit }')
	[ -n "$v" ] || die "no QEMU 7.2 among apt's sources; remedy: they must list bookworm main"
	say "downloading QEMU $v"
	rm -rf "$dir"
	unpack_debs "$dir" "qemu-system-arm:amd64=$v" "qemu-system-common:amd64=$v" \
		"qemu-system-data=$(APT_CONFIG=$GZ_CACHE/apt/apt.conf apt-cache madison qemu-system-data | awk '$3 ~ /^1:7\.2/ { print $3; exit }')"
	printf '#!/bin/sh\nexec "%s" -L "%s" "$@"\n' "$dir/usr/bin/qemu-system-aarch64" "$dir/usr/share/qemu" >"$GZ_QEMU72"
	chmod +x "$GZ_QEMU72"
	: >"$dir/.done"
}

# The guest's disk; the link names the one that today's recipe makes.
part_rootfs() {
	local disk
	disk=$(scripts/lib/guest-root) || die "no guest disk; remedy: see the lines above, then run scripts/setup again"
	ln -sfn "${disk##*/}" "$GZ_ROOTFS"
}

# The small guest kernel; the link names the one that today's recipe makes.
part_guestkernel() {
	local image
	image=$(scripts/lib/guest-kernel "$REFRESH") || die "no small guest kernel; remedy: see the lines above, then run scripts/setup again"
	ln -sfn "${image##*/}" "$GZ_GUEST_KERNEL"
	image=${image##*/}
	ln -sfn "${image%.Image}.build" "$GZ_GUEST_HEADERS"
}
