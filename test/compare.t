#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/compare and scripts/record, with a main job that only pretends: it
# leaves what $tmp/before or $tmp/after says, as results of one boot.
. "$(dirname "$0")/tap.sh"

repo=$TOP
export TOP="$tmp/top" CACHE="$tmp/cache"
mkdir -p "$TOP/scripts" "$TOP/series/1.0" "$TOP/series/2.0" "$TOP/vm" "$CACHE/1.0"
cat >"$TOP/series/bases" <<'END'
1.0 commit=0123456789012345678901234567890123456789 tag=v1.0 git=https://example.org/toy
2.0 package=linux-toy version=2.0-1
END
printf 'fix 1.0/toy.patch\ntest common/toy.patch\n' >"$TOP/series/1.0/series"
printf 'test common/toy.patch\n' >"$TOP/series/2.0/series"
printf 'boot nvdimm nvdimm\nboot e820 e820\n' >"$TOP/vm/machine"
echo 1.0.0-abc >"$CACHE/1.0/version"
ln -s "$repo/scripts/record" "$repo/scripts/lib.sh" "$repo/scripts/cache.sh" "$TOP/scripts/"
printf '#!/bin/sh\n' >"$TOP/scripts/setup"
printf '#!/bin/sh\nexit $(cat %s/source)\n' "$tmp" >"$TOP/scripts/source"
cat >"$TOP/scripts/main" <<END
#!/bin/sh
dir=\$OUT/\$1\${WITHOUT:+/unfixed}/nvdimm
mkdir -p "\$dir"
[ "\$WITHOUT" ] && from=before || from=after
sed "s/^/toy\t/" "$tmp/\$from" >"\$dir/cases"
printf '%s\t%s\t%s\t%s\t%s\t%s\n' "\$1" nvdimm toy "\$(grep -c PASS "$tmp/\$from")" "\$(grep -c FAIL "$tmp/\$from")" 0 >"\$dir/table"
cat "$tmp/\$from" "$tmp/printed" >"\$dir/toy.ktap"
echo 'tcg, a machine' >"\$dir/accel"
exit \$(cat "$tmp/\$from.rc")
END
chmod +x "$TOP/scripts/setup" "$TOP/scripts/source" "$TOP/scripts/main"
git init -q "$TOP" && git -C "$TOP" -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m toy

compare=$repo/scripts/compare
fresh() {
	rm -rf "$TOP/out" "$TOP/results"
	printf 'PASS\tone\nFAIL\ttwo leaks\n' >"$tmp/before"
	printf 'PASS\tone\nPASS\ttwo leaks\n' >"$tmp/after"
	: >"$tmp/printed"
	for file in before.rc after.rc source; do echo 0 >"$tmp/$file"; done
}
# ends NAME CODE TEXT: how compare 1.0 ends, and what it says
ends() {
	LINUX=/somewhere/linux "$compare" 1.0 >"$tmp/told" 2>&1
	is "$1" "$2" "$?"
	[ ! "$3" ] || ok "$1: says so" grep -q -e "$3" "$tmp/told"
}

"$compare" 2.0 >"$tmp/told" 2>&1
is 'a series without fix ends with a code of its own' 4 $?
ok 'and says so' grep -q '2.0: its series has no fix patch' "$tmp/told"
fails 'an unknown base' 'known: 1.0 2.0' "$compare" 3.0

fresh
ends 'one result mended' 0 '^  nvdimm: toy: two leaks$'
ok 'counts before and after' grep -qE '^nvdimm +toy +1 +1 +0 +2 +0 +0$' "$tmp/told"
ok 'the table is kept' cmp "$TOP/out/1.0/compare/table" "$TOP/results/1.0/table"
is 'with the results of both' 'FAIL PASS' "$(cat "$TOP"/results/1.0/*/nvdimm/toy.ktap | awk '/two/ { print $1 }' | sort | xargs)"
ok 'the command is that of any machine' grep -qx 'command: make compare BASE=1.0 LINUX=linux-1.0' "$TOP/results/1.0/run"
ok 'the commit is there' grep -q "commit $(git -C "$TOP" rev-parse HEAD)" "$TOP/results/1.0/run"
ok 'and that it was not all' grep -q 'changes that are in no commit' "$TOP/results/1.0/run"

echo mine >"$TOP/results/1.0/old"
echo 1 >"$tmp/before.rc"
ends 'something unexpected without the fix' 1 '^1.0-unfixed: FAIL (1)$'
ok 'records nothing' [ -e "$TOP/results/1.0/old" ]
fresh
echo 125 >"$tmp/after.rc"
ends 'a splat with the fix' 125 '^1.0: FAIL (125)$'
ok 'records nothing, either' [ ! -e "$TOP/results" ]
fresh
cp "$tmp/after" "$tmp/before"
ends 'a fix that mends nothing' 2 'mend no result'
fresh
echo 2 >"$tmp/before.rc"
ends 'the machinery fails' 2 ''
fresh
echo 4 >"$tmp/source"
ends 'a source that is not to be had' 4 ''
fresh
echo "# $TOP/out" >"$tmp/printed"
ends 'a path of this machine in a result' 2 'toy.ktap names'
ok 'does not get into results/' [ ! -e "$TOP/results" ]
fresh
ends 'all is replaced' 0 'written: results/1.0'
ok 'as a whole' [ ! -e "$TOP/results/1.0/old" ]
done_testing
