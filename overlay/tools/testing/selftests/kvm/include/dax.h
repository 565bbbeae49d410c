/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DAX memory that the user named: what it is, and how to open and map it
 */
#ifndef SELFTEST_KVM_DAX_H
#define SELFTEST_KVM_DAX_H

#include <linux/types.h>
#include <sys/types.h>
#include <unistd.h>

/* A device-dax, as sysfs tells. */
struct dax_dev {
	u64 resource;	/* physical address */
	u64 align;
	u64 size;
};

/* Both return NULL, or why @path is none. */
const char *dax_probe_dev(const char *path, struct dax_dev *dev);
const char *dax_open_file(const char *path, int *fd);

/* What a PMD maps: 2 MiB if pages have 4 KiB, 512 MiB if they have 64 KiB. */
static inline u64 dax_pmd_size(void)
{
	return (u64)getpagesize() * (getpagesize() / sizeof(u64));
}

void *dax_mmap(int fd, size_t size, off_t offset, size_t align);

const char *dax_read_sysfs(const char *dir, const char *name);

#endif /* SELFTEST_KVM_DAX_H */
