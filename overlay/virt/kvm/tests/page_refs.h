/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs from one version of Linux to another in how KVM gets and puts
 * guest pages, and in how mm/ maps pages of DAX
 */
#ifndef KVM_TESTS_PAGE_REFS_H
#define KVM_TESTS_PAGE_REFS_H

#include <linux/kvm_host.h>
#include <linux/mm.h>

/* How many references KVM takes to a page that a VM_PFNMAP mapping has. */
#define PFNMAP_REFS	0

struct guest_page {
	kvm_pfn_t pfn;		/* or an error, see is_error_noslot_pfn() */
	struct page *page;	/* to be put, NULL if KVM took no reference */
	bool writable;
};

/* Get the page at @gfn as KVM does on a guest's page fault. */
static inline void guest_page_get(const struct kvm_memory_slot *slot, gfn_t gfn, bool write,
				  struct guest_page *g)
{
	g->pfn = __kvm_faultin_pfn(slot, gfn, write ? FOLL_WRITE : 0, &g->writable, &g->page);
}

/* Put it as KVM does when the fault is handled. */
static inline void guest_page_put(struct guest_page *g)
{
	if (g->writable)
		kvm_release_page_dirty(g->page);
	else
		kvm_release_page_clean(g->page);
}

/* Get writable pages from @gfn on.  Returns how many; an error is negative. */
static inline int guest_pages_prefetch(struct kvm_memory_slot *slot, gfn_t gfn,
				       struct page **pages, int nr)
{
	return kvm_prefetch_pages(slot, gfn, pages, nr);
}

/* Map a page as drivers/dax and fs/dax.c do. */
static inline vm_fault_t dax_insert_page(struct vm_fault *vmf, struct page *page)
{
	vm_fault_t ret;

	/* Unmapped pages of MEMORY_DEVICE_FS_DAX have no reference. */
	page_ref_inc(page);
	ret = vmf_insert_page_mkwrite(vmf, page, vmf->flags & FAULT_FLAG_WRITE);
	put_page(page);
	return ret;
}

#endif /* KVM_TESTS_PAGE_REFS_H */
