// SPDX-License-Identifier: GPL-2.0
/*
 * Run test cases on DAX memory, each in a child and under a time limit
 *
 * The host must provide a directory on a DAX mount (-f or KVM_DAX_DIR) and/or
 * device-dax instances (-d or KVM_DAX_DEVS), else the test skips.  A directory
 * gets an unnamed file, the contents of a device are OVERWRITTEN.
 */
#include <linux/fs.h>
#include <regex.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "dax_test.h"
#include "page_ref.h"

#define DEFAULT_TIMEOUT	20
#define MAX_BACKINGS	8

/* Written by the child that runs a case, read by the parent that watches it. */
static struct progress {
	const char *step;
	char skip[128];
} *progress;

void dax_step(const char *what)
{
	/* TEST_ASSERT() prints errno: not one that is left from another step. */
	errno = 0;
	WRITE_ONCE(progress->step, what);
}

void dax_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(progress->skip, sizeof(progress->skip), fmt, args);
	va_end(args);
	exit(KSFT_SKIP);
}

/*
 * Keep no inherited descriptor, e.g. of the kselftest runner: a child that is
 * stuck in the kernel must not delay anyone's EOF.
 */
static void run_child(const struct dax_backing *b, const struct dax_test_case *tc, int log)
{
	struct dax_vm d = {
		.b = b,
		.file_offset = tc->file_page * getpagesize(),
		.mem_size = max_t(u64, dax_size(), b->align),
		.pages = { DAX_GPA, dax_size(), getpagesize() },
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

/* Returns whether @pid ends within @ms; then its status is in @status. */
bool dax_wait_for_child(pid_t pid, int *status, int ms)
{
	for (; ms > 0; ms -= 10) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

/*
 * A case that was allowed to freeze the file system may have ended before it
 * thawed it, and its child waits for that.
 */
static void thaw(const struct dax_backing *b)
{
	int fd;

	if (b->kind != FSDAX || !getenv("KVM_DAX_FREEZE"))
		return;
	fd = open(b->path, O_RDONLY);
	if (!ioctl(fd, FITHAW, 0))
		ksft_print_msg("%s: thawed\n", b->path);
	close(fd);
}

static void run_case(const struct dax_backing *b, const struct dax_test_case *tc, int timeout)
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
	dax_assert_syscall(progress != MAP_FAILED, "mmap()");

	log = memfd_create("log", 0);
	file = fdopen(log, "r");
	dax_assert_syscall(file, "memfd_create()");
	pid = fork();
	dax_assert_syscall(pid >= 0, "fork()");
	if (!pid)
		run_child(b, tc, log);

	if (!dax_wait_for_child(pid, &status, timeout * 1000)) {
		ksft_print_msg("%s: %s: no return from %s within %d s\n",
			       b->name, tc->name, READ_ONCE(progress->step), timeout);
		kill(pid, SIGKILL);
		thaw(b);
		/* Go on without a child that sleeps uninterruptibly. */
		if (!dax_wait_for_child(pid, &status, 2000))
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

	thaw(b);
	if (!page_ref_cleanup(pid))
		ksft_print_msg("pid %d keeps a trace instance\n", pid);
	if (status) {
		rewind(file);
		while (fgets(line, sizeof(line), file))
			ksft_print_msg("%s%s", line, strchr(line, '\n') ? "" : "\n");
		ksft_test_result_fail("%s: %s\n", b->name, tc->name);
	}
	fclose(file);
	munmap(progress, sizeof(*progress));
}

static void probe_fsdax(struct dax_backing *b, const char *dir)
{
	int fd;

	*b = (struct dax_backing) {
		FSDAX, dir, dax_open_file(dir, &fd), "fsdax", .align = dax_pmd_size()
	};
	if (!b->skip)
		close(fd);
}

static void probe_devdax(struct dax_backing *b, const char *path)
{
	struct dax_dev dev = {};
	char *name;
	int unit;

	*b = (struct dax_backing) { DEVDAX_HUGE, path, dax_probe_dev(path, &dev), "devdax" };
	if (b->skip)
		return;

	b->resource = dev.resource;
	b->align = dev.align;
	if (b->align != getpagesize() && b->align != dax_pmd_size() && b->align != SZ_1G)
		b->skip = "alignment is neither a page, what a PMD maps, nor 1 GiB";
	else if (dev.size < max_t(u64, dax_size(), b->align))
		b->skip = "device is too small";
	if (b->align == getpagesize())
		b->kind = DEVDAX_SMALL;
	unit = b->align >= SZ_1G ? 2 : b->align >= SZ_1M ? 1 : 0;
	TEST_ASSERT(asprintf(&name, "devdax-%lu%c", b->align >> (10 + 10 * unit), "KMG"[unit]) > 0,
		    "asprintf()");
	b->name = name;
}

static int probe_devdaxes(struct dax_backing *backings, int nr, char *devs)
{
	char *dev;

	for (dev = strtok(devs, ","); dev && nr < MAX_BACKINGS; dev = strtok(NULL, ","))
		probe_devdax(&backings[nr++], dev);
	TEST_ASSERT(!dev, "More than %d backings", MAX_BACKINGS);
	return nr;
}

/*
 * @pattern is an extended regular expression, or NULL for all cases; it is for
 * what the results are called.
 */
static bool is_chosen(const struct dax_backing *b, const struct dax_test_case *tc,
		      const char *pattern)
{
	char name[256];
	regex_t regex;
	bool match;

	if (!(tc->kinds & b->kind) || !pattern)
		return tc->kinds & b->kind;

	TEST_ASSERT(!regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB),
		    "-c %s: not a regular expression", pattern);
	snprintf(name, sizeof(name), "%s: %s", b->name, tc->name);
	match = !regexec(&regex, name, 0, NULL, 0);
	regfree(&regex);
	return match;
}

static void help(const char *name)
{
	printf("usage: %s [-h] [-c regex] [-f dir] [-d dev[,dev]...] [-t seconds]\n"
	       " -c: run only the cases whose results are called so (default: $KVM_DAX_CASE)\n"
	       " -f: directory on a DAX mount, gets an unnamed file (default: $KVM_DAX_DIR)\n"
	       " -d: device-dax, OVERWRITTEN, repeatable (default: $KVM_DAX_DEVS)\n"
	       " -t: time limit for each case (default: $KVM_DAX_TIMEOUT or %d)\n", name, DEFAULT_TIMEOUT);
}

int dax_test_main(int argc, char *argv[], const struct dax_test_case *cases, int nr_cases)
{
	struct dax_backing backings[MAX_BACKINGS], *b;
	const char *chosen = getenv("KVM_DAX_CASE");
	int i, opt, plan = 0, nr = 0;
	const char *limit = getenv("KVM_DAX_TIMEOUT");
	int timeout = limit ? atoi(limit) : DEFAULT_TIMEOUT;

	while ((opt = getopt(argc, argv, "c:d:f:ht:")) != -1) {
		switch (opt) {
		case 'c':
			chosen = optarg;
			break;
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
		for (i = 0; i < nr_cases; i++)
			plan += is_chosen(b, &cases[i], chosen);
	__TEST_REQUIRE(plan || !chosen, "No case is chosen by %s", chosen);
	ksft_set_plan(plan);

	for (b = backings; b < backings + nr; b++)
		for (i = 0; i < nr_cases; i++)
			if (is_chosen(b, &cases[i], chosen))
				run_case(b, &cases[i], timeout);

	/* Nothing but skips is no success. */
	if (ksft_get_xskip_cnt() == plan) {
		ksft_print_cnts();
		exit(KSFT_SKIP);
	}
	ksft_finished();
}
