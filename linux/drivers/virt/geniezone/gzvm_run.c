// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: RUN: user space in, guest, exits handled here or handed out; the sleep of an idle vCPU.
 * Never: let user space write the shared page beyond a reply, nor lose or invent an exit.
 * Used by: gzvm_vcpu.c with gzvm_vcpu.lock held, in the thread that runs the vCPU.
 */
#define pr_fmt(fmt) "gzvm: " fmt

#include <linux/hrtimer.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "gzvm_drv.h"
#include "trace.h"

/* suberror of an INTERNAL_ERROR exit made here; data[0] says more. */
#define GZVM_INTERNAL_STATUS	0x1000	/* the hypervisor refused RUN: its status */
#define GZVM_INTERNAL_REASON	0x1001	/* it gave an exit reason nobody knows: that reason */
#define GZVM_INTERNAL_SIZE	0x1002	/* it gave an access of a size there is none: that size */

/* Without a deadline an idle vCPU looks again this soon. */
#define GZVM_IDLE_BLIND_NS	NSEC_PER_MSEC

/* An idle vCPU that found work soon the last time looks this long at first before its thread sleeps. */
#define GZVM_POLL_START_NS	10000U

static unsigned int gzvm_halt_poll_ns = 200000;
module_param_named(halt_poll_ns, gzvm_halt_poll_ns, uint, 0644);
MODULE_PARM_DESC(halt_poll_ns, "longest time an idle vCPU looks for work before it sleeps; 0: sleeps at once");

/* The part of struct gzvm_vcpu_run before the union: all that each RUN reads of it. */
struct gzvm_run_head {
	u32 exit_reason;
	u8 immediate_exit;
	u8 padding1[3];
};
static_assert(sizeof(struct gzvm_run_head) == offsetof(struct gzvm_vcpu_run, padding));

static const char * const gzvm_fail_texts[] = {
	[GZ_FAIL_NO_VCPU] = "no such vCPU, or it runs elsewhere",
	[GZ_FAIL_NO_MEMORY] = "the hypervisor's page pool is empty: boot with a larger gz.pool=",
	[GZ_FAIL_RUN_PAGES] = "the vCPU's pages are not plain host memory",
	[GZ_FAIL_GIC_LAYOUT] = "GIC frames overlap memory or each other: move them or the slots",
	[GZ_FAIL_IN_INTERRUPT] = "RUN from an interrupt handler",
	[GZ_FAIL_NO_ENTRY] = "the boot vCPU has no PC: set it before the first RUN",
	[GZ_FAIL_PAGE_BUSY] = "a page of the VM is pinned or shared elsewhere",
	[GZ_FAIL_VM_DEAD] = "the VM is being destroyed",
	[GZ_FAIL_NO_FIRMWARE_SLOT] = "no slot flagged PROTECT_FW holds the firmware at the address it was given",
	[GZ_FAIL_PROTECTED_UNSUPPORTED] = "protected VMs are not supported by this hypervisor, or not by this kernel",
};

static void gzvm_internal_error(struct gzvm_vcpu *vcpu, u32 suberror, u64 data)
{
	struct gzvm_vcpu_run *run = vcpu->run;

	pr_warn_ratelimited("VM %u vCPU %u: internal error 0x%x (0x%llx)\n", vcpu->vm->id,
			    vcpu->id, suberror, data);
	memset(&run->internal, 0, sizeof(run->internal));
	run->exit_reason = GZVM_EXIT_INTERNAL_ERROR;
	run->internal.suberror = suberror;
	run->internal.ndata = 1;
	run->internal.data[0] = data;
}

static void gzvm_say_fail_entry(struct gzvm_vcpu *vcpu)
{
	u64 reason = vcpu->run->fail_entry.hardware_entry_failure_reason;
	const char *text = NULL;

	if (reason < ARRAY_SIZE(gzvm_fail_texts))
		text = gzvm_fail_texts[reason];
	pr_warn_ratelimited("VM %u vCPU %u cannot be entered: %s (reason %llu)\n", vcpu->vm->id,
			    vcpu->id, text ? text : "unknown", reason);
}

/*
 * A refused RUN. The exit the hypervisor names counts only when it also stands in the page, which
 * said UNKNOWN before: a hypervisor that names none leaves garbage in the register.
 *
 * While an exit waits for its reply the page still holds that exit and no reason. Neither may be
 * taken for the other, and user space keeps the reply for its next RUN.
 */
static int gzvm_refused(struct gzvm_vcpu *vcpu, const struct gzvm_exit *exit)
{
	if (vcpu->reply) {
		pr_warn_ratelimited("VM %u vCPU %u cannot be entered (status %d); the reason is not told while an exit waits for its reply: run it again, or end the VM\n",
				    vcpu->vm->id, vcpu->id, exit->status);
		return -ENXIO;
	}
	if (exit->reason == GZVM_EXIT_FAIL_ENTRY &&
	    READ_ONCE(vcpu->run->exit_reason) == GZVM_EXIT_FAIL_ENTRY)
		gzvm_say_fail_entry(vcpu);
	else
		gzvm_internal_error(vcpu, GZVM_INTERNAL_STATUS, (u64)(s64)exit->status);
	return 1;
}

/*
 * Whether the thread must go to the end of its system call. What TIF_NOTIFY_RESUME stands for (task
 * work, memory limits, rseq) is done there by functions no module can call.
 */
static bool gzvm_must_leave(void)
{
	return signal_pending(current) || test_thread_flag(TIF_NOTIFY_RESUME);
}

static bool gzvm_idle_over(struct gzvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->kicked) || READ_ONCE(vcpu->vm->dead) || gzvm_must_leave();
}

/*
 * Looks for work for vcpu->poll_ns, as long as no other thread wants the CPU. True when the idle is over.
 * To sleep and be woken costs more than most waits of a busy guest take.
 */
static bool gzvm_idle_poll(struct gzvm_vcpu *vcpu, ktime_t now, ktime_t deadline)
{
	ktime_t until = ktime_add_ns(now, vcpu->poll_ns);

	while (!gzvm_idle_over(vcpu)) {
		now = ktime_get();
		if (ktime_after(now, deadline))
			return true;
		if (ktime_after(now, until) || need_resched() || !single_task_running())
			return false;
		cpu_relax();
	}
	return true;
}

/* Short idles make the next look longer, long ones end it: an idle guest costs nothing. */
static void gzvm_idle_adapt(struct gzvm_vcpu *vcpu, u64 slept_ns)
{
	u32 max = READ_ONCE(gzvm_halt_poll_ns);

	if (slept_ns > max)
		vcpu->poll_ns = 0;
	else
		vcpu->poll_ns = min(max, max(GZVM_POLL_START_NS, vcpu->poll_ns * 2));
}

static void gzvm_idle_sleep(struct gzvm_vcpu *vcpu, ktime_t deadline)
{
	prepare_to_rcuwait(&vcpu->wait);
	for (;;) {
		/* Before the look at kicked: gzvm_wake_vcpus() marks first, then wakes. */
		set_current_state(TASK_INTERRUPTIBLE);
		if (gzvm_idle_over(vcpu))
			break;
		if (!schedule_hrtimeout(&deadline, HRTIMER_MODE_ABS))
			break;
	}
	finish_rcuwait(&vcpu->wait);
}

/* Until work, a deadline or a signal. Only this thread sleeps on vcpu->wait. */
static void gzvm_idle(struct gzvm_vcpu *vcpu)
{
	u64 ns = GZVM_IDLE_BLIND_NS;
	ktime_t begun, deadline;

	vcpu->count[GZVM_COUNT_IDLE]++;
	if (READ_ONCE(vcpu->hw->vtimer_migrate))
		ns = gzvm_arch_ticks_to_ns(READ_ONCE(vcpu->hw->vtimer_delay));
	if (!ns)
		return;
	begun = ktime_get();
	deadline = ktime_add_ns(begun, ns);
	if (vcpu->poll_ns && gzvm_idle_poll(vcpu, begun, deadline)) {
		vcpu->count[GZVM_COUNT_IDLE_POLLED]++;
		return;
	}
	gzvm_idle_sleep(vcpu, deadline);
	gzvm_idle_adapt(vcpu, ktime_to_ns(ktime_sub(ktime_get(), begun)));
}

static void gzvm_exit_ipi(struct gzvm_vcpu *vcpu, u32 wake)
{
	vcpu->count[GZVM_COUNT_IPI]++;
	/* Who does not name the vCPUs means all of them. */
	gzvm_wake_vcpus(vcpu->vm, gzvm_has_ext(GZ_EXT_IDLE_LATCH_FIRST) ? wake : ~0U);
}

static bool gzvm_exit_mmio(struct gzvm_vcpu *vcpu)
{
	struct gzvm_vcpu_run *run = vcpu->run;
	u64 size = run->mmio.size;

	if (size == 0 || size > sizeof(run->mmio.data)) {
		gzvm_internal_error(vcpu, GZVM_INTERNAL_SIZE, size);
		return true;
	}
	if (run->mmio.is_write &&
	    gzvm_ioevent_write(vcpu->vm, run->mmio.phys_addr, (u32)size, run->mmio.data)) {
		vcpu->count[GZVM_COUNT_MMIO_EVENTFD]++;
		return false;
	}
	vcpu->count[GZVM_COUNT_MMIO_USER]++;
	vcpu->reply = GZVM_EXIT_MMIO;
	return true;
}

static bool gzvm_exit_hypercall(struct gzvm_vcpu *vcpu)
{
	vcpu->count[GZVM_COUNT_HYPERCALL]++;
	if (gzvm_must_tell(vcpu))
		return true;
	if (gzvm_handle_hypercall(vcpu))
		return false;
	vcpu->reply = GZVM_EXIT_HYPERCALL;
	return true;
}

/* Whether an exit is for user space. The ones that stay here never show. */
static bool gzvm_handle_exit(struct gzvm_vcpu *vcpu, const struct gzvm_exit *exit)
{
	switch (exit->reason) {
	case GZVM_EXIT_IRQ:
	case GZVM_EXIT_GZ:
		vcpu->count[GZVM_COUNT_IRQ]++;
		return false;
	case GZVM_EXIT_IDLE:
		gzvm_idle(vcpu);
		return false;
	case GZVM_EXIT_IPI:
		gzvm_exit_ipi(vcpu, exit->wake);
		return false;
	case GZVM_EXIT_MMIO:
		return gzvm_exit_mmio(vcpu);
	case GZVM_EXIT_HYPERCALL:
		return gzvm_exit_hypercall(vcpu);
	case GZVM_EXIT_EXCEPTION:
		vcpu->count[GZVM_COUNT_PAGE_FAULT]++;
		return !gzvm_handle_exception(vcpu);
	case GZVM_EXIT_FAIL_ENTRY:
		gzvm_say_fail_entry(vcpu);
		break;
	case GZVM_EXIT_UNKNOWN:
	case GZVM_EXIT_DEBUG:
	case GZVM_EXIT_INTERNAL_ERROR:
	case GZVM_EXIT_SYSTEM_EVENT:
	case GZVM_EXIT_SHUTDOWN:
		break;
	default:
		gzvm_internal_error(vcpu, GZVM_INTERNAL_REASON, exit->reason);
	}
	vcpu->count[GZVM_COUNT_OTHER]++;
	return true;
}

/* One RUN of the hypervisor; 1 when user space must see how it ended, 0 to go on, or errno. */
static int gzvm_enter(struct gzvm_vcpu *vcpu)
{
	struct gzvm_exit exit;

	WRITE_ONCE(vcpu->kicked, 0);
	/*
	 * Pairs with gzvm_wake_vcpus(): whoever latched work and set the mark before this point is
	 * seen by the hypervisor on entry; whoever comes later leaves the mark for gzvm_idle().
	 */
	smp_mb();
	WRITE_ONCE(vcpu->run->exit_reason, GZVM_EXIT_UNKNOWN);
	gzvm_arch_run_vcpu(vcpu->vm->id, vcpu->id, &vcpu->regs, &exit);
	vcpu->count[GZVM_COUNT_RUN]++;
	trace_mtk_vcpu_exit(vcpu->vm->id, vcpu->id, exit.reason);
	if (exit.status)
		return gzvm_refused(vcpu, &exit);
	vcpu->reply = 0;
	vcpu->run->exit_reason = exit.reason;
	return gzvm_handle_exit(vcpu, &exit);
}

/*
 * INFORM_EXIT lets a hypervisor repeat an exit that a driver dropped because of a signal. This
 * driver drops none, and the open hypervisor takes the call as a sign that it did, so it is only
 * for one that names no extensions: there it may free what waits for the vCPU.
 */
static void gzvm_inform_exit(struct gzvm_vcpu *vcpu, bool entered)
{
	if (entered && !gzvm_drv.ext)
		gzvm_arch_inform_exit(vcpu->vm->id);
}

/* The cause has its own line by now; user space gets the exit the hypervisor would give. */
static long gzvm_not_startable(struct gzvm_vcpu *vcpu, int err)
{
	struct gzvm_vcpu_run *run = vcpu->run;

	memset(&run->fail_entry, 0, sizeof(run->fail_entry));
	run->exit_reason = GZVM_EXIT_FAIL_ENTRY;
	run->fail_entry.hardware_entry_failure_reason =
		err == -EOPNOTSUPP ? GZ_FAIL_PROTECTED_UNSUPPORTED : GZ_FAIL_PAGE_BUSY;
	gzvm_say_fail_entry(vcpu);
	return 0;
}

static long gzvm_run_until_exit(struct gzvm_vcpu *vcpu)
{
	bool entered = false;
	int ret = gzvm_mem_start(vcpu->vm);

	/* -EINTR: the thread is being killed, and the loop sees it. */
	if (ret && ret != -EINTR)
		return gzvm_not_startable(vcpu, ret);
	for (;;) {
		if (READ_ONCE(vcpu->vm->dead))
			return -ENODEV;
		cond_resched();
		/*
		 * What is not a signal waits for one entry: a tracer that stops the thread at the
		 * call's start sets the flag each time, and the call would restart for ever.
		 */
		if (signal_pending(current) || (entered && gzvm_must_leave())) {
			gzvm_inform_exit(vcpu, entered && signal_pending(current));
			/* Without a signal this only restarts the call, once the work is done. */
			set_thread_flag(TIF_SIGPENDING);
			return -ERESTARTSYS;
		}
		/* An exit for user space wins against a signal: it is delivered first. */
		ret = gzvm_enter(vcpu);
		if (ret)
			return ret < 0 ? ret : 0;
		entered = true;
	}
}

/* The answer to the last exit, and nothing else, goes from user space to the shared page. */
static unsigned long gzvm_take_reply(struct gzvm_vcpu *vcpu, struct gzvm_vcpu_run __user *argp)
{
	switch (vcpu->reply) {
	case GZVM_EXIT_MMIO:
		return copy_from_user(vcpu->run->mmio.data, argp->mmio.data,
				      sizeof(vcpu->run->mmio.data));
	case GZVM_EXIT_HYPERCALL:
		return copy_from_user(vcpu->run->hypercall.args, argp->hypercall.args,
				      4 * sizeof(vcpu->run->hypercall.args[0]));
	default:
		return 0;
	}
}

/*
 * What an exit defines of the union goes out. Sizes the compiler knows: the kernel looks at a copy of any other closely.
 * immediate_exit is user space's: another thread may be setting it right now.
 */
static long gzvm_deliver(struct gzvm_vcpu *vcpu, struct gzvm_vcpu_run __user *argp)
{
	struct gzvm_vcpu_run *run = vcpu->run;
	u32 reason = run->exit_reason;
	unsigned long left;

	if (put_user(reason, &argp->exit_reason))
		return -EFAULT;
	if (reason == GZVM_EXIT_MMIO)
		left = copy_to_user(&argp->mmio, &run->mmio, sizeof(run->mmio));
	else if (reason == GZVM_EXIT_HYPERCALL)
		left = copy_to_user(&argp->hypercall, &run->hypercall, sizeof(run->hypercall));
	else
		left = copy_to_user(&argp->padding, &run->padding, sizeof(run->padding));
	if (left)
		return -EFAULT;
	vcpu->undelivered = false;
	return 0;
}

/**
 * gzvm_vcpu_run() - RUN
 * @vcpu: the vCPU; needs its lock
 * @argp: user space's run structure, plain memory
 *
 * Return: 0 with the structure updated; -EFAULT structure not accessible (the exit is kept for
 * the next call); -EINVAL padding not zero; -EINTR immediate_exit is set; -ERESTARTSYS a signal
 * and no exit for user space; -ENXIO the hypervisor refused while a reply was pending; -ENODEV the
 * machine goes down.
 */
long gzvm_vcpu_run(struct gzvm_vcpu *vcpu, struct gzvm_vcpu_run __user *argp)
{
	struct gzvm_run_head in;
	long ret;

	if (copy_from_user(&in, argp, sizeof(in)))
		return -EFAULT;
	if (in.padding1[0] | in.padding1[1] | in.padding1[2])
		return -EINVAL;
	if (vcpu->undelivered)
		return gzvm_deliver(vcpu, argp);
	if (in.immediate_exit)
		return -EINTR;
	/* The guest's call is over now, whatever user space made of it. */
	if (vcpu->unsettled)
		gzvm_change_view(vcpu);
	if (gzvm_take_reply(vcpu, argp))
		return -EFAULT;
	ret = gzvm_run_until_exit(vcpu);
	if (ret)
		return ret;
	vcpu->undelivered = true;
	return gzvm_deliver(vcpu, argp);
}
