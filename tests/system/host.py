# SPDX-License-Identifier: BSD-3-Clause
"""A Debian host under gz.bin, and what it told about itself (host-checks.sh).

Never: believe the host without the nonce of this run. Used by: tests/system/host-boot, tests/system/matrix.
"""
import os
import re

import lib
from lib import check

LIMIT = 120
KEEPS = r"EL2 keeps (\d+) MiB: image at ([0-9a-f]+), pool at ([0-9a-f]+)\n"
BUS_ERROR = 128 + 7


class Host:
    """One boot: what EL2 said, the facts of host-checks.sh, QEMU's end."""

    def __init__(self, suite, do, words="", series="6.12", label="", **settings):
        with open(os.path.join(lib.TOP, "tests/system/host-checks.sh"), encoding="utf-8") as f:
            initrd = lib.initramfs(f.read(), os.path.join(lib.paths.OUT, "tests", suite.name, "host.cpio"))
        nonce = lib.nonce()
        m = lib.machine(**{"kernel": lib.kernel(series), "initrd": initrd, "mem": "1G", **settings})
        m.append = f"{lib.qemu.CONSOLE} nonce={nonce} do={do} {words}".strip()
        with suite.start(m, label) as run:
            k = run.expect(KEEPS, 15, "gz.bin's line about what EL2 keeps")
            self.kept, self.image, self.pool = int(k[1]), int(k[2], 16), int(k[3], 16)
            run.expect(rf"^fact alive {nonce}$", LIMIT, "the host's last fact, with this run's nonce")
            self.status = run.end(20)
            self.text = run.text
        check(self.status == 0, f"QEMU ended with status {self.status}")
        crash = lib.KERNEL_CRASH.search(self.text)
        check(not crash, f"the host said: {crash and crash[0]}")

    def facts(self, name):
        return re.findall(rf"^fact {name} ?(.*)$", self.text, re.M)

    def fact(self, name):
        values = self.facts(name)
        check(len(values) == 1, f"the host told {len(values)} times what its {name} is")
        return values[0]

    def ranges(self, kind):
        """(first, last) of /proc/iomem lines of one kind."""
        pairs = (re.match(r"([0-9a-f]+)-([0-9a-f]+) : (.*)", line) for line in self.facts("iomem"))
        return [(int(m[1], 16), int(m[2], 16)) for m in pairs if m and m[3] == kind]

    def looks_right(self, cpus, release):
        check(self.fact("level").endswith("started at EL1"), f"the kernel's word on its level is {self.fact('level')!r}")
        check(self.fact("cpus") == str(cpus), f"{self.fact('cpus')} CPUs, not {cpus}")
        check(self.fact("release").startswith(release), f"release {self.fact('release')}")
        check(self.fact("node").startswith("mediatek,geniezone mediatek,geniezone-hyp"), f"hypervisor node: {self.fact('node')!r}")
        check("module@" not in self.fact("chosen"), "the boot module's node is still in /chosen")

    def memory_is_kept(self):
        """Nothing of EL2 is in the host's System RAM but as reserved, and little is lost besides."""
        ram, reserved = self.ranges("System RAM"), self.ranges("reserved")
        check(ram, "no System RAM in /proc/iomem")
        for what, at in (("image", self.image), ("pool", self.pool)):
            check(any(a <= at <= b for a, b in reserved) or not any(a <= at <= b for a, b in ram),
                  f"EL2's {what} at {at:#x} is plain System RAM of the host")
        check(self.kept < 128, f"EL2 keeps {self.kept} MiB")

    def memory_is_out_of_reach(self):
        """A program of the host with /dev/mem in hand gets SIGBUS wherever it tries, and the host lived on."""
        for kind in ("read", "write"):
            tries = [f.split(" ", 2) for f in self.facts(f"devmem-{kind}")]
            tried = {int(t[0], 16) for t in tries}
            check({self.image, self.pool} <= tried, f"image and pool were not tried: {tries}")
            for address, status, said in tries:
                check(int(status) == BUS_ERROR, f"a {kind} at {address} ended with {status}, not SIGBUS: {said}")
        works = self.fact("devmem-control")
        check(works.startswith("0 0x74726976"), f"the magic of virtio-mmio, which must be readable, was: {works}")
