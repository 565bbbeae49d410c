// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty logging of DAX memory, whatever the log is
 *
 * Prove that a log reports what the guest wrote, page by page, also where guest
 * memory was mapped by huge leaves before, that the leaves are huge again after
 * logging, and that KVM keeps no page reference.
 */
#include "dax_dirty.h"

#define NR_INTERVALS	2

/* arm64's kvm_arch_commit_memory_region() leaves the small leaves as they are. */
#ifdef __aarch64__
#define MAPS_HUGE_AGAIN	false
#else
#define MAPS_HUGE_AGAIN	true
#endif

/*
 * Each interval writes its own choice of pages, see dax_chosen(), and its seed.
 * Some of the pages were written by the interval before, some were not.
 */
static void check_log(struct dax_vm *d, const struct dax_dirty_log *log, u64 interval)
{
	u64 offset, page, nr_first = 0, nr_again = 0;
	unsigned long *bitmap;
	bool logged, chosen;

	bitmap = calloc(1, d->pages.size / getpagesize() / 8);
	TEST_ASSERT(bitmap, "calloc()");
	d->pages.choice = interval;
	dax_guest_access(d, DAX_WRITE, 1 + interval);
	d->pages.choice = 0;

	dax_step("collect log");
	log->collect(d, bitmap);
	for (offset = 0; offset < d->pages.size; offset += getpagesize()) {
		page = offset / getpagesize();
		chosen = !(offset % d->pages.stride) && dax_chosen(offset, interval);
		logged = test_bit(page, bitmap);
		TEST_ASSERT(logged == chosen, "Interval %lu, page %lu: %s written, %s logged",
			    interval, page, chosen ? "was" : "not",
			    logged ? "was" : "not");
		if (chosen && dax_chosen(offset, interval - 1))
			nr_again++;
		else if (chosen)
			nr_first++;
	}
	TEST_ASSERT(nr_again && (nr_first || interval == 1), "Chosen: %lu again, %lu first",
		    nr_again, nr_first);
	free(bitmap);
}

/* Each page has the seed of the last interval that wrote it. */
static void check_data(struct dax_vm *d)
{
	u64 offset, interval, want, got;

	dax_step("host access");
	for (offset = 0; offset < d->pages.size; offset += d->pages.stride) {
		for (interval = NR_INTERVALS; interval; interval--)
			if (dax_chosen(offset, interval))
				break;
		want = dax_page_value(d->pages.gpa + offset, 1 + interval);
		got = READ_ONCE(*(u64 *)(d->mem + offset));
		TEST_ASSERT(got == want, "Page %lu: wanted 0x%lx, got 0x%lx",
			    offset / getpagesize(), want, got);
	}
}

/*
 * Let the guest map the memory as new, and return what leaves there were
 * without.  Its stack, page tables and code are mapped before that.
 */
static struct dax_leaves map_as_new(struct dax_vm *d)
{
	struct dax_leaves without;

	dax_guest_access(d, DAX_WRITE, 1);
	dax_guest_access(d, DAX_READ, 1);
	dax_zap(d);
	without = dax_get_leaves(d);
	dax_guest_access(d, DAX_WRITE, 1);
	return without;
}

static void log_intervals(struct dax_vm *d, const struct dax_dirty_log *log)
{
	u64 interval;

	dax_set_memslot(d, KVM_MEM_LOG_DIRTY_PAGES, d->pages.size);
	for (interval = 1; interval <= NR_INTERVALS; interval++)
		check_log(d, log, interval);
}

static void end_of_test(struct dax_vm *d)
{
	check_data(d);
	dax_assert_no_ref_kept(d, 2);
}

/*
 * Prove that huge leaves come back: once nothing is logged, KVM zaps what it
 * mapped by pages, see x86's kvm_mmu_zap_collapsible_spte(), and the guest's
 * next access maps it as large as the host does.
 */
void dax_dirty_check_huge(struct dax_vm *d, const struct dax_dirty_log *log)
{
	struct dax_leaves without, logging, want = {};

	dax_require(dax_has_tdp(), "shadow pages are never larger than the guest's");
	d->pages.size = d->mem_size;
	if (d->b->align == SZ_1G)
		d->pages.stride = dax_pmd_size();
	*(d->b->align == SZ_1G ? &want.nr_pud : &want.nr_pmd) = d->mem_size / d->b->align;

	dax_require_huge_mappings(d);
	log->create(d);
	dax_count_refs(d, d->mem);
	without = map_as_new(d);
	dax_assert_new_leaves(d, without, want);

	/* The first interval alone writes to what each huge leaf maps. */
	log_intervals(d, log);
	logging = dax_get_leaves(d);
	TEST_ASSERT(logging.nr_pmd == without.nr_pmd && logging.nr_pud == without.nr_pud,
		    "Huge leaves while logging: %ld of PMDs, %ld of PUDs",
		    logging.nr_pmd - without.nr_pmd, logging.nr_pud - without.nr_pud);

	dax_set_memslot(d, 0, d->pages.size);
	d->pages.choice = NR_INTERVALS;
	dax_guest_access(d, DAX_READ, 1 + NR_INTERVALS);
	d->pages.choice = 0;
	if (MAPS_HUGE_AGAIN)
		dax_assert_new_leaves(d, without, want);
	else
		dax_assert_new_leaves(d, logging, (struct dax_leaves) {});
	end_of_test(d);
}

/*
 * Prove that KVM zaps nothing where the host maps by pages, so that a larger leaf
 * can't be had: the guest reads on without a fault.  arm64 has no statistic of
 * faults: there the leaves stay.
 */
void dax_dirty_check_small(struct dax_vm *d, const struct dax_dirty_log *log)
{
	struct dax_leaves logging = {};
	u64 nr_faults = 0;

	d->pages.size = dax_small_size();
	dax_host_access(d, DAX_WRITE, 1);
	log->create(d);
	dax_count_refs(d, d->mem);
	map_as_new(d);
	log_intervals(d, log);

	if (!MAPS_HUGE_AGAIN)
		logging = dax_get_leaves(d);
	dax_set_memslot(d, 0, d->pages.size);
	if (MAPS_HUGE_AGAIN)
		nr_faults = dax_get_stat(d, "pf_fixed");
	else
		dax_assert_new_leaves(d, logging, (struct dax_leaves) {});
	d->pages.choice = NR_INTERVALS;
	dax_guest_access(d, DAX_READ, 1 + NR_INTERVALS);
	d->pages.choice = 0;
	if (MAPS_HUGE_AGAIN) {
		dax_step("count faults");
		nr_faults = dax_get_stat(d, "pf_fixed") - nr_faults;
		TEST_ASSERT(!nr_faults, "%lu faults on pages that can't be mapped larger",
			    nr_faults);
	}
	end_of_test(d);
}
