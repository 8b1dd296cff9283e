// SPDX-License-Identifier: BSD-3-Clause
/*
 * Job: firmware of protected VMs as a client asks for it, with and without a hypervisor that holds some.
 * Never: ask the driver what to expect: the word firmware=held of the host's command line says it.
 * Used by: gzvm_abi_test. The firmware held is guests/firmware.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>

#include "client.h"

#define FW_GPA		0x7fc00000ull
#define FW_SIZE		0x400000ull
#define CONSOLE		0x0a000000ull	/* where the firmware writes when there is no device tree */

static bool held(void)
{
	char words[1024] = "";
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);

	EXPECT(read(fd, words, sizeof(words) - 1) > 0);
	close(fd);
	return strstr(words, "firmware=held") != NULL;
}

static int cap(struct vm *vm, struct gzvm_enable_cap *c, uint64_t what, uint64_t arg)
{
	*c = (struct gzvm_enable_cap){ .cap = GZVM_CAP_PROTECTED_VM, .args = { what, arg } };
	return vm_ioctl(vm, GZVM_ENABLE_CAP, c);
}

TEST(enable_cap__firmware__sizes_orders_errnos)
{
	struct gzvm_enable_cap c;
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	if (!held()) {
		EXPECT_ERR(cap(&vm, &c, GZVM_CAP_PVM_SET_PVMFW_GPA, FW_GPA), EOPNOTSUPP);
		EXPECT_ERR(cap(&vm, &c, GZVM_CAP_PVM_GET_PVMFW_SIZE, 77), EINVAL);
		EXPECT_EQ(c.args[1], 77);
	} else {
		EXPECT_OK(cap(&vm, &c, GZVM_CAP_PVM_GET_PVMFW_SIZE, 77));
		EXPECT(c.args[1] != 0 && c.args[1] % 4096 == 0 && c.args[1] <= FW_SIZE);
		EXPECT_EQ(c.args[0], GZVM_CAP_PVM_GET_PVMFW_SIZE);
		EXPECT_ERR(cap(&vm, &c, GZVM_CAP_PVM_SET_PVMFW_GPA, FW_GPA + 8), EINVAL);
	}
	expect_off(&vm, 0);		/* nothing has been changed by any of it */
	EXPECT_ERR(cap(&vm, &c, GZVM_CAP_PVM_SET_PVMFW_GPA, FW_GPA), EBUSY);
	vm_end(&vm);
}

/* 4 MiB with the host's code in each page. */
static uint8_t *host_code(struct vm *vm)
{
	struct gzvm_userspace_memory_region r = { .slot = 2, .flags = GZVM_USER_MEM_REGION_PROTECT_FW,
		.guest_phys_addr = FW_GPA, .memory_size = FW_SIZE };
	int fd = memfd_create("firmware", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t *p;

	EXPECT_OK(ftruncate(fd, FW_SIZE));
	p = mmap(NULL, FW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	EXPECT(p != MAP_FAILED);
	EXPECT_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE));
	close(fd);
	for (uint64_t at = 0; at < FW_SIZE; at += 4096)
		memcpy(p + at, guest_off, 64);
	r.userspace_addr = (uintptr_t)p;
	EXPECT_OK(vm_ioctl(vm, GZVM_SET_USER_MEMORY_REGION, &r));
	return p;
}

/* What the guest prints until it ends; the type of its end. */
static uint32_t said(struct vm *vm, char *text, size_t size)
{
	struct gzvm_vcpu_run *run = &vm->run[0];
	size_t n = 0;

	while (vcpu_run_to_exit(vm, 0) == GZVM_EXIT_MMIO) {
		if (!run->mmio.is_write)
			memset(run->mmio.data, 0, sizeof(run->mmio.data));
		else if (run->mmio.phys_addr == CONSOLE && n < size - 1)
			text[n++] = (char)run->mmio.data[0];
	}
	text[n] = 0;
	return run->exit_reason == GZVM_EXIT_SYSTEM_EVENT ? run->system_event.type : 0;
}

/*
 * The host's code lies at the entry. Where gz.bin holds no firmware it runs, and turns the machine off; else the firmware
 * runs, finds that it has no device tree, says so and asks for a reset.
 */
TEST(firmware__host_code_at_its_entry__runs_only_when_none_is_held)
{
	static char text[8192];
	struct gzvm_enable_cap c;
	uint32_t event;
	uint8_t *p;
	struct vm vm;

	vm_make(&vm, 1, guest_off, NULL);
	p = host_code(&vm);
	EXPECT_OK(vcpu_set_reg(vm.vcpu[0], GZVM_REG_PC, FW_GPA));
	if (held()) {
		EXPECT_OK(cap(&vm, &c, GZVM_CAP_PVM_SET_PVMFW_GPA, FW_GPA));
		EXPECT_OK(vm_protect(&vm));
	}
	event = said(&vm, text, sizeof(text));
	EXPECT_EQ(event, held() ? GZVM_SYSTEM_EVENT_RESET : GZVM_SYSTEM_EVENT_SHUTDOWN);
	EXPECT_EQ(strstr(text, "FAIL entry__state__as_documented") != NULL, held());
	EXPECT_EQ(strstr(text, "ok   image__and_configuration__intact") != NULL, held());
	vm_end(&vm);
	munmap(p, FW_SIZE);
}
