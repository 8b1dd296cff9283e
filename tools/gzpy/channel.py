# SPDX-License-Identifier: BSD-3-Clause
"""The client's side of guests/agent/wire.h: frames over a non-blocking socket. It does no select."""
import struct

HELLO, START, STDIN, STDIN_END, STDOUT, STDERR, EXIT, CREDIT, WINDOW, SIGNAL = range(1, 11)
MAX = 1 << 20
VERSION = 1


class Broken(Exception):
    """The other end does not speak the protocol."""


class Channel:
    """Frames in and out of one socket, with the credit that stdin may use."""

    def __init__(self, sock):
        self.sock = sock
        self.credit = 0
        self.greeted = False
        self._in = bytearray()
        self._out = bytearray()

    def queue(self, kind, data=b""):
        if len(data) > MAX:
            raise Broken(f"{len(data)} bytes of arguments; at most {MAX} can be passed")
        self._out += struct.pack("<II", kind, len(data)) + data

    def start(self, argv, env, tty=None):
        """Asks for the command; tty is (rows, columns) or None."""
        rows, cols = tty or (0, 0)
        head = struct.pack("<5I", 1 if tty else 0, rows, cols, len(argv), len(env))
        self.queue(START, head + b"".join(word + b"\0" for word in [*argv, *env]))

    def send_stdin(self, data):
        self.credit -= len(data)
        self.queue(STDIN, data)

    def wants_write(self):
        return bool(self._out)

    def flush(self):
        try:
            n = self.sock.send(self._out)
        except BlockingIOError:
            return
        del self._out[:n]

    def receive(self):
        """Reads what is there: (frames, still open)."""
        still = True
        try:
            data = self.sock.recv(1 << 18)
            still = bool(data)
            self._in += data
        except BlockingIOError:
            pass
        except ConnectionError:
            still = False
        return list(self._frames()), still

    def _frames(self):
        while len(self._in) >= 8:
            kind, size = struct.unpack_from("<II", self._in)
            if not HELLO <= kind <= SIGNAL or size > MAX:
                raise Broken(f"a frame of type {kind} with {size} bytes came from the agent")
            if len(self._in) < 8 + size:
                return
            data = bytes(self._in[8:8 + size])
            del self._in[:8 + size]
            yield self._note(kind, data)

    def _note(self, kind, data):
        if kind == HELLO:
            version, window = struct.unpack("<II", data)
            if version != VERSION:
                raise Broken(f"the agent speaks version {version}, not {VERSION}; remedy: build again")
            self.greeted, self.credit = True, window
        elif kind == CREDIT:
            self.credit += struct.unpack("<I", data)[0]
        return kind, data
