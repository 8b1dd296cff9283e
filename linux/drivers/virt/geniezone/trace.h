/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Job: the tracepoints of the driver: every host call, every vCPU exit, exit reasons by name.
 * Never: carry guest memory or guest registers.
 * Used by: hvc.c and gzvm_run.c; defined once, in gzvm_main.c.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM geniezone

#if !defined(GZVM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define GZVM_TRACE_H

#include <linux/tracepoint.h>
#include <uapi/linux/gzvm.h>

#define GZVM_EXIT_NAMES						\
	{ GZVM_EXIT_UNKNOWN,		"UNKNOWN" },		\
	{ GZVM_EXIT_MMIO,		"MMIO" },		\
	{ GZVM_EXIT_HYPERCALL,		"HYPERCALL" },		\
	{ GZVM_EXIT_IRQ,		"IRQ" },		\
	{ GZVM_EXIT_EXCEPTION,		"EXCEPTION" },		\
	{ GZVM_EXIT_DEBUG,		"DEBUG" },		\
	{ GZVM_EXIT_FAIL_ENTRY,		"FAIL_ENTRY" },		\
	{ GZVM_EXIT_INTERNAL_ERROR,	"INTERNAL_ERROR" },	\
	{ GZVM_EXIT_SYSTEM_EVENT,	"SYSTEM_EVENT" },	\
	{ GZVM_EXIT_SHUTDOWN,		"SHUTDOWN" },		\
	{ GZVM_EXIT_GZ,			"GZ" },			\
	{ GZVM_EXIT_IDLE,		"IDLE" },		\
	{ GZVM_EXIT_IPI,		"IPI" }

TRACE_EVENT(mtk_hypcall_enter,
	TP_PROTO(unsigned long id),
	TP_ARGS(id),
	TP_STRUCT__entry(
		__field(unsigned long, id)
	),
	TP_fast_assign(
		__entry->id = id;
	),
	TP_printk("id=0x%lx", __entry->id)
);

TRACE_EVENT(mtk_hypcall_leave,
	TP_PROTO(unsigned long id, unsigned long invalid),
	TP_ARGS(id, invalid),
	TP_STRUCT__entry(
		__field(unsigned long, id)
		__field(unsigned long, invalid)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->invalid = invalid;
	),
	TP_printk("id=0x%lx invalid=%lu", __entry->id, __entry->invalid)
);

TRACE_EVENT(mtk_vcpu_exit,
	TP_PROTO(u16 vm, u16 vcpu, u32 exit_reason),
	TP_ARGS(vm, vcpu, exit_reason),
	TP_STRUCT__entry(
		__field(u16, vm)
		__field(u16, vcpu)
		__field(u32, exit_reason)
	),
	TP_fast_assign(
		__entry->vm = vm;
		__entry->vcpu = vcpu;
		__entry->exit_reason = exit_reason;
	),
	TP_printk("vm=%u vcpu=%u exit_reason=%s", __entry->vm, __entry->vcpu,
		  __print_symbolic(__entry->exit_reason, GZVM_EXIT_NAMES))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
