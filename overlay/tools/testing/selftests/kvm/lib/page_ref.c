// SPDX-License-Identifier: GPL-2.0
/*
 * Count the references that the kernel gets and puts to a range of pages
 *
 * The page_ref trace events tell each change of a page's reference count.  Sum
 * them in a trace instance of the process's own, so that nobody else's tracing
 * is disturbed.  The events of a compound page only tell its head, thus this
 * must be counted as well.
 */
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "page_ref.h"
#include "test_util.h"

static const char *tracefs(void)
{
	/* Older kernels only have it in debugfs. */
	return access("/sys/kernel/tracing/events", F_OK) ? "/sys/kernel/debug/tracing" :
							    "/sys/kernel/tracing";
}

static const char *instance(const char *file, pid_t pid)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/instances/page_ref-%d/%s", tracefs(), pid, file);
	return path;
}

static void write_file(const char *file, const char *what)
{
	int fd = open(instance(file, getpid()), O_WRONLY | O_TRUNC);

	TEST_ASSERT(fd >= 0 && write(fd, what, strlen(what)) == strlen(what),
		    "Can't write '%s' to %s", what, instance(file, getpid()));
	close(fd);
}

static FILE *open_file(const char *file)
{
	FILE *f = fopen(instance(file, getpid()), "r");

	TEST_ASSERT(f, "Can't read %s", instance(file, getpid()));
	return f;
}

/* Returns why references can't be counted here, or NULL. */
const char *page_ref_missing(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/events/page_ref", tracefs());
	if (access(path, F_OK))
		return "no page_ref events (need tracefs and CONFIG_DEBUG_PAGE_REF)";
	return access("/proc/self/pagemap", R_OK) ? "no /proc/self/pagemap" : NULL;
}

/* Returns 0 if nothing is mapped at @addr, or the pfn is hidden. */
static unsigned long read_pagemap(unsigned long addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	off_t offset = addr / getpagesize() * sizeof(u64);
	u64 entry = 0;

	TEST_ASSERT(pread(fd, &entry, sizeof(entry), offset) == sizeof(entry), "pread(pagemap)");
	close(fd);
	/* Bits 0-54, zeroes without CAP_SYS_ADMIN; bit 63: present. */
	return entry >> 63 ? entry & ((1ull << 55) - 1) : 0;
}

/* The pfn that is mapped at @addr, which the caller has touched. */
unsigned long page_ref_pfn(void *addr)
{
	unsigned long pfn = read_pagemap((unsigned long)addr);

	TEST_ASSERT(pfn, "No pfn of %p (need CAP_SYS_ADMIN, and that it was accessed)", addr);
	return pfn;
}

static void start(const char *filter)
{
	TEST_ASSERT(!mkdir(instance("", getpid()), 0700), "mkdir(%s)", instance("", getpid()));
	/* For each CPU; vCPUs that fault all the time fill the default of 1.4 MiB. */
	write_file("buffer_size_kb", "8192");
	write_file("events/page_ref/filter", filter);
	write_file("events/page_ref/enable", "1");
}

/* Count for all pages of a range, which is aligned to its compound pages. */
void page_ref_start_range(unsigned long pfn, unsigned long nr_pages)
{
	char filter[64];

	snprintf(filter, sizeof(filter), "pfn >= %lu && pfn <= %lu", pfn, pfn + nr_pages - 1);
	start(filter);
}

/*
 * Count for the page at @addr, which the caller has touched, and for the head of
 * the compound page that it may be part of: where all of a PMD maps contiguous
 * pfns, this is the first of them, or just another page of the same mapping.
 */
void page_ref_start(void *addr)
{
	unsigned long pfn = page_ref_pfn(addr), huge = getpagesize() / sizeof(u64);
	unsigned long pmd_size = huge * getpagesize();
	unsigned long head = pfn & ~(huge - 1), base = (unsigned long)addr & ~(pmd_size - 1);
	char filter[64];

	if (read_pagemap(base) != head || read_pagemap(base + pmd_size - 1) != head + huge - 1)
		head = pfn;
	snprintf(filter, sizeof(filter), "pfn == %lu || pfn == %lu", pfn, head);
	start(filter);
}

/* A sum is worth nothing if the ring buffer was too small. */
static void assert_nothing_lost(void)
{
	unsigned long nr;
	char file[32], line[128];
	FILE *f;
	int i;

	for (i = 0; i < get_nprocs_conf(); i++) {
		snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", i);
		f = open_file(file);
		while (fgets(line, sizeof(line), f)) {
			if (sscanf(line, "overrun: %lu", &nr) == 1 ||
			    sscanf(line, "commit overrun: %lu", &nr) == 1 ||
			    sscanf(line, "dropped events: %lu", &nr) == 1)
				TEST_ASSERT(!nr, "Lost trace events: %s", line);
		}
		fclose(f);
	}
}

struct page_ref page_ref_stop(void)
{
	struct page_ref sum = {};
	const char *event, *val;
	char line[512];
	FILE *f;

	write_file("tracing_on", "0");
	assert_nothing_lost();

	f = open_file("trace");
	while (fgets(line, sizeof(line), f)) {
		event = strstr(line, ": page_ref_");
		if (*line == '#' || !event)
			continue;
		val = strstr(event, " val=");
		TEST_ASSERT(val && !strncmp(event, ": page_ref_mod", 14), "Can't sum: %s", line);

		/* page_ref_add_unless() did nothing, as there was no reference at all. */
		if (!strncmp(event, ": page_ref_mod_unless:", 22) && strstr(val, " ret=0"))
			continue;
		sum.balance += atol(val + strlen(" val="));
		sum.nr++;
	}
	fclose(f);
	page_ref_cleanup(getpid());
	return sum;
}

/* Remove what a process left behind that did not come to page_ref_stop(). */
bool page_ref_cleanup(pid_t pid)
{
	return !rmdir(instance("", pid)) || errno == ENOENT;
}
