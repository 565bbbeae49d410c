/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Library for tests of guest memory that is backed by DAX
 *
 * A test is a table of cases and a main() that hands it to dax_test_main().
 * Each case runs in a child of its own, once for each backing that the user
 * named and that the case is for, with the backing open and mapped.
 */
#ifndef SELFTEST_KVM_DAX_TEST_H
#define SELFTEST_KVM_DAX_TEST_H

#include <linux/kernel.h>
#include <linux/sizes.h>

#include "dax.h"
#include "kvm_util.h"
#include "test_util.h"
#include "ucall_common.h"

#define DAX_SLOT	10
#define DAX_GPA		SZ_4G	/* 1 GiB aligned, above the library's memory */

/* Some huge leaves. */
static inline u64 dax_size(void)
{
	return max_t(u64, SZ_64M, 3 * dax_pmd_size());
}

/* Where leaves are small, each costs a fault; one huge leaf at least would fit. */
static inline u64 dax_small_size(void)
{
	return max_t(u64, SZ_8M, dax_pmd_size());
}

enum dax_kind {
	FSDAX		= 1,
	DEVDAX_HUGE	= 2,
	DEVDAX_SMALL	= 4,
	DEVDAX		= DEVDAX_HUGE | DEVDAX_SMALL,
	ANY_DAX		= FSDAX | DEVDAX,
};

struct dax_backing {
	enum dax_kind kind;
	const char *path;
	const char *skip;
	const char *name;
	u64 resource;	/* physical address of a device-dax */
	u64 align;
};

/*
 * What guest or host access: one word every @stride bytes, see also dax_chosen().
 * The guest alone executes: what dax_write_code() has put behind the word.
 */
enum dax_op { DAX_READ, DAX_WRITE, DAX_EXECUTE };

struct dax_pages {
	u64 gpa;
	u64 size;
	u64 stride;
	u64 choice;
	u64 seed;
	u64 op;
};

struct dax_vm {
	const struct dax_backing *b;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct dax_pages pages;
	off_t file_offset;
	u64 mem_size;
	void *mem;
	int fd;
};

struct dax_test_case {
	const char *name;
	void (*fn)(struct dax_vm *d);
	enum dax_kind kinds;
	off_t file_page;	/* offset in the file, in pages */
};

int dax_test_main(int argc, char *argv[], const struct dax_test_case *cases, int nr_cases);

/* Say what comes next: the parent reports it if the case fails or hangs there. */
void dax_step(const char *what);

/* End the case as skipped, with a reason, unless @cond holds. */
#define dax_require(cond, fmt, ...)			\
do {							\
	if (!(cond))					\
		dax_skip(fmt, ##__VA_ARGS__);		\
} while (0)

void __printf(1, 2) dax_skip(const char *fmt, ...);

bool dax_wait_for_child(pid_t pid, int *status, int ms);

#define dax_assert_syscall(cond, name)	TEST_ASSERT(cond, __KVM_SYSCALL_ERROR(name, -1))

void dax_open(struct dax_vm *d);
void dax_map(struct dax_vm *d);
void dax_zap(struct dax_vm *d);
void dax_remap(struct dax_vm *d);
void dax_punch_hole(struct dax_vm *d);

void dax_guest_code(void);
void __dax_vm_create(struct dax_vm *d, void *guest_code);
void dax_vm_create(struct dax_vm *d);
void dax_add_memslot(struct dax_vm *d);
void dax_set_memslot(struct dax_vm *d, u32 flags, u64 size);
void dax_vcpu_run(struct dax_vm *d, struct ucall *uc);

u64 dax_page_value(u64 gpa, u64 seed);
bool dax_chosen(u64 offset, u64 choice);
void dax_guest_prepare(struct dax_vm *d, enum dax_op op, u64 seed);
void dax_guest_finish(struct dax_vm *d);
void dax_guest_access(struct dax_vm *d, enum dax_op op, u64 seed);
void dax_host_access(struct dax_vm *d, enum dax_op op, u64 seed);

void dax_write_code(struct dax_vm *d);
void dax_require_huge_mappings(struct dax_vm *d);
bool dax_has_tdp(void);

void dax_count_refs(struct dax_vm *d, void *addr);
void dax_assert_balance(struct dax_vm *d, long min_nr);
void dax_assert_no_ref_kept(struct dax_vm *d, long min_nr);

bool dax_read_stat(int fd, const char *name, u64 *data);
u64 dax_get_stat(struct dax_vm *d, const char *name);

/*
 * How many leaves KVM has for the VM, the library's memory included, by what maps
 * as much in the host: with pages of 4 KiB they have 4 KiB, 2 MiB and 1 GiB.
 */
struct dax_leaves {
	s64 nr_pte;
	s64 nr_pmd;
	s64 nr_pud;
};

struct dax_leaves dax_get_leaves(struct dax_vm *d);
void dax_assert_new_leaves(struct dax_vm *d, struct dax_leaves before, struct dax_leaves want);

#endif /* SELFTEST_KVM_DAX_TEST_H */
