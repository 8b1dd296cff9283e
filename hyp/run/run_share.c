// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: calls of a protected VM about its own memory and devices: granule, share, unshare, MMIO guard.
 * Never: more pages in one call than the host can wait for.
 * Called by: run_hvc.c. Numbers: abi section "Vendor-hypervisor calls".
 */
#include "run/run_int.h"

#include "lib/log.h"

#define PAGES_PER_CALL	32u

static u32 reply(struct run *r, s64 x0, u64 x1)
{
	u64 *x = r->v->ctx.x;

	x[0] = (u64)x0;
	x[1] = x1;
	x[2] = x[3] = 0;
	return RUN_RESUME;
}

/* x2 = 0 is the old form: one page, and x1 of the answer is nothing. Fewer pages than asked for is success. */
static u32 change_view(struct run *r, enum gz_err (*change)(struct guest_mem *, ipa_t))
{
	u64 ipa = r->v->ctx.x[1], count = r->v->ctx.x[2], want = count ? MIN(count, PAGES_PER_CALL) : 1, done = 0;
	enum gz_err err = r->v->ctx.x[3] ? GZ_EINVAL : GZ_OK;

	while (!err && done < want && ipa <= UINT64_MAX - done * PAGE_SIZE) {
		err = change(&r->vm->mem, IPA(ipa + done * PAGE_SIZE));
		done += !err;
	}
	if (err == GZ_EFAULT && !done) {
		/* The host brings the page, then the guest makes its call again. */
		r->v->ctx.pc -= 4;
		return report_page_fault(r->v, IPA(ipa));
	}
	return done ? reply(r, 0, count ? done : 0) : reply(r, SMCCC_INVALID_PARAMETER, 0);
}

/* One page; other arguments are not looked at, because firmware leaves them as they were. */
static u32 change_guard(struct run *r, enum gz_err (*change)(struct guest_mem *, ipa_t))
{
	enum gz_err err = change(&r->vm->mem, IPA(r->v->ctx.x[1]));

	if (err == GZ_ENOMEM)
		log_debug("vm %u: too many device pages in its MMIO guard, map fewer or closer ones", r->vm->id);
	return reply(r, err ? SMCCC_INVALID_PARAMETER : 0, 0);
}

u32 run_private_call(struct run *r, u32 fn)
{
	if (!guest_mem_private(&r->vm->mem))
		return reply(r, SMCCC_NOT_SUPPORTED, 0);
	switch (fn) {
	case VENDOR_HYP_MEMINFO:
		return r->v->ctx.x[1] | r->v->ctx.x[2] | r->v->ctx.x[3] ? reply(r, SMCCC_INVALID_PARAMETER, 0) :
			reply(r, PAGE_SIZE, 1);
	case VENDOR_HYP_MEM_SHARE:
		return change_view(r, guest_share_host);
	case VENDOR_HYP_MEM_UNSHARE:
		return change_view(r, guest_unshare_host);
	case VENDOR_HYP_MMIO_GUARD_INFO:
		return reply(r, PAGE_SIZE, 0);
	case VENDOR_HYP_MMIO_GUARD_ENROLL:
		guest_mmio_enrol(&r->vm->mem);
		return reply(r, 0, 0);
	case VENDOR_HYP_MMIO_GUARD_MAP:
		return change_guard(r, guest_mmio_map);
	case VENDOR_HYP_MMIO_GUARD_UNMAP:
		return change_guard(r, guest_mmio_unmap);
	default:
		return reply(r, SMCCC_NOT_SUPPORTED, 0);
	}
}
