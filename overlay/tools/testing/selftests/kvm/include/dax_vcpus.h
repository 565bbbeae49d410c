/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vCPUs that access DAX memory while the host does something to it
 */
#ifndef SELFTEST_KVM_DAX_VCPUS_H
#define SELFTEST_KVM_DAX_VCPUS_H

#include "dax_test.h"

enum dax_vcpus_op { DAX_VCPUS_READ, DAX_VCPUS_ADD };

void dax_vcpus_create(struct dax_vm *d, enum dax_vcpus_op op);
void dax_vcpus_start(struct dax_vm *d);
void dax_vcpus_stop(struct dax_vm *d);
void dax_vcpus_pass(struct dax_vm *d);
u64 dax_vcpus_nr_retries(void);

void dax_vcpus_assert_seen(struct dax_vm *d, u64 seed);
void dax_vcpus_assert_fault(struct dax_vm *d);
void dax_vcpus_assert_added(struct dax_vm *d);

#endif /* SELFTEST_KVM_DAX_VCPUS_H */
