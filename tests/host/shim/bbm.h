/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: break-before-make checker: an automaton per table entry, fed by the event log while the code under test runs.
 * Never: share code with mm/pte_replace.c; it knows the architecture's rules only (Arm ARM DDI 0487, "Using
 *        break-before-make when updating translation table entries", "TLB maintenance requirements").
 * Used by: every native test that edits tables.
 */
#ifndef BBM_H
#define BBM_H

#include "mm/pgtable.h"

/* Installs the checker in shim_event_hook, forgets everything. */
void bbm_start(void);
/* From here on CPUs may walk this table: its pages, and what gets linked below, are watched. */
void bbm_live(const struct pgtable *t);
/* From here on no CPU enters this table any more; its TLB entries still exist until a TLBI of its VMID. */
void bbm_stop(const struct pgtable *t);
/* Entries made invalid whose TLB entries are still there: must be 0 whenever a call has returned. */
u32 bbm_unclean(void);
/* Rules broken so far, and the first one in words. */
u32 bbm_violations(void);
const char *bbm_first(void);

/* For a test's teardown: nothing broken, nothing left unclean. */
#define assert_bbm_good() \
	do { \
		if (bbm_violations()) \
			fail_msg("%s", bbm_first()); \
		assert_int_equal(bbm_unclean(), 0); \
	} while (0)

#endif
