// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to map memory for DMA by VFIO's type1 IOMMU, and to unmap it
 *
 * PID 1 of scripts/vfio-cost's machine, which has one CPU, whose time stamp counter
 * counts instructions, and QEMU's PCI device edu. For each kind of memory it prints a
 * line with "cost", its name, and instructions to map and to unmap NR_PAGES pages: the
 * least of some rounds, as a timer's interrupt is no cost of VFIO. No line is printed
 * for what could not be measured, but one that says why.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>
#include <x86intrin.h>

#define NR_PAGES	2048
#define PAGE		4096UL
#define SIZE		(NR_PAGES * PAGE)
#define HUGE_PAGE	(512 * PAGE)
#define NR_ROUNDS	64

static int container;

static void end(const char *what)
{
	if (what)
		printf("no cost: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
}

static bool read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t len = read(fd, text, size - 1);

	close(fd);
	text[len < 0 ? 0 : len] = 0;
	return len > 0;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

/* The name of the PCI device edu in sysfs, "" if there is none. */
static void find_edu(char *bdf, size_t size)
{
	DIR *dir = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	char path[PATH_MAX], id[16];

	*bdf = 0;
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vendor", entry->d_name);
		if (!read_file(path, id, sizeof(id)) || strcmp(id, "0x1234\n"))
			continue;
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/device", entry->d_name);
		if (read_file(path, id, sizeof(id)) && !strcmp(id, "0x11e8\n"))
			snprintf(bdf, size, "%s", entry->d_name);
	}
}

static void open_vfio(void)
{
	char bdf[NAME_MAX + 1], path[PATH_MAX], link[PATH_MAX];
	ssize_t len;
	int group;

	find_edu(bdf, sizeof(bdf));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	if (!*bdf || !write_file(path, "vfio-pci") ||
	    !write_file("/sys/bus/pci/drivers/vfio-pci/bind", bdf))
		end("bind edu to vfio-pci");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		end("IOMMU group of edu");
	link[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	container = open("/dev/vfio/vfio", O_RDWR);
	group = open(path, O_RDWR);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		end("open VFIO");
}

static void measure(const char *name, char *mem)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (unsigned long)mem,
		.iova = 1UL << 32,
		.size = SIZE,
	};
	unsigned long long least_map = -1, least_unmap = -1, start, mapped, unmapped;
	int i;

	for (i = 0; i < NR_ROUNDS; i++) {
		struct vfio_iommu_type1_dma_unmap unmap = {
			.argsz = sizeof(unmap),
			.iova = map.iova,
			.size = SIZE,
		};

		start = __rdtsc();
		if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
			end("VFIO_IOMMU_MAP_DMA");
		mapped = __rdtsc();
		if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap) || unmap.size != SIZE)
			end("VFIO_IOMMU_UNMAP_DMA");
		unmapped = __rdtsc();
		if (mapped - start < least_map)
			least_map = mapped - start;
		if (unmapped - mapped < least_unmap)
			least_unmap = unmapped - mapped;
	}
	printf("cost %s %llu %llu\n", name, least_map, least_unmap);
}

/* Anonymous memory at a multiple of what a huge page has. */
static char *map_memory(int advice)
{
	char *mem = mmap(NULL, SIZE + HUGE_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		end("mmap()");
	mem += -(unsigned long)mem & (HUGE_PAGE - 1);
	/* A kernel without huge pages has no such advice, and needs none. */
	madvise(mem, SIZE, advice);
	return mem;
}

int main(void)
{
	unsigned long i;
	char *mem;
	int fd;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	dup2(fd, STDOUT_FILENO);
	open_vfio();

	mem = map_memory(MADV_NOHUGEPAGE);
	for (i = 0; i < NR_PAGES; i++)
		mem[i * PAGE] = 1;
	measure("anonymous", mem);

	/* Pages are taken in this order, so no two neighbours are neighbours in memory. */
	mem = map_memory(MADV_NOHUGEPAGE);
	for (i = 0; i < NR_PAGES; i++)
		mem[(i * 1021 % NR_PAGES) * PAGE] = 1;
	measure("scattered", mem);

	mem = map_memory(MADV_HUGEPAGE);
	memset(mem, 1, SIZE);
	measure("thp", mem);

	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		   -1, 0);
	if (mem == MAP_FAILED)
		end("hugetlb");
	memset(mem, 1, SIZE);
	measure("hugetlb", mem);
	printf("end\n");
	end(NULL);
}
