// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory that is gone, and guest memory that is late
 *
 * Memory that can't be had must end KVM_RUN with -EFAULT, whether or not KVM
 * could start an asynchronous page fault instead, and the guest must go on once
 * the memory is back.  Memory that is late must not end KVM_RUN, and must not
 * keep the guest from taking interrupts.
 *
 * Each case runs in a child, and what it mounts goes away with the child.  A
 * guest that faults for ever is told by the number of its page faults.
 */
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <linux/memfd.h>
#include <linux/sizes.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <asm/kvm_para.h>

#include "apic.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"

#define TEST_SLOT	10
#define TEST_GPA	SZ_1G
#define LIB_PAGES	(SZ_8M / SZ_4K)
#define EXIT_PORT	0x80

#define HOST_VECTOR	0x30
#define READY_VECTOR	0x31
#define PATTERN		0x6c617465

/* Of one KVM_RUN: where memory is gone, and in all. */
#define MAX_FAULTS_GONE	4
#define MAX_FAULTS	64
#define TIMEOUT		30

#define HUGEPAGES	"/sys/kernel/mm/hugepages/hugepages-2048kB/"

enum irqchip { WHOLE, SPLIT, USER_SPACE, NR_IRQCHIPS };

static const char * const irqchip_names[] = {
	[WHOLE]		= "irqchip in KVM",
	[SPLIT]		= "split irqchip",
	[USER_SPACE]	= "irqchip in user space",
};

/* Whether the guest takes interrupts, and is told of asynchronous page faults. */
enum mode { IRQS_OFF, IRQS_ON, TOLD, NR_MODES };

static const char * const mode_names[] = {
	[IRQS_OFF]	= "interrupts off",
	[IRQS_ON]	= "interrupts on",
	[TOLD]		= "guest is told",
};

#define assert_syscall(cond, name)	TEST_ASSERT(cond, __KVM_SYSCALL_ERROR(name, -1))

/* End the case as skipped, with a reason, unless @cond holds. */
#define require(cond, fmt, ...)					\
do {								\
	if (!(cond)) {						\
		ksft_print_msg(fmt "\n", ##__VA_ARGS__);	\
		exit(KSFT_SKIP);				\
	}							\
} while (0)

/* The memory of the case, in the child that runs it. */
static void *mem;
static size_t mem_size = SZ_4K;
static int mem_fd = -1;

/* Where a huge page can be mapped, if that is what it is. */
static void map_memory(int flags)
{
	unsigned long addr;

	mem = mmap(NULL, 2 * SZ_2M, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_syscall(mem != MAP_FAILED, "mmap()");
	addr = ((unsigned long)mem + SZ_2M - 1) & -SZ_2M;
	mem = mmap((void *)addr, mem_size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, mem_fd, 0);
	assert_syscall(mem != MAP_FAILED, "mmap()");
}

static void add_memory(struct kvm_vm *vm)
{
	vm_set_user_memory_region(vm, TEST_SLOT, 0, TEST_GPA, mem_size, mem);
	virt_map(vm, TEST_GPA, TEST_GPA, 1);
}

static u64 nr_faults(struct kvm_vcpu *vcpu)
{
	int i, fd = vcpu_get_stats_fd(vcpu);
	struct kvm_stats_desc *descs, *desc;
	struct kvm_stats_header header;
	bool found = false;
	u64 nr;

	read_stats_header(fd, &header);
	descs = read_stats_descriptors(fd, &header);
	for (i = 0; i < header.num_desc && !found; i++) {
		desc = get_stats_descriptor(descs, i, &header);
		found = !strcmp(desc->name, "pf_taken");
		if (found)
			read_stat_data(fd, &header, desc, &nr, 1);
	}
	free(descs);
	close(fd);
	TEST_ASSERT(found, "KVM does not count page faults");
	return nr;
}

static void timer_handler(int signal)
{
}

/* End KVM_RUN of the main thread each so often, to count faults; 0 for never. */
static int timer_ms = 500;

static void set_timer(int ms)
{
	struct itimerval timer = {
		.it_interval.tv_usec = ms * 1000,
		.it_value.tv_usec = ms * 1000,
	};

	signal(SIGALRM, timer_handler);
	assert_syscall(!setitimer(ITIMER_REAL, &timer, NULL), "setitimer()");
}

static void start_thread(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	TEST_ASSERT(!pthread_create(thread, NULL, fn, arg), "pthread_create()");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Returns 0 once the guest has come to guest_exit(), else the errno of KVM_RUN. */
static int run(struct kvm_vcpu *vcpu, u64 *nr)
{
	u64 before = nr_faults(vcpu);
	int err;

	set_timer(timer_ms);
	do {
		err = __vcpu_run(vcpu) ? errno : 0;
		*nr = nr_faults(vcpu) - before;
		TEST_ASSERT(*nr <= MAX_FAULTS, "KVM_RUN took %lu page faults", *nr);
	} while (err == EINTR);
	set_timer(0);

	TEST_ASSERT(err || (vcpu->run->exit_reason == KVM_EXIT_IO &&
			    vcpu->run->io.port == EXIT_PORT),
		    "Unexpected exit %u (%s)", vcpu->run->exit_reason,
		    exit_reason_str(vcpu->run->exit_reason));
	return err;
}

static void guest_exit(void)
{
	asm volatile("outb %%al, %0" : : "i"(EXIT_PORT) : "memory");
}

/* No interrupt is taken before the instruction behind STI has ended. */
static void guest_irqs_on(void)
{
	asm volatile("sti; nop" : : : "memory");
}

/*
 * A file system of one file, which is its root.  Its server keeps a reader
 * waiting, fails it, or answers at once.
 */
static enum { FUSE_PROMPT, FUSE_LATE, FUSE_BROKEN } fuse_mode;
static sem_t fuse_asked, fuse_may_answer;
static int fuse_fd;

static void fuse_answer(u64 unique, int error, const void *data, size_t len)
{
	struct {
		struct fuse_out_header out;
		char data[SZ_4K];
	} answer = {
		.out.len = sizeof(answer.out) + len,
		.out.error = error,
		.out.unique = unique,
	};

	memcpy(answer.data, data, len);
	assert_syscall(write(fuse_fd, &answer, answer.out.len) == answer.out.len, "write()");
}

static void fuse_answer_read(u64 unique)
{
	u64 page[SZ_4K / sizeof(u64)] = { PATTERN };

	switch (READ_ONCE(fuse_mode)) {
	case FUSE_BROKEN:
		fuse_answer(unique, -EIO, NULL, 0);
		return;
	case FUSE_LATE:
		sem_post(&fuse_asked);
		sem_wait(&fuse_may_answer);
		break;
	case FUSE_PROMPT:
		break;
	}
	fuse_answer(unique, 0, page, sizeof(page));
}

static void *fuse_server(void *unused)
{
	struct {
		struct fuse_in_header in;
		union {
			struct fuse_init_in init;
			char buf[FUSE_MIN_READ_BUFFER];
		};
	} request;
	/* A page that is read ahead is read in the background. */
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = SZ_4K,
		.flags = FUSE_ASYNC_READ,
	};
	struct fuse_attr_out attr = {
		.attr_valid = -1u,
		.attr = { .ino = FUSE_ROOT_ID, .nlink = 1, .mode = S_IFREG | 0600, .size = SZ_4K },
	};
	/* A flush at exit would wait for this thread. */
	struct fuse_open_out open = { .open_flags = FOPEN_NOFLUSH };

	while (read(fuse_fd, &request, sizeof(request)) > 0) {
		switch (request.in.opcode) {
		case FUSE_INIT:
			init.max_readahead = request.init.max_readahead;
			fuse_answer(request.in.unique, 0, &init, sizeof(init));
			break;
		case FUSE_GETATTR:
			fuse_answer(request.in.unique, 0, &attr, sizeof(attr));
			break;
		case FUSE_OPEN:
			fuse_answer(request.in.unique, 0, &open, sizeof(open));
			break;
		case FUSE_READ:
			fuse_answer_read(request.in.unique);
			break;
		case FUSE_FORGET:
		case FUSE_INTERRUPT:
			break;
		default:
			fuse_answer(request.in.unique, -EOPNOTSUPP, NULL, 0);
		}
	}
	return NULL;
}

/* Nobody else sees what is mounted there. */
static void mount_tmp(void)
{
	require(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		!mount("async_pf", "/tmp", "tmpfs", 0, "size=64k"), "can't mount a tmpfs");
}

static void create_fuse(void)
{
	char options[64];
	pthread_t thread;
	struct stat st;

	fuse_fd = open("/dev/fuse", O_RDWR);
	require(fuse_fd >= 0, "no FUSE");
	mount_tmp();
	assert_syscall(!close(open("/tmp/file", O_CREAT, 0600)), "open()");
	snprintf(options, sizeof(options), "fd=%d,rootmode=100600,user_id=0,group_id=0", fuse_fd);
	assert_syscall(!mount("async_pf", "/tmp/file", "fuse", 0, options), "mount()");
	sem_init(&fuse_asked, 0, 0);
	sem_init(&fuse_may_answer, 0, 0);
	start_thread(&thread, fuse_server, NULL);

	mem_fd = open("/tmp/file", O_RDONLY);
	/* Have the kernel ask for the file's size. */
	assert_syscall(mem_fd >= 0 && !fstat(mem_fd, &st), "open()");
	map_memory(MAP_PRIVATE);
}

/*
 * Memory that is gone
 */

static void guest_write(bool irqs_on)
{
	u64 i;

	if (irqs_on)
		guest_irqs_on();
	for (i = 1; ; i++) {
		WRITE_ONCE(*(u64 *)TEST_GPA, i);
		guest_exit();
	}
}

/* The library's own VMs have an irqchip in KVM. */
static struct kvm_vcpu *create_vcpu(enum irqchip irqchip, enum mode mode)
{
	struct kvm_vm *vm = vm_create_barebones();
	struct kvm_vcpu *vcpu;

	if (irqchip == WHOLE)
		require(!__vm_ioctl(vm, KVM_CREATE_IRQCHIP, NULL), "no whole irqchip in KVM");
	if (irqchip == SPLIT)
		vm_enable_cap(vm, KVM_CAP_SPLIT_IRQCHIP, 24);

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0, LIB_PAGES, 0);
	kvm_vm_elf_load(vm, program_invocation_name);
	vcpu = vm_vcpu_add(vm, 0, guest_write);
	vcpu_args_set(vcpu, 1, mode == IRQS_ON);
	add_memory(vm);
	return vcpu;
}

static void assert_runs(struct kvm_vcpu *vcpu, u64 want)
{
	u64 nr;
	int err = run(vcpu, &nr);

	TEST_ASSERT(!err, "KVM_RUN failed, errno %d (%s)", err, strerror(err));
	TEST_ASSERT(READ_ONCE(*(u64 *)mem) == want, "Wanted %lu from the guest, got %lu",
		    want, READ_ONCE(*(u64 *)mem));
}

static void assert_fails(struct kvm_vcpu *vcpu)
{
	u64 nr;
	int err = run(vcpu, &nr);

	TEST_ASSERT(err == EFAULT, "Wanted errno %d from KVM_RUN, got %d", EFAULT, err);
	TEST_ASSERT(nr <= MAX_FAULTS_GONE, "KVM_RUN failed after %lu page faults", nr);
}

struct gone {
	const char *name;
	void (*create)(void);
	void (*take)(void);
	void (*give)(void);
};

static void set_size(void)
{
	assert_syscall(!ftruncate(mem_fd, mem_size), "ftruncate()");
}

static void truncate_file(void)
{
	assert_syscall(!ftruncate(mem_fd, 0), "ftruncate()");
}

static void punch_file(void)
{
	assert_syscall(!fallocate(mem_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, mem_size),
		       "fallocate()");
}

static void map_file(int fd)
{
	mem_fd = fd;
	assert_syscall(mem_fd >= 0, "open()");
	set_size();
	map_memory(MAP_SHARED | MAP_NORESERVE);
}

static void create_memfd(void)
{
	map_file(memfd_create("async_pf", 0));
}

static void create_dax_file(void)
{
	const char *dir = getenv("KVM_DAX_DIR");
	struct statx stx = {};

	require(dir, "no directory on a DAX mount in KVM_DAX_DIR");
	map_file(open(dir, O_TMPFILE | O_RDWR, 0600));
	require(!statx(mem_fd, "", AT_EMPTY_PATH, 0, &stx) &&
		stx.stx_attributes & STATX_ATTR_DAX, "files in %s are not DAX", dir);
}

static int hog_fd;

static void create_tmpfs(void)
{
	mount_tmp();
	map_file(open("/tmp/mem", O_CREAT | O_RDWR, 0600));
	hog_fd = open("/tmp/hog", O_CREAT | O_WRONLY, 0600);
	assert_syscall(hog_fd >= 0, "open()");
}

static void fill_tmpfs(void)
{
	static const char page[SZ_4K];

	punch_file();
	while (write(hog_fd, page, sizeof(page)) > 0)
		;
	assert_syscall(errno == ENOSPC, "write()");
}

static void empty_tmpfs(void)
{
	assert_syscall(!ftruncate(hog_fd, 0), "ftruncate()");
}

static long get_hugepages(const char *name)
{
	char buf[32] = "";
	int fd = open(name, O_RDONLY);
	ssize_t len = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return len > 0 ? atol(buf) : -1;
}

static bool set_nr_hugepages(long nr)
{
	int fd = open(HUGEPAGES "nr_hugepages", O_WRONLY);

	dprintf(fd, "%ld\n", nr);
	close(fd);
	return get_hugepages(HUGEPAGES "nr_hugepages") == nr;
}

/* What the user's pool has; a case borrows one page more. */
static long nr_hugepages;

static void add_hugepage(void)
{
	require(set_nr_hugepages(nr_hugepages + 1), "can't have a huge page");
}

static void remove_hugepage(void)
{
	punch_file();
	assert_syscall(set_nr_hugepages(nr_hugepages), "write()");
}

static void create_hugetlb(void)
{
	require(!get_hugepages(HUGEPAGES "free_hugepages") &&
		!get_hugepages(HUGEPAGES "nr_overcommit_hugepages"),
		"the pool of huge pages is not empty, or may grow");
	add_hugepage();
	mem_size = SZ_2M;
	map_file(memfd_create("async_pf", MFD_HUGETLB | MFD_HUGE_2MB));
}

/* Forget the page that the guest has, and the file's. */
static void break_fuse(void)
{
	WRITE_ONCE(fuse_mode, FUSE_BROKEN);
	assert_syscall(!madvise(mem, mem_size, MADV_DONTNEED), "madvise()");
	assert_syscall(!posix_fadvise(mem_fd, 0, 0, POSIX_FADV_DONTNEED), "posix_fadvise()");
}

static void fix_fuse(void)
{
	WRITE_ONCE(fuse_mode, FUSE_PROMPT);
}

static const struct gone gones[] = {
	{ "truncated memfd", create_memfd, truncate_file, set_size },
	{ "truncated DAX file", create_dax_file, truncate_file, set_size },
	{ "full tmpfs", create_tmpfs, fill_tmpfs, empty_tmpfs },
	{ "empty hugetlb pool", create_hugetlb, remove_hugepage, add_hugepage },
	{ "I/O error", create_fuse, break_fuse, fix_fuse },
};

static void test_gone(const void *data, enum irqchip irqchip, enum mode mode)
{
	const struct gone *gone = data;
	struct kvm_vcpu *vcpu;

	gone->create();
	vcpu = create_vcpu(irqchip, mode);
	assert_runs(vcpu, 1);

	gone->take();
	assert_fails(vcpu);
	assert_fails(vcpu);

	gone->give();
	assert_runs(vcpu, 2);
	assert_runs(vcpu, 3);
}

/* A device is taken away once for all guests. */
static void test_unbind(const void *data, enum irqchip unused, enum mode unused2)
{
	const char *unbind = getenv("KVM_DAX_UNBIND");
	struct kvm_vcpu *vcpus[NR_IRQCHIPS * 2];
	char *dev = getenv("KVM_DAX_DEVS");
	char line[256];
	int i;

	require(dev && unbind, "no device in KVM_DAX_DEVS, or no command in KVM_DAX_UNBIND");
	dev = strtok(dev, ",");
	mem_fd = open(dev, O_RDWR);
	assert_syscall(mem_fd >= 0, "open()");
	mem_size = SZ_2M;
	map_memory(MAP_SHARED);
	for (i = 0; i < ARRAY_SIZE(vcpus); i++) {
		vcpus[i] = create_vcpu(i / 2, i % 2);
		assert_runs(vcpus[i], 1);
	}

	snprintf(line, sizeof(line), "%s %s", unbind, dev);
	TEST_ASSERT(!system(line), "%s", line);
	for (i = 0; i < ARRAY_SIZE(vcpus); i++)
		assert_fails(vcpus[i]);
}

/*
 * Memory that is late
 */

/* The guest's, see from_guest(). */
static struct kvm_vcpu_pv_apf_data apf __aligned(64);
static u64 nr_host_irqs, nr_not_present, nr_ready, ready_token, guest_value;

static void guest_host_irq(struct ex_regs *regs)
{
	WRITE_ONCE(nr_host_irqs, nr_host_irqs + 1);
	x2apic_write_reg(APIC_EOI, 0);
}

/* KVM wakes all tasks, by this token, when asynchronous page faults are enabled. */
#define TOKEN_ALL	((u32)~0)

/* An interrupt may come twice on emulated hardware, and within its own handler. */
static void guest_ready(struct ex_regs *regs)
{
	u32 token = __atomic_exchange_n(&apf.token, 0, __ATOMIC_RELAXED);

	if (token && token != TOKEN_ALL) {
		WRITE_ONCE(ready_token, token);
		nr_ready++;
	}
	wrmsr(MSR_KVM_ASYNC_PF_ACK, 1);
	x2apic_write_reg(APIC_EOI, 0);
}

static void guest_not_present(struct ex_regs *regs)
{
	u64 token;

	asm volatile("mov %%cr2, %0" : "=r"(token));
	GUEST_ASSERT(READ_ONCE(apf.flags) == KVM_PV_REASON_PAGE_NOT_PRESENT);
	WRITE_ONCE(apf.flags, 0);
	nr_not_present++;
	while (READ_ONCE(ready_token) != token)
		asm volatile("sti; hlt; cli" : : : "memory");
}

static void guest_read(enum mode mode, u64 apf_gpa)
{
	if (mode != IRQS_OFF)
		x2apic_enable();
	if (mode == TOLD) {
		wrmsr(MSR_KVM_ASYNC_PF_INT, READY_VECTOR);
		wrmsr(MSR_KVM_ASYNC_PF_EN, apf_gpa | KVM_ASYNC_PF_ENABLED |
		      KVM_ASYNC_PF_SEND_ALWAYS | KVM_ASYNC_PF_DELIVERY_AS_INT);
	}
	if (mode != IRQS_OFF)
		guest_irqs_on();
	guest_value = READ_ONCE(*(u64 *)TEST_GPA);
	guest_exit();
}

#define from_guest(vm, var)	READ_ONCE(*(typeof(var) *)addr_gva2hva(vm, (unsigned long)&(var)))

struct late {
	const char *name;
	void (*create)(void);
	void (*wait)(void);
	void (*deliver)(void);
};

static int uffd;

static void create_uffd(void)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };

	uffd = syscall(__NR_userfaultfd, O_CLOEXEC);
	require(uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api), "no userfaultfd");
	map_memory(MAP_PRIVATE | MAP_ANONYMOUS);
	reg.range.start = (unsigned long)mem;
	reg.range.len = mem_size;
	assert_syscall(!ioctl(uffd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER");
}

static void wait_uffd(void)
{
	struct uffd_msg msg;

	assert_syscall(read(uffd, &msg, sizeof(msg)) == sizeof(msg), "read()");
	TEST_ASSERT(msg.event == UFFD_EVENT_PAGEFAULT, "Unexpected event 0x%x", msg.event);
}

static void deliver_uffd(void)
{
	u64 page[SZ_4K / sizeof(u64)] = { PATTERN };
	struct uffdio_copy copy = {
		.dst = (unsigned long)mem,
		.src = (unsigned long)page,
		.len = sizeof(page),
	};

	assert_syscall(!ioctl(uffd, UFFDIO_COPY, &copy), "UFFDIO_COPY");
}

static void create_late_fuse(void)
{
	fuse_mode = FUSE_LATE;
	create_fuse();
}

static void wait_fuse(void)
{
	sem_wait(&fuse_asked);
}

static void deliver_fuse(void)
{
	sem_post(&fuse_may_answer);
}

static const struct late lates[] = {
	{ "late userfaultfd", create_uffd, wait_uffd, deliver_uffd },
	{ "late FUSE", create_late_fuse, wait_fuse, deliver_fuse },
};

struct host {
	const struct late *late;
	struct kvm_vm *vm;
	enum mode mode;
};

/* Deliver the page only once the guest has taken an interrupt without it. */
static void *host_thread(void *data)
{
	struct kvm_msi msi = { .address_lo = APIC_DEFAULT_GPA, .data = HOST_VECTOR };
	struct host *h = data;

	h->late->wait();
	if (h->mode != IRQS_OFF) {
		assert_syscall(__vm_ioctl(h->vm, KVM_SIGNAL_MSI, &msi) > 0, "KVM_SIGNAL_MSI");
		while (!from_guest(h->vm, nr_host_irqs))
			usleep(1000);
	}
	h->late->deliver();
	return NULL;
}

static void test_late(const void *data, enum irqchip unused, enum mode mode)
{
	struct host h = { .late = data, .mode = mode };
	struct kvm_vcpu *vcpu;
	pthread_t thread;
	u64 nr;
	int err;

	/* With each KVM_RUN, the guest could take an interrupt. */
	timer_ms = 0;
	h.late->create();
	h.vm = vm_create_with_one_vcpu(&vcpu, guest_read);
	vm_install_exception_handler(h.vm, PF_VECTOR, guest_not_present);
	vm_install_exception_handler(h.vm, HOST_VECTOR, guest_host_irq);
	vm_install_exception_handler(h.vm, READY_VECTOR, guest_ready);
	vcpu_args_set(vcpu, 2, mode, addr_gva2gpa(h.vm, (unsigned long)&apf));
	add_memory(h.vm);

	start_thread(&thread, host_thread, &h);
	err = run(vcpu, &nr);
	TEST_ASSERT(!err, "KVM_RUN failed, errno %d (%s)", err, strerror(err));
	pthread_join(thread, NULL);

	TEST_ASSERT(from_guest(h.vm, guest_value) == PATTERN, "Wanted 0x%x in the guest, got 0x%lx",
		    PATTERN, from_guest(h.vm, guest_value));
	TEST_ASSERT(from_guest(h.vm, nr_not_present) == (mode == TOLD) &&
		    from_guest(h.vm, nr_ready) == (mode == TOLD),
		    "Guest was told of %lu missing and %lu ready pages",
		    from_guest(h.vm, nr_not_present), from_guest(h.vm, nr_ready));
}

typedef void (*test_fn)(const void *data, enum irqchip irqchip, enum mode mode);

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

static void run_case(const char *what, const char *how, const char *mode_name, test_fn fn,
		     const void *data, enum irqchip irqchip, enum mode mode)
{
	char name[128];
	int status = 0;
	pid_t pid;

	snprintf(name, sizeof(name), "%s: %s%s", what, how, mode_name);
	fflush(stdout);
	pid = fork();
	assert_syscall(pid >= 0, "fork()");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fn(data, irqchip, mode);
		exit(KSFT_PASS);
	}

	if (!wait_for_child(pid, &status, TIMEOUT)) {
		ksft_print_msg("%s: no return within %d s\n", name, TIMEOUT);
		kill(pid, SIGKILL);
		/* Go on without a child that sleeps uninterruptibly. */
		wait_for_child(pid, &status, 2);
		status = -1;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		ksft_test_result_skip("%s\n", name);
	else
		ksft_test_result(!status, "%s\n", name);

	/* Whatever became of the child. */
	if (nr_hugepages != get_hugepages(HUGEPAGES "nr_hugepages"))
		set_nr_hugepages(nr_hugepages);
}

int main(int argc, char *argv[])
{
	int i, irqchip, mode;

	ksft_print_header();
	TEST_REQUIRE(kvm_check_cap(KVM_CAP_BINARY_STATS_FD));
	TEST_REQUIRE(kvm_check_cap(KVM_CAP_SPLIT_IRQCHIP));
	ksft_set_plan(ARRAY_SIZE(gones) * NR_IRQCHIPS * 2 + 1 + ARRAY_SIZE(lates) * NR_MODES);
	nr_hugepages = get_hugepages(HUGEPAGES "nr_hugepages");

	for (i = 0; i < ARRAY_SIZE(gones); i++) {
		for (irqchip = 0; irqchip < NR_IRQCHIPS; irqchip++) {
			run_case(gones[i].name, irqchip_names[irqchip], ", interrupts off",
				 test_gone, &gones[i], irqchip, IRQS_OFF);
			run_case(gones[i].name, irqchip_names[irqchip], ", interrupts on",
				 test_gone, &gones[i], irqchip, IRQS_ON);
		}
	}
	run_case("device-dax taken away", "all of these", "", test_unbind, NULL, 0, 0);
	for (i = 0; i < ARRAY_SIZE(lates); i++)
		for (mode = 0; mode < NR_MODES; mode++)
			run_case(lates[i].name, mode_names[mode], "",
				 test_late, &lates[i], 0, mode);

	ksft_finished();
}
