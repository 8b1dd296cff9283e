// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: `gz doctor`: one line per thing a VM needs, with the remedy where it is missing.
 * Never: change anything.
 * Used by: main.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "hv/hv.h"
#include "layout.h"
#include "lib/err.h"
#include "mem/gmem.h"
#include "run.h"

static int backend(const char *path)
{
	char text[160];

	if (hv_ops_of(path)->describe(path, text, sizeof(text))) {
		printf("no   %-10s see the line above\n", path);
		return -1;
	}
	printf("ok   %-10s %s\n", path, text);
	return 0;
}

static void memory(void)
{
	uint64_t mib = gmem_available() >> 20;

	printf("%s   memory     %" PRIu64 " MiB free for guests, at least %d MiB for one\n",
	       mib < GZ_MEM_MIN_MIB ? "no" : "ok", mib, GZ_MEM_MIN_MIB);
}

int gz_doctor(const char *dev)
{
	struct utsname u;
	int usable = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);	/* keeps order with the reasons on stderr */
	if (uname(&u) == 0)
		printf("ok   kernel     %s %s %s\n", u.sysname, u.release, u.machine);
	memory();
	if (dev)
		return backend(dev) ? GZ_STATUS_FAILED : 0;
	usable += backend("/dev/gzvm") == 0;
	usable += backend("/dev/kvm") == 0;
	printf("ok   this gz     up to %d vCPUs; disk, net (user), console, rng by virtio-mmio;"
	       " no tap, vsock\n", GZ_MAX_CPUS);
	return usable ? 0 : GZ_STATUS_FAILED;
}
