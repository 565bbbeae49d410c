// SPDX-License-Identifier: GPL-2.0
/*
 * Guest page tables in DAX memory
 *
 * Prove that a guest whose page tables are in DAX memory finds its data, gets
 * Accessed and Dirty bits, and can change its mappings, and that KVM keeps no
 * reference to tables or data.
 *
 * Without TDP (kvm_amd.npt=0 or kvm_intel.ept=0) all of this is KVM's work: it
 * shadows the tables, sets the bits (FNAME(update_accessed_dirty_bits)),
 * emulates writes to tables that it write-protected, and prefetches what the
 * neighbours of a faulting PTE map (FNAME(prefetch_gpte)).  Until v5.18,
 * f122dfe44768 ("KVM: x86: Use __try_cmpxchg_user() to update guest PTE A/D
 * bits"), it got the table's page to set a bit.  With TDP the hardware does it.
 */
#include "dax_test.h"
#include "processor.h"

#define NR_ROUNDS	8	/* changes in each way, and some twice */
#define NR_DATA		16	/* twice what is prefetched at once */
#define WINDOW_PML4E	100	/* the library uses the lower ones */
#define PTE_A		BIT_ULL(5)
#define PTE_D		BIT_ULL(6)
#define PTE_P_W		(BIT_ULL(0) | BIT_ULL(1))

/* What is in DAX memory.  Round by round the PD gets the other PT. */
struct layout {
	u64 pdpt[512];
	u64 pd[512];
	u64 pt[2][512];
	u64 data[NR_DATA][512];
};

#define GPA_OF(member)	(DAX_GPA + offsetof(struct layout, member))

/* Page i of the window shows another page of data in each round. */
static u64 target(u64 round, u64 i)
{
	return (round + i) % NR_DATA;
}

static u64 value(u64 round, u64 page)
{
	return round << 32 | page;
}

static u64 cmpxchg64(u64 *mem, u64 old, u64 new)
{
	asm volatile("lock cmpxchgq %[new], %[mem]"
		     : "+a" (old), [mem] "+m" (*mem) : [new] "r" (new) : "memory", "cc");
	return old;
}

/*
 * Change an entry in each way that KVM emulates differently.  It can't emulate
 * FISTP, and lifts the write protection instead, see
 * kvm_unprotect_and_retry_on_failure(), for which Linux 5.3 got the page.
 */
static void set_entry(u64 *entry, u64 new, u64 how)
{
	u64 old = READ_ONCE(*entry);

	switch (how % 4) {
	case 0:
		WRITE_ONCE(*entry, new);
		break;
	case 1:
		asm volatile("xchgq %[new], %[mem]"
			     : [new] "+r" (new), [mem] "+m" (*entry) : : "memory");
		break;
	case 2:
		while (cmpxchg64(entry, old, new) != old)
			old = READ_ONCE(*entry);
		break;
	case 3:
		asm volatile("fildll %[new]; fistpll %[mem]"
			     : [mem] "=m" (*entry) : [new] "m" (new) : "memory", "st");
		break;
	}
}

static void guest_code(void)
{
	u64 (*window)[512] = (void *)((u64)WINDOW_PML4E << 39);
	struct layout *mem = (void *)DAX_GPA;
	u64 round, i, want, got, bad;

	for (round = 0; ; round++) {
		for (bad = 0, i = 0; i < NR_DATA && !bad; i++) {
			want = value(round, target(round, i));
			got = READ_ONCE(window[i][0]);
			if (got != want)
				bad = i + 1;
		}
		GUEST_SYNC_ARGS(0, bad, want, got, 0);

		for (i = 0; i < NR_DATA; i++)
			WRITE_ONCE(window[i][0], ~value(round, target(round, i)));
		GUEST_SYNC_ARGS(0, 0, 0, 0, 0);

		for (i = 0; i < NR_DATA; i++)
			set_entry(&mem->pt[(round + 1) % 2][i],
				  GPA_OF(data[target(round + 1, i)]) | PTE_P_W, i);
		set_entry(&mem->pd[0], GPA_OF(pt[(round + 1) % 2]) | PTE_P_W, round);
		for (i = 0; i < NR_DATA; i++)
			asm volatile("invlpg %0" : : "m" (window[i][0]) : "memory");
	}
}

static void check_entry(const char *name, u64 round, u64 entry, u64 want)
{
	TEST_ASSERT((entry & (PTE_A | PTE_D)) == want,
		    "Round %lu, %s: wanted A/D bits 0x%lx, got 0x%lx", round, name, want, entry);
}

/* One stop after the guest has read its window, one after it has written it. */
static void check_round(struct dax_vm *d, u64 round)
{
	struct layout *mem = d->mem;
	u64 i, page, *pt = mem->pt[round % 2];
	struct ucall uc;

	for (page = 0; page < NR_DATA; page++)
		WRITE_ONCE(mem->data[page][0], value(round, page));

	dax_vcpu_run(d, &uc);
	TEST_ASSERT(!uc.args[2], "Round %lu, page %lu of the window: wanted 0x%lx, got 0x%lx",
		    round, uc.args[2] - 1, uc.args[3], uc.args[4]);
	check_entry("PDPTE", round, READ_ONCE(mem->pdpt[0]), PTE_A);
	check_entry("PDE", round, READ_ONCE(mem->pd[0]), PTE_A);
	for (i = 0; i < NR_DATA; i++)
		check_entry("PTE that was read", round, READ_ONCE(pt[i]), PTE_A);

	/* KVM prefetches what the guest has accessed. */
	dax_remap(d);

	dax_vcpu_run(d, &uc);
	for (i = 0; i < NR_DATA; i++) {
		page = target(round, i);
		TEST_ASSERT(READ_ONCE(mem->data[page][0]) == ~value(round, page),
			    "Round %lu, page %lu of data: wanted 0x%lx, got 0x%lx",
			    round, page, ~value(round, page), mem->data[page][0]);
		check_entry("PTE that was written", round, READ_ONCE(pt[i]), PTE_A | PTE_D);
	}
}

static void create_tables(struct dax_vm *d)
{
	struct layout *mem = d->mem;
	struct kvm_sregs sregs;
	u64 i, *pml4;

	memset(mem, 0, sizeof(*mem));
	mem->pdpt[0] = GPA_OF(pd) | PTE_P_W;
	mem->pd[0] = GPA_OF(pt[0]) | PTE_P_W;
	for (i = 0; i < NR_DATA; i++)
		mem->pt[0][i] = GPA_OF(data[i]) | PTE_P_W;

	vcpu_sregs_get(d->vcpu, &sregs);
	pml4 = addr_gpa2hva(d->vm, sregs.cr3 & ~(SZ_4K - 1ull));
	TEST_ASSERT(!pml4[WINDOW_PML4E], "PML4E %d is in use", WINDOW_PML4E);
	pml4[WINDOW_PML4E] = GPA_OF(pdpt) | PTE_P_W;
}

static void test_page_tables(struct dax_vm *d)
{
	u64 round, nr_emulated;

	d->pages.size = sizeof(struct layout);
	__dax_vm_create(d, guest_code);
	create_tables(d);

	nr_emulated = dax_get_stat(d, "insn_emulation");
	dax_count_refs(d, &((struct layout *)d->mem)->pt[0]);
	for (round = 0; round < NR_ROUNDS; round++)
		check_round(d, round);

	/* Each round changes a PDE, and KVM lets no PD get out of sync. */
	nr_emulated = dax_get_stat(d, "insn_emulation") - nr_emulated;
	TEST_ASSERT(dax_has_tdp() || nr_emulated >= NR_ROUNDS / 2,
		    "Wanted %d emulated instructions, got %lu", NR_ROUNDS / 2, nr_emulated);
	dax_assert_no_ref_kept(d, NR_ROUNDS);
}

static const struct dax_test_case cases[] = {
	{ "guest page tables", test_page_tables, ANY_DAX },
	{ "guest page tables, host maps 4 KiB", test_page_tables, FSDAX, 1 },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
