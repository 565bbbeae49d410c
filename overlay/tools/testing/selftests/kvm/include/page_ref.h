/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Count the references that the kernel gets and puts to a range of pages
 */
#ifndef SELFTEST_KVM_PAGE_REF_H
#define SELFTEST_KVM_PAGE_REF_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

struct page_ref {
	long balance;	/* gets minus puts */
	long nr;	/* gets and puts */
};

const char *page_ref_missing(void);
unsigned long page_ref_pfn(void *addr);
void page_ref_start(void *addr);
void page_ref_start_range(unsigned long pfn, unsigned long nr_pages);
struct page_ref page_ref_stop(void);
bool page_ref_cleanup(pid_t pid);

#endif /* SELFTEST_KVM_PAGE_REF_H */
