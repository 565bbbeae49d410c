// SPDX-License-Identifier: GPL-2.0
/*
 * Nested VMX with what L1 gives to KVM in DAX memory
 *
 * Prove that L2 runs, exits, and finds its data, and that KVM keeps no page
 * reference, with L1's VMXON region, VMCS, MSR bitmap, virtual-APIC page and
 * APIC-access page in DAX memory: after L2 has exited to L1, and after an entry
 * that failed.
 *
 * While L2 runs, KVM holds the APIC's pages, as the CPU has their addresses, see
 * nested_get_vmcs12_pages(); that they are held also while userspace has left
 * KVM_RUN from L2 is what the last case shows.
 */
#include "dax_test.h"
#include "processor.h"
#include "vmx.h"

#define NR_ROUNDS	6
#define NR_DATA		4
#define INVALID_ACTIVITY_STATE	4ul
#define EXIT_REASON_FAILED_ENTRY (EXIT_REASON_INVALID_STATE | BIT_ULL(31))
#define APIC_PAGE_TPR	0x80

/* What is in DAX memory, page by page. */
struct layout {
	u8 virtual_apic[SZ_4K];
	u8 apic_access[SZ_4K];
	u8 msr_bitmap[SZ_4K];
	u8 vmxon[SZ_4K];
	u8 vmcs[SZ_4K];
	u64 data[NR_DATA][512];
};

#define GPA_OF(member)	(DAX_GPA + offsetof(struct layout, member))

/* What L1 and L2 tell by GUEST_SYNC_ARGS(). */
enum stage {
	L1_FAILED_ENTRY = 1,
	L1_EXIT,
	L2_RUNS,
};

static bool l2_syncs;
static u64 l2_tpr;

static u64 value(u64 round, u64 page)
{
	return round << 32 | page;
}

/*
 * Set the priority, for which the CPU has the virtual-APIC page, and invert the
 * data.  L2 starts here in each round, as nobody keeps its registers for it.
 */
static void l2_code(void)
{
	struct layout *mem = (void *)DAX_GPA;
	u64 i;

	asm volatile("mov %0, %%cr8" : : "r" (READ_ONCE(l2_tpr)));
	for (i = 0; i < NR_DATA; i++)
		WRITE_ONCE(mem->data[i][0], ~READ_ONCE(mem->data[i][0]));
	if (l2_syncs)
		GUEST_SYNC_ARGS(L2_RUNS, 0, 0, 0, 0);
	asm volatile("vmcall" : : : "memory");
}

/* Returns the reason of the exit that the entry led to. */
static u64 l2_enter(bool launch)
{
	if (launch)
		GUEST_ASSERT(!vmlaunch());
	else
		GUEST_ASSERT(!vmresume());
	return vmreadz(VM_EXIT_REASON);
}

static void l1_code(struct vmx_pages *vmx)
{
	u64 controls, secondary, reason, rsp;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_code);

	rsp = vmreadz(GUEST_RSP);
	controls = vmreadz(CPU_BASED_VM_EXEC_CONTROL);
	secondary = vmreadz(SECONDARY_VM_EXEC_CONTROL);
	vmwrite(CPU_BASED_VM_EXEC_CONTROL, controls | CPU_BASED_TPR_SHADOW |
		CPU_BASED_USE_MSR_BITMAPS | CPU_BASED_ACTIVATE_SECONDARY_CONTROLS);
	vmwrite(SECONDARY_VM_EXEC_CONTROL, secondary | SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES);
	vmwrite(VIRTUAL_APIC_PAGE_ADDR, GPA_OF(virtual_apic));
	vmwrite(APIC_ACCESS_ADDR, GPA_OF(apic_access));
	vmwrite(MSR_BITMAP, GPA_OF(msr_bitmap));
	vmwrite(TPR_THRESHOLD, 0);

	/* An entry that fails after KVM has got the pages. */
	vmwrite(GUEST_ACTIVITY_STATE, INVALID_ACTIVITY_STATE);
	reason = l2_enter(true);
	GUEST_SYNC_ARGS(L1_FAILED_ENTRY, reason, 0, 0, 0);
	vmwrite(GUEST_ACTIVITY_STATE, 0);

	for (l2_tpr = 1; ; l2_tpr++) {
		vmwrite(GUEST_RIP, (u64)l2_code);
		vmwrite(GUEST_RSP, rsp);
		reason = l2_enter(l2_tpr == 1);
		GUEST_SYNC_ARGS(L1_EXIT, reason, 0, 0, 0);
	}
}

static void run_until(struct dax_vm *d, enum stage stage, u64 reason)
{
	struct ucall uc;

	dax_vcpu_run(d, &uc);
	TEST_ASSERT(uc.args[1] == stage && uc.args[2] == reason,
		    "Wanted stage %d, exit 0x%lx, got stage %lu, exit 0x%lx",
		    stage, reason, uc.args[1], uc.args[2]);
}

static void set_data(struct dax_vm *d, u64 round)
{
	struct layout *mem = d->mem;
	int i;

	for (i = 0; i < NR_DATA; i++)
		WRITE_ONCE(mem->data[i][0], value(round, i));
}

static void check_data(struct dax_vm *d, u64 round)
{
	struct layout *mem = d->mem;
	u64 i, got;
	u8 tpr;

	for (i = 0; i < NR_DATA; i++) {
		got = READ_ONCE(mem->data[i][0]);
		TEST_ASSERT(got == ~value(round, i), "Round %lu, page %lu: wanted 0x%lx, got 0x%lx",
			    round, i, ~value(round, i), got);
	}
	tpr = READ_ONCE(mem->virtual_apic[APIC_PAGE_TPR]);
	TEST_ASSERT(tpr == (round + 1) << 4, "Round %lu: wanted TPR 0x%lx, got 0x%x",
		    round, (round + 1) << 4, tpr);
}

/* Up to the entry that fails. */
static void create(struct dax_vm *d)
{
	struct vmx_pages *vmx;
	gva_t vmx_gva;

	dax_require(kvm_cpu_has(X86_FEATURE_VMX), "KVM has no nested VMX");

	d->pages.size = sizeof(struct layout);
	memset(d->mem, 0, sizeof(struct layout));
	__dax_vm_create(d, l1_code);
	sync_global_to_guest(d->vm, l2_syncs);
	vmx = vcpu_alloc_vmx(d->vm, &vmx_gva);
	vmx->vmxon_gpa = GPA_OF(vmxon);
	vmx->vmxon = (void *)vmx->vmxon_gpa;
	vmx->vmcs_gpa = GPA_OF(vmcs);
	vmx->vmcs = (void *)vmx->vmcs_gpa;
	vcpu_args_set(d->vcpu, 1, vmx_gva);
}

static void check_page(struct dax_vm *d, void *page)
{
	u64 round;

	create(d);
	dax_count_refs(d, page);
	run_until(d, L1_FAILED_ENTRY, EXIT_REASON_FAILED_ENTRY);
	dax_assert_balance(d, 2);
	dax_count_refs(d, page);
	for (round = 0; round < NR_ROUNDS; round++) {
		set_data(d, round);
		run_until(d, L1_EXIT, EXIT_REASON_VMCALL);
		check_data(d, round);
		dax_remap(d);
	}
	dax_assert_no_ref_kept(d, 2 * NR_ROUNDS);
}

static void test_virtual_apic(struct dax_vm *d)
{
	check_page(d, ((struct layout *)d->mem)->virtual_apic);
}

static void test_apic_access(struct dax_vm *d)
{
	check_page(d, ((struct layout *)d->mem)->apic_access);
}

static void test_msr_bitmap(struct dax_vm *d)
{
	check_page(d, ((struct layout *)d->mem)->msr_bitmap);
}

static void test_while_l2_runs(struct dax_vm *d)
{
	l2_syncs = true;
	create(d);
	run_until(d, L1_FAILED_ENTRY, EXIT_REASON_FAILED_ENTRY);
	dax_count_refs(d, ((struct layout *)d->mem)->virtual_apic);
	set_data(d, 0);
	run_until(d, L2_RUNS, 0);
	check_data(d, 0);
	dax_assert_no_ref_kept(d, 2);
}

static const struct dax_test_case cases[] = {
	{ "nested VMX, virtual-APIC page", test_virtual_apic, ANY_DAX },
	{ "nested VMX, APIC-access page", test_apic_access, ANY_DAX },
	{ "nested VMX, MSR bitmap", test_msr_bitmap, ANY_DAX },
	{ "nested VMX, no reference kept while L2 is stopped", test_while_l2_runs, ANY_DAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
