/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the runtime of bare-metal payloads: console, tests, exceptions, CPUs, page tables, timer.
 * Never: know whether it runs as a host or as a guest; platform.h's variables say it.
 * Used by: guests/el1host, guests/probe, guests/bench.
 */
#ifndef GUESTS_LIB_H
#define GUESTS_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(UINT64_C(1) << (n))
#define MAX_CPUS	8
#define PAGE_SIZE	4096ull

#define sysreg_read(name) \
	({ u64 v_; __asm__ volatile("mrs %0, " #name : "=r"(v_) : : "memory"); v_; })
#define sysreg_write(name, value) \
	do { u64 v_ = (value); __asm__ volatile("msr " #name ", %0" : : "r"(v_) : "memory"); } while (0)
#define isb()		__asm__ volatile("isb" : : : "memory")
#define dsb_sy()	__asm__ volatile("dsb sy" : : : "memory")
#define wfi()		__asm__ volatile("dsb sy\n\twfi" : : : "memory")
#define cpu_relax()	__asm__ volatile("yield" : : : "memory")

static inline u8 read8(u64 a) { u8 v; __asm__ volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(a) : "memory"); return v; }
static inline u16 read16(u64 a) { u16 v; __asm__ volatile("ldrh %w0, [%1]" : "=r"(v) : "r"(a) : "memory"); return v; }
static inline u32 read32(u64 a) { u32 v; __asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(a) : "memory"); return v; }
static inline u64 read64(u64 a) { u64 v; __asm__ volatile("ldr %0, [%1]" : "=r"(v) : "r"(a) : "memory"); return v; }
static inline void write8(u64 a, u8 v) { __asm__ volatile("strb %w0, [%1]" : : "r"(v), "r"(a) : "memory"); }
static inline void write16(u64 a, u16 v) { __asm__ volatile("strh %w0, [%1]" : : "r"(v), "r"(a) : "memory"); }
static inline void write32(u64 a, u32 v) { __asm__ volatile("str %w0, [%1]" : : "r"(v), "r"(a) : "memory"); }
static inline void write64(u64 a, u64 v) { __asm__ volatile("str %0, [%1]" : : "r"(v), "r"(a) : "memory"); }

/* string.c */
void *memcpy(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* console.c: where output goes is chosen once by console_init() from the device tree. */
void console_init(u64 fdt);
void putch(char c);
/* %s %c %d %u %x %lx %lu %p %%, width and 0 flag. */
void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Ends the run: semihosting exit under a test machine, else PSCI SYSTEM_OFF; code only reaches the shell by the former. */
__attribute__((noreturn)) void finish(int code);

/* fdt.c: the few questions a payload asks of its device tree. */
/* First node with this compatible string: its first reg pair; false when absent or fdt == 0. */
bool fdt_find_reg(u64 fdt, const char *compatible, u64 *base, u64 *size);
/* Base of its second reg pair. */
bool fdt_find_reg2(u64 fdt, const char *compatible, u64 *base);
/* First node whose name begins so: its first reg pair. */
bool fdt_find_named(u64 fdt, const char *prefix, u64 *base, u64 *size);
/* A property of /chosen as bytes; NULL when absent. */
const char *fdt_chosen(u64 fdt, const char *prop, u32 *len);

/* smc.S: SMCCC calls; x[0..17] in and out. */
struct call { u64 x[18]; };
void hvc_call(struct call *c);
void smc_call(struct call *c);
/* Convenience: four arguments, result x0; the rest in *out when not NULL. */
u64 hvc(u64 id, u64 a1, u64 a2, u64 a3);
extern bool conduit_smc;	/* PSCI by SMC (host) or HVC (guest) */
u64 psci(u64 id, u64 a1, u64 a2, u64 a3);

/* exceptions.c: an expected exception is recorded and skipped (PC += 4); an unexpected one ends the run with a report. */
struct exc { u64 count, esr, far, elr, spsr; u32 vector; };
struct frame { u64 x[31], elr, spsr, esr, far, pad; };
void exc_expect(struct exc *e);		/* from now on, this CPU */
void exc_done(void);
/* An expected instruction abort goes on at x30 instead of behind the place that faulted. */
void exc_fetch_returns_to_lr(bool on);
/* Runs fn(arg) with exceptions expected; returns how many there were. */
u64 exc_try(void (*fn)(void *), void *arg, struct exc *e);
typedef void (*irq_handler)(u32 intid);
void irq_set_handler(irq_handler h);	/* after acknowledge, before end of interrupt; NULL: count only */
/* With false the handler ends the interrupt itself (EOImode 1, order of priorities). */
extern bool irq_auto_eoi;
extern volatile u64 irq_count[MAX_CPUS][1024];
static inline void irq_enable(void) { __asm__ volatile("msr daifclr, #3" : : : "memory"); }
/* Lets pending interrupts in for a moment. */
void irq_window(void);
static inline void irq_disable(void) { __asm__ volatile("msr daifset, #3" : : : "memory"); }

/* cpu.c */
u32 cpu_id(void);			/* MPIDR aff0 */
/* Starts another CPU in fn(arg) with MMU, vectors and its own stack; returns the PSCI result. fn returns: CPU_OFF. */
s64 cpu_start(u32 cpu, void (*fn)(u64), u64 arg);
/* Only says what the CPU will do when somebody turns it on. */
void cpu_job(u32 cpu, void (*fn)(u64), u64 arg);
u32 cpu_count_fdt(u64 fdt);
extern volatile u32 cpu_online;		/* bit mask of CPUs inside payload code */

/* mmu.c: identity map; the gigabyte of the image and those above it Normal, those below Device. */
void mmu_on(void);
void mmu_off(void);
/* Attributes of one 2 MiB block of the identity map: false = invalid. For tests of aborts. */
enum map_kind { MAP_NONE, MAP_NORMAL, MAP_DEVICE, MAP_NOCACHE, MAP_USER, MAP_USER_DEVICE };
void mmu_set_block(u64 va, enum map_kind kind);

/* gic.c: GICv3 driver, group 1. */
void gic_init(u64 gicd, u64 gicr);	/* boot CPU; bases */
void gic_cpu_init(void);		/* each CPU */
u64 gic_rd_base(void);			/* this CPU's RD frame */
extern u64 gicd_base, gicr_base;
void gic_enable(u32 intid);
void gic_disable(u32 intid);
void gic_set_priority(u32 intid, u8 prio);
void gic_send_sgi(u32 intid, u32 cpu);
void gic_pend(u32 intid);
void gic_unpend(u32 intid);
bool gic_pending(u32 intid);
bool gic_active(u32 intid);
void gic_deactivate(u32 intid);		/* by ICACTIVER */
void gic_set_edge(u32 intid, bool edge);
void gic_route(u32 intid, u64 mpidr);	/* GICD_IROUTER; GIC_ROUTE_ANY */
#define GIC_ROUTE_ANY	BIT(31)
#define ICC_IAR1	S3_0_C12_C12_0
#define ICC_EOIR1	S3_0_C12_C12_1
#define ICC_HPPIR1	S3_0_C12_C12_2
#define ICC_BPR1	S3_0_C12_C12_3
#define ICC_CTLR	S3_0_C12_C12_4
#define ICC_SRE		S3_0_C12_C12_5
#define ICC_IGRPEN1	S3_0_C12_C12_7
#define ICC_DIR		S3_0_C12_C11_1
#define ICC_RPR		S3_0_C12_C11_3
#define ICC_SGI1R	S3_0_C12_C11_5
#define ICC_PMR		S3_0_C4_C6_0
/* Needs one more expansion than sysreg_read gives. */
#define icc_read(name)		sysreg_read_(name)
#define icc_write(name, v)	sysreg_write_(name, v)
#define sysreg_read_(name)	sysreg_read(name)
#define sysreg_write_(name, v)	sysreg_write(name, v)
#define ICC_SGI1R_IRM BIT(40)

/* el0.c: 2 MiB of user memory behind the image; its pages 1 to 8 hold each CPU's running piece, the rest is free. */
u64 user_block(void);
/* Makes instructions written as data visible to fetches. */
void code_sync(const void *code, u64 len);
/* Runs a piece of el0.S at EL0 until its SVC #0x77, gives its x0. irqs: with interrupts unmasked. */
u64 el0_call(const char *piece, const char *piece_end, u64 arg, bool irqs);
#define EL0_CALL(name, arg, irqs) \
	({ extern char name[], name##_end[]; el0_call(name, name##_end, (arg), (irqs)); })
#define EL0_SVC_BACK	0x77

/* timer */
static inline u64 counter(void) { isb(); return sysreg_read(cntvct_el0); }
static inline u64 counter_freq(void) { return sysreg_read(cntfrq_el0); }
void delay_us(u64 us);
/* Waits until *p reaches want (>=) or us passed; true when it did. */
bool wait_for(volatile u64 *p, u64 want, u64 us);

/* test.c: one line per test, closing line "N passed, N failed", then finish(). */
void test_begin(const char *name);
void test_end(void);
/* Instead of RUN_TEST: says so and counts it. Only for what the machine cannot do, never for what we cannot. */
void test_skip(const char *name, const char *why);
void test_fail(const char *file, int line, const char *what, u64 got, u64 want);
__attribute__((noreturn)) void tests_report(void);
/* The closing line alone; how many failed, or 1 when none ran. */
u32 tests_sum(const char *who);
#define EXPECT_EQ(got, want) \
	do { u64 g_ = (u64)(got), w_ = (u64)(want); if (g_ != w_) test_fail(__FILE__, __LINE__, #got, g_, w_); } while (0)
#define EXPECT(cond) \
	do { if (!(cond)) test_fail(__FILE__, __LINE__, #cond, 0, 1); } while (0)
#define TEST(name) static void name(void)
#define RUN_TEST(name) do { test_begin(#name); name(); test_end(); } while (0)

/* entry.S: X0 to X30, SP, SCTLR_EL1 and DAIF as this CPU was entered. */
extern u64 entry_regs[34];
#define ENTRY_SP	31
#define ENTRY_SCTLR	32
#define ENTRY_DAIF	33

/* The payload. */
void payload_main(u64 fdt);

extern char _image_start[], _image_end[];

#endif
