# SPDX-License-Identifier: BSD-3-Clause
"""Which function took how many instructions of one row: count.so's blocks, by the symbols of all that ran.

Never: guess a name: an address no symbol covers is shown as such.
Used by: tools/bench --profile.
"""
import bisect
import collections
import os
import re
import subprocess

from gzpy import paths

from . import cells

GUEST_BASE = 0x80000000
SHOWN = 30
EL2 = (1 << 47, 1 << 48)       # where gz.bin maps itself


def elf_symbols(path, where, base=0):
    out = subprocess.run(["aarch64-linux-gnu-nm", path], check=True, capture_output=True, text=True).stdout
    return [(int(a, 16) + base, f"{where}: {name}") for a, name in re.findall(r"^(\w+) [tTwW] (\S+)$", out, re.M)
            if not name.startswith("$")]


def kernel_symbols(text):
    return [(int(a, 16), f"host: {name}" + (f" {module}" if module else "")) for a, name, module in
            re.findall(r"^sym (\w+) [tTwW] (\S+)(?:\s+(\[\w+\]))?$", text, re.M)]


def name_of(symbols, starts, address):
    i = bisect.bisect_right(starts, address) - 1
    if i < 0 or address - symbols[i][0] > 1 << 20:
        where = "host: user space" if 1 << 32 < address < 1 << 47 else "host: modules and BPF" \
            if address >> 48 == 0xffff else "unknown"
        return f"{where} {address >> 12 << 12:#x}"
    return symbols[i][1]


def boot(column, cpu):
    """Instructions from power-on to init, and how many of them EL2 took."""
    counts = os.path.join(cells.OUT, "boot.txt")
    cells.Cell(column, cpu, "", "", ["-plugin", f"{os.path.join(cells.OUT, 'count.so')},to={counts},boot=on"]).run()
    low, high = EL2
    with open(counts, encoding="ascii") as f:
        f.readline()
        blocks = [(int(a, 16), int(n)) for a, n in (line.split() for line in f)]
    return {"host_boot_to_init": sum(n for _, n in blocks),
            "host_boot_in_el2": sum(n for a, n in blocks if low <= a < high)}


def show(row, column, cpu):
    """Prints the table of one row; the process's exit status."""
    counts = os.path.join(cells.OUT, "profile.txt")
    plugin = os.path.join(cells.OUT, "count.so")
    do = "ik" if row == "host_idle" else "gvk"
    text = cells.Cell(column, cpu, do, row, ["-plugin", f"{plugin},to={counts}"]).run()
    symbols = sorted(kernel_symbols(text) + elf_symbols(paths.HYP.replace(".bin", ".elf"), "EL2")
                     + elf_symbols(os.path.join(paths.OUT, "guests", "bench.elf"), "guest", GUEST_BASE))
    starts = [s[0] for s in symbols]
    with open(counts, encoding="ascii") as f:
        windows = int(f.readline().split()[1])
        blocks = [(int(a, 16), int(n)) for a, n in (line.split() for line in f)]
    if not windows:
        raise cells.Wrong(f"no row named {row} ran, or none that can be profiled")
    sums = collections.Counter()
    for address, insns in blocks:
        sums[name_of(symbols, starts, address)] += insns
    total = sum(sums.values())
    print(f"{row}, {column.title}, {cpu}: {total / windows:.0f} instructions each in {windows} windows")
    sides = collections.Counter()
    for name, insns in sums.items():
        sides[name.split(":")[0]] += insns
    print(", ".join(f"{side} {sides[side] / windows:.0f}" for side in ("guest", "EL2", "host", "unknown")
                    if side in sides or side == "EL2"))
    for name, insns in sums.most_common(SHOWN):
        print(f"{insns / windows:12.1f} {100 * insns / total:5.1f} %  {name}")
    return 0
