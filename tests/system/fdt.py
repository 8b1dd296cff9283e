# SPDX-License-Identifier: BSD-3-Clause
"""Flattened device trees as nested Python objects, so that a test can spoil one on purpose.

Never: check what it writes; a spoiled tree is what it is for.
Used by: tests/system/boot-errors. Devicetree Specification, "Flattened Devicetree (DTB) Format".
"""
import struct

MAGIC, BEGIN, END, PROP, NOP, FINISH = 0xD00DFEED, 1, 2, 3, 4, 9
HEADER = 40


class Node:
    def __init__(self, name=""):
        self.name, self.props, self.children = name, {}, []

    def child(self, path):
        """A node by path such as "cpus/cpu@0"; a part without @ matches any unit address."""
        head, _, rest = path.strip("/").partition("/")
        for c in self.children:
            if c.name == head or c.name.split("@")[0] == head:
                return c.child(rest) if rest else c
        raise KeyError(path)

    def add(self, name, props=()):
        node = Node(name)
        node.props = dict(props)
        self.children.append(node)
        return node

    def remove(self, path):
        gone = self.child(path)
        parent, _, _ = path.strip("/").rpartition("/")
        (self.child(parent) if parent else self).children.remove(gone)


def cells64(*numbers):
    return b"".join(n.to_bytes(8, "big") for n in numbers)


def strings(*words):
    return b"".join(w.encode() + b"\0" for w in words)


def parse(blob):
    """(root, list of (address, size) memreserve entries)."""
    _, _, struct_at, strings_at, rsv_at = struct.unpack_from(">5I", blob)
    reserved = []
    while any(entry := struct.unpack_from(">QQ", blob, rsv_at + 16 * len(reserved))):
        reserved.append(entry)
    stack, at = [Node()], struct_at
    while True:
        token = struct.unpack_from(">I", blob, at)[0]
        at += 4
        if token == BEGIN:
            end = blob.index(b"\0", at)
            stack.append(stack[-1].add(blob[at:end].decode()))
            at = (end + 4) & ~3
        elif token == END:
            stack.pop()
        elif token == PROP:
            size, name = struct.unpack_from(">2I", blob, at)
            name_at = strings_at + name
            key = blob[name_at:blob.index(b"\0", name_at)].decode()
            stack[-1].props[key] = bytes(blob[at + 8:at + 8 + size])
            at = (at + 8 + size + 3) & ~3
        elif token == FINISH:
            return stack[0].children[0], reserved


def _structure(node, names):
    pad = lambda b: b + b"\0" * (-len(b) % 4)       # noqa: E731
    out = struct.pack(">I", BEGIN) + pad(node.name.encode() + b"\0")
    for key, value in node.props.items():
        out += struct.pack(">3I", PROP, len(value), names.setdefault(key, sum(len(n) + 1 for n in names)))
        out += pad(value)
    return out + b"".join(_structure(c, names) for c in node.children) + struct.pack(">I", END)


def build(root, reserved=(), room=0):
    names = {}
    body = _structure(root, names) + struct.pack(">I", FINISH)
    text = b"".join(n.encode() + b"\0" for n in names)
    rsv = b"".join(struct.pack(">QQ", *r) for r in [*reserved, (0, 0)])
    struct_at = HEADER + len(rsv)
    strings_at = struct_at + len(body)
    total = strings_at + len(text) + room
    head = struct.pack(">10I", MAGIC, total, struct_at, strings_at, HEADER, 17, 16, 0, len(text), len(body))
    return head + rsv + body + text + b"\0" * room
