// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's page faults on DAX memory, and the page references that they take
 *
 * Count the references by the page_ref trace events: nothing else tells that
 * one is leaked to a page of device-dax, since 27674ef6c73f ("mm: remove the
 * extra ZONE_DEVICE struct page refcount"), or to the zero page.
 */
#include "dax_test.h"
#include "page_ref.h"

#define NR_ROUNDS	4
#define NR_PAGES	8	/* what the shadow MMU prefetches at once */

/*
 * Fault on the same pages in each round, and count the references to one that
 * is not the first: where KVM prefetches it, see x86's direct_pte_prefetch() and
 * FNAME(pte_prefetch), it is no fault that gets it.  A hole is punched only if no
 * other page was leaked either.
 */
static void check_faults(struct dax_vm *d, enum dax_op first, enum dax_op second)
{
	u64 seed = 1;
	int i;

	dax_host_access(d, DAX_WRITE, seed);
	dax_vm_create(d);

	dax_count_refs(d, d->mem + d->pages.stride);
	for (i = 0; i < NR_ROUNDS; i++) {
		dax_zap(d);
		seed += first == DAX_WRITE;
		dax_guest_access(d, first, seed);
		seed += second == DAX_WRITE;
		dax_guest_access(d, second, seed);
	}
	dax_host_access(d, DAX_READ, seed);

	dax_assert_no_ref_kept(d, 2 * NR_ROUNDS);
	if (d->b->kind == FSDAX)
		dax_guest_access(d, DAX_READ, 0);
}

/*
 * Spread the pages over a memslot that can have huge leaves, where they are not
 * the first that the leaf maps: it is another page's pfn that KVM then uses.
 */
static void spread_pages(struct dax_vm *d)
{
	d->pages.size = d->mem_size;
	d->pages.stride = d->mem_size / NR_PAGES + getpagesize();
}

/* Prove that a write fault keeps no reference, see kvm_release_pfn_clean(). */
static void test_write_fault(struct dax_vm *d)
{
	spread_pages(d);
	check_faults(d, DAX_WRITE, DAX_WRITE);
}

/*
 * Same for a read fault.  The host has no mapping after the zap, so KVM gets
 * the page in hva_to_pfn_slow(), and once more if it may map it writable.
 */
static void test_read_fault(struct dax_vm *d)
{
	spread_pages(d);
	check_faults(d, DAX_READ, DAX_READ);
}

/* Same for a page that is writable only at the second fault. */
static void test_upgrade(struct dax_vm *d)
{
	spread_pages(d);
	check_faults(d, DAX_READ, DAX_WRITE);
}

/* Same for an instruction fetch, which KVM refuses from a device's memory. */
static void test_fetch(struct dax_vm *d)
{
	spread_pages(d);
	dax_write_code(d);
	check_faults(d, DAX_EXECUTE, DAX_EXECUTE);
}

/* Same for small leaves side by side, which the shadow MMU prefetches. */
static void test_neighbours(struct dax_vm *d)
{
	d->pages.size = NR_PAGES * getpagesize();
	check_faults(d, DAX_READ, DAX_WRITE);
}

/* Have the guest read a hole, then what it is filled with, then a hole again. */
static void check_hole(struct dax_vm *d)
{
	int i;

	dax_vm_create(d);
	dax_count_refs(d, d->mem);
	for (i = 0; i < NR_ROUNDS; i++) {
		dax_zap(d);
		dax_guest_access(d, DAX_READ, 0);
	}
	dax_assert_balance(d, 2 * NR_ROUNDS * (d->pages.size / d->pages.stride));

	/* The guest must not go on with zeroes. */
	dax_host_access(d, DAX_WRITE, 1);
	dax_guest_access(d, DAX_READ, 1);
	dax_guest_access(d, DAX_WRITE, 2);
	dax_host_access(d, DAX_READ, 2);

	dax_punch_hole(d);
	dax_guest_access(d, DAX_READ, 0);
	dax_guest_access(d, DAX_WRITE, 3);
	dax_host_access(d, DAX_READ, 3);
}

/*
 * Prove that no reference to the zero page is kept: it is PG_reserved as DAX
 * pages are, and refcounted as they are, see kvm_pfn_to_refcounted_page().
 * KVM leaked one per fault until v5.6, 7df003c85218 ("KVM: fix overflow of zero
 * page refcount with ksm running").  At this file offset no hole is mapped by
 * the huge zero page, which is not reserved, see dax_fault_check_fallback().
 */
static void test_zero_page(struct dax_vm *d)
{
	d->pages.size = NR_PAGES * getpagesize();
	dax_host_access(d, DAX_READ, 0);
	check_hole(d);
}

/* Same for the huge zero page, see dax_pmd_load_hole(). */
static void test_huge_zero_page(struct dax_vm *d)
{
	d->pages.size = min_t(u64, NR_PAGES * dax_pmd_size(), d->mem_size);
	d->pages.stride = dax_pmd_size();
	dax_host_access(d, DAX_READ, 0);
	if (!page_ref_missing())
		TEST_ASSERT(page_ref_pfn(d->mem) + 1 == page_ref_pfn(d->mem + getpagesize()),
			    "The hole is not mapped by a huge page");
	check_hole(d);
}

/* Map the first page by /dev/mem: that is VM_PFNMAP, see hva_to_pfn_remapped(). */
static void *map_dev_mem(struct dax_vm *d, int prot)
{
	void *mem;
	u64 addr;
	int fd;

	addr = d->b->kind == FSDAX ? page_ref_pfn(d->mem) * getpagesize() : d->b->resource;
	dax_require(addr, "the device does not tell its physical address");

	fd = open("/dev/mem", O_RDWR);
	dax_require(fd >= 0, "can't open /dev/mem");
	mem = mmap(NULL, getpagesize(), prot, MAP_SHARED, fd, addr);
	dax_require(mem != MAP_FAILED, "/dev/mem does not map the device");
	return mem;
}

/*
 * Prove that no reference is kept or lost where KVM learns the pfn without
 * gup().  A get and a put that disagree about ZONE_DEVICE pages would put what
 * was not got.
 */
static void test_pfnmap(struct dax_vm *d)
{
	void *dax = d->mem;
	int i;

	d->pages.size = getpagesize();
	dax_host_access(d, DAX_WRITE, 1);
	d->mem = map_dev_mem(d, PROT_READ | PROT_WRITE);
	dax_vm_create(d);

	dax_count_refs(d, dax);
	for (i = 1; i <= NR_ROUNDS; i++) {
		dax_guest_access(d, DAX_READ, i);
		dax_guest_access(d, DAX_WRITE, i + 1);
		dax_set_memslot(d, 0, 0);
		dax_set_memslot(d, 0, d->pages.size);
	}
	/* Kernels since v6.13 take none at all. */
	dax_assert_balance(d, 0);

	/* Not dax_assert_no_ref_kept(): /dev/mem does not let go of a hole. */
	d->mem = dax;
	dax_host_access(d, DAX_READ, i);
}

/*
 * Prove that the guest can't write what the host maps read-only, also after it
 * has read it.  Whether that is userspace's to handle is the architecture's choice.
 */
static void test_pfnmap_readonly(struct dax_vm *d)
{
	struct kvm_run *run;
	void *dax = d->mem;

#ifdef __riscv
	/* See its kvm_arch_prepare_memory_region(). */
	dax_require(false, "riscv has read-only mappings in read-only memslots alone");
#endif
	d->pages.size = getpagesize();
	dax_host_access(d, DAX_WRITE, 1);
	d->mem = map_dev_mem(d, PROT_READ);
	dax_vm_create(d);
	dax_guest_access(d, DAX_READ, 1);

	run = d->vcpu->run;
	dax_guest_prepare(d, DAX_WRITE, 2);
	dax_step("KVM_RUN");
	if (_vcpu_run(d->vcpu))
		dax_assert_syscall(errno == EFAULT, "KVM_RUN");
	else
		TEST_ASSERT(run->exit_reason == KVM_EXIT_MMIO,
			    "Wanted EFAULT or MMIO, got exit %u (%s)",
			    run->exit_reason, exit_reason_str(run->exit_reason));
	d->mem = dax;
	dax_host_access(d, DAX_READ, 1);
}

static const struct dax_test_case cases[] = {
	{ "no reference kept by write faults", test_write_fault, ANY_DAX },
	{ "no reference kept by read faults", test_read_fault, ANY_DAX },
	{ "no reference kept by read, then write faults", test_upgrade, ANY_DAX },
	{ "no reference kept by instruction fetches", test_fetch, ANY_DAX },
	{ "no reference kept by faults on neighbours", test_neighbours, FSDAX, 1 },
	{ "no reference kept by faults on neighbours", test_neighbours, DEVDAX },
	{ "no reference kept or lost by faults on /dev/mem", test_pfnmap, ANY_DAX },
	{ "no write by a read-only mapping of /dev/mem", test_pfnmap_readonly, FSDAX },
	{ "no reference to the zero page kept", test_zero_page, FSDAX, 1 },
	{ "no reference to the huge zero page kept", test_huge_zero_page, FSDAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
