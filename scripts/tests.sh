# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Which tests and boots there are, by vm/tests and vm/machine/, and which of them
# TEST= and BOOT= choose. Sourced after lib.sh.
. "$TOP/scripts/machine.sh"

# words LIST: one per line, of blanks or commas between them
words() { echo "$1" | tr -s ', ' '\n' | grep .; }

# all_tests BASE BOOT: their lines of vm/tests, as kind, name, results, timeout; a
# later line for the same test replaces an earlier one. BASE "" and BOOT "" are any.
all_tests() {
	[ -z "$(tail -c 1 "$TOP/vm/tests")" ] || die "vm/tests: the last line has no end, so it would not be read (add a newline)"
	awk -v base="$1" -v boot="$2" -v known="$(known_bases | xargs)" -v where=vm/tests "$AWK_RANGES"'
	function wrong(why) { print "vm/tests: " $0 ": " why > "/dev/stderr"; err = 2; exit }
	/^#/ || !NF { next }
	$1 !~ /^(kunit|harness|kselftest)$/ { wrong("no such kind (kunit, harness or kselftest)") }
	NF != 6 { wrong(NF " columns, not 6") }
	base != "" && !in_ranges(base, $3) || boot != "" && $4 != "*" && index("," $4 ",", "," boot ",") == 0 { next }
	{
		if (!(($1, $2) in line)) order[++n] = $1 SUBSEP $2
		line[$1, $2] = $1 " " $2 " " $5 " " $6
	}
	END { if (err) exit err; for (i = 1; i <= n; i++) print line[order[i]] }' "$TOP/vm/tests"
}

# machine_tests BASE: of all_tests those of any boot of the machine in use
machine_tests() {
	machine_field boot | while read -r boot _; do all_tests "$1" "$boot" || exit; done | sort -u
}

# names: of the lines of all_tests, what TEST= calls them
names() { awk '{ sub(/.*:/, "", $2); if ($2 != "devices") print $2 }'; }

# slower: how many times as long all may take
slower() { if [ "${DEBUG-}" ]; then machine_field debug x86 | awk '{ print $1 }'; else echo 1; fi; }

# tests BASE BOOT: of all_tests those that TEST= chooses, and the steps that make the
# devices, without which none runs. With SERIES=none not what the tree lacks, which
# scripts/initramfs has told and listed.
tests() {
	missing=
	[ "${SERIES-}" != none ] || missing=$(cat "$(out_dir "$1")"/missing* 2>/dev/null | xargs)
	all=$(all_tests "$1" "$2") || return
	echo "$all" | awk -v only="$(words "${TEST-}" | xargs)" -v missing="$missing" -v slower="$(slower)" '
	!NF { next }
	{ name = $2; sub(/.*:/, "", name) }
	name != "devices" && (only != "" && !index(" " only " ", " " name " ") || index(" " missing " ", " " name " ")) { next }
	{ print $1, $2, $3, $4 == "-" ? $4 : $4 * slower }'
}

# fix_boots BASE MAIN: for each topic whose fix patches are left out, and that none of the
# boots MAIN is for by vm/known, its name and the first boot that is
fix_boots() {
	awk -F' *[|] *' -v base="$1" -v main="$2" -v left="$(left_out "$1" | xargs)" -v known="$(known_bases | xargs)" \
		-v where=vm/known "$AWK_RANGES"'
	/^#/ || !NF || !in_ranges(base, $1) { next }
	{ topic = substr($2, 9); n = split($3, boot, ",") }
	!sub(/^without /, "", $2) || !index(" " left " ", " " topic " ") { next }
	!(topic in first) { first[topic] = boot[1] }
	{ for (i = 1; i <= n; i++) if ($3 == "*" || index(" " main " ", " " boot[i] " ")) has[topic] }
	END { for (topic in first) if (!(topic in has)) print topic, first[topic] }' "$TOP/vm/known"
}

# main_boots BASE [main|test]: those of the lines of vm/machine/ that begin so, and have no
# bases in front of the boots, or this one
main_boots() {
	for each in $(machines); do machine_field "${2:-main}" "$each"; done |
		awk -v base="$1" -v known="$(known_bases | xargs)" -v where=vm/machine "$AWK_RANGES"'
		{ bases = $1 ~ /^[0-9*-]/ }
		bases && !in_ranges(base, $1) { next }
		{ for (i = 1 + bases; i <= NF; i++) print $i }
		END { if (err) exit err }'
}

# boots BASE: what BOOT= names, "all" being all that the base has tests for, "test"
# those that vm/machine/ has make test run, and "compare" those that make compare needs;
# without it those that vm/machine/ calls main. With
# TEST= only those that have such a test, and all boots if no main one has.
boots() {
	all_tests "$1" "" >/dev/null || exit
	main=$(main_boots "$1") && test=$(main_boots "$1" test) || exit
	case ${BOOT-} in
	'') set -- "$1" "$main" ;;
	test) set -- "$1" "$test" ;;
	compare) set -- "$1" "$main $(fix_boots "$1" "$(echo "$main" | xargs)" | awk '{ print $2 }' | sort -u)" ;;
	all) set -- "$1" "$(all_boots)" ;;
	*) set -- "$1" "$(words "$BOOT")" ;;
	esac
	for boot in $2; do
		all_boots | grep -Fqx -e "$boot" || die "BOOT=$boot: no such boot (vm/machine has: $(all_boots | xargs))"
	done
	for test in $(words "${TEST-}"); do
		all_tests "" "" | names | grep -Fqx -e "$test" ||
			die "TEST=$test: no such test (vm/tests has: $(all_tests "" "" | names | sort -u | xargs))"
		[ "${SERIES-}" != none ] || ! cat "$(out_dir "$1")"/missing* 2>/dev/null | grep -Fqx -e "$test" ||
			die "TEST=$test: $LINUX does not have it (SERIES=none)"
		all_tests "$1" "" | names | grep -Fqx -e "$test" ||
			die "TEST=$test: not on $1 (which has: $(all_tests "$1" "" | names | xargs))"
	done
	found=$(with_tests "$1" "$2")
	[ "$found" ] || [ "${BOOT-}" ] || found=$(with_tests "$1" "$(all_boots)")
	for test in $(words "${TEST-}"); do
		for boot in $found; do all_tests "$1" "$boot" | names; done | grep -Fqx -e "$test" ||
			die "TEST=$test: not in boot $(echo "$2" | xargs) of $1 (but in: $(TEST=$test with_tests "$1" "$(all_boots)" | xargs))"
	done
	echo "$found"
}

# with_tests BASE BOOTS: those of the boots that have a test besides the devices
with_tests() {
	for boot in $2; do
		! tests "$1" "$boot" | grep -vq '^harness devices ' || echo "$boot"
	done
}

# chosen: what of all tests a run is about, for whoever reads its results
chosen() {
	for word in ${TEST:+"TEST=$TEST"} ${BOOT:+"BOOT=$BOOT"} ${CASE:+"CASE=$CASE"} ${SERIES:+"SERIES=$SERIES"}; do
		case $word in BOOT=all | BOOT=test | BOOT=compare) ;; *) printf ' %s' "$word" ;; esac
	done
}
