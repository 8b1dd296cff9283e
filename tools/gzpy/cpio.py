# SPDX-License-Identifier: BSD-3-Clause
"""Writes a newc cpio archive, the form of an initramfs; everything in it belongs to root."""


class Archive:
    """Files by path in memory; write() makes the archive. Parents appear by themselves."""

    def __init__(self):
        self.entries = {}

    def _add(self, path, mode, data):
        path = path.strip("/")
        parent = path.rpartition("/")[0]
        if parent and parent not in self.entries:
            self.directory(parent)
        self.entries[path] = (mode, data)

    def directory(self, path):
        self._add(path, 0o040755, b"")

    def file(self, path, data, mode=0o644):
        self._add(path, 0o100000 | mode, data.encode() if isinstance(data, str) else data)

    def copy(self, path, source, mode=0o755):
        with open(source, "rb") as f:
            self.file(path, f.read(), mode)

    def link(self, path, target):
        self._add(path, 0o120777, target.encode())

    def write(self, target):
        with open(target, "wb") as out:
            for n, (path, (mode, data)) in enumerate(self.entries.items()):
                out.write(_record(n + 1, path, mode, data))
            out.write(_record(0, "TRAILER!!!", 0, b""))


def _pad(data):
    return data + b"\0" * (-len(data) % 4)


def _record(ino, path, mode, data):
    name = path.encode() + b"\0"
    links = 2 if mode & 0o040000 else 1
    fields = [ino, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0]
    head = b"070701" + b"".join(b"%08x" % f for f in fields)
    return _pad(head + name) + _pad(data)
