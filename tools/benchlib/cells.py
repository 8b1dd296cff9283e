# SPDX-License-Identifier: BSD-3-Clause
"""A cell of the table: one QEMU run of one column on one CPU model, made twice, kept once both agree.

Never: keep or show a figure of a run that did not reach its end.
Used by: tools/bench.
"""
import collections
import hashlib
import json
import os
import re
import subprocess
import sys

from gzpy import cpio, initramfs, paths, qemu
from gzpy.qemu import Wrong

from . import linux

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(paths.OUT, "bench")
KEPT = "bench"
MEMORY = ("1G", "4G", "8G")
LIMIT = 600
ROW = re.compile(r"^bench (\w+) (\d+)\s*$", re.M)
# What makes a run the same every time, besides QEMU's own settings.
GUEST_ENTRY = 0x80000000        # where gz starts a kernel without text offset
# What a run of its own measures, by the letters init.sh knows; the second list is for FULL=1 only.
PARTS = ["hgv", "p", "l", "L"]
FULL_PARTS = ["d", "D", "w", "stretch", "memory"]
ONLY_GZ = ("stretch", "memory")
# Rows whose part is not "gv", by their beginning.
OF_PART = {"host_boot": "", "host_": "h", "protected_linux": "L", "protected_disk": "D", "protected_net": "D", "protected_": "p", "linux_": "l",
           "disk_": "d", "net_": "d", "grow_": "w"}
SNAP = re.compile(r"^snap (\w+) (\w+) (\d+)$", re.M)
# Reason of an exit to the host: counters of gz.bin, counters of KVM. What is left of all exits is "other".
EXITS = {"": (["runs"], ["exits"]), "_mmio": (["exit_mmio"], ["mmio_exit_user", "mmio_exit_kernel"]),
         "_idle": (["exit_idle"], ["wfi_exit_stat", "wfe_exit_stat"]), "_irq": (["exit_irq"], []),
         "_fault": (["exit_page_fault"], [])}
WORDS = "quiet nokaslr randomize_kstack_offset=off norandmaps cryptomgr.notests=1"


def build():
    """Everything the host carries; what gz itself is made of was built by make."""
    for what in (paths.HYP, paths.GZ, os.path.join(paths.OUT, "guests", "bench.bin")):
        if not os.path.exists(what):
            raise Wrong(f"{what} is missing; remedy: make")
    subprocess.run(["make", "-s", "-C", HERE], check=True)


def digest(files, words):
    h = hashlib.sha256(repr(words).encode())
    for path in files:
        with open(path, "rb") as f:
            h.update(hashlib.sha256(f.read()).digest())
    return h.hexdigest()[:16]


def memory(column, cpu):
    """MiB that EL2 keeps after boot, by the machine's memory."""
    kept = {}
    for mem in MEMORY:
        m = re.search(r"EL2 keeps (\d+) MiB", Cell(column, cpu, "", mem=mem).run())
        if not m:
            raise Wrong("gz.bin did not say what EL2 keeps")
        kept[mem] = int(m[1])
    return kept


# device: what gz opens; words: of the kernel's command line; series: of the host's kernel.
Column = collections.namedtuple("Column", "name title device words series", defaults=["", "", "6.12"])


def kernel_of(series):
    """The host kernel's Image; the 7.3 one is fetched when it is first needed."""
    image = paths.cache()["GZ_KERNEL_" + series.replace(".", "")]
    if not os.path.exists(image) and series == "7.3":
        done = subprocess.run([os.path.join(paths.TOP, "scripts", "setup"), "kernel73"], check=False, capture_output=True,
                              text=True)
        if done.returncode:
            raise Wrong(f"not available: {(done.stderr.strip().splitlines() or ['scripts/setup kernel73 failed'])[-1]}")
    if not os.path.exists(image):
        raise Wrong(f"{image} is missing; remedy: scripts/setup kernel")
    return image


def part_of(row):
    """The letters of the run that has this row."""
    return next((part for start, part in OF_PART.items() if row.startswith(start)), "gv")


def exits(text):
    """Exits to the host during each transfer of a guest, by reason, without those of as long a pause."""
    at = {}
    for name, counter, value in SNAP.findall(text):
        at.setdefault(name, {})[counter] = int(value)
    rows, names = {}, list(at)
    for i, name in enumerate(names):
        if name.endswith("begin"):
            idle = i
        elif not name.endswith("nothing"):
            rows.update(_exits_of(name, [at[n] for n in (names[i - 1], name, names[idle], names[idle + 1])]))
    return rows


def _exits_of(name, around):
    before, after, pause, paused = around
    rows = {}
    for reason, counters in EXITS.items():
        used = [c for c in counters["exits" in after] if c in after]
        if used:
            rows[f"{name}_exits{reason}"] = max(0, sum(after[c] - before[c] - (paused[c] - pause[c]) for c in used))
    rows[f"{name}_exits_other"] = max(0, 2 * rows[f"{name}_exits"] - sum(rows.values()))
    return rows


class Result:
    """One cell's figures: rows by name, and what could not be had."""

    def __init__(self, column, cpu, rows, notes, wrong=False):
        self.column, self.cpu, self.rows, self.notes = column, cpu, rows, notes
        self.wrong = wrong      # a part of it failed, which is more than that it cannot be had


class Cell:
    """What to run. do: h host rows, g guest rows, v rows with both ends, w growth, p guest rows in a protected VM; l and L:
    a Linux guest's boot, d and D: its disk and net (capital: a protected VM); k: the kernel's symbols."""

    def __init__(self, column, cpu, do="hgv", only="", extra=(), mem="2G"):
        self.name, self.title, self.device, self.words, self.series = column
        self.cpu, self.do, self.only, self.extra = cpu, do, only, list(extra)
        self.mem = mem
        self.column, self.kernel = column, kernel_of(self.series)

    def has(self):
        """Whether this column can have what is asked: protected VMs are gz.bin's and Linux 7.3's; bare metal has no VM."""
        if self.do in ONLY_GZ:
            return self.name == "gz"
        if self.name == "bare":
            return self.do in ("hgv", "l")
        return self.do not in ("p", "L", "D") or self.name in ("gz", "protected73")

    def _files(self):
        """Name in the host's initramfs to file here. Every column carries the same."""
        files = {"bin/busybox": paths.cache()["GZ_BUSYBOX"], "init": os.path.join(HERE, "init.sh"),
                 "bin/gz": paths.GZ, "bench.bin": os.path.join(paths.OUT, "guests", "bench.bin"),
                 "gzvm.ko": os.path.join(paths.OUT, "linux", "6.12", "gzvm.ko"),
                 "bin/bench-vm": os.path.join(OUT, "bench-vm")}
        for name in ("bench-host", "bench-io", "pkvm.so"):
            files[name] = os.path.join(OUT, name)
        files.update(linux.files(self.do, self.series, self.folder()))
        for name, path in initramfs.libraries(paths.GZ, paths.cache()["GZ_SYSROOT"]):
            files[("lib/" if name.startswith("ld-") else "lib/aarch64-linux-gnu/") + name] = path
        return files

    def _machine(self):
        if self.name == "bare" and "l" in self.do:
            return linux.bare(self.cpu, WORDS, self.extra, self.log(), self.folder())
        archive = cpio.Archive()
        for name, path in self._files().items():
            archive.copy(name, path)
        archive.link("bin/sh", "busybox")
        for d in ("proc", "sys", "dev/shm", "tmp"):
            archive.directory(d)
        initrd = os.path.join(self.folder(), "host.cpio")
        archive.write(initrd)
        words = f"{qemu.CONSOLE} {WORDS} {self.words} bench_dev={self.device} bench_do={self.do} bench_only={self.only}"
        return qemu.Machine(cpu=self.cpu, smp=2, mem=self.mem, icount=True, kernel=self.kernel, initrd=initrd,
                            append=words, extra=self.extra, serial=f"file:{self.log()}",
                            hyp=paths.HYP if self.name == "gz" else None,
                            machine="dtb-randomness=on" + (",virtualization=off" if self.name == "bare" else ""))

    def folder(self):
        """Its own, so that cells can run beside each other."""
        path = os.path.join(OUT, f"{self.name}-{self.cpu}-{self.do or 'boot'}")
        os.makedirs(path, exist_ok=True)
        return path

    def log(self):
        return os.path.join(self.folder(), "console.log")

    def host_entry(self):
        """Where gz.bin enters the host's kernel; None without gz.bin."""
        found = re.search(r"guest-loader,addr=(0x[0-9a-f]+)", " ".join(self._machine().command()))
        return int(found[1], 16) if found else None

    def run(self):
        """One QEMU from power-on to power-off; the host's console."""
        try:
            done = subprocess.run(self._machine().command(), stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=LIMIT, check=False, text=True)
        except subprocess.TimeoutExpired as e:
            raise Wrong(f"{self.title} on {self.cpu}: no end within {LIMIT} s; see {self.log()}") from e
        with open(self.log(), encoding="utf-8", errors="replace") as f:
            text = f.read().replace("\r", "")
        if done.returncode or not re.search("^(bench|guest)-init end", text, re.M):
            raise Wrong(f"{self.title} on {self.cpu}: the host did not reach its end (QEMU's status "
                        f"{done.returncode}); see {self.log()}\n{done.stderr[-500:]}{text[-1500:]}")
        return text

    def _notes(self, text):
        notes = re.findall(r"^cannot (.*)$", text, re.M)
        notes += [f"{what} ended with status {s}" for what, s in re.findall(r"^status ([\w-]+) (\d+)$", text, re.M)
                  if s != "0"]
        if self.name == "vhe" and not re.search(r"^mode .*VHE mode init", text, re.M):
            notes.append("the kernel did not start KVM in VHE mode")
        return notes

    def _kept(self):
        files = [v for _, v in sorted(self._files().items())] + [self.kernel]
        files += [os.path.join(OUT, "count.so")] + ([paths.HYP] if self.name == "gz" else [])
        machine = [w for w in self._machine().command() if paths.TOP not in w]
        key = digest(files, (machine, qemu.version("qemu-system-aarch64"), self.words))
        return os.path.join(paths.cache()["GZ_CACHE"], KEPT, f"{self.name}-{self.cpu}-{self.do}-{key}.json")

    def measure(self, once=False, fresh=False):
        """The cell's figures; two runs that differ are an error."""
        kept = self._kept()
        if not fresh and not once and os.path.exists(kept):
            with open(kept, encoding="utf-8") as f:
                data = json.load(f)
            return Result(self.name, self.cpu, data["rows"], data["notes"])
        print(f"bench: {self.title} on {self.cpu}, part {self.do} ...", file=sys.stderr, flush=True)
        rows, notes = self._figures()
        if not once:
            self._compare(rows, self._figures()[0])
            os.makedirs(os.path.dirname(kept), exist_ok=True)
            with open(kept + ".new", "w", encoding="utf-8") as f:
                json.dump({"rows": rows, "notes": notes}, f)
            os.replace(kept + ".new", kept)
        return Result(self.name, self.cpu, rows, notes)

    def _figures(self):
        """The rows of one run, and what could not be had."""
        from . import profile
        if self.do == "stretch":
            return profile.stretches(self.column, self.cpu), []
        if self.do == "memory":
            return {f"el2_memory_mib_{mem[:-1]}": mib for mem, mib in memory(self.column, self.cpu).items()}, []
        if self.do in ("l", "L"):
            row = "linux_boot" if self.do == "l" else "protected_linux_boot"
            cell = Cell(self.column, self.cpu, self.do)
            found, text = profile.counted(cell, cell.options())
            self._reached_init(text)
            return {row: found.total()}, self._notes(text)
        text = self.run()
        self._reached_init(text)
        rows = {n: int(v) for n, v in ROW.findall(text)}
        if {rows.pop(n) for n in list(rows) if n.endswith("counter_hz")} - {10**9}:
            raise Wrong("the counter does not run at 1 GHz, so ticks are not instructions")
        counted = exits(text)
        if set(self.do) & {"d", "D"} and not counted:
            raise Wrong(f"{self.title} on {self.cpu}: no counters of exits; see {self.log()}")
        rows.update(counted)
        if "h" in self.do:
            rows.update(profile.boot(self.column, self.cpu))
        return rows, self._notes(text)

    def _reached_init(self, text):
        """A Linux guest that was started has to get to its end; else a figure could be of anything."""
        if self.do and set(self.do) <= {"l", "L", "d", "D"} and not re.search(r"^(mode )?guest-init \w*end", text, re.M):
            raise Wrong(f"{self.title} on {self.cpu}: the Linux guest did not reach its end; see {self.log()}")

    def options(self):
        """What count.so has to know of this run."""
        if self.name == "bare" and "l" in self.do:
            return ",boot=on"
        if self.only.startswith("host_boot"):
            return ",boot=on"
        return f",from={GUEST_ENTRY:x}" if set(self.do) & {"l", "L"} else ""

    def _compare(self, first, second):
        differ = [f"{n}: {first.get(n)}, then {second.get(n)}" for n in sorted(first.keys() | second.keys())
                  if first.get(n) != second.get(n)]
        if differ:
            raise Wrong(f"{self.title} on {self.cpu} is not deterministic: " + "; ".join(differ))
