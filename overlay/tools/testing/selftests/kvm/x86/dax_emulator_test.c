// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's instruction emulator on DAX memory
 *
 * Prove that emulated accesses get the data right and keep no page reference.
 * Linux 5.3 maps the page for a locked cmpxchg by kvm_vcpu_map() and leaked a
 * reference; since v5.18, 1c2361f667f3 ("KVM: x86: Use __try_cmpxchg_user() to
 * emulate atomic accesses"), none is taken.  So only the balance is checked.
 */
#include "dax_test.h"
#include "processor.h"

#define NR_ROUNDS	8
#define NR_EMULATED	5	/* instructions a round, see guest_code() */
#define CROSSING	(SZ_4K - sizeof(u32))
#define STRING_SIZE	64
#define STRING_FROM	(2 * SZ_4K - STRING_SIZE / 2)
#define STRING_TO	(3 * SZ_4K - STRING_SIZE / 4)

/* Each instruction is KVM's to emulate, due to the prefix. */
static u64 cmpxchg64(u64 *mem, u64 old, u64 new)
{
	asm volatile(KVM_FEP "lock cmpxchgq %[new], %[mem]"
		     : "+a" (old), [mem] "+m" (*mem) : [new] "r" (new) : "memory", "cc");
	return old;
}

/* From two pages to two pages. */
static void copy_string(u8 first)
{
	u8 *from = (u8 *)(DAX_GPA + STRING_FROM), *to = (u8 *)(DAX_GPA + STRING_TO);
	u64 i, nr = STRING_SIZE;

	for (i = 0; i < STRING_SIZE; i++)
		WRITE_ONCE(from[i], first + i);
	asm volatile(KVM_FEP "rep movsb" : "+S" (from), "+D" (to), "+c" (nr) : : "memory");
}

static void guest_code(void)
{
	u64 round, fail, success, loaded, *mem = (u64 *)DAX_GPA, *crossing;

	crossing = (u64 *)(DAX_GPA + CROSSING);
	for (round = 0; ; round++) {
		success = cmpxchg64(mem, round, round + 1);
		fail = cmpxchg64(mem, round, -1ull);

		/* Half of it on the next page. */
		asm volatile(KVM_FEP "movq %[val], %[mem]"
			     : [mem] "=m" (*crossing) : [val] "r" (~round) : "memory");
		asm volatile(KVM_FEP "movq %[mem], %[val]"
			     : [val] "=r" (loaded) : [mem] "m" (*crossing) : "memory");
		copy_string(round);
		GUEST_SYNC_ARGS(0, success, fail, loaded, 0);
	}
}

static void test_emulator(struct dax_vm *d)
{
	u64 nr_emulated, round, word, i;
	struct ucall uc;
	u8 got;

	dax_require(kvm_is_forced_emulation_enabled(), "needs kvm.force_emulation_prefix=1");

	d->pages.size = 4 * SZ_4K;
	dax_host_access(d, DAX_WRITE, 1);
	*(u64 *)d->mem = 0;
	__dax_vm_create(d, guest_code);

	dax_count_refs(d, d->mem);
	nr_emulated = dax_get_stat(d, "insn_emulation");
	for (round = 0; round < NR_ROUNDS; round++) {
		dax_vcpu_run(d, &uc);
		TEST_ASSERT(uc.args[2] == round && uc.args[3] == round + 1,
			    "cmpxchg: wanted %lu and %lu, got %lu and %lu",
			    round, round + 1, uc.args[2], uc.args[3]);
		TEST_ASSERT(uc.args[4] == ~round, "mov: wanted 0x%lx, got 0x%lx",
			    ~round, uc.args[4]);

		word = READ_ONCE(*(u64 *)d->mem);
		TEST_ASSERT(word == round + 1, "Host: wanted %lu, got %lu", round + 1, word);
		memcpy(&word, d->mem + CROSSING, sizeof(word));
		TEST_ASSERT(word == ~round, "Host: wanted 0x%lx, got 0x%lx", ~round, word);
		for (i = 0; i < STRING_SIZE; i++) {
			got = READ_ONCE(*(u8 *)(d->mem + STRING_TO + i));
			TEST_ASSERT(got == (u8)(round + i),
				    "Host, byte %lu of the string: wanted 0x%x, got 0x%x",
				    i, (u8)(round + i), got);
		}
	}
	nr_emulated = dax_get_stat(d, "insn_emulation") - nr_emulated;
	TEST_ASSERT(nr_emulated >= NR_ROUNDS * NR_EMULATED,
		    "Wanted %d emulated instructions, got %lu", NR_ROUNDS * NR_EMULATED,
		    nr_emulated);
	dax_assert_no_ref_kept(d, 0);
}

static const struct dax_test_case cases[] = {
	{ "emulated lock cmpxchg, and mov and rep movs across pages", test_emulator, ANY_DAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
