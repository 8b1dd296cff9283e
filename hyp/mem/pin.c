/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: host pages EL2 may touch: pin (host_share_hyp), copy, unpin.
 * Never: touch a page without its pin, or read a byte twice.
 * Used by: hvc, vm.
 */
#include "mem/pin.h"

#include "lib/check.h"
#include "lib/string.h"
#include "mem/own.h"
#include "mm/hyp_map.h"
#include "mm/pgtable.h"

#define FIXMAP_PIN	0

enum gz_err host_share_hyp(pa_t page)
{
	struct pa_range range = { pa_page(page), PAGE_SIZE };
	enum gz_err err;

	spin_lock(&host_lock);
	err = own_check(range, MOVE_HOST_SHARE_HYP, 0, NULL);
	if (!err)
		own_move(range, MOVE_HOST_SHARE_HYP, 0);
	spin_unlock(&host_lock);
	return err;
}

void host_unshare_hyp(pa_t page)
{
	spin_lock(&host_lock);
	own_move((struct pa_range){ pa_page(page), PAGE_SIZE }, MOVE_HOST_UNSHARE_HYP, 0);
	spin_unlock(&host_lock);
}

/* Pins and maps; NULL in *ptr when not GZ_OK. */
static enum gz_err page_open(pa_t pa, u32 len, u32 attr, void **ptr)
{
	enum gz_err err;

	if (len == 0 || len > PAGE_SIZE - pa.v % PAGE_SIZE)
		return GZ_EINVAL;
	err = host_share_hyp(pa);
	if (!err)
		*ptr = fixmap_map(FIXMAP_PIN, pa, attr);
	return err == GZ_EPERM ? GZ_EFAULT : err;
}

static void page_close(pa_t pa)
{
	fixmap_unmap(FIXMAP_PIN);
	host_unshare_hyp(pa);
}

enum gz_err host_page_read(pa_t pa, void *dst, u32 len)
{
	void *src = NULL;
	enum gz_err err = page_open(pa, len, PG_R, &src);

	if (err)
		return err;
	memcpy(dst, src, len);
	page_close(pa);
	return GZ_OK;
}

enum gz_err host_page_write(pa_t pa, const void *src, u32 len)
{
	void *dst = NULL;
	enum gz_err err = page_open(pa, len, PG_R | PG_W, &dst);

	if (err)
		return err;
	memcpy(dst, src, len);
	page_close(pa);
	return GZ_OK;
}
