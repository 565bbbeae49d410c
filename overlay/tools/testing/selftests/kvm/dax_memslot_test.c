// SPDX-License-Identifier: GPL-2.0
/*
 * KVM memslots on DAX memory
 *
 * Prove that guest and host see the same data in a memslot on DAX memory, that
 * KVM maps it with the host's page size, and that KVM keeps no page reference.
 *
 * The host must provide a directory on a DAX mount (-f or KVM_DAX_DIR) and/or
 * device-dax instances (-d or KVM_DAX_DEVS), else the test skips.  A directory
 * gets an unnamed file, the contents of a device are OVERWRITTEN.
 */
#include <linux/falloc.h>
#include <linux/sizes.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "kvm_util.h"
#include "test_util.h"
#include "ucall_common.h"

#define TEST_SLOT	10
#define TEST_GPA	SZ_4G	/* 1 GiB aligned, above the library's memory */
#define TEST_SIZE	SZ_64M	/* many huge leaves */
#define TEST_SIZE_4K	SZ_8M	/* each 4 KiB leaf costs a fault */
#define DEFAULT_TIMEOUT	20
#define MAX_BACKINGS	8

enum backing_kind {
	FSDAX		= 1,
	DEVDAX_HUGE	= 2,
	DEVDAX_4K	= 4,
	DEVDAX		= DEVDAX_HUGE | DEVDAX_4K,
	ANY		= FSDAX | DEVDAX,
};

struct backing {
	enum backing_kind kind;
	const char *path;
	const char *skip;
	const char *name;
	u64 align;
};

/* What guest or host access: one word every @stride bytes. */
enum op { READ, WRITE };

struct pages {
	u64 gpa;
	u64 size;
	u64 stride;
	u64 seed;
	u64 op;
};

struct dax_vm {
	const struct backing *b;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct pages pages;
	off_t file_offset;
	u64 mem_size;
	void *mem;
	int fd;
};

/* Written by the child that runs a case, read by the parent that watches it. */
static struct progress {
	const char *step;
	char skip[128];
} *progress;

static struct pages guest_pages;

static void step(const char *what)
{
	/* TEST_ASSERT() prints errno: not one that is left from another step. */
	errno = 0;
	WRITE_ONCE(progress->step, what);
}

#define case_require(cond, fmt, ...)							\
do {											\
	if (!(cond)) {									\
		snprintf(progress->skip, sizeof(progress->skip), fmt, ##__VA_ARGS__);	\
		exit(KSFT_SKIP);							\
	}										\
} while (0)

#define assert_syscall(cond, name)	TEST_ASSERT(cond, __KVM_SYSCALL_ERROR(name, -1))

/* Unique for each page and pass; seed 0 stands for the zeroes of a hole. */
static u64 page_value(u64 gpa, u64 seed)
{
	return seed ? gpa + seed : 0;
}

/* Runs in guest and host.  Returns the GPA of the first wrong word, or 0. */
static u64 access_pages(u64 base, struct pages p, u64 *got)
{
	u64 offset, want;

	for (offset = 0; offset < p.size; offset += p.stride) {
		want = page_value(p.gpa + offset, p.seed);
		if (p.op == WRITE) {
			WRITE_ONCE(*(u64 *)(base + offset), want);
			continue;
		}

		*got = READ_ONCE(*(u64 *)(base + offset));
		if (*got != want)
			return p.gpa + offset;
	}
	return 0;
}

static void guest_code(void)
{
	u64 bad, got = 0;

	for (;;) {
		bad = access_pages(guest_pages.gpa, READ_ONCE(guest_pages), &got);
		GUEST_SYNC_ARGS(0, bad, got, 0, 0);
	}
}

static void guest_access(struct dax_vm *d, enum op op, u64 seed)
{
	struct ucall uc;

	d->pages.op = op;
	d->pages.seed = seed;
	guest_pages = d->pages;
	sync_global_to_guest(d->vm, guest_pages);

	step("KVM_RUN");
	vcpu_run(d->vcpu);
	step("guest access");
	TEST_ASSERT(get_ucall(d->vcpu, &uc) == UCALL_SYNC, "Wanted UCALL_SYNC, got exit %u (%s)",
		    d->vcpu->run->exit_reason, exit_reason_str(d->vcpu->run->exit_reason));
	TEST_ASSERT(!uc.args[2], "Guest, GPA 0x%lx: wanted 0x%lx, got 0x%lx",
		    uc.args[2], page_value(uc.args[2], seed), uc.args[3]);
}

/* Check the file as well, as pread() doesn't use the mapping. */
static void host_access(struct dax_vm *d, enum op op, u64 seed)
{
	struct pages *p = &d->pages;
	u64 bad, offset, want, got = 0;

	p->op = op;
	p->seed = seed;
	step("host access");
	bad = access_pages((u64)d->mem, *p, &got);
	TEST_ASSERT(!bad, "Host, GPA 0x%lx: wanted 0x%lx, got 0x%lx",
		    bad, page_value(bad, seed), got);

	for (offset = 0; d->b->kind == FSDAX && offset < p->size; offset += p->stride) {
		want = page_value(p->gpa + offset, seed);
		assert_syscall(pread(d->fd, &got, sizeof(got), d->file_offset + offset) ==
			       sizeof(got), "pread()");
		TEST_ASSERT(got == want, "File offset 0x%lx: wanted 0x%lx, got 0x%lx",
			    offset, want, got);
	}
}

static void dax_open(struct dax_vm *d)
{
	int flags = d->b->kind == FSDAX ? O_TMPFILE | O_EXCL : 0;

	step("open()");
	d->fd = open(d->b->path, O_RDWR | flags, 0600);
	assert_syscall(d->fd >= 0, "open()");
	if (d->b->kind == FSDAX) {
		assert_syscall(!ftruncate(d->fd, d->file_offset + d->mem_size), "ftruncate()");
		/* Make the blocks of the previous case's file available. */
		step("fsync()");
		assert_syscall(!fsync(d->fd), "fsync()");
	}
}

/*
 * Map at an address that allows huge mappings, whatever the default one is; if
 * the backing allows none, it alone must be the reason.
 */
static void dax_map(struct dax_vm *d)
{
	u64 align = max_t(u64, d->b->align, SZ_2M);
	void *mem;

	step("mmap()");
	mem = mmap(NULL, d->mem_size + align, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_syscall(mem != MAP_FAILED, "mmap()");
	d->mem = mmap(align_ptr_up(mem, align), d->mem_size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_FIXED, d->fd, d->file_offset);
	assert_syscall(d->mem != MAP_FAILED, "mmap()");
}

static void dax_vm_create(struct dax_vm *d)
{
	struct pages *p = &d->pages;
	u64 offset;

	step("create VM");
	d->vm = __vm_create_with_one_vcpu(&d->vcpu, p->size / getpagesize(), guest_code);
	step("add memslot");
	vm_set_user_memory_region(d->vm, TEST_SLOT, 0, p->gpa, p->size, d->mem);
	for (offset = 0; offset < p->size; offset += p->stride)
		virt_map(d->vm, p->gpa + offset, p->gpa + offset, 1);
}

/* vm_get_stat() can't tell that the architecture lacks a statistic. */
static u64 get_stat(struct kvm_vm *vm, const char *name)
{
	struct kvm_stats_desc *descs, *desc;
	struct kvm_stats_header header;
	bool found = false;
	u64 data = 0;
	int fd, i;

	fd = vm_get_stats_fd(vm);
	read_stats_header(fd, &header);
	descs = read_stats_descriptors(fd, &header);
	for (i = 0; i < header.num_desc && !found; i++) {
		desc = get_stats_descriptor(descs, i, &header);
		found = !strcmp(desc->name, name);
		if (found)
			read_stat_data(fd, &header, desc, &data, 1);
	}
	case_require(found, "KVM has no statistic %s", name);
	free(descs);
	close(fd);
	return data;
}

/*
 * Count the leaves of a third pass.  The first maps the guest's stack and page
 * tables, the second also its code that runs after the ucall.  MADV_DONTNEED
 * then zaps the leaves of the memslot alone, and keeps the data, as the mapping
 * is shared.
 */
static void check_leaves(struct dax_vm *d, u64 want_4k, u64 want_2m, u64 want_1g)
{
	u64 nr_4k, nr_2m, nr_1g;

	dax_vm_create(d);
	guest_access(d, WRITE, 1);
	guest_access(d, READ, 1);
	step("madvise(MADV_DONTNEED)");
	assert_syscall(!madvise(d->mem, d->mem_size, MADV_DONTNEED), "madvise()");

	step("count leaves");
	nr_4k = get_stat(d->vm, "pages_4k");
	nr_2m = get_stat(d->vm, "pages_2m");
	nr_1g = get_stat(d->vm, "pages_1g");
	guest_access(d, WRITE, 2);
	step("count leaves");
	nr_4k = get_stat(d->vm, "pages_4k") - nr_4k;
	nr_2m = get_stat(d->vm, "pages_2m") - nr_2m;
	nr_1g = get_stat(d->vm, "pages_1g") - nr_1g;

	TEST_ASSERT(nr_4k == want_4k && nr_2m == want_2m && nr_1g == want_1g,
		    "New leaves of 4K/2M/1G: wanted %ld/%ld/%ld, got %ld/%ld/%ld",
		    want_4k, want_2m, want_1g, nr_4k, nr_2m, nr_1g);
	host_access(d, READ, 2);
}

/*
 * A file system punches a hole only once each page of a mapped DAX file is
 * idle, see dax_layout_busy_page() and its callers, e.g. ext4_break_layouts().
 * A leaked reference blocks fallocate() until a signal arrives.
 */
static void punch_hole(struct dax_vm *d)
{
	struct stat st = {};

	assert_syscall(!fstat(d->fd, &st), "fstat()");
	TEST_ASSERT(st.st_blocks * 512 >= d->pages.size, "Wanted %lu bytes allocated, got %lu",
		    d->pages.size, st.st_blocks * 512);
	step("fallocate(PUNCH_HOLE)");
	assert_syscall(!fallocate(d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				  0, d->pages.size), "fallocate()");
}

/* Prove that what the other cases rely on works without KVM. */
static void test_no_kvm(struct dax_vm *d)
{
	host_access(d, WRITE, 1);
	punch_hole(d);
	host_access(d, READ, 0);
}

/*
 * Prove that each guest write reaches the backing, at its offset.  A device
 * may hold the wanted values from an earlier run; a file is new, and its blocks
 * are to be allocated by the guest.
 */
static void test_guest_writes(struct dax_vm *d)
{
	if (d->b->kind != FSDAX)
		host_access(d, WRITE, 4);
	dax_vm_create(d);
	guest_access(d, WRITE, 1);
	host_access(d, READ, 1);
}

/* Prove that the guest sees host writes, also to pages that KVM has mapped. */
static void test_host_writes(struct dax_vm *d)
{
	dax_vm_create(d);
	host_access(d, WRITE, 1);
	guest_access(d, READ, 1);
	host_access(d, WRITE, 2);
	guest_access(d, READ, 2);
}

/* Returns "" if there is no such file. */
static const char *read_sysfs(const char *dir, const char *name)
{
	static char buf[32];
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	len = read(fd, buf, sizeof(buf) - 1);
	buf[max_t(ssize_t, len, 0)] = '\0';
	close(fd);
	return buf;
}

static u64 nr_faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt + ru.ru_majflt;
}

/*
 * Have the host map all pages, and skip if a file has no huge mappings: extents
 * that allow them are the file system's choice.  One 2 MiB range without costs
 * 512 faults.
 */
static void require_huge_mappings(struct dax_vm *d)
{
	u64 nr = nr_faults();

	host_access(d, WRITE, 3);
	nr = nr_faults() - nr;
	case_require(d->b->kind != FSDAX || nr < d->pages.size / d->b->align + 511,
		     "no huge extents, %lu host faults for %lu MiB", nr, d->pages.size / SZ_1M);
}

/*
 * Prove that leaves are as large as the host's mappings, see x86's
 * host_pfn_mapping_level().
 */
static void test_huge_leaves(struct dax_vm *d)
{
	u64 nr_leaves = d->mem_size / d->b->align;

	case_require(*read_sysfs("/sys/module/kvm_intel/parameters", "ept") != 'N' &&
		     *read_sysfs("/sys/module/kvm_amd/parameters", "npt") != 'N',
		     "shadow pages are never larger than the guest's");

	/* A guest mapping of each page would need 262144 PTEs, one in 512 will do. */
	d->pages.size = d->mem_size;
	if (d->b->align == SZ_1G)
		d->pages.stride = SZ_2M;

	require_huge_mappings(d);
	check_leaves(d, 0, d->b->align == SZ_2M ? nr_leaves : 0,
		     d->b->align == SZ_1G ? nr_leaves : 0);
}

/*
 * Prove that no leaf is larger than the host's mapping where guest and host
 * address would allow it, but the file offset (see
 * dax_fault_check_fallback()) or the device's alignment does not.
 */
static void test_host_4k(struct dax_vm *d)
{
	d->pages.size = TEST_SIZE_4K;
	check_leaves(d, TEST_SIZE_4K / SZ_4K, 0, 0);
}

/*
 * Prove that no leaf is huge where guest and host address differ modulo its
 * size, see x86's kvm_alloc_memslot_metadata(): it would map wrong memory.
 */
static void test_guest_offset(struct dax_vm *d)
{
	d->pages.gpa += SZ_4K;
	d->pages.size = TEST_SIZE_4K;
	if (d->b->kind != DEVDAX_4K)
		require_huge_mappings(d);
	check_leaves(d, TEST_SIZE_4K / SZ_4K, 0, 0);
}

/*
 * Prove that KVM puts each page reference that it got for the guest while the
 * VM is open, and that the guest no longer sees pages that left the file.
 *
 * There is no such case for device-dax.  Since v5.18, 27674ef6c73f ("mm: remove
 * the extra ZONE_DEVICE struct page refcount"), nothing waits for references to
 * its pages: a leak has no effect that a test could wait for.
 */
static void test_punch_after_write(struct dax_vm *d)
{
	dax_vm_create(d);
	guest_access(d, WRITE, 1);
	punch_hole(d);
	guest_access(d, READ, 0);
	host_access(d, READ, 0);
}

/* Same for pages that the guest only read; the host allocates them. */
static void test_punch_after_read(struct dax_vm *d)
{
	host_access(d, WRITE, 1);
	dax_vm_create(d);
	guest_access(d, READ, 1);
	punch_hole(d);
	guest_access(d, READ, 0);
	host_access(d, READ, 0);
}

static void remove_memslot(struct dax_vm *d)
{
	test_guest_writes(d);
	step("remove memslot");
	vm_set_user_memory_region(d->vm, TEST_SLOT, 0, d->pages.gpa, 0, d->mem);
}

/* Same for a memslot that is gone while the VM is open. */
static void test_punch_after_removal(struct dax_vm *d)
{
	remove_memslot(d);
	host_access(d, READ, 1);
	punch_hole(d);
	host_access(d, READ, 0);
}

/* Same for a VM that is gone, and that its end keeps the data. */
static void test_teardown(struct dax_vm *d)
{
	remove_memslot(d);
	step("close VM");
	kvm_vm_free(d->vm);
	step("munmap()");
	assert_syscall(!munmap(d->mem, d->mem_size), "munmap()");

	if (d->b->kind != FSDAX) {
		step("close()");
		assert_syscall(!close(d->fd), "close()");
		dax_open(d);
	}

	/* dax_layout_busy_page() finds no reference in a file that isn't mapped. */
	dax_map(d);
	host_access(d, READ, 1);
	if (d->b->kind == FSDAX) {
		punch_hole(d);
		host_access(d, READ, 0);
	}
}

static const struct test_case {
	const char *name;
	void (*fn)(struct dax_vm *d);
	enum backing_kind kinds;
	off_t file_offset;
} test_cases[] = {
	/* First, as the file system may reuse blocks whose pages KVM leaked. */
	{ "hole is punched without KVM", test_no_kvm, FSDAX },
	{ "guest writes, host reads", test_guest_writes, ANY },
	{ "host writes, guest reads", test_host_writes, ANY },
	{ "huge leaves where the host has them", test_huge_leaves, FSDAX | DEVDAX_HUGE },
	{ "4 KiB leaves, file offset off by 4 KiB", test_host_4k, FSDAX, SZ_4K },
	{ "4 KiB leaves, device aligned to 4 KiB", test_host_4k, DEVDAX_4K },
	{ "4 KiB leaves, guest address off by 4 KiB", test_guest_offset, ANY },
	{ "no reference kept after guest writes", test_punch_after_write, FSDAX },
	{ "no reference kept after guest reads", test_punch_after_read, FSDAX },
	{ "no reference kept after memslot removal", test_punch_after_removal, FSDAX },
	{ "no reference kept after teardown", test_teardown, FSDAX },
	{ "data intact after teardown", test_teardown, DEVDAX },
};

/*
 * Keep no inherited descriptor, e.g. of the kselftest runner: a child that is
 * stuck in the kernel must not delay anyone's EOF.
 */
static void run_child(const struct backing *b, const struct test_case *tc, int log)
{
	struct dax_vm d = {
		.b = b,
		.file_offset = tc->file_offset,
		.mem_size = max_t(u64, TEST_SIZE, b->align),
		.pages = { TEST_GPA, TEST_SIZE, getpagesize() },
	};
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(0);
	if (open("/dev/null", O_RDONLY) || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(KSFT_FAIL);
	for (fd = 3; fd < min(getdtablesize(), 1024); fd++)
		close(fd);

	dax_open(&d);
	dax_map(&d);
	tc->fn(&d);
	exit(KSFT_PASS);
}

static bool wait_for_child(pid_t pid, int *status, int seconds)
{
	int i;

	for (i = 0; i < seconds * 100; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

static void run_case(const struct backing *b, const struct test_case *tc, int timeout)
{
	int log, status = 0;
	char line[512];
	FILE *file;
	pid_t pid;

	if (b->skip) {
		ksft_print_msg("%s: %s: %s\n", b->name, tc->name, b->skip);
		ksft_test_result_skip("%s: %s\n", b->name, tc->name);
		return;
	}

	/* Not to be shared with a child that an earlier case left behind. */
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_syscall(progress != MAP_FAILED, "mmap()");

	log = memfd_create("log", 0);
	file = fdopen(log, "r");
	assert_syscall(file, "memfd_create()");
	pid = fork();
	assert_syscall(pid >= 0, "fork()");
	if (!pid)
		run_child(b, tc, log);

	if (!wait_for_child(pid, &status, timeout)) {
		ksft_print_msg("%s: %s: no return from %s within %d s\n",
			       b->name, tc->name, READ_ONCE(progress->step), timeout);
		kill(pid, SIGKILL);
		/* Go on without a child that sleeps uninterruptibly. */
		if (!wait_for_child(pid, &status, 2))
			ksft_print_msg("pid %d survives SIGKILL\n", pid);
		status = -1;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP && progress->skip[0]) {
		ksft_print_msg("%s: %s: %s\n", b->name, tc->name, progress->skip);
		ksft_test_result_skip("%s: %s\n", b->name, tc->name);
		status = 0;
	} else if (!status) {
		ksft_test_result_pass("%s: %s\n", b->name, tc->name);
	} else {
		ksft_print_msg("%s: %s: failed in %s, wait status 0x%x\n",
			       b->name, tc->name, progress->step, status);
	}

	if (status) {
		rewind(file);
		while (fgets(line, sizeof(line), file))
			ksft_print_msg("%s%s", line, strchr(line, '\n') ? "" : "\n");
		ksft_test_result_fail("%s: %s\n", b->name, tc->name);
	}
	fclose(file);
	munmap(progress, sizeof(*progress));
}

static void probe_fsdax(struct backing *b, const char *dir)
{
	int fd = open(dir, O_RDWR | O_TMPFILE | O_EXCL, 0600);
	struct statx stx = {};

	*b = (struct backing) { FSDAX, dir, NULL, "fsdax", SZ_2M };
	if (fd < 0)
		b->skip = "can't create an unnamed file in the directory";
	else if (statx(fd, "", AT_EMPTY_PATH, 0, &stx) || !(stx.stx_attributes & STATX_ATTR_DAX))
		b->skip = "files in the directory are not DAX, is it mounted with -o dax?";
	close(fd);
}

/* Ask sysfs what the device is: never open, let alone write to, another one. */
static void probe_devdax(struct backing *b, const char *dev)
{
	char dir[32], path[64], subsys[256] = "";
	struct stat st = {};

	*b = (struct backing) { DEVDAX_HUGE, dev, "not a device-dax", "devdax" };
	if (stat(dev, &st) || !S_ISCHR(st.st_mode))
		return;
	snprintf(dir, sizeof(dir), "/sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	snprintf(path, sizeof(path), "%s/subsystem", dir);
	if (readlink(path, subsys, sizeof(subsys) - 1) < 0 || strcmp(basename(subsys), "dax"))
		return;

	b->align = strtoul(read_sysfs(dir, "align"), NULL, 0);
	b->skip = NULL;
	if (b->align != SZ_4K && b->align != SZ_2M && b->align != SZ_1G)
		b->skip = "alignment is none of 4 KiB, 2 MiB, 1 GiB";
	else if (strtoul(read_sysfs(dir, "size"), NULL, 0) < max_t(u64, TEST_SIZE, b->align))
		b->skip = "device is too small";
	if (b->align == SZ_4K)
		b->kind = DEVDAX_4K;
	b->name = b->align == SZ_1G ? "devdax-1G" :
		  b->align == SZ_2M ? "devdax-2M" : "devdax-4K";
}

static int probe_devdaxes(struct backing *backings, int nr, char *devs)
{
	char *dev;

	for (dev = strtok(devs, ","); dev && nr < MAX_BACKINGS; dev = strtok(NULL, ","))
		probe_devdax(&backings[nr++], dev);
	TEST_ASSERT(!dev, "More than %d backings", MAX_BACKINGS);
	return nr;
}

static void help(const char *name)
{
	printf("usage: %s [-h] [-f dir] [-d dev[,dev]...] [-t seconds]\n"
	       " -f: directory on a DAX mount, gets an unnamed file (default: $KVM_DAX_DIR)\n"
	       " -d: device-dax, OVERWRITTEN, repeatable (default: $KVM_DAX_DEVS)\n"
	       " -t: time limit for each case (default: %d)\n", name, DEFAULT_TIMEOUT);
}

int main(int argc, char *argv[])
{
	struct backing backings[MAX_BACKINGS], *b;
	int i, opt, plan = 0, nr = 0;
	int timeout = DEFAULT_TIMEOUT;

	while ((opt = getopt(argc, argv, "d:f:ht:")) != -1) {
		switch (opt) {
		case 'd':
			nr = probe_devdaxes(backings, nr, optarg);
			break;
		case 'f':
			TEST_ASSERT(nr < MAX_BACKINGS, "More than %d backings", MAX_BACKINGS);
			probe_fsdax(&backings[nr++], optarg);
			break;
		case 't':
			timeout = atoi(optarg);
			break;
		default:
			help(argv[0]);
			exit(opt == 'h' ? KSFT_PASS : KSFT_FAIL);
		}
	}
	if (!nr) {
		if (getenv("KVM_DAX_DIR"))
			probe_fsdax(&backings[nr++], getenv("KVM_DAX_DIR"));
		if (getenv("KVM_DAX_DEVS"))
			nr = probe_devdaxes(backings, nr, getenv("KVM_DAX_DEVS"));
	}

	ksft_print_header();
	__TEST_REQUIRE(nr, "No DAX memory named, see -h");
	close(open_kvm_dev_path_or_exit());

	for (b = backings; b < backings + nr; b++)
		for (i = 0; i < ARRAY_SIZE(test_cases); i++)
			plan += !!(test_cases[i].kinds & b->kind);
	ksft_set_plan(plan);

	for (b = backings; b < backings + nr; b++)
		for (i = 0; i < ARRAY_SIZE(test_cases); i++)
			if (test_cases[i].kinds & b->kind)
				run_case(b, &test_cases[i], timeout);

	/* Nothing but skips is no success. */
	if (ksft_get_xskip_cnt() == plan) {
		ksft_print_cnts();
		exit(KSFT_SKIP);
	}
	ksft_finished();
}
