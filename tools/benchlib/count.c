// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: a QEMU plugin that counts executed instructions by translation block, and the longest stretches in EL2.
 * Never: count anything else; a block that a fault leaves early counts whole.
 * Used by: tools/benchlib/profile.py: -plugin count.so,to=OUT[,OPTION...]. Spec: QEMU's "TCG Plugins"; its header is in no package.
 *
 * Without an option: between marks. boot=on: from power-on to the first end mark. from=ADDRESS: from the first time that address
 * is executed to the next end mark. first=ADDRESS: what was counted until it was executed first is a line of its own.
 * el2=FILE: lines "ADDRESS v|c NAME": a stretch of EL2 begins at a vector (v), and belongs to the first call (c) it reaches.
 * polls=on: where EL2 looks whether an interrupt waits, for which it would leave, one stretch ends and the next begins.
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

#define POLL		0xd538c100u	/* mrs xN, isr_el1 */

#define CPUS		16
#define TAGS		128
#define EL2_FROM	(UINT64_C(1) << 47)	/* where gz.bin maps itself */
#define EL2_TO		(UINT64_C(1) << 48)

struct tag {
	uint64_t at, longest, sum, times;
	char kind, name[64];
};

struct block {
	struct block *next;
	uint64_t vaddr, insns, runs;
	struct tag *tag;
};

static struct block *all;
static struct tag tags[TAGS];
static struct stretch { struct tag *tag; uint64_t insns; } el2[CPUS];
static unsigned int tag_count;
static uint64_t windows, total, from, first, until_first;
static int on, boot, once, polls;
static const char *path;

static void stretch_ends(struct stretch *s)
{
	if (s->tag) {
		s->tag->times++;
		s->tag->sum += s->insns;
		if (s->insns > s->tag->longest)
			s->tag->longest = s->insns;
	}
	*s = (struct stretch){ 0 };
}

static void stretch_goes_on(struct stretch *s, const struct block *b)
{
	if (b->vaddr < EL2_FROM || b->vaddr >= EL2_TO) {
		stretch_ends(s);
		return;
	}
	if (b->tag && b->tag->kind == 'v')
		stretch_ends(s);
	if (b->tag && (!s->tag || s->tag->kind == 'v'))
		s->tag = b->tag;
	s->insns += b->insns;
}

static void block_runs(unsigned int cpu, void *udata)
{
	struct block *b = udata;

	if (first == b->vaddr && !until_first)
		until_first = total;
	if (from == b->vaddr && !once)
		on = once = 1;
	if (tag_count && cpu < CPUS)
		stretch_goes_on(&el2[cpu], b);
	if (!on)
		return;
	b->runs++;
	total += b->insns;
}

static void mark_begin(unsigned int cpu, void *udata)
{
	(void)cpu;
	(void)udata;
	on = on || !(boot || from);
	windows++;
}

static void mark_end(unsigned int cpu, void *udata)
{
	(void)cpu;
	(void)udata;
	on = 0;
}

static void polled(unsigned int cpu, void *udata)
{
	struct stretch *s = &el2[cpu < CPUS ? cpu : 0];
	struct tag *tag = s->tag;

	(void)udata;
	if (!tag)
		return;
	stretch_ends(s);
	s->tag = tag;
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
	for (unsigned int i = 0; i < tag_count; i++)
		if (tags[i].at == b->vaddr)
			b->tag = &tags[i];
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, 0, b);
	for (size_t i = 0; i < b->insns; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_data(insn, &word, sizeof(word)) != sizeof(word))
			continue;
		if (word == MARK_BEGIN)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_begin, 0, NULL);
		else if (word == MARK_END)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_end, 0, NULL);
		else if (polls && (word & ~0x1fu) == POLL)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, polled, 0, NULL);
	}
}

static void at_exit(plugin_id id, void *udata)
{
	FILE *f = fopen(path, "w");

	(void)id;
	(void)udata;
	if (!f)
		return;
	fprintf(f, "windows %llu\nfirst %llu\n", (unsigned long long)windows, (unsigned long long)until_first);
	for (const struct tag *t = tags; t < tags + tag_count; t++)
		if (t->times)
			fprintf(f, "stretch %s %llu %llu %llu\n", t->name, (unsigned long long)t->longest,
				(unsigned long long)t->sum, (unsigned long long)t->times);
	for (const struct block *b = all; b; b = b->next)
		if (b->runs)
			fprintf(f, "block %llx %llu\n", (unsigned long long)b->vaddr,
				(unsigned long long)(b->runs * b->insns));
	fclose(f);
}

static void read_tags(const char *file)
{
	FILE *f = fopen(file, "r");
	unsigned long long at;

	while (f && tag_count < TAGS && fscanf(f, "%llx %c %63s", &at, &tags[tag_count].kind, tags[tag_count].name) == 3)
		tags[tag_count++].at = at;
	if (f)
		fclose(f);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		const char *value = strchr(argv[i], '=') ? strchr(argv[i], '=') + 1 : "";

		if (!strncmp(argv[i], "to=", 3))
			path = strdup(value);
		else if (!strncmp(argv[i], "boot=", 5))
			boot = on = 1;
		else if (!strncmp(argv[i], "polls=", 6))
			polls = 1;
		else if (!strncmp(argv[i], "from=", 5))
			from = strtoull(value, NULL, 16);
		else if (!strncmp(argv[i], "first=", 6))
			first = strtoull(value, NULL, 16);
		else if (!strncmp(argv[i], "el2=", 4))
			read_tags(value);
		else
			return -1;
	}
	if (!path)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	return 0;
}
