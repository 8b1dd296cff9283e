// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: no sandbox: the sanitizers need calls that the real one forbids.
 * Never: reach test_sandbox, which links the real lib/sandbox.c.
 * Used by: tests/vmm/ through libvmm.a.
 */
#include "lib/sandbox.h"

int sandbox_enter(const struct sandbox_need *need)
{
	(void)need;
	return 0;
}
