# SPDX-License-Identifier: BSD-3-Clause
"""The one place that builds a QEMU command line. It starts nothing."""
import dataclasses
import functools
import os
import re
import subprocess

RAM_BASE = 0x40000000
INITRD_BASE = 0x48000000        # where QEMU puts -initrd on machines of 256 MiB and more
BLOCK = 2 << 20
CONSOLE = "console=ttyAMA0 panic=-1"


class Wrong(Exception):
    """A setting that cannot work; the text names cause and remedy."""


@dataclasses.dataclass
class Machine:
    """What to run. hyp=None boots the kernel (or a bare payload) without a hypervisor."""
    qemu: str = "qemu-system-aarch64"
    cpu: str = "cortex-a76"
    smp: int = 4
    mem: str = "2G"
    hyp: str | None = None
    kernel: str | None = None
    initrd: str | None = None
    append: str = CONSOLE
    firmware: str | None = None                        # of protected VMs, held by the hypervisor: whole pages
    icount: bool = False
    gdb: int | None = None
    thread: str | None = None
    machine: str = ""                                  # more -M properties
    serial: str = "stdio"
    semihosting: bool = False
    fixed_seed: bool = False                           # no random seed in the device tree
    disks: list = dataclasses.field(default_factory=list)    # (path, "rw" | "ro" | "snapshot")
    ports: list = dataclasses.field(default_factory=list)    # (name, socket path)
    share: str | None = None
    extra: list = dataclasses.field(default_factory=list)

    def command(self):
        """The argument list."""
        hyp = [] if self.hyp is None else self._hypervisor()
        return [self.qemu, *self._board(), *self._clock(), *hyp, *self._payload(),
                *self._devices(), *self.extra]

    def _board(self):
        fixed = self.icount or self.fixed_seed
        props = "virt,virtualization=on,gic-version=3,iommu=smmuv3"
        props += ",dtb-randomness=off" if fixed else ""
        props += "," + self.machine if self.machine else ""
        cpu = self.cpu
        if version(self.qemu) < (8, 0) and cpu == "max":
            cpu += ",pauth-impdef=on"        # the architected algorithm is five times slower there
        if self.icount and "cntfrq" not in cpu and cpu != "max":
            cpu += ",cntfrq=1000000000"      # then the counter shows instructions
        return ["-M", props, "-cpu", cpu, "-smp", str(self.smp), "-m", self.mem, "-nographic",
                "-nodefaults", "-no-reboot", "-serial", self.serial]

    def _clock(self):
        if self.icount:
            if self.thread == "multi":
                raise Wrong("--icount runs all CPUs on one thread; remedy: leave out --thread multi")
            return ["-accel", "tcg", "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm",
                    "-seed", "1"]
        # Idle cores are needed before threads pay: on two, one thread boots faster.
        thread = self.thread or ("multi" if (os.cpu_count() or 1) >= 4 else "single")
        return ["-accel", f"tcg,thread={thread}"]

    def _hypervisor(self):
        if not self.kernel:
            return []
        start = INITRD_BASE + (os.path.getsize(self.initrd) if self.initrd else 0)
        # QEMU's device tree follows the initrd; 8 MiB leave it room.
        addr = (start + (8 << 20) + BLOCK - 1) // BLOCK * BLOCK
        need = addr + kernel_size(self.kernel) - RAM_BASE
        if need > size(self.mem):
            raise Wrong(f"--mem {self.mem} has no room for kernel and initramfs; remedy: at least "
                        f"--mem {need // (1 << 20) + 64}M")
        return ["-device", f"guest-loader,addr={addr:#x},kernel={comma(self.kernel)}", *self._firmware()]

    def _firmware(self):
        if not self.firmware:
            return []
        # At the top of RAM, where EL2's pool makes room for it.
        addr = RAM_BASE + size(self.mem) - (8 << 20)
        self.append = f"{self.append} gz.fw={addr:#x},{os.path.getsize(self.firmware):#x}".strip()
        return ["-device", f"loader,file={comma(self.firmware)},addr={addr:#x},force-raw=on"]

    def _payload(self):
        first = self.hyp or self.kernel
        args = ["-kernel", first] if first else []
        if self.initrd:
            args += ["-initrd", self.initrd]
        if self.append and first:
            args += ["-append", self.append]
        return args

    def _devices(self):
        args = []
        for n, (path, mode) in enumerate(self.disks):
            drive = f"if=none,id=disk{n},file={comma(path)},format=raw,cache=unsafe"
            drive += {"rw": "", "ro": ",read-only=on", "snapshot": ",snapshot=on"}[mode]
            args += ["-drive", drive, "-device", f"virtio-blk-pci,drive=disk{n},disable-legacy=on"]
        if self.ports:
            args += ["-device", "virtio-serial-pci,disable-legacy=on,max_ports=16"]
        for n, (name, path) in enumerate(self.ports):
            args += ["-chardev", f"socket,id=port{n},path={comma(path)},server=on,wait=off",
                     "-device", f"virtserialport,chardev=port{n},name={name}"]
        if self.share:
            args += ["-fsdev", f"local,id=share,path={comma(self.share)},security_model=none",
                     "-device", "virtio-9p-pci,fsdev=share,mount_tag=share,disable-legacy=on"]
        if self.gdb:
            args += ["-S", "-gdb", f"tcp:127.0.0.1:{self.gdb}"]
        if self.semihosting:
            args += ["-semihosting-config", "enable=on,target=native"]
        return args


def comma(path):
    """A path inside a QEMU option, where a comma separates."""
    return path.replace(",", ",,")


def size(text):
    """Bytes of a --mem value, which counts MiB unless it names a unit."""
    m = re.fullmatch(r"(\d+)([kKmMgG]?)", text)
    if not m or int(m[1]) == 0:
        raise Wrong(f"--mem {text} is no size; remedy: a number with M or G, such as 2G")
    return int(m[1]) << {"k": 10, "": 20, "m": 20, "g": 30}[m[2].lower()]


def kernel_size(path):
    """Bytes that an arm64 Image takes in memory; checks that it is one."""
    with open(path, "rb") as f:
        head = f.read(64)
    if len(head) < 64 or head[56:60] != b"ARM\x64":
        raise Wrong(f"{path} is no arm64 Image; remedy: give an uncompressed kernel, as Debian's vmlinuz is")
    return max(int.from_bytes(head[16:24], "little"), os.path.getsize(path))


@functools.cache
def version(qemu):
    """(major, minor) of a QEMU program."""
    try:
        text = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as e:
        raise Wrong(f"cannot run {qemu}: {e}; remedy: run scripts/setup, or name one with --qemu") from e
    m = re.search(r"version (\d+)\.(\d+)", text)
    if not m:
        raise Wrong(f"{qemu} does not tell its version; remedy: name qemu-system-aarch64 with --qemu")
    return int(m[1]), int(m[2])
