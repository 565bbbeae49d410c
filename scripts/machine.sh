# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the variables are its callers'
# The machines that boots run on: a file in vm/machine/ for each kernel that is built
# for them, with its boots. Sourced after lib.sh.

# machines: x86 first, which is this machine's kind, or what is built first
machines() { { echo x86; (cd "$TOP/vm/machine" && echo *) | tr ' ' '\n'; } | awk '!seen[$0]++'; }

# machine_field WORD [MACHINE]: what stands behind that word, in each line that begins with it
machine_field() { awk -v word="$1" '$1 == word { sub(/^[^ \t]+[ \t]+/, ""); print }' "$TOP/vm/machine/${2:-$machine}"; }

all_boots() { for each in $(machines); do machine_field boot "$each"; done | awk '{ print $1 }'; }

# machine_of BOOT: the name of its machine; fails if there is no such boot
machine_of() {
	for each in $(machines); do
		machine_field boot "$each" | awk '{ print $1 }' | grep -Fqx -e "$1" || continue
		echo "$each"
		return
	done
	return 1
}

# use_machine NAME: sets $machine, and what its compiler and its files are called:
# $arch, $cross, $debian, $image; $suffix, "" for x86; $config, the machine whose
# fragments it takes, its own coming on top
use_machine() {
	machine=$1
	[ -f "$TOP/vm/machine/$1" ] || die "$1: no such machine (vm/machine has: $(machines | xargs))"
	read -r arch cross debian <<-END
		$(machine_field arch)
	END
	image=$(machine_field image)
	config=$(machine_field config)
	config=${config:-$machine}
	suffix=-$machine
	[ "$machine" != x86 ] || suffix=
}
