// SPDX-License-Identifier: GPL-2.0
/*
 * mremap() and fork() of memory that huge PUD entries map
 *
 * Such entries map a device-dax that is aligned to 1 GiB.  The environment
 * variable DAX_TEST_DEV names the device, whose first 1 GiB is OVERWRITTEN.
 * Without it the test skips and opens no device.
 *
 * What tells of an entry is page faults, as memory that an entry maps causes
 * none, and RSS, if the kernel counts such memory.  Neither smaps nor pagemap
 * nor mincore() can: to look at a huge PUD entry they split it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

/* The C library's headers may be older than the kernel. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif

#define SIZE		(1UL << 30)
#define PMD_SIZE	(2UL << 20)
#define NR_SLOTS	6
#define NR_ROUNDS	3

static int fd;
static sigjmp_buf jump;

static void handler(int sig)
{
	siglongjmp(jump, sig);
}

/* The signal that the access ends with, 0 if there is none. */
static int access_signal(volatile char *addr, bool write)
{
	int sig = sigsetjmp(jump, 1);

	if (!sig) {
		signal(SIGSEGV, handler);
		signal(SIGBUS, handler);
		if (write)
			*addr = 0;
		else
			(void)*addr;
	}
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	return sig;
}

static uint64_t read_word(char *addr)
{
	return *(volatile uint64_t *)addr;
}

static void write_word(char *addr, uint64_t value)
{
	*(volatile uint64_t *)addr = value;
}

/* In GiB, as the counters are not exact, and other mappings are small. */
static long rss(void)
{
	long kb, sum = SIZE >> 11;
	char line[128];
	FILE *status;

	status = fopen("/proc/self/status", "r");
	if (!status)
		return -1;
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "RssFile: %ld kB", &kb) == 1 ||
		    sscanf(line, "RssShmem: %ld kB", &kb) == 1)
			sum += kb;
	}
	fclose(status);
	return sum / (long)(SIZE >> 10);
}

/* How many page faults it takes to read a word that must have this value. */
static long faults(struct __test_metadata *_metadata, char *addr, uint64_t value)
{
	struct rusage before, after;
	uint64_t read;

	/* The first call may cause a fault of its own. */
	getrusage(RUSAGE_SELF, &before);
	getrusage(RUSAGE_SELF, &after);
	getrusage(RUSAGE_SELF, &before);
	read = read_word(addr);
	getrusage(RUSAGE_SELF, &after);
	ASSERT_EQ(value, read);
	return after.ru_minflt - before.ru_minflt;
}

FIXTURE(huge_pud)
{
	char *slot[NR_SLOTS];
	uint64_t value;
	long rss;
};

/* Map the device, and write to what its first entry maps. */
static void map(struct __test_metadata *_metadata, FIXTURE_DATA(huge_pud) *self, int slot,
		size_t size)
{
	ASSERT_EQ(self->slot[slot], mmap(self->slot[slot], size, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_FIXED, fd, 0));
	self->rss = rss();
	self->value++;
	write_word(self->slot[slot], self->value);
	write_word(self->slot[slot] + SIZE - sizeof(uint64_t), self->value);
	/* What the kernel counts for the entry. */
	self->rss = rss() - self->rss;
}

static void move(struct __test_metadata *_metadata, char *from, char *to, int flags)
{
	ASSERT_EQ(to, mremap(from, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED | flags, to));
	if (flags & MREMAP_DONTUNMAP)
		return;
	/* Not even by what a TLB has of the address that was used just before. */
	EXPECT_EQ(SIGSEGV, access_signal(from, false));
	EXPECT_EQ(SIGSEGV, access_signal(from + sizeof(uint64_t), true));
}

static void unmap(struct __test_metadata *_metadata, char *addr, size_t size)
{
	ASSERT_EQ(0, munmap(addr, size));
	EXPECT_EQ(0, rss());
}

/* An entry that has moved as a whole maps the memory without a fault. */
static void expect_moved(struct __test_metadata *_metadata, FIXTURE_DATA(huge_pud) *self,
			 char *addr)
{
	EXPECT_EQ(self->rss, rss());
	EXPECT_EQ(0, faults(_metadata, addr, self->value));
	EXPECT_EQ(0, faults(_metadata, addr + SIZE - sizeof(uint64_t), self->value));
	EXPECT_EQ(self->rss, rss());
}

/* One that was split is gone, and a fault makes it anew. */
static void expect_faults(struct __test_metadata *_metadata, FIXTURE_DATA(huge_pud) *self,
			  char *addr)
{
	long before = rss();

	EXPECT_EQ(1, faults(_metadata, addr, self->value));
	EXPECT_EQ(0, faults(_metadata, addr + SIZE - sizeof(uint64_t), self->value));
	EXPECT_EQ(before + self->rss, rss());
}

FIXTURE_SETUP(huge_pud)
{
	char *area;
	int i;

	area = mmap(NULL, (NR_SLOTS + 1) * SIZE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	area = (char *)(((uintptr_t)area + SIZE - 1) & ~(SIZE - 1));
	for (i = 0; i < NR_SLOTS; i++)
		self->slot[i] = area + i * SIZE;
	ASSERT_EQ(0, rss());
}

FIXTURE_TEARDOWN(huge_pud)
{
}

TEST_F(huge_pud, whole)
{
	int i;

	map(_metadata, self, 2, SIZE);
	for (i = 0; i < NR_ROUNDS; i++) {
		move(_metadata, self->slot[2], self->slot[4], 0);
		expect_moved(_metadata, self, self->slot[4]);
		move(_metadata, self->slot[4], self->slot[1], 0);
		expect_moved(_metadata, self, self->slot[1]);
		move(_metadata, self->slot[1], self->slot[2], 0);
		expect_moved(_metadata, self, self->slot[2]);
	}
	unmap(_metadata, self->slot[2], SIZE);
}

TEST_F(huge_pud, part_of_mapping)
{
	map(_metadata, self, 2, 2 * SIZE);
	move(_metadata, self->slot[2], self->slot[5], 0);
	expect_moved(_metadata, self, self->slot[5]);
	move(_metadata, self->slot[5], self->slot[2], 0);
	expect_moved(_metadata, self, self->slot[2]);
	unmap(_metadata, self->slot[2], 2 * SIZE);
}

/*
 * Where no huge PUD entry fits, device-dax is not accessible either, so bring the
 * mapping back.
 */
static void move_and_return(struct __test_metadata *_metadata, FIXTURE_DATA(huge_pud) *self,
			    char *to)
{
	int i;

	map(_metadata, self, 2, SIZE);
	for (i = 0; i < NR_ROUNDS; i++) {
		move(_metadata, self->slot[2], to, 0);
		EXPECT_EQ(0, rss());
		move(_metadata, to, self->slot[2], 0);
		expect_faults(_metadata, self, self->slot[2]);
	}
	unmap(_metadata, self->slot[2], SIZE);
}

TEST_F(huge_pud, to_pmd_aligned)
{
	move_and_return(_metadata, self, self->slot[4] + PMD_SIZE);
}

TEST_F(huge_pud, to_page_aligned)
{
	move_and_return(_metadata, self, self->slot[4] + getpagesize());
}

TEST_F(huge_pud, replaces_another)
{
	map(_metadata, self, 4, SIZE);
	map(_metadata, self, 2, SIZE);
	EXPECT_EQ(2 * self->rss, rss());
	move(_metadata, self->slot[2], self->slot[4], 0);
	expect_moved(_metadata, self, self->slot[4]);
	unmap(_metadata, self->slot[4], SIZE);
}

TEST_F(huge_pud, dontunmap)
{
	map(_metadata, self, 2, SIZE);
	move(_metadata, self->slot[2], self->slot[4], MREMAP_DONTUNMAP);
	expect_moved(_metadata, self, self->slot[4]);
	expect_faults(_metadata, self, self->slot[2]);
	ASSERT_EQ(0, munmap(self->slot[2], SIZE));
	expect_moved(_metadata, self, self->slot[4]);
	unmap(_metadata, self->slot[4], SIZE);
}

TEST_F(huge_pud, dontunmap_to_pmd_aligned)
{
	char *to = self->slot[4] + PMD_SIZE;
	int i;

	map(_metadata, self, 2, SIZE);
	for (i = 0; i < NR_ROUNDS; i++) {
		move(_metadata, self->slot[2], to, MREMAP_DONTUNMAP);
		EXPECT_EQ(0, rss());
		expect_faults(_metadata, self, self->slot[2]);
	}
	ASSERT_EQ(0, munmap(to, SIZE));
	unmap(_metadata, self->slot[2], SIZE);
}

/*
 * A guard region has fork() copy the page tables of the whole mapping.  A child
 * whose table has the entry must have it in its RSS; if not, it takes it out of
 * there at its exit, with a reference that it never had.
 */
TEST_F(huge_pud, fork_with_guard)
{
	int i, status;
	long before;
	pid_t pid;

	map(_metadata, self, 2, 2 * SIZE);
	if (madvise(self->slot[3], getpagesize(), MADV_GUARD_INSTALL)) {
		ASSERT_EQ(EINVAL, errno);
		SKIP(return, "no guard regions in files");
	}
	for (i = 0; i < NR_ROUNDS; i++) {
		pid = fork();
		ASSERT_NE(-1, pid);
		if (!pid) {
			before = rss();
			if (read_word(self->slot[2]) != self->value)
				_exit(UINT8_MAX);
			_exit(rss() - before);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFEXITED(status));
		EXPECT_EQ(self->rss, WEXITSTATUS(status));
		expect_moved(_metadata, self, self->slot[2]);
	}
	unmap(_metadata, self->slot[2], 2 * SIZE);
}

static unsigned long device_align(void)
{
	unsigned long align = 0;
	char path[64];
	struct stat st;
	FILE *file;

	if (fstat(fd, &st) || !S_ISCHR(st.st_mode))
		return 0;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/align", major(st.st_rdev),
		 minor(st.st_rdev));
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%lu", &align) != 1)
		align = 0;
	fclose(file);
	return align;
}

int main(int argc, char *argv[])
{
	const char *path = getenv("DAX_TEST_DEV");

	if (!path) {
		ksft_print_header();
		ksft_exit_skip("DAX_TEST_DEV names no device-dax, which would be overwritten\n");
	}
	fd = open(path, O_RDWR);
	if (fd < 0) {
		ksft_print_header();
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
	}
	if (device_align() != SIZE) {
		ksft_print_header();
		ksft_exit_skip("%s is no device-dax that is aligned to 1 GiB\n", path);
	}
	return test_harness_run(argc, argv);
}
