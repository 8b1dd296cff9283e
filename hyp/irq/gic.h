/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: the few physical GICv3 registers EL2 uses: own redistributor frames, kick SGI, ICH configuration.
 * Never: read IAR or write EOIR/DIR of the physical interface, touch priorities, groups or configuration.
 * Used by: boot, run (enter, leave, handle), hvc (kick). Sequence as measured: docs/interrupts.md.
 */
#ifndef IRQ_GIC_H
#define IRQ_GIC_H

#include "irq/vgic.h"
#include "lib/addr.h"
#include "lib/err.h"
#include "lib/percpu.h"

struct gic_layout {		/* from the device tree */
	struct pa_range dist;
	struct pa_range redist[8];
	u32 redist_count;
	u64 redist_stride;	/* 0: 128 KiB, or 256 KiB where GICR_TYPER.VLPIS */
};

/* Boot CPU: maps the frames, reads ICH_VTR. GZ_ENOTSUP with no GICv3 system registers or fewer than 2 list registers. */
enum gz_err gic_init(const struct gic_layout *l) __must_check;
/*
 * Each CPU, any number of times: ICC_SRE_EL2, ICH_HCR = 0, finds this CPU's redistributor; probes the kick SGI on the
 * boot CPU's frame and checks it here. GZ_ENOENT: no frame has this affinity; GZ_ENOTSUP: fewer list registers than the boot CPU.
 */
enum gz_err gic_cpu_init(void) __must_check;
/* Physical CPU index; harmless when it runs no vCPU (stays pending and disabled). False: no kick SGI, the host must do it. */
bool gic_kick(u32 cpu);

/* What the host had, kept on the stack between world_enter and world_leave. */
struct gic_host_state { u32 enabled0; u32 active0; };

/*
 * ICC_RPR_EL1 == 0xff: the host is not inside an interrupt handler; RUN is refused otherwise.
 * ICC_PMR_EL1 is left as the host has it: one that lowers it before RUN keeps its own interrupts, kicks and its guest's timer from
 * this CPU for as long as the guest runs or sleeps there. That is the loss of that host alone: no other CPU waits for this one in EL2.
 */
bool gic_host_idle_priority(void);
/*
 * Steps 2, 4, 7 of entry and 4, 5 of leave: enables {kick, 25, 26, 27} here, restores what the host had. RUN's order:
 *   running_cpu = this CPU; atomic_fence(); vtimer_update_lines; gic_world_enter; vgic_load; vtimer_world_enter; guest
 *   vtimer_world_leave; vgic_save; running_cpu = -1; gic_world_leave; host
 * gic_world_enter ends with a barrier: what a kick that it cleared announced is seen by vgic_load.
 */
void gic_world_enter(struct gic_host_state *h);
void gic_world_leave(const struct gic_host_state *h);

enum gic_event {
	GIC_EV_NONE,		/* 1023: resume */
	GIC_EV_KICK,		/* ours, cleared: refill and resume */
	GIC_EV_MAINTENANCE,	/* 25: refill and resume */
	GIC_EV_HYP_TIMER,	/* 26: CNTHP stopped: host deadline or emulated CNTP */
	GIC_EV_VTIMER,		/* 27: guest's virtual timer */
	GIC_EV_HOST,		/* anything else: leave to the host */
};
/* IRQ taken while a guest ran: looks at HPPIR1 only. */
enum gic_event gic_guest_irq(void);
/* ISACTIVER0[27], ICACTIVER0[27] of this CPU: no new PPI 27 while list register 0 carries one. */
void gic_vtimer_set_active(void);
void gic_vtimer_clear_active(void);

#endif
