/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Job: the objects of the driver, their locks, and what its files offer each other.
 * Never: a header, symbol or constant of KVM.
 * Used by: every file in this folder.
 *
 * Lifetime: a child holds a reference on its parent. A VM file and every vCPU file hold one on
 * struct gzvm; vCPUs live as long as their VM. The reboot notifier holds none: it walks
 * gzvm_drv.vms under gzvm_drv.lock, and the last reference waits for that lock before it frees
 * anything. An object is complete before user space can see its file.
 *
 * Locks, outermost first:
 *   gzvm_drv.lock > gzvm.lock > gzvm_vcpu.lock (only tried) > host calls
 *   gzvm_vcpu.lock > gzvm_mem.lock > mmap_lock, folio lock
 *   gzvm_mem.lock > gzvm_pool.lock
 *   gzvm_irqfds.assign_lock > eventfd wait queue > gzvm_irqfds.lock
 *   gzvm_ioevents.lock, and its SRCU for readers
 * Nothing takes gzvm_drv.lock or gzvm.lock on the way of a RUN or of an interrupt. Under those two
 * user memory is neither copied nor pinned, because the reboot notifier waits for them and a user
 * fault may never end. gzvm_mem.lock is held over such faults: whoever waits for it can be killed.
 */
#ifndef GZVM_DRV_H
#define GZVM_DRV_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <uapi/linux/gzvm.h>

#include "gzvm_arch.h"

#define GZVM_BLOCK_PAGES	(SZ_2M / PAGE_SIZE)

/* ioeventfds of a VM, and irqfds: their lists are walked on each exit, or with interrupts off. */
#define GZVM_MAX_EVENTFDS	1000

struct dentry;
struct device;

/* How guest memory reaches the hypervisor. */
enum gzvm_paging {
	GZVM_PAGING_BLOCK,		/* on a fault, up to the 2 MiB around it */
	GZVM_PAGING_PAGE,		/* on a fault, one page */
	GZVM_PAGING_UPFRONT,		/* all of it when a slot is set */
};

/**
 * struct gzvm_driver - what holds for every VM
 * @hyp: version of the hypervisor
 * @ext: its extensions, GZ_EXT_*
 * @map_batch: pages one MAP_GUEST_BLOCK may carry
 * @destroy_batch: pages one DESTROY_VM may take back
 * @paging: for VMs created from now on; a module parameter
 * @irq_absolute: IRQ_LINE of type SPI carries an absolute INTID; a module parameter
 * @debugfs: folder "gzvm"
 * @down: the machine goes down, no VM is created any more
 * @lock: guards @vms
 * @vms: every struct gzvm
 */
struct gzvm_driver {
	struct gzvm_version hyp;
	u32 ext;
	u32 map_batch;
	u32 destroy_batch;
	enum gzvm_paging paging;
	bool irq_absolute;
	struct dentry *debugfs;
	bool down;
	struct mutex lock;
	struct list_head vms;
};

extern struct gzvm_driver gzvm_drv;

static inline bool gzvm_has_ext(u32 ext)
{
	return gzvm_drv.ext & ext;
}

/**
 * struct gzvm_slot - a range of guest memory and the user memory behind it
 * @parked: entry of gzvm_mem.parked
 * @id: slot number
 * @flags: GZVM_USER_MEM_REGION_*
 * @base_gfn: first guest page
 * @nr_pages: how many
 * @hva: user address of the first one
 * @nr_pinned: entries of @pages that are not NULL
 * @charged: pages counted against RLIMIT_MEMLOCK
 * @pages: pinned page behind each guest page; NULL until it is needed
 * @hidden: bit per page: only the guest can reach it
 * @shared: bit per page: the guest has shared it, so it is not hidden
 * @pool_pages: pages the hypervisor has tables for, as gzvm_pool_add() was told
 * @pool_private: and how many of them leave this kernel
 */
struct gzvm_slot {
	struct list_head parked;
	u32 id;
	u32 flags;
	u64 base_gfn;
	u64 nr_pages;
	unsigned long hva;
	u64 nr_pinned;
	u64 charged;
	struct page **pages;
	unsigned long *hidden;
	unsigned long *shared;
	u64 pool_pages;
	u64 pool_private;
};

/**
 * struct gzvm_mem - the memory of a VM
 * @lock: guards all below; held from a slot's look-up until its page is mapped
 * @paging: how it arrives
 * @protect: the VM is a protected one; does not change once @started
 * @tell_user: user space settles what the guest shares (SETTLE_VIEW); does not change once @started
 * @started: a vCPU may have run; written under @lock
 * @slots: by number
 * @parked: deleted slots the hypervisor cannot give back before the VM ends
 * @block_pfns: the buffer of MAP_GUEST_BLOCK, NULL unless GZVM_PAGING_BLOCK
 */
struct gzvm_mem {
	struct mutex lock;
	enum gzvm_paging paging;
	bool protect;
	bool tell_user;
	bool started;
	struct gzvm_slot *slots[GZ_MAX_SLOTS];
	struct list_head parked;
	u64 *block_pfns;
};

/**
 * struct gzvm_irqfds - eventfds that raise interrupts
 * @assign_lock: one assign or deassign at a time
 * @lock: guards @list and @count; taken in eventfd callbacks
 * @list: of struct gzvm_irqfd_entry
 * @count: its length, at most GZVM_MAX_EVENTFDS
 */
struct gzvm_irqfds {
	struct mutex assign_lock;
	spinlock_t lock;
	struct list_head list;
	u32 count;
};

/**
 * struct gzvm_ioevents - guest writes that signal eventfds
 * @lock: guards changes of @list, and @count
 * @list: of struct gzvm_ioevent; walked under RCU on the exit path
 * @count: its length, at most GZVM_MAX_EVENTFDS
 */
struct gzvm_ioevents {
	struct mutex lock;
	struct list_head list;
	u32 count;
};

enum gzvm_count {
	GZVM_COUNT_RUN,
	GZVM_COUNT_MMIO_USER,
	GZVM_COUNT_MMIO_EVENTFD,
	GZVM_COUNT_HYPERCALL,
	GZVM_COUNT_IRQ,
	GZVM_COUNT_PAGE_FAULT,
	GZVM_COUNT_IDLE,
	GZVM_COUNT_IDLE_POLLED,
	GZVM_COUNT_IPI,
	GZVM_COUNT_OTHER,
	GZVM_COUNT_NR
};

struct gzvm;

/**
 * struct gzvm_vcpu - a virtual CPU
 * @vm: its VM, which outlives it
 * @id: its number
 * @lock: held by the thread that runs it or sets its registers
 * @run: page shared with the hypervisor: exits and replies
 * @hw: page shared with the hypervisor: timer deadline
 * @reply: exit whose answer the next entry takes from user space, or 0
 * @undelivered: @run holds an exit user space has not got
 * @unsettled: @run holds an exit about who sees pages, and nothing has been done about it
 * @kicked: an interrupt or a message came since the last entry
 * @wait: where the thread sleeps while the guest idles
 * @poll_ns: how long the next idle looks for work before it sleeps; see gzvm_run.c
 * @regs: of the RUN call
 * @count: exits by kind; written under @lock
 */
struct gzvm_vcpu {
	struct gzvm *vm;
	u16 id;
	struct mutex lock;
	struct gzvm_vcpu_run *run;
	struct gz_hwstate_page *hw;
	u32 reply;
	bool undelivered;
	bool unsettled;
	int kicked;
	struct rcuwait wait;
	u32 poll_ns;
	struct gzvm_hvc_args regs;
	u64 count[GZVM_COUNT_NR];
};

/**
 * struct gzvm - a VM
 * @kref: references, see the top of this file
 * @node: entry of gzvm_drv.vms
 * @mm: of the creator; only threads that share it may use the VM
 * @id: the hypervisor's name for it
 * @dead: the machine goes down; nothing may run any more
 * @gone: the hypervisor has destroyed it; guarded by @lock
 * @lock: guards vCPU creation, devices and capabilities
 * @vcpus: by number; set once, read without the lock
 * @mem: its memory
 * @irqfds: its irqfds
 * @ioevents: its ioeventfds
 * @debugfs: its folder
 */
struct gzvm {
	struct kref kref;
	struct list_head node;
	struct mm_struct *mm;
	u16 id;
	bool dead;
	bool gone;
	struct mutex lock;
	struct gzvm_vcpu *vcpus[GZ_MAX_VCPUS];
	struct gzvm_mem mem;
	struct gzvm_irqfds irqfds;
	struct gzvm_ioevents ioevents;
	struct dentry *debugfs;
};

/* gzvm_main.c */
int gzvm_check_extension(u64 __user *argp);

/* gzvm_vm.c */
long gzvm_create_vm(unsigned long type);
void gzvm_get(struct gzvm *vm);
void gzvm_put(struct gzvm *vm);
int gzvm_may_use(const struct gzvm *vm);
void gzvm_destroy_all(void);

/* gzvm_memslot.c */
void gzvm_mem_init(struct gzvm_mem *mem);
int gzvm_mem_negotiate(struct gzvm *vm);
int gzvm_set_user_memory_region(struct gzvm *vm,
				const struct gzvm_userspace_memory_region *region);
void gzvm_mem_release(struct gzvm *vm, bool destroyed);
void gzvm_slot_count(struct gzvm_slot *slot, u64 pages, u64 private);

/* gzvm_private.c */
int gzvm_mem_protect(struct gzvm *vm, const u64 args[5]);
int gzvm_mem_start(struct gzvm *vm);

/* gzvm_hide.c */
int gzvm_slot_hide(struct gzvm_slot *slot, u64 first, u64 nr_pages);
void gzvm_slot_show(struct gzvm_slot *slot, u64 first, u64 nr_pages);

/* Whether the hypervisor takes the pages of a slot from the host, now or at the first RUN. */
static inline bool gzvm_slot_is_private(const struct gzvm_mem *mem, const struct gzvm_slot *slot)
{
	return mem->protect && !(slot->flags & GZVM_USER_MEM_REGION_STATIC_SWIOTLB);
}

/* gzvm_pool.c */
int gzvm_pool_open(void);
void gzvm_pool_add(u64 pages, u64 private);
void gzvm_pool_sub(u64 pages, u64 private);
void gzvm_pool_close(void);

/* gzvm_mmu.c */
struct gzvm_slot *gzvm_slot_of_gfn(struct gzvm_mem *mem, u64 gfn);
int gzvm_slot_pin(struct gzvm_slot *slot, u64 first, u64 nr_pages);
void gzvm_slot_unpin(struct gzvm_slot *slot);
int gzvm_slot_populate(struct gzvm *vm, struct gzvm_slot *slot);
int gzvm_map_fault(struct gzvm *vm, u64 gfn);
bool gzvm_relinquish(struct gzvm *vm, u64 gfn, bool settled);

/* gzvm_view.c */
bool gzvm_page_is_away(struct gzvm *vm, u64 gfn);
bool gzvm_is_view_call(u64 id);
bool gzvm_must_tell(struct gzvm_vcpu *vcpu);
void gzvm_change_view(struct gzvm_vcpu *vcpu);
long gzvm_settle_view(struct gzvm_vcpu *vcpu, struct gzvm_pages_view __user *argp);

/* gzvm_vcpu.c */
long gzvm_create_vcpu(struct gzvm *vm, unsigned long id);
void gzvm_destroy_vcpus(struct gzvm *vm);
void gzvm_free_vcpus(struct gzvm *vm, bool destroyed);
void gzvm_wake_vcpus(struct gzvm *vm, u32 mask);

/* gzvm_run.c, gzvm_exception.c */
long gzvm_vcpu_run(struct gzvm_vcpu *vcpu, struct gzvm_vcpu_run __user *argp);
bool gzvm_handle_exception(struct gzvm_vcpu *vcpu);
bool gzvm_handle_hypercall(struct gzvm_vcpu *vcpu);

/* gzvm_irqchip.c */
int gzvm_create_device(struct gzvm *vm, struct gzvm_create_device __user *argp);
int gzvm_irq_line(struct gzvm *vm, const struct gzvm_irq_level *level);
int gzvm_inject_spi(struct gzvm *vm, u32 spi, u32 level, u32 mode);

/* gzvm_irqfd.c */
int gzvm_irqfd_module_init(void);
void gzvm_irqfd_module_exit(void);
void gzvm_irqfd_init(struct gzvm *vm);
int gzvm_irqfd(struct gzvm *vm, const struct gzvm_irqfd *args);
void gzvm_irqfd_release(struct gzvm *vm);

/* gzvm_ioeventfd.c */
void gzvm_ioeventfd_init(struct gzvm *vm);
int gzvm_ioeventfd(struct gzvm *vm, const struct gzvm_ioeventfd *args);
bool gzvm_ioevent_write(struct gzvm *vm, u64 addr, u32 len, const u8 *data);
void gzvm_ioeventfd_release(struct gzvm *vm);

/* gzvm_debugfs.c */
void gzvm_debugfs_init(void);
void gzvm_debugfs_exit(void);
void gzvm_debugfs_add_vm(struct gzvm *vm);
void gzvm_debugfs_remove_vm(struct gzvm *vm);

#endif
