// SPDX-License-Identifier: GPL-2.0
/*
 * KVM memslots on DAX memory
 *
 * Prove that guest and host see the same data in a memslot on DAX memory, that
 * KVM maps it with the host's page size, and that KVM keeps no page reference.
 */
#include "dax_test.h"

/*
 * Count the leaves of a third pass.  The first maps the guest's stack and page
 * tables, the second also its code that runs after the ucall.  MADV_DONTNEED
 * then zaps the leaves of the memslot alone, and keeps the data, as the mapping
 * is shared.
 */
static void count_leaves(struct dax_vm *d, enum dax_op op, u64 seed, struct dax_leaves want)
{
	struct dax_leaves before;

	dax_guest_access(d, op, seed);
	dax_guest_access(d, DAX_READ, seed);
	dax_zap(d);

	before = dax_get_leaves(d);
	dax_guest_access(d, op, op == DAX_WRITE ? seed + 1 : seed);
	dax_assert_new_leaves(d, before, want);
}

static void check_leaves(struct dax_vm *d, struct dax_leaves want)
{
	dax_vm_create(d);
	count_leaves(d, DAX_WRITE, 1, want);
	dax_host_access(d, DAX_READ, 2);
}

/* Prove that what the other cases rely on works without KVM. */
static void test_no_kvm(struct dax_vm *d)
{
	dax_host_access(d, DAX_WRITE, 1);
	dax_punch_hole(d);
	dax_host_access(d, DAX_READ, 0);
}

/*
 * Prove that each guest write reaches the backing, at its offset.  A device
 * may hold the wanted values from an earlier run; a file is new, and its blocks
 * are to be allocated by the guest.
 */
static void test_guest_writes(struct dax_vm *d)
{
	if (d->b->kind != FSDAX)
		dax_host_access(d, DAX_WRITE, 4);
	dax_vm_create(d);
	dax_guest_access(d, DAX_WRITE, 1);
	dax_host_access(d, DAX_READ, 1);
}

/* Prove that the guest sees host writes, also to pages that KVM has mapped. */
static void test_host_writes(struct dax_vm *d)
{
	dax_vm_create(d);
	dax_host_access(d, DAX_WRITE, 1);
	dax_guest_access(d, DAX_READ, 1);
	dax_host_access(d, DAX_WRITE, 2);
	dax_guest_access(d, DAX_READ, 2);
}

/* Have the memslot be as large as the mapping, and tell how many leaves it takes. */
static struct dax_leaves want_huge_leaves(struct dax_vm *d)
{
	struct dax_leaves want = {};

	dax_require(dax_has_tdp(), "shadow pages are never larger than the guest's");

	/* A guest mapping of each page would need 262144 PTEs, one in 512 will do. */
	d->pages.size = d->mem_size;
	if (d->b->align == SZ_1G)
		d->pages.stride = dax_pmd_size();

	*(d->b->align == SZ_1G ? &want.nr_pud : &want.nr_pmd) = d->mem_size / d->b->align;
	dax_require_huge_mappings(d);
	return want;
}

/* Prove that leaves are as large as the host's mappings. */
static void test_huge_leaves(struct dax_vm *d)
{
	check_leaves(d, want_huge_leaves(d));
}

/* Same for a read-only memslot, whose host address KVM tells to reads alone. */
static void test_readonly_huge_leaves(struct dax_vm *d)
{
	struct dax_leaves want = want_huge_leaves(d);

	dax_vm_create(d);
	dax_set_memslot(d, 0, 0);
	dax_set_memslot(d, KVM_MEM_READONLY, d->pages.size);
	count_leaves(d, DAX_READ, 3, want);
}

/*
 * Prove that no leaf is larger than the host's mapping where guest and host
 * address would allow it, but the file offset (see
 * dax_fault_check_fallback()) or the device's alignment does not.
 */
static void test_host_small(struct dax_vm *d)
{
	d->pages.size = dax_small_size();
	check_leaves(d, (struct dax_leaves) { .nr_pte = dax_small_size() / getpagesize() });
}

/*
 * Prove that no leaf is huge where guest and host address differ modulo its
 * size: it would map wrong memory.
 */
static void test_guest_offset(struct dax_vm *d)
{
	d->pages.gpa += getpagesize();
	d->pages.size = dax_small_size();
	if (d->b->kind != DEVDAX_SMALL)
		dax_require_huge_mappings(d);
	check_leaves(d, (struct dax_leaves) { .nr_pte = dax_small_size() / getpagesize() });
}

/*
 * Prove that KVM puts each page reference that it got for the guest while the
 * VM is open, and that the guest no longer sees pages that left the file.
 *
 * There is no such case for device-dax.  Since v5.18, 27674ef6c73f ("mm: remove
 * the extra ZONE_DEVICE struct page refcount"), nothing waits for references to
 * its pages; dax_fault_test counts them.
 */
static void test_punch_after_write(struct dax_vm *d)
{
	dax_vm_create(d);
	dax_guest_access(d, DAX_WRITE, 1);
	dax_punch_hole(d);
	dax_guest_access(d, DAX_READ, 0);
	dax_host_access(d, DAX_READ, 0);
}

/* Same for pages that the guest only read; the host allocates them. */
static void test_punch_after_read(struct dax_vm *d)
{
	dax_host_access(d, DAX_WRITE, 1);
	dax_vm_create(d);
	dax_guest_access(d, DAX_READ, 1);
	dax_punch_hole(d);
	dax_guest_access(d, DAX_READ, 0);
	dax_host_access(d, DAX_READ, 0);
}

static void remove_memslot(struct dax_vm *d)
{
	test_guest_writes(d);
	dax_set_memslot(d, 0, 0);
}

/* Same for a memslot that is gone while the VM is open. */
static void test_punch_after_removal(struct dax_vm *d)
{
	remove_memslot(d);
	dax_host_access(d, DAX_READ, 1);
	dax_punch_hole(d);
	dax_host_access(d, DAX_READ, 0);
}

/* Same for a VM that is gone, and that its end keeps the data. */
static void test_teardown(struct dax_vm *d)
{
	remove_memslot(d);
	dax_step("close VM");
	kvm_vm_free(d->vm);
	dax_step("munmap()");
	dax_assert_syscall(!munmap(d->mem, d->mem_size), "munmap()");

	if (d->b->kind != FSDAX) {
		dax_step("close()");
		dax_assert_syscall(!close(d->fd), "close()");
		dax_open(d);
	}

	/* dax_layout_busy_page() finds no reference in a file that isn't mapped. */
	dax_map(d);
	dax_host_access(d, DAX_READ, 1);
	if (d->b->kind == FSDAX) {
		dax_punch_hole(d);
		dax_host_access(d, DAX_READ, 0);
	}
}

/*
 * Prove that leaves are huge inside a memslot alone: guest address, host address
 * and offset are off by a page all the same, and the slot ends inside of a huge
 * page.
 */
static void test_unaligned_slot(struct dax_vm *d)
{
	u64 page_size = getpagesize(), pmd_size = dax_pmd_size(), nr = pmd_size / page_size;
	u64 nr_huge = min_t(u64, dax_size() / pmd_size - 2, 3);
	struct dax_leaves want = { .nr_pte = nr - 1 + nr / 2, .nr_pmd = nr_huge };

	dax_require(d->b->kind == DEVDAX_SMALL || dax_has_tdp(),
		    "shadow pages are never larger than the guest's");
	if (d->b->kind == DEVDAX_SMALL)
		want = (struct dax_leaves) { .nr_pte = nr - 1 + nr_huge * nr + nr / 2 };
	else
		dax_require_huge_mappings(d);

	d->pages.gpa += page_size;
	d->pages.size = (nr_huge + 1) * pmd_size + pmd_size / 2 - page_size;
	d->mem += page_size;
	d->mem_size -= page_size;
	d->file_offset += page_size;
	check_leaves(d, want);
}

/*
 * Have the guest access the first page at @gpa where no memslot allows that, and
 * assert that it is userspace's to handle.
 */
static void check_mmio(struct dax_vm *d, u64 gpa, enum dax_op op)
{
	struct kvm_run *run = d->vcpu->run;
	struct dax_pages pages = d->pages;
	u64 value = dax_page_value(gpa, 1);

	d->pages.gpa = gpa;
	d->pages.size = getpagesize();
	dax_guest_prepare(d, op, 1);
	dax_step("KVM_RUN");
	vcpu_run(d->vcpu);
	TEST_ASSERT(run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == gpa &&
		    run->mmio.is_write == (op == DAX_WRITE),
		    "Wanted MMIO at 0x%lx, got exit %u (%s)",
		    gpa, run->exit_reason, exit_reason_str(run->exit_reason));
	memcpy(run->mmio.data, &value, sizeof(value));
	dax_guest_finish(d);
	d->pages = pages;
}

/* Prove that a guest write to a read-only memslot changes nothing. */
static void test_readonly_write(struct dax_vm *d)
{
	d->pages.size = dax_small_size();
	dax_host_access(d, DAX_WRITE, 2);
	dax_vm_create(d);
	dax_set_memslot(d, 0, 0);
	dax_set_memslot(d, KVM_MEM_READONLY, d->pages.size);
	check_mmio(d, d->pages.gpa, DAX_WRITE);
	dax_guest_access(d, DAX_READ, 2);
	check_mmio(d, d->pages.gpa, DAX_WRITE);
	dax_guest_access(d, DAX_READ, 2);
	dax_host_access(d, DAX_READ, 2);
}

/*
 * Prove that the memory is where the memslot is, also if that is moved, deleted,
 * and made again, and nowhere else.
 */
static void test_move(struct dax_vm *d)
{
	u64 offset, old = d->pages.gpa, new = old + SZ_1G + dax_pmd_size();

	d->pages.size = dax_small_size();
	dax_vm_create(d);
	for (offset = 0; offset < d->pages.size; offset += d->pages.stride)
		virt_map(d->vm, new + offset, new + offset, 1);
	dax_guest_access(d, DAX_WRITE, 1);

	d->pages.gpa = new;
	dax_set_memslot(d, 0, d->pages.size);
	/* The values are those of the old address. */
	dax_guest_access(d, DAX_READ, old + 1 - new);
	check_mmio(d, old, DAX_READ);
	dax_guest_access(d, DAX_WRITE, 2);
	dax_host_access(d, DAX_READ, 2);

	dax_set_memslot(d, 0, 0);
	check_mmio(d, new, DAX_READ);
	dax_set_memslot(d, 0, d->pages.size);
	dax_guest_access(d, DAX_READ, 2);
	if (d->b->kind == FSDAX)
		dax_punch_hole(d);
}

/*
 * Same for a memslot that huge pages can map, and that moves to where they can't:
 * what is true of one place must not be used at the other.
 */
static void test_move_by_page(struct dax_vm *d)
{
	d->pages.size = dax_small_size();
	dax_require_huge_mappings(d);
	dax_vm_create(d);
	virt_map(d->vm, d->pages.gpa + d->pages.size, d->pages.gpa + d->pages.size, 1);
	dax_guest_access(d, DAX_WRITE, 1);

	d->pages.gpa += getpagesize();
	dax_set_memslot(d, 0, d->pages.size);
	/* The values are those of the old address. */
	dax_guest_access(d, DAX_READ, 1 - (u64)getpagesize());
	dax_guest_access(d, DAX_WRITE, 2);
	dax_host_access(d, DAX_READ, 2);
	check_mmio(d, d->pages.gpa - getpagesize(), DAX_READ);
}

/* Prove that two VMs share what they both map, until one of them ends. */
static void test_two_vms(struct dax_vm *d)
{
	struct dax_vm other = *d;

	dax_map(&other);
	dax_vm_create(d);
	dax_vm_create(&other);
	dax_guest_access(d, DAX_WRITE, 1);
	dax_guest_access(&other, DAX_READ, 1);
	dax_guest_access(&other, DAX_WRITE, 2);
	dax_guest_access(d, DAX_READ, 2);

	dax_step("close VM");
	kvm_vm_free(other.vm);
	dax_guest_access(d, DAX_READ, 2);
	dax_guest_access(d, DAX_WRITE, 3);
	dax_host_access(d, DAX_READ, 3);
	if (d->b->kind == FSDAX) {
		dax_punch_hole(d);
		dax_guest_access(d, DAX_READ, 0);
	}
}

/*
 * Prove that a guest on a private mapping sees the file until it writes, and
 * that its writes are its own, while another guest has a shared mapping.
 */
static void test_private_mapping(struct dax_vm *d)
{
	struct dax_vm private;

	d->pages.size = dax_small_size();
	dax_host_access(d, DAX_WRITE, 1);
	private = *d;
	dax_map(&private);
	dax_step("mmap(MAP_PRIVATE)");
	dax_assert_syscall(mmap(private.mem, d->mem_size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_FIXED, d->fd, 0) == private.mem, "mmap()");
	dax_vm_create(d);
	dax_vm_create(&private);

	dax_guest_access(&private, DAX_READ, 1);
	dax_guest_access(d, DAX_WRITE, 2);
	dax_guest_access(&private, DAX_READ, 2);
	dax_guest_access(&private, DAX_WRITE, 3);
	dax_guest_access(d, DAX_READ, 2);
	dax_guest_access(d, DAX_WRITE, 4);
	dax_guest_access(&private, DAX_READ, 3);
	dax_host_access(d, DAX_READ, 4);

	dax_punch_hole(d);
	dax_guest_access(d, DAX_READ, 0);
	dax_guest_access(&private, DAX_READ, 3);
}

static const struct dax_test_case cases[] = {
	/* First, as the file system may reuse blocks whose pages KVM leaked. */
	{ "hole is punched without KVM", test_no_kvm, FSDAX },
	{ "guest writes, host reads", test_guest_writes, ANY_DAX },
	{ "host writes, guest reads", test_host_writes, ANY_DAX },
	{ "huge leaves where the host has them", test_huge_leaves, FSDAX | DEVDAX_HUGE },
	{ "huge leaves in a read-only memslot", test_readonly_huge_leaves, FSDAX | DEVDAX_HUGE },
	{ "small leaves, file offset off by a page", test_host_small, FSDAX, 1 },
	{ "small leaves, device aligned to a page", test_host_small, DEVDAX_SMALL },
	{ "small leaves, guest address off by a page", test_guest_offset, ANY_DAX },
	{ "leaves of an unaligned memslot", test_unaligned_slot, ANY_DAX },
	{ "guest writes to a read-only memslot", test_readonly_write, ANY_DAX },
	{ "memslot moved, deleted, and made again", test_move, ANY_DAX },
	{ "memslot moved by a page", test_move_by_page, FSDAX | DEVDAX_HUGE },
	{ "two VMs", test_two_vms, ANY_DAX },
	{ "private and shared mapping", test_private_mapping, FSDAX },
	{ "no reference kept after guest writes", test_punch_after_write, FSDAX },
	{ "no reference kept after guest reads", test_punch_after_read, FSDAX },
	{ "no reference kept after memslot removal", test_punch_after_removal, FSDAX },
	{ "no reference kept after teardown", test_teardown, FSDAX },
	{ "data intact after teardown", test_teardown, DEVDAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
