# SPDX-License-Identifier: BSD-3-Clause
"""One run of QEMU with the streams of a command tied to ours: consoles to logs, frames to the agent.

It starts and ends QEMU; it decides the exit status. It builds nothing and packs nothing.
"""
import ctypes
import errno
import os
import selectors
import signal
import socket
import subprocess
import sys
import termios
import time
import tty

from . import channel

RUNNER_FAILED = 125        # the run itself failed: nothing the command or gz said
TIMED_OUT = 124
GZ_STATUS = {0: "it powered off", 32: "it asked for a reset", 33: "it crashed", 34: "its kernel panicked",
             35: "gz refused its command line"}
ESCAPE = b"\x1d"           # Ctrl-]


def die_with_parent():
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Session:
    """Settings first, then run()."""

    def __init__(self, command, sockets, logs, where, argv=None, timeout=None, verbose=False, say=None,
                 linger=0):
        self.command, self.sockets, self.logs = command, sockets, logs
        self.where = where                  # "host" or "guest": where the agent runs
        self.argv, self.verbose = argv, verbose
        self.deadline = time.monotonic() + timeout if timeout else None
        self.timeout = timeout
        self.say = say or (lambda text: None)
        self.linger = linger                # seconds for a clean end after the command's
        self.status = None
        self.why = None
        self.doing = "booting the host"
        self.stdin_open = True
        self.interrupts = 0
        self.gz_said = []
        self.ctl_text = b""
        self.tail = b""
        self.selector = selectors.PollSelector()
        self.on_tty = argv is None and sys.stdin.isatty() and sys.stdout.isatty()

    def run(self):
        """The exit status; messages went to stderr."""
        saved = termios.tcgetattr(0) if self.on_tty else None
        wake = self._catch_signals()
        self.proc = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        try:
            self._connect(wake)
            while self.status is None:
                self._step()
            if self.linger:
                self._linger()
        finally:
            if saved:
                termios.tcsetattr(0, termios.TCSADRAIN, saved)
            self.proc.kill()
            self.proc.wait()
        if self.why:
            print(f"scripts/run: {self.why}", file=sys.stderr)
        return self.status

    # --- setting up -----------------------------------------------------------------------------

    def _catch_signals(self):
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        signal.set_wakeup_fd(far.fileno())
        self._far = far
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH):
            signal.signal(s, lambda *_: None)
        return near

    def _connect(self, wake):
        agent, ctl, guest = (self._socket(n) for n in ("gz.agent", "gz.ctl", "gz.console"))
        self.agent = channel.Channel(agent) if agent else None
        out = self.proc.stdout
        os.set_blocking(out.fileno(), False)
        self._watch(out, self._on_console)
        self._watch(wake, self._on_signal)
        self._watch(ctl, self._on_ctl)
        self._watch(guest, self._on_guest_console)
        self._watch(agent, self._on_agent)

    def _socket(self, name):
        """Connects to a port of QEMU, which makes its sockets as it starts."""
        path = self.sockets.get(name)
        s = socket.socket(socket.AF_UNIX)
        limit = time.monotonic() + 20
        while path and self.proc.poll() is None and time.monotonic() < limit:
            try:
                s.connect(path)
                s.setblocking(False)
                return s
            except OSError as e:
                if e.errno not in (errno.ENOENT, errno.ECONNREFUSED):
                    raise
                time.sleep(0.01)
        return None

    def _watch(self, stream, callback):
        if stream is not None:
            self.selector.register(stream, selectors.EVENT_READ, callback)

    def _forget(self, stream):
        if stream in self.selector.get_map():
            self.selector.unregister(stream)

    # --- the loop -------------------------------------------------------------------------------

    def _step(self):
        wait = 1.0
        if self.deadline:
            wait = min(wait, max(0.0, self.deadline - time.monotonic()))
        self._aim()
        for key, events in self.selector.select(wait):
            self._serve(key, events)
        if self.status is None and self.deadline and time.monotonic() >= self.deadline:
            self._end(TIMED_OUT, f"no end within {self.timeout:g} s, while {self.doing}; "
                      f"remedy: --timeout S, or -v to see the consoles")

    def _serve(self, key, events):
        """poll() tells a hang-up as both kinds of event, so only the agent's socket is written."""
        if events & selectors.EVENT_WRITE and self.agent and self.agent.wants_write():
            self.agent.flush()
        if events & selectors.EVENT_READ:
            key.data(key.fileobj)

    def _aim(self):
        """Watches for what can be used now: room to write, and stdin while there is credit."""
        if not self.agent:
            return
        sock = self.agent.sock
        if sock in self.selector.get_map():
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.agent.wants_write() else 0)
            self.selector.modify(sock, events, self._on_agent)
        want = self.agent.greeted and self.stdin_open and self.agent.credit > 0
        have = 0 in self.selector.get_map()
        if want and not have:
            self.selector.register(0, selectors.EVENT_READ, self._on_stdin)
        elif have and not want:
            self.selector.unregister(0)

    def _end(self, status, why=None):
        if self.status is None:
            self.status, self.why = status, why

    def _log(self, name, data, show):
        path = os.path.join(self.logs, name)
        with open(path, "ab") as f:
            f.write(data)
        if show:
            if self.on_tty:
                data = data.replace(b"\n", b"\r\n")
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()

    # --- what arrives ---------------------------------------------------------------------------

    def _on_console(self, out):
        data = out.read()
        if data:
            self.tail = (self.tail + data)[-4096:]
            self._log("console.log", data, self.verbose)
        elif data == b"":
            self._forget(out)
            self._machine_gone()

    def _machine_gone(self):
        self.proc.wait()
        self._drain_agent()
        lines = self.tail.decode(errors="replace").splitlines()
        marks = ("Kernel panic", "gz: panic", "qemu-system")
        hint = next((x for x in reversed(lines) if any(m in x for m in marks)),
                    lines[-1] if lines else "nothing on its console")
        self._end(RUNNER_FAILED, f"the machine ended while {self.doing} (QEMU's status "
                  f"{self.proc.returncode}): {hint.strip()}; remedy: see {self.logs}/console.log")

    def _drain_agent(self):
        """Takes what the agent had sent before the news that came by another way."""
        while self.agent and self.status is None and self._on_agent(self.agent.sock):
            pass

    def _on_guest_console(self, sock):
        data = self._recv(sock)
        if data:
            self._log("guest-console.log", data, self.verbose)

    def _recv(self, sock):
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return None
        except ConnectionError:
            data = b""
        if not data:
            self._forget(sock)
        return data

    def _on_ctl(self, sock):
        self.ctl_text += self._recv(sock) or b""
        *lines, self.ctl_text = self.ctl_text.split(b"\n")
        for line in lines:
            word, _, rest = line.decode(errors="replace").partition(" ")
            self._on_ctl_line(word, rest)

    def _on_ctl_line(self, word, rest):
        if word == "host-up":
            self.doing = "starting the command in the host" if self.where == "host" else "starting gz"
            self.say(f"the host runs Linux {rest}")
        elif word == "guest-start":
            self.doing = "booting the guest"
            self.say("the guest boots")
        elif word == "gz-says":
            self.gz_said.append(rest)
        elif word == "error":
            self._end(RUNNER_FAILED, rest)
        elif word == "guest-end":
            self._guest_end(int(rest))

    def _guest_end(self, status):
        self._drain_agent()
        what = GZ_STATUS.get(status, "gz failed")
        # A guest's own end needs one line; anything else is explained by gz.
        said = "" if status in (0, 32, 34) else "".join(f"\n  {line}" for line in self.gz_said)
        if self.argv is None and status == 0:
            self._end(0)
            self.say("the guest powered off")
        self._end(status, f"the guest ended while {self.doing}: {what} (gz's status {status}){said}")

    def _on_agent(self, sock):
        """True when something came."""
        frames, still = self.agent.receive()
        for kind, data in frames:
            self._on_frame(kind, data)
        if not still:
            self._forget(sock)
        return bool(frames)

    def _on_frame(self, kind, data):
        if kind == channel.HELLO:
            self._greet()
        elif kind == channel.STDOUT:
            self._pass_on(sys.stdout.buffer, data)
        elif kind == channel.STDERR:
            self._pass_on(sys.stderr.buffer, data)
        elif kind == channel.EXIT:
            self._end(int.from_bytes(data[:4], "little"))

    def _greet(self):
        self.doing = "running the command"
        size = None
        env = []
        if self.on_tty:
            self.say("here is the shell; Ctrl-] ends the run\r")
            size = os.get_terminal_size(0)
            size = (size.lines, size.columns)
            env = [b"TERM=" + os.environb.get(b"TERM", b"linux")]
            tty.setraw(0)
        argv = [os.fsencode(a) for a in self.argv or []]
        self.agent.start(argv, env, size)

    def _pass_on(self, stream, data):
        try:
            stream.write(data)
            stream.flush()
        except BrokenPipeError:
            # As a shell shows it: whoever read our output went away.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            self._end(128 + signal.SIGPIPE)

    def _on_stdin(self, _):
        try:
            data = os.read(0, min(self.agent.credit, 16384))
        except OSError:
            data = b""
        if self.on_tty and ESCAPE in data:
            self.linger = 0
            self._end(0, "ended by Ctrl-]\r")
        elif data:
            self.agent.send_stdin(data)
        else:
            self.stdin_open = False
            self.agent.queue(channel.STDIN_END)

    def _on_signal(self, wake):
        for number in wake.recv(64):
            self._signal(number)

    def _signal(self, number):
        if number == signal.SIGWINCH:
            if self.on_tty and self.agent.greeted:
                size = os.get_terminal_size(0)
                self.agent.queue(channel.WINDOW, size.lines.to_bytes(4, "little") + size.columns.to_bytes(4, "little"))
            return
        self.interrupts += 1
        if number == signal.SIGINT and self.interrupts == 1 and self.agent and self.agent.greeted:
            self.agent.queue(channel.SIGNAL, int(number).to_bytes(4, "little"))
            return
        self._end(128 + number, f"ended by signal {number} while {self.doing}")

    def _linger(self):
        """Lets the machine end by itself, so that disks are left whole."""
        limit = time.monotonic() + self.linger
        while time.monotonic() < limit and self.proc.poll() is None:
            for key, events in self.selector.select(0.2):
                if key.fileobj != 0:
                    self._serve(key, events)
