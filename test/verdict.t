#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/verdict on a recorded boot (test/data/boot), whole and damaged in each
# way that a boot can go wrong: the damage, then the exit code and the line that
# it must say.  Each junit.xml is compared with the verdict at the end.

# make test sets KUNIT; prove alone finds it where make has put a kernel.
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kvm-dax}
for kunit in "${KUNIT-}" "$cache"/*/linux/tools/testing/kunit/kunit.py; do
	[ ! -f "$kunit" ] || break
done
[ -f "$kunit" ] || {
	echo "Bail out! No kunit.py of a kernel in $cache: run make test, or set KUNIT=/path/to/linux/tools/testing/kunit/kunit.py"
	exit 1
}
. "$(dirname "$0")/tap.sh"

# The lists that the recording was made with, so that it stays valid; it has
# nothing in it that vm/known would explain.
repo=$TOP
top=$tmp/top
mkdir -p "$top/vm/machine" "$top/series" "$top/scripts"
ln -s "$repo/scripts/"* "$top/scripts/"
rm "$top/scripts/ktap"
for base in 5.3 6.1 6.12; do
	mkdir -p "$top/series/$base/large"
	echo '# On: fixes' >"$top/series/$base/large/series"
	echo "$base package=linux-source-$base topics=fixes,large,kvm"
done >"$top/series/bases"
base=
unfixed=

# lists [all]: fresh ones; all is with KUnit and the teardown, which cost time and
# which most damage does not need.
lists() {
	cp "$repo/vm/splats" "$repo/test/data/tests" "$top/vm/"
	[ "${1-}" ] || grep -E '^kselftest|^harness devices' "$repo/test/data/tests" >"$top/vm/tests"
	: >"$top/vm/known"
	: >"$top/vm/splats-known"
}

# Most damage is to other files than documents, or the same: what scripts/ktap makes of
# a set of documents is kept, as the tests of the repository shall be over in half a
# minute.
mkdir "$tmp/memo"
cat >"$top/scripts/ktap" <<END
#!/bin/sh
kunit=\$1 out=\$2
shift 2
memo=\$(tail -n +1 "\$@" 2>/dev/null | sha1sum)
memo=$tmp/memo/\${memo%% *}
if [ ! -e "\$memo" ]; then
	$repo/scripts/ktap "\$kunit" "\$out" "\$@" || exit
	cp -r "\$out" "\$memo"
else
	cp -r "\$memo/." "\$out/"
fi
END
chmod +x "$top/scripts/ktap"

boot=$tmp/nvdimm
fresh() {
	cp -r "$repo/test/data/boot" "$boot"
}

# judged NAME CODE TEXT [RC]: what the verdict says of $boot as it is now; $ran has
# what it wrote.
runs=0
mkdir "$tmp/ran"
judged() {
	got=$("$top/scripts/verdict" $unfixed "${base:-6.12}" "$boot" "$kunit" "${4:-0}" 2>&1)
	code=$?
	is "$1" "$2" "$code"
	if [ "$3" ]; then
		printf '%s\n(it should say: %s)\n' "$got" "$3" >"$tmp/said"
		echo "$got" | grep -q -e "$3"
		verdict $? "$1: says so"
	else
		is "$1: says nothing" "" "$got"
	fi
	runs=$((runs + 1))
	ran=$tmp/ran/$runs
	mv "$boot" "$ran"
	printf '%s\n%s\n%s\n' "$1" "$code" "${base:-6.12}${unfixed:+ without fixes}.nvdimm" >"$ran/about"
	fresh
}

# known LINE, splat_known LINE: one more line of vm/known, of vm/splats-known
known() { echo "$1" >>"$top/vm/known"; }
splat_known() { echo "$1" >>"$top/vm/splats-known"; }

# not_ok DOCUMENT NUMBER [WHY]: a result of a document fails; WHY is what the runner
# adds.
not_ok() { sed -i "s/^ok $2 .*/not &${3:+ # $3}/" "$boot/$1.ktap"; }

# skipped NUMBER: a result of the selftest is a skip
skipped() { sed -i "s/^ok $1 .*/& # SKIP no statistic/" "$boot/kselftest-toy_test.ktap"; }

# kunit_fails: the first of the suite
kunit_fails() { sed -i '/Subtest/,$s/ ok 1/ not ok 1/' "$boot/kunit.ktap"; }

# suite NAME RESULT: a suite of the kernel's own, behind ours, as "ok 1 case"
suite() {
	sed -i 's/\(] 1\.\.\)1$/\12/' "$boot/kunit.ktap"
	printf '[    1.190000] %s\n' '    KTAP version 1' "    # Subtest: $1" '    1..1' "    $2" "$(echo "$2" | sed "s/1 case/2 $1/")" >>"$boot/kunit.ktap"
}

# log LINE: in the console's log, before its end
log() { sed -i "\$i[    8.0] $1" "$boot/console.log"; }

fresh
lists all
judged 'pass' 0 ''
is 'the row of a pass' 'nvdimm 18 0 0 0' "$(xargs <"$ran/row")"
ok 'nothing is unknown then' [ ! -s "$ran/unknown" ]

# One result.
not_ok kselftest-toy_test 3
judged 'a selftest fails, KUnit passes' 1 'kselftest-toy_test: fsdax: punch hole: FAIL'
is 'the row of a failure' 'nvdimm 17 1 0 0' "$(xargs <"$ran/row")"
is 'and what is unknown' 'kselftest-toy_test FAIL fsdax: punch hole' "$(xargs <"$ran/unknown")"
kunit_fails
judged 'KUnit fails, the selftest passes' 1 'kunit: resource/resource_test_union: FAIL'
skipped 2
judged 'a skip that nobody expects' 4 'no statistic'
sed -i 's/^ok \([23]\) \(.*\)/# \2: no statistic \1\nok \1 # SKIP \2/' "$boot/kselftest-toy_test.ktap"
judged 'skips as kselftest.h writes them' 4 '32 leaves of 2 MiB: SKIP: no statistic 2$'
not_ok devices 7
judged 'a device that can not be unmounted' 1 'devices: unmount: FAIL'
not_ok teardown 3
judged 'a namespace that can not be destroyed' 1 'teardown: .*devdax-1G ten times: FAIL'
sed -i 's/^ok 1/not ok 1/; s/^\(not ok 1.*\)/\1 # SKIP/' "$boot/runner-toy_test.ktap"
echo '1..0 # SKIP no DAX here' >"$boot/kselftest-toy_test.ktap"
judged 'a whole selftest that skips by the runner of 5.3' 4 'no DAX here'
echo '1..0 # SKIP no DAX here' >"$boot/kselftest-toy_test.ktap"
sed -i 's/^ok 1.*/& # SKIP/' "$boot/runner-toy_test.ktap"
judged 'the whole selftest skips' 4 'no DAX here'

# Documents.
: >"$boot/kselftest-toy_test.ktap"
judged 'no test at all' 1 'kselftest-toy_test: no results'
rm "$boot/kunit.ktap"
judged 'no word of KUnit' 1 'kunit: no results'
rm "$boot/teardown.ktap"
judged 'no word of the teardown' 1 'teardown: no results'
rm "$boot"/*.ktap
judged 'no document at all' 255 'no test ran'
sed -i '/^ok 3/,$d' "$boot/kselftest-toy_test.ktap"
judged 'KTAP that ends early' 1 'missing expected subtest'
sed -i 's/^1\.\.3/1..2/; /^ok 3/d' "$boot/kselftest-toy_test.ktap"
judged 'fewer cases than the list says' 1 'kselftest-toy_test: 2 results, 3 are expected'
sed -i 's/^1\.\.7/1..6/; /^ok 7/d' "$boot/devices.ktap"
judged 'fewer devices than the list says' 1 'devices: 6 results, 7 are expected'
sed -i '/^1\.\./d' "$boot/kselftest-toy_test.ktap"
judged 'KTAP without a plan' 1 'no plan'

sed -i '/ ok 3 resource_/,$d' "$boot/kunit.ktap"
judged "KUnit's log ends early" 1 'kunit: .*missing expected subtest'

# KUnit's suites: ours are counted, the kernel's own must only not fail.
sed -i 's/1\.\.3$/1..2/; / ok 3 resource_/d' "$boot/kunit.ktap"
judged 'a suite of ours lost a result' 1 'kunit: 2 results of resource, 3 are expected'
sed -i 's/resource$/other/' "$boot/kunit.ktap"
judged 'a suite of ours is not there' 1 'kunit: 0 results of resource, 3 are expected'
suite hash 'ok 1 case'
judged 'a suite of the kernel is not counted' 0 ''
is 'nor is it in the row' 'nvdimm 18 0 0 0' "$(xargs <"$ran/row")"
suite hash 'ok 1 case # SKIP not here'
judged 'a suite of the kernel may skip' 0 ''
suite hash 'not ok 1 case'
judged 'a suite of the kernel may not fail' 1 'kunit: hash/case: FAIL'
suite my_resource 'not ok 1 case'
judged 'not even if its name ends as that of ours' 1 'kunit: my_resource/case: FAIL'

# What is known.
lists
known '6.12 | * | nvdimm | kselftest-toy_test | skip | fsdax: 32 leaves of 2 MiB | no reason'
skipped 2
judged 'a skip that is known' 0 ''
is 'is a row of its own column' 'nvdimm 10 0 0 1' "$(xargs <"$ran/row")"
is 'and has its reason' 'no reason' "$(awk -F'\t' '$2 == "SKIP" { print $4 }' "$ran/judged")"
judged 'a known skip that does not come' 1 'is expected to SKIP'
not_ok kselftest-toy_test 2
judged 'a failure where a skip is known' 1 '32 leaves of 2 MiB: FAIL'
lists
known '* | * | npt0,e820 | kselftest-toy_test | skip | fsdax: 32 leaves of 2 MiB | another boot'
judged 'what is known of other boots is not missed' 0 ''
skipped 2
judged 'nor does it excuse' 4 'no statistic'

# knows BASES CODE: whether a line of these bases is one for 6.12
knows() {
	lists
	known "$1 | * | * | kselftest-toy_test | fail | fsdax: punch hole | by $1"
	splat_known "$1 | * | the moon is full | by $1"
	not_ok kselftest-toy_test 3
	log 'WARNING: the moon is full'
	judged "a failure and a splat, known of $1" "$2" "$3"
}
knows '6.1-' 0 ''
knows '6.2-6.13' 0 ''
knows '5.3, -7.0' 0 ''
knows '-6.1' 1 'splat: .*the moon is full'
knows '6.2-6.11, 5.3' 1 'fsdax: punch hole: FAIL'
knows '6.13-' 1 'splat: .*the moon is full'
knows '6.2' 2 'vm/known: 6.2: 6.2 is neither a base nor a range (known: 5.3 6.1 6.12)'
lists
splat_known '6.12-unfixed | * | the moon | of old'
judged 'a splat of what is no base' 2 'vm/splats-known: 6.12-unfixed: 6.12-unfixed is neither'

# With the fixes and without them.
lists
known '6.1,6.12 | without fixes | nvdimm | kselftest-toy_test | fail | fsdax: 32 leaves of 2 MiB | the bug'
splat_known '6.12 | without fixes | the moon is full | the bug'
unfixed=-u
not_ok kselftest-toy_test 2
log 'WARNING: the moon is full'
judged 'what is expected without the fixes' 0 ''
is 'the topic that fixes it is told' 'fsdax: 32 leaves of 2 MiB: the bug: fixes' "$(awk -F'\t' '$5 != "" { print $3 ": " $4 ": " $5 }' "$ran/judged")"
judged 'must come there' 1 'is expected to FAIL'
unfixed=
judged 'is not missed with them' 0 ''
not_ok kselftest-toy_test 2
judged 'and does not excuse a failure there' 1 '32 leaves of 2 MiB: FAIL'
log 'WARNING: the moon is full'
judged 'nor a splat' 125 'splat: '
unfixed=-u
export TOPIC=large,kvm
judged 'nor is it missed without the fixes of other topics' 0 ''
not_ok kselftest-toy_test 2
judged 'nor does it excuse a failure there' 1 '32 leaves of 2 MiB: FAIL'
log 'WARNING: the moon is full'
judged 'nor a splat there' 125 'splat: '
TOPIC=kvm,fixes
judged 'without those of its topic it must come' 1 'is expected to FAIL'
lists
known '6.12 | without large | nvdimm | kselftest-toy_test | fail | fsdax: 32 leaves of 2 MiB | the bug'
splat_known '6.12 | without large | the moon is full | the bug'
TOPIC=fixes
not_ok kselftest-toy_test 2
log 'WARNING: the moon is full'
judged 'and without those of what its topic stands on' 0 ''
unset TOPIC
lists
known '6.12 | * | nvdimm | kselftest-toy_test | fail | fsdax: 32 leaves of 2 MiB | both'
not_ok kselftest-toy_test 2
judged 'a failure that is expected with and without' 0 ''
unfixed=

# A list that can not be read as it is meant is no list.
for line in '6.12 | nvdimm | kselftest-toy_test | fail | case | reason' '6.12 | * | nvdimm | kselftest-toy_test | fail | case' \
	'6.12 | * | * | kselftest-toy_test | fail | case | reason | more' '6.12 | maybe | * | kselftest-toy_test | fail | case | reason' \
	'5.3 | nvdimm | kselftest-toy_test | fail | case | reason' '5.3 | without | * | kselftest-toy_test | fail | case | reason' \
	'6.12 | without fixes large | * | kselftest-toy_test | fail | case | reason'; do
	lists
	known "$line"
	judged "vm/known: $line" 2 'vm/known: .*: not base | \* or without TOPIC |'
done
for line in '5.3 | moon | reason' '6.12 | * | moon | reason | more' '6.12 | nvdimm | moon | reason' '6.12 | with | moon | reason'; do
	lists
	splat_known "$line"
	judged "vm/splats-known: $line" 2 'vm/splats-known: .*: not base | \* or without TOPIC |'
done
lists
known '6.12 | * | * | kselftest-toy_test | failed | case | reason'
judged 'a known result that is neither' 2 'vm/known: .*: neither skip nor fail'
lists
known '-6.1 | without larg | * | kselftest-toy_test | fail | case | reason'
judged 'a topic of other bases' 0 ''
known '6.1- | without larg | * | kselftest-toy_test | fail | case | reason'
judged 'a topic that is none' 2 '^vm/known: 6.1- | .*: larg is not a topic of 6.12 (which has: fixes large kvm)$'
is '... in one line' 1 "$(echo "$got" | wc -l)"
lists
splat_known '* | without larg | moon | reason'
judged 'a splat of a topic that is none' 2 '^vm/splats-known: .*: larg is not a topic of 6.12'
lists
splat_known '* | * | ( | broken'
judged 'a known splat that is no regular expression' 2 'not regular expressions'
lists
grep '^#' "$repo/vm/splats" >"$top/vm/splats"
judged 'a list of splats that is empty' 2 'vm/splats is empty'
lists
printf 'kselftest kvm:other_test * * 3 120' >>"$top/vm/tests"
judged 'a list of tests without its last newline' 2 'add a newline'
echo >>"$top/vm/tests"
judged 'a test of the list that was not run' 1 'runner-other_test: no results'
lists
echo 'kselfest kvm:third_test * * 3 120' >>"$top/vm/tests"
judged 'a list of tests with a kind that is none' 2 'kselfest .*: no such kind'
printf 'kselftest kvm:toy_test 3 120\n' >"$top/vm/tests"
judged 'a list of tests without base and boot' 2 '4 columns, not 6'
lists
echo 'kselftest kvm:other_test 6.11 * 3 120' >>"$top/vm/tests"
judged 'a list of tests with a base that is none' 2 'vm/tests: 6.11: 6.11 is neither'
lists
printf 'kselftest kvm:%s 120\n' 'other_test -6.1 * 3' 'other_test * npt0,e820 3' 'toy_test 6.1 * 99' >>"$top/vm/tests"
judged 'tests of another base and of other boots' 0 ''
lists

# The runner's own result: a program ends with 1 if a case of it fails.
not_ok runner-toy_test 1
judged 'the runner alone says not ok' 1 'runner-toy_test: selftests: kvm: toy_test: FAIL'
not_ok runner-toy_test 1 exit=1
judged 'and so it does of exit=1' 1 'runner-toy_test: selftests: kvm: toy_test: FAIL'
known '* | * | * | kselftest-toy_test | fail | fsdax: punch hole | a bug'
for why in '' exit=1; do
	not_ok kselftest-toy_test 3
	not_ok runner-toy_test 1 "$why"
	judged "a case is expected to fail, the runner says \"$why\"" 0 ''
done
for why in exit=139 exit=2 exit=10 'TIMEOUT 120 seconds' 'no return within 150 s'; do
	not_ok kselftest-toy_test 3
	not_ok runner-toy_test 1 "$why"
	judged "a case is expected to fail, but the runner says $why" 1 "runner-toy_test: selftests: kvm: toy_test: FAIL: $why"
done
not_ok runner-toy_test 1 exit=1
judged 'an expected case that passes is no reason' 1 'runner-toy_test: selftests: kvm: toy_test: FAIL'
lists
known '* | * | * | kselftest-toy_test | skip | fsdax: punch hole | no bug'
skipped 3
not_ok runner-toy_test 1 exit=1
judged 'nor is one that is expected to skip' 1 'runner-toy_test: selftests: kvm: toy_test: FAIL'
lists

# The machine.
: >"$boot/exit"
log 'Kernel panic - not syncing: Fatal exception'
judged 'panic' 255 'Kernel panic'
known '6.12 | without large | nvdimm | boot | fail | comes to its end | a bug'
log 'Kernel panic - not syncing: Fatal exception'
rm "$boot/exit"
judged 'a panic that is expected without fixes' 255 'no exit code: .*Kernel panic'
unfixed=-u
log 'Kernel panic - not syncing: Fatal exception'
rm "$boot/exit"
judged 'and is none then' 0 ''
is '... is a result' 'boot FAIL comes to its end a bug large' "$(xargs <"$ran/judged")"
is '... that is expected' 'nvdimm 0 0 0 1' "$(xargs <"$ran/row")"
rm "$boot/exit"
judged 'an end without a panic is not excused' 255 'no exit code'
: >"$boot/console.log"
judged 'nor a kernel that does not boot' 255 'did not boot'
judged 'it is expected then' 1 'boot: comes to its end: is expected to FAIL (vm/known), but did not'
unfixed=
judged 'it does not come with them' 0 ''
is '... is a result, too' 'boot PASS comes to its end' "$(grep '^boot' "$ran/judged" | xargs)"
lists
: >"$boot/exit"
judged 'no exit code' 255 'no exit code'
: >"$boot/exit"
judged 'timeout' 124 'timeout after' 124
: >"$boot/console.log"
judged 'a kernel that does not boot' 255 'did not boot'
: >"$boot/console.log"
judged 'a kernel that hangs before init' 124 'did not boot' 124
sed -i '/kvm-dax: end/d' "$boot/console.log"
judged 'no END marker' 255 'END marker'
echo 2 >"$boot/exit"
log 'kvm-dax: error: no /dev/kvm: see the lines of kvm'
judged 'L1 without /dev/kvm' 2 'no /dev/kvm'
judged 'a kernel that does not power off' 124 'did not power off' 124
real=$kunit
kunit=$tmp/no/kunit.py
judged 'no parser' 2 'no/kunit.py: no such file'
kunit=$real

# Splats and taints.
log 'WARNING: CPU: 0 PID: 1 at fs/dax.c:390 dax_disassociate_entry+0x1/0x2'
judged 'splat' 125 'dax_disassociate_entry'
splat_known '6.12 | * | WARNING: .*at mm/memremap.c:132 | of old'
warning='WARNING: CPU: 0 PID: 1 at mm/memremap.c:132 x'
log "$warning"
judged 'a known splat' 0 ''
log "$warning\n[    8.0] Call Trace:"
echo 512 >"$boot/taint"
judged 'a known WARNING excuses its call trace and the taint' 0 ''
log "$warning\n[    8.0] Call Trace:\n[    8.1] Call Trace:"
judged 'but no second call trace' 125 'splat: .*8.1. Call Trace'
log "$warning"
echo 640 >"$boot/taint"
judged 'and no other taint' 125 'tainted: 128'
log "$warning"
base=6.1
judged 'a splat that is known of another base' 125 'memremap.c:132'
base=
lists
echo 512 >"$boot/taint"
judged 'taint' 125 'tainted: 512'
echo 262144 >"$boot/taint"
judged 'the taint of KUnit' 0 ''
rm "$boot/taint"
judged 'no word on taint' 125 'tainted'
skipped 2
log 'WARNING: CPU: 0 PID: 1 at fs/dax.c:390 x'
judged 'a splat besides a skip' 1 'splat: '
log 'WARNING: CPU: 0 PID: 1 at fs/dax.c:390 x'
splat_known '   # an indented comment'
judged 'a comment excuses no splat' 125 'splat: '
lists

# What TEST= leaves.
other() {
	lists all
	echo 'kselftest kvm:other_test * * 3 120' >>"$top/vm/tests"
	known '* | * | * | kselftest-other_test | fail | case | known'
	known '* | * | * | runner-other_test | skip | case | known'
	known '* | * | * | kunit | fail | resource/resource_test_union | known'
	known '* | * | * | teardown | fail | disable, destroy and make fsdax ten times | known'
}
other
judged 'without TEST= all is missed' 1 'runner-other_test: no results'
export TEST=toy_test
judged 'TEST=: other tests and what is known of them are not missed' 0 ''
rm "$boot/kunit.ktap" "$boot/teardown.ktap"
judged 'nor are KUnit and the teardown' 0 ''
kunit_fails
suite hash 'not ok 1 case'
not_ok teardown 2
judged 'nor judged' 0 ''
not_ok kselftest-toy_test 3
judged 'but the test is' 1 'kselftest-toy_test: fsdax: punch hole: FAIL'
rm "$boot/devices.ktap"
judged 'and the devices are' 1 'devices: no results'
TEST=toy_test,other_test
judged 'of two tests one is missing' 1 'runner-other_test: no results'
TEST='other_test toy_test'
judged 'with a blank between them, too' 1 'runner-other_test: no results'
lists all
TEST=resource
rm "$boot"/*toy_test.ktap "$boot/teardown.ktap"
judged 'a suite alone' 0 ''
kunit_fails
judged 'a suite alone fails' 1 'kunit: resource/resource_test_union: FAIL'
TEST=teardown
rm "$boot"/*toy_test.ktap "$boot/kunit.ktap"
judged 'the teardown alone' 0 ''
not_ok teardown 1
judged 'the teardown alone fails' 1 'teardown: .* fsdax ten times: FAIL'
unset TEST

# What CASE= leaves.
lists all
export CASE=leaves
# one_case: what a selftest says that was given such a CASE
one_case() { sed -i 's/^1\.\.3/1..1/; /^ok [13]/d; s/^ok 2/ok 1/' "$boot/kselftest-toy_test.ktap"; }
# no_case: what it says if nothing matches
no_case() {
	echo '1..0 # SKIP No case is chosen' >"$boot/kselftest-toy_test.ktap"
	sed -i 's/^ok 1.*/& # SKIP/' "$boot/runner-toy_test.ktap"
}
one_case
judged 'CASE=: fewer results than the list says' 0 ''
is 'and none of KUnit' 'nvdimm 13 0 0 0' "$(xargs <"$ran/row")"
known '* | * | * | kselftest-toy_test | fail | fsdax: punch hole | known'
known '* | * | * | kunit | fail | resource/resource_test_union | known'
one_case
judged 'what is known of other cases is not missed' 0 ''
known '* | * | * | kselftest-toy_test | skip | fsdax: 32 leaves of 2 MiB | known'
one_case
judged 'but what is known of that case is' 1 '32 leaves of 2 MiB: is expected to SKIP'
lists all
CASE='_union$|nothing'
no_case
judged 'a selftest has no such case, KUnit does' 0 ''
no_case
kunit_fails
judged 'which fails' 1 'kunit: resource/resource_test_union: FAIL'
CASE=intersection
no_case
kunit_fails
judged 'another one of KUnit fails, which was not chosen' 0 ''
CASE=nothing
no_case
judged 'no case matches, which another boot may have' 0 ''
no_case
suite hash 'ok 1 case'
is 'it has no result of these tests' '' "$(grep -E '^(kunit|kselftest)' "$ran/cases")"
judged 'nor are the suites of the kernel any' 0 ''
is 'they are no result of these tests' '' "$(grep -E '^(kunit|kselftest)' "$ran/cases")"
export TEST=toy_test
CASE=union
no_case
judged 'no case of this TEST= matches' 0 ''
unset TEST CASE

# Nothing else in the environment changes a verdict.
other
export ONLY=toy_test WITHOUT=fix RUN=x TOP=/nowhere BASE=6.1 KVM_DAX_LOCKED=1 CDPATH=/:/usr tests=none
judged 'ONLY= and the like' 1 'runner-other_test: no results'
unset ONLY WITHOUT RUN TOP BASE KVM_DAX_LOCKED CDPATH tests
lists

# What XML can not hold, and what could be taken for the end of a message.
escape=$(printf '\033')
for what in "${escape}[31m $(printf 'a\001b latin \344') <b> & \"c\"" "$(printf 'one\ttwo')" "$(printf 'one\rtwo')" "$(printf 'none: \357\277\277')"; do
	not_ok kselftest-toy_test 3
	printf '# fsdax: punch hole: %s here\n' "$what" >>"$boot/kselftest-toy_test.ktap"
	: >"$boot/taint"
	log "WARNING: $what"
	judged "a message and a splat with $(printf '%s' "$what" | cat -A)" 1 'punch hole: FAIL'
done
: >"$boot/exit"
printf '[   9.0] Kernel panic - not syncing: one\ttwo%s[0m\n' "$escape" >>"$boot/console.log"
judged 'a panic with a tab and an escape' 255 'Kernel panic'

# Each junit.xml against the verdict: a line a run, empty if all is well.
/usr/bin/python3 - "$runs" "$tmp/ran" >"$tmp/compared" <<'END'
import os
import sys
import xml.etree.ElementTree as ET


def lines(run, name):
    path = os.path.join(sys.argv[2], str(run), name)
    with open(path, errors="backslashreplace", newline="\n") as f:
        return f.read().split("\n")[:-1]


def plain(text):
    """Letters alone: how what XML can not hold is written is not our business."""
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c == ":"))


def wrong(run):
    _, code, name = lines(run, "about")
    try:
        root = ET.parse(os.path.join(sys.argv[2], str(run), "junit.xml")).getroot()
    except (OSError, ET.ParseError) as e:
        yield f"no junit.xml, or not XML: {e}"
        return
    cases = {}
    count = {"failure": 0, "error": 0, "skipped": 0}
    messages = []
    for case in root:
        if case.tag != "testcase" or not case.get("classname").startswith(name + "."):
            yield f"not a testcase of {name}: {case.tag} {case.attrib}"
        if len(case) > 1:
            yield f"more than one thing is said of {case.get('name')}"
        document = case.get("classname")[len(name) + 1:]
        cases[document, plain(case.get("name"))] = case
        for child in case:
            count[child.tag] += 1
            messages.append(plain(f"{document}: {case.get('name')}: {child.get('message')}"))
            if not child.get("message"):
                yield f"no message: {case.get('name')}"
    if root.tag != "testsuite" or root.get("name") != name:
        yield f"the suite is called {root.get('name')}, not {name}"
    told = [root.get(key) for key in ("tests", "failures", "errors", "skipped")]
    want = [str(n) for n in (len(root), count["failure"], count["error"], count["skipped"])]
    if told != want:
        yield f"counts are {told}, not {want}"
    if (code == "0") != (count["failure"] + count["error"] == 0):
        yield f"the verdict is {code}, but {count}"
    unknown = lines(run, "unknown")
    for row in lines(run, "judged"):
        document, status, result, reason, _ = row.split("\t")
        case = cases.get((document, plain(result)))
        if case is None:
            yield f"missing: {document}: {result}"
            continue
        tag = case[0].tag if len(case) else "PASS"
        if status == "PASS":
            want = "PASS"
        elif f"{document}\t{status}\t{result}" in unknown and status == "FAIL":
            want = "failure"
        else:
            want = "skipped"
        if tag != want:
            yield f"{document}: {result} is {tag}, not {want}"
        elif reason and plain(reason) not in plain(case[0].get("message")):
            yield f"{document}: {result}: its reason is missing: {reason}"
    bad = lines(run, "bad")
    if len(set(bad)) != len(bad):
        yield f"told twice: {bad}"
    # What is bad is there in full: as it is, or as a result and its message.
    for line in bad:
        text = plain(line.split(": ", 1)[1].replace(": FAIL: ", ": ").replace(": SKIP: ", ": "))
        if not any(text in message for message in messages):
            yield f"not told: {line}"


for run in range(1, int(sys.argv[1]) + 1):
    try:
        print("; ".join(wrong(run)))
    except Exception as e:
        print(f"can't be compared: {e!r}")
END
number=0
while read -r line <&3; do
	number=$((number + 1))
	is "junit.xml: $(head -n 1 "$tmp/ran/$number/about")" '' "$line"
done 3<"$tmp/compared"
is 'all were compared' "$runs" "$number"
done_testing
