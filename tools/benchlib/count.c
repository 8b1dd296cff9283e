// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a QEMU plugin that counts executed instructions by translation block, between marks or from power-on to the first.
 * Never: count anything else; a block that a fault leaves early counts whole.
 * Used by: tools/benchlib/profile.py: -plugin count.so,to=OUT[,boot=on]. Spec: QEMU's "TCG Plugins"; its header is in no package.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK_BEGIN	0xd5032ddfu	/* hint #0x6e */
#define MARK_END	0xd5032dffu	/* hint #0x6f */

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
typedef void (*on_exec)(unsigned int cpu, void *udata);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*cb)(plugin_id id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, on_exec cb, int flags, void *udata);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, on_exec cb, int flags, void *udata);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*cb)(plugin_id id, void *udata), void *udata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t len);
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

extern int qemu_plugin_version;
int qemu_plugin_version = 4;

struct block {
	struct block *next;
	uint64_t vaddr, insns, runs;
};

static struct block *all;
static uint64_t windows;
static int on, boot;
static const char *path;

static void block_runs(unsigned int cpu, void *udata)
{
	struct block *b = udata;

	(void)cpu;
	if (on)
		b->runs++;
}

static void mark_begin(unsigned int cpu, void *udata)
{
	(void)cpu;
	(void)udata;
	on = !boot;
	windows++;
}

static void mark_end(unsigned int cpu, void *udata)
{
	(void)cpu;
	(void)udata;
	on = 0;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));
	uint32_t word;

	(void)id;
	if (!b)
		abort();
	b->vaddr = qemu_plugin_tb_vaddr(tb);
	b->insns = qemu_plugin_tb_n_insns(tb);
	b->next = all;
	all = b;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, 0, b);
	for (size_t i = 0; i < b->insns; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_data(insn, &word, sizeof(word)) != sizeof(word))
			continue;
		if (word == MARK_BEGIN)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_begin, 0, NULL);
		else if (word == MARK_END)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_end, 0, NULL);
	}
}

static void at_exit(plugin_id id, void *udata)
{
	FILE *f = fopen(path, "w");

	(void)id;
	(void)udata;
	if (!f)
		return;
	fprintf(f, "windows %llu\n", (unsigned long long)windows);
	for (const struct block *b = all; b; b = b->next)
		if (b->runs)
			fprintf(f, "%llx %llu\n", (unsigned long long)b->vaddr,
				(unsigned long long)(b->runs * b->insns));
	fclose(f);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc < 1 || strncmp(argv[0], "to=", 3))
		return -1;
	boot = on = argc > 1;
	path = strdup(argv[0] + 3);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
