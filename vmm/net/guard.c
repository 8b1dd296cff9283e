// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: keep a guest's packets from services of the host that listen on its loopback only.
 * Never: look deeper than the first packet of a connection needs.
 * Used by: net/slirp.c; specs: RFC 791 "Internet Header Format", RFC 1122 "Addressing: Loopback".
 */
#include "net/guard.h"

#define ETH_LEN		14
#define ETH_IPV4	0x0800
#define IP_LEN		20
#define IP_FRAGMENT	0x3fff	/* "more fragments" and the offset */
#define PROTO_ICMP	1
#define PROTO_TCP	6
#define PROTO_UDP	17
#define PORT_DNS	53

static uint32_t be(const uint8_t *p, unsigned int bytes)
{
	uint32_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

/* The name server may be a service of the host's loopback itself: its other ports are no business of a guest. */
static bool is_dns(const uint8_t *ip, size_t len)
{
	size_t header = (size_t)(ip[0] & 0xf) * 4;

	if (ip[9] == PROTO_ICMP)
		return true;		/* libslirp answers itself */
	if ((ip[9] != PROTO_TCP && ip[9] != PROTO_UDP) || (be(ip + 6, 2) & IP_FRAGMENT))
		return false;
	return header >= IP_LEN && header + 4 <= len && be(ip + header + 2, 2) == PORT_DNS;
}

bool guard_allows(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + ETH_LEN;
	uint32_t to;

	if (len < ETH_LEN + IP_LEN || be(frame + 12, 2) != ETH_IPV4)
		return true;		/* libslirp knows ARP and drops the rest */
	to = be(ip + 16, 4);
	/* To the host's kernel, 0.0.0.0 is another name of the loopback. */
	if (to >> 24 == 127 || to >> 24 == 0)
		return false;
	return to != GUARD_DNS || is_dns(ip, len - ETH_LEN);
}
