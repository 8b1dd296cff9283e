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

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(paths.OUT, "bench")
KEPT = "bench"
MEMORY = ("1G", "4G", "8G")
LIMIT = 600
ROW = re.compile(r"^bench (\w+) (\d+)\s*$", re.M)
# What makes a run the same every time, besides QEMU's own settings.
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


class Result:
    """One cell's figures: rows by name, and what could not be had."""

    def __init__(self, column, cpu, rows, notes):
        self.column, self.cpu, self.rows, self.notes = column, cpu, rows, notes


class Cell:
    """What to run. do: h host rows, g guest rows, v rows with both ends, k the kernel's symbols."""

    def __init__(self, column, cpu, do="hgv", only="", extra=(), mem="2G"):
        self.name, self.title, self.device, self.words, series = column
        self.cpu, self.do, self.only, self.extra = cpu, do, only, list(extra)
        self.mem = mem
        self.column, self.kernel = column, kernel_of(series)

    def _files(self):
        """Name in the host's initramfs to file here. Every column carries the same."""
        files = {"bin/busybox": paths.cache()["GZ_BUSYBOX"], "init": os.path.join(HERE, "init.sh"),
                 "bin/gz": paths.GZ, "bench.bin": os.path.join(paths.OUT, "guests", "bench.bin"),
                 "gzvm.ko": os.path.join(paths.OUT, "linux", "6.12", "gzvm.ko"),
                 "bench-host": os.path.join(OUT, "bench-host"), "bin/bench-vm": os.path.join(OUT, "bench-vm")}
        for name, path in initramfs.libraries(paths.GZ, paths.cache()["GZ_SYSROOT"]):
            files[("lib/" if name.startswith("ld-") else "lib/aarch64-linux-gnu/") + name] = path
        return files

    def _machine(self):
        archive = cpio.Archive()
        for name, path in self._files().items():
            archive.copy(name, path)
        archive.link("bin/sh", "busybox")
        for d in ("proc", "sys", "dev/shm", "tmp"):
            archive.directory(d)
        initrd = os.path.join(OUT, "host.cpio")
        archive.write(initrd)
        words = f"{qemu.CONSOLE} {WORDS} {self.words} bench_dev={self.device} bench_do={self.do} bench_only={self.only}"
        return qemu.Machine(cpu=self.cpu, smp=2, mem=self.mem, icount=True, kernel=self.kernel, initrd=initrd,
                            append=words, extra=self.extra, serial=f"file:{self._log()}",
                            hyp=paths.HYP if self.name == "gz" else None,
                            machine="dtb-randomness=on" + (",virtualization=off" if self.name == "bare" else ""))

    def _log(self):
        return os.path.join(OUT, f"{self.name}-{self.cpu}.log")

    def run(self):
        """One QEMU from power-on to power-off; the host's console."""
        os.makedirs(OUT, exist_ok=True)
        try:
            done = subprocess.run(self._machine().command(), stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=LIMIT, check=False, text=True)
        except subprocess.TimeoutExpired as e:
            raise Wrong(f"{self.title} on {self.cpu}: no end within {LIMIT} s; see {self._log()}") from e
        with open(self._log(), encoding="utf-8", errors="replace") as f:
            text = f.read().replace("\r", "")
        if done.returncode or "bench-init end" not in text:
            raise Wrong(f"{self.title} on {self.cpu}: the host did not reach its end (QEMU's status "
                        f"{done.returncode}); see {self._log()}\n{done.stderr[-500:]}{text[-1500:]}")
        return text

    def _notes(self, text):
        notes = re.findall(r"^cannot (.*)$", text, re.M)
        notes += [f"{what} ended with status {s}" for what, s in re.findall(r"^status (\w+) (\d+)$", text, re.M)
                  if s != "0"]
        if self.name == "vhe" and not re.search(r"^mode .*VHE mode init", text, re.M):
            notes.append("the kernel did not start KVM in VHE mode")
        return notes

    def _kept(self):
        files = [v for _, v in sorted(self._files().items())] + [self.kernel]
        files += [paths.HYP] if self.name == "gz" else []
        machine = [w for w in self._machine().command() if paths.TOP not in w]
        key = digest(files, (machine, qemu.version("qemu-system-aarch64"), self.words))
        return os.path.join(paths.cache()["GZ_CACHE"], KEPT, f"{self.name}-{self.cpu}-{key}.json")

    def measure(self, once=False, fresh=False):
        """The cell's figures; two runs that differ are an error."""
        kept = self._kept()
        if not fresh and not once and os.path.exists(kept):
            with open(kept, encoding="utf-8") as f:
                data = json.load(f)
            return Result(self.name, self.cpu, data["rows"], data["notes"])
        print(f"bench: {self.title} on {self.cpu} ...", file=sys.stderr, flush=True)
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
        text = self.run()
        rows = {n: int(v) for n, v in ROW.findall(text)}
        if rows.pop("counter_hz", 10**9) != 10**9:
            raise Wrong("the counter does not run at 1 GHz, so ticks are not instructions")
        rows.pop("vm_end", None)
        if "h" in self.do:
            from . import profile
            rows.update(profile.boot(self.column, self.cpu))
        return rows, self._notes(text)

    def _compare(self, first, second):
        differ = [f"{n}: {first.get(n)}, then {second.get(n)}" for n in sorted(first.keys() | second.keys())
                  if first.get(n) != second.get(n)]
        if differ:
            raise Wrong(f"{self.title} on {self.cpu} is not deterministic: " + "; ".join(differ))
