// SPDX-License-Identifier: GPL-2.0
/*
 * A guest on a DAX file
 *
 * KVM takes a reference to each page of the file that the guest faults in, and
 * must put it once its page table has the page: fallocate(FALLOC_FL_PUNCH_HOLE)
 * waits until no page is referenced any more.  Whether the host has mapped the
 * page before makes a difference, see kvmppc_book3s_instantiate_page().
 *
 * KVM maps by 2 MiB where the host does, which must not give the guest what its
 * memslot does not have.
 *
 * DAX_DIR names a directory on a DAX mount, which gets unnamed files.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../kselftest_harness.h"

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX	0x00200000
#endif

#define SZ_2M		(2UL << 20)
#define FILE_SIZE	(2 * SZ_2M)
#define LIMIT_SECONDS	10

/* Guest real addresses. */
#define CODE_GPA	0x2000UL
#define CODE_SIZE	0x10000UL
#define DAX_GPA		(1UL << 30)

/* 64-bit mode, little endian, machine checks; no translation by the guest. */
#define GUEST_MSR	(1UL << 63 | 1UL << 12 | 1UL)

/*
 * Access a word of each page from r14 to r15, r16 bytes apart, then tell the host
 * by a hypercall that KVM does not know.  Writes r17, or adds to it what is read;
 * what is executed adds one.  The next KVM_RUN writes to r3 to r12, as the
 * hypercall returns.
 */
extern const char guest_write[], guest_read[], guest_execute[], guest_end[];
extern const char guest_function[], guest_function_end[];

#define NEXT_PAGE_OR_EXIT	\
	"add	14, 14, 16\n"	\
	"cmpld	14, 15\n"	\
	"blt	1b\n"		\
	"li	3, 0x7000\n"	\
	"sc	1\n"

asm(
	".pushsection .rodata\n"
	".balign 8\n"
	"guest_write:\n"
	"1: std	17, 0(14)\n"
	NEXT_PAGE_OR_EXIT
	"guest_read:\n"
	"li	17, 0\n"
	"1: ld	18, 0(14)\n"
	"add	17, 17, 18\n"
	NEXT_PAGE_OR_EXIT
	"guest_execute:\n"
	"li	17, 0\n"
	"1: mtctr	14\n"
	"bctrl\n"
	NEXT_PAGE_OR_EXIT
	"guest_end:\n"
	"guest_function:\n"
	"addi	17, 17, 1\n"
	"blr\n"
	"guest_function_end:\n"
	".popsection\n");

struct vm {
	size_t page_size;
	int fd;
	char *mem;		/* the file */
	int fd_vm;
	int fd_vcpu;
	struct kvm_run *run;
	char *code;
};

FIXTURE(dax) {
	struct vm vm;
};

FIXTURE_VARIANT(dax) {
	const char *guest;
	bool huge;		/* the host maps the file by 2 MiB */
	bool host_first;	/* the host writes to each page before the guest */
};

/* First what an older KVM does not fail: the next files get the same blocks. */
FIXTURE_VARIANT_ADD(dax, write_host_first)
{
	.guest = guest_write,
	.huge = true,
	.host_first = true,
};

FIXTURE_VARIANT_ADD(dax, read_host_first)
{
	.guest = guest_read,
	.huge = true,
	.host_first = true,
};

FIXTURE_VARIANT_ADD(dax, execute_host_first)
{
	.guest = guest_execute,
	.huge = true,
	.host_first = true,
};

FIXTURE_VARIANT_ADD(dax, write)
{
	.guest = guest_write,
	.huge = true,
};

FIXTURE_VARIANT_ADD(dax, read)
{
	.guest = guest_read,
	.huge = true,
};

FIXTURE_VARIANT_ADD(dax, execute)
{
	.guest = guest_execute,
	.huge = true,
};

FIXTURE_VARIANT_ADD(dax, write_small)
{
	.guest = guest_write,
};

FIXTURE_VARIANT_ADD(dax, read_small)
{
	.guest = guest_read,
};

FIXTURE_VARIANT_ADD(dax, execute_small)
{
	.guest = guest_execute,
};

/* To end a fallocate() that does not return. */
static void interrupt(int sig)
{
}

/*
 * Map the file so that an entry of 2 MiB fits if it is to be @huge, and can't if it
 * is not.  Returns NULL on error.
 */
static char *map_file(int fd, bool huge, size_t page_size)
{
	unsigned long start;
	void *area;

	area = mmap(NULL, FILE_SIZE + 2 * SZ_2M, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return NULL;

	start = ((unsigned long)area + SZ_2M - 1) & -SZ_2M;
	if (!huge)
		start += page_size;
	area = mmap((void *)start, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    fd, 0);
	return area == MAP_FAILED ? NULL : area;
}

static int add_memslot(int vm, int slot, unsigned long gpa, unsigned long size, void *mem)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (unsigned long)mem,
	};

	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/* Make a VM with a memslot for @size bytes of a new file, @start bytes from its start. */
static void make_vm(struct __test_metadata *_metadata, struct vm *vm, bool huge,
		    unsigned long start, unsigned long size)
{
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };
	const char *dir = getenv("DAX_DIR");
	struct statx stx = {};
	int kvm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		SKIP(return, "can't open /dev/kvm: %s", strerror(errno));
	vm->fd_vm = ioctl(kvm, KVM_CREATE_VM, KVM_VM_PPC_HV);
	if (vm->fd_vm < 0)
		SKIP(return, "no KVM that uses hypervisor mode: %s", strerror(errno));

	if (!dir)
		SKIP(return, "no directory on a DAX mount given (DAX_DIR)");
	vm->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ASSERT_LE(0, vm->fd)
		TH_LOG("%s: can't make an unnamed file: %s", dir, strerror(errno));
	ASSERT_EQ(0, statx(vm->fd, "", AT_EMPTY_PATH, 0, &stx));
	if (!(stx.stx_attributes & STATX_ATTR_DAX))
		SKIP(return, "%s (DAX_DIR) is not on a DAX mount", dir);

	vm->page_size = getpagesize();
	ASSERT_EQ(0, fallocate(vm->fd, 0, 0, FILE_SIZE));
	vm->mem = map_file(vm->fd, huge, vm->page_size);
	ASSERT_NE(NULL, vm->mem);
	vm->code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, vm->code);
	memcpy(vm->code + CODE_GPA, guest_write, guest_end - guest_write);
	ASSERT_EQ(0, add_memslot(vm->fd_vm, 0, 0, CODE_SIZE, vm->code));
	ASSERT_EQ(0, add_memslot(vm->fd_vm, 1, DAX_GPA + start, size, vm->mem + start));

	vm->fd_vcpu = ioctl(vm->fd_vm, KVM_CREATE_VCPU, 0);
	ASSERT_LE(0, vm->fd_vcpu);
	ASSERT_EQ(0, ioctl(vm->fd_vcpu, KVM_ENABLE_CAP, &papr));
	vm->run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		       MAP_SHARED, vm->fd_vcpu, 0);
	ASSERT_NE(MAP_FAILED, vm->run);
	close(kvm);
}

/* Have the guest access the file from @start to @end; returns r17. */
static unsigned long run_guest(struct __test_metadata *_metadata, struct vm *vm,
			       const char *guest, unsigned long start, unsigned long end)
{
	struct kvm_regs regs;

	ASSERT_EQ(0, ioctl(vm->fd_vcpu, KVM_GET_REGS, &regs));
	regs.pc = CODE_GPA + (guest - guest_write);
	regs.msr = GUEST_MSR;
	regs.gpr[14] = DAX_GPA + start;
	regs.gpr[15] = DAX_GPA + end;
	regs.gpr[16] = vm->page_size;
	regs.gpr[17] = -1UL;
	ASSERT_EQ(0, ioctl(vm->fd_vcpu, KVM_SET_REGS, &regs));
	ASSERT_EQ(0, ioctl(vm->fd_vcpu, KVM_RUN, 0))
		TH_LOG("KVM_RUN: %s", strerror(errno));
	ASSERT_EQ(0, ioctl(vm->fd_vcpu, KVM_GET_REGS, &regs));
	return regs.gpr[17];
}

static long nr_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* Write to all pages of 2 MiB at @mem; returns whether one fault was enough. */
static bool is_huge(struct vm *vm, char *mem)
{
	long nr = nr_faults();
	size_t offset;

	for (offset = 0; offset < SZ_2M; offset += vm->page_size)
		mem[offset] = 0;
	return nr_faults() <= nr + 1;
}

static unsigned long read_word(struct vm *vm, unsigned long offset)
{
	unsigned long word = 0;

	return pread(vm->fd, &word, sizeof(word), offset) == sizeof(word) ? word : 0;
}

FIXTURE_SETUP(dax)
{
	make_vm(_metadata, &self->vm, variant->huge, 0, FILE_SIZE);
}

FIXTURE_TEARDOWN(dax)
{
}

TEST_F(dax, no_reference_kept)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct vm *vm = &self->vm;
	unsigned long nr_pages = FILE_SIZE / vm->page_size;
	size_t size = sizeof(unsigned long);
	unsigned long i, word, seen, sum = 0;
	const void *data = &word;

	if (variant->guest == guest_execute) {
		data = guest_function;
		size = guest_function_end - guest_function;
	}
	/* Not by the mapping: that would be the host's page fault. */
	for (i = 0; i < nr_pages; i++) {
		word = i + 1;
		sum += word;
		ASSERT_EQ(size, pwrite(vm->fd, data, size, i * vm->page_size));
		if (variant->host_first)
			vm->mem[i * vm->page_size + 64] = 0;
	}

	seen = run_guest(_metadata, vm, variant->guest, 0, FILE_SIZE);
	ASSERT_EQ(KVM_EXIT_PAPR_HCALL, vm->run->exit_reason);
	if (variant->guest == guest_execute)
		sum = nr_pages;
	if (variant->guest != guest_write)
		EXPECT_EQ(sum, seen);
	for (i = 0; variant->guest == guest_write && i < nr_pages; i++)
		EXPECT_EQ(-1UL, read_word(vm, i * vm->page_size));

	/* The VM has its memslot still. */
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	alarm(LIMIT_SECONDS);
	EXPECT_EQ(0, fallocate(vm->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, FILE_SIZE))
		TH_LOG("PUNCH_HOLE after %d s: %s", LIMIT_SECONDS, strerror(errno));
	alarm(0);
}

FIXTURE(memslot) {
	struct vm vm;
};

FIXTURE_VARIANT(memslot) {
	unsigned long start, end;	/* what it has of the file */
	unsigned long outside;		/* in the same page of 2 MiB as start */
};

FIXTURE_VARIANT_ADD(memslot, starts_in_a_huge_page)
{
	.start = SZ_2M / 2,
	.end = FILE_SIZE,
	.outside = 0,
};

FIXTURE_VARIANT_ADD(memslot, ends_in_a_huge_page)
{
	.start = 0,
	.end = SZ_2M / 2,
	.outside = SZ_2M / 2,
};

FIXTURE_SETUP(memslot)
{
	make_vm(_metadata, &self->vm, true, variant->start, variant->end - variant->start);
}

FIXTURE_TEARDOWN(memslot)
{
}

/* A write to memory that the memslot does not have is MMIO, and changes nothing. */
TEST_F(memslot, nothing_else_is_mapped)
{
	struct vm *vm = &self->vm;

	if (!is_huge(vm, vm->mem))
		SKIP(return, "the file is not mapped by 2 MiB");
	run_guest(_metadata, vm, guest_write, variant->start, variant->start + vm->page_size);
	ASSERT_EQ(KVM_EXIT_PAPR_HCALL, vm->run->exit_reason);
	EXPECT_EQ(-1UL, read_word(vm, variant->start));

	run_guest(_metadata, vm, guest_write, variant->outside, variant->outside + vm->page_size);
	EXPECT_EQ(KVM_EXIT_MMIO, vm->run->exit_reason);
	EXPECT_EQ(DAX_GPA + variant->outside, vm->run->mmio.phys_addr);
	EXPECT_EQ(0, read_word(vm, variant->outside));
}

TEST_HARNESS_MAIN
