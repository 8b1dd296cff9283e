# SPDX-License-Identifier: BSD-3-Clause
"""Where things are: the checkout, its output, and the cache as scripts/lib/paths.sh states it."""
import functools
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(TOP, "out")
HYP = os.path.join(OUT, "hyp", "gz.bin")
GZ = os.path.join(OUT, "vmm", "gz")
AGENT = os.path.join(OUT, "agent", "gz-agent")


@functools.cache
def cache():
    """The names of scripts/lib/paths.sh as a dictionary."""
    text = subprocess.run(["sh", os.path.join(TOP, "scripts/lib/paths.sh")], check=True,
                          capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in text.splitlines())


def guest_module(kernel, name):
    """One of guests/linux for a guest kernel, "6.12" or "small" (it may not exist)."""
    return os.path.join(OUT, "guests-linux", kernel, name + ".ko")


def module(release):
    """Our driver built for a kernel release such as 6.12.1-arm64 (it may not exist)."""
    return os.path.join(OUT, "linux", ".".join(release.split(".")[:2]), "gzvm.ko")
