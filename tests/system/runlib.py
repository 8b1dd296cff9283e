# SPDX-License-Identifier: BSD-3-Clause
"""Starts scripts/run for a test. Never: without a limit. Used by: the tests of the whole stack."""
import os
import subprocess

import lib
from gzpy import session

RUN = os.path.join(lib.TOP, "scripts", "run")


class Result:
    """What came out of one scripts/run."""

    def __init__(self, done):
        self.status = done.returncode
        self.out, self.err = done.stdout, done.stderr

    def __str__(self):
        return f"status {self.status}, stdout {self.out[-300:]!r}, stderr {self.err[-600:]!r}"


def words(options, command=None):
    return [RUN, *options, *(["--", *command] if command else [])]


def call(suite, options, command=None, stdin=b"", limit=240, build=False, label=""):
    """One scripts/run; the consoles go to out/tests/SUITE/TEST/."""
    log = os.path.join(lib.paths.OUT, "tests", suite.name, suite.current + (f".{label}" if label else ""))
    args = ["--timeout", str(limit), "--log", log, *([] if build else ["--no-build"]), *options]
    try:
        # It must not live on when the test is ended from outside.
        done = subprocess.run(words(args, command), input=stdin, capture_output=True, timeout=limit + 60, check=False,
                              preexec_fn=session.die_with_parent)
    except subprocess.TimeoutExpired as e:
        raise lib.Failed(f"scripts/run itself did not end within {limit + 60} s") from e
    return Result(done)


def refused(options, pattern, command=None, status=None):
    """scripts/run must refuse these words at once, and say what to do."""
    done = subprocess.run(words(options, command), stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
                          check=False)
    text = done.stderr.decode(errors="replace")
    lib.check(done.returncode == status if status else done.returncode != 0, f"status {done.returncode}: {text!r}")
    lib.check(lib.re.search(pattern, text) and "remedy" in text, f"it said {text!r}, expected {pattern!r} and a remedy")
    lib.check(not done.stdout, f"there is something on stdout: {done.stdout!r}")
