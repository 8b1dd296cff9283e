/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: decode PROBE and ENABLE_CAP.
 * Never: perform: vm/ does.
 * Used by: hvc/dispatch.c.
 */
#include "gz/hvc.h"
#include "hvc/hvc_int.h"

enum gz_err hvc_probe(struct hvc_call *c)
{
	c->r[1] = GZ_VERSION_MAJOR;
	c->r[2] = GZ_VERSION_MINOR;
	c->r[3] = GZ_VERSION_SUB;
	return GZ_OK;
}

/* Queries carry VM id 0. */
static enum gz_err query(u64 cap, u64 *out)
{
	switch (cap) {
	case GZ_CAP_QUERY_MAP_BATCH:
		*out = GZ_MAP_BATCH_PAGES;
		return GZ_OK;
	case GZ_CAP_QUERY_DESTROY_BATCH:
		*out = GZ_DESTROY_BATCH_PAGES;
		return GZ_OK;
	default:
		return GZ_ENOTSUP;
	}
}

enum gz_err hvc_enable_cap(struct hvc_call *c)
{
	return query(c->x[2], &c->r[1]);
}
