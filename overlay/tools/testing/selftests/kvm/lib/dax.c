// SPDX-License-Identifier: GPL-2.0
/*
 * DAX memory that the user named: what it is, and how to open and map it
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "dax.h"
#include "test_util.h"

/* Returns "" if there is no such file. */
const char *dax_read_sysfs(const char *dir, const char *name)
{
	static char buf[32];
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	len = read(fd, buf, sizeof(buf) - 1);
	buf[len > 0 ? len : 0] = '\0';
	close(fd);
	return buf;
}

/* Ask sysfs what the device is: never open, let alone write to, another one. */
const char *dax_probe_dev(const char *path, struct dax_dev *dev)
{
	char dir[32], link[64], subsys[256] = "";
	struct stat st = {};

	if (stat(path, &st))
		return strerror(errno);
	if (!S_ISCHR(st.st_mode))
		return "not a device-dax";
	snprintf(dir, sizeof(dir), "/sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	snprintf(link, sizeof(link), "%s/subsystem", dir);
	if (readlink(link, subsys, sizeof(subsys) - 1) < 0 || strcmp(basename(subsys), "dax"))
		return "not a device-dax";

	dev->resource = strtoul(dax_read_sysfs(dir, "resource"), NULL, 0);
	dev->align = strtoul(dax_read_sysfs(dir, "align"), NULL, 0);
	dev->size = strtoul(dax_read_sysfs(dir, "size"), NULL, 0);
	return dev->align ? NULL : "the device does not tell its alignment";
}

/* Open a file on a DAX mount, or an unnamed one in a directory there. */
const char *dax_open_file(const char *path, int *fd)
{
	struct stat st = {};
	struct statx stx = {};

	*fd = -1;
	if (stat(path, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return "neither a file, a directory, nor a device-dax";

	*fd = open(path, O_RDWR | O_CLOEXEC | (S_ISDIR(st.st_mode) ? O_TMPFILE | O_EXCL : 0), 0600);
	if (*fd < 0)
		return strerror(errno);
	if (!statx(*fd, "", AT_EMPTY_PATH, 0, &stx) && stx.stx_attributes & STATX_ATTR_DAX)
		return NULL;

	close(*fd);
	*fd = -1;
	return "files there are not DAX, is it mounted with -o dax?";
}

/* Map at an address that allows huge mappings, whatever the default one is. */
void *dax_mmap(int fd, size_t size, off_t offset, size_t align)
{
	void *area, *mem;

	area = mmap(NULL, size + align, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	TEST_ASSERT(area != MAP_FAILED, "Can't reserve 0x%zx bytes of address space", size + align);
	mem = (void *)(((unsigned long)area + align - 1) & -align);
	if (mem != area)
		munmap(area, mem - area);
	munmap(mem + size, area + align - mem);

	mem = mmap(mem, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, offset);
	TEST_ASSERT(mem != MAP_FAILED, "Can't map 0x%zx bytes of DAX memory", size);
	return mem;
}
