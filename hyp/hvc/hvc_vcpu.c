// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: decode CREATE_VCPU, DESTROY_VCPU, RUN, SET_ONE_REG, GET_ONE_REG, EXT_UNSHARE.
 * Never: perform: vm/ and run/ do. RUN never returns without a valid exit reason in x1.
 * Called by: hvc/dispatch.c.
 */
#include "hvc/hvc_int.h"

#include "run/run.h"
#include "vm/vm.h"

enum gz_err hvc_create_vcpu(struct hvc_call *c)
{
	return vcpu_create(c->vm, field_get(HVC_TUPLE_VCPU, c->x[1]), PA(c->x[2]));
}

enum gz_err hvc_destroy_vcpu(struct hvc_call *c)
{
	return vcpu_destroy(c->vm, field_get(HVC_TUPLE_VCPU, c->x[1]));
}

/* A claimed vCPU and with it a reference to its VM; both go back by vcpu_put. */
static enum gz_err vcpu_get(u64 tuple, struct vcpu **v)
{
	struct vm *vm = vm_get(field_get(HVC_TUPLE_VM, tuple));
	enum gz_err err;

	if (!vm)
		return GZ_ENOENT;
	err = vcpu_claim(vm, field_get(HVC_TUPLE_VCPU, tuple), v);
	if (err)
		vm_put(vm);
	return err;
}

static void vcpu_put(struct vcpu *v)
{
	struct vm *vm = v->vm;

	vcpu_release(v);
	vm_put(vm);
}

enum gz_err hvc_run(struct hvc_call *c)
{
	struct vcpu *v;
	enum gz_err err = vcpu_get(c->x[1], &v);

	if (err) {
		c->r[1] = run_fail_reason_of(err);
		return err;
	}
	c->r[1] = vcpu_run(v);
	c->r[2] = v->wake_mask;
	vcpu_put(v);
	return c->r[1] == GZ_EXIT_FAIL_ENTRY ? GZ_ESTATE : GZ_OK;
}

enum gz_err hvc_set_one_reg(struct hvc_call *c)
{
	struct vcpu *v;
	enum gz_err err = vcpu_get(c->x[1], &v);

	if (err)
		return err;
	err = vcpu_set_one_reg(v, c->x[2], c->x[3]);
	vcpu_put(v);
	return err;
}

enum gz_err hvc_get_one_reg(struct hvc_call *c)
{
	struct vcpu *v;
	enum gz_err err = vcpu_get(c->x[1], &v);

	if (err)
		return err;
	err = vcpu_get_one_reg(v, c->x[2], &c->r[1]);
	vcpu_put(v);
	return err;
}

enum gz_err hvc_ext_unshare(struct hvc_call *c)
{
	struct vcpu *v;
	enum gz_err err = vcpu_get(c->x[1], &v);

	if (err)
		return err;
	err = run_unshare(v, c->x[2], &c->r[1]);
	vcpu_put(v);
	return err;
}
