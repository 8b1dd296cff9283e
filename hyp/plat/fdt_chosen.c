/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: /chosen: command line, boot modules, initrd, seeds, console; the gz.* words taken out of the line.
 * Never: guess between two modules of one kind.
 * Called by: plat/fdt_machine.c; boot/ for machine_option.
 */
#include "plat/fdt_scan.h"
#include "lib/string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Bytes of the word at s; blanks inside double quotes belong to it, as in the kernel's next_arg(). */
static u32 word_length(const char *s)
{
	bool quoted = false;
	u32 n;

	for (n = 0; s[n] && (quoted || !is_blank(s[n])); n++)
		quoted ^= s[n] == '"';
	return n;
}

static bool append_word(char *line, u32 *used, const char *word, u32 len)
{
	u32 gap = *used ? 1 : 0;

	if (len + gap + 1 > MACHINE_CMDLINE - *used)
		return false;
	if (gap)
		line[(*used)++] = ' ';
	memcpy(line + *used, word, len);
	*used += len;
	line[*used] = '\0';
	return true;
}

/* gz.* words to gz_args; the others to bootargs unless the kernel module brought a line of its own. */
static bool split_line(struct machine *m, const char *line, bool keep_rest)
{
	u32 ours = 0, rest = 0, len;
	bool fits = true;

	while (*line) {
		if (is_blank(*line)) {
			line++;
			continue;
		}
		len = word_length(line);
		if (len > 3 && strncmp(line, "gz.", 3) == 0)
			fits &= append_word(m->gz_args, &ours, line, len);
		else if (keep_rest)
			fits &= append_word(m->bootargs, &rest, line, len);
		line += len;
	}
	return fits;
}

static void fold_seed(struct machine *m, const struct fdt_prop *p)
{
	u32 i;

	for (i = 0; i < p->len; i++)
		m->seed[(m->seed_len + i) % sizeof(m->seed)] ^= p->data[i];
	m->seed_len = MIN((u64)m->seed_len + p->len, sizeof(m->seed));
}

/* stdout-path is a path or an alias, up to the options behind ':'. */
void fdt_chosen_console(struct fdt_scan *s)
{
	struct fdt_node chosen, aliases;
	const char *path = NULL;
	char name[32];
	u32 len;

	if (fdt_find_path(&s->f, "/chosen", 7, &chosen))
		path = fdt_node_string(&s->f, &chosen, "stdout-path");
	if (!path)
		return;
	for (len = 0; path[len] && path[len] != ':'; len++)
		;
	if (path[0] != '/') {
		if (len >= sizeof(name) || !fdt_find_path(&s->f, "/aliases", 8, &aliases))
			return;
		memcpy(name, path, len);
		name[len] = '\0';
		path = fdt_node_string(&s->f, &aliases, name);
		if (!path)
			return;
		len = (u32)strlen(path);
	}
	s->stdout_found = fdt_find_path(&s->f, path, len, &s->stdout_node);
}

/* linux,initrd-start and -end: one or two cells, whatever the cell counts say. */
static void chosen_initrd(struct fdt_scan *s, const struct fdt_node *n)
{
	struct fdt_prop first, last;
	u64 base, end;

	if (!fdt_node_prop(&s->f, n, "linux,initrd-start", &first) || !fdt_node_prop(&s->f, n, "linux,initrd-end", &last))
		return;
	if (!fdt_cells(&first, 0, first.len / 4, &base) || !fdt_cells(&last, 0, last.len / 4, &end) || end < base) {
		fdt_scan_refuse(s, GZ_EINVAL, "/chosen: linux,initrd-start and -end are no range");
		return;
	}
	if (!s->initrd_is_module)
		s->m->initrd = (struct pa_range){ PA(base), end - base };
}

void fdt_chosen(struct fdt_scan *s, const struct fdt_node *n)
{
	const char *line = fdt_node_string(&s->f, n, "bootargs");
	struct fdt_prop seed;

	if (line && !split_line(s->m, line, true))
		fdt_scan_refuse(s, GZ_ERANGE, "/chosen: bootargs are longer than 2047 bytes");
	chosen_initrd(s, n);
	if (fdt_node_prop(&s->f, n, "rng-seed", &seed))
		fold_seed(s->m, &seed);
	if (fdt_node_prop(&s->f, n, "kaslr-seed", &seed))
		fold_seed(s->m, &seed);
}

/*
 * QEMU's guest-loader writes 2 + 2 cells whatever /chosen says, the Xen convention goes by /chosen:
 * the length decides, and the counts only where it leaves a choice.
 */
static bool module_range(const struct fdt_scan *s, const struct fdt_node *n, struct pa_range *r)
{
	struct fdt_prop reg;
	u32 address_cells;
	u64 base, size;

	if (!fdt_node_prop(&s->f, n, "reg", &reg) || reg.len < 8 || reg.len > 16)
		return false;
	address_cells = reg.len == 16 ? 2 : 1;
	if (reg.len == 12)
		address_cells = s->bus.level[1].address_cells == 1 ? 1 : 2;
	return fdt_cells(&reg, 0, address_cells, &base) &&
	       fdt_cells(&reg, 4 * address_cells, reg.len / 4 - address_cells, &size) &&
	       pa_range_make(r, PA(base), size);
}

static void take_module(struct fdt_scan *s, const struct fdt_node *n, struct pa_range *r, const char *why_two)
{
	struct pa_range found;

	if (!module_range(s, n, &found))
		fdt_scan_refuse(s, GZ_EINVAL, "/chosen: a boot module's reg is no range");
	else if (r->size)
		fdt_scan_refuse(s, GZ_EEXIST, why_two);
	else
		*r = found;
}

static void kernel_module(struct fdt_scan *s, const struct fdt_node *n)
{
	const char *line = fdt_node_string(&s->f, n, "bootargs");
	struct machine *m = s->m;

	take_module(s, n, &m->kernel, "/chosen: two multiboot,kernel modules: which one is the host?");
	if (!line)
		return;
	if (strlen(line) >= MACHINE_CMDLINE) {
		fdt_scan_refuse(s, GZ_ERANGE, "/chosen: the kernel module's bootargs are longer than 2047 bytes");
		return;
	}
	memset(m->bootargs, 0, sizeof(m->bootargs));
	memcpy(m->bootargs, line, strlen(line));
}

void fdt_chosen_child(struct fdt_scan *s, const struct fdt_node *n)
{
	if (fdt_node_compatible(&s->f, n, "multiboot,kernel"))
		kernel_module(s, n);
	if (fdt_node_compatible(&s->f, n, "multiboot,ramdisk")) {
		if (!s->initrd_is_module)
			s->m->initrd.size = 0;	/* a module outranks the properties */
		s->initrd_is_module = true;
		take_module(s, n, &s->m->initrd, "/chosen: two multiboot,ramdisk modules: which one is the host's?");
	}
	if (fdt_node_compatible(&s->f, n, "gz,firmware"))
		take_module(s, n, &s->m->firmware, "/chosen: two gz,firmware modules");
}

/* A number in C notation, hexadecimal or decimal; *end behind it. False when there is none or it overflows. */
static bool parse_number(const char *s, const char **end, u64 *value)
{
	u32 base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	const char *first;
	u64 digit;

	s += base == 16 ? 2 : 0;
	for (first = s, *value = 0; ; s++) {
		if (*s >= '0' && *s <= '9')
			digit = *s - '0';
		else if (base == 16 && (*s | 0x20) >= 'a' && (*s | 0x20) <= 'f')
			digit = (*s | 0x20) - 'a' + 10;
		else
			break;
		if (*value > (~UINT64_C(0) - digit) / base)
			return false;
		*value = *value * base + digit;
	}
	*end = s;
	return s != first;
}

void fdt_chosen_options(struct fdt_scan *s)
{
	struct machine *m = s->m;
	char value[64];
	const char *at;
	u64 base, size;

	if (!machine_option(m, "fw", value, sizeof(value)))
		return;
	if (m->firmware.size)
		fdt_scan_refuse(s, GZ_EEXIST, "gz.fw= and a gz,firmware module: which one is the firmware?");
	else if (!parse_number(value, &at, &base) || *at != ',' || !parse_number(at + 1, &at, &size) || *at ||
		 !pa_range_make(&m->firmware, PA(base), size))
		fdt_scan_refuse(s, GZ_EINVAL, "gz.fw= wants ADDRESS,SIZE, for example gz.fw=0x60000000,0x100000");
}

bool machine_option(const struct machine *m, const char *name, char *value, u32 size)
{
	const char *at = m->gz_args;
	u32 want = (u32)strlen(name), len;

	for (; *at; at += len + (at[len] != '\0')) {
		len = word_length(at);
		if (len < 3 + want || strncmp(at + 3, name, want) || (len > 3 + want && at[3 + want] != '='))
			continue;
		len -= MIN(len, 4 + want);
		if (len >= size)
			len = 0;
		memcpy(value, at + 4 + want, len);
		value[len] = '\0';
		return true;
	}
	return false;
}
