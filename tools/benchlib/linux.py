# SPDX-License-Identifier: BSD-3-Clause
"""The Linux guests of a bench: what they boot, and the bare machine that boots the same.

Never: give guest and bare machine another kernel, initramfs, memory or other devices than console, GIC and timer.
Used by: cells.py.
"""
import os
import subprocess

import libfdt
from gzpy import cpio, initramfs, paths, qemu
from gzpy.qemu import Wrong

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(paths.OUT, "bench")
MIB = 256
# Of QEMU's device tree, what a guest of gz has as well.
KEPT = ("cpus", "memory", "intc", "timer", "psci", "chosen", "pl011", "apb-pclk", "aliases")


def guest_initramfs(folder):
    archive = cpio.Archive()
    archive.copy("bin/busybox", paths.cache()["GZ_BUSYBOX"])
    archive.link("bin/sh", "busybox")
    archive.copy("init", os.path.join(HERE, "guest.sh"))
    for name in ("bench-host", "bench-io"):
        archive.copy(name, os.path.join(OUT, name))
    for d in ("proc", "dev"):
        archive.directory(d)
    path = os.path.join(folder, "guest.cpio")
    archive.write(path)
    return path


def guest_kernel(do):
    """Boots are of Debian's kernel; disk and net of the small one, which has what a protected VM's devices need."""
    small = bool(set(do) & {"d", "D"})
    image = paths.cache()["GZ_GUEST_KERNEL" if small else "GZ_KERNEL_612"]
    if not os.path.exists(image):
        raise Wrong(f"not available: no {image}; remedy: scripts/setup")
    return image


def files(do, series, folder):
    """What the host's initramfs carries for these letters."""
    found = {}
    if set(do) & {"l", "L", "d", "D"}:
        found.update({"guest/Image": guest_kernel(do), "guest/init.cpio": guest_initramfs(folder)})
    if "h" in do and series == "6.12":
        found["brd.ko"] = host_module("brd", folder)
    return found


def host_module(name, folder):
    """A module of the host's, unpacked: busybox loads no other."""
    modules = initramfs.Modules(paths.cache()["GZ_MODULES_612"])
    path = os.path.join(folder, f"{name}.ko")
    with open(path, "wb") as f:
        f.write(modules.load(modules.closure([name])[-1]))
    return path


def device_tree(board, folder):
    """QEMU's own tree without the devices a guest of gz lacks; a file."""
    path = os.path.join(folder, "bare.dtb")
    board[board.index("-M") + 1] += f",dumpdtb={path}"
    subprocess.run(board, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    with open(path, "rb") as f:
        tree = libfdt.Fdt(f.read())
    gone, at = [], tree.first_subnode(0)
    while at >= 0:
        name = tree.get_name(at)
        if not name.startswith(KEPT):
            gone.append(f"/{name}")
        at = tree.next_subnode(at, quiet=[libfdt.NOTFOUND])
    gic = tree.get_name(tree.path_offset("/intc@8000000"))
    for name in [*gone, f"/{gic}/its@8080000"]:
        at = tree.path_offset(name, quiet=[libfdt.NOTFOUND])
        if at >= 0:
            tree.del_node(at)
    tree.pack()      # QEMU doubles its size, and Linux takes no tree above 2 MiB
    with open(path, "wb") as f:
        f.write(tree.as_bytearray()[:tree.totalsize()])
    return path


def bare(cpu, words, extra, log, folder):
    """The guest's kernel on the machine itself, at EL1."""
    def machine(more):
        return qemu.Machine(cpu=cpu, smp=1, mem=f"{MIB}M", icount=True, kernel=guest_kernel("l"), initrd=guest_initramfs(folder),
                            append=f"panic=-1 console=ttyAMA0 {words}", serial=f"file:{log}", extra=more,
                            machine="dtb-randomness=on,virtualization=off")
    tree = device_tree(machine([]).command(), folder)
    return machine([*extra, "-dtb", tree])
