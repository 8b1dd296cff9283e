# SPDX-License-Identifier: BSD-3-Clause
"""Starts gz.bin with a device tree of the test's own, which QEMU's -dtb would rewrite.

Never: touch a tree after it was handed in. Used by: tests/system/boot-errors, tests/system/uboot.
"""
import os
import struct
import subprocess

import fdt
import lib
from lib import qemu

GZ, TREE, START, KERNEL = 0x40200000, 0x44000000, 0x40180000, 0x48200000


def command(folder, blob, files, start_cpu=0, **settings):
    """QEMU's arguments: gz.bin, the tree, and files by address; no -kernel, so QEMU adds nothing of its own.
    start_cpu=None: firmware jumps to START.
    """
    files = {GZ: lib.hypervisor(), TREE: os.path.join(folder, "tree"), START: os.path.join(folder, "start"), **files}
    with open(files[TREE], "wb") as f:
        f.write(blob)
    with open(files[START], "wb") as f:
        # ldr x0, 1f; ldr x1, 2f; br x1; 1: .quad TREE; 2: .quad GZ
        f.write(struct.pack("<4IQQ", 0x58000080, 0x580000A1, 0xD61F0020, 0, TREE, GZ))
    args = qemu.Machine(**{"smp": 1, "mem": "1G", **settings, "kernel": None, "append": ""}).command()
    for addr, path in files.items():
        cpu = f",cpu-num={start_cpu}" if addr == START and start_cpu is not None else ""
        args += ["-device", f"loader,file={qemu.comma(path)},addr={addr:#x},force-raw=on{cpu}"]
    return args


def tree(folder, kernel, append="", machine="", **settings):
    """(root, reserved) of QEMU's tree for such a machine, with kernel as module at KERNEL."""
    path = os.path.join(folder, "dump")
    dump = qemu.Machine(**{"smp": 1, "mem": "1G", "append": append, **settings}, hyp=lib.hypervisor(), kernel=kernel,
                        fixed_seed=True, machine=",".join(filter(None, (machine, f"dumpdtb={path}")))).command()
    subprocess.run(dump, check=True, timeout=30, stdin=subprocess.DEVNULL, capture_output=True)
    with open(path, "rb") as f:
        root, reserved = fdt.parse(f.read())
    root.child("chosen/module").props["reg"] = fdt.cells64(KERNEL, os.path.getsize(kernel))
    return root, reserved
