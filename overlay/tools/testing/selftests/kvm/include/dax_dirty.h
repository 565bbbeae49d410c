/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dirty logging of DAX memory, whatever the log is
 */
#ifndef SELFTEST_KVM_DAX_DIRTY_H
#define SELFTEST_KVM_DAX_DIRTY_H

#include "dax_test.h"

struct dax_dirty_log {
	/* Create the VM as dax_vm_create() does; skip if it can't have this log. */
	void (*create)(struct dax_vm *d);
	/* Set the bit of each page that was written since the last time. */
	void (*collect)(struct dax_vm *d, unsigned long *bitmap);
};

void dax_dirty_check_huge(struct dax_vm *d, const struct dax_dirty_log *log);
void dax_dirty_check_small(struct dax_vm *d, const struct dax_dirty_log *log);

#endif /* SELFTEST_KVM_DAX_DIRTY_H */
