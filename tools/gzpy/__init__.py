# SPDX-License-Identifier: BSD-3-Clause
"""What scripts/run, tools/ and tests/system share: QEMU, initramfs, the agent's channel."""
