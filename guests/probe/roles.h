/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: what else the probe can be: the guest half of a test whose other half is el1host.
 * Never: print a closing line: el1host judges.
 * Used by: probe/main.c, el1host's tests by number.
 */
#ifndef PROBE_ROLES_H
#define PROBE_ROLES_H

#include "lib/lib.h"

#define ROLE_TESTS	0	/* all suites */
#define ROLE_ECHO	1	/* MMIO reads and writes of all sizes; exit code 0 when all came back right */
#define ROLE_SPIN	2	/* interrupts masked, spins for ever */
#define ROLE_WFI	3	/* WFI for ever */
#define ROLE_SGI_STORM	4
#define ROLE_FAULT_LOOP	5	/* faults on one address for ever (stage 2 hole) */
#define ROLE_WAIT_SPI	6	/* waits for TESTDEV_ARG interrupts of SPI 32 in WFI; exit code: how many were wrong */
#define ROLE_OFF	7	/* SYSTEM_OFF */
#define ROLE_RESET	8	/* SYSTEM_RESET */
#define ROLE_TOUCH	9	/* reads and writes every page of RAM behind the image */
#define ROLE_LEAK	10	/* patterns in every register, exits, checks them, for TESTDEV_ARG rounds */
#define ROLE_HVC	11	/* tries TESTDEV_ARG hypercall ids from 0 on, of every owner */
#define ROLE_RELINQUISH	12	/* gives one page back and uses it again */
#define ROLE_RESET2	13
#define ROLE_TIMER_WFI	14	/* TESTDEV_ARG periods of the virtual timer in WFI; exit code 0 when none was lost */
#define ROLE_SMP	15	/* the suite of several vCPUs alone */
#define ROLE_SECRET	16	/* a secret 2 MiB into RAM; TESTDEV_ECHO tells each step (below); exit code 0: unharmed */
#define ROLE_GUARD	17	/* touches GUARD_SPOT, a device nobody has; TESTDEV_ECHO tells each step (below) */

#define ROLE_STORM	18	/* all vCPUs share, unshare and relinquish for ever (below) */
#define ROLE_PICK	19	/* loads TESTDEV_ECHO for ever: a value that is none of PICK_A, PICK_B ends in SYSTEM_RESET */
#define ROLE_QUIET	20	/* each kind of exit with QUIET_WORD in every register that the exit is not about */

#define ROLE_MISUSE	21	/* a protected guest's calls with every wrong argument; exit code: how many were not refused as they must */
#define ROLE_SECRET_OFF	22	/* the secret, then the machine ends: TESTDEV_ARG 0 SYSTEM_OFF, 1 SYSTEM_RESET, 2 SYSTEM_RESET2 */

/*
 * The storm, 2 MiB into RAM: STORM_OWN pages of each vCPU, that it shares and takes back, then STORM_COMMON pages that all
 * write and relinquish. A page that is shared or relinquished never holds STORM_SECRET: whoever sees that word there reads
 * what is not his. With TESTDEV_ARG = 1 a private page that did not keep its word ends the guest with 1.
 */
#define STORM_VCPUS	4u
#define STORM_OWN	4u
#define STORM_COMMON	4u
#define STORM_PAGES	(STORM_VCPUS * STORM_OWN + STORM_COMMON)
#define STORM_SECRET	0x5ec4e75ec4e7beefull
#define STORM_PUBLIC	0x0bece0bece0bece0ull
#define STORM_STRIDE	512u	/* bytes between the words of a page */

#define PICK_A		0x1111111111111111ull
#define PICK_B		0x2222222222222222ull

#define QUIET_WORD(reg)	(0xc0de5ec45ec4e700ull + (reg))
#define QUIET_RAM	0x200000ull	/* from the start of RAM: never touched before, and given back */

/*
 * The secret: pages of one word each but for SECRET_CODE and SECRET_REPLY. Steps: 1 written, 2 checked and page 0 shared,
 * 3 taken back, 4 page 1 relinquished, 5 page 1 shared anew. After step 2 only with TESTDEV_ARG = 1 (protected).
 */
#define SECRET_PAGES	16u
#define SECRET_WORD(page) (0x5ec4e75ec4e70000ull + (page))
#define SECRET_CODE	0x2000ull	/* page 2 begins with a return instruction */
#define SECRET_REPLY	0x40ull		/* in page 0: the host writes 0x77 */

/*
 * The MMIO guard: at each step GUARD_SPOT has been loaded from and stored to. 1 as ever; 2 enrolled with the test device alone
 * in the guard, 3 the spot is in it, 4 not any more; 5 and 6 as 3
 * and 4, by ranges. Without protection (TESTDEV_ARG = 0) every call is refused.
 */
#define GUARD_SPOT	0x0b000010ull

void role_run(u64 role);
void role_storm(void);
void role_pick(void);
void role_quiet(void);
void role_misuse(void);

#endif
