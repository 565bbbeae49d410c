// SPDX-License-Identifier: GPL-2.0
/*
 * Nested SVM with what L1 gives to KVM in DAX memory
 *
 * Prove that L2 runs, exits, and finds its data, that VMLOAD and VMSAVE find
 * theirs, and that KVM keeps no page reference, with VMCBs, the host save area,
 * L2's data, the page tables that map it, and nested page tables in DAX memory.  KVM maps a VMCB by
 * kvm_vcpu_map() at each of VMRUN, #VMEXIT, VMLOAD and VMSAVE.
 */
#include "dax_test.h"
#include "processor.h"
#include "svm_util.h"

#define NR_ROUNDS	6
#define NR_DATA		4
#define VMMCALL_SIZE	3
#define WINDOW_PML4E	100	/* the library uses the lower ones */
#define PTE_P_W_U	(BIT_ULL(0) | BIT_ULL(1) | BIT_ULL(2))
#define PTE_A_D		(BIT_ULL(5) | BIT_ULL(6))
#define PDE_PS		BIT_ULL(7)

/* What is in DAX memory, page by page. */
struct layout {
	u8 vmcb[SZ_4K];
	u8 save_area[SZ_4K];
	u8 vmload_vmcb[SZ_4K];
	u64 data[NR_DATA][512];
	u64 l1_pdpt[512];	/* L2 has L1's page tables, too */
	u64 l1_pd[512];
	u64 l1_pt[512];
	u64 pml4[512];
	u64 pdpt[512];
	u64 pd_low[512];	/* the first 1 GiB: the library's memory */
	u64 pd_dax[512];
	u64 pt_dax[512];
};

#define GPA_OF(member)	(DAX_GPA + offsetof(struct layout, member))

static bool use_npt;

static u64 value(u64 round, u64 page)
{
	return round << 32 | page;
}

/* Invert the first word of each page of data. */
static void l2_code(void)
{
	u64 (*window)[512] = (void *)((u64)WINDOW_PML4E << 39);
	int i;

	for (;;) {
		for (i = 0; i < NR_DATA; i++)
			WRITE_ONCE(window[i][0], ~READ_ONCE(window[i][0]));
		vmmcall();
	}
}

static void l1_code(struct svm_test_data *svm)
{
	u64 gs_base, round;

	generic_svm_setup(svm, l2_code);
	if (use_npt) {
		svm->vmcb->control.misc_ctl |= SVM_MISC_ENABLE_NP;
		svm->vmcb->control.nested_cr3 = GPA_OF(pml4);
	}

	for (round = 0; ; round++) {
		run_guest(svm->vmcb, svm->vmcb_gpa);
		svm->vmcb->save.rip += VMMCALL_SIZE;

		wrmsr(MSR_KERNEL_GS_BASE, value(round, 0));
		asm volatile("vmsave %0" : : "a" (GPA_OF(vmload_vmcb)) : "memory");
		wrmsr(MSR_KERNEL_GS_BASE, 0);
		asm volatile("vmload %0" : : "a" (GPA_OF(vmload_vmcb)) : "memory");
		gs_base = rdmsr(MSR_KERNEL_GS_BASE);
		GUEST_SYNC_ARGS(0, svm->vmcb->control.exit_code, gs_base, 0, 0);
	}
}

static void check_round(struct dax_vm *d, u64 round)
{
	struct layout *mem = d->mem;
	struct vmcb *vmcb = (void *)mem->vmload_vmcb;
	struct ucall uc;
	u64 i, got;

	for (i = 0; i < NR_DATA; i++)
		WRITE_ONCE(mem->data[i][0], value(round, i));

	dax_vcpu_run(d, &uc);
	TEST_ASSERT(uc.args[2] == SVM_EXIT_VMMCALL, "Round %lu: wanted exit 0x%x of L2, got 0x%lx",
		    round, SVM_EXIT_VMMCALL, uc.args[2]);
	TEST_ASSERT(uc.args[3] == value(round, 0) &&
		    vmcb->save.kernel_gs_base == value(round, 0),
		    "Round %lu: wanted GS base 0x%lx, VMLOAD got 0x%lx, VMSAVE put 0x%lx",
		    round, value(round, 0), uc.args[3], vmcb->save.kernel_gs_base);
	for (i = 0; i < NR_DATA; i++) {
		got = READ_ONCE(mem->data[i][0]);
		TEST_ASSERT(got == ~value(round, i), "Round %lu, page %lu: wanted 0x%lx, got 0x%lx",
			    round, i, ~value(round, i), got);
	}
}

/* For L1, and for L2, which starts with its CR3. */
static void create_window(struct dax_vm *d)
{
	struct layout *mem = d->mem;
	struct kvm_sregs sregs;
	u64 i, *pml4;

	mem->l1_pdpt[0] = GPA_OF(l1_pd) | PTE_P_W_U;
	mem->l1_pd[0] = GPA_OF(l1_pt) | PTE_P_W_U;
	for (i = 0; i < NR_DATA; i++)
		mem->l1_pt[i] = GPA_OF(data[i]) | PTE_P_W_U;

	vcpu_sregs_get(d->vcpu, &sregs);
	pml4 = addr_gpa2hva(d->vm, sregs.cr3 & ~(SZ_4K - 1ull));
	TEST_ASSERT(!pml4[WINDOW_PML4E], "PML4E %d is in use", WINDOW_PML4E);
	pml4[WINDOW_PML4E] = GPA_OF(l1_pdpt) | PTE_P_W_U;
}

static void create_npt(struct layout *mem)
{
	u64 i;

	mem->pml4[0] = GPA_OF(pdpt) | PTE_P_W_U;
	mem->pdpt[0] = GPA_OF(pd_low) | PTE_P_W_U;
	for (i = 0; i < 512; i++)
		mem->pd_low[i] = i * SZ_2M | PTE_P_W_U | PDE_PS;
	mem->pdpt[DAX_GPA / SZ_1G] = GPA_OF(pd_dax) | PTE_P_W_U;
	mem->pd_dax[0] = GPA_OF(pt_dax) | PTE_P_W_U;
	for (i = 0; i < sizeof(*mem) / SZ_4K; i++)
		mem->pt_dax[i] = (DAX_GPA + i * SZ_4K) | PTE_P_W_U;
}

static void check_nested(struct dax_vm *d)
{
	const char *nested = dax_read_sysfs("/sys/module/kvm_amd/parameters", "nested");
	struct layout *mem = d->mem;
	struct svm_test_data *svm;
	gva_t svm_gva;
	u64 round, i, pte;

	dax_require(*nested == '1' || *nested == 'Y', "KVM has no nested SVM");

	d->pages.size = sizeof(struct layout);
	memset(mem, 0, sizeof(*mem));
	create_npt(mem);
	__dax_vm_create(d, l1_code);
	create_window(d);
	sync_global_to_guest(d->vm, use_npt);
	svm = vcpu_alloc_svm(d->vm, &svm_gva);
	svm->vmcb_gpa = GPA_OF(vmcb);
	svm->vmcb = (void *)svm->vmcb_gpa;
	svm->save_area_gpa = GPA_OF(save_area);
	svm->save_area = (void *)svm->save_area_gpa;
	vcpu_args_set(d->vcpu, 1, svm_gva);

	dax_count_refs(d, mem->vmcb);
	for (round = 0; round < NR_ROUNDS; round++) {
		check_round(d, round);
		dax_remap(d);
	}
	for (i = 0; use_npt && i < NR_DATA; i++) {
		pte = mem->pt_dax[offsetof(struct layout, data) / SZ_4K + i];
		TEST_ASSERT((pte & PTE_A_D) == PTE_A_D, "Nested PTE 0x%lx lacks A or D", pte);
	}

	/* VMRUN and #VMEXIT, a get and a put each */
	dax_assert_no_ref_kept(d, 4 * NR_ROUNDS);
}

static void test_nested(struct dax_vm *d)
{
	check_nested(d);
}

/* L1 pages for L2 by nested page tables, which KVM shadows. */
static void test_nested_npt(struct dax_vm *d)
{
	dax_require(dax_has_tdp(), "KVM has no nested paging to offer");
	use_npt = true;
	check_nested(d);
}

static const struct dax_test_case cases[] = {
	{ "nested SVM", test_nested, ANY_DAX },
	{ "nested SVM with nested paging", test_nested_npt, ANY_DAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
