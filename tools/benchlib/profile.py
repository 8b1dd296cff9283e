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

# What else EL2 does for host and guest that a stretch is named after, functions.
EL2_OTHER = ["host_abort", "host_smc", "run_abort"]


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


class Counts:
    """What count.so wrote."""

    def __init__(self, path):
        self.windows = self.first = 0
        self.blocks, self.stretches = [], {}
        with open(path, encoding="ascii") as f:
            for kind, *words in map(str.split, f):
                if kind == "block":
                    self.blocks.append((int(words[0], 16), int(words[1])))
                elif kind == "stretch":
                    self.stretches[words[0]] = int(words[1])
                else:
                    setattr(self, kind, int(words[0]))

    def total(self):
        return sum(n for _, n in self.blocks)


def counted(cell, options):
    """Runs a cell under count.so: (Counts, the host's console)."""
    counts = os.path.join(cell.folder(), "counts.txt")
    cell.extra += ["-plugin", f"{os.path.join(cells.OUT, 'count.so')},to={counts}{options}"]
    text = cell.run()
    return Counts(counts), text


def boot(column, cpu):
    """Instructions from power-on to init, how many of them EL2 took, and how many came before the host's first."""
    cell = cells.Cell(column, cpu, "")
    entry = cell.host_entry()
    found, _ = counted(cell, ",boot=on" + (f",first={entry:x}" if entry else ""))
    low, high = EL2
    rows = {"host_boot_to_init": found.total(),
            "host_boot_in_el2": sum(n for a, n in found.blocks if low <= a < high)}
    if entry:
        if not found.first:
            raise cells.Wrong(f"the host did not begin at {entry:#x}")
        rows["el2_entry_to_host"] = found.first
    return rows


def el2_tags(path, more=()):
    """Writes what count.so's el2= reads: EL2's vectors, the handlers of host calls by the calls' names, functions."""
    symbols = dict((name, a) for a, name in elf_symbols(paths.HYP.replace(".bin", ".elf"), "EL2"))
    lines = [f"{symbols[f'EL2: hyp_vectors_{who}'] + at:x} v {who}_{what}" for who in ("host", "guest")
             for what, at in (("trap", 0x400), ("irq", 0x480))]
    with open(os.path.join(paths.TOP, "abi", "gz", "hvc_calls.def"), encoding="utf-8") as f:
        calls = re.findall(r"^GZ_HVC_CALL\(\d+,\s*(\w+),.*\b(hvc_\w+)\)", f.read(), re.M)
    if not calls:
        raise cells.Wrong("hvc_calls.def has no call that this understands")
    calls = [(name, handler) for name, handler in calls if handler != "hvc_not_supported"]
    calls += [(name, name) for name in [*EL2_OTHER, *more]]
    missing = [handler for _, handler in calls if f"EL2: {handler}" not in symbols]
    if missing:
        raise cells.Wrong(f"EL2 has no function {' '.join(missing)} any more")
    lines += [f"{symbols['EL2: ' + handler]:x} c {name.lower()}" for name, handler in calls]
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


def stretches(column, cpu):
    """The longest stay in EL2, interrupts masked all the while, by what it began with: a host call or a vector."""
    cell = cells.Cell(column, cpu, "gvpw")
    tags = os.path.join(cell.folder(), "tags.txt")
    el2_tags(tags, ["run_hvc"])
    found, _ = counted(cell, f",el2={tags}")
    return {f"longest_{name}": n for name, n in found.stretches.items()}


def show(row, column, cpu):
    """Prints the table of one row; the process's exit status."""
    cell = cells.Cell(column, cpu, "ik" if row == "host_idle" else cells.part_of(row) + "k", row)
    found, text = counted(cell, cell.options())
    symbols = sorted(kernel_symbols(text) + elf_symbols(paths.HYP.replace(".bin", ".elf"), "EL2")
                     + elf_symbols(os.path.join(paths.OUT, "guests", "bench.elf"), "guest", GUEST_BASE))
    starts = [s[0] for s in symbols]
    windows = 1 if cell.options() else found.windows
    if not windows:
        raise cells.Wrong(f"no row named {row} ran, or none that can be profiled")
    sums = collections.Counter()
    for address, insns in found.blocks:
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
