// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's dirty ring on DAX memory, see lib/dax_dirty.c for what is proved
 */
#include <asm/barrier.h>

#include "dax_dirty.h"

#define NR_ENTRIES	4096	/* more than the guest writes until it is collected */

static u32 next;

/* The ring must be enabled before there are vCPUs. */
static void create_with_ring(struct dax_vm *d)
{
	dax_require(kvm_check_cap(KVM_CAP_DIRTY_LOG_RING), "KVM offers no dirty ring");
	dax_step("create VM");
	d->vm = __vm_create(VM_SHAPE_DEFAULT, 1, d->pages.size / SZ_4K);
	vm_enable_dirty_ring(d->vm, NR_ENTRIES * sizeof(struct kvm_dirty_gfn));
	d->vcpu = vm_vcpu_add(d->vm, 0, dax_guest_code);
	dax_add_memslot(d);
}

static void collect(struct dax_vm *d, unsigned long *bitmap)
{
	struct kvm_dirty_gfn *entry, *ring = vcpu_map_dirty_ring(d->vcpu);
	u32 nr = 0, nr_reset;

	for (;; next++, nr++) {
		entry = &ring[next % NR_ENTRIES];
		/* KVM sets the flag once the entry is complete... */
		if (!(smp_load_acquire(&entry->flags) & KVM_DIRTY_GFN_F_DIRTY))
			break;
		TEST_ASSERT(entry->slot == DAX_SLOT &&
			    entry->offset < d->pages.size / getpagesize(),
			    "Entry for slot %u, page %lu", entry->slot, (u64)entry->offset);
		__set_bit(entry->offset, bitmap);
		/* ...and may use it again once it was read. */
		smp_store_release(&entry->flags, KVM_DIRTY_GFN_F_RESET);
	}
	nr_reset = kvm_vm_reset_dirty_ring(d->vm);
	TEST_ASSERT(nr_reset == nr, "Collected %u entries, reset %u", nr, nr_reset);
}

static const struct dax_dirty_log ring = { create_with_ring, collect };

static void test_huge(struct dax_vm *d)
{
	dax_dirty_check_huge(d, &ring);
}

static void test_small(struct dax_vm *d)
{
	dax_dirty_check_small(d, &ring);
}

static const struct dax_test_case cases[] = {
	{ "dirty ring, huge leaves before and after", test_huge, FSDAX | DEVDAX_HUGE },
	{ "dirty ring, small leaves stay, file offset off by a page", test_small, FSDAX, 1 },
	{ "dirty ring, small leaves stay, device aligned to a page", test_small, DEVDAX_SMALL },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
