// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job: what a person wants to see: memory and exits of each VM, the hypervisor's log and counters.
 * Never: show guest memory or guest registers; fail a VM because debugfs does.
 * Used by: gzvm_main.c, gzvm_vm.c.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "gzvm_drv.h"

static const char * const gzvm_stat_names[GZ_STAT_NR] = {
	[GZ_STAT_VERSION] = "version",
	[GZ_STAT_VMS] = "vms",
	[GZ_STAT_VCPUS] = "vcpus",
	[GZ_STAT_POOL_TOTAL] = "pool_total",
	[GZ_STAT_POOL_FREE] = "pool_free",
	[GZ_STAT_PAGES_SHARED_GUEST] = "pages_shared_guest",
	[GZ_STAT_PAGES_SHARED_HYP] = "pages_shared_hyp",
	[GZ_STAT_PAGES_DONATED] = "pages_donated",
	[GZ_STAT_HOST_ABORTS] = "host_aborts",
	[GZ_STAT_HOST_SMC_REFUSED] = "host_smc_refused",
	[GZ_STAT_RUNS] = "runs",
	[GZ_STAT_EXIT_MMIO] = "exit_mmio",
	[GZ_STAT_EXIT_PAGE_FAULT] = "exit_page_fault",
	[GZ_STAT_EXIT_IRQ] = "exit_irq",
	[GZ_STAT_EXIT_IDLE] = "exit_idle",
	[GZ_STAT_EXIT_IPI] = "exit_ipi",
	[GZ_STAT_EXIT_OTHER] = "exit_other",
	[GZ_STAT_KICKS] = "kicks",
	[GZ_STAT_LONGEST_CALL_TICKS] = "longest_call_ticks",
	[GZ_STAT_LONGEST_CALL_FN] = "longest_call_fn",
	[GZ_STAT_PAGES_NONE] = "pages_none",
	[GZ_STAT_PAGES_HYP] = "pages_hyp",
	[GZ_STAT_PAGES_HOST] = "pages_host",
	[GZ_STAT_PAGES_DEVICE] = "pages_device",
};

static const char * const gzvm_count_names[GZVM_COUNT_NR] = {
	[GZVM_COUNT_RUN] = "run",
	[GZVM_COUNT_MMIO_USER] = "mmio_user",
	[GZVM_COUNT_MMIO_EVENTFD] = "mmio_eventfd",
	[GZVM_COUNT_HYPERCALL] = "hypercall",
	[GZVM_COUNT_IRQ] = "irq",
	[GZVM_COUNT_PAGE_FAULT] = "page_fault",
	[GZVM_COUNT_IDLE] = "idle",
	[GZVM_COUNT_IDLE_POLLED] = "idle_polled",
	[GZVM_COUNT_IPI] = "ipi",
	[GZVM_COUNT_OTHER] = "other",
};

static int stats_show(struct seq_file *m, void *unused)
{
	u64 *page = (void *)get_zeroed_page(GFP_KERNEL);
	int i, ret;

	if (!page)
		return -ENOMEM;
	ret = gzvm_arch_stats(page);
	for (i = 0; !ret && i < GZ_STAT_NR; i++)
		seq_printf(m, "%s %llu\n", gzvm_stat_names[i], page[i]);
	free_page((unsigned long)page);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/**
 * struct gzvm_log_reader - one open "log" or "audit"
 * @lock: one read at a time
 * @audit: it is "audit"
 * @limit: where "audit" ends: to read it makes new records, which are for the next reader
 * @cursor: where the hypervisor goes on
 * @at: first byte of @page not read yet
 * @len: bytes in @page
 * @page: last piece
 */
struct gzvm_log_reader {
	struct mutex lock;
	bool audit;
	u64 limit;
	u64 cursor;
	size_t at;
	size_t len;
	char *page;
};

static int gzvm_log_open(struct inode *inode, struct file *file)
{
	struct gzvm_log_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!r->page) {
		kfree(r);
		return -ENOMEM;
	}
	mutex_init(&r->lock);
	file->private_data = r;
	return nonseekable_open(inode, file);
}

static int gzvm_log_release(struct inode *inode, struct file *file)
{
	struct gzvm_log_reader *r = file->private_data;

	free_page((unsigned long)r->page);
	kfree(r);
	return 0;
}

static int gzvm_audit_open(struct inode *inode, struct file *file)
{
	struct gzvm_log_reader *r;
	u64 beyond = U64_MAX;
	int ret = gzvm_log_open(inode, file);

	if (ret)
		return ret;
	r = file->private_data;
	r->audit = true;
	ret = gzvm_arch_audit_read(r->page, &beyond, &r->len, &r->limit);
	if (ret)
		gzvm_log_release(inode, file);
	return ret;
}

/* "audit" ends where it ended when its last end was reached. */
static int gzvm_log_next(struct gzvm_log_reader *r)
{
	u64 unused, beyond = U64_MAX;

	if (!r->audit)
		return gzvm_arch_log_read(r->page, &r->cursor, &r->len);
	if (r->cursor < r->limit)
		return gzvm_arch_audit_read(r->page, &r->cursor, &r->len, &unused);
	return gzvm_arch_audit_read(r->page, &beyond, &r->len, &r->limit);
}

static ssize_t gzvm_log_read_locked(struct gzvm_log_reader *r, char __user *buf, size_t size)
{
	int ret;

	if (r->at == r->len) {
		r->at = 0;
		r->len = 0;
		ret = gzvm_log_next(r);
		if (ret)
			return ret;
	}
	size = min(size, r->len - r->at);
	if (copy_to_user(buf, r->page + r->at, size))
		return -EFAULT;
	r->at += size;
	return size;
}

/* The end of the log is an end of file; a reader that keeps the file open can read on later. */
static ssize_t gzvm_log_read(struct file *file, char __user *buf, size_t size, loff_t *ppos)
{
	struct gzvm_log_reader *r = file->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&r->lock))
		return -ERESTARTSYS;
	ret = gzvm_log_read_locked(r, buf, size);
	mutex_unlock(&r->lock);
	return ret;
}

static const struct file_operations gzvm_log_fops = {
	.owner = THIS_MODULE,
	.open = gzvm_log_open,
	.release = gzvm_log_release,
	.read = gzvm_log_read,
};

static const struct file_operations gzvm_audit_fops = {
	.owner = THIS_MODULE,
	.open = gzvm_audit_open,
	.release = gzvm_log_release,
	.read = gzvm_log_read,
};

static int gzvm_show_memory(struct seq_file *m, bool shared)
{
	struct gzvm *vm = m->private;
	u64 hyp_bytes, shared_bytes;
	int ret = gzvm_arch_get_statistics(vm->id, &hyp_bytes, &shared_bytes);

	if (!ret)
		seq_printf(m, "%llu\n", shared ? shared_bytes : hyp_bytes);
	return ret;
}

static int protected_hyp_mem_show(struct seq_file *m, void *unused)
{
	return gzvm_show_memory(m, false);
}
DEFINE_SHOW_ATTRIBUTE(protected_hyp_mem);

static int protected_shared_mem_show(struct seq_file *m, void *unused)
{
	return gzvm_show_memory(m, true);
}
DEFINE_SHOW_ATTRIBUTE(protected_shared_mem);

static int slots_show(struct seq_file *m, void *unused)
{
	struct gzvm *vm = m->private;
	struct gzvm_slot *s;
	int i, ret = mutex_lock_killable(&vm->mem.lock);

	if (ret)
		return ret;
	for (i = 0; i < GZ_MAX_SLOTS; i++) {
		s = vm->mem.slots[i];
		if (s)
			seq_printf(m, "slot %d gpa 0x%llx pages %llu pinned %llu flags %u\n", i,
				   s->base_gfn << PAGE_SHIFT, s->nr_pages, s->nr_pinned, s->flags);
	}
	mutex_unlock(&vm->mem.lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(slots);

static int vcpus_show(struct seq_file *m, void *unused)
{
	struct gzvm *vm = m->private;
	struct gzvm_vcpu *vcpu;
	int i, k;

	for (i = 0; i < GZ_MAX_VCPUS; i++) {
		/* Pairs with the publication in gzvm_vcpu.c. */
		vcpu = smp_load_acquire(&vm->vcpus[i]);
		if (!vcpu)
			continue;
		seq_printf(m, "vcpu %d", i);
		for (k = 0; k < GZVM_COUNT_NR; k++)
			seq_printf(m, " %s %llu", gzvm_count_names[k], READ_ONCE(vcpu->count[k]));
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcpus);

/**
 * gzvm_debugfs_add_vm() - the folder of a VM, named after creator and VM id
 * @vm: the VM
 */
void gzvm_debugfs_add_vm(struct gzvm *vm)
{
	char name[sizeof("2147483647-65535")];

	snprintf(name, sizeof(name), "%d-%u", task_tgid_nr(current), vm->id);
	vm->debugfs = debugfs_create_dir(name, gzvm_drv.debugfs);
	debugfs_create_file("protected_hyp_mem", 0444, vm->debugfs, vm, &protected_hyp_mem_fops);
	debugfs_create_file("protected_shared_mem", 0444, vm->debugfs, vm,
			    &protected_shared_mem_fops);
	debugfs_create_file("slots", 0444, vm->debugfs, vm, &slots_fops);
	debugfs_create_file("vcpus", 0444, vm->debugfs, vm, &vcpus_fops);
}

/**
 * gzvm_debugfs_remove_vm() - takes the folder away; when it returns nobody reads in it
 * @vm: the VM
 */
void gzvm_debugfs_remove_vm(struct gzvm *vm)
{
	debugfs_remove_recursive(vm->debugfs);
}

void gzvm_debugfs_init(void)
{
	gzvm_drv.debugfs = debugfs_create_dir("gzvm", NULL);
	if (gzvm_has_ext(GZ_EXT_LOG))
		debugfs_create_file("log", 0400, gzvm_drv.debugfs, NULL, &gzvm_log_fops);
	if (gzvm_has_ext(GZ_EXT_AUDIT))
		debugfs_create_file("audit", 0400, gzvm_drv.debugfs, NULL, &gzvm_audit_fops);
	if (gzvm_has_ext(GZ_EXT_STATS))
		debugfs_create_file("stats", 0444, gzvm_drv.debugfs, NULL, &stats_fops);
}

void gzvm_debugfs_exit(void)
{
	debugfs_remove_recursive(gzvm_drv.debugfs);
}
