/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: a 16550A, the guest's first console.
 * Never: lose an input byte: the source is asked only for what there is room for.
 * Used by: machine.c; register names as in the National PC16550D data sheet.
 */
#ifndef GZ_DEV_SERIAL_H
#define GZ_DEV_SERIAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dev/outlet.h"
#include "mem/bus.h"

#define SERIAL_FIFO	64

struct serial {
	pthread_mutex_t lock;			/* the registers */
	pthread_mutex_t out_lock;		/* out, which may wait for a reader; never with lock */
	struct outlet out;
	void (*interrupt)(void *ctx);		/* pulse */
	void *interrupt_ctx;
	/* Up to MAX bytes of input; called with the lock held when the FIFO has room. NULL: none. */
	size_t (*source)(void *ctx, uint8_t *to, size_t max);
	void *source_ctx;
	uint8_t fifo[SERIAL_FIFO];
	unsigned int fifo_head, fifo_count;
	uint8_t ier, lcr, mcr, scr, fcr, dll, dlm;
	bool thr_pending;			/* THR-empty interrupt not yet read */
};

extern const struct bus_ops serial_ops;

void serial_init(struct serial *s);

/* The source has something: fetch what the FIFO takes; the guest's reads fetch the rest. Any thread. */
void serial_pull(struct serial *s);

#endif
