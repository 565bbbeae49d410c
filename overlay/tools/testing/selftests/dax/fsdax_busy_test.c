// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks taken from a DAX file while one of its pages is in use
 *
 * fallocate(), truncate() and the end of an unlinked file unmap the file, and
 * wait until none of its pages is in use, see dax_break_layout(). Meanwhile the
 * page can be mapped, by a fault or by another file that shares its block. Prove
 * that they wait as long as the page is in use, and no longer.
 *
 * DAX_DIR names a directory on a DAX mount, which gets unnamed files.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "kselftest_harness.h"

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX	0x00200000
#endif

#define SZ_2M		(2UL << 20)
#define OFFSET		SZ_2M		/* of the page in use, in the file */
#define FILE_SIZE	(4 * SZ_2M)

#define HOLD_MS		500
#define LIMIT_MS	5000

/* Who maps the page while the operation waits. */
enum mapped {
	BY_NOBODY,
	BY_FAULT,
	BY_ENDLESS_FAULTS,
	BY_CLONE,
};

static const char *dir;
static size_t page_size;

static int open_file(void)
{
	return open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static bool is_dax(int fd)
{
	struct statx stx = {};

	return !statx(fd, "", AT_EMPTY_PATH, 0, &stx) && stx.stx_attributes & STATX_ATTR_DAX;
}

/*
 * Map the file, so that an entry of 2 MiB fits if it is to be @huge, and can't if
 * it is not. Returns where OFFSET is mapped.
 */
static char *map_file(int fd, bool huge)
{
	unsigned long area, start;

	area = (unsigned long)mmap(NULL, FILE_SIZE + 2 * SZ_2M, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if ((void *)area == MAP_FAILED)
		return NULL;

	start = (area + SZ_2M - 1) & -SZ_2M;
	if (!huge)
		start += page_size;
	if (mmap((void *)start, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 fd, 0) == MAP_FAILED)
		return NULL;
	return (char *)start + OFFSET;
}

static long nr_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void touch(char *page)
{
	asm volatile ("" : : "r" (*page) : "memory");
}

/* Read from all pages of 2 MiB; returns whether one fault was enough. */
static bool is_huge(char *mem)
{
	long nr = nr_faults();
	size_t offset;

	for (offset = 0; offset < SZ_2M; offset += page_size)
		touch(mem + offset);
	return nr_faults() == nr + 1;
}

static bool is_present(char *addr)
{
	__u64 entry = 0;
	int fd;

	fd = open("/proc/self/pagemap", O_RDONLY);
	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)addr / page_size * 8) != 8)
		entry = 0;
	close(fd);
	return entry >> 63;
}

/* Have the pipe hold a reference to a page until it is read. */
static bool hold_page(int pipe_fd, char *page)
{
	struct iovec iov = { page, page_size };

	return vmsplice(pipe_fd, &iov, 1, 0) == page_size;
}

static bool is_filled(const char *mem, size_t size, char c)
{
	return size && mem[0] == c && !memcmp(mem, mem + 1, size - 1);
}

static bool write_fill(int fd, off_t offset, size_t size, char c)
{
	char *buf = malloc(size);
	bool done;

	memset(buf, c, size);
	done = pwrite(fd, buf, size, offset) == size;
	free(buf);
	return done;
}

/* Returns the file, page or entry of 2 MiB at OFFSET filled with 'A', then 'B's. */
static int make_file(size_t size)
{
	int fd = open_file();

	/* In extents as large as can be. */
	if (fd < 0 || fallocate(fd, 0, 0, FILE_SIZE) ||
	    !write_fill(fd, 0, FILE_SIZE, 'B') || !write_fill(fd, OFFSET, size, 'A') || fsync(fd))
		return -1;
	return fd;
}

/* Returns a file of the same blocks, or -1. */
static int clone_file(int fd)
{
	int clone = open_file();

	if (clone >= 0 && ioctl(clone, FICLONE, fd)) {
		close(clone);
		return -1;
	}
	return clone;
}

/* Never survive the test, and hold nothing that it waits for. */
static pid_t fork_child(void)
{
	pid_t pid = fork();

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static bool has_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

static bool ends_within(pid_t pid, int *status, int ms)
{
	for (; ms > 0; ms -= 10) {
		if (has_ended(pid, status))
			return true;
		usleep(10000);
	}
	return false;
}

static void kill_child(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ends_within(pid, &status, LIMIT_MS);
}

/* A page in use, of a file that is mapped. */
struct busy_page {
	int fd;
	size_t size;		/* of the entry that it is in */
	char *page;
	enum mapped mapped;
};

FIXTURE(busy) {
	struct busy_page b;
};

FIXTURE_VARIANT(busy) {
	bool huge;
	enum mapped mapped;
};

FIXTURE_VARIANT_ADD(busy, page) {
	.huge = false, .mapped = BY_NOBODY,
};

FIXTURE_VARIANT_ADD(busy, page_mapped_by_fault) {
	.huge = false, .mapped = BY_FAULT,
};

FIXTURE_VARIANT_ADD(busy, page_mapped_by_endless_faults) {
	.huge = false, .mapped = BY_ENDLESS_FAULTS,
};

FIXTURE_VARIANT_ADD(busy, page_mapped_by_clone) {
	.huge = false, .mapped = BY_CLONE,
};

FIXTURE_VARIANT_ADD(busy, huge) {
	.huge = true, .mapped = BY_NOBODY,
};

FIXTURE_VARIANT_ADD(busy, huge_mapped_by_fault) {
	.huge = true, .mapped = BY_FAULT,
};

FIXTURE_VARIANT_ADD(busy, huge_mapped_by_endless_faults) {
	.huge = true, .mapped = BY_ENDLESS_FAULTS,
};

FIXTURE_VARIANT_ADD(busy, huge_mapped_by_clone) {
	.huge = true, .mapped = BY_CLONE,
};

FIXTURE_SETUP(busy)
{
	struct busy_page *b = &self->b;
	char *mem, *clone_mem;
	int clone;

	b->mapped = variant->mapped;
	b->size = variant->huge ? SZ_2M : page_size;
	b->fd = make_file(b->size);
	ASSERT_LE(0, b->fd);
	mem = map_file(b->fd, variant->huge);
	ASSERT_NE(NULL, mem);

	if (variant->mapped == BY_CLONE) {
		clone = clone_file(b->fd);
		if (clone < 0)
			SKIP(return, "no file can share blocks: %s", strerror(errno));
		clone_mem = map_file(clone, variant->huge);
		ASSERT_NE(NULL, clone_mem);
		ASSERT_EQ('A', *clone_mem);
	}
	if (is_huge(mem) != variant->huge)
		SKIP(return, "the file is not mapped by 2 MiB");
	/* Of a huge one the last page, which has no count of its own. */
	b->page = mem + b->size - page_size;
	if (!is_present(b->page))
		SKIP(return, "/proc/self/pagemap does not tell what is mapped");
}

FIXTURE_TEARDOWN(busy)
{
}

static void read_endlessly(char *page)
{
	for (;;)
		touch(page);
}

/*
 * Fork a child that does the operation, and see that it returns no sooner than
 * the pipe puts its reference, and soon then.
 */
static bool check_wait(struct __test_metadata *_metadata, const struct busy_page *b,
		       int (*operation)(int fd, size_t size))
{
	char buf[page_size];
	pid_t pid, reader = 0;
	int hold[2], status = 0;
	bool ended;

	ASSERT_EQ(0, pipe(hold));
	ASSERT_TRUE(hold_page(hold[1], b->page));
	pid = fork_child();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(operation(b->fd, b->size) ? errno : 0);

	while (is_present(b->page)) {
		if (!ends_within(pid, &status, 10))
			continue;
		if (WIFEXITED(status) && WEXITSTATUS(status) == EOPNOTSUPP)
			SKIP(return false, "the file system can't");
		ASSERT_EQ(-1, status) {
			TH_LOG("returned without a wait");
		}
	}
	if (b->mapped == BY_FAULT) {
		EXPECT_EQ('A', *b->page);
		EXPECT_TRUE(is_present(b->page));
	} else if (b->mapped == BY_ENDLESS_FAULTS) {
		reader = fork_child();
		ASSERT_LE(0, reader);
		if (!reader)
			read_endlessly(b->page);
	}

	ASSERT_FALSE(ends_within(pid, &status, HOLD_MS)) {
		TH_LOG("returned while the page is in use, wait status 0x%x", status);
	}
	EXPECT_EQ(page_size, read(hold[0], buf, page_size));
	EXPECT_TRUE(is_filled(buf, page_size, 'A'));

	ended = ends_within(pid, &status, LIMIT_MS);
	EXPECT_TRUE(ended) {
		TH_LOG("no return within %d ms after the page was put", LIMIT_MS);
	}
	if (reader)
		kill_child(reader);
	if (!ended) {
		kill_child(pid);
		return false;
	}
	EXPECT_EQ(0, status) {
		TH_LOG("%s", strerror(WEXITSTATUS(status)));
	}
	return !status;
}

static bool reads(int fd, off_t offset, size_t size, char c)
{
	char *buf = malloc(size);
	bool same;

	same = pread(fd, buf, size, offset) == size && is_filled(buf, size, c);
	free(buf);
	return same;
}

static int punch_hole(int fd, size_t size)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, OFFSET, size);
}

TEST_F(busy, punch_hole)
{
	if (!check_wait(_metadata, &self->b, punch_hole))
		return;
	EXPECT_TRUE(reads(self->b.fd, OFFSET, self->b.size, 0));
	EXPECT_TRUE(reads(self->b.fd, OFFSET + self->b.size, self->b.size, 'B'));
	EXPECT_EQ(0, *self->b.page);
}

static int truncate_file(int fd, size_t size)
{
	return ftruncate(fd, OFFSET);
}

TEST_F(busy, truncate)
{
	struct stat st = {};

	if (!check_wait(_metadata, &self->b, truncate_file))
		return;
	EXPECT_EQ(0, fstat(self->b.fd, &st));
	EXPECT_EQ(OFFSET, st.st_size);
}

static int collapse_range(int fd, size_t size)
{
	return fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, OFFSET, size);
}

TEST_F(busy, collapse_range)
{
	if (!check_wait(_metadata, &self->b, collapse_range))
		return;
	EXPECT_TRUE(reads(self->b.fd, OFFSET, self->b.size, 'B'));
	EXPECT_EQ('B', *self->b.page);
}

static int insert_range(int fd, size_t size)
{
	return fallocate(fd, FALLOC_FL_INSERT_RANGE, OFFSET, size);
}

TEST_F(busy, insert_range)
{
	if (!check_wait(_metadata, &self->b, insert_range))
		return;
	EXPECT_TRUE(reads(self->b.fd, OFFSET, self->b.size, 0));
	EXPECT_TRUE(reads(self->b.fd, OFFSET + self->b.size, self->b.size, 'A'));
	EXPECT_EQ(0, *self->b.page);
}

/*
 * Close an unlinked file in a child that is the only one to have it. This wait
 * can't be interrupted: if it does not end, it does with the clone's mapping, i.e.
 * with the test.
 */
static void check_close(struct __test_metadata *_metadata, enum mapped mapped)
{
	char buf[page_size], *mem;
	int clone, fd, status = 0;
	int ready[2], hold[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(hold));
	fd = make_file(page_size);
	ASSERT_LE(0, fd);
	if (mapped == BY_CLONE) {
		clone = clone_file(fd);
		if (clone < 0)
			SKIP(return, "no file can share blocks: %s", strerror(errno));
		mem = map_file(clone, false);
		ASSERT_NE(NULL, mem);
		ASSERT_EQ('A', *mem);
	}

	pid = fork_child();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(ready[1]);
		mem = map_file(fd, false);
		if (!mem || !hold_page(hold[1], mem) || munmap(mem - OFFSET, FILE_SIZE) ||
		    read(ready[0], buf, 1))	/* until the parent has closed its own */
			_exit(errno);
		close(fd);
		_exit(0);
	}
	close(fd);
	close(ready[1]);

	ASSERT_FALSE(ends_within(pid, &status, HOLD_MS)) {
		TH_LOG("returned while the page is in use, wait status 0x%x", status);
	}
	EXPECT_EQ(page_size, read(hold[0], buf, page_size));
	EXPECT_TRUE(is_filled(buf, page_size, 'A'));
	EXPECT_TRUE(ends_within(pid, &status, LIMIT_MS)) {
		TH_LOG("no return within %d ms after the page was put", LIMIT_MS);
	}
	EXPECT_EQ(0, status);
}

TEST(close_unlinked)
{
	check_close(_metadata, BY_NOBODY);
}

TEST(close_unlinked_mapped_by_clone)
{
	check_close(_metadata, BY_CLONE);
}

int main(int argc, char *argv[])
{
	int fd;

	dir = getenv("DAX_DIR");
	page_size = getpagesize();
	if (!dir) {
		ksft_print_header();
		ksft_exit_skip("DAX_DIR names no directory on a DAX mount\n");
	}
	fd = open_file();
	if (fd < 0 || !is_dax(fd)) {
		ksft_print_header();
		ksft_exit_skip("%s: %s\n", dir,
			       fd < 0 ? strerror(errno) : "files there are not DAX");
	}
	close(fd);
	return test_harness_run(argc, argv);
}
