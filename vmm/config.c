// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: turn option values into a struct config.
 * Never: guess: what is not understood is refused with an example of what would be.
 * Used by: cli.c, tests/vmm/.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "layout.h"
#include "lib/err.h"

#define DEFAULT_CPUS	1
#define DEFAULT_MEM_MIB	256
#define DEFAULT_SWIOTLB	64

void config_default(struct config *c)
{
	*c = (struct config){
		.dev = "/dev/gzvm", .cpus = DEFAULT_CPUS, .mem_mib = DEFAULT_MEM_MIB,
		.swiotlb_mib = DEFAULT_SWIOTLB,
		.serial = { .end = END_STDIO }, .gicd = GZ_GICD_BASE,
	};
}

/* A whole string that is one number. */
static int parse_u64(const char *s, const char **end, uint64_t *value)
{
	char *stop;

	if (!isdigit((unsigned char)*s))
		return -1;
	errno = 0;
	*value = strtoull(s, &stop, 0);
	*end = stop;
	return errno ? -1 : 0;
}

static bool copy_text(char *to, size_t size, const char *from, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

/* The value of KEY in a "key=value" word, or the word itself when it has no key. */
static const char *value_of(const char *arg, const char *key)
{
	size_t n = strlen(key);

	return strncmp(arg, key, n) == 0 && arg[n] == '=' ? arg + n + 1 : arg;
}

int config_cpus(struct config *c, const char *arg)
{
	const char *end, *v = value_of(arg, "num-cores");
	uint64_t n;

	if (parse_u64(v, &end, &n) || *end)
		return gz_err("--cpus %s is no number: give 1 to %d", arg, GZ_MAX_CPUS);
	if (n == 0 || n > GZ_MAX_CPUS)
		return gz_err("--cpus %s: a VM has 1 to %d vCPUs", arg, GZ_MAX_CPUS);
	c->cpus = (unsigned int)n;
	return 0;
}

int config_mem(struct config *c, const char *arg)
{
	const char *end, *v = value_of(arg, "size");
	uint64_t n;

	if (parse_u64(v, &end, &n))
		return gz_err("--mem %s is no number: give MiB, or a number with M or G", arg);
	if ((*end == 'G' || *end == 'g') && n <= UINT64_MAX / 1024) {
		n *= 1024;
		end++;
	} else if (*end == 'M' || *end == 'm') {
		end++;
	}
	if (*end)
		return gz_err("--mem %s is no number: give MiB, or a number with M or G", arg);
	if (n < GZ_MEM_MIN_MIB || n > GZ_MEM_MAX_MIB)
		return gz_err("--mem %s: a VM has %d MiB to %d GiB", arg, GZ_MEM_MIN_MIB,
			      GZ_MEM_MAX_MIB / 1024);
	c->mem_mib = n;
	return 0;
}

int config_swiotlb(struct config *c, const char *arg)
{
	const char *end;

	if (parse_u64(arg, &end, &c->swiotlb_mib) || c->swiotlb_mib > GZ_MEM_MAX_MIB)
		return gz_err("--swiotlb %s: give MiB", arg);
	c->guest_shares = strcmp(end, ",dynamic") == 0;
	if (*end && !c->guest_shares)
		return gz_err("--swiotlb %s: give MiB, or MIB,dynamic", arg);
	c->has_swiotlb = true;
	return 0;
}

int config_protect(struct config *c, bool held_firmware, const char *firmware)
{
	if (c->protect)
		return gz_err("a VM is protected in one way: give one of --protected-vm,"
			      " --protected-vm-with-firmware and --protected-vm-without-firmware, once");
	c->protect = true;
	c->held_firmware = held_firmware;
	c->firmware = firmware;
	return 0;
}

int config_cmdline(struct config *c, const char *arg)
{
	size_t have = strlen(c->cmdline), more = strlen(arg);

	if (have + 1 + more >= sizeof(c->cmdline) - sizeof("panic=-1 "))
		return gz_err("the kernel command line is longer than the %d bytes a kernel takes",
			      CONFIG_CMDLINE);
	if (have)
		c->cmdline[have++] = ' ';
	memcpy(c->cmdline + have, arg, more + 1);
	return 0;
}

/* The next comma-separated word of *REST: its start and length; false at the end. */
static bool next_word(const char **rest, const char **word, size_t *len)
{
	if (!**rest)
		return false;
	*word = *rest;
	*len = strcspn(*rest, ",");
	*rest += *len + ((*rest)[*len] == ',');
	return true;
}

static bool word_is(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(word, text, len) == 0;
}

static int disk_flag(struct config_disk *d, const char *word, size_t len)
{
	if (word_is(word, len, "ro") || word_is(word, len, "ro=true"))
		d->read_only = true;
	else if (word_is(word, len, "rw") || word_is(word, len, "ro=false"))
		d->read_only = false;
	else
		return gz_err("disk %s has the unknown option \"%.*s\": only ro and rw are known",
			      d->path, (int)len, word);
	return 0;
}

int config_disk(struct config *c, const char *arg, bool read_only)
{
	struct config_disk *d = &c->disk[c->disk_count];
	const char *rest = value_of(arg, "path"), *word;
	size_t len;

	if (c->disk_count == CONFIG_DISKS)
		return gz_err("too many disks: a VM has at most %d", CONFIG_DISKS);
	if (!next_word(&rest, &word, &len) || !copy_text(d->path, sizeof(d->path), word, len))
		return gz_err("--disk \"%.80s\" names no file, or one with a path over %d bytes:"
			      " give PATH or PATH,ro", arg, CONFIG_PATH - 1);
	d->read_only = read_only;
	while (next_word(&rest, &word, &len))
		if (disk_flag(d, word, len))
			return -1;
	c->disk_count++;
	return 0;
}

/* "tcp:HOST:GUEST", also as QEMU writes it: "tcp::HOST-:GUEST". */
static int net_fwd(struct config *c, const char *word, size_t len)
{
	struct config_fwd *f = &c->fwd[c->fwd_count];
	char text[64], proto[4];
	unsigned int host, guest;
	int used = 0;

	if (c->fwd_count == CONFIG_FWDS)
		return gz_err("too many hostfwd: a VM has at most %d", CONFIG_FWDS);
	if (!copy_text(text, sizeof(text), word, len))
		text[0] = '\0';
	if (sscanf(text, "%3[a-z]:%5u:%5u%n", proto, &host, &guest, &used) != 3 || text[used])
		if (sscanf(text, "%3[a-z]::%5u-:%5u%n", proto, &host, &guest, &used) != 3)
			used = 0;
	if (!used || text[used] || !host || !guest || host > 65535 || guest > 65535 ||
	    (strcmp(proto, "tcp") && strcmp(proto, "udp")))
		return gz_err("hostfwd=%s is not understood: give hostfwd=tcp:HOSTPORT:GUESTPORT",
			      text);
	*f = (struct config_fwd){ proto[0] == 'u', (uint16_t)host, (uint16_t)guest };
	c->fwd_count++;
	return 0;
}

int config_net(struct config *c, const char *arg)
{
	const char *rest = value_of(arg, "mode"), *word;
	size_t len;

	if (!next_word(&rest, &word, &len))
		return gz_err("--net wants a mode: give --net user");
	if (word_is(word, len, "none"))
		return 0;
	if (strncmp(word, "tap", 3) == 0)
		return gz_err("--net %s: tap networking is not in this version; give --net user", arg);
	if (!word_is(word, len, "user"))
		return gz_err("--net %s: unknown mode; give --net user", arg);
	if (c->net)
		return gz_err("--net given twice: a VM has one network card in this version");
	c->net = true;
	while (next_word(&rest, &word, &len)) {
		if (word_is(word, len, "loopback"))
			c->net_loopback = true;
		else if (strncmp(word, "hostfwd=", 8))
			return gz_err("--net %s: unknown option \"%.*s\"; loopback and"
				      " hostfwd=tcp:HOSTPORT:GUESTPORT are known", arg, (int)len, word);
		else if (net_fwd(c, word + 8, len - 8))
			return -1;
	}
	return 0;
}

/* crosvm's "type=file,path=P,hardware=..,num=..": the words that matter. */
static int console_crosvm(const char *option, struct config_console *to, const char *arg)
{
	const char *rest = arg, *word;
	size_t len;

	while (next_word(&rest, &word, &len)) {
		if (word_is(word, len, "type=stdout"))
			to->end = END_STDIO;
		else if (word_is(word, len, "type=sink"))
			to->end = END_NONE;
		else if (word_is(word, len, "type=file"))
			to->end = END_FILE;
		else if (strncmp(word, "path=", 5) == 0 &&
			 copy_text(to->path, sizeof(to->path), word + 5, len - 5))
			to->end = END_FILE;
		else if (strncmp(word, "type=", 5) == 0)
			return gz_err("%s %s: unknown type; give stdio, file:PATH or none", option, arg);
	}
	if (to->end == END_FILE && !to->path[0])
		return gz_err("%s %s names no file: give file:PATH", option, arg);
	return 0;
}

int config_console(const char *option, struct config_console *to, const char *arg)
{
	*to = (struct config_console){ .end = END_NONE };
	if (strncmp(arg, "type=", 5) == 0)
		return console_crosvm(option, to, arg);
	if (strcmp(arg, "none") == 0)
		return 0;
	if (strcmp(arg, "stdio") == 0) {
		to->end = END_STDIO;
		return 0;
	}
	to->end = END_FILE;
	if (strncmp(arg, "file:", 5) == 0 &&
	    copy_text(to->path, sizeof(to->path), arg + 5, strlen(arg + 5)))
		return 0;
	return gz_err("%s %s: give stdio, file:PATH or none", option, arg);
}

int config_vport(struct config *c, const char *arg)
{
	struct config_vport *v = &c->vport[c->vport_count];
	const char *eq = strchr(arg, '=');

	if (c->vport_count == CONFIG_VPORTS)
		return gz_err("too many --vport: a VM has at most %d", CONFIG_VPORTS);
	if (!eq || !copy_text(v->name, sizeof(v->name), arg, (size_t)(eq - arg)) ||
	    !copy_text(v->path, sizeof(v->path), eq + 1, strlen(eq + 1)))
		return gz_err("--vport %s: give NAME=PATH, the name at most 31 bytes", arg);
	for (unsigned int i = 0; i < c->vport_count; i++)
		if (strcmp(c->vport[i].name, v->name) == 0)
			return gz_err("--vport %s: the name is taken already", arg);
	c->vport_count++;
	return 0;
}

int config_gic(struct config *c, const char *arg)
{
	const char *end;

	if (parse_u64(arg, &end, &c->gicd) || (*end && *end != ','))
		return gz_err("--gic %s: give DIST or DIST,REDIST as addresses", arg);
	if (*end && (parse_u64(end + 1, &end, &c->gicr) || *end || !c->gicr))
		return gz_err("--gic %s: give DIST or DIST,REDIST as addresses", arg);
	if ((c->gicd | c->gicr) & (GZ_GICD_SIZE - 1))
		return gz_err("--gic %s: addresses of a GIC are multiples of 64 KiB", arg);
	return 0;
}

/* A guest shares single pages, and its kernel wants the pool in whole blocks. */
static int check_sharing(const struct config *c)
{
	if (!c->protect)
		return gz_err("--swiotlb MIB,dynamic is memory that a protected guest shares itself: give"
			      " --protected-vm-without-firmware too, or leave \",dynamic\" away");
	if (!c->swiotlb_mib || c->swiotlb_mib % 2 || c->mem_mib % 2)
		return gz_err("--swiotlb %" PRIu64 ",dynamic with %" PRIu64 " MiB of memory: both must be even numbers of"
			      " MiB", c->swiotlb_mib, c->mem_mib);
	if (c->huge_pages)
		return gz_err("--hugepages and --swiotlb MIB,dynamic exclude each other: of a page of 2 MiB a guest"
			      " can share no part; leave one away");
	return 0;
}

static int check_protection(const struct config *c)
{
	if (c->guest_shares && check_sharing(c))
		return -1;
	if (config_splits_memory(c) && c->mem_mib < GZ_MEM_MIN_MIB + c->swiotlb_mib)
		return gz_err("%" PRIu64 " MiB of memory leave too little beside %" PRIu64 " MiB for devices: give"
			      " a larger --mem or a smaller --swiotlb", c->mem_mib, c->swiotlb_mib);
	return 0;
}

int config_check(struct config *c)
{
	uint64_t frames = c->cpus * GZ_GICR_STRIDE;
	char user[CONFIG_CMDLINE];

	if (!c->kernel)
		return gz_err("no kernel: give --kernel FILE (an arm64 Image), or --flat FILE");
	if (check_protection(c))
		return -1;
	if (!c->gicr && c->gicd < frames)
		return gz_err("--gic 0x%" PRIx64 " leaves no room below for %u redistributors",
			      c->gicd, c->cpus);
	if (!c->gicr)
		c->gicr = c->gicd - frames;
	if (c->has_console && c->console.end == END_STDIO && c->serial.end == END_STDIO)
		gz_debug("keyboard goes to the virtio console, the serial port only prints");
	/* A guest that panics must end, not sit there; the user's own panic= comes later and wins. */
	memcpy(user, c->cmdline, sizeof(user));
	snprintf(c->cmdline, sizeof(c->cmdline), "panic=-1%s%.*s", user[0] ? " " : "",
		 (int)(sizeof(c->cmdline) - sizeof("panic=-1 ")), user);
	return 0;
}
