#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/main, judged and table: the order of things, boots side by side, the table,
# and the exit code. What makes, boots and judges are small fakes, which do what
# $tmp/do says.
. "$(dirname "$0")/tap.sh"

repo=$TOP
top=$tmp/top
mkdir -p "$top/scripts" "$top/series" "$top/vm/machine" "$tmp/do" "$tmp/linux"
for script in lib.sh cache.sh tests.sh machine.sh main judged table; do
	ln -s "$repo/scripts/$script" "$top/scripts/"
done
for script in setup source kunit tree build boot verdict; do
	printf '#!/bin/sh\necho "%s $*" >>%s/calls\nunfixed=\n[ "$1" != -u ] || { unfixed=/unfixed; shift; }\n. %s/do/%s\n' "$script" "$tmp" "$tmp" "$script" >"$top/scripts/$script"
	chmod +x "$top/scripts/$script"
done
echo '1.0 package=linux-toy version=1.0.5-1 topics=fixes,large,kvm' >"$top/series/bases"
mkdir -p "$top/series/1.0/large"
echo '# On: fixes' >"$top/series/1.0/large/series"
printf 'boot nvdimm nvdimm\nboot e820 e820\nboot npt0 nvdimm\nmain nvdimm npt0\n' >"$top/vm/machine/x86"
printf 'harness devices * * 7 60\nkselftest kvm:%s 10\n' 'toy_test * * 3' 'old_test * e820 3' >"$top/vm/tests"
export CACHE="$tmp/cache" TEST BOOT CASE JOBS
out=$top/out/1.0

# fresh: all is well again
fresh() {
	TEST='' BOOT='' CASE='' JOBS=2
	rm -rf "$top/out" "$tmp/boots"
	: >"$tmp/calls"
	: >"$tmp/marks"
	: >"$tmp/do/setup"
	cat >"$tmp/do/source" <<-'END'
	mkdir -p "$CACHE/$1"
	echo 1.0.7-1 >"$CACHE/$1/version"
	echo "linux-toy 1.0.7-1"
	END
	echo 'echo /kunit.py' >"$tmp/do/kunit"
	echo 'echo 3 patches on 1.0.7-1' >"$tmp/do/tree"
	echo 'echo all is built' >"$tmp/do/build"
	# A boot ends when as many have started as $meet says, or after a while.
	cat >"$tmp/do/boot" <<-END
	dir=\$(echo "\$OUT"/*\$unfixed)/\$2
	mkdir -p "\$dir"
	echo "tcg, a machine" >"\$dir/accel"
	echo "start \$2" >>$tmp/marks
	n=0
	until [ "\$(grep -c start $tmp/marks)" -ge "\$(cat $tmp/meet)" ] || [ \$n = 50 ]; do
		sleep 0.1
		n=\$((n + 1))
	done
	[ \$n != 50 ] || echo late >>$tmp/marks
	echo "end \$2" >>$tmp/marks
	END
	echo 1 >"$tmp/meet"
	cat >"$tmp/do/verdict" <<-END
	cp $tmp/boots/\$(basename "\$2")/* "\$2/"
	printf 'kselftest-toy_test\tPASS\tone\n' >"\$2/cases"
	cat "\$2/bad"
	exit \$(cat "\$2/code")
	END
	for boot in nvdimm e820 npt0; do result $boot 0 '3 0 0 0'; done
}
# result BOOT CODE ROW [BAD]: what its verdict is
result() {
	mkdir -p "$tmp/boots/$1"
	echo "$2" >"$tmp/boots/$1/code"
	echo "$1 $3" | tr ' ' '\t' >"$tmp/boots/$1/row"
	printf '%s' "${4-}" >"$tmp/boots/$1/bad"
	[ ! "${4-}" ] || echo >>"$tmp/boots/$1/bad"
	: >"$tmp/boots/$1/judged"
}
# judged BOOT DOCUMENT STATUS NAME REASON: a result of it that is no pass
judged() {
	boot=$1
	shift
	printf '%s\t%s\t%s\t%s\n' "$@" >>"$tmp/boots/$boot/judged"
}
# ends NAME CODE TEXT [ARGUMENT]: how main ends, and a line that it says, or its begin
ends() {
	"$top/scripts/main" ${4:+"$4"} 1.0 >"$tmp/told" 2>&1
	is "$1" "$2" "$?"
	cp "$tmp/told" "$tmp/said"
	printf '(it should say: %s)\n' "$3" >>"$tmp/said"
	grep -q -e "$3" "$tmp/told"
	verdict $? "$1: says so"
}
calls() { awk '{ print $1 }' "$tmp/calls" | xargs; }

# The order.
fresh
echo 2 >"$tmp/meet"
ends 'a pass' 0 '^1\.0: pass$'
is 'which is the last line' '1.0: pass' "$(tail -n 1 "$tmp/told")"
is 'all was called once, in order' 'setup source tree build kunit boot boot verdict verdict' "$(calls)"
is 'the stages, with what they said last' 'source linux-toy 1.0.7-1 apply 3 patches on 1.0.7-1 build all is built' \
	"$(sed -n '1,3s/ *[0-9.]* s  / /p' "$tmp/told" | xargs)"
is 'a line for each boot' 'nvdimm pass npt0 pass' "$(sed -nE 's/^(n[a-z0-9]+) +[0-9]+\.[0-9] s  /\1 /p' "$tmp/told" | sort -r | xargs)"
is 'the stages are kept' 'apply build npt0 nvdimm source' "$(awk '{ print $1 }' "$out/stages" | sort | xargs)"
ok 'what was made is told' grep -qx 'linux-toy 1.0.7-1, series of 1.0 made on 1.0.5-1' "$tmp/told"
ok 'and on what it ran' grep -qx 'tcg, a machine' "$tmp/told"
ok 'the table is kept' sh -c 'tail -n "$(wc -l <"$2")" "$1" | cmp - "$2"' - "$tmp/told" "$out/table"
is 'and the counts' '6 0 0 0' "$(cat "$out/counts")"
is 'the verdict got the parser and how the boot ended' "1.0 $out/nvdimm /kunit.py 0" "$(sed -n 's/^verdict \(.*nvdimm.*\)/\1/p' "$tmp/calls")"

# Side by side.
is 'JOBS=2: both had started before one ended' 'start start end end' "$(awk '{ print $1 }' "$tmp/marks" | xargs)"
fresh
JOBS=1
ends 'JOBS=1' 0 '^1\.0: pass$'
is 'one after the other, in the order of vm/machine' 'start nvdimm end nvdimm start npt0 end npt0' "$(xargs <"$tmp/marks")"
fresh
BOOT=all
echo 'sleep 0.2' >>"$tmp/do/boot"
sed -i 's/^echo "end/sleep 0.2; &/' "$tmp/do/boot"
echo 2 >"$tmp/meet"
ends 'three boots by two' 0 '^1\.0: pass$'
is 'are never three' 2 "$(awk '/start/ { n++ } /end/ { n-- } n > max { max = n } END { print max }' "$tmp/marks")"
is 'a row for each, in order' 'nvdimm e820 npt0 all' "$(awk '$2 == 3 || $1 == "all" { print $1 }' "$tmp/told" | xargs)"

# What one is about, and the table of it.
fresh
TEST=toy_test CASE='a|b' BOOT=e820,nvdimm
ends 'TEST=, BOOT= and CASE=' 0 '^1\.0: pass, with TEST=toy_test BOOT=e820,nvdimm CASE=a|b alone$'
fresh
TEST=toy_test CASE='a|b' BOOT=e820,nvdimm
sed -i '/cases/d' "$tmp/do/verdict"
for boot in e820 nvdimm; do : >"$tmp/boots/$boot/cases"; done
ends 'no case of any boot is called so' 2 '^main: CASE=a|b: no case of these tests is called so$'
fresh
TEST=old_test
ends 'a test that no main boot has' 0 '^e820 .*pass$'
is 'boots the one that has it' 'start e820 end e820' "$(xargs <"$tmp/marks")"
fresh
result nvdimm 1 '5 1 0 3' '1.0 nvdimm: kselftest-toy_test: punch hole: FAIL: Device or resource busy, errno 16'
judged nvdimm kselftest-toy_test FAIL 'a known bug' 'mm clears the entry'
judged nvdimm runner-toy_test FAIL 'selftests: kvm: toy_test' 'a case of it fails'
judged nvdimm kselftest-toy_test PASS 'huge leaves' ''
judged nvdimm kselftest-toy_test SKIP 'nested, fsdax' 'no nested paging'
judged nvdimm kselftest-toy_test FAIL 'punch hole' ''
result npt0 125 '4 0 0 3' '1.0 npt0: splat: WARNING: CPU: 0 (all of it: /console.log)'
judged npt0 kselftest-toy_test FAIL 'a known bug' 'mm clears the entry'
judged npt0 kselftest-toy_test SKIP 'nested, fsdax' 'no nested paging'
judged npt0 kselftest-toy_test SKIP 'nested, devdax' 'no nested paging'
ends 'what is expected, and what is bad' 125 "^1\.0: FAIL (125), results in $out$"
sed -n '/^boot /,/^linux-toy/p' "$tmp/told" | sed '$d' >"$tmp/table"
cat >"$tmp/want" <<'END'
boot        passed  failed  skipped  expected
nvdimm           5       1        0         3
npt0             4       0        0         3
all              9       1        0         6

expected (vm/known):
  fail  toy_test: a known bug (nvdimm npt0): mm clears the entry
  skip  toy_test: 3 cases (nvdimm npt0): no nested paging

bad:
  1.0 nvdimm: kselftest-toy_test: punch hole: FAIL: Device or resource busy, errno 16
  1.0 npt0: splat: WARNING: CPU: 0 (all of it: /console.log)

END
ok 'are in the table' diff "$tmp/want" "$tmp/table"
ok 'each boot says the first of what is bad' grep -qE '^nvdimm +[0-9.]+ s  FAIL \(1\): 1.0 nvdimm: kselftest-toy_test: punch hole: FAIL: Device' "$tmp/told"
is 'the counts have a number for what is expected' '9 1 0 6' "$(cat "$out/counts")"
is 'the codes are kept' '1 125' "$(cat "$out/nvdimm/code" "$out/npt0/code" | xargs)"

# The exit code.
# codes NVDIMM NPT0 CODE: of two boots' codes the worst
codes() {
	fresh
	result nvdimm "$1" '1 0 0 0' 'a'
	result npt0 "$2" '1 0 0 0' 'b'
	ends "$1 and $2" "$3" "^1\.0: FAIL ($3), results"
}
codes 0 4 4
codes 4 1 1
codes 1 124 124
codes 125 1 125
codes 255 124 255

# The machinery.
fresh
result npt0 2 '0 0 0 0' '1.0 npt0: kvm-dax: error: no /dev/kvm'
ends 'a machine that lacks something' 2 '^npt0 .*FAIL (2): 1.0 npt0: kvm-dax: error: no /dev/kvm$'
ok 'the other boot is told' grep -q '^nvdimm .*pass$' "$tmp/told"
ok 'there is no table' [ ! -e "$out/table" ]
ok 'nor counts' [ ! -e "$out/counts" ]
fresh
sed -i '1i[ $2 != npt0 ] || { echo "boot: 1.0: npt0: QEMU was killed"; exit 2; }' "$tmp/do/boot"
ends 'a boot that can not be' 2 '^npt0 .*FAIL (2): boot: 1.0: npt0: QEMU was killed$'
is 'has no verdict' "1.0 $out/nvdimm /kunit.py 0" "$(sed -n 's/^verdict //p' "$tmp/calls")"
result nvdimm 1 '1 1 0 0' 'the bad line'
ends 'nor hides it a failure of another' 2 '^nvdimm .*FAIL (1): the bad line$'
result nvdimm 124 '1 1 0 0' 'the bad line'
ends 'with a worse one beside it' 124 '^  the bad line$'
ok 'nothing is missed' sh -c '! grep -i "no such file" "$1"' - "$tmp/told"
fresh
sed -i '1i[ $2 != npt0 ] || kill -9 $$' "$tmp/do/boot"
"$top/scripts/main" 1.0 >"$tmp/told" 2>&1
ok 'a boot script that is killed is no pass' [ $? != 0 ]
fresh
sed -i '1i[ "${2%npt0}" = "$2" ] || { kill -9 $PPID; sleep 1; }' "$tmp/do/verdict"
"$top/scripts/main" 1.0 >"$tmp/told" 2>&1
is 'nor is a boot that nobody tells the end of' 2 $?

# stops NAME SCRIPT CODE TEXT CALLS: a stage that fails
stops() {
	ends "$1" "$3" "$4"
	is "$1: nothing comes after" "$5" "$(calls)"
	ok "$1: no table" [ ! -e "$out/table" ]
	fresh
}
fresh
echo 'echo "source: 1.0: no source: gone" >&2; exit 4' >"$tmp/do/source"
stops 'a source that is not to be had' source 4 '^source: 1.0: no source: gone$' 'setup source'
echo 'echo one; echo two >&2; exit 2' >"$tmp/do/tree"
stops 'a series that does not apply' tree 2 '^one$' 'setup source tree'
echo 'echo "sudo: no" >&2; exit 2' >"$tmp/do/setup"
stops 'packages that are missing' setup 2 '^sudo: no$' setup
# As cp says it in a script with set -e.
echo 'echo "cp: cannot stat x" >&2; echo more >&2; exit 1' >"$tmp/do/build"
stops 'a stage that ends with 1 is no failed test' build 2 '^cp: cannot stat x$' 'setup source tree build'
echo 'kill -9 $$' >"$tmp/do/build"
"$top/scripts/main" 1.0 >"$tmp/told" 2>&1
is 'nor is one that was killed' 2 $?
ok 'which is told' grep -qi kill "$tmp/told"
fresh
printf '#!/bin/sh\necho "not in this tree: a_test"\necho "and b_test"\necho all is built\n' >"$tmp/do/build"
ends 'a stage that says several lines' 0 '^not in this tree: a_test$'
ok 'shows them all' sh -c 'grep -qx "and b_test" "$1" && grep -qE "^build +[0-9.]+ s  all is built$" "$1"' - "$tmp/told"

# A wrong setting is told before anything runs, and costs no results.
fresh
ends 'results' 0 pass
: >"$tmp/calls"
# refused NAME TEXT: with these settings nothing runs
refused() {
	mkdir -p "$out/nvdimm"
	: >"$out/nvdimm/row"
	: >"$tmp/calls"
	fails "$1" "$2" "$top/scripts/main" 1.0
	is "$1: nothing runs" '' "$(calls)"
	ok "$1: the last results are there" [ -e "$out/nvdimm/row" ]
}
TEST=to_test
refused 'a test that is none' 'TEST=to_test: no such test (vm/tests has: old_test toy_test)'
TEST=old_test BOOT=nvdimm
refused 'a test that the boot lacks' 'TEST=old_test: not in boot nvdimm of 1.0 (but in: e820)'
TEST='' BOOT=nvdim
refused 'a boot that is none' 'BOOT=nvdim: no such boot (vm/machine has: nvdimm e820 npt0)'
BOOT=' , '
refused 'a list of no boot' '1.0: vm/tests has no test for it in'
BOOT=''
for CASE in '(' '[a' '*('; do
	refused "CASE=$CASE" "CASE=$CASE: not an extended regular expression"
done
CASE=''
SERIES=none
export SERIES
refused 'SERIES=none without a tree' 'SERIES=none: which tree is to be tested? (LINUX=dir)'
SERIES=all LINUX=$tmp/linux
export LINUX
refused 'SERIES=all' 'SERIES=all: only none is known'
unset SERIES LINUX
TOPIC=fixes
export TOPIC
refused 'TOPIC=' 'main: TOPIC=fixes: the main job takes all topics (make series, am, check, refresh and compare take some)'
is '... in one line' 1 "$("$top/scripts/main" 1.0 2>&1 | wc -l)"
TOPIC=fix
fails 'a topic that is none' 'main: TOPIC=fix: not a topic of 1.0 (which has: fixes large kvm)' "$top/scripts/main" -u 1.0
unset TOPIC
fails 'a base that is none' '2.0: series/bases: no such base (known: 1.0)' "$top/scripts/main" 2.0
fails 'two bases' 'BASE=1.0 1.0: one base is needed here' "$top/scripts/main" '1.0 1.0'

# What earlier runs left does not count.
mkdir -p "$out/e820"
echo 'e820 99 0 0 0' | tr ' ' '\t' >"$out/e820/row"
result npt0 2 '0 0 0 0' 'nothing'
ends 'a failure after a pass' 2 '^npt0 '
ok 'has no table of the pass' [ ! -e "$out/table" ]
ok 'nor a boot that was not booted' [ ! -e "$out/e820" ]

# Other results have another place.
fresh
ends 'without the fixes' 0 '^1\.0 without fixes: as expected$' -u
ok 'in a directory of their own' [ -e "$out/unfixed/table" ]
ok 'all knew' sh -c '[ "$(grep -cE "^[a-z]* -u (-m x86 )?1.0" "$1")" = 6 ]' - "$tmp/calls"
ok 'so says the table' grep -q '^linux-toy 1.0.7-1, series of 1.0 made on 1.0.5-1, without the fix patches$' "$out/unfixed/table"
fresh
export TOPIC=fixes
ends 'without those of one topic' 0 '^linux-toy 1.0.7-1, series of 1.0 made on 1.0.5-1, without the fix patches of fixes large$' -u
unset TOPIC
fresh
export LINUX="$tmp/linux" SERIES=none
cat >"$tmp/do/source" <<END
for dir in \$(basename $tmp/cache/linux-*); do echo 1.0.9 >$tmp/cache/\$dir/version; done
echo "linux 1.0.9"
END
# As scripts/initramfs tells it, with the results.
printf '%s\n' 'for dir in '"$top"'/out/linux-*; do printf "one\\ntwo\\n" >"$dir/missing"; done' >"$tmp/do/build"
ends 'a tree of the users' 0 '^1\.0: pass, with SERIES=none alone$'
ok 'is named' grep -q "^$tmp/linux 1.0.9, without a series$" "$tmp/told"
ok 'and what it lacks' grep -q '^not in this tree, so not run: one two$' "$tmp/told"
ok 'and apart' expr "$(echo "$top"/out/*/table)" : ".*/linux-[0-9a-f]*/table"
unset LINUX SERIES

# Whoever ends main ends all of it.
fresh
echo "echo \$\$ >>$tmp/pids; sleep 30" >"$tmp/do/boot"
: >"$tmp/pids"
"$top/scripts/main" 1.0 >"$tmp/told" 2>&1 &
main=$!
n=0
until [ "$(wc -l <"$tmp/pids")" = 2 ] || [ $n = 100 ]; do n=$((n + 1)); sleep 0.1; done
kill $main
wait $main 2>/dev/null
ok 'main that is ended ends' [ $? != 0 ]
n=0
# A dead one has no command, even if nobody has waited for it yet.
alive() { grep -q . "/proc/$1/cmdline" 2>/dev/null; }
while read -r pid; do
	while alive "$pid" && [ $n -lt 20 ]; do n=$((n + 1)); sleep 0.1; done
done <"$tmp/pids"
ok 'and so do its boots' [ $n -lt 20 ]
# What is left over must not hold the test up.
while read -r pid; do ! alive "$pid" || kill "$pid"; done <"$tmp/pids"
done_testing
