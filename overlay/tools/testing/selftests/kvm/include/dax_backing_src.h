/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DAX memory as a backing source of guest memory, -s dax:PATH
 */
#ifndef SELFTEST_KVM_DAX_BACKING_SRC_H
#define SELFTEST_KVM_DAX_BACKING_SRC_H

#include <sys/types.h>

void dax_backing_src_open(const char *path);
size_t dax_backing_src_pagesz(void);
int dax_backing_src_alloc(size_t size, off_t *offset);
void dax_backing_src_free(void);

#endif /* SELFTEST_KVM_DAX_BACKING_SRC_H */
