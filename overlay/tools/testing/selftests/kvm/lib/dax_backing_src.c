// SPDX-License-Identifier: GPL-2.0
/*
 * DAX memory as a backing source of guest memory, -s dax:PATH
 *
 * All memory regions of a program, of whatever VM, share what PATH names, and
 * each has a range of its own.  Once no region is left, ranges are given out
 * from the start again.  Memory isn't zeroed.
 */
#include <sys/stat.h>

#include "dax.h"
#include "dax_backing_src.h"
#include "test_util.h"

static struct {
	const char *path;
	size_t pagesz;
	u64 size;
	u64 used;
	int nr_regions;
	bool is_file;
	int fd;
} src;

#define refuse(fmt, ...)	ksft_exit_fail_msg("-s dax:%s: " fmt "\n", src.path, ##__VA_ARGS__)

void dax_backing_src_open(const char *path)
{
	struct dax_dev dev = {};
	struct stat st = {};
	const char *why;

	src.path = path;
	if (!*path)
		refuse("PATH is missing");
	if (!stat(path, &st) && S_ISCHR(st.st_mode)) {
		why = dax_probe_dev(path, &dev);
		if (why)
			refuse("%s", why);
		src.pagesz = dev.align;
		src.size = dev.size;
		src.fd = open(path, O_RDWR | O_CLOEXEC);
		if (src.fd < 0)
			refuse("%s", strerror(errno));
		return;
	}

	why = dax_open_file(path, &src.fd);
	if (why)
		refuse("%s", why);
	src.is_file = true;
	/* An unnamed file grows as needed. */
	src.size = S_ISREG(st.st_mode) ? st.st_size : INT64_MAX;
	/*
	 * As for THP, what the file system may map, and thus the alignment that
	 * it takes.  Whether it does is its own choice, for each huge page.
	 */
	src.pagesz = thp_configured() ? get_trans_hugepagesz() : getpagesize();
}

size_t dax_backing_src_pagesz(void)
{
	return src.pagesz;
}

/* Returns a descriptor of the region's own. */
int dax_backing_src_alloc(size_t size, off_t *offset)
{
	int ret, fd;

	*offset = src.used;
	src.used += align_up(size, src.pagesz);
	src.nr_regions++;
	if (src.used > src.size)
		refuse("too small, 0x%lx bytes are needed, 0x%lx are there", src.used, src.size);

	/* A file system that is full would tell only when memory is accessed. */
	ret = src.is_file ? posix_fallocate(src.fd, *offset, size) : 0;
	if (ret)
		refuse("too small, 0x%lx bytes are needed: %s", src.used, strerror(ret));

	fd = dup(src.fd);
	TEST_ASSERT(fd >= 0, "Can't duplicate the descriptor of %s", src.path);
	return fd;
}

void dax_backing_src_free(void)
{
	if (!--src.nr_regions)
		src.used = 0;
}
