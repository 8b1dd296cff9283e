// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: the registers of a 16550A with edge interrupts.
 * Never: raise an interrupt without a cause in IIR.
 * Used by: the bus from vCPU threads, stdio.c from its loop.
 */
#include "dev/serial.h"

enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

#define IER_RX		0x01
#define IER_THR		0x02
#define IIR_NONE	0x01
#define IIR_THR		0x02
#define IIR_RX		0x04
#define IIR_FIFO	0xc0
#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02
#define LCR_DLAB	0x80
#define LSR_DATA	0x01
#define LSR_IDLE	0x60	/* transmitter empty, always: output is written at once */
#define MCR_LOOP	0x10
#define MSR_READY	0xb0	/* DCD, DSR, CTS */

void serial_init(struct serial *s)
{
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->out_lock, NULL);
	s->out.fd = -1;
	s->dll = 1;
}

/* Pulse for every new cause: with an edge interrupt one pulse too many does no harm. */
static void update(struct serial *s)
{
	bool rx = (s->ier & IER_RX) && s->fifo_count;
	bool thr = (s->ier & IER_THR) && s->thr_pending;

	if ((rx || thr) && s->interrupt)
		s->interrupt(s->interrupt_ctx);
}

static void push_fifo(struct serial *s, uint8_t byte)
{
	s->fifo[(s->fifo_head + s->fifo_count++) % SERIAL_FIFO] = byte;
}

/* In loopback the line is cut off. */
static void refill(struct serial *s)
{
	uint8_t bytes[SERIAL_FIFO];
	size_t n = SERIAL_FIFO - s->fifo_count;

	if (!n || !s->source || (s->mcr & MCR_LOOP))
		return;
	n = s->source(s->source_ctx, bytes, n);
	for (size_t i = 0; i < n; i++)
		push_fifo(s, bytes[i]);
	if (n)
		update(s);
}

static uint8_t read_iir(struct serial *s)
{
	uint8_t iir = s->fcr & FCR_ENABLE ? IIR_FIFO : 0;

	if ((s->ier & IER_RX) && s->fifo_count)
		return iir | IIR_RX;
	if ((s->ier & IER_THR) && s->thr_pending) {
		s->thr_pending = false;
		return iir | IIR_THR;
	}
	return iir | IIR_NONE;
}

static uint8_t read_data(struct serial *s)
{
	uint8_t byte;

	if (s->lcr & LCR_DLAB)
		return s->dll;
	if (!s->fifo_count)
		return 0;
	byte = s->fifo[s->fifo_head];
	s->fifo_head = (s->fifo_head + 1) % SERIAL_FIFO;
	if (--s->fifo_count == 0)
		refill(s);
	return byte;
}

/* In loopback the modem outputs feed the inputs: how a driver tells a UART is there. */
static uint8_t read_msr(const struct serial *s)
{
	uint8_t m = s->mcr;

	if (!(m & MCR_LOOP))
		return MSR_READY;
	return (uint8_t)((m & 1) << 5 | (m & 2) << 3 | (m & 4) << 4 | (m & 8) << 4);
}

static uint8_t read_reg(struct serial *s, uint64_t offset)
{
	switch (offset) {
	case REG_DATA:
		return read_data(s);
	case REG_IER:
		return s->lcr & LCR_DLAB ? s->dlm : s->ier;
	case REG_IIR_FCR:
		return read_iir(s);
	case REG_LCR:
		return s->lcr;
	case REG_MCR:
		return s->mcr;
	case REG_LSR:
		return LSR_IDLE | (s->fifo_count ? LSR_DATA : 0);
	case REG_MSR:
		return read_msr(s);
	case REG_SCR:
		return s->scr;
	default:
		return 0;
	}
}

static void write_reg(struct serial *s, uint64_t offset, uint8_t v)
{
	switch (offset) {
	case REG_DATA:
		if (s->lcr & LCR_DLAB) {
			s->dll = v;
			return;
		}
		if (s->mcr & MCR_LOOP) {
			if (s->fifo_count < SERIAL_FIFO)
				push_fifo(s, v);
		}
		s->thr_pending = true;
		break;
	case REG_IER:
		if (s->lcr & LCR_DLAB) {
			s->dlm = v;
			return;
		}
		if ((v & IER_THR) && !(s->ier & IER_THR))
			s->thr_pending = true;	/* enabling it reports an empty THR at once */
		s->ier = v & 0x0f;
		break;
	case REG_IIR_FCR:
		s->fcr = v;
		if (v & FCR_CLEAR_RX)
			s->fifo_count = 0;
		refill(s);
		return;
	case REG_LCR:
		s->lcr = v;
		return;
	case REG_MCR:
		s->mcr = v & 0x1f;
		refill(s);
		return;
	case REG_SCR:
		s->scr = v;
		return;
	default:
		return;
	}
	update(s);
}

static void serial_read(void *ctx, uint64_t offset, uint8_t *data, unsigned int len)
{
	struct serial *s = ctx;

	pthread_mutex_lock(&s->lock);
	bus_put(data, len, read_reg(s, offset));
	pthread_mutex_unlock(&s->lock);
}

static void serial_write(void *ctx, uint64_t offset, const uint8_t *data, unsigned int len)
{
	struct serial *s = ctx;
	uint8_t v = (uint8_t)bus_get(data, len);
	bool print;

	pthread_mutex_lock(&s->lock);
	print = offset == REG_DATA && !(s->lcr & LCR_DLAB) && !(s->mcr & MCR_LOOP);
	pthread_mutex_unlock(&s->lock);
	if (print) {
		/* The keyboard must get through meanwhile: the quit key is on it. */
		pthread_mutex_lock(&s->out_lock);
		outlet_write(&s->out, &v, 1);
		pthread_mutex_unlock(&s->out_lock);
	}
	pthread_mutex_lock(&s->lock);
	write_reg(s, offset, v);
	pthread_mutex_unlock(&s->lock);
}

const struct bus_ops serial_ops = { .read = serial_read, .write = serial_write };

void serial_pull(struct serial *s)
{
	pthread_mutex_lock(&s->lock);
	refill(s);
	pthread_mutex_unlock(&s->lock);
}
