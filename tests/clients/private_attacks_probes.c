// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: attacks on a guest's page by what looks at programs that run: BPF, sampling of stacks, probes on a file.
 * Never: judge; see private_attacks.c, whose table names them.
 * Used by: private_attacks.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "private_attacks_more.h"

#define PAGE		4096
#define TRACING		"/sys/kernel/tracing/"
#define PROBE_BRK	0xd42000a0u	/* BRK #5, what a uprobe puts in place of an instruction */
#define RING_PAGES	2

/* The page's entry in this process's tables, which some readers want and none of them makes; without a signal. */
static void fault_in(const struct target *t)
{
	close(open((const char *)t->page, O_RDONLY | O_CLOEXEC));
}

static int bpf(int cmd, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
}

/* What the program found: the word it read and what the call that reads said. */
struct found {
	uint64_t word;
	int64_t result;
};

static int result_map(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = sizeof(struct found),
			     .max_entries = 1 };

	return bpf(BPF_MAP_CREATE, &a);
}

/* At each system call of this process: read 8 bytes at ADDR into the map by this helper of the kernel's. */
static int reader(int map, int helper, uint64_t addr)
{
#define INSN(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (int)(i) }
#define LOAD64(d, s, v) INSN(BPF_LD | BPF_DW | BPF_IMM, d, s, 0, v), INSN(0, 0, 0, 0, (uint64_t)(v) >> 32)
	const struct bpf_insn code[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_pid_tgid),
		INSN(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 8, getpid()),
		LOAD64(6, BPF_PSEUDO_MAP_VALUE, (uint32_t)map),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 8),
		LOAD64(3, 0, addr),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 6, 0, 8, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = (uintptr_t)code,
			     .insn_cnt = sizeof(code) / sizeof(code[0]), .license = (uintptr_t)"GPL" };

	return bpf(BPF_PROG_LOAD, &a);
}

static int bpf_reads(const struct target *t, int helper, uint64_t addr)
{
	int map = result_map(), prog = reader(map, helper, addr), probe;
	union bpf_attr a = { .raw_tracepoint = { .name = (uintptr_t)"sys_enter", .prog_fd = (uint32_t)prog } };
	struct found f = { 0, 0 };
	uint32_t zero = 0;

	if (map < 0 || prog < 0)
		return ENODEV;
	fault_in(t);
	probe = bpf(BPF_RAW_TRACEPOINT_OPEN, &a);
	if (probe < 0)
		return ENODEV;
	getppid();
	close(probe);
	a = (union bpf_attr){ .map_fd = (uint32_t)map, .key = (uintptr_t)&zero, .value = (uintptr_t)&f };
	if (bpf(BPF_MAP_LOOKUP_ELEM, &a))
		return ENODEV;
	return f.word == t->secret ? 0 : f.result < 0 ? (int)-f.result : EPROTO;
}

int a_bpf_user(const struct target *t)
{
	return bpf_reads(t, BPF_FUNC_probe_read_user, (uintptr_t)t->page);
}

/* Where the kernel itself has all memory, by its own word. */
int a_bpf_kernel(const struct target *t)
{
	uint64_t alias = kernel_address(t->pa);

	return alias ? bpf_reads(t, BPF_FUNC_probe_read_kernel, alias) : ENODEV;
}

/* A page fault with the stack pointer in the page. */
static void fault_on_stack(const uint8_t *stack, const uint8_t *fresh)
{
	__asm__ volatile("mov x9, sp\n\tmov sp, %0\n\tldrb w10, [%1]\n\tmov sp, x9"
			 : : "r"(stack), "r"(fresh) : "x9", "x10", "memory");
}

/* Each page fault of this process makes the kernel copy what the stack pointer shows at. */
int a_perf_stack(const struct target *t)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(a), .config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = 1, .sample_type = PERF_SAMPLE_STACK_USER, .sample_stack_user = 64, .disabled = 1 };
	int fd = (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
	uint8_t *fresh = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct perf_event_mmap_page *ring;

	if (fd < 0)
		return ENODEV;
	ring = mmap(NULL, (1 + RING_PAGES) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED || fresh == MAP_FAILED)
		return ENODEV;
	fault_in(t);
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	fault_on_stack(t->page, fresh);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (ring->data_head == 0)
		return ENODEV;
	return memmem((uint8_t *)ring + PAGE, RING_PAGES * PAGE, &t->secret, 8) ? 0 : EPROTO;
}

static int tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), err;
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));

	err = n < 0 ? errno : 0;
	close(fd);
	return err;
}

/* A probe on the memfd: the kernel reads the instruction there and puts a BRK into a copy of the page. */
int a_uprobe(const struct target *t)
{
	volatile uint32_t *copy = map_target(t, PROT_READ | PROT_EXEC, MAP_PRIVATE);
	char text[128];
	int err, ret;

	if (copy == MAP_FAILED)
		return errno;
	snprintf(text, sizeof(text), "p:gzup /proc/%d/fd/%d:0x%llx\n", t->owner, t->memfd, (unsigned long long)t->offset);
	if (tell(TRACING "uprobe_events", text))
		return ENODEV;
	err = tell(TRACING "events/uprobes/gzup/enable", "1");
	ret = err ? err : copy[0] == PROBE_BRK && *(volatile uint64_t *)(copy + 2) == t->secret + 8 ? 0 : EPROTO;
	tell(TRACING "events/uprobes/gzup/enable", "0");
	tell(TRACING "uprobe_events", "-:gzup\n");
	return ret;
}
