/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the guest payload that el1host starts, as bytes.
 * Never: run in place.
 * Used by: vm.c.
 */
	.section .rodata
	.globl probe_blob, probe_blob_end
	.balign	4096
probe_blob:
	.incbin PROBE_BIN
probe_blob_end:
