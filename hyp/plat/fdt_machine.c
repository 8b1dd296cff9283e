/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: one pass over the device tree fills struct machine: memory, CPUs, PSCI, GICv3, SMMUv3, UART.
 * Never: stop at the first defect (the report would be thin), keep a pointer into the tree.
 * Called by: boot/init.c, once; tests/host over every board Debian knows.
 */
#include "plat/fdt_scan.h"
#include "lib/string.h"

#define PA_BITS		48	/* 4 KiB granule without LPA2 */
#define MPIDR_AFFINITY	(MASK(39, 32) | MASK(23, 0))

static const struct { const char *compatible; enum uart_kind kind; u32 shift; } uarts[] = {
	{ "arm,pl011", UART_PL011, 0 },
	{ "arm,sbsa-uart", UART_PL011, 0 },
	{ "mediatek,mt6577-uart", UART_8250, 2 },
	{ "snps,dw-apb-uart", UART_8250, 2 },
	{ "nvidia,tegra20-uart", UART_8250, 2 },
	{ "ti,am654-uart", UART_8250, 2 },
	{ "ns16550a", UART_8250, 0 },
	{ "ns16550", UART_8250, 0 },
};

/* Adds every non-empty entry of reg to list. */
static void add_ranges(struct fdt_scan *s, const struct fdt_node *n, struct pa_range *list, u32 *count, u32 max,
		       const char *why_full)
{
	struct fdt_prop reg;
	struct pa_range r;
	u32 i;
	enum gz_err err;

	if (!fdt_node_prop(&s->f, n, "reg", &reg))
		return;
	for (i = 0; (err = fdt_bus_reg(&s->bus, n, &reg, i, &r)) != GZ_ENOENT; i++) {
		if (err) {
			fdt_scan_refuse(s, err, "device tree: a memory or device range wraps or lies behind a bus that cannot be translated");
			return;
		}
		if (r.size == 0)
			continue;
		if (*count == max) {
			fdt_scan_refuse(s, GZ_ERANGE, why_full);
			return;
		}
		list[(*count)++] = r;
	}
}

static void scan_memory(struct fdt_scan *s, const struct fdt_node *n)
{
	const char *type = fdt_node_string(&s->f, n, "device_type");

	if (type && strcmp(type, "memory") == 0)
		add_ranges(s, n, s->m->ram, &s->m->ram_count, MACHINE_MAX_BANKS,
			   "device tree: more than 32 memory banks");
}

static void scan_reserved_child(struct fdt_scan *s, const struct fdt_node *n)
{
	struct machine *m = s->m;
	u32 first = m->reserved_count;
	struct fdt_prop prop;

	/* A child without reg asks for memory the host may choose later: nothing to keep clear of. */
	add_ranges(s, n, m->reserved, &m->reserved_count, MACHINE_MAX_RESERVED,
		   "device tree: more than 64 reserved memory ranges");
	if (m->reserved_count > first && fdt_node_prop(&s->f, n, "no-map", &prop))
		m->reserved_no_map |= MASK(m->reserved_count - 1, first);
}

static void scan_memreserve(struct fdt_scan *s)
{
	struct machine *m = s->m;
	u64 base, size;
	u32 n;

	for (n = 0; fdt_reserved(&s->f, n, &base, &size); n++) {
		struct pa_range r;

		if (size == 0)
			continue;
		if (!pa_range_make(&r, PA(base), size) || m->reserved_count == MACHINE_MAX_RESERVED) {
			fdt_scan_refuse(s, GZ_ERANGE, "device tree: memreserve entry wraps, or more than 64 reserved memory ranges");
			return;
		}
		m->reserved[m->reserved_count++] = r;
	}
}

static void scan_cpu(struct fdt_scan *s, const struct fdt_node *n)
{
	const char *type = fdt_node_string(&s->f, n, "device_type");
	const char *status = fdt_node_string(&s->f, n, "status");
	const char *method = fdt_node_string(&s->f, n, "enable-method");
	struct machine *m = s->m;
	struct fdt_prop reg;
	u64 mpidr;

	if (!type || strcmp(type, "cpu") || (status && strncmp(status, "fail", 4) == 0))
		return;
	if (!fdt_node_prop(&s->f, n, "reg", &reg) || !fdt_cells(&reg, 0, reg.len / 4, &mpidr) || (mpidr & ~MPIDR_AFFINITY)) {
		fdt_scan_refuse(s, GZ_EINVAL, "device tree: a cpu node's reg is no MPIDR");
		return;
	}
	for (u32 i = 0; i < m->cpu_count; i++) {
		if (m->cpu_mpidr[i] == mpidr) {
			fdt_scan_refuse(s, GZ_EEXIST, "device tree: two cpu nodes have the same reg");
			return;
		}
	}
	if (m->cpu_count == MAX_CPUS) {
		fdt_scan_refuse(s, GZ_ERANGE, "device tree: more than 64 CPUs");
		return;
	}
	s->cpu_without_method |= !method;
	s->spin_table |= method && strcmp(method, "psci");
	m->cpu_mpidr[m->cpu_count++] = mpidr;
}

static void scan_psci(struct fdt_scan *s, const struct fdt_node *n)
{
	const char *method = fdt_node_string(&s->f, n, "method");

	if (!fdt_node_compatible(&s->f, n, "arm,psci-0.2", "arm,psci-1.0"))
		return;
	s->m->psci_smc |= method && strcmp(method, "smc") == 0;
	s->m->psci_hvc |= method && strcmp(method, "hvc") == 0;
}

static void scan_gic(struct fdt_scan *s, const struct fdt_node *n)
{
	struct gic_layout *g = &s->m->gic;
	struct fdt_prop reg, stride;
	struct pa_range r;
	u32 regions, i;

	if (s->m->has_gicv3) {
		fdt_scan_refuse(s, GZ_EEXIST, "device tree: two GICv3 nodes");
		return;
	}
	regions = fdt_node_u32(&s->f, n, "#redistributor-regions", 1);
	if (!fdt_node_prop(&s->f, n, "reg", &reg) || regions < 1 || regions > ARRAY_SIZE(g->redist) ||
	    fdt_bus_reg(&s->bus, n, &reg, 0, &g->dist) || g->dist.size == 0) {
		fdt_scan_refuse(s, GZ_EINVAL, "device tree: GICv3 node without distributor, or with no or more than 8 redistributor regions");
		return;
	}
	for (i = 0; i < regions; i++) {
		if (fdt_bus_reg(&s->bus, n, &reg, 1 + i, &r) || r.size == 0) {
			fdt_scan_refuse(s, GZ_EINVAL, "device tree: GICv3 redistributor region missing or not reachable");
			return;
		}
		g->redist[g->redist_count++] = r;
	}
	/* The binding says 64 bits, half of the trees write one cell. */
	if (fdt_node_prop(&s->f, n, "redistributor-stride", &stride) &&
	    (!fdt_cells(&stride, 0, stride.len / 4, &g->redist_stride) || !IS_ALIGNED(g->redist_stride, 0x10000)))
		fdt_scan_refuse(s, GZ_EINVAL, "device tree: redistributor-stride is no multiple of 64 KiB");
	s->m->has_gicv3 = true;
}

static void scan_uart(struct fdt_scan *s, const struct fdt_node *n)
{
	struct machine *m = s->m;
	struct fdt_prop reg;
	struct pa_range r;

	/* A named console of a kind we do not know stays silent: another UART may have no clock, and hang the bus. */
	if (s->stdout_found ? n->off != s->stdout_node.off : m->uart != UART_NONE)
		return;
	for (u32 i = 0; i < ARRAY_SIZE(uarts); i++) {
		if (!fdt_node_compatible(&s->f, n, uarts[i].compatible))
			continue;
		if (!fdt_node_prop(&s->f, n, "reg", &reg) || fdt_bus_reg(&s->bus, n, &reg, 0, &r) || r.size == 0)
			return;
		m->uart = uarts[i].kind;
		m->uart_regs = r;
		m->uart_reg_shift = fdt_node_u32(&s->f, n, "reg-shift", uarts[i].shift);
		return;
	}
}

/* Nodes known by what they are, wherever they stand. */
static void scan_device(struct fdt_scan *s, const struct fdt_node *n)
{
	s->psci_seen |= fdt_node_compatible(&s->f, n, "arm,psci", "arm,psci-0.2", "arm,psci-1.0");
	s->gic_seen |= fdt_node_compatible(&s->f, n, "arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a9-gic", "arm,gic-v5");
	scan_psci(s, n);
	if (fdt_node_compatible(&s->f, n, "arm,gic-v3"))
		scan_gic(s, n);
	if (fdt_node_compatible(&s->f, n, "arm,gic-v3-its"))
		add_ranges(s, n, s->m->its, &s->m->its_count, ARRAY_SIZE(s->m->its), "device tree: more than 8 ITS");
	if (fdt_node_compatible(&s->f, n, "arm,smmu-v3"))
		add_ranges(s, n, s->m->smmu, &s->m->smmu_count, MACHINE_MAX_SMMUS, "device tree: more than 8 SMMUs");
	scan_uart(s, n);
}

/* Which of the fixed top-level folders a node's parent is. */
enum parent { PARENT_OTHER, PARENT_ROOT, PARENT_CPUS, PARENT_CHOSEN, PARENT_RESERVED };

static enum parent parent_of(enum parent top, const struct fdt_node *n)
{
	if (n->depth == 1)
		return PARENT_ROOT;
	return n->depth == 2 ? top : PARENT_OTHER;
}

static enum parent top_kind(const struct fdt_node *n)
{
	if (strcmp(n->name, "cpus") == 0)
		return PARENT_CPUS;
	if (strcmp(n->name, "chosen") == 0)
		return PARENT_CHOSEN;
	return strcmp(n->name, "reserved-memory") == 0 ? PARENT_RESERVED : PARENT_OTHER;
}

static void scan_node(struct fdt_scan *s, const struct fdt_node *n, enum parent parent)
{
	if (parent == PARENT_CPUS)	/* "disabled" means parked here, not absent */
		scan_cpu(s, n);
	if (!fdt_bus_enabled(&s->bus, n))
		return;
	if (parent == PARENT_ROOT && strcmp(n->name, "chosen") == 0)
		fdt_chosen(s, n);
	else if (parent == PARENT_ROOT)
		scan_memory(s, n);
	else if (parent == PARENT_CHOSEN)
		fdt_chosen_child(s, n);
	else if (parent == PARENT_RESERVED)
		scan_reserved_child(s, n);
	if (parent == PARENT_ROOT || parent == PARENT_OTHER)
		scan_device(s, n);
}

static void scan_tree(struct fdt_scan *s)
{
	struct fdt_node n = { 0 };
	enum parent top = PARENT_OTHER;

	while (fdt_node_next(&s->f, &n) && n.depth <= FDT_MAX_DEPTH) {
		if (n.depth == 1)
			top = top_kind(&n);
		fdt_bus_enter(&s->bus, &s->f, &n);
		if (n.depth)
			scan_node(s, &n, parent_of(top, &n));
	}
}

/* Sorts, joins what touches or overlaps, then keeps whole pages. */
static void tidy_ram(struct machine *m)
{
	u32 i, j, out = 0;

	for (i = 1; i < m->ram_count; i++) {
		struct pa_range r = m->ram[i];

		for (j = i; j > 0 && m->ram[j - 1].base.v > r.base.v; j--)
			m->ram[j] = m->ram[j - 1];
		m->ram[j] = r;
	}
	for (i = 0; i < m->ram_count; i++) {
		struct pa_range *last = out ? &m->ram[out - 1] : NULL;

		if (last && m->ram[i].base.v <= pa_range_end(*last))
			last->size = MAX(pa_range_end(*last), pa_range_end(m->ram[i])) - last->base.v;
		else
			m->ram[out++] = m->ram[i];
	}
	m->ram_count = out;
	for (i = 0, out = 0; i < m->ram_count; i++) {
		u64 end = ALIGN_DOWN(pa_range_end(m->ram[i]), PAGE_SIZE);
		u64 base = ALIGN_UP(m->ram[i].base.v, PAGE_SIZE);

		if (base >= m->ram[i].base.v && base < end)
			m->ram[out++] = (struct pa_range){ PA(base), end - base };
	}
	m->ram_count = out;
}

static bool overlaps_ram(const struct machine *m, const struct pa_range *list, u32 count)
{
	for (u32 i = 0; i < count; i++)
		for (u32 j = 0; j < m->ram_count; j++)
			if (pa_range_overlaps(list[i], m->ram[j]))
				return true;
	return false;
}

static void check_machine(struct fdt_scan *s)
{
	const struct machine *m = s->m;

	if (m->ram_count == 0)
		fdt_scan_refuse(s, GZ_EINVAL, "device tree: no memory node with a size (the boot loader is to fill it in)");
	else if (pa_range_end(m->ram[m->ram_count - 1]) > BIT(PA_BITS))
		fdt_scan_refuse(s, GZ_ERANGE, "device tree: memory above 48 bits");
	if (m->cpu_count == 0)
		fdt_scan_refuse(s, GZ_EINVAL, "device tree: no cpu nodes");
	if (!m->has_gicv3)
		fdt_scan_refuse(s, GZ_ENOTSUP, s->gic_seen ?
				"device tree: the interrupt controller is not a GICv3 (QEMU: -machine virt,gic-version=3)" :
				"device tree: no GICv3 node (QEMU: -machine virt,gic-version=3)");
	if (s->spin_table || (s->cpu_without_method && m->cpu_count > 1))
		fdt_scan_refuse(s, GZ_ENOTSUP, "device tree: a CPU's enable-method is not psci");
	if (!m->psci_smc && m->psci_hvc)
		fdt_scan_refuse(s, GZ_ENOTSUP, "device tree: PSCI by HVC, so another hypervisor is below (QEMU: -machine virtualization=on)");
	if (!m->psci_smc)
		fdt_scan_refuse(s, GZ_ENOTSUP, s->psci_seen ?
				"device tree: PSCI 0.1, or a method that is not smc: firmware with PSCI 0.2 or later is needed" :
				"device tree: no PSCI node: firmware with PSCI is needed");
	if (overlaps_ram(m, &m->gic.dist, m->has_gicv3) || overlaps_ram(m, m->gic.redist, m->gic.redist_count) ||
	    overlaps_ram(m, m->its, m->its_count) || overlaps_ram(m, m->smmu, m->smmu_count) ||
	    overlaps_ram(m, &m->uart_regs, m->uart != UART_NONE))
		fdt_scan_refuse(s, GZ_EEXIST, "device tree: memory overlaps the GIC, an SMMU or the UART");
}

enum gz_err machine_from_fdt(struct machine *m, const void *blob, u32 max, const char **why)
{
	struct fdt_scan s = { .m = m };
	enum gz_err err = fdt_open(&s.f, blob, max);

	memset(m, 0, sizeof(*m));
	*why = NULL;
	if (err) {
		*why = err == GZ_ERANGE ? "device tree: larger than the space it was given" :
		       "device tree: damaged or truncated, or none at the address in x0";
		/* Console and firmware may stand before the damage: the reason wants to be read. */
		fdt_open_damaged(&s.f, blob, max);
		fdt_chosen_console(&s);
		scan_tree(&s);
		return err;
	}
	fdt_chosen_console(&s);
	scan_memreserve(&s);
	scan_tree(&s);
	fdt_chosen_options(&s);
	tidy_ram(m);
	check_machine(&s);
	*why = s.why;
	return s.err;
}
