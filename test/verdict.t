#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/verdict on a recorded boot (test/data/boot), whole and damaged in each
# way that a boot can go wrong: the damage, then the exit code and the line that
# it must end with.
. "$(dirname "$0")/tap.sh"

repo=$TOP
kunit=${KUNIT:?is not set: kunit.py of a kernel tree; make test sets it}
verdict=$repo/scripts/verdict

# The lists that the recording was made with, so that it stays valid; it has
# nothing in it that vm/known would explain.
export TOP="$tmp/top"
mkdir -p "$TOP/vm"
ln -s "$repo/scripts" "$repo/series" "$TOP/"
cp "$repo/vm/splats" "$repo/vm/splats-known" "$TOP/vm/"
: >"$TOP/vm/known"
cp "$repo/test/data/tests" "$TOP/vm/"

boot=$tmp/nvdimm
fresh() {
	rm -rf "$boot"
	cp -r "$repo/test/data/boot" "$boot"
}

# judged NAME CODE TEXT [RC]: what the verdict says of $boot as it is now.
judged() {
	got=$("$verdict" "${base:-6.12}" "$boot" "$kunit" "${4:-0}" 2>&1)
	is "$1" "$2" "$?"
	if [ "$3" ]; then
		ok "$1: says so" sh -c 'echo "$1"; echo "$1" | grep -q "$2"' - "$got" "$3"
	else
		is "$1: says nothing" "" "$got"
	fi
	fresh
}

fresh
judged 'pass' 0 ''

sed -i 's/^ok 3/not ok 3/' "$boot/kselftest-toy_test.ktap"
judged 'a selftest fails, KUnit passes' 1 'kselftest-toy_test: .*: FAIL'
sed -i '/KTAP version/,$s/ ok 1/ not ok 1/' "$boot/kunit.ktap"
judged 'KUnit fails, the selftest passes' 1 'kunit: .*: FAIL'
sed -i 's/^\(ok 2 .*\)/\1 # SKIP no statistic/' "$boot/kselftest-toy_test.ktap"
judged 'a skip that nobody expects' 4 'no statistic'
sed -i 's/^ok \([23]\) \(.*\)/# \2: no statistic \1\nok \1 # SKIP \2/' "$boot/kselftest-toy_test.ktap"
judged 'skips as kselftest.h writes them' 4 '32 leaves of 2 MiB: SKIP: no statistic 2$'
sed -i 's/^\(ok 2 .*\)/\1 # SKIP no statistic/' "$boot/kselftest-toy_test.ktap"
echo "6.12 | nvdimm | kselftest-toy_test | skip | $(sed -n 's/^ok 2 //p' "$repo/test/data/boot/kselftest-toy_test.ktap") | no reason" >>"$TOP/vm/known"
judged 'a skip that is known' 0 ''
judged 'a known skip that does not come' 1 'expected to SKIP'
: >"$TOP/vm/known"
case=$(sed -n 's/^ok 2 //p' "$boot/kselftest-toy_test.ktap")
echo "6.1,6.12-unfixed | nvdimm | kselftest-toy_test | fail | $case | the bug" >>"$TOP/vm/known"
base=6.12-unfixed
sed -i 's/^ok 2/not ok 2/' "$boot/kselftest-toy_test.ktap"
judged 'a failure that is expected without the fix' 0 ''
judged 'which must come there' 1 'expected to FAIL'
base=
sed -i 's/^ok 2/not ok 2/' "$boot/kselftest-toy_test.ktap"
judged 'and not with the fix' 1 "$case: FAIL"
: >"$TOP/vm/known"
sed -i 's/^ok 1/not ok 1/; s/^\(not ok 1.*\)/\1 # SKIP/' "$boot/runner-toy_test.ktap"
echo '1..0 # SKIP no DAX here' >"$boot/kselftest-toy_test.ktap"
judged 'a whole selftest that skips by the runner of 5.3' 4 'no DAX here'
echo '1..0 # SKIP no DAX here' >"$boot/kselftest-toy_test.ktap"
sed -i 's/^ok 1.*/& # SKIP/' "$boot/runner-toy_test.ktap"
judged 'the whole selftest skips' 4 'no DAX here'

: >"$boot/kselftest-toy_test.ktap"
judged 'no test at all' 1 'kselftest-toy_test: no results'
rm "$boot"/*.ktap
judged 'no document at all' 255 'no test ran'
sed -i '/^ok 3/,$d' "$boot/kselftest-toy_test.ktap"
judged 'KTAP that ends early' 1 'missing expected subtest'
sed -i 's/^1\.\.3/1..2/; /^ok 3/d' "$boot/kselftest-toy_test.ktap"
judged 'fewer cases than the list says' 1 '2 results, 3 are expected'
sed -i '/^1\.\./d' "$boot/kselftest-toy_test.ktap"
judged 'KTAP without a plan' 1 'no plan'
sed -i 's/^ok 1/not ok 1/' "$boot/runner-toy_test.ktap"
judged 'the runner alone says not ok' 1 'runner-toy_test: .*: FAIL'
sed -i 's/^ok 9/not ok 9/' "$boot/harness.ktap"
judged 'a namespace that can not be disabled' 1 'harness: .*: FAIL'

: >"$boot/exit"
echo '[    9.0] Kernel panic - not syncing: Fatal exception' >>"$boot/console.log"
judged 'panic' 255 'Kernel panic'
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
echo 'kvm-dax: error: no /dev/kvm: see the lines of kvm' >>"$boot/console.log"
judged 'L1 without /dev/kvm' 2 'no /dev/kvm'

sed -i '$i[    8.0] WARNING: CPU: 0 PID: 1 at fs/dax.c:390 dax_disassociate_entry+0x1/0x2' "$boot/console.log"
judged 'splat' 125 'dax_disassociate_entry'
sed -i '$i[    8.0] WARNING: CPU: 0 PID: 1 at mm/memremap.c:132 x' "$boot/console.log"
echo '6.12 | WARNING: .*at mm/memremap.c:132 | of old' >>"$TOP/vm/splats-known"
judged 'a known splat' 0 ''
warning='[    8.0] WARNING: CPU: 0 PID: 1 at mm/memremap.c:132 x'
sed -i "\$i$warning\n[    8.0] Call Trace:" "$boot/console.log"
echo 512 >"$boot/taint"
judged 'a known WARNING excuses its call trace and the taint' 0 ''
sed -i "\$i$warning\n[    8.0] Call Trace:\n[    8.1] Call Trace:" "$boot/console.log"
judged 'but no second call trace' 125 'splat: .*8.1. Call Trace'
sed -i "\$i$warning" "$boot/console.log"
echo 640 >"$boot/taint"
judged 'and no other taint' 125 'tainted: 128'
sed -i "\$i$warning" "$boot/console.log"
base=6.1
judged 'a splat that is known of another base' 125 'memremap.c:132'
base=
echo 512 >"$boot/taint"
judged 'taint' 125 'tainted: 512'
echo 262144 >"$boot/taint"
judged 'the taint of KUnit' 0 ''
rm "$boot/taint"
judged 'no word on taint' 125 'tainted'
judged 'a kernel that does not power off' 124 'did not power off' 124
sed -i 's/^\(ok 2 .*\)/\1 # SKIP no statistic/' "$boot/kselftest-toy_test.ktap"
sed -i '$i[    8.0] WARNING: CPU: 0 PID: 1 at fs/dax.c:390 x' "$boot/console.log"
judged 'a splat besides a skip' 1 'splat: '
sed -i '$i[    8.0] WARNING: CPU: 0 PID: 1 at fs/dax.c:390 x' "$boot/console.log"
echo '   # an indented comment' >>"$TOP/vm/splats-known"
judged 'a comment excuses no splat' 125 'splat: '
echo '* | ( | broken' >>"$TOP/vm/splats-known"
judged 'a known splat that is no regular expression' 2 'not regular expressions'
cp "$repo/vm/splats-known" "$TOP/vm/"
printf 'kselftest kvm:other_test * * 3 120' >>"$TOP/vm/tests"
judged 'a list of tests without its last newline' 2 'add a newline'
echo >>"$TOP/vm/tests"
judged 'a test of the list that was not run' 1 'runner-other_test: no results'
echo '6.12 | nvdimm | kselftest-other_test | fail | case | known' >>"$TOP/vm/known"
export ONLY=toy_test
judged 'one selftest was asked for, the others are not missed' 0 ''
sed -i '/KTAP version/,$s/ ok 1/ not ok 1/' "$boot/kunit.ktap"
echo '6.12 | nvdimm | kunit | fail | resource/resource_test_union | known' >>"$TOP/vm/known"
judged 'and what KUnit is known to fail' 0 ''
sed -i 's/^ok 3/not ok 3/' "$boot/kselftest-toy_test.ktap"
judged 'and it fails' 1 'kselftest-toy_test: .*: FAIL'
unset ONLY
: >"$TOP/vm/known"
echo 'kselfest kvm:third_test * * 3 120' >>"$TOP/vm/tests"
judged 'a list of tests with a kind that is none' 2 'kselfest .*: no such kind'
printf 'kselftest kvm:toy_test 3 120\n' >"$TOP/vm/tests"
judged 'a list of tests without base and boot' 2 '4 columns, not 6'
{ cat "$repo/test/data/tests"; echo 'kunit - 6.1,6.12 * n/a -'; } >"$TOP/vm/tests"
rm "$boot/kunit.ktap"
judged 'a document that a base can not have' 0 ''
"$verdict" 6.12 "$boot" "$kunit" >/dev/null 2>&1
is 'is in the table' '6.12 nvdimm kunit n/a n/a n/a' "$(head -n 1 "$boot/table" | xargs)"
{ cat "$repo/test/data/tests"; echo 'kselftest kvm:other_test 6.1 * 3 120'; echo 'kselftest kvm:other_test * npt0,e820 3 120'; } >"$TOP/vm/tests"
judged 'tests of another base and of other boots' 0 ''
cp "$repo/test/data/tests" "$TOP/vm/"
grep '^#' "$repo/vm/splats" >"$TOP/vm/splats"
judged 'a list of splats that is empty' 2 'vm/splats is empty'
done_testing
