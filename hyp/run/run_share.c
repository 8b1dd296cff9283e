// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: calls of a protected VM about its own memory and devices: granule, share, unshare, MMIO guard.
 * Never: more pages in one call than the host can wait for.
 * Called by: run_hvc.c. Numbers: abi section "Vendor-hypervisor calls".
 */
#include "run/run_int.h"

#include "lib/log.h"

#define PAGES_PER_CALL	32u

static u32 reply(struct vcpu *v, s64 x0, u64 x1)
{
	u64 *x = v->ctx.x;

	x[0] = (u64)x0;
	x[1] = x1;
	x[2] = x[3] = 0;
	return RUN_RESUME;
}

typedef enum gz_err page_fn(struct guest_mem *gm, ipa_t ipa);

/* count pages from ipa on, until one is refused: *err says why. Returns how many were done. */
static u64 each_page(struct vcpu *v, u64 ipa, u64 count, page_fn *change, enum gz_err *err)
{
	u64 want = MIN(count, PAGES_PER_CALL), done = 0;

	*err = GZ_OK;
	while (!*err && done < want && ipa <= UINT64_MAX - done * PAGE_SIZE) {
		*err = change(&v->vm->mem, IPA(ipa + done * PAGE_SIZE));
		done += !*err;
	}
	return done;
}

/* A host that wants to know does the rest: EXT_UNSHARE. Until then the answer is a refusal. */
static enum gz_err ask_host(struct vcpu *v, u64 want)
{
	u64 view;
	enum gz_err err = guest_mem_view(&v->vm->mem, IPA(v->ctx.x[1]), &view);

	if (err || view != GZ_VIEW_BOTH)
		return err ? err : view == GZ_VIEW_NONE ? GZ_EFAULT : GZ_EPERM;
	v->unshare.ipa = v->ctx.x[1];
	v->unshare.pages = want;
	return GZ_OK;
}

/* x2 = 0 is the old form: one page. Fewer pages than asked for is success, and the guest asks for the rest. */
static u32 change_view(struct run *r, page_fn *change)
{
	u64 ipa = r->v->ctx.x[1], want = MAX(MIN(r->v->ctx.x[2], PAGES_PER_CALL), UINT64_C(1)), done = 0;
	bool tell = READ_ONCE(r->vm->mem.tell_views);
	enum gz_err err = GZ_EINVAL;
	u32 exit = RUN_RESUME;

	if (!r->v->ctx.x[3] && tell && change == guest_unshare_host)
		err = ask_host(r->v, want);
	else if (!r->v->ctx.x[3])
		done = each_page(r->v, ipa, want, change, &err);
	if (err == GZ_EFAULT && !done) {
		/* The host brings the page, then the guest makes its call again. */
		r->v->ctx.pc -= 4;
		return report_page_fault(r->v, IPA(ipa));
	}
	if (tell && (done || !err))
		exit = report_view(r->v, done ? done : want);
	(void)reply(r->v, done ? 0 : SMCCC_INVALID_PARAMETER, done);
	return exit;
}

enum gz_err run_unshare(struct vcpu *v, u64 pages, u64 *done)
{
	enum gz_err err = v->unshare.pages ? GZ_OK : GZ_ESTATE;

	if (err)
		return err;
	*done = each_page(v, v->unshare.ipa, MIN(pages, v->unshare.pages), guest_unshare_host, &err);
	v->unshare.pages = 0;
	if (*done)
		(void)reply(v, 0, *done);
	return *done ? GZ_OK : err;
}

/* One page, or x2 of them; other arguments are not looked at, because firmware leaves them as they were. */
static u32 change_guard(struct run *r, bool range, page_fn *change)
{
	enum gz_err err;
	u64 done = each_page(r->v, r->v->ctx.x[1], range ? r->v->ctx.x[2] : 1, change, &err);

	if (err == GZ_ENOMEM)
		log_debug("vm %u: too many device pages in its MMIO guard, map fewer or closer ones", r->vm->id);
	return done ? reply(r->v, 0, range ? done : 0) : reply(r->v, SMCCC_INVALID_PARAMETER, 0);
}

u32 run_private_call(struct run *r, u32 fn)
{
	if (!guest_mem_private(&r->vm->mem))
		return reply(r->v, SMCCC_NOT_SUPPORTED, 0);
	switch (fn) {
	case VENDOR_HYP_MEMINFO:
		return r->v->ctx.x[1] | r->v->ctx.x[2] | r->v->ctx.x[3] ? reply(r->v, SMCCC_INVALID_PARAMETER, 0) :
			reply(r->v, PAGE_SIZE, 1);
	case VENDOR_HYP_MEM_SHARE:
		return change_view(r, guest_share_host);
	case VENDOR_HYP_MEM_UNSHARE:
		return change_view(r, guest_unshare_host);
	case VENDOR_HYP_MMIO_GUARD_INFO:
		return reply(r->v, PAGE_SIZE, 1);
	case VENDOR_HYP_MMIO_GUARD_ENROLL:
		guest_mmio_enrol(&r->vm->mem);
		return reply(r->v, 0, 0);
	case VENDOR_HYP_MMIO_GUARD_MAP:
		return change_guard(r, false, guest_mmio_map);
	case VENDOR_HYP_MMIO_GUARD_UNMAP:
		return change_guard(r, false, guest_mmio_unmap);
	case VENDOR_HYP_MMIO_RGUARD_MAP:
		return change_guard(r, true, guest_mmio_map);
	case VENDOR_HYP_MMIO_RGUARD_UNMAP:
		return change_guard(r, true, guest_mmio_unmap);
	default:
		return reply(r->v, SMCCC_NOT_SUPPORTED, 0);
	}
}
