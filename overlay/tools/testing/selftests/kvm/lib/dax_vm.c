// SPDX-License-Identifier: GPL-2.0
/*
 * Memory and VMs for tests on DAX: open and map, access from guest and host,
 * what KVM and the file system tell about its state
 */
#include <linux/falloc.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "dax_test.h"
#include "page_ref.h"

#define CODE_OFFSET	sizeof(u64)	/* behind the word that is read and written */

static struct dax_pages guest_pages;

/* Unique for each page and pass; seed 0 stands for the zeroes of a hole. */
u64 dax_page_value(u64 gpa, u64 seed)
{
	return seed ? gpa + seed : 0;
}

/*
 * An irregular choice of about one page in sixteen, for each value of @choice
 * another one that overlaps with the others; 0 stands for all pages.  The guest
 * does not know how large a page of the host is, and need not.
 */
bool dax_chosen(u64 offset, u64 choice)
{
	u64 hash = offset / SZ_4K * 2654435761u * (2 * choice + 1);

	return !choice || (hash >> 16) % 16 == 0;
}

/* Runs in guest and host.  Returns the GPA of the first wrong word, or 0. */
static u64 access_pages(u64 base, struct dax_pages p, u64 *got)
{
	u64 offset, want;

	for (offset = 0; offset < p.size; offset += p.stride) {
		if (!dax_chosen(offset, p.choice))
			continue;

		if (p.op == DAX_EXECUTE) {
			((void (*)(void))(base + offset + CODE_OFFSET))();
			continue;
		}

		want = dax_page_value(p.gpa + offset, p.seed);
		if (p.op == DAX_WRITE) {
			WRITE_ONCE(*(u64 *)(base + offset), want);
			continue;
		}

		*got = READ_ONCE(*(u64 *)(base + offset));
		if (*got != want)
			return p.gpa + offset;
	}
	return 0;
}

void dax_guest_code(void)
{
	u64 bad, got = 0;

	for (;;) {
		bad = access_pages(guest_pages.gpa, READ_ONCE(guest_pages), &got);
		GUEST_SYNC_ARGS(0, bad, got, 0, 0);
	}
}

/* Run the guest up to its next GUEST_SYNC_ARGS(). */
void dax_vcpu_run(struct dax_vm *d, struct ucall *uc)
{
	struct kvm_run *run = d->vcpu->run;

	dax_step("KVM_RUN");
	vcpu_run(d->vcpu);
	dax_step("guest's ucall");
	TEST_ASSERT(run->exit_reason != KVM_EXIT_INTERNAL_ERROR, "KVM's internal error %u",
		    run->internal.suberror);
	TEST_ASSERT(get_ucall(d->vcpu, uc) == UCALL_SYNC, "Wanted UCALL_SYNC, got exit %u (%s)",
		    run->exit_reason, exit_reason_str(run->exit_reason));
}

/* Tell dax_guest_code() what to do when the vCPU runs next. */
void dax_guest_prepare(struct dax_vm *d, enum dax_op op, u64 seed)
{
	d->pages.op = op;
	d->pages.seed = seed;
	guest_pages = d->pages;
	sync_global_to_guest(d->vm, guest_pages);
}

/* Run the guest until it has done that, and assert that it read what it wanted. */
void dax_guest_finish(struct dax_vm *d)
{
	struct ucall uc;

	dax_vcpu_run(d, &uc);
	TEST_ASSERT(!uc.args[2], "Guest, GPA 0x%lx: wanted 0x%lx, got 0x%lx",
		    uc.args[2], dax_page_value(uc.args[2], d->pages.seed), uc.args[3]);
}

void dax_guest_access(struct dax_vm *d, enum dax_op op, u64 seed)
{
	dax_guest_prepare(d, op, seed);
	dax_guest_finish(d);
}

/* Check the file as well, as pread() doesn't use the mapping. */
void dax_host_access(struct dax_vm *d, enum dax_op op, u64 seed)
{
	struct dax_pages *p = &d->pages;
	u64 bad, offset, want, got = 0;

	p->op = op;
	p->seed = seed;
	dax_step("host access");
	bad = access_pages((u64)d->mem, *p, &got);
	TEST_ASSERT(!bad, "Host, GPA 0x%lx: wanted 0x%lx, got 0x%lx",
		    bad, dax_page_value(bad, seed), got);

	for (offset = 0; d->b->kind == FSDAX && offset < p->size; offset += p->stride) {
		want = dax_page_value(p->gpa + offset, seed);
		dax_assert_syscall(pread(d->fd, &got, sizeof(got), d->file_offset + offset) ==
				   sizeof(got), "pread()");
		TEST_ASSERT(got == want, "File offset 0x%lx: wanted 0x%lx, got 0x%lx",
			    offset, want, got);
	}
}

/* Have the host write a function into each page that returns at once. */
void dax_write_code(struct dax_vm *d)
{
#if defined(__x86_64__)
	const u32 code = 0xc3;
#elif defined(__aarch64__)
	const u32 code = 0xd65f03c0;
#elif defined(__riscv)
	const u32 code = 0x00008067;
#else
	const u32 code = 0;
#endif
	u64 offset;

	dax_require(code, "the test knows no code of this architecture");
	dax_step("host access");
	for (offset = 0; offset < d->pages.size; offset += d->pages.stride)
		WRITE_ONCE(*(u32 *)(d->mem + offset + CODE_OFFSET), code);
}

void dax_open(struct dax_vm *d)
{
	int flags = d->b->kind == FSDAX ? O_TMPFILE | O_EXCL : 0;

	dax_step("open()");
	d->fd = open(d->b->path, O_RDWR | flags, 0600);
	dax_assert_syscall(d->fd >= 0, "open()");
	if (d->b->kind == FSDAX) {
		dax_assert_syscall(!ftruncate(d->fd, d->file_offset + d->mem_size), "ftruncate()");
		/* Make the blocks of the previous case's file available. */
		dax_step("fsync()");
		dax_assert_syscall(!fsync(d->fd), "fsync()");
	}
}

/* If the backing allows no huge mappings, it alone must be the reason. */
void dax_map(struct dax_vm *d)
{
	dax_step("mmap()");
	d->mem = dax_mmap(d->fd, d->mem_size, d->file_offset,
			  max_t(u64, d->b->align, dax_pmd_size()));
}

/* Zap the mappings of host and guest; the data stays, as the mapping is shared. */
void dax_zap(struct dax_vm *d)
{
	dax_step("madvise(MADV_DONTNEED)");
	dax_assert_syscall(!madvise(d->mem, d->mem_size, MADV_DONTNEED), "madvise()");
}

/* Zap, and have the host map all pages again: KVM prefetches such pages alone. */
void dax_remap(struct dax_vm *d)
{
	u64 offset, *word;

	dax_zap(d);
	dax_step("host access");
	for (offset = 0; offset < d->pages.size; offset += d->pages.stride) {
		word = d->mem + offset;
		WRITE_ONCE(*word, READ_ONCE(*word));
	}
}

/*
 * A file system punches a hole only once each page of a mapped DAX file is
 * idle, see dax_layout_busy_page() and its callers, e.g. ext4_break_layouts().
 * A leaked reference blocks fallocate() until a signal arrives.
 */
void dax_punch_hole(struct dax_vm *d)
{
	u64 min = d->pages.size / d->pages.stride * getpagesize();
	struct stat st = {};

	dax_assert_syscall(!fstat(d->fd, &st), "fstat()");
	TEST_ASSERT(st.st_blocks * 512 >= min, "Wanted %lu bytes allocated, got %lu",
		    min, st.st_blocks * 512);
	dax_step("fallocate(PUNCH_HOLE)");
	dax_assert_syscall(!fallocate(d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				      d->file_offset, d->pages.size), "fallocate()");
}

/*
 * Count references from now on: to the page at @addr of a file, or to all pages
 * of a device-dax, as a huge page may be a compound page, and pagemap tells no
 * pfn of a 1 GiB page.  The host must map @addr now and at the end, as in newer
 * kernels the mapping holds a reference.
 */
void dax_count_refs(struct dax_vm *d, void *addr)
{
	dax_step("page_ref events");
	if (page_ref_missing())
		return;
	if (d->b->kind == FSDAX) {
		page_ref_start(addr);
		return;
	}
	TEST_ASSERT(d->b->resource, "The device does not tell its physical address");
	page_ref_start_range(d->b->resource / getpagesize(), d->mem_size / getpagesize());
}

/*
 * Prove that as many were put as were got, with @min_nr of both at least.  Skips
 * if they can't be counted here.
 */
void dax_assert_balance(struct dax_vm *d, long min_nr)
{
	struct page_ref ref;

	dax_step("page_ref events");
	dax_require(!page_ref_missing(), "%s", page_ref_missing());
	ref = page_ref_stop();
	TEST_ASSERT(!ref.balance, "%ld page references kept, after %ld gets and puts",
		    ref.balance, ref.nr);
	TEST_ASSERT(ref.nr >= min_nr, "Wanted %ld gets and puts at least, got %ld",
		    min_nr, ref.nr);
}

/*
 * Same, but for a file prove in any case that none of its pages is held.  To be
 * called at the end of a case, as that punches its data.
 */
void dax_assert_no_ref_kept(struct dax_vm *d, long min_nr)
{
	if (d->b->kind != FSDAX || !page_ref_missing())
		dax_assert_balance(d, min_nr);
	if (d->b->kind == FSDAX)
		dax_punch_hole(d);
}

/* Add the memslot; the guest's page tables map its memory identically. */
void dax_add_memslot(struct dax_vm *d)
{
	struct dax_pages *p = &d->pages;
	u64 offset;

	dax_set_memslot(d, 0, p->size);
	for (offset = 0; offset < p->size; offset += p->stride)
		virt_map(d->vm, p->gpa + offset, p->gpa + offset, 1);
}

void __dax_vm_create(struct dax_vm *d, void *guest_code)
{
	dax_step("create VM");
	/* Of the guest's own pages, which may be smaller than the host's. */
	d->vm = __vm_create_with_one_vcpu(&d->vcpu, d->pages.size / SZ_4K, guest_code);
	dax_add_memslot(d);
}

void dax_vm_create(struct dax_vm *d)
{
	__dax_vm_create(d, dax_guest_code);
}

/* Add the memslot, change its flags, or remove it (size 0). */
void dax_set_memslot(struct dax_vm *d, u32 flags, u64 size)
{
	dax_step("KVM_SET_USER_MEMORY_REGION");
	vm_set_user_memory_region(d->vm, DAX_SLOT, flags, d->pages.gpa, size, d->mem);
}

/* Returns whether the statistics at @fd include @name. */
bool dax_read_stat(int fd, const char *name, u64 *data)
{
	struct kvm_stats_desc *descs, *desc;
	struct kvm_stats_header header;
	bool found = false;
	int i;

	dax_assert_syscall(pread(fd, &header, sizeof(header), 0) == sizeof(header), "pread()");
	descs = read_stats_descriptors(fd, &header);
	for (i = 0; i < header.num_desc && !found; i++) {
		desc = get_stats_descriptor(descs, i, &header);
		found = !strcmp(desc->name, name);
		if (found)
			read_stat_data(fd, &header, desc, data, 1);
	}
	free(descs);
	return found;
}

/*
 * A statistic of the VM or its vCPU, which must not be in KVM_RUN; skips where
 * the architecture lacks it.
 */
u64 dax_get_stat(struct dax_vm *d, const char *name)
{
	int vm_fd = vm_get_stats_fd(d->vm), vcpu_fd = vcpu_get_stats_fd(d->vcpu);
	u64 data = 0;
	bool found;

	found = dax_read_stat(vm_fd, name, &data) || dax_read_stat(vcpu_fd, name, &data);
	close(vm_fd);
	close(vcpu_fd);
	dax_require(found, "KVM has no statistic %s", name);
	return data;
}

/*
 * KVM/arm64 has no statistic of leaves, but shows its page tables, see
 * PTDUMP_STAGE2_DEBUGFS: a line is a range that is mapped alike, with the level
 * behind its size, and an R if it is mapped at all.  Returns false if it does not.
 */
static bool read_stage2(struct dax_vm *d, struct dax_leaves *leaves)
{
	unsigned int level;
	char path[64], line[256];
	u64 start, end, pud_size = dax_pmd_size() * (getpagesize() / sizeof(u64));
	int attrs;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/stage2_page_tables",
		 getpid(), d->vm->fd);
	f = fopen(path, "r");
	if (!f)
		return false;

	*leaves = (struct dax_leaves) {};
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "0x%lx-0x%lx %*s %u%n", &start, &end, &level, &attrs) != 3 ||
		    !strchr(line + attrs, 'R'))
			continue;
		if (level == 3)
			leaves->nr_pte += (end - start) / getpagesize();
		else if (level == 2)
			leaves->nr_pmd += (end - start) / dax_pmd_size();
		else
			leaves->nr_pud += (end - start) / pud_size;
	}
	fclose(f);
	return true;
}

struct dax_leaves dax_get_leaves(struct dax_vm *d)
{
	struct dax_leaves leaves;

	dax_step("count leaves");
	if (read_stage2(d, &leaves))
		return leaves;
	return (struct dax_leaves) {
		.nr_pte = dax_get_stat(d, "pages_4k"),
		.nr_pmd = dax_get_stat(d, "pages_2m"),
		.nr_pud = dax_get_stat(d, "pages_1g"),
	};
}

/* Assert how the number of leaves of each size changed. */
void dax_assert_new_leaves(struct dax_vm *d, struct dax_leaves before, struct dax_leaves want)
{
	struct dax_leaves got = dax_get_leaves(d);

	got.nr_pte -= before.nr_pte;
	got.nr_pmd -= before.nr_pmd;
	got.nr_pud -= before.nr_pud;
	TEST_ASSERT(got.nr_pte == want.nr_pte && got.nr_pmd == want.nr_pmd &&
		    got.nr_pud == want.nr_pud,
		    "New leaves of PTEs/PMDs/PUDs: wanted %ld/%ld/%ld, got %ld/%ld/%ld",
		    want.nr_pte, want.nr_pmd, want.nr_pud, got.nr_pte, got.nr_pmd, got.nr_pud);
}

/* Shadow pages are never larger than the guest's. */
bool dax_has_tdp(void)
{
	return *dax_read_sysfs("/sys/module/kvm_intel/parameters", "ept") != 'N' &&
	       *dax_read_sysfs("/sys/module/kvm_amd/parameters", "npt") != 'N';
}

static u64 nr_faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt + ru.ru_majflt;
}

/*
 * ext4 allocates 4096 blocks at most for a fault, see DIO_MAX_BLOCKS, which is less
 * than a PMD maps where pages have 64 KiB: have the file written before.
 */
static void write_file(struct dax_vm *d)
{
	static char zeroes[SZ_1M];
	u64 offset;

	dax_step("write file");
	dax_assert_syscall(!fallocate(d->fd, 0, d->file_offset, d->pages.size), "fallocate()");
	for (offset = 0; offset < d->pages.size; offset += sizeof(zeroes))
		dax_assert_syscall(pwrite(d->fd, zeroes, sizeof(zeroes),
					  d->file_offset + offset) == sizeof(zeroes), "pwrite()");
}

/*
 * Have the host map all pages, and skip if a file has no huge mappings: extents
 * that allow them are the file system's choice.  One range without that a PMD
 * could map costs a fault for each page.
 */
void dax_require_huge_mappings(struct dax_vm *d)
{
	u64 nr, nr_pages = dax_pmd_size() / getpagesize();

	if (d->b->kind == FSDAX && nr_pages > 4096)
		write_file(d);
	nr = nr_faults();
	dax_host_access(d, DAX_WRITE, 3);
	nr = nr_faults() - nr;
	dax_require(d->b->kind != FSDAX || nr < d->pages.size / d->b->align + nr_pages - 1,
		    "no huge extents, %lu host faults for %lu MiB", nr, d->pages.size / SZ_1M);
}
