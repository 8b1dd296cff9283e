# SPDX-License-Identifier: BSD-3-Clause
# Says where everything outside the checkout lives; must never download or create anything;
# sourced by every script and Makefile rule that needs a kernel, headers, sysroot or QEMU.
# shellcheck shell=sh

GZ_CACHE=${GZ_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/geniezone}

# A kernel's folder: Image, build (headers, for make -C), modules, dtbs; ready holds its release.
for gz_series in 6.12 6.1; do
	gz_dir=$GZ_CACHE/kernel-$gz_series
	gz_release=$(cat "$gz_dir/ready" 2>/dev/null || :)
	case $gz_series in
	6.12) GZ_KVER_612=$gz_release GZ_KERNEL_612=$gz_dir/Image GZ_HEADERS_612=$gz_dir/build
		GZ_MODULES_612=$gz_dir/modules GZ_DTBS_612=$gz_dir/dtbs ;;
	6.1) GZ_KVER_61=$gz_release GZ_KERNEL_61=$gz_dir/Image GZ_HEADERS_61=$gz_dir/build
		GZ_MODULES_61=$gz_dir/modules GZ_DTBS_61=$gz_dir/dtbs ;;
	esac
done
unset gz_series gz_dir gz_release

GZ_SYSROOT=$GZ_CACHE/sysroot
GZ_BUSYBOX=$GZ_CACHE/busybox/bin/busybox
GZ_ROOTFS=$GZ_CACHE/guest-root/debian.ext4
GZ_GUEST_KERNEL=$GZ_CACHE/guest-kernel/Image
GZ_GUEST_HEADERS=$GZ_CACHE/guest-kernel/build
GZ_KERNEL_73=$GZ_CACHE/kernel-7.3/Image
GZ_QEMU72=$GZ_CACHE/qemu72/qemu-system-aarch64
QEMU=${QEMU:-qemu-system-aarch64}
GZ_UBOOT=/usr/lib/u-boot/qemu_arm64/u-boot.bin

export GZ_CACHE GZ_KVER_612 GZ_KVER_61 GZ_KERNEL_612 \
	GZ_HEADERS_612 GZ_MODULES_612 GZ_DTBS_612 GZ_KERNEL_61 GZ_HEADERS_61 \
	GZ_MODULES_61 GZ_DTBS_61 GZ_SYSROOT GZ_BUSYBOX GZ_ROOTFS GZ_GUEST_KERNEL GZ_GUEST_HEADERS GZ_KERNEL_73 GZ_QEMU72 QEMU GZ_UBOOT

# `sh scripts/lib/paths.sh` prints NAME=VALUE lines, for tools that are no shell.
case ${0##*/} in
paths.sh) env | grep -E '^(GZ_|QEMU=)' | sort ;;
esac
