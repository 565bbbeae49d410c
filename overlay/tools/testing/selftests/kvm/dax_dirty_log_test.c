// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's dirty bitmap on DAX memory, see lib/dax_dirty.c for what is proved
 */
#include "dax_dirty.h"

static void get_log(struct dax_vm *d, unsigned long *bitmap)
{
	kvm_vm_get_dirty_log(d->vm, DAX_SLOT, bitmap);
}

static const struct dax_dirty_log get = { dax_vm_create, get_log };

static void create_for_clear(struct dax_vm *d)
{
	dax_require(kvm_check_cap(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2),
		    "KVM offers no KVM_CLEAR_DIRTY_LOG");
	dax_vm_create(d);
	vm_enable_cap(d->vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		      KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
}

/* A page stays in the log until it is cleared: clear one half after the other. */
static void clear_log(struct dax_vm *d, unsigned long *bitmap)
{
	u64 page, nr_pages = d->pages.size / getpagesize(), half = nr_pages / 2;
	unsigned long *again = calloc(1, nr_pages / 8);

	TEST_ASSERT(again, "calloc()");
	get_log(d, bitmap);
	kvm_vm_clear_dirty_log(d->vm, DAX_SLOT, bitmap, 0, half);
	get_log(d, again);
	for (page = 0; page < nr_pages; page++)
		TEST_ASSERT(test_bit(page, again) == (page >= half && test_bit(page, bitmap)),
			    "Page %lu of %lu: %s logged", page, nr_pages,
			    test_bit(page, again) ? "was cleared, still" : "was not cleared, not");
	kvm_vm_clear_dirty_log(d->vm, DAX_SLOT, again + half / BITS_PER_LONG, half, half);
	free(again);
}

static const struct dax_dirty_log clear = { create_for_clear, clear_log };

static void test_get_huge(struct dax_vm *d)
{
	dax_dirty_check_huge(d, &get);
}

static void test_get_small(struct dax_vm *d)
{
	dax_dirty_check_small(d, &get);
}

static void test_clear_huge(struct dax_vm *d)
{
	dax_dirty_check_huge(d, &clear);
}

static void test_clear_small(struct dax_vm *d)
{
	dax_dirty_check_small(d, &clear);
}

static const struct dax_test_case cases[] = {
	{ "dirty log, huge leaves before and after", test_get_huge, FSDAX | DEVDAX_HUGE },
	{ "dirty log, small leaves stay, file offset off by a page", test_get_small, FSDAX, 1 },
	{ "dirty log, small leaves stay, device aligned to a page", test_get_small, DEVDAX_SMALL },
	{ "cleared log, huge leaves before and after", test_clear_huge, FSDAX | DEVDAX_HUGE },
	{ "cleared log, small leaves stay, file offset off by a page", test_clear_small, FSDAX, 1 },
	{ "cleared log, small leaves stay, device aligned to a page", test_clear_small,
	  DEVDAX_SMALL },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
