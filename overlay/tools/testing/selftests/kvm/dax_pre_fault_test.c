// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_PRE_FAULT_MEMORY on DAX memory
 *
 * Prove that what it maps is mapped as by the guest's own faults: the same data,
 * leaves as large as the host's, and no page reference kept, without any guest
 * access.
 */
#include "dax_test.h"

#define NR_ROUNDS	4
#define NR_SMALL	256	/* all events of all pages are counted */

/* Returns the errno of the ioctl, which may stop and go on for a signal. */
static int pre_fault(struct dax_vm *d)
{
	struct kvm_pre_fault_memory range = { .gpa = d->pages.gpa, .size = d->pages.size };

	dax_step("KVM_PRE_FAULT_MEMORY");
	while (range.size)
		if (__vcpu_ioctl(d->vcpu, KVM_PRE_FAULT_MEMORY, &range) && errno != EINTR)
			return errno;
	return 0;
}

static void create_vm(struct dax_vm *d)
{
	dax_require(kvm_check_cap(KVM_CAP_PRE_FAULT_MEMORY), "KVM offers no KVM_PRE_FAULT_MEMORY");
	dax_vm_create(d);
}

static void check_pre_fault(struct dax_vm *d, struct dax_leaves want)
{
	struct dax_leaves before;
	u64 nr_faults;
	int i;

	create_vm(d);
	dax_host_access(d, DAX_WRITE, 1);
	/* Map the guest's stack, page tables and code. */
	dax_guest_access(d, DAX_READ, 1);
	dax_guest_access(d, DAX_READ, 1);

	dax_count_refs(d, d->mem);
	for (i = 0; i < NR_ROUNDS; i++) {
		dax_zap(d);
		before = dax_get_leaves(d);
		TEST_ASSERT(!pre_fault(d), "KVM_PRE_FAULT_MEMORY: %s", strerror(errno));
		dax_assert_new_leaves(d, before, want);
	}

	nr_faults = dax_get_stat(d, "pf_taken");
	dax_guest_access(d, DAX_READ, 1);
	dax_step("count faults");
	nr_faults = dax_get_stat(d, "pf_taken") - nr_faults;
	TEST_ASSERT(!nr_faults, "%lu faults on memory that is mapped", nr_faults);

	dax_guest_access(d, DAX_WRITE, 2);
	dax_host_access(d, DAX_READ, 2);
	dax_assert_no_ref_kept(d, 2 * NR_ROUNDS);
}

static void test_huge(struct dax_vm *d)
{
	struct dax_leaves want = {};

	d->pages.size = d->mem_size;
	if (d->b->align == SZ_1G)
		d->pages.stride = dax_pmd_size();
	*(d->b->align == SZ_1G ? &want.nr_pud : &want.nr_pmd) = d->mem_size / d->b->align;
	dax_require_huge_mappings(d);
	check_pre_fault(d, want);
}

static void test_small(struct dax_vm *d)
{
	d->pages.size = NR_SMALL * getpagesize();
	check_pre_fault(d, (struct dax_leaves) { .nr_pte = NR_SMALL });
}

/* Prove that it fails, and keeps nothing, where the file has come to its end. */
static void test_truncated(struct dax_vm *d)
{
	create_vm(d);
	dax_host_access(d, DAX_WRITE, 1);
	TEST_ASSERT(!pre_fault(d), "KVM_PRE_FAULT_MEMORY: %s", strerror(errno));
	dax_step("ftruncate()");
	dax_assert_syscall(!ftruncate(d->fd, 0), "ftruncate()");
	TEST_ASSERT(pre_fault(d) == EFAULT, "Wanted EFAULT, got %s", strerror(errno));

	dax_assert_syscall(!ftruncate(d->fd, d->mem_size), "ftruncate()");
	dax_guest_access(d, DAX_READ, 0);
	dax_guest_access(d, DAX_WRITE, 2);
	dax_host_access(d, DAX_READ, 2);
	dax_punch_hole(d);
}

static const struct dax_test_case cases[] = {
	{ "pre-faulted huge leaves", test_huge, FSDAX | DEVDAX_HUGE },
	{ "pre-faulted small leaves, file offset off by a page", test_small, FSDAX, 1 },
	{ "pre-faulted small leaves, device aligned to a page", test_small, DEVDAX_SMALL },
	{ "no pre-fault behind the end of the file", test_truncated, FSDAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
