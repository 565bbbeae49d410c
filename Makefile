# SPDX-License-Identifier: GPL-2.0
# The front door; `make help` says what there is.
BASE ?= $(if $(LINUX),auto,6.12)
export LINUX SERIES TEST BOOT CASE TOPIC DEBUG CACHE OUT JOBS ACCEL SIGNOFF FORCE V

.PHONY: main test series am base refresh boot check compare record mutants help

main:				## the main job: set up, series, git am, build, boot, test, verdict
	@scripts/each main "$(BASE)"

test:				## the tests of the repository, then the main job with the boots that vm/machine/ has for it
	@scripts/test "$(BASE)"

series:				## out/BASE/TOPIC/*.patch, as mails: each topic is a series
	@scripts/each mkseries "$(BASE)"

am:				## git am of all topics on your tree: LINUX=dir (FORCE=1: another version)
	@scripts/am "$(BASE)" "$(LINUX)"

base:				## a new base from an old one: BASE=new FROM=old
	@scripts/newbase "$(BASE)" "$(FROM)"

refresh:			## hooks and patches as git writes them on BASE's source of today
	@scripts/each refresh "$(BASE)"

boot:				## a shell in the machine that the main job boots
	@scripts/each boot "$(BASE)"

check:				## every mail by itself: applies, checkpatch, builds, no new warning
	@scripts/each check "$(BASE)"

compare:			## without the fix patches and with them: what fails before, what is fixed
	@scripts/each compare "$(BASE)"

record:				## the last make compare of BASE to results/BASE
	@scripts/each record "$(BASE)"

mutants:			## each bug of mutants/ built and booted: the tests must notice it
	@scripts/each mutants "$(BASE)"

help:				## this list
	@awk -F ':.*## ' '/^[a-z]+:.*##/ { printf "make %-9s %s\n", $$1, $$2 }' Makefile
	@echo 'Settings: BASE=$(BASE)|"6.1 6.12"|all FROM=base LINUX=dir SERIES=none TOPIC=topic,... TEST=test,... BOOT=boot,...|all CASE=regex'
	@echo '          DEBUG=1 CACHE=dir OUT=dir JOBS=n ACCEL=kvm|tcg SIGNOFF="Name <mail>" FORCE=1 V=1'
