// SPDX-License-Identifier: GPL-2.0
/*
 * A guest whose memory is device-dax and mapped for DMA, as with an assigned device
 *
 * Verify that VFIO keeps no reference once the memory is unmapped, and that the driver
 * of a device-dax that is taken away waits until then, whether the VM or VFIO is closed
 * first.  KVM has the group as well, see Documentation/virt/kvm/devices/vfio.rst, so
 * VFIO's mappings last until both are closed.  Meanwhile KVM_RUN ends with -EFAULT.
 *
 * KVM_DAX_VFIO names the PCI device, which must be bound to vfio-pci and alone in its
 * group.  No DMA is done.  KVM_DAX_UNBIND is a command that takes a device-dax away,
 * KVM_DAX_BIND one that brings it back, each with the device's path behind it.  What needs
 * one that is not named is skipped.
 */
#include <limits.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "dax_vcpus.h"

#define IOVA		SZ_4G
#define DMA_SIZE	SZ_16M	/* what page_ref counts for each page fits its buffer */
#define HOLD_MS		3000
#define LIMIT_MS	8000

/* VFIO's container, group and device, and KVM's device for the group. */
static struct {
	int container;
	int group;
	int device;
	int kvm_device;
} vfio;

static void open_vfio(void)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	const char *bdf = getenv("KVM_DAX_VFIO");
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	dax_require(bdf, "no PCI device in KVM_DAX_VFIO that is bound to vfio-pci");
	dax_step("open VFIO");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	len = readlink(path, link, sizeof(link) - 1);
	dax_assert_syscall(len > 0, "readlink()");
	link[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);

	vfio.container = open("/dev/vfio/vfio", O_RDWR);
	dax_assert_syscall(vfio.container >= 0, "open(/dev/vfio/vfio)");
	vfio.group = open(path, O_RDWR);
	dax_assert_syscall(vfio.group >= 0, "open() of the group");
	dax_assert_syscall(!ioctl(vfio.group, VFIO_GROUP_GET_STATUS, &status),
			   "VFIO_GROUP_GET_STATUS");
	TEST_ASSERT(status.flags & VFIO_GROUP_FLAGS_VIABLE, "%s is not alone in its group", bdf);
	dax_assert_syscall(!ioctl(vfio.group, VFIO_GROUP_SET_CONTAINER, &vfio.container),
			   "VFIO_GROUP_SET_CONTAINER");
	dax_assert_syscall(!ioctl(vfio.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU),
			   "VFIO_SET_IOMMU");
	vfio.device = ioctl(vfio.group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	dax_assert_syscall(vfio.device >= 0, "VFIO_GROUP_GET_DEVICE_FD");
}

static void close_vfio(void)
{
	dax_step("close VFIO");
	close(vfio.device);
	close(vfio.group);
	close(vfio.container);
}

/* Tell KVM of the group, as a VMM does that assigns the device. */
static void add_to_vm(struct dax_vm *d)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = KVM_DEV_VFIO_GROUP_ADD,
		.addr = (u64)&vfio.group,
	};

	dax_step("KVM_CREATE_DEVICE");
	vm_ioctl(d->vm, KVM_CREATE_DEVICE, &device);
	vfio.kvm_device = device.fd;
	dax_step("KVM_DEV_VFIO_GROUP_ADD");
	dax_assert_syscall(!ioctl(vfio.kvm_device, KVM_SET_DEVICE_ATTR, &attr),
			   "KVM_SET_DEVICE_ATTR");
}

static void close_vm(struct dax_vm *d)
{
	dax_step("close VM");
	close(vfio.kvm_device);
	kvm_vm_free(d->vm);
}

static void map_dma(struct dax_vm *d)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (u64)d->mem,
		.iova = IOVA,
		.size = DMA_SIZE,
	};

	dax_step("VFIO_IOMMU_MAP_DMA");
	dax_assert_syscall(!ioctl(vfio.container, VFIO_IOMMU_MAP_DMA, &map), "VFIO_IOMMU_MAP_DMA");
}

static void unmap_dma(void)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = IOVA,
		.size = DMA_SIZE,
	};

	dax_step("VFIO_IOMMU_UNMAP_DMA");
	dax_assert_syscall(!ioctl(vfio.container, VFIO_IOMMU_UNMAP_DMA, &unmap),
			   "VFIO_IOMMU_UNMAP_DMA");
	TEST_ASSERT(unmap.size == DMA_SIZE, "0x%llx bytes unmapped", unmap.size);
}

/* The host's mappings may hold references, so have all of them before any is counted. */
static void count_refs(struct dax_vm *d)
{
	u64 offset;

	dax_step("host access");
	for (offset = 0; offset < d->mem_size; offset += getpagesize())
		WRITE_ONCE(*(u64 *)(d->mem + offset), 0);
	dax_count_refs(d, d->mem);
}

/* Map for DMA what vCPUs write to, and unmap it. */
static void test_map_dma(struct dax_vm *d)
{
	open_vfio();
	dax_vcpus_create(d, DAX_VCPUS_ADD);
	add_to_vm(d);
	count_refs(d);
	dax_vcpus_start(d);
	dax_vcpus_pass(d);
	map_dma(d);
	dax_vcpus_pass(d);
	unmap_dma();
	dax_vcpus_stop(d);
	dax_vcpus_assert_added(d);
	dax_assert_balance(d, 2);
}

/*
 * The host maps the second quarter by /dev/mem.  VFIO gets no reference to such pages,
 * which are VM_PFNMAP, so it must not put any, though they lie between others.
 */
static void test_map_dma_pfnmap(struct dax_vm *d)
{
	const u64 part = DMA_SIZE / 4;
	int fd = open("/dev/mem", O_RDWR);
	void *mem;

	dax_require(fd >= 0, "can't open /dev/mem");
	dax_step("mmap()");
	mem = mmap(d->mem + part, part, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		   d->b->resource + part);
	dax_require(mem == d->mem + part, "/dev/mem does not map the device");

	open_vfio();
	count_refs(d);
	map_dma(d);
	unmap_dma();
	dax_assert_balance(d, 2);
}

/* Start the command with the device's path behind it, and nothing else of ours. */
static pid_t start(struct dax_vm *d, const char *command)
{
	char line[PATH_MAX];
	pid_t pid;
	int fd;

	snprintf(line, sizeof(line), "%s %s", command, d->b->path);
	dax_step(command);
	pid = fork();
	dax_assert_syscall(pid >= 0, "fork()");
	if (pid)
		return pid;
	for (fd = 3; fd < getdtablesize(); fd++)
		close(fd);
	execl("/bin/sh", "sh", "-c", line, NULL);
	_exit(127);
}

static void assert_ends(pid_t pid)
{
	int status = -1;

	TEST_ASSERT(dax_wait_for_child(pid, &status, LIMIT_MS), "No end within %d ms", LIMIT_MS);
	TEST_ASSERT(!status, "Wait status 0x%x", status);
}

static void assert_waits(pid_t pid)
{
	int status;

	TEST_ASSERT(!dax_wait_for_child(pid, &status, HOLD_MS),
		    "The device goes while it is mapped for DMA");
}

/* Returns the process that waits for the end of the mapping. */
static pid_t unbind_under_dma(struct dax_vm *d)
{
	const char *command = getenv("KVM_DAX_UNBIND");
	pid_t pid;

	dax_require(command && getenv("KVM_DAX_BIND"),
		    "no commands in KVM_DAX_UNBIND and KVM_DAX_BIND");
	/* It would wait for ever for references that VFIO keeps. */
	test_map_dma(d);

	map_dma(d);
	dax_vcpus_start(d);
	dax_vcpus_pass(d);
	pid = start(d, command);
	assert_waits(pid);
	/* The memory is the device's, but nobody's to map any more. */
	dax_vcpus_assert_fault(d);
	return pid;
}

static void bring_back(struct dax_vm *d)
{
	munmap(d->mem, d->mem_size);
	close(d->fd);
	assert_ends(start(d, getenv("KVM_DAX_BIND")));
}

static void test_unbind_unmap(struct dax_vm *d)
{
	pid_t pid = unbind_under_dma(d);

	unmap_dma();
	dax_step("the device's end");
	assert_ends(pid);
	close_vm(d);
	close_vfio();
	bring_back(d);
}

static void test_unbind_close_vm(struct dax_vm *d)
{
	pid_t pid = unbind_under_dma(d);

	close_vm(d);
	assert_waits(pid);
	close_vfio();
	dax_step("the device's end");
	assert_ends(pid);
	bring_back(d);
}

static void test_unbind_close_vfio(struct dax_vm *d)
{
	pid_t pid = unbind_under_dma(d);

	close_vfio();
	assert_waits(pid);
	close_vm(d);
	dax_step("the device's end");
	assert_ends(pid);
	bring_back(d);
}

static const struct dax_test_case cases[] = {
	{ "mapped for DMA", test_map_dma, DEVDAX },
	{ "mapped for DMA, partly by /dev/mem", test_map_dma_pfnmap, DEVDAX_SMALL },
	{ "unbound, DMA unmapped", test_unbind_unmap, DEVDAX },
	{ "unbound, VM closed before VFIO", test_unbind_close_vm, DEVDAX },
	{ "unbound, VFIO closed before VM", test_unbind_close_vfio, DEVDAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
