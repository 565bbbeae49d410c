// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the page references that KVM takes and puts
 *
 * Each test maps pages, gets them through a memslot by the functions that
 * handle guest page faults, and puts them again.  Afterwards each page must
 * have as many references as before: if KVM keeps one, tearing down the device
 * that the page belongs to never ends.
 *
 * The pages are those of ZONE_DEVICE, which a guest on DAX memory has, and for
 * comparison others.  No memory is behind pages of ZONE_DEVICE here, so nothing
 * may access their data.
 */
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/kvm_host.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sizes.h>

#include "page_refs.h"

#define NR_PAGES	8	/* as many as KVM on x86 prefetches at once */
#define GFN		0x1000
#define SPARE_REFS	8

/* What a test maps, from its file's first page on; what is behind that gives SIGBUS. */
struct page_refs {
	struct kvm_memory_slot slot;
	const struct zone_device *zone_device;
	struct dev_pagemap pgmap;
	bool remapped;			/* pgmap is in use */
	struct resource *region;	/* has no memory */
	struct page *ram;
	unsigned long pfn;		/* the first one that is mapped */
	bool pfnmap;
	struct file *file;
};

struct zone_device {
	const char *name;
	enum memory_type type;
	const struct vm_operations_struct *vm_ops;
	bool read_fault_maps_writable;
};

/*
 * References but for those of mappings, as in dax_busy_page(): whether a
 * mapping of DAX holds a reference depends on the version.
 */
static int page_refs_count(struct page *page)
{
	struct folio *folio = page_folio(page);

	return folio_ref_count(folio) - folio_mapcount(folio);
}

static vm_fault_t page_refs_fault(struct vm_fault *vmf)
{
	struct page_refs *refs = vmf->vma->vm_file->private_data;
	struct page *page;

	if (vmf->pgoff >= NR_PAGES)
		return VM_FAULT_SIGBUS;

	page = pfn_to_page(refs->pfn + vmf->pgoff);
	/* gup_fast() may refuse file pages without. */
	page->mapping = vmf->vma->vm_file->f_mapping;
	return dax_insert_page(vmf, page);
}

static vm_fault_t page_refs_pfn_mkwrite(struct vm_fault *vmf)
{
	return 0;
}

static const struct vm_operations_struct devdax_vm_ops = {
	.fault = page_refs_fault,
};

/* That there is a pfn_mkwrite() makes a read fault map the page read-only. */
static const struct vm_operations_struct fsdax_vm_ops = {
	.fault = page_refs_fault,
	.pfn_mkwrite = page_refs_pfn_mkwrite,
};

static const struct zone_device zone_devices[] = {
	{ "generic", MEMORY_DEVICE_GENERIC, &devdax_vm_ops, true },
	{ "fs_dax", MEMORY_DEVICE_FS_DAX, &fsdax_vm_ops, false },
};

static void zone_device_desc(const struct zone_device *zone_device, char *desc)
{
	strscpy(desc, zone_device->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zone_device, zone_devices, zone_device_desc);

static int page_refs_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct page_refs *refs = file->private_data;

	if (refs->zone_device) {
		vma->vm_ops = refs->zone_device->vm_ops;
		return 0;
	}
	if (refs->pfnmap)
		return remap_pfn_range(vma, vma->vm_start, refs->pfn, PAGE_SIZE,
				       vma->vm_page_prot);
	refs->ram->mapping = file->f_mapping;
	return vm_insert_page(vma, vma->vm_start, refs->ram);
}

static const struct file_operations page_refs_fops = {
	.owner = THIS_MODULE,
	.mmap = page_refs_mmap,
};

static int page_refs_init(struct kunit *test)
{
	struct page_refs *refs = kunit_kzalloc(test, sizeof(*refs), GFP_KERNEL);
	struct file *file;

	if (!refs)
		return -ENOMEM;

	file = anon_inode_getfile("[kvm_page_refs]", &page_refs_fops, refs, O_RDWR);
	if (IS_ERR(file))
		return PTR_ERR(file);

	refs->file = file;
	test->priv = refs;
	return 0;
}

static void page_refs_exit(struct kunit *test)
{
	struct page_refs *refs = test->priv;

	if (!refs)
		return;

	fput(refs->file);
	if (refs->remapped)
		memunmap_pages(&refs->pgmap);
	if (refs->region)
		release_mem_region(refs->region->start, resource_size(refs->region));
	if (refs->ram) {
		refs->ram->mapping = NULL;
		page_ref_sub(refs->ram, SPARE_REFS);
		/* What KVM kept is lost. */
		if (page_ref_count(refs->ram) == 1)
			put_page(refs->ram);
	}
}

/* Set refs->pfn to the start of a range that is free, i.e. has no memory. */
static void reserve_region(struct kunit *test, struct page_refs *refs)
{
	struct resource *region = request_free_mem_region(&iomem_resource, SZ_2M, "kvm_page_refs");

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(region), "no free range of physical addresses");
	refs->region = region;
	refs->pfn = PHYS_PFN(region->start);
}

static void alloc_ram(struct kunit *test, struct page_refs *refs)
{
	refs->ram = alloc_page(GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, refs->ram);
	/* A put too many is to fail the test, and not to free the page. */
	page_ref_add(refs->ram, SPARE_REFS);
	refs->pfn = page_to_pfn(refs->ram);
}

/*
 * Map, and add a memslot, which ends a page behind the test's pages.  A test must
 * not abort from here on: its pages may not go before unmap_memory().
 */
static void __map_memory(struct kunit *test, struct file *file, unsigned long prot,
			 unsigned long flags)
{
	struct page_refs *refs = test->priv;
	size_t size = (NR_PAGES + 1) * PAGE_SIZE;
	unsigned long hva;

	hva = kunit_vm_mmap(test, file, 0, size, prot, flags, 0);
	KUNIT_ASSERT_FALSE_MSG(test, !hva || IS_ERR_VALUE(hva), "vm_mmap() returns %ld", hva);

	refs->slot.base_gfn = GFN;
	refs->slot.npages = size / PAGE_SIZE;
	refs->slot.userspace_addr = hva;
}

static void map_memory(struct kunit *test, unsigned long prot)
{
	struct page_refs *refs = test->priv;

	__map_memory(test, refs->file, prot, MAP_SHARED);
}

static void unmap_memory(struct page_refs *refs)
{
	vm_munmap(refs->slot.userspace_addr, refs->slot.npages * PAGE_SIZE);
}

static struct page_refs *map_zone_device(struct kunit *test, unsigned long prot)
{
	struct page_refs *refs = test->priv;

	reserve_region(test, refs);
	refs->zone_device = test->param_value;
	refs->pgmap.type = refs->zone_device->type;
	refs->pgmap.range.start = refs->region->start;
	refs->pgmap.range.end = refs->region->end;
	refs->pgmap.nr_range = 1;
	refs->remapped = !IS_ERR(memremap_pages(&refs->pgmap, NUMA_NO_NODE));
	KUNIT_ASSERT_TRUE_MSG(test, refs->remapped, "memremap_pages() fails");
	map_memory(test, prot);
	return refs;
}

static struct page_refs *map_ram(struct kunit *test)
{
	struct page_refs *refs = test->priv;

	alloc_ram(test, refs);
	map_memory(test, PROT_READ | PROT_WRITE);
	return refs;
}

static struct page_refs *map_pfn(struct kunit *test, bool ram, unsigned long prot)
{
	struct page_refs *refs = test->priv;

	refs->pfnmap = true;
	if (ram)
		alloc_ram(test, refs);
	else
		reserve_region(test, refs);
	map_memory(test, prot);
	return refs;
}

/*
 * Get and put the page that is mapped at @index, and assert that KVM takes
 * @nr_refs references and puts as many.
 */
static void get_and_put(struct kunit *test, struct page *page, int index, bool write,
			bool writable, int nr_refs)
{
	struct page_refs *refs = test->priv;
	int before = page_refs_count(page);
	struct guest_page g;

	guest_page_get(&refs->slot, GFN + index, write, &g);
	KUNIT_EXPECT_EQ(test, g.pfn, page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, g.writable, writable);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before + nr_refs);

	guest_page_put(&g);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

/* Assert that an access to the page at @gfn fails, and leaves @page alone. */
static void get_error(struct kunit *test, struct page *page, gfn_t gfn, bool write, kvm_pfn_t err)
{
	struct page_refs *refs = test->priv;
	int before = page_refs_count(page);
	struct guest_page g = {};

	guest_page_get(&refs->slot, gfn, write, &g);
	KUNIT_EXPECT_EQ(test, g.pfn, err);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);

	guest_page_put(&g);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

static void write_test(struct kunit *test)
{
	struct page_refs *refs = map_zone_device(test, PROT_READ | PROT_WRITE);
	struct page *page = pfn_to_page(refs->pfn);
	int before = page_refs_count(page);

	/* First the page is faulted in, then it is found mapped. */
	get_and_put(test, page, 0, true, true, 1);
	get_and_put(test, page, 0, true, true, 1);
	get_and_put(test, page, 0, false, true, 1);

	unmap_memory(refs);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

/*
 * Where the read fault maps the page writable, KVM gets the page a second time,
 * to upgrade to a writable entry, and puts the first reference.
 */
static void read_test(struct kunit *test)
{
	struct page_refs *refs = map_zone_device(test, PROT_READ | PROT_WRITE);
	bool writable = refs->zone_device->read_fault_maps_writable;
	struct page *page = pfn_to_page(refs->pfn);
	int before = page_refs_count(page);

	get_and_put(test, page, 0, false, writable, 1);
	get_and_put(test, page, 0, false, writable, 1);

	/* The host upgrades its mapping, if that is needed. */
	get_and_put(test, page, 0, true, true, 1);

	unmap_memory(refs);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

static void read_only_mapping_test(struct kunit *test)
{
	struct page_refs *refs = map_zone_device(test, PROT_READ);
	struct page *page = pfn_to_page(refs->pfn);
	int before = page_refs_count(page);

	get_and_put(test, page, 0, false, false, 1);
	get_error(test, page, GFN, true, KVM_PFN_ERR_FAULT);

	unmap_memory(refs);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

static void read_only_memslot_test(struct kunit *test)
{
	struct page_refs *refs = map_zone_device(test, PROT_READ | PROT_WRITE);
	struct page *page = pfn_to_page(refs->pfn);
	int before = page_refs_count(page);

	refs->slot.flags = KVM_MEM_READONLY;
	get_and_put(test, page, 0, false, false, 1);
	get_error(test, page, GFN, true, KVM_PFN_ERR_RO_FAULT);

	unmap_memory(refs);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

static void prefetch_test(struct kunit *test)
{
	struct page_refs *refs = map_zone_device(test, PROT_READ | PROT_WRITE);
	struct page *pages[NR_PAGES] = {}, *page = pfn_to_page(refs->pfn);
	int before = page_refs_count(page);
	int i, nr;

	/* What the host doesn't map is not faulted in. */
	nr = guest_pages_prefetch(&refs->slot, GFN, pages, NR_PAGES);
	KUNIT_EXPECT_LE(test, nr, 0);

	for (i = 0; i < NR_PAGES; i++)
		get_and_put(test, page + i, i, true, true, 1);

	nr = guest_pages_prefetch(&refs->slot, GFN, pages, NR_PAGES);
	KUNIT_EXPECT_EQ(test, nr, NR_PAGES);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_PTR_EQ(test, pages[i], page + i);
		KUNIT_EXPECT_EQ(test, page_refs_count(page + i), before + 1);
		kvm_release_page_clean(pages[i]);
	}

	unmap_memory(refs);
	for (i = 0; i < NR_PAGES; i++)
		KUNIT_EXPECT_EQ(test, page_refs_count(page + i), before);
}

static void no_page_test(struct kunit *test)
{
	struct page_refs *refs = map_zone_device(test, PROT_READ | PROT_WRITE);
	struct page *page = pfn_to_page(refs->pfn);
	int before = page_refs_count(page);

	/* The host's fault fails, as behind the end of a file. */
	get_error(test, page, GFN + NR_PAGES, false, KVM_PFN_ERR_FAULT);
	get_error(test, page, GFN + NR_PAGES, true, KVM_PFN_ERR_FAULT);

	unmap_memory(refs);
	get_error(test, page, GFN, false, KVM_PFN_ERR_FAULT);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

/* A hole of a file, too, is mapped as the zero page if it is read. */
static void zero_page_test(struct kunit *test)
{
	struct page_refs *refs = test->priv;
	struct page *page = ZERO_PAGE(0);
	int before = page_refs_count(page);

	__map_memory(test, NULL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	get_and_put(test, page, 0, false, false, 1);
	get_and_put(test, page, 0, false, false, 1);

	unmap_memory(refs);
	KUNIT_EXPECT_EQ(test, page_refs_count(page), before);
}

static void pfnmap_with_page_test(struct kunit *test)
{
	struct page_refs *refs = map_pfn(test, true, PROT_READ | PROT_WRITE);
	int before = page_refs_count(refs->ram);

	get_and_put(test, refs->ram, 0, true, true, PFNMAP_REFS);
	get_and_put(test, refs->ram, 0, false, true, PFNMAP_REFS);

	unmap_memory(refs);
	KUNIT_EXPECT_EQ(test, page_refs_count(refs->ram), before);
}

static void pfnmap_read_only_test(struct kunit *test)
{
	struct page_refs *refs = map_pfn(test, true, PROT_READ);
	int before = page_refs_count(refs->ram);

	get_and_put(test, refs->ram, 0, false, false, PFNMAP_REFS);
	get_error(test, refs->ram, GFN, true, KVM_PFN_ERR_RO_FAULT);

	unmap_memory(refs);
	KUNIT_EXPECT_EQ(test, page_refs_count(refs->ram), before);
}

/* Nothing to count here: touching what is no struct page is what would go wrong. */
static void pfnmap_without_page_test(struct kunit *test)
{
	struct page_refs *refs = map_pfn(test, false, PROT_READ | PROT_WRITE);
	struct guest_page g;

	KUNIT_EXPECT_FALSE(test, pfn_valid(refs->pfn));
	guest_page_get(&refs->slot, GFN, true, &g);
	KUNIT_EXPECT_EQ(test, g.pfn, refs->pfn);
	KUNIT_EXPECT_TRUE(test, g.writable);
	guest_page_put(&g);

	unmap_memory(refs);
}

/*
 * What KVM got must be put whatever became of the page meanwhile.  Deciding
 * from PG_reserved is what leaked pages of ZONE_DEVICE, see commit a78986aae9b2
 * ("KVM: MMU: Do not treat ZONE_DEVICE pages as being reserved").
 */
static void reserved_between_get_and_put_test(struct kunit *test)
{
	struct page_refs *refs = map_ram(test);
	int before = page_refs_count(refs->ram);
	struct guest_page g;

	guest_page_get(&refs->slot, GFN, true, &g);
	KUNIT_EXPECT_EQ(test, page_refs_count(refs->ram), before + 1);

	SetPageReserved(refs->ram);
	guest_page_put(&g);
	ClearPageReserved(refs->ram);
	KUNIT_EXPECT_EQ(test, page_refs_count(refs->ram), before);

	unmap_memory(refs);
}

static struct kunit_case page_refs_cases[] = {
	KUNIT_CASE_PARAM(write_test, zone_device_gen_params),
	KUNIT_CASE_PARAM(read_test, zone_device_gen_params),
	KUNIT_CASE_PARAM(read_only_mapping_test, zone_device_gen_params),
	KUNIT_CASE_PARAM(read_only_memslot_test, zone_device_gen_params),
	KUNIT_CASE_PARAM(prefetch_test, zone_device_gen_params),
	KUNIT_CASE_PARAM(no_page_test, zone_device_gen_params),
	KUNIT_CASE(zero_page_test),
	KUNIT_CASE(pfnmap_with_page_test),
	KUNIT_CASE(pfnmap_read_only_test),
	KUNIT_CASE(pfnmap_without_page_test),
	KUNIT_CASE(reserved_between_get_and_put_test),
	{}
};

static struct kunit_suite page_refs_suite = {
	.name = "kvm_page_refs",
	.init = page_refs_init,
	.exit = page_refs_exit,
	.test_cases = page_refs_cases,
};

kunit_test_suite(page_refs_suite);
