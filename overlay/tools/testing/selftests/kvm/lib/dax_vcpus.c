// SPDX-License-Identifier: GPL-2.0
/*
 * vCPUs that access DAX memory while the host does something to it
 *
 * Each vCPU has a thread of its own and runs without exits: it passes over the
 * memslot's pages again and again, and notes what it does in the library's
 * memory, where the host looks at it.
 */
#include <pthread.h>

#include "dax_vcpus.h"

#define NR_VCPUS	2
#define NR_PAGES	16

/* Of the guest; the host's view of them is at addr_gva2hva(). */
static struct job {
	struct dax_pages pages;
	u64 add;
	u64 stop;
} job;

static struct notes {
	u64 nr_passes;
	u64 page[NR_PAGES];	/* last word read, or how often it was incremented */
} notes[NR_VCPUS];

static struct vcpu_thread {
	struct kvm_vcpu *vcpu;
	struct notes *notes;
	pthread_t thread;
	bool ended;
	int err;		/* errno of KVM_RUN, or 0 */
} threads[NR_VCPUS];

static struct job *host_job;
static int stats_fd;

static void guest_code(u64 id)
{
	struct notes *n = &notes[id];
	u64 offset, i, *word;

	for (;;) {
		for (i = 0, offset = 0; offset < job.pages.size; offset += job.pages.stride, i++) {
			word = (u64 *)(job.pages.gpa + offset);
			if (job.add) {
				__atomic_add_fetch(word, 1, __ATOMIC_RELAXED);
				n->page[i]++;
			} else {
				WRITE_ONCE(n->page[i], READ_ONCE(*word));
			}
		}
		WRITE_ONCE(n->nr_passes, n->nr_passes + 1);
		if (READ_ONCE(job.stop))
			GUEST_DONE();
	}
}

/*
 * A VM whose vCPUs read or increment one word in each of some pages, spread over
 * a large part of the mapping so that huge leaves map them where there are any.
 * Where these are large it is one, as the file system fills it again and again.
 */
void dax_vcpus_create(struct dax_vm *d, enum dax_vcpus_op op)
{
	struct kvm_vcpu *vcpus[NR_VCPUS];
	int i;

	d->pages.size = max_t(u64, SZ_64M, d->b->align);
	d->pages.stride = d->pages.size / NR_PAGES + getpagesize();
	dax_step("create VM");
	d->vm = vm_create_with_vcpus(NR_VCPUS, guest_code, vcpus);
	d->vcpu = vcpus[0];
	dax_add_memslot(d);
	job.pages = d->pages;
	job.add = op == DAX_VCPUS_ADD;
	sync_global_to_guest(d->vm, job);
	host_job = addr_gva2hva(d->vm, (unsigned long)&job);

	/* Where the statistics are, KVM does not tell while the vCPU runs. */
	stats_fd = vcpu_get_stats_fd(d->vcpu);
	for (i = 0; i < NR_VCPUS; i++) {
		threads[i].vcpu = vcpus[i];
		vcpu_args_set(threads[i].vcpu, 1, (u64)i);
		threads[i].notes = addr_gva2hva(d->vm, (unsigned long)&notes[i]);
	}
}

static void *run_vcpu(void *arg)
{
	struct vcpu_thread *t = arg;

	t->err = _vcpu_run(t->vcpu) ? errno : 0;
	WRITE_ONCE(t->ended, true);
	return NULL;
}

/* Run the vCPUs, or run them again where they stopped or got -EFAULT. */
void dax_vcpus_start(struct dax_vm *d)
{
	int i;

	dax_step("start vCPUs");
	WRITE_ONCE(host_job->stop, 0);
	for (i = 0; i < NR_VCPUS; i++) {
		threads[i].ended = false;
		/* If KVM_RUN fails, the exit before is not to be taken for one of now. */
		threads[i].vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
		TEST_ASSERT(!pthread_create(&threads[i].thread, NULL, run_vcpu, &threads[i]),
			    "pthread_create()");
	}
}

static void join_vcpus(int err)
{
	struct kvm_run *run;
	int i;

	for (i = 0; i < NR_VCPUS; i++) {
		pthread_join(threads[i].thread, NULL);
		run = threads[i].vcpu->run;
		TEST_ASSERT(threads[i].err == err, "vCPU %d: wanted errno %d, got %d, exit %u (%s)",
			    i, err, threads[i].err, run->exit_reason,
			    exit_reason_str(run->exit_reason));
	}
}

/* Have each vCPU end its pass. */
void dax_vcpus_stop(struct dax_vm *d)
{
	struct ucall uc;
	int i;

	dax_step("stop vCPUs");
	WRITE_ONCE(host_job->stop, 1);
	join_vcpus(0);
	for (i = 0; i < NR_VCPUS; i++)
		TEST_ASSERT(get_ucall(threads[i].vcpu, &uc) == UCALL_DONE,
			    "vCPU %d: wanted UCALL_DONE, got exit %u (%s)", i,
			    threads[i].vcpu->run->exit_reason,
			    exit_reason_str(threads[i].vcpu->run->exit_reason));
}

/* Wait until each vCPU has begun and ended a pass. */
void dax_vcpus_pass(struct dax_vm *d)
{
	u64 nr_passes;
	int i;

	dax_step("vCPUs' passes");
	for (i = 0; i < NR_VCPUS; i++) {
		nr_passes = READ_ONCE(threads[i].notes->nr_passes);
		while (READ_ONCE(threads[i].notes->nr_passes) < nr_passes + 2) {
			TEST_ASSERT(!READ_ONCE(threads[i].ended),
				    "vCPU %d ended, errno %d, exit %u", i, threads[i].err,
				    threads[i].vcpu->run->exit_reason);
			usleep(1000);
		}
	}
}

/* Assert what the vCPUs see from now on. */
void dax_vcpus_assert_seen(struct dax_vm *d, u64 seed)
{
	u64 offset, want, got;
	int i, n;

	dax_vcpus_pass(d);
	for (i = 0; i < NR_VCPUS; i++) {
		for (n = 0, offset = 0; offset < d->pages.size; offset += d->pages.stride, n++) {
			want = dax_page_value(d->pages.gpa + offset, seed);
			got = READ_ONCE(threads[i].notes->page[n]);
			TEST_ASSERT(got == want, "vCPU %d, GPA 0x%lx: wanted 0x%lx, got 0x%lx",
				    i, d->pages.gpa + offset, want, got);
		}
	}
}

/* Assert that KVM_RUN ends with -EFAULT, as there is no memory any more. */
void dax_vcpus_assert_fault(struct dax_vm *d)
{
	dax_step("vCPUs' -EFAULT");
	join_vcpus(EFAULT);
}

/* Assert, for vCPUs that have stopped, that the memory has each increment. */
void dax_vcpus_assert_added(struct dax_vm *d)
{
	u64 offset, got, want;
	int i, n;

	dax_step("host access");
	for (n = 0, offset = 0; offset < d->pages.size; offset += d->pages.stride, n++) {
		for (want = 0, i = 0; i < NR_VCPUS; i++)
			want += threads[i].notes->page[n];
		got = READ_ONCE(*(u64 *)(d->mem + offset));
		TEST_ASSERT(want && got == want, "GPA 0x%lx: %lu increments, of %lu",
			    d->pages.gpa + offset, got, want);
	}
}

static u64 stat(const char *name)
{
	u64 data = 0;

	dax_require(dax_read_stat(stats_fd, name, &data), "KVM has no statistic %s", name);
	return data;
}

/*
 * How often a fault of the first vCPU lost the race with an invalidation: faults
 * that were neither mapped nor found to be mapped, which are tried again.
 */
u64 dax_vcpus_nr_retries(void)
{
	/* In this order, lest a fault count as taken that has not ended. */
	u64 taken = stat("pf_taken");

	return taken - min(taken, stat("pf_fixed") + stat("pf_spurious") + stat("pf_fast") +
				  stat("pf_emulate"));
}
