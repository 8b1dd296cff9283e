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

typedef enum gz_err page_fn(struct guest_mem *gm, ipa_t ipa);

/* count pages from x1 on, until one is refused: *err says why. Returns how many were done. */
static u64 each_page(struct run *r, u64 count, page_fn *change, enum gz_err *err)
{
	u64 ipa = r->v->ctx.x[1], want = MIN(count, PAGES_PER_CALL), done = 0;

	*err = GZ_OK;
	while (!*err && done < want && ipa <= UINT64_MAX - done * PAGE_SIZE) {
		*err = change(&r->vm->mem, IPA(ipa + done * PAGE_SIZE));
		done += !*err;
	}
	return done;
}

/* x2 = 0 is the old form: one page. Fewer pages than asked for is success, and the guest asks for the rest. */
static u32 change_view(struct run *r, page_fn *change)
{
	u64 done = 0;
	enum gz_err err = GZ_EINVAL;

	if (!r->v->ctx.x[3])
		done = each_page(r, MAX(r->v->ctx.x[2], UINT64_C(1)), change, &err);
	if (err == GZ_EFAULT && !done) {
		/* The host brings the page, then the guest makes its call again. */
		r->v->ctx.pc -= 4;
		return report_page_fault(r->v, IPA(r->v->ctx.x[1]));
	}
	return done ? reply(r, 0, done) : reply(r, SMCCC_INVALID_PARAMETER, 0);
}

/* One page, or x2 of them; other arguments are not looked at, because firmware leaves them as they were. */
static u32 change_guard(struct run *r, bool range, page_fn *change)
{
	enum gz_err err;
	u64 done = each_page(r, range ? r->v->ctx.x[2] : 1, change, &err);

	if (err == GZ_ENOMEM)
		log_debug("vm %u: too many device pages in its MMIO guard, map fewer or closer ones", r->vm->id);
	return done ? reply(r, 0, range ? done : 0) : reply(r, SMCCC_INVALID_PARAMETER, 0);
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
		return reply(r, PAGE_SIZE, 1);
	case VENDOR_HYP_MMIO_GUARD_ENROLL:
		guest_mmio_enrol(&r->vm->mem);
		return reply(r, 0, 0);
	case VENDOR_HYP_MMIO_GUARD_MAP:
		return change_guard(r, false, guest_mmio_map);
	case VENDOR_HYP_MMIO_GUARD_UNMAP:
		return change_guard(r, false, guest_mmio_unmap);
	case VENDOR_HYP_MMIO_RGUARD_MAP:
		return change_guard(r, true, guest_mmio_map);
	case VENDOR_HYP_MMIO_RGUARD_UNMAP:
		return change_guard(r, true, guest_mmio_unmap);
	default:
		return reply(r, SMCCC_NOT_SUPPORTED, 0);
	}
}
