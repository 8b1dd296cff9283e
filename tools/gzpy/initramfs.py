# SPDX-License-Identifier: BSD-3-Clause
"""Packs the initramfs of host and guest: busybox, needed modules, agent, gz with its libraries."""
import lzma
import os
import re
import subprocess

from . import paths
from .cpio import Archive
from .qemu import Wrong

HERE = os.path.dirname(os.path.abspath(__file__))
HOST_MODULES = ["virtio_pci", "virtio_console", "virtio_blk", "9pnet_virtio", "9p"]
GUEST_MODULES = ["virtio_mmio", "virtio_blk", "virtio_console", "virtio_net", "virtio_rng",
                 "crc32c_generic", "ext4"]     # ext4 asks for the checksum by an alias
LIB_DIRS = ["lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib", "usr/lib"]


class Modules:
    """The module tree of one kernel: lib/modules/RELEASE."""

    def __init__(self, tree):
        self.tree = os.path.realpath(tree)
        self.deps, self.builtin = {}, set()
        for line in self._lines("modules.dep"):
            path, _, needs = line.partition(":")
            self.deps[_name(path)] = (path, needs.split())
        self.builtin = {_name(line) for line in self._lines("modules.builtin")}

    def _lines(self, name):
        try:
            with open(os.path.join(self.tree, name), encoding="utf-8") as f:
                return f.read().splitlines()
        except OSError as e:
            raise Wrong(f"{self.tree} is no module tree: {e.strerror}; remedy: scripts/setup") from e

    def closure(self, names):
        """Paths to load in order; built-in and unknown ones are left out."""
        order = []
        for name in names:
            if name not in self.deps:
                continue
            path, needs = self.deps[name]
            # modules.dep lists the nearest need first, so the last must be loaded first.
            for p in [*reversed(needs), path]:
                if p not in order:
                    order.append(p)
        return order

    def load(self, path):
        with open(os.path.join(self.tree, path), "rb") as f:
            data = f.read()
        return lzma.decompress(data) if path.endswith(".xz") else data


def _name(path):
    return re.sub(r"\.ko(\.\w+)?$", "", os.path.basename(path)).replace("-", "_")


def add_modules(archive, tree, names, extra=(), first=()):
    """Puts modules below /modules and their load order into /modules/order; first: files that need no other."""
    mods = Modules(tree) if tree else None      # without a tree all must be built in
    order = []
    for path in first:
        archive.copy(f"modules/{_name(path)}.ko", path, 0o644)
        order.append(_name(path))
    for path in mods.closure([*_needs_of(extra), *names]) if mods else ():
        archive.file(f"modules/{_name(path)}.ko", mods.load(path))
        order.append(_name(path))
    for path in extra:
        archive.copy(f"modules/{_name(path)}.ko", path, 0o644)
        order.append(_name(path))
    archive.file("modules/order", "".join(f"{n}\n" for n in order))


def _needs_of(files):
    """Names that modules outside the tree say they depend on."""
    names = []
    for path in files:
        with open(path, "rb") as f:
            m = re.search(rb"\0depends=([^\0]*)\0", f.read())
        names += [n.replace("-", "_") for n in (m[1].decode() if m else "").split(",") if n]
    return names


def libraries(program, sysroot):
    """(name, file) of every library a program needs, its loader too."""
    found, todo = {}, [program]
    while todo:
        text = subprocess.run(["aarch64-linux-gnu-readelf", "-dl", todo.pop()], check=True,
                              capture_output=True, text=True).stdout
        names = re.findall(r"\(NEEDED\).*\[(.*)\]", text) + \
            [os.path.basename(p) for p in re.findall(r"interpreter: (.*)\]", text)]
        for name in set(names) - set(found):
            files = [os.path.join(sysroot, d, name) for d in LIB_DIRS]
            hit = next((f for f in files if os.path.exists(f)), None)
            if not hit:
                raise Wrong(f"{program} needs {name}, which is not in {sysroot}; remedy: scripts/setup sysroot")
            found[name] = hit
            todo.append(hit)
    return sorted(found.items())


def _base(archive, script):
    env = paths.cache()
    archive.copy("bin/busybox", env["GZ_BUSYBOX"])
    archive.link("bin/sh", "busybox")
    archive.copy("init", os.path.join(HERE, script))
    archive.copy("gz/gz-agent", paths.AGENT)
    for d in ("proc", "sys", "dev", "run", "tmp", "root", "mnt/share", "etc"):
        archive.directory(d)


def guest(target, tree, first=()):
    """The guest's initramfs: mounts the Debian on /dev/vda and starts the agent there. first: modules to load first."""
    archive = Archive()
    _base(archive, "guest-init.sh")
    for name in ("main", "dhcp", "systemctl"):
        archive.copy(f"gz/{name}", os.path.join(HERE, f"guest-{name}.sh"))
    add_modules(archive, tree, GUEST_MODULES, first=first)
    archive.write(target)


def host(target, tree, settings, module=None, guest_files=(), names=()):
    """The host's initramfs. settings: shell variables of /etc/gz.conf; guest_files: (name, file); names: more modules."""
    archive = Archive()
    _base(archive, "host-init.sh")
    archive.file("etc/gz.conf", "".join(f"{k}={v}\n" for k, v in settings.items()))
    archive.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", "root:x:0:\n")
    add_modules(archive, tree, [*HOST_MODULES, *names], [module] if module else [])
    if os.path.exists(paths.GZ):
        archive.copy("bin/gz", paths.GZ)
        for name, path in libraries(paths.GZ, paths.cache()["GZ_SYSROOT"]):
            where = "lib" if name.startswith("ld-") else "lib/aarch64-linux-gnu"
            archive.copy(f"{where}/{name}", path)
    for name, path in guest_files:
        archive.copy(f"guest/{name}", path, 0o644)
    archive.write(target)
