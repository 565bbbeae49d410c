// SPDX-License-Identifier: GPL-2.0
/*
 * A device-dax that goes away under a running guest
 *
 * Prove that KVM_RUN then ends with -EFAULT, see kill_dev_dax(), and that the
 * device's removal does not wait for the VM.
 *
 * The test removes nothing itself.  It runs a command that it is given, with the
 * device's path behind it, and skips if there is none.
 */
#include "dax_vcpus.h"

static void test_unbind(struct dax_vm *d)
{
	const char *command = getenv("KVM_DAX_UNBIND");
	char line[256];

	dax_require(command, "no command in KVM_DAX_UNBIND that takes the device away");
	snprintf(line, sizeof(line), "%s %s", command, d->b->path);

	dax_vcpus_create(d, DAX_VCPUS_ADD);
	dax_vcpus_start(d);
	dax_vcpus_pass(d);
	dax_step("the command in KVM_DAX_UNBIND");
	TEST_ASSERT(!system(line), "%s", line);
	dax_vcpus_assert_fault(d);

	/* The VM outlives the device. */
	dax_step("close VM");
	kvm_vm_free(d->vm);
}

static const struct dax_test_case cases[] = {
	{ "device is taken away", test_unbind, DEVDAX },
};

int main(int argc, char *argv[])
{
	return dax_test_main(argc, argv, cases, ARRAY_SIZE(cases));
}
