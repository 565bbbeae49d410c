#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/tests.sh: what TEST= and BOOT= choose, on a toy vm/; and that the lists of
# the repository itself name nothing that is not there.
. "$(dirname "$0")/tap.sh"

repo=$TOP
top=$tmp/top
mkdir -p "$top/scripts" "$top/series" "$top/vm/machine"
ln -s "$repo/scripts/lib.sh" "$repo/scripts/cache.sh" "$repo/scripts/tests.sh" "$repo/scripts/machine.sh" "$top/scripts/"
printf '%s package=linux-toy\n' 5.3 6.1 6.12 9.0 >"$top/series/bases"
cat >"$top/vm/machine/x86" <<'END'
# a machine
boot  nvdimm  nvdimm
boot  e820    e820
boot  npt0    nvdimm npt=0
boot  tdp0    nvdimm tdp=0
main  nvdimm npt0
test  nvdimm e820 npt0
test  6.12- tdp0
END
cat >"$top/vm/tests" <<'END'
# SPDX
harness    devices         *         *               7  60
harness    teardown        *         nvdimm,npt0     4  60

kunit      refs            6.1-      *               17 -
kunit      refs            6.1-6.12  *               19 -
kselftest  kvm:all_test    *         nvdimm,e820,npt0 1 10
kselftest  kvm:new_test    6.12-     *               2  20
kselftest  kvm:old_test    -6.1      nvdimm          3  30
kselftest  kvm:odd_test    5.3,6.12- npt0            4  40
kselftest  kvm:tdp_test    6.2-8.0   tdp0            5  50
kselftest  kvm:new_test    7.0-      *               22 20
END
# A script of the repository that does as its caller says.
cat >"$top/scripts/use" <<'END'
#!/bin/sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cache.sh"
. "$(dirname "$0")/tests.sh"
unfixed=
eval "$1"
END
chmod +x "$top/scripts/use"
use() { "$top/scripts/use" "$@" 2>&1; }
# lines WORDS: one per line, without the newlines
lines() { use "$1" | xargs; }
# wrong NAME TEXT COMMAND: an error that says TEXT, and nothing else
wrong() {
	fails "$1" "$2" "$top/scripts/use" "$3"
	is "$1: in one line" 1 "$(use "$3" | wc -l)"
}
export TEST BOOT
TEST='' BOOT=''

# The list.
is 'all boots' 'nvdimm e820 npt0 tdp0' "$(lines all_boots)"
is 'tests of a base in a boot' 'devices teardown refs kvm:all_test kvm:new_test' "$(use 'all_tests 6.12 nvdimm' | awk '{ print $2 }' | xargs)"
is 'a later line replaces an earlier one' '22 17' "$(use 'all_tests 9.0 e820' | awk '/new_test|refs/ { print $3 }' | sort -rn | xargs)"
is 'where it is for that base' '2 19' "$(use 'all_tests 6.12 e820' | awk '/new_test|refs/ { print $3 }' | sort -n | xargs)"
is 'and stays where it was' 'devices refs kvm:new_test' "$(use 'all_tests 9.0 tdp0' | awk '{ print $2 }' | xargs)"
for row in '5.3 nvdimm teardown all_test old_test' '5.3 npt0 teardown all_test odd_test' '5.3 tdp0' '6.1 nvdimm teardown refs all_test old_test' \
	'6.12 tdp0 refs new_test tdp_test' '9.0 tdp0 refs new_test' '9.0 npt0 teardown refs all_test new_test odd_test'; do
	# shellcheck disable=SC2086 # words are meant
	set -- $row
	is "what $1 has in boot $2" "$row" "$(echo "$1" "$2" "$(use "all_tests $1 $2 | names" | xargs)" | sed 's/ $//')"
done

# BOOT=
is 'the main boots' 'nvdimm npt0' "$(lines 'boots 6.12')"
BOOT=all
is 'BOOT=all' 'nvdimm e820 npt0 tdp0' "$(lines 'boots 6.12')"
is 'BOOT=all: not those without a test' 'nvdimm e820 npt0' "$(lines 'boots 5.3')"
BOOT='test'
is 'BOOT=test' 'nvdimm e820 npt0' "$(lines 'boots 6.1')"
is 'BOOT=test: a boot for some bases' 'nvdimm e820 npt0 tdp0' "$(lines 'boots 6.12')"
cp "$top/vm/machine/x86" "$tmp/x86"
echo 'test 6.12-6.1 tdp0' >>"$top/vm/machine/x86"
wrong 'a range the wrong way round' 'vm/machine: 6.12-6.1: 6.12-6.1 is the wrong way round' 'boots 6.12'
cp "$tmp/x86" "$top/vm/machine/"
BOOT=compare
sed -i '/^6.12 /s/$/ topics=odd,any,here,there/' "$top/series/bases"
cat >"$top/vm/known" <<'END'
# base | fixes | boot | document | status | name | reason
* | * | tdp0 | a | fail | b | of no topic
6.12 | without any | * | a | fail | b | main ones, too
6.12 | without here | npt0,tdp0 | a | fail | b | a main one, too
6.12 | without odd | e820,tdp0 | a | fail | b | no main one
6.12 | without odd | tdp0 | a | fail | c | no main one
-6.1 | without there | tdp0 | a | fail | b | of another base
END
is 'BOOT=compare: one for each topic' 'nvdimm npt0 e820' "$(lines 'boots 6.12')"
is '... that is left out' 'nvdimm npt0' "$(TOPIC='any here' lines 'boots 6.12')"
for list in 'tdp0,e820' 'tdp0 e820' ' tdp0, e820,'; do
	BOOT=$list
	is "BOOT='$list'" 'tdp0 e820' "$(lines 'boots 6.12')"
done
BOOT=nvdimm,tdp
wrong 'a boot that is none' 'BOOT=tdp: no such boot (vm/machine has: nvdimm e820 npt0 tdp0)' 'boots 6.12'
BOOT=nv.imm
wrong 'which is no pattern' 'BOOT=nv.imm: no such boot' 'boots 6.12'
BOOT=

# TEST=
names='all_test new_test odd_test old_test refs tdp_test teardown'
TEST=all_test
is 'TEST=' 'harness devices 7 60 kselftest kvm:all_test 1 10' "$(lines 'tests 6.12 nvdimm')"
for list in new_test,all_test 'all_test new_test' ' new_test , all_test'; do
	TEST=$list
	is "TEST='$list'" 'devices kvm:all_test kvm:new_test' "$(use 'tests 6.12 nvdimm' | awk '{ print $2 }' | xargs)"
done
TEST=refs
is 'a suite of KUnit' 'devices refs' "$(use 'tests 6.12 nvdimm' | awk '{ print $2 }' | xargs)"
TEST=teardown
is 'the teardown' 'devices teardown' "$(use 'tests 6.12 nvdimm' | awk '{ print $2 }' | xargs)"
TEST=all
is 'a part of a name is none' devices "$(use 'tests 6.12 nvdimm' | awk '{ print $2 }' | xargs)"
wrong 'a test that is none' "TEST=all: no such test (vm/tests has: $names)" 'boots 6.12'
TEST=all_test,al._test
wrong 'one of two' "TEST=al._test: no such test (vm/tests has: $names)" 'boots 6.12'
TEST=devices
wrong 'the devices are no test' "TEST=devices: no such test (vm/tests has: $names)" 'boots 6.12'
TEST=old_test
wrong 'a test that the base lacks' 'TEST=old_test: not on 6.12 (which has: teardown refs all_test new_test odd_test tdp_test)' 'boots 6.12'
is 'which another one has' nvdimm "$(lines 'boots 6.1')"
TEST=odd_test
is 'only those of the main boots that have it' npt0 "$(lines 'boots 6.12')"
TEST=tdp_test
is 'another boot, if no main one has it' tdp0 "$(lines 'boots 6.12')"
BOOT=all
is 'and with BOOT=all' tdp0 "$(lines 'boots 6.12')"
BOOT=nvdimm,e820
wrong 'a test that the boots lack' 'TEST=tdp_test: not in boot nvdimm e820 of 6.12 (but in: tdp0)' 'boots 6.12'
BOOT='' TEST=all_test,tdp_test
wrong 'one of two tests is in no boot that is booted' 'TEST=tdp_test: not in boot nvdimm npt0 of 6.12 (but in: tdp0)' 'boots 6.12'
BOOT=nvdimm,tdp0
is 'each boot has one of the tests' 'nvdimm tdp0' "$(lines 'boots 6.12')"
CASE='a b|c'
export CASE
is 'what a run is about' ' TEST=all_test,tdp_test BOOT=nvdimm,tdp0 CASE=a b|c' "$(use chosen)"
TEST='' BOOT=all CASE=''
is 'of all boots, nothing' '' "$(use chosen)"
BOOT=''
is 'of all, nothing' '' "$(use chosen)"

# SERIES=none: what scripts/initramfs found that the tree lacks.
mkdir -p "$top/out/linux"
LINUX=$tmp/linux SERIES=none
export LINUX SERIES
mkdir -p "$LINUX"
missing=$(use 'out_dir 6.12')
mkdir -p "$missing"
printf 'new_test\nrefs\n' >"$missing/missing"
is 'what a tree lacks is no test of it' 'devices teardown kvm:all_test' "$(use 'tests 6.12 nvdimm' | awk '{ print $2 }' | xargs)"
SERIES=
is 'with the series it has all' 'devices teardown refs kvm:all_test kvm:new_test' "$(use 'tests 6.12 nvdimm' | awk '{ print $2 }' | xargs)"
unset LINUX SERIES

# A list that can not be read is an error, whoever reads it.
cp "$top/vm/tests" "$tmp/tests"
# broken LINE TEXT: with that line, everything fails and says so
broken() {
	echo "$1" >>"$top/vm/tests"
	fails "vm/tests: $1" "$2" "$top/scripts/use" 'all_tests 6.12 nvdimm'
	ok "vm/tests: $1: no test is chosen" sh -c '"$1" "tests 6.12 nvdimm"; [ $? = 2 ]' - "$top/scripts/use"
	ok "vm/tests: $1: no boot is chosen" sh -c '"$1" "boots 6.12"; [ $? = 2 ]' - "$top/scripts/use"
	cp "$tmp/tests" "$top/vm/tests"
}
broken 'kselfest kvm:a_test * * 1 10' 'kselfest kvm:a_test * * 1 10: no such kind (kunit, harness or kselftest)'
broken 'kselftest kvm:a_test 6.12 * 10' '5 columns, not 6'
broken 'kselftest kvm:a_test 7.2 * 1 10' 'vm/tests: 7.2: 7.2 is neither a base nor a range (known: 5.3 6.1 6.12 9.0)'
printf 'kselftest kvm:a_test * * 1 10' >>"$top/vm/tests"
fails 'a last line without its end' 'vm/tests: the last line has no end' "$top/scripts/use" 'all_tests 6.12 nvdimm'
fails 'by which no test is chosen' 'vm/tests: the last line has no end' "$top/scripts/use" 'tests 6.12 nvdimm'

# The repository's own lists.
mkdir -p "$tmp/own/scripts"
ln -s "$repo/series" "$repo/vm" "$repo/mutants" "$tmp/own/"
ln -s "$repo/scripts/lib.sh" "$repo/scripts/cache.sh" "$repo/scripts/tests.sh" "$repo/scripts/machine.sh" "$tmp/own/scripts/"
cp "$top/scripts/use" "$tmp/own/scripts/"
own() { "$tmp/own/scripts/use" "$@"; }
for word in main test; do
	for machine in $(own machines); do
		for boot in $(own "machine_field $word $machine" | sed 's/^[0-9*-][^ ]* //'); do
			is "$word boot $boot is one of $machine" "$machine" "$(own "machine_of $boot")"
		done
	done
done
ok 'there are main boots' [ "$(own 'machine_field main x86')" ]
is 'no two boots have the same name' '' "$(own all_boots | sort | uniq -d)"
# Base, boot and document of all that vm/tests has.
own 'for base in $(known_bases); do
	for boot in $(all_boots); do
		all_tests $base $boot | sed "s/^/$base $boot /"
	done
done' >"$tmp/has" 2>&1
ok 'the tests are read' grep -q '^6.12 nvdimm kselftest kvm:' "$tmp/has"
awk '{ name = $4; sub(/.*:/, "", name) }
	$3 == "harness" { print $1, $2, name; print $1, $2, "boot" }
	$3 == "kunit" { print $1, $2, "kunit"; print $1, $2, "kunit/" name }
	$3 == "kselftest" { print $1, $2, "kselftest-" name; print $1, $2, "runner-" name }' "$tmp/has" >"$tmp/documents"
# What they say of boots has no other check.
is 'vm/tests names no boot that is none' '' "$(awk -v boots="$(own all_boots | xargs)" '!/^#/ && NF && $4 != "*" { n = split($4, b, ","); for (i = 1; i <= n; i++) if (!index(" " boots " ", " " b[i] " ")) print }' "$repo/vm/tests")"
is 'vm/tests has no line that is for no base' '' "$(own 'sed "/^#/d" "$TOP/vm/tests" | while read -r kind name bases rest; do
	for base in $(known_bases); do in_ranges $base "$bases" vm/tests && continue 2; done
	echo "$kind $name $bases $rest"; done' 2>&1)"
# unmatched FILE PROGRAM: the lines of a list of vm/ that match nothing; PROGRAM is
# awk's, for each line and each base that it is for.
unmatched() {
	sed '/^#/d; /^ *$/d' "$1" | awk -F' *[|] *' -v known="$(own known_bases | xargs)" -v where="$1" -v boots="$(own all_boots | xargs)" \
		-v has="$tmp/documents" "$(sed -n "/^AWK_RANGES='/,/}'\$/p" "$repo/scripts/lib.sh" | sed "s/^AWK_RANGES='//; s/}'\$/}/")"'
		BEGIN { while ((getline line <has) > 0) there[line]; n = split(known, bases, " "); m = split(boots, all, " ") }
		{
			any = 0
			for (b = 1; b <= n; b++) {
				if (!in_ranges(bases[b], $1)) continue
				any = 1
				'"$2"'
			}
			if (!any) print "no base: " $0
		}' 2>&1
}
own 'for base in $(known_bases); do
	for topic in $(topics "$base"); do
		! grep -q "^fix[[:space:]]" "$TOP/series/$base/$topic/series" || echo "$base topic $topic"
	done
done' >>"$tmp/documents"
topics='if ($2 != "*" && !((bases[b] " topic " substr($2, 9)) in there)) print bases[b] " has no such topic with a fix: " $0'
for list in known splats-known; do
	is "vm/$list names topics that have a fix" '' "$(unmatched "$repo/vm/$list" "$topics")"
done
is 'vm/known names documents that vm/tests has, for each base and boot' '' "$(unmatched "$repo/vm/known" '
	k = $3 == "*" ? m : split($3, list, ",")
	found = 0
	for (i = 1; i <= k; i++) {
		boot = $3 == "*" ? all[i] : list[i]
		if (!index(" " boots " ", " " boot " ")) { print "no boot: " $0; continue }
		document = $4
		if ($4 == "kunit") { document = "kunit/" $6; sub(/\/[^\/]*$/, "", document) }
		yes = (bases[b] " " boot " " document) in there
		found = found || yes
		# "*" is all boots that have it.
		if (!yes && $3 != "*") print bases[b] " " boot " has no such document: " $0
	}
	if (!found) print bases[b] " has no such document: " $0')"
field() { sed -n "s/^$2: *//p" "$1" | head -n 1; }
for mutant in "$repo"/mutants/*.patch; do
	test=$(field "$mutant" test) boot=$(field "$mutant" boot)
	case $test in kunit:*) document=kunit/${test#*:} ;; *) document=kselftest-$test ;; esac
	echo "$(field "$mutant" bases) | ${boot:-nvdimm} | $document | ${mutant##*/}"
done >"$tmp/mutants"
ok 'there are mutants' [ -s "$tmp/mutants" ]
is 'mutants/ name tests that vm/tests has, for each base, in their boot' '' "$(unmatched "$tmp/mutants" '
	if (!((bases[b] " " $2 " " $3) in there)) print bases[b] " has none such in that boot: " $0')"
done_testing
