// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory on DAX that the host changes while vCPUs access it
 *
 * Prove that the guest never goes on with what the host took away, that it gets
 * what came instead or -EFAULT, that none of its writes is lost, and that KVM
 * keeps no page reference, also where a fault loses the race with an
 * invalidation.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "dax_vcpus.h"

#define NR_ROUNDS	10
#define NR_RETRIES	20

/*
 * Prove that the guest sees zeroes as soon as a hole is punched, and what the
 * host fills it with.  ext4_punch_hole() and others zap the pages, and wait
 * until none is held.
 */
static void test_punch(struct dax_vm *d)
{
	int seed;

	dax_vcpus_create(d, DAX_VCPUS_READ);
	dax_host_access(d, DAX_WRITE, 1);
	dax_vcpus_start(d);
	for (seed = 1; seed <= NR_ROUNDS; seed++) {
		dax_host_access(d, DAX_WRITE, seed);
		dax_vcpus_assert_seen(d, seed);
		dax_punch_hole(d);
		dax_vcpus_assert_seen(d, 0);
	}
	dax_vcpus_stop(d);
	dax_host_access(d, DAX_WRITE, seed);
	dax_punch_hole(d);
}

static void truncate_file(struct dax_vm *d, off_t size)
{
	dax_step("ftruncate()");
	dax_assert_syscall(!ftruncate(d->fd, d->file_offset + size), "ftruncate()");
}

/*
 * Prove that an access behind the end of the file ends KVM_RUN, and that the
 * old data does not come back with the old size.
 */
static void test_truncate(struct dax_vm *d)
{
	dax_vcpus_create(d, DAX_VCPUS_READ);
	dax_host_access(d, DAX_WRITE, 1);
	dax_vcpus_start(d);
	dax_vcpus_assert_seen(d, 1);
	truncate_file(d, 0);
	dax_vcpus_assert_fault(d);

	truncate_file(d, d->mem_size);
	dax_vcpus_start(d);
	dax_vcpus_assert_seen(d, 0);
	dax_vcpus_stop(d);
	dax_host_access(d, DAX_WRITE, 1);
	dax_punch_hole(d);
}

/* Anonymous memory with other data than the backing, where mremap() may move it. */
static void *other_memory(struct dax_vm *d, void *addr, u64 seed)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (addr ? MAP_FIXED : 0);
	u64 offset;
	void *mem;

	mem = mmap(addr, d->mem_size, PROT_READ | PROT_WRITE, flags, -1, 0);
	dax_assert_syscall(mem != MAP_FAILED, "mmap()");
	for (offset = 0; offset < d->pages.size; offset += d->pages.stride)
		*(u64 *)(mem + offset) = dax_page_value(d->pages.gpa + offset, seed);
	return mem;
}

static void map_again(struct dax_vm *d)
{
	dax_step("mmap()");
	dax_assert_syscall(mmap(d->mem, d->mem_size, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_FIXED, d->fd, d->file_offset) == d->mem, "mmap()");
}

static void end_of_test(struct dax_vm *d, u64 seed)
{
	dax_vcpus_assert_seen(d, seed);
	dax_vcpus_stop(d);
	dax_host_access(d, DAX_READ, seed);
	dax_assert_no_ref_kept(d, 2);
}

/*
 * Prove that an access to an address where nothing is mapped any more ends
 * KVM_RUN, and that the guest gets what is mapped there next.
 */
static void test_munmap(struct dax_vm *d)
{
	dax_vcpus_create(d, DAX_VCPUS_READ);
	dax_host_access(d, DAX_WRITE, 1);
	dax_count_refs(d, d->mem);
	dax_vcpus_start(d);
	dax_vcpus_assert_seen(d, 1);
	dax_step("munmap()");
	dax_assert_syscall(!munmap(d->mem, d->mem_size), "munmap()");
	dax_vcpus_assert_fault(d);

	other_memory(d, d->mem, 2);
	dax_vcpus_start(d);
	dax_vcpus_assert_seen(d, 2);
	map_again(d);
	end_of_test(d, 1);
}

static void move_mapping(struct dax_vm *d, void *from, void *to)
{
	dax_step("mremap()");
	dax_assert_syscall(mremap(from, d->mem_size, d->mem_size, MREMAP_MAYMOVE | MREMAP_FIXED,
				  to) == to, "mremap()");
}

/*
 * Prove the same for a mapping that moves away, and that the guest gets what
 * moves to its place, at no time -EFAULT.
 */
static void test_mremap(struct dax_vm *d)
{
	void *mem = d->mem, *away;

	dax_vcpus_create(d, DAX_VCPUS_READ);
	dax_host_access(d, DAX_WRITE, 1);
	dax_count_refs(d, d->mem);
	dax_vcpus_start(d);
	dax_vcpus_assert_seen(d, 1);
	move_mapping(d, other_memory(d, NULL, 2), d->mem);
	dax_vcpus_assert_seen(d, 2);

	dax_map(d);
	away = d->mem;
	d->mem = mem;
	move_mapping(d, away, d->mem);
	dax_vcpus_assert_seen(d, 1);
	dax_map(d);
	away = d->mem;
	d->mem = mem;
	move_mapping(d, d->mem, away);
	dax_vcpus_assert_fault(d);

	move_mapping(d, away, d->mem);
	dax_vcpus_start(d);
	end_of_test(d, 1);
}

/*
 * Do something to the memory again and again while the vCPUs increment, and
 * prove that it has each of their increments at the end: none may go to a page,
 * or by a writable mapping, that was taken away.
 */
static void check_writes(struct dax_vm *d, void (*fn)(struct dax_vm *d))
{
	u64 offset;
	int i;

	dax_vcpus_create(d, DAX_VCPUS_ADD);
	for (offset = 0; offset < d->pages.size; offset += d->pages.stride)
		*(u64 *)(d->mem + offset) = 0;
	dax_count_refs(d, d->mem);
	dax_vcpus_start(d);
	for (i = 0; i < NR_ROUNDS; i++) {
		dax_vcpus_pass(d);
		fn(d);
	}
	dax_vcpus_pass(d);
	dax_vcpus_stop(d);
	dax_vcpus_assert_added(d);
	dax_assert_no_ref_kept(d, 2);
}

static void test_madvise(struct dax_vm *d)
{
	check_writes(d, dax_zap);
}

static void sync_file(struct dax_vm *d)
{
	dax_step("fsync()");
	dax_assert_syscall(!fsync(d->fd), "fsync()");
}

/* fsync() write-protects what it has written, see dax_writeback_one(). */
static void test_fsync(struct dax_vm *d)
{
	check_writes(d, sync_file);
}

/* A write that arrives in a frozen file system came by a stale mapping. */
static void freeze_and_thaw(struct dax_vm *d)
{
	u64 offset, sum[2] = {};
	int i;

	dax_step("ioctl(FIFREEZE)");
	dax_assert_syscall(!ioctl(d->fd, FIFREEZE, 0), "ioctl(FIFREEZE)");
	for (i = 0; i < 2; i++) {
		for (offset = 0; offset < d->pages.size; offset += d->pages.stride)
			sum[i] += READ_ONCE(*(u64 *)(d->mem + offset));
		usleep(20000);
	}
	dax_step("ioctl(FITHAW)");
	dax_assert_syscall(!ioctl(d->fd, FITHAW, 0), "ioctl(FITHAW)");
	TEST_ASSERT(sum[0] == sum[1], "%lu writes to a frozen file system", sum[1] - sum[0]);
}

static void test_freeze(struct dax_vm *d)
{
	dax_require(getenv("KVM_DAX_FREEZE"),
		    "freezes the whole file system, which must be allowed by KVM_DAX_FREEZE=1");
	check_writes(d, freeze_and_thaw);
}

/*
 * Prove that KVM keeps no reference to a page that it got for a fault and did
 * not map, see mmu_invalidate_retry() and its callers: zap until this was seen
 * often enough.
 */
static void test_retry(struct dax_vm *d)
{
	u64 nr;

	dax_vcpus_create(d, DAX_VCPUS_READ);
	nr = dax_vcpus_nr_retries();
	dax_host_access(d, DAX_WRITE, 1);
	dax_count_refs(d, d->mem);
	dax_vcpus_start(d);
	dax_vcpus_pass(d);
	while (dax_vcpus_nr_retries() < nr + NR_RETRIES)
		dax_zap(d);
	end_of_test(d, 1);
}

/* Same, but each fault is one on a hole that was just punched. */
static void test_retry_punch(struct dax_vm *d)
{
	u64 nr;

	dax_vcpus_create(d, DAX_VCPUS_ADD);
	nr = dax_vcpus_nr_retries();
	dax_host_access(d, DAX_WRITE, 1);
	dax_vcpus_start(d);
	dax_vcpus_pass(d);
	while (dax_vcpus_nr_retries() < nr + NR_RETRIES) {
		dax_step("fallocate(PUNCH_HOLE)");
		dax_assert_syscall(!fallocate(d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					      d->file_offset, d->mem_size), "fallocate()");
	}
	dax_vcpus_stop(d);
	dax_host_access(d, DAX_WRITE, 1);
	dax_punch_hole(d);
}

static const struct dax_test_case cases[] = {
	{ "hole is punched and filled", test_punch, FSDAX },
	{ "file is truncated and extended", test_truncate, FSDAX },
	{ "mapping is unmapped and replaced", test_munmap, ANY_DAX },
	{ "mapping is moved and replaced", test_mremap, ANY_DAX },
	{ "no write is lost by MADV_DONTNEED", test_madvise, ANY_DAX },
	{ "no write is lost by fsync", test_fsync, FSDAX },
	{ "no write is lost by fsync, file offset off by a page", test_fsync, FSDAX, 1 },
	{ "no write arrives in a frozen file system", test_freeze, FSDAX },
	{ "no reference kept by faults that are retried", test_retry, ANY_DAX },
	{ "no reference kept by faults that race with PUNCH_HOLE", test_retry_punch, FSDAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
