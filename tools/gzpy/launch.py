# SPDX-License-Identifier: BSD-3-Clause
"""scripts/run: reads its words, prepares what is missing, and starts one session."""
import argparse
import fcntl
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from . import initramfs, paths, qemu, session

USAGE = """usage: scripts/run [OPTION...]                  an interactive shell in a Debian guest
       scripts/run [OPTION...] -- CMD ARGS...   CMD in the guest: its output, its exit status
       scripts/run --host [OPTION...] [-- CMD]  the same in the host, without a guest
       scripts/run --attack [OPTION...]         the host's attacks on a guest's memory, as a table

Boots QEMU with the hypervisor at EL2, an unmodified Debian kernel as host, and under it a Debian
guest through gzvm.ko and gz. Installs and builds what is missing."""
GUEST_CMDLINE = "console=ttyS0 quiet loglevel=4"
ATTACKER = os.path.join(paths.OUT, "tests", "clients")
ATTACKED = ["brd", "vhost_net", "vhost_vsock", "vhost_scsi", "target_core_file"]     # modules that attacks go through
FIRMWARE = os.path.join(paths.OUT, "guests", "firmware.bin")
SWIOTLB_MIB = 16      # of a protected guest's memory: what its devices reach
PORTS = ("gz.agent", "gz.ctl", "gz.console")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"scripts/run: {message}; remedy: scripts/run --help", file=sys.stderr)
        sys.exit(2)


def parse(argv):
    command = None
    if "--" in argv:
        cut = argv.index("--")
        argv, command = argv[:cut], argv[cut + 1:]
    ap = Parser(prog="scripts/run", usage=argparse.SUPPRESS, description=USAGE, allow_abbrev=False,
                formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--host", action="store_true", help="run CMD in the host instead of a guest")
    ap.add_argument("--bare", action="store_true", help="no hypervisor: the host kernel itself at EL2")
    ap.add_argument("--protected", action="store_true", help="a guest whose memory the host cannot read")
    ap.add_argument("--guest-shares", action="store_true", help="with --protected: the guest itself shares what its devices use")
    ap.add_argument("--firmware", action="store_true", help="the hypervisor holds firmware; with --protected the guest starts in it")
    ap.add_argument("--attack", action="store_true", help="attack an open VM and a protected one from the host")
    ap.add_argument("--share", metavar="DIR", help="show DIR to the host at /mnt/share, read-write")
    ap.add_argument("--cpu", default="cortex-a76", metavar="MODEL")
    ap.add_argument("--smp", type=int, default=4, metavar="N", help="CPUs of the host (4)")
    ap.add_argument("--mem", default="2G", metavar="SIZE", help="memory of the machine (2G)")
    ap.add_argument("--guest-cpus", type=int, default=2, metavar="N", help="vCPUs of the guest (2)")
    ap.add_argument("--guest-mem", type=int, default=512, metavar="MIB", help="memory of the guest (512)")
    ap.add_argument("--guest-kernel", default="debian", metavar="FILE",
                    help="debian (that is the default), small, or an arm64 Image with virtio and ext4 built in")
    ap.add_argument("--guest-dev", default="/dev/gzvm", metavar="FILE", help="what gz runs the guest with")
    ap.add_argument("--guest-append", default="", metavar="TEXT", help="more words for the guest's kernel")
    ap.add_argument("--disk", metavar="FILE", help="the guest's disk, kept; else a fresh Debian each time")
    ap.add_argument("--kernel", metavar="FILE", help="host kernel (an arm64 Image)")
    ap.add_argument("--headers", metavar="DIR", help="its headers, to build gzvm.ko; without: only --host")
    ap.add_argument("--host-cmd", default="", metavar="TEXT", help="sh runs this in the host beside the guest")
    ap.add_argument("--append", default="", metavar="TEXT", help="more words for the host's kernel")
    ap.add_argument("--qemu", metavar="PATH", default=os.environ.get("QEMU") or "qemu-system-aarch64")
    ap.add_argument("--machine", default="", metavar="PROPS", help="more QEMU -M properties")
    ap.add_argument("--thread", choices=["single", "multi"], help="QEMU's CPU threads")
    ap.add_argument("--icount", action="store_true", help="count instructions: repeatable, one thread")
    ap.add_argument("--gdb", type=int, nargs="?", const=1234, metavar="PORT", help="wait for gdb (1234)")
    ap.add_argument("--timeout", type=float, metavar="S", help="for CMD: 600")
    ap.add_argument("--log", metavar="DIR", help="where the consoles' logs go (out/run)")
    ap.add_argument("--no-build", action="store_true", help="use what is built already")
    ap.add_argument("--dry-run", action="store_true", help="print what would run")
    ap.add_argument("-v", "--verbose", action="store_true", help="consoles to standard error")
    a = ap.parse_args(argv)
    if command == []:
        ap.error("nothing after --")
    check(ap, a)
    a.command = command
    if a.attack:
        if command or a.share or a.protected or a.bare:
            ap.error("--attack brings its own command and folder: leave out --share, --protected, --bare and --")
        a.host, a.command, a.share = True, ["/mnt/share/gzvm_abi_test", "attack"], ATTACKER
    if a.timeout is None and a.command is not None:
        a.timeout = 600.0
    return a


def check(ap, a):
    """What can be told wrong before anything is installed or built."""
    if a.bare and not a.host:
        a.guest_dev = "/dev/kvm"       # only KVM can run a guest without our hypervisor
    if a.protected and (a.host or a.bare):
        ap.error("--protected is about a guest under the hypervisor: leave out --host and --bare")
    if a.firmware and (a.bare or not (a.protected or a.host)):
        ap.error("--firmware is for protected guests: give --protected too, or --host to start one by hand")
    if a.guest_shares and not a.protected:
        ap.error("--guest-shares is for protected guests: give --protected too")
    if a.guest_kernel not in ("debian", "small"):
        if not os.path.isfile(a.guest_kernel):
            ap.error(f"--guest-kernel {a.guest_kernel}: there is no such file")
        qemu.kernel_size(a.guest_kernel)
    for name in ("kernel", "disk"):
        path = getattr(a, name)
        if path and not os.path.isfile(path):
            ap.error(f"--{name} {path}: there is no such file")
    if a.kernel:
        qemu.kernel_size(a.kernel)
    if a.share and not os.path.isdir(a.share):
        ap.error(f"--share {a.share}: there is no such folder")
    if a.headers and not os.path.isfile(os.path.join(a.headers, "Module.symvers")):
        ap.error(f"--headers {a.headers} holds no Module.symvers: it is no folder of kernel headers")
    if a.headers and not a.kernel:
        ap.error("--headers needs --kernel")
    if not 1 <= a.smp <= 8:
        ap.error(f"--smp {a.smp}: 1 to 8 CPUs are possible")
    if a.timeout is not None and a.timeout <= 0:
        ap.error("--timeout wants seconds over 0")
    qemu.size(a.mem)


class Host:
    """The host's kernel: file, release, modules, and our driver for it."""

    def __init__(self, a):
        cache = paths.cache()
        self.file = a.kernel or cache["GZ_KERNEL_612"]
        self.release = kernel_release(self.file) if a.kernel else cache["GZ_KVER_612"]
        self.tree = self._tree(cache)
        self.headers = a.headers
        custom = os.path.join(paths.OUT, "linux", "custom", "gzvm.ko")
        known = self.release in (cache["GZ_KVER_612"], cache["GZ_KVER_61"])
        self.module = custom if a.headers else paths.module(self.release) if known else None

    def _tree(self, cache):
        for series in ("612", "61"):
            if cache[f"GZ_KVER_{series}"] == self.release:
                return cache[f"GZ_MODULES_{series}"]
        near = os.path.join(os.path.dirname(os.path.realpath(self.file)), "..", "lib", "modules", self.release)
        return near if os.path.isdir(near) else None


def kernel_release(path):
    with open(path, "rb") as f:
        m = re.search(rb"Linux version (\S+) ", f.read())
    if not m:
        raise qemu.Wrong(f"{path} does not tell its release; remedy: give an uncompressed Linux Image")
    return m[1].decode()


def prepare(a, say):
    """Installs and builds what is missing."""
    parts = ["tools", "kernel", "sysroot", "busybox"] + ([] if a.host or a.disk else ["rootfs"])
    parts += ["guestkernel"] if a.guest_kernel == "small" and not a.host else []
    run_quietly([os.path.join(paths.TOP, "scripts/setup"), *parts], "setup", show=True)
    paths.cache.cache_clear()
    say("building")
    make = ["make", "-s", "-C"]
    jobs = [[*make, paths.TOP + "/guests/agent"], [*make, paths.TOP + "/vmm"]]
    jobs += [] if a.bare else [[*make, paths.TOP + "/hyp"]]
    jobs += [[*make, paths.TOP + "/guests/linux", "6.12"]] if a.protected else []
    jobs += [[*make, paths.TOP + "/tests/clients"]] if a.attack else []
    jobs += [[*make, paths.TOP + "/guests", "../out/guests/firmware.bin"]] if a.firmware else []
    if not a.bare and (a.headers or not a.kernel):
        jobs.append([*make, paths.TOP + "/linux"] + ([f"KDIR={os.path.abspath(a.headers)}"] if a.headers else ["6.12"]))
    elif not a.bare:
        jobs.append([*make, paths.TOP + "/linux"])
    # Two runs at once must not build into each other's files.
    os.makedirs(paths.OUT, exist_ok=True)
    with open(os.path.join(paths.OUT, ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for job in jobs:
            run_quietly(job, "the build")


def run_quietly(command, what, show=False):
    """Runs a step whose output matters only when it fails (its stderr always when show is set)."""
    r = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=None if show else subprocess.STDOUT, check=False)
    if r.returncode:
        sys.stderr.buffer.write(r.stdout[-4000:])
        raise qemu.Wrong(f"{what} failed ({shlex.join(command)}); remedy: see the lines above")


def guest_words(a):
    """The words of `gz run` in the host."""
    return ["--dev", a.guest_dev, "--kernel", "/guest/Image", "--initrd", "/guest/initrd",
            "--cmdline", f"{GUEST_CMDLINE} {a.guest_append}".strip(), "--cpus", str(a.guest_cpus),
            "--mem", str(a.guest_mem), "--disk", "/dev/vda", "--net", "user,loopback", "--rng",
            "--vport", "gz.agent=/dev/virtio-ports/gz.agent",
            "--serial", "file:/dev/virtio-ports/gz.console",
            *(["--protected-vm" if a.firmware else "--protected-vm-without-firmware", "--swiotlb",
               f"{SWIOTLB_MIB},dynamic" if a.guest_shares else str(SWIOTLB_MIB)]
              if a.protected else [])]


def guest_kernel(a):
    """(kernel, module tree or None, modules to load first): the small kernel has built in what it needs but a balloon."""
    cache = paths.cache()
    if a.guest_kernel == "debian":
        first = [paths.guest_module("6.12", name) for name in ("gz_guest", "gz_balloon")] if a.protected else []
        return cache["GZ_KERNEL_612"], cache["GZ_MODULES_612"], first
    path = cache["GZ_GUEST_KERNEL"] if a.guest_kernel == "small" else a.guest_kernel
    if not os.path.exists(path) and not a.host:
        raise qemu.Wrong("there is no small guest kernel; remedy: scripts/setup guestkernel, or leave out --no-build")
    balloon = paths.guest_module("small", "gz_balloon")
    return path, None, [balloon] if a.protected and a.guest_kernel == "small" and os.path.exists(balloon) else []


def pack(a, host, folder):
    """Makes the initramfs of the host, the guest's inside; its path."""
    settings = {"MODE": "host" if a.host else "guest", "SHARE": "1" if a.share else "",
                "HOST_CMD": shlex.quote(a.host_cmd), "GUEST": shlex.quote(shlex.join(guest_words(a)))}
    guest_initrd = os.path.join(folder, "guest.cpio")
    kernel, tree, first = guest_kernel(a)
    initramfs.guest(guest_initrd, tree, first)
    files = [("Image", kernel), ("initrd", guest_initrd)]
    module = host.module if host.module and os.path.exists(host.module) and not a.bare else None
    target = os.path.join(folder, "host.cpio")
    initramfs.host(target, host.tree, settings, module, files, ATTACKED if a.attack else [])
    return target


def machine(a, host, initrd, folder):
    disks = []
    if a.disk:
        disks = [(os.path.abspath(a.disk), "rw")]
    elif os.path.exists(paths.cache()["GZ_ROOTFS"]):
        disks = [(os.path.realpath(paths.cache()["GZ_ROOTFS"]), "snapshot")]
    return qemu.Machine(
        qemu=a.qemu, cpu=a.cpu, smp=a.smp, mem=a.mem, hyp=None if a.bare else paths.HYP, kernel=host.file,
        initrd=initrd, append=f"{qemu.CONSOLE} {a.append}".strip(), firmware=FIRMWARE if a.firmware else None, icount=a.icount, gdb=a.gdb,
        thread=a.thread, machine=a.machine, disks=disks, ports=[(n, os.path.join(folder, n)) for n in PORTS],
        share=os.path.abspath(a.share) if a.share else None)


def logs(a):
    folder = os.path.abspath(a.log) if a.log else os.path.join(paths.OUT, "run")
    os.makedirs(folder, exist_ok=True)
    for old in glob.glob(os.path.join(folder, "*console.log")):
        os.unlink(old)
    return folder


def start(a, say):
    if not a.no_build and not a.dry_run:
        prepare(a, say)
    host = Host(a)
    if not a.host and not a.bare and not (host.module and os.path.exists(host.module)):
        raise qemu.Wrong(f"there is no gzvm.ko for Linux {host.release}, so no guest can run; remedy: give its "
                         "headers with --headers DIR, or --host")
    if a.headers and not os.path.exists(host.module):
        raise qemu.Wrong(f"{host.module} is not built; remedy: leave out --no-build")
    if host.tree is None and a.host:
        print(f"scripts/run: the modules of Linux {host.release} are not beside {a.kernel}: only what is built into "
              "it works", file=sys.stderr)
    if host.tree is None and not a.host:
        raise qemu.Wrong(f"the modules of Linux {host.release} are not beside {host.file}; remedy: --host, or a "
                         "kernel unpacked with its lib/modules")
    folder = tempfile.mkdtemp(prefix="gz-run-")
    try:
        command = machine(a, host, pack(a, host, folder), folder).command()
        if a.dry_run:
            print(shlex.join(command))
            return 0
        say(f"starting QEMU ({a.cpu}, {a.smp} CPUs, {a.mem})")
        s = session.Session(command, {n: os.path.join(folder, n) for n in PORTS}, logs(a),
                            "host" if a.host else "guest", a.command, a.timeout, a.verbose, say,
                            linger=30 if a.disk or a.command is None else 0)
        return s.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(argv):
    talk = True

    def say(text):
        if talk:
            print(f"scripts/run: {text}", file=sys.stderr, flush=True)
    try:
        a = parse(argv)
        talk = a.command is None or a.verbose or sys.stderr.isatty()
        return start(a, say)
    except qemu.Wrong as e:
        print(f"scripts/run: {e}", file=sys.stderr)
        return session.RUNNER_FAILED
    except OSError as e:
        print(f"scripts/run: {e}", file=sys.stderr)
        return session.RUNNER_FAILED
