// SPDX-License-Identifier: GPL-2.0
/*
 * VFIO's type1 IOMMU unpins all that it pinned
 *
 * Map memory of several kinds for DMA, and take the mappings away in all the ways
 * there are. Then as many pages must have been unpinned as were pinned, by
 * nr_foll_pin_acquired and nr_foll_pin_released of /proc/vmstat, and none be counted
 * as locked. These two counters are the system's, so nothing else may pin pages
 * meanwhile.
 *
 * VFIO_SELFTESTS_BDF names the PCI device, which must be bound to vfio-pci. No DMA
 * is done. VFIO_SELFTESTS_DAX names device-dax, with commas in between, and
 * VFIO_SELFTESTS_DEVMEM /dev/mem, to map the memory of one by its address, i.e. as
 * VM_PFNMAP, which has pages that gup() does not pin, as a BAR may have them. The
 * contents are left alone. No device is opened that is not named, and what needs one
 * is skipped without it.
 *
 * At last, take device-dax from its driver while it is mapped for DMA: the driver must
 * wait until it is unpinned. VFIO_SELFTESTS_DAX_UNBIND is a command that does so,
 * VFIO_SELFTESTS_DAX_BIND one that brings it back, each with the device's path behind it.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#define SZ_4K		(4UL << 10)
#define SZ_2M		(2UL << 20)
#define SZ_1G		(512 * SZ_2M)

#define IOVA		(4UL << 30)
#define MAP_SIZE	(2 * SZ_2M)
#define NR_PARTS	4
#define NR_ROUNDS	3
#define HOLD_MS		3000
#define LIMIT_MS	8000

enum memory {
	ANONYMOUS,
	HUGETLB,
	BAR,
	DEVDAX_4K,
	DEVDAX_2M,
	DEVDAX_1G,
	DEVMEM,
	CONTIGUOUS,
	MIXED,
};

static const char *bdf;
static size_t page_size;

/* A container with the device's group, and the device. */
struct vfio {
	int container;
	int group;
	int device;
};

static bool open_vfio(struct vfio *v, unsigned long type)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	v->group = -1;
	v->device = -1;
	v->container = open("/dev/vfio/vfio", O_RDWR);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	len = readlink(path, link, sizeof(link) - 1);
	if (v->container < 0 || len < 0)
		return false;
	link[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	v->group = open(path, O_RDWR);
	if (v->group < 0 || ioctl(v->group, VFIO_GROUP_GET_STATUS, &status) ||
	    !(status.flags & VFIO_GROUP_FLAGS_VIABLE) ||
	    ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container) ||
	    ioctl(v->container, VFIO_SET_IOMMU, type))
		return false;
	v->device = ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	return v->device >= 0;
}

static void close_vfio(struct vfio *v)
{
	close(v->device);
	close(v->group);
	close(v->container);
	v->device = -1;
	v->group = -1;
	v->container = -1;
}

static int map_dma_flags(struct vfio *v, char *mem, unsigned long offset, size_t size,
			 int flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (unsigned long)mem + offset,
		.iova = IOVA + offset,
		.size = size,
	};

	return ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int map_dma(struct vfio *v, char *mem, unsigned long offset, size_t size)
{
	return map_dma_flags(v, mem, offset, size,
			     VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
}

/* Returns how much was unmapped. */
static long unmap_dma_flags(struct vfio *v, unsigned long iova, size_t size, int flags)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = flags,
		.iova = iova,
		.size = size,
	};

	return ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : unmap.size;
}

static long unmap_dma(struct vfio *v, unsigned long offset, size_t size)
{
	return unmap_dma_flags(v, IOVA + offset, size, 0);
}

/* The value of a line that begins with this word, -1 if there is none. */
static long read_value(const char *path, const char *word)
{
	long value = -1, found;
	char line[256], name[64];
	FILE *file;

	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", name, &found) == 2 && !strcmp(name, word))
			value = found;
	}
	fclose(file);
	return value;
}

/* How many more pages were pinned than unpinned, since the system came up. */
static long nr_pinned(void)
{
	/* Have the counters of all CPUs added up. */
	read_value("/proc/sys/vm/stat_refresh", "");
	return read_value("/proc/vmstat", "nr_foll_pin_acquired") -
	       read_value("/proc/vmstat", "nr_foll_pin_released");
}

/* In pages. */
static long nr_locked(void)
{
	return read_value("/proc/self/status", "VmLck:") / (long)(page_size >> 10);
}

/* What sysfs says of a device-dax, 0 if it is none. */
static unsigned long device_value(int fd, const char *attribute)
{
	unsigned long value = 0;
	char path[64];
	struct stat st;
	FILE *file;

	if (fstat(fd, &st) || !S_ISCHR(st.st_mode))
		return 0;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/%s", major(st.st_rdev),
		 minor(st.st_rdev), attribute);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%li", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

/* Returns a device-dax of this alignment that was named, or -1. */
static int open_devdax(unsigned long align)
{
	const char *devs = getenv("VFIO_SELFTESTS_DAX");
	char *copy, *dev, *at;
	int fd = -1;

	if (!devs)
		return -1;
	copy = strdup(devs);
	for (dev = strtok_r(copy, ",", &at); dev; dev = strtok_r(NULL, ",", &at)) {
		fd = open(dev, O_RDWR);
		if (fd >= 0 && device_value(fd, "align") == align)
			break;
		close(fd);
		fd = -1;
	}
	free(copy);
	return fd;
}

/* Memory that is mapped from an address on that 1 GiB divides. */
struct mem {
	char *addr;
	size_t size;
	char *end;		/* of the mapping, which may be larger */
	long nr_locked;		/* how many of its pages count as locked */
};

static bool map_anonymous(char *addr, size_t size, int flags)
{
	return mmap(addr, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0) == addr;
}

static bool map_devdax(char *addr, size_t size, unsigned long align, off_t offset)
{
	int fd = open_devdax(align);
	void *mem;

	if (fd < 0)
		return false;
	mem = mmap(addr, size < align ? align : size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, fd, offset);
	close(fd);
	return mem == addr;
}

/* The memory of a device-dax of 4 KiB, but not by the device. */
static bool map_devmem(char *addr, size_t size, off_t offset)
{
	const char *path = getenv("VFIO_SELFTESTS_DEVMEM");
	int dax = open_devdax(SZ_4K), fd;
	unsigned long start;
	void *mem;

	start = device_value(dax, "resource");
	close(dax);
	if (!start || !path)
		return false;
	fd = open(path, O_RDWR);
	mem = mmap(addr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		   start + offset);
	close(fd);
	return mem == addr;
}

/* Pages that are pinned and such that are not, in turns, as one range for the IOMMU. */
static bool map_contiguous(char *addr, size_t size)
{
	size_t quarter = size / 4;

	return map_devdax(addr, quarter, SZ_4K, 0) &&
	       map_devmem(addr + quarter, quarter, quarter) &&
	       map_devdax(addr + 2 * quarter, quarter, SZ_4K, 2 * quarter) &&
	       map_devmem(addr + 3 * quarter, quarter, 3 * quarter);
}

/* Map the first region that can be mapped, up to this size. Returns how much. */
static size_t map_bar(struct vfio *v, char *addr, size_t size)
{
	struct vfio_region_info region = { .argsz = sizeof(region) };

	for (; region.index <= VFIO_PCI_BAR5_REGION_INDEX; region.index++) {
		if (ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &region) ||
		    !(region.flags & VFIO_REGION_INFO_FLAG_MMAP) || region.size < page_size)
			continue;
		if (size > region.size)
			size = region.size;
		if (mmap(addr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 v->device, region.offset) == addr)
			return size;
	}
	return 0;
}

static size_t map_mixed(struct vfio *v, char *addr)
{
	size_t quarter = MAP_SIZE / 4, bar;

	if (!map_anonymous(addr, quarter, 0))
		return 0;
	if (!map_devdax(addr + quarter, quarter, SZ_4K, 0))
		return 0;
	bar = map_bar(v, addr + 2 * quarter, quarter);
	if (!bar || !map_devdax(addr + 2 * quarter + bar, quarter, SZ_4K, 0))
		return 0;
	return 3 * quarter + bar;
}

/* Returns why there is no such memory, or NULL. */
static const char *map_memory(struct vfio *v, struct mem *mem, enum memory memory)
{
	char *area;

	/* Nothing is mapped before and behind it. */
	area = mmap(NULL, 4 * SZ_1G, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	if (area == MAP_FAILED)
		return "no address space";
	mem->addr = (char *)(((uintptr_t)area + 2 * SZ_1G - 1) & ~(SZ_1G - 1));
	mem->size = MAP_SIZE;
	mem->nr_locked = 0;

	switch (memory) {
	case ANONYMOUS:
		if (!map_anonymous(mem->addr, mem->size, 0))
			return "no memory";
		mem->nr_locked = mem->size / page_size;
		break;
	case HUGETLB:
		if (!map_anonymous(mem->addr, mem->size, MAP_HUGETLB))
			return "there are no hugetlb pages";
		mem->nr_locked = mem->size / page_size;
		break;
	case BAR:
		mem->size = map_bar(v, mem->addr, mem->size);
		if (!mem->size)
			return "the device has no BAR that can be mapped";
		break;
	case DEVDAX_4K:
		if (!map_devdax(mem->addr, mem->size, SZ_4K, 0))
			return "VFIO_SELFTESTS_DAX names no device-dax of 4 KiB";
		break;
	case DEVDAX_2M:
		if (!map_devdax(mem->addr, mem->size, SZ_2M, 0))
			return "VFIO_SELFTESTS_DAX names no device-dax of 2 MiB";
		break;
	case DEVDAX_1G:
		if (!map_devdax(mem->addr, mem->size, SZ_1G, 0))
			return "VFIO_SELFTESTS_DAX names no device-dax of 1 GiB";
		break;
	case DEVMEM:
		if (!map_devmem(mem->addr, mem->size, 0))
			return "needs a device-dax of 4 KiB and VFIO_SELFTESTS_DEVMEM";
		break;
	case CONTIGUOUS:
		if (!map_contiguous(mem->addr, mem->size))
			return "needs a device-dax of 4 KiB and VFIO_SELFTESTS_DEVMEM";
		break;
	case MIXED:
		mem->size = map_mixed(v, mem->addr);
		if (!mem->size)
			return "needs a device-dax of 4 KiB and a BAR";
		mem->nr_locked = MAP_SIZE / 4 / page_size;
		break;
	}
	mem->end = mem->addr + (memory == DEVDAX_1G ? SZ_1G : mem->size);
	return NULL;
}

/* A mapped BAR has the device, and with it the container, stay open. */
static void close_all(struct vfio *v, struct mem *mem)
{
	munmap(mem->addr, mem->end - mem->addr);
	mem->end = mem->addr;
	close_vfio(v);
}

FIXTURE(unpin)
{
	struct vfio vfio;
	struct mem mem;
	long nr_pinned;
};

FIXTURE_VARIANT(unpin)
{
	enum memory memory;
};

FIXTURE_VARIANT_ADD(unpin, anonymous) {
	.memory = ANONYMOUS,
};

FIXTURE_VARIANT_ADD(unpin, hugetlb) {
	.memory = HUGETLB,
};

FIXTURE_VARIANT_ADD(unpin, bar) {
	.memory = BAR,
};

FIXTURE_VARIANT_ADD(unpin, devdax_4k) {
	.memory = DEVDAX_4K,
};

FIXTURE_VARIANT_ADD(unpin, devdax_2m) {
	.memory = DEVDAX_2M,
};

FIXTURE_VARIANT_ADD(unpin, devdax_1g) {
	.memory = DEVDAX_1G,
};

FIXTURE_VARIANT_ADD(unpin, devmem) {
	.memory = DEVMEM,
};

FIXTURE_VARIANT_ADD(unpin, contiguous) {
	.memory = CONTIGUOUS,
};

/* Anonymous memory, device-dax, a BAR, and device-dax. */
FIXTURE_VARIANT_ADD(unpin, mixed) {
	.memory = MIXED,
};

FIXTURE_SETUP(unpin)
{
	const char *why;

	self->nr_pinned = nr_pinned();
	ASSERT_TRUE(open_vfio(&self->vfio, VFIO_TYPE1v2_IOMMU)) {
		TH_LOG("%s: %s (is it bound to vfio-pci, and alone in its group?)", bdf,
		       strerror(errno));
	}
	why = map_memory(&self->vfio, &self->mem, variant->memory);
	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(unpin)
{
	EXPECT_EQ(0, nr_locked());
	close_all(&self->vfio, &self->mem);
	EXPECT_EQ(self->nr_pinned, nr_pinned());
}

static void map_all(struct __test_metadata *_metadata, FIXTURE_DATA(unpin) *self)
{
	ASSERT_EQ(0, map_dma(&self->vfio, self->mem.addr, 0, self->mem.size));
	EXPECT_EQ(self->mem.nr_locked, nr_locked());
}

static unsigned long part(FIXTURE_DATA(unpin) *self, int i)
{
	return self->mem.size / NR_PARTS * i;
}

static void map_parts(struct __test_metadata *_metadata, FIXTURE_DATA(unpin) *self)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		ASSERT_EQ(0, map_dma(&self->vfio, self->mem.addr, part(self, i), part(self, 1)));
	EXPECT_EQ(self->mem.nr_locked, nr_locked());
}

TEST_F(unpin, unmap)
{
	int i;

	for (i = 0; i < NR_ROUNDS; i++) {
		map_all(_metadata, self);
		ASSERT_EQ(self->mem.size, unmap_dma(&self->vfio, 0, self->mem.size));
	}
}

TEST_F(unpin, unmap_parts)
{
	long nr_left = self->mem.nr_locked;
	int i;

	/* What counts as locked is in the first part, or in all. */
	if (variant->memory != MIXED)
		nr_left -= nr_left / NR_PARTS;
	for (i = 0; i < NR_ROUNDS; i++) {
		map_parts(_metadata, self);
		ASSERT_EQ(part(self, 1), unmap_dma(&self->vfio, part(self, 1), part(self, 1)));
		EXPECT_EQ(nr_left, nr_locked());
		ASSERT_EQ(part(self, 1), unmap_dma(&self->vfio, 0, part(self, 1)));
		ASSERT_EQ(part(self, 2), unmap_dma(&self->vfio, part(self, 2), part(self, 2)));
	}
}

TEST_F(unpin, unmap_all)
{
	map_parts(_metadata, self);
	ASSERT_EQ(self->mem.size, unmap_dma_flags(&self->vfio, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL));
}

/* The first version of the interface unmaps all for the first page. */
TEST_F(unpin, unmap_first_page_v1)
{
	close_all(&self->vfio, &self->mem);
	ASSERT_TRUE(open_vfio(&self->vfio, VFIO_TYPE1_IOMMU));
	ASSERT_EQ(NULL, map_memory(&self->vfio, &self->mem, variant->memory));
	map_all(_metadata, self);
	ASSERT_EQ(self->mem.size, unmap_dma(&self->vfio, 0, page_size));
}

TEST_F(unpin, update_vaddr)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_VADDR,
		.vaddr = (unsigned long)self->mem.addr,
		.iova = IOVA,
		.size = self->mem.size,
	};

	map_all(_metadata, self);
	ASSERT_EQ(self->mem.size, unmap_dma_flags(&self->vfio, IOVA, self->mem.size,
						  VFIO_DMA_UNMAP_FLAG_VADDR));
	ASSERT_EQ(0, ioctl(self->vfio.container, VFIO_IOMMU_MAP_DMA, &map));
	EXPECT_EQ(self->mem.nr_locked, nr_locked());
	ASSERT_EQ(self->mem.size, unmap_dma(&self->vfio, 0, self->mem.size));
}

TEST_F(unpin, exit)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(map_dma(&self->vfio, self->mem.addr, 0, self->mem.size) ? 1 : 0);
	close_all(&self->vfio, &self->mem);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* What was pinned until the end of the memory is found. */
TEST_F(unpin, beyond_end)
{
	char *mem = self->mem.end - self->mem.size;

	EXPECT_EQ(-EFAULT, map_dma(&self->vfio, mem, 0, self->mem.size + page_size));
}

static bool drop_ipc_lock(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	struct rlimit limit = {};

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || syscall(SYS_capget, &header, data))
		return false;
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	return !syscall(SYS_capset, &header, data);
}

/* A page that may not be locked, which is pinned together with others behind it. */
TEST_F(unpin, limit)
{
	char *mem = self->mem.addr - page_size;

	ASSERT_TRUE(map_anonymous(mem, page_size, 0));
	ASSERT_TRUE(drop_ipc_lock());
	EXPECT_EQ(-ENOMEM, map_dma(&self->vfio, mem, 0, self->mem.size + page_size));
}

/* Kernel memory, which gup() may pin or not. */
static void check_special(struct __test_metadata *_metadata, const char *name)
{
	long before = nr_pinned();
	unsigned long addr = 0, start;
	char line[256];
	struct vfio v;
	FILE *file;
	int i;

	file = fopen("/proc/self/maps", "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, name) && sscanf(line, "%lx-", &start) == 1)
			addr = start;
	}
	fclose(file);
	if (!addr)
		SKIP(return, "there is no %s", name);
	/* Not every fault is possible for others than the process itself. */
	asm volatile ("" : : "r" (*(volatile char *)addr));

	ASSERT_TRUE(open_vfio(&v, VFIO_TYPE1v2_IOMMU));
	for (i = 0; i < NR_ROUNDS; i++) {
		ASSERT_EQ(0, map_dma_flags(&v, (char *)addr, 0, page_size,
					   VFIO_DMA_MAP_FLAG_READ));
		ASSERT_EQ(page_size, unmap_dma(&v, 0, page_size));
	}
	close_vfio(&v);
	EXPECT_EQ(0, nr_locked());
	EXPECT_EQ(before, nr_pinned());
}

TEST(vdso)
{
	check_special(_metadata, "[vdso]");
}

TEST(vvar)
{
	check_special(_metadata, "[vvar]");
}

/*
 * Map the device for DMA, and say so to @held.  When told by @release, unmap it, or just
 * exit.  If it is told nothing, it never ends.
 */
static int hold_device(enum memory memory, bool unmap, int held, int release)
{
	struct mem mem;
	struct vfio v;
	char c = 0;

	if (!open_vfio(&v, VFIO_TYPE1v2_IOMMU) || map_memory(&v, &mem, memory) ||
	    map_dma(&v, mem.addr, 0, mem.size))
		return 1;
	/* Nobody waits for the end of what a process that is left behind says. */
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	if (write(held, &c, 1) != 1)
		return 2;
	while (read(release, &c, 1) != 1)
		pause();
	return unmap && unmap_dma(&v, 0, mem.size) != mem.size;
}

/* Returns the process that runs the command in @variable for the device. */
static pid_t start(const char *variable, const char *path)
{
	char line[2 * PATH_MAX];
	pid_t pid;

	snprintf(line, sizeof(line), "%s %s", getenv(variable), path);
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

/* These come last: what does not wait leaves a process that has the PCI device. */
FIXTURE(unbind)
{
	char path[PATH_MAX];
	long nr_pinned;
};

FIXTURE_VARIANT(unbind)
{
	enum memory memory;
	unsigned long align;
};

FIXTURE_VARIANT_ADD(unbind, devdax_4k) {
	.memory = DEVDAX_4K,
	.align = SZ_4K,
};

FIXTURE_VARIANT_ADD(unbind, devdax_2m) {
	.memory = DEVDAX_2M,
	.align = SZ_2M,
};

FIXTURE_VARIANT_ADD(unbind, devdax_1g) {
	.memory = DEVDAX_1G,
	.align = SZ_1G,
};

FIXTURE_SETUP(unbind)
{
	int fd = open_devdax(variant->align);
	struct mem mem;
	struct vfio v;
	char link[64];

	if (!getenv("VFIO_SELFTESTS_DAX_UNBIND") || !getenv("VFIO_SELFTESTS_DAX_BIND") || fd < 0)
		SKIP(return, "needs VFIO_SELFTESTS_DAX, _UNBIND and _BIND");
	memset(self->path, 0, sizeof(self->path));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ASSERT_LT(0, readlink(link, self->path, sizeof(self->path) - 1));
	close(fd);

	/* The driver would wait for ever for what VFIO does not unpin. */
	self->nr_pinned = nr_pinned();
	ASSERT_TRUE(open_vfio(&v, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(NULL, map_memory(&v, &mem, variant->memory));
	ASSERT_EQ(0, map_dma(&v, mem.addr, 0, mem.size));
	close_all(&v, &mem);
	ASSERT_EQ(self->nr_pinned, nr_pinned());
}

FIXTURE_TEARDOWN(unbind)
{
	EXPECT_EQ(self->nr_pinned, nr_pinned());
}

static void check_unbind(struct __test_metadata *_metadata, FIXTURE_DATA(unbind) *self,
			 enum memory memory, bool unmap)
{
	int held[2], release[2], status;
	pid_t holder, unbind;
	char c = 0;

	ASSERT_EQ(0, pipe(held));
	ASSERT_EQ(0, pipe(release));
	holder = fork();
	if (!holder) {
		/* Nobody who ends the test may end it, see below. */
		setsid();
		close(held[0]);
		close(release[1]);
		_exit(hold_device(memory, unmap, held[1], release[0]));
	}
	close(held[1]);
	close(release[0]);
	ASSERT_EQ(1, read(held[0], &c, 1));

	unbind = start("VFIO_SELFTESTS_DAX_UNBIND", self->path);
	ASSERT_FALSE(ends_within(unbind, HOLD_MS, &status)) {
		/* The pages are not the device's any more, so they must not be unpinned. */
		TH_LOG("the device goes, and process %d, which has it mapped for DMA, is left",
		       holder);
	}
	ASSERT_EQ(1, write(release[1], &c, 1));
	ASSERT_TRUE(ends_within(holder, LIMIT_MS, &status));
	EXPECT_EQ(0, status);
	ASSERT_TRUE(ends_within(unbind, LIMIT_MS, &status));
	EXPECT_EQ(0, status);
	ASSERT_TRUE(ends_within(start("VFIO_SELFTESTS_DAX_BIND", self->path), LIMIT_MS, &status));
	EXPECT_EQ(0, status);
}

TEST_F(unbind, unmap)
{
	check_unbind(_metadata, self, variant->memory, true);
}

TEST_F(unbind, exit)
{
	check_unbind(_metadata, self, variant->memory, false);
}

int main(int argc, char *argv[])
{
	bdf = getenv("VFIO_SELFTESTS_BDF");
	page_size = getpagesize();
	if (!bdf) {
		ksft_print_header();
		ksft_exit_skip("VFIO_SELFTESTS_BDF names no PCI device\n");
	}
	if (read_value("/proc/vmstat", "nr_foll_pin_acquired") < 0) {
		ksft_print_header();
		ksft_exit_skip("/proc/vmstat does not count pinned pages\n");
	}
	return test_harness_run(argc, argv);
}
