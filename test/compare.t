#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/compare and scripts/record, with a main job that only pretends: it
# leaves what $tmp/before or $tmp/after says, as results of one boot.
. "$(dirname "$0")/tap.sh"

repo=$tmp/repo
export CACHE="$tmp/cache"
origin=linux-$(echo /somewhere/linux | sha1sum | cut -c1-8)
mkdir -p "$repo/scripts" "$repo/series/1.0/kvm" "$repo/series/2.0/kvm" "$repo/vm/machine" "$CACHE/$origin"
cat >"$repo/series/bases" <<'END'
1.0 commit=0123456789012345678901234567890123456789 tag=v1.0 git=https://example.org/toy topics=kvm
2.0 package=linux-toy version=2.0-1 topics=kvm
END
printf 'fix 1.0/kvm/toy.patch\ntest common/toy.patch\n' >"$repo/series/1.0/kvm/series"
printf 'test common/toy.patch\n' >"$repo/series/2.0/kvm/series"
printf 'boot nvdimm nvdimm\nboot e820 e820\nmain nvdimm\n' >"$repo/vm/machine/x86"
: >"$repo/vm/known"
sed -n 's/^LAYOUT=//p' "$TOP/scripts/cache.sh" >"$CACHE/layout"
echo 1.0.0-abc >"$CACHE/$origin/version"
ln -s "$TOP/scripts/"* "$repo/scripts/"
rm "$repo/scripts/setup" "$repo/scripts/source" "$repo/scripts/main"
printf '#!/bin/sh\n' >"$repo/scripts/setup"
printf '#!/bin/sh\nexit $(cat %s/source)\n' "$tmp" >"$repo/scripts/source"
cat >"$repo/scripts/main" <<END
#!/bin/sh
dir=$repo/out/$origin/nvdimm from=after
[ "\$1" != -u ] || { dir=$repo/out/$origin/unfixed/nvdimm from=before; shift; }
echo "\$from \$1\${TOPIC:+ of \$TOPIC}" >>$tmp/ran
mkdir -p "\$dir"
sed "s/^/toy\t/" "$tmp/\$from" >"\$dir/judged"
printf 'nvdimm\t%s\t%s\t0\t0\n' "\$(grep -c PASS "$tmp/\$from")" "\$(grep -c FAIL "$tmp/\$from")" >"\$dir/row"
echo 'tcg, a machine' >"\$dir/accel"
exit \$(cat "$tmp/\$from.rc")
END
chmod +x "$repo/scripts/setup" "$repo/scripts/source" "$repo/scripts/main"
(cd "$repo" && echo out/ >.gitignore && git init -q . && git add -A && git -c user.name=A -c user.email=a@example.org commit -qm toy)

compare=$repo/scripts/compare
fresh() {
	rm -rf "$repo/out" "$repo/results" "$tmp/ran"
	printf 'PASS\tone\t\t\nFAIL\ttwo leaks\tthe bug\tkvm\n' >"$tmp/before"
	printf 'PASS\tone\t\t\nPASS\ttwo leaks\t\t\n' >"$tmp/after"
	: >"$tmp/printed"
	for file in before.rc after.rc source; do echo 0 >"$tmp/$file"; done
}
# ends NAME CODE TEXT [VAR=VALUE]: how compare 1.0 ends, and what it says
ends() {
	env LINUX=/somewhere/linux ${4:+"$4"} "$compare" 1.0 >"$tmp/told" 2>&1
	is "$1" "$2" "$?"
	[ ! "$3" ] || ok "$1: says so" grep -q -e "$3" "$tmp/told"
}

"$compare" 2.0 >"$tmp/told" 2>&1
is 'a series without fix ends with a code of its own' 4 $?
ok 'and says so' grep -q '2.0: its series has no fix patch' "$tmp/told"
fails 'an unknown base' 'known: 1.0 2.0' "$compare" 3.0

fresh
ends 'one result fixed' 0 '^  nvdimm: toy: two leaks$'
is 'without the fix patches first' 'before 1.0 after 1.0' "$(xargs <"$tmp/ran")"
ok 'counts before and after' grep -qE '^nvdimm +1 +1 +0 +0 +2 +0 +0 +0$' "$tmp/told"
ok 'both as expected' grep -qx '1.0 without fixes: as expected' "$tmp/told"
ok 'the table is kept' cmp "$repo/out/$origin/compare/table" "$tmp/told"
is 'what is tracked is not touched' '' "$(git -C "$repo" status --porcelain)"

# record it
record() { LINUX=/somewhere/linux "$repo/scripts/record" 1.0; }
ok 'record' record
ok 'takes the table' cmp "$repo/out/$origin/compare/table" "$repo/results/1.0/table"
is 'and what was run, no more' 'run table' "$(cd "$repo/results/1.0" && echo *)"
ok 'the command is that of any machine' grep -qx 'command: make compare BASE=1.0 LINUX=linux-1.0' "$repo/results/1.0/run"
ok 'the commit is there' grep -qx "series:  commit $(git -C "$repo" rev-parse HEAD)" "$repo/results/1.0/run"
ok 'the source is there' grep -qx 'source:  linux 1.0.0-abc' "$repo/results/1.0/run"
echo >>"$repo/series/1.0/kvm/series"
ok 'what is in no commit' record
ok 'is said' grep -q 'changes that are in no commit' "$repo/results/1.0/run"
git -C "$repo" checkout -q series

# a plot, if anything was counted
counted=$repo/out/$origin/unfixed/nvdimm/kselftest-toy.ktap
printf '#   %s\nnot ok %s\n' '32 page references kept, after 40 gets and puts' '1 leaks' \
	'New huge leaves: wanted 3, got 0' '2 small' '7 page references kept, after 9 gets and puts' '3 leaks on' >"$counted"
printf '%s\n' 'not ok 4 counts nothing' 'ok 5 well' >>"$counted"
printf '%s\n' 'ok 1 leaks' 'ok 2 small' 'not ok 3 leaks on' 'ok 4 counts nothing' 'ok 5 well' >"$repo/out/$origin/nvdimm/kselftest-toy.ktap"
ok 'record of what was counted' record
is 'plots what is fixed, with what was counted' 'leaks (references kept) small (huge leaves)' \
	"$(grep -o 'toy: [^<]*' "$repo/results/1.0/plot.svg" | sed 's/toy: //' | xargs)"
rm "$counted"
ok 'record without it' record
is 'takes the old plot away' 'run table' "$(cd "$repo/results/1.0" && echo *)"

# kept NAME TEXT: record refuses what there is, and leaves what it recorded before
echo mine >"$repo/results/1.0/old"
cp -R "$repo/results" "$tmp/results"
kept() {
	mkdir -p "$repo/results"
	cp -R "$tmp/results/1.0" "$repo/results/"
	fails "$1" "$2" record
	ok '... and leaves what there is' diff -r "$tmp/results" "$repo/results"
}
fresh
kept 'record without a run is refused' 'make compare BASE=1.0 LINUX=/somewhere/linux writes it'
echo 1 >"$tmp/before.rc"
ends 'something unexpected without the fix' 1 '^1.0 without fixes: FAIL (1)$'
kept 'record refuses it' 'FAIL (1)'
fresh
echo 125 >"$tmp/after.rc"
ends 'a splat with the fix' 125 '^1.0: FAIL (125)$'
kept 'record refuses it, too' 'FAIL (125)'
fresh
cp "$tmp/after" "$tmp/before"
ends 'a fix that fixes nothing' 2 '1.0: the fix patches of kvm fix no result'
fresh
echo 2 >"$tmp/before.rc"
ends 'the machinery fails' 2 ''
is 'which is told once' 'before 1.0' "$(xargs <"$tmp/ran")"
fresh
echo 4 >"$tmp/source"
ends 'a source that is not to be had' 4 ''
fresh
for secret in "$repo" "$CACHE" /somewhere/linux; do
	fresh
	sed -i "s,two leaks,$secret," "$tmp/before" "$tmp/after"
	ends 'a path of this machine in a result' 0 ''
	kept '... does not get into results/' "table names $secret of this machine"
done
fresh
ends 'another run' 0 ''
ok 'record of it' record
ok 'replaces the old one as a whole' [ ! -e "$repo/results/1.0/old" ]

# Several topics: fixes, large on it, and kvm, which have a fix each, and docs without.
for topic in fixes large docs; do
	mkdir "$repo/series/1.0/$topic"
	echo "fix 1.0/$topic/$topic.patch" >"$repo/series/1.0/$topic/series"
done
echo 'doc common/docs.patch' >"$repo/series/1.0/docs/series"
sed -i '1i# On: fixes' "$repo/series/1.0/large/series"
sed -i '/^1/s/topics=/&fixes,large,docs,/' "$repo/series/bases"
several() {
	fresh
	printf 'FAIL\t%s\tthe bug\t%s\n' a kvm b large c fixes d fixes e '' >"$tmp/before"
	printf 'PASS\t%s\t\t\n' a b c d e >"$tmp/after"
}
several
ends 'three topics' 0 '^fixes: not ok without its fixes, ok with them: 2$'
is 'what each one fixes is listed, in their order' 'fixes: 2 nvdimm: toy: c nvdimm: toy: d large: 1 nvdimm: toy: b kvm: 1 nvdimm: toy: a' \
	"$(sed -n 's/not ok.*: //; /^[a-z]*: [0-9]$/p; /^  nv/p' "$tmp/told" | xargs)"
sed -i '/large/d' "$tmp/before"
for run in BOOT= BOOT=all; do
	ends "one of them fixes nothing, $run" 2 '1.0: the fix patches of large fix no result' "$run"
done
for run in TEST=toy BOOT=nvdimm CASE=a; do
	ends "which $run need not show" 0 '^large: .*: 0$' "$run"
done
cp "$tmp/after" "$tmp/before"
ends 'but one result must be fixed' 2 'the fix patches of fixes fix no result' TEST=toy
several
ends 'one topic' 0 '^large: .*: 1$' TOPIC=large
is '... is left out first, and then none' 'before 1.0 of large after 1.0' "$(xargs <"$tmp/ran")"
ok '... and no other is told of' sh -c '! grep -qE "^(fixes|kvm):" "$1"' - "$tmp/told"
env TOPIC=large LINUX=/somewhere/linux "$repo/scripts/record" 1.0 >"$tmp/said"
ok '... the command says so' grep -qx 'command: make compare BASE=1.0 LINUX=linux-1.0 TOPIC=large' "$repo/results/1.0/run"
several
ends 'a topic and what stands on it' 0 '^large: .*: 1$' TOPIC=fixes
ok '... are both told of' grep -q '^fixes: .*: 2$' "$tmp/told"
ends 'a topic without fix' 4 '1.0: docs has no fix patch' TOPIC=docs
ends 'a topic that is none' 2 '^compare: TOPIC=larg: not a topic of 1.0 (which has: fixes large docs kvm)$' TOPIC=larg
fails 'SERIES=none' 'SERIES=none: without a series there is nothing to compare' env SERIES=none "$compare" 1.0
done_testing
