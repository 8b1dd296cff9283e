# SPDX-License-Identifier: BSD-3-Clause
# Thin on purpose: each folder builds itself; this file only names the jobs.
# CC_HYP=clang builds hyp/ and guests/ with clang.

.DEFAULT_GOAL := all
.PHONY: all hyp linux vmm guests test static check-abi bench clean help

all: hyp linux vmm guests

hyp:                    ## out/hyp/gz.bin, the hypervisor
	$(MAKE) -C hyp

linux:                  ## out/linux/KERNEL/gzvm.ko for each Debian kernel in the cache
	$(MAKE) -C linux

vmm:                    ## out/vmm/gz, the VMM
	$(MAKE) -C vmm

guests:                 ## out/guests/*.bin, bare-metal payloads; out/agent/gz-agent, which runs commands; gz_guest.ko
	$(MAKE) -C guests
	$(MAKE) -C guests/agent
	$(MAKE) -C guests/linux

test:                   ## native unit tests
	$(MAKE) -C tests/host run
	$(MAKE) -C tests/vmm run

check-abi:              ## sizes, offsets and numbers of the ABI
	tools/check-abi

static: check-abi       ## layers, headers, size budgets, shared fields
	tools/layers
	tools/header-check
	tools/tcb
	tools/read-once

bench: hyp linux vmm guests	## instructions per operation, gz.bin beside KVM; FULL=1: all rows; PROFILE=ROW: of one, by function
	tools/bench $(if $(PROFILE),--profile $(PROFILE)) $(if $(FULL),--full)

clean:                  ## out/ goes, the cache stays
	rm -rf out

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1: \2/p' Makefile
