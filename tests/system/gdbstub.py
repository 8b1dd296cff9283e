# SPDX-License-Identifier: BSD-3-Clause
"""A few words of the GDB remote protocol: stop a CPU at an address, change registers or memory, let it go.

Never: more than a test of EL2's own defences needs; people use gdb itself (tools/run-qemu --gdb).
Used by: tests/system/host-boot.
"""
import socket
import subprocess
import time

PC, SP = 32, 31


def symbols(elf):
    """Name -> address."""
    out = subprocess.run(["aarch64-linux-gnu-nm", elf], capture_output=True, text=True, check=True).stdout
    return {p[2]: int(p[0], 16) for p in (line.split() for line in out.splitlines()) if len(p) == 3}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stub:
    """Connecting stops the machine."""

    def __init__(self, port, seconds=10):
        limit = time.monotonic() + seconds
        while True:
            try:
                self.sock = socket.create_connection(("127.0.0.1", port), timeout=seconds)
                return
            except OSError:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.1)

    def _packet(self):
        data = b""
        while True:
            c = self.sock.recv(1)
            if not c:
                raise OSError("the GDB stub closed the connection")
            if c == b"$":
                data = b""
            elif c == b"#":
                self.sock.recv(2)
                self.sock.sendall(b"+")
                return data.decode()
            else:
                data += c

    def ask(self, text, answer=True):
        self.sock.sendall(f"${text}#{sum(text.encode()) & 0xff:02x}".encode())
        return self._packet() if answer else None

    def run_to(self, address, seconds=60):
        """Continues until a CPU is at address; that CPU is the one other calls mean."""
        self.sock.settimeout(seconds)
        self.expect_ok(f"Z1,{address:x},4")
        stop = self.ask("c")
        self.expect_ok(f"z1,{address:x},4")
        thread = stop.split("thread:")[1].split(";")[0] if "thread:" in stop else "1"
        self.expect_ok(f"Hg{thread}")

    def expect_ok(self, text):
        got = self.ask(text)
        if got != "OK":
            raise OSError(f"GDB stub: {text} was answered {got!r}")

    def set_register(self, number, value):
        self.expect_ok(f"P{number:x}={value.to_bytes(8, 'little').hex()}")

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def write(self, address, data):
        self.expect_ok(f"M{address:x},{len(data):x}:{data.hex()}")

    def read_u64(self, address):
        return int.from_bytes(bytes.fromhex(self.ask(f"m{address:x},8")), "little")

    def detach(self):
        self.ask("D", answer=False)
        self.sock.close()
