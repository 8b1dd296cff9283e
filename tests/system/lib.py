# SPDX-License-Identifier: BSD-3-Clause
"""What the system tests share: QEMU runs that say what they waited for, and one line per test.

Never: let a run go on without a limit, or take a quiet end for a success.
Used by: tests/system/*.
"""
import atexit
import ctypes
import fcntl
import functools
import os
import re
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
from gzpy import cpio, paths, qemu  # noqa: E402

TAIL = 25                   # lines of console shown with a failure
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed", re.M)
KERNEL_CRASH = re.compile(r"Kernel panic|Internal error: |BUG: |Oops|Unable to handle kernel|WARNING: CPU|rcu:.*stall|blocked for more than")


# Ended by "kill" as by Ctrl-C: blocks are left, so what they started ends too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A test's verdict, as one sentence."""


def check(ok, why):
    if not ok:
        raise Failed(why)


def dies_with_us():
    """Runs in a child before its program: even when we are killed without a word, it goes with us."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def only_run(name):
    """One run of a suite at a time: logs and images have fixed names. The lock goes with the process."""
    folder = os.path.join(paths.OUT, "tests")
    os.makedirs(folder, exist_ok=True)
    lock = open(os.path.join(folder, name + ".lock"), "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"{name}: waits for another run of this suite to end", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


class Run:
    """One QEMU. As a context manager it never outlives its block."""

    def __init__(self, command, log):
        self.text, self.seen, self.log = "", 0, log
        os.makedirs(os.path.dirname(log), exist_ok=True)
        self.file = open(log, "wb")
        self.file.write((" ".join(command) + "\n").encode())
        self.proc = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=dies_with_us)
        os.set_blocking(self.proc.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.proc.stdout, selectors.EVENT_READ)
        self.open = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait()
        self.file.close()

    def _read(self, seconds):
        """More console text, if some comes in time."""
        if not self.open or not self.selector.select(max(seconds, 0)):
            return
        data = self.proc.stdout.read()
        if data == b"":
            self.open = False
        elif data:
            self.file.write(data)
            self.file.flush()
            self.text += ANSI.sub("", data.decode(errors="replace").replace("\r", ""))

    def expect(self, pattern, seconds, what=None):
        """Waits for a regular expression behind what was matched before."""
        limit = time.monotonic() + seconds
        what = what or repr(pattern)
        while True:
            m = re.compile(pattern, re.M).search(self.text, self.seen)
            if m:
                self.seen = m.end()
                return m
            if not self.open:
                raise Failed(f"QEMU ended (status {self.proc.wait()}) while the test waited for {what}")
            if time.monotonic() > limit:
                raise Failed(f"after {seconds:g} s still waiting for {what}")
            self._read(limit - time.monotonic())

    def end(self, seconds):
        """QEMU's exit status, once it ended by itself."""
        limit = time.monotonic() + seconds
        while self.open:
            self._read(min(1.0, limit - time.monotonic()))
            if time.monotonic() > limit:
                raise Failed(f"after {seconds:g} s QEMU still runs, the test waited for its end")
        return self.proc.wait(max(1.0, limit - time.monotonic()))

    def send(self, line):
        self.proc.stdin.write(line.encode() + b"\n")
        self.proc.stdin.flush()

    def tail(self):
        return self.text.splitlines()[-TAIL:]


class Suite:
    """Runs tests one after another, each a function; counts them."""

    def __init__(self, name, argv=None):
        self.name = name
        self.lock = only_run(name)
        self.only = (sys.argv[1:] if argv is None else argv)
        self.passed = self.failed = 0
        self.runs = []
        self.current = None

    def start(self, machine, label=""):
        """Starts QEMU for the test that runs now. machine: qemu.Machine or an argument list."""
        command = machine.command() if isinstance(machine, qemu.Machine) else machine
        name = self.current + (f".{label}" if label else "")
        run = Run(command, os.path.join(paths.OUT, "tests", self.name, name + ".log"))
        self.runs.append(run)
        return run

    def test(self, name, fn, *args, **settings):
        """Runs fn(suite, *args, **settings) as a test. fn may return (passed, failed) of what ran inside."""
        if self.only and not any(re.search(o, name) for o in self.only):
            return
        self.current, self.runs = name, []
        begin = time.monotonic()
        try:
            inner = fn(self, *args, **settings) or (1, 0)
            why = None if inner[1] == 0 else f"{inner[1]} failed inside"
        except Failed as e:
            inner, why = (0, 1), str(e)
        except (qemu.Wrong, OSError, subprocess.SubprocessError) as e:
            inner, why = (0, 1), f"the test could not run: {e}"
        except Exception:                   # a bug of the test must not hide the tests after it
            inner, why = (0, 1), "the test itself is wrong:\n" + traceback.format_exc()
        self.passed, self.failed = self.passed + inner[0], self.failed + inner[1]
        took = f"({time.monotonic() - begin:.1f} s)"
        print(f"FAIL {name}: {why} {took}" if why else f"ok   {name} {took}", flush=True)
        if why:
            for line in self.runs[-1].tail() if self.runs else ():
                print("    | " + line)

    def finish(self):
        """The closing line; the exit status."""
        if self.passed + self.failed == 0:
            print(f"{self.name}: no test is named so: {' '.join(self.only)}")
            self.failed = 1
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


@functools.cache
def snapshot(path, remedy):
    """A file as it was when the first test asked for it: somebody may build meanwhile."""
    check(os.path.exists(path), f"{path} is missing; remedy: {remedy}")
    folder = tempfile.mkdtemp(prefix="gz-test-")
    atexit.register(shutil.rmtree, folder, True)
    return shutil.copy(path, folder)


def guest(name):
    """A bare-metal payload of guests/."""
    return snapshot(os.path.join(paths.OUT, "guests", name + ".bin"), "make guests")


def hypervisor():
    return snapshot(paths.HYP, "make hyp")


def hypervisor_but(name, file, line, instead):
    """gz.bin as it is, but for one piece of its source: what a test sees when that is missing. Its path."""
    top = os.path.join(paths.OUT, "tests", "but-" + name)
    shutil.rmtree(top, True)
    for folder, source in (("abi", "abi"), ("hyp", "hyp"), ("out/hyp", os.path.join(paths.OUT, "hyp"))):
        shutil.copytree(os.path.join(TOP, source), os.path.join(top, folder))
    with open(os.path.join(top, file), "r+", encoding="utf-8") as f:
        text = f.read()
        check(text.count(line) == 1, f"{file} does it in another way now: mend this test")
        f.seek(0)
        f.write(text.replace(line, instead))
        f.truncate()
    subprocess.run(["make", "-s", "-C", os.path.join(top, "hyp")], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(top, "out/hyp/gz.bin")


def machine(**settings):
    """A machine with gz.bin at EL2."""
    return qemu.Machine(**{"hyp": hypervisor(), **settings})


def kernel(series):
    """Image of Debian's kernel of a series such as 6.12."""
    path = paths.cache()["GZ_KERNEL_" + series.replace(".", "")]
    check(os.path.exists(path), f"{path} is missing; remedy: scripts/setup kernel kernel61")
    return path


def payload_counts(run, seconds):
    """What a payload and the guests it ran counted; QEMU's status must agree with it."""
    status = run.end(seconds)
    counts = CLOSING.findall(run.text)
    check(counts, f"QEMU ended with status {status}, without the payload's closing line")
    passed, failed = (sum(int(c[n]) for c in counts) for n in (0, 1))
    check(status == (1 if failed or not passed else 0), f"QEMU's status is {status} with {failed} failed tests")
    check(int(counts[-1][0]) + int(counts[-1][1]), "the payload ran no test")
    return passed, failed


def initramfs(script, target, files=()):
    """A host's initramfs whose init is a script under busybox sh. files: (name, source)."""
    a = cpio.Archive()
    a.copy("bin/busybox", paths.cache()["GZ_BUSYBOX"])
    a.link("bin/sh", "busybox")
    a.file("init", "#!/bin/busybox sh\n" + script, 0o755)
    for d in ("proc", "sys", "dev", "run", "tmp"):
        a.directory(d)
    for name, source in files:
        a.copy(name, source)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    a.write(target)
    return target


def nonce():
    return secrets.token_hex(8)
