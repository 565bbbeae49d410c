// SPDX-License-Identifier: GPL-2.0
/*
 * A device-dax that is taken away while its pages are mapped, or in use
 *
 * Whoever has a reference to a page, e.g. by gup(), uses it without a mapping.
 * Verify that the driver does not let the device go before the page is let go, see
 * dev_dax_wait_for_pages(), and that it does not wait for mappings, which it takes
 * away, see kill_dev_dax().
 *
 * DAX_DEVS names devices, with commas between them; what is in them is lost.
 * DAX_UNBIND is a command that takes a device from its driver, DAX_BIND one that
 * brings it back, each with the path of the device behind it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#define HOLD_MS		3000
#define LIMIT_MS	20000
#define PATTERN		0x64617868
#define MAX_DEVS	16

struct device {
	const char *path;
	unsigned long size;
	unsigned long align;	/* of its mappings, as much as one entry maps */
};

static size_t page_size;

/* Returns what sysfs says of the device, 0 on error. */
static unsigned long get_attribute(const char *path, const char *attribute)
{
	char name[PATH_MAX], copy[PATH_MAX], buf[32] = "";
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(name, sizeof(name), "/sys/bus/dax/devices/%s/%s", basename(copy), attribute);
	fd = open(name, O_RDONLY);
	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0)
		return 0;
	close(fd);
	return strtoul(buf, NULL, 0);
}

/* Map the device's end by one entry, and write to the last page.  Returns that, or NULL. */
static int *map_device(const struct device *dev)
{
	int fd = open(dev->path, O_RDWR);
	char *mem;

	mem = mmap(NULL, dev->align, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   dev->size - dev->align);
	close(fd);
	if (mem == MAP_FAILED) {
		ksft_print_msg("%s can't be mapped (%m)\n", dev->path);
		return NULL;
	}
	mem += dev->align - page_size;
	*(int *)mem = PATTERN;
	return (int *)mem;
}

static void unmap_device(const struct device *dev, int *page)
{
	munmap((char *)page + page_size - dev->align, dev->align);
}

/* Returns the process that runs the command in @variable for the device. */
static pid_t start(const char *variable, const struct device *dev)
{
	char line[PATH_MAX];
	pid_t pid;

	snprintf(line, sizeof(line), "%s %s", getenv(variable), dev->path);
	pid = fork();
	if (!pid)
		_exit(system(line) ? 1 : 0);
	return pid;
}

/* Returns whether @pid ends within @ms; then its status is in @status. */
static bool ends_within(pid_t pid, int ms, int *status)
{
	for (; ms > 0; ms -= 10) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

/* Returns whether @pid ends in time, with status 0. */
static bool succeeds(pid_t pid, const char *what)
{
	int status;

	if (!ends_within(pid, LIMIT_MS, &status)) {
		ksft_print_msg("%s: no return within %d ms\n", what, LIMIT_MS);
		return false;
	}
	if (status)
		ksft_print_msg("%s: status 0x%x\n", what, status);
	return !status;
}

/* Can be mapped again, once it was brought back? */
static bool comes_back(const struct device *dev)
{
	int *page;

	if (!succeeds(start("DAX_BIND", dev), "DAX_BIND"))
		return false;
	page = map_device(dev);
	if (!page)
		return false;
	unmap_device(dev, page);
	return true;
}

static bool test_mapped(const struct device *dev)
{
	int *page = map_device(dev);
	bool ok;

	if (!page)
		return false;
	ok = succeeds(start("DAX_UNBIND", dev), "DAX_UNBIND");
	unmap_device(dev, page);
	return comes_back(dev) && ok;
}

/*
 * Have a pipe use the page, and say so to @held.  When told by @release, read from the
 * pipe: the data must be what was written before.  If it is told nothing, it never ends.
 */
static int hold_page(const struct device *dev, int held, int release)
{
	struct iovec iov = { .iov_len = page_size };
	int fds[2], data = 0;
	int *page;
	char c = 0;

	page = map_device(dev);
	iov.iov_base = page;
	if (!page || pipe(fds) || vmsplice(fds[1], &iov, 1, 0) != page_size)
		return 1;
	unmap_device(dev, page);
	/* Nobody waits for the end of what a process that is left behind says. */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	if (write(held, &c, 1) != 1)
		return 2;
	while (read(release, &c, 1) != 1)
		pause();
	if (read(fds[0], &data, sizeof(data)) != sizeof(data) || data != PATTERN)
		return 3;
	return 0;
}

/* While the driver waits, the device is gone for everybody else. */
static bool refuses_open(const struct device *dev)
{
	int fd = open(dev->path, O_RDWR);

	if (fd < 0 && errno == ENXIO)
		return true;
	ksft_print_msg("open() while DAX_UNBIND waits: wanted ENXIO, got %s\n",
		       fd < 0 ? strerror(errno) : "a file");
	close(fd);
	return false;
}

static bool test_held(const struct device *dev)
{
	int held[2], release[2], status;
	pid_t holder, unbind;
	bool ok = false;
	char c = 0;

	if (pipe(held) || pipe(release))
		return false;
	holder = fork();
	if (!holder) {
		/* Nobody who ends the test may end it, see below. */
		setsid();
		close(held[0]);
		close(release[1]);
		_exit(hold_page(dev, held[1], release[0]));
	}
	close(held[1]);
	close(release[0]);
	if (read(held[0], &c, 1) != 1) {
		ksft_print_msg("can't hold a page\n");
		goto out;
	}

	unbind = start("DAX_UNBIND", dev);
	if (ends_within(unbind, HOLD_MS, &status)) {
		/* The page is not the device's any more, so it must not be put. */
		ksft_print_msg("DAX_UNBIND returns, and process %d, which uses a page, is left\n",
			       holder);
	} else {
		ok = refuses_open(dev);
		ok = write(release[1], &c, 1) == 1 && ok;
		ok = succeeds(holder, "the page's user") && ok;
		ok = succeeds(unbind, "DAX_UNBIND") && ok;
	}
	ok = comes_back(dev) && ok;
out:
	close(held[0]);
	close(release[1]);
	return ok;
}

static const struct {
	const char *name;
	bool (*fn)(const struct device *dev);
} tests[] = {
	{ "goes while it is mapped", test_mapped },
	{ "stays while a page is in use", test_held },
};

int main(void)
{
	struct device devs[MAX_DEVS];
	int i, j, nr_devs = 0;
	char *path;

	ksft_print_header();
	page_size = sysconf(_SC_PAGESIZE);
	if (!getenv("DAX_DEVS") || !getenv("DAX_UNBIND") || !getenv("DAX_BIND"))
		ksft_exit_skip("DAX_DEVS, DAX_UNBIND and DAX_BIND are needed\n");
	for (path = strtok(strdup(getenv("DAX_DEVS")), ","); path && nr_devs < MAX_DEVS;
	     path = strtok(NULL, ",")) {
		devs[nr_devs].path = path;
		devs[nr_devs].size = get_attribute(path, "size");
		devs[nr_devs].align = get_attribute(path, "align");
		if (!devs[nr_devs].size || !devs[nr_devs].align)
			ksft_exit_fail_msg("%s: no device-dax\n", path);
		nr_devs++;
	}

	ksft_set_plan(nr_devs * ARRAY_SIZE(tests));
	for (i = 0; i < nr_devs; i++)
		for (j = 0; j < ARRAY_SIZE(tests); j++)
			ksft_test_result(tests[j].fn(&devs[i]), "devdax-%luK: %s\n",
					 devs[i].align >> 10, tests[j].name);
	ksft_finished();
}
