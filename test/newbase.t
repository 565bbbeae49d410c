#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/newbase and scripts/refresh on toy trees: a series comes over to another
# kernel, three-way, and what is written is what git says of the applied series.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/toy.sh"
export CACHE="$tmp/cache"
toy_repo
newbase=$repo/scripts/newbase refresh=$repo/scripts/refresh

# 1.0 is to be had from its tag, 2.0 not at all.
sed -i "s,^1\.0 .*,1.0 commit=$(git -C "$linux" rev-parse base^0) tag=base git=file://$linux map=tests/x86:tests/x86_64 topics=kvm," series/bases
git commit -qam bases

# kernel SED-SCRIPT: $new is Linux 1.5, which has no history of 1.0 and differs in virt/kvm.c
new=$tmp/new
kernel() {
	rm -rf "$new"
	mkdir "$new"
	git -C "$linux" archive base | tar -C "$new" -xf -
	sed -i 's/^PATCHLEVEL.*/PATCHLEVEL = 5/' "$new/Makefile"
	sed -i "$1" "$new/virt/kvm.c"
	(cd "$new" && git init -q . && git add -A && git commit -qm 1.5 && git tag base)
}
state() { (cd "$1" && find . -printf '%p %m %s %T@\n' | sort); }
changed() { git status --porcelain | sort -k 2 | xargs; }
# git_says BASE TREE [TOPIC [UNDER]]: out/BASE/TOPIC, or kvm, is what git says after git am
# on the tree's tag "base", and on UNDER
git_says() {
	rm -rf "$tmp/applied" "$tmp/again" out
	TOPIC="${3:-kvm} ${4-}" scripts/mkseries "$1" >"$tmp/made" && git clone -q "$2" "$tmp/applied" 2>"$tmp/made" && git -C "$tmp/applied" checkout -q base &&
		{ [ ! "${4-}" ] || git -C "$tmp/applied" am -q --no-3way "$repo/out/$1/$4"/000[1-9]*; } &&
		under=$(git -C "$tmp/applied" rev-parse HEAD) && git -C "$tmp/applied" am -q --no-3way "$repo/out/$1/${3:-kvm}"/000[1-9]* &&
		git -C "$tmp/applied" format-patch -q --zero-commit --abbrev=12 -n --subject-prefix="PATCH $1" --signature=kvm-dax -o "$tmp/again" "$under" &&
		diff -r -x '0000-*' out/"$1/${3:-kvm}" "$tmp/again"
}
# stops NAME TEXT COMMAND...: with that in its only line, and the repository as it was
stops() {
	before=$(changed)
	fails "$@"
	cp "$tmp/said" "$tmp/told"
	lines=$(grep -cE '^(newbase|refresh|import|mkseries): ' "$tmp/said")
	is '... in one line' 1 "$lines"
	is '... and changes nothing' "$before" "$(changed)"
}

kernel 's/^18$/eighteen/; s/^39$/thirtynine/'
stops 'a base that exists' 'newbase: 2.0: series/bases has it already (make refresh BASE=2.0)' "$newbase" 2.0 1.0
stops 'a model that does not' '3.0: series/bases: no such base (known: 1.0 2.0)' "$newbase" 1.5 3.0
stops 'no model' 'which base is to be the model? (make base BASE=1.5 FROM=2.0)' "$newbase" 1.5 ''
for name in v1.5 1.5.2 1.5-rc1 latest ../1.5 1 ''; do
	fails "a name that is no version: '$name'" "BASE=$name: a base is named by its version" "$newbase" "$name" 1.0
done
mkdir series/1.5
stops 'a folder without its line' '1.5: series/1.5 is there, but not its line' "$newbase" 1.5 1.0
rmdir series/1.5
ok 'for none of these anything was made' [ ! -e "$CACHE" ]

# Two mails do not apply as they are, and the second one was made on what the first
# one had made of 1.0, which is not even in the cache yet. A third one went upstream.
mkdir "$new/Documentation" && cp overlay/Documentation/toy.rst "$new/Documentation/"
(cd "$new" && git add -A && git commit -qm doc && git tag -f base) >"$tmp/told"
before=$(state "$new")
ok 'a series comes over to another context' env LINUX="$new" "$newbase" 1.5 1.0
cp "$tmp/said" "$tmp/told"
is '... and the tree is as it was' "$before" "$(state "$new")"
is 'a line and a folder are new' '?? series/1.5/ M series/bases' "$(changed)"
is 'in the order of the versions' '1.0 1.5 2.0' "$(awk '!/^#/ { print $1 }' series/bases | xargs)"
is 'the line says where the base is from' '1.5 map=tests/x86:tests/x86_64 topics=kvm package=linux-source-1.5' \
	"$(awk '$1 == "1.5"' series/bases | xargs)"
is 'the series is the same, but for what the kernel has' 'fix 1.5/kvm/kvm-fix.patch prep 1.5/kvm/kvm-prep.patch test common/kvm-tests.patch run 1.5/kvm/kvm-run.patch' \
	"$(sed '/^#/d' series/1.5/kvm/series | xargs)"
ok '... which is said' grep -qx 'dropped: series/common/kvm-doc.patch' "$tmp/told"
is '... with its head' "$(grep '^#' series/1.0/kvm/series)" "$(grep '^#' series/1.5/kvm/series)"
is 'the model is as it was' '' "$(git status --porcelain series/1.0)"
ok 'its mails are what git says of the applied series' git_says 1.5 "$new"
is 'with both changes' 'eighteen 19 twenty 21' "$(sed -n '18,21p' "$tmp/applied/virt/kvm.c" | xargs)"
ok 'nothing is left to go on with' [ -z "$(find "$CACHE" -maxdepth 2 -name stage -o -maxdepth 2 -name rebase)" ]
toy_reset

# A conflict, after it one of a hook, and one of a patch that is left out.
kernel 's/^20$/XX/; s/^30$/XXX/'
sed -i 's/^two/2/' "$new/tests/Makefile" && git -C "$new" commit -qam 2 && git -C "$new" tag -f base >"$tmp/told"
again="make base BASE=1.5 FROM=1.0 LINUX=$new"
dir=$CACHE/new-$(echo "$new" | sha1sum | cut -c1-8)/rebase
export LINUX="$new"
stops 'a conflict' "newbase: 1.5: KVM: Fix the toy: conflict in virt/kvm.c:20 (git am waits in $dir: " "$newbase" 1.5 1.0
ok 'says how to go on' grep -qF "then: $again)" "$tmp/told"
ok 'in the midst of git am' [ -d "$(git -C "$dir" rev-parse --git-path rebase-apply)" ]
stops 'not before it is corrected' 'virt/kvm.c: has a conflict still' "$newbase" 1.5 1.0
sed -i '/^[<=>|]\{7\}/d; s/^XX$/XX twenty/; /^twenty$/d' "$dir/virt/kvm.c"
git -C "$dir" add virt/kvm.c
stops 'then the same command goes on, to the next one' 'folded: conflict in tests/Makefile:' "$newbase" 1.5 1.0
# What the user edits meanwhile, in the tree that is worked in and in the repository.
printf 'all:\none 1\n2\nthree\n' >"$dir/tests/Makefile"
sed -i 's/^call/recall/' "$dir/tests/x86_64/one.c"
git -C "$dir" add -A tests
stops 'and to the last one' 'KVM: For the harness only: conflict in virt/kvm.c:30' "$newbase" 1.5 1.0
git -C "$dir" am -q --skip
stops 'a mail that can not be taken back' 'series/common/api-args.adapt: the mails change what it adapts' "$newbase" 1.5 1.0
echo '# a word of mine' >>series/bases
sed -i 's/call(/recall(/' overlay/tests/x86/one.c series/common/api-args.adapt
ok 'when that is made by hand, it goes on' "$newbase" 1.5 1.0
unset LINUX
is 'what was edited meanwhile is there' '# a word of mine' "$(tail -n 1 series/bases)"
is 'it all' 'M overlay/tests/x86/one.c ?? series/1.5/ M series/bases M series/common/api-args.adapt' "$(changed)"
is 'what was skipped is left out' '0' "$(grep -c kvm-run series/1.5/kvm/series)"
is '... with its file' 'cover kvm-fix.patch kvm-prep.patch kvm-tests.hook series' "$(cd series/1.5/kvm && echo *)"
ok 'the mails are git'\''s own' git_says 1.5 "$new"
is 'with what was corrected' 'XX twenty all: one 1 2 three' "$(sed -n 20p "$tmp/applied/virt/kvm.c") $(xargs <"$tmp/applied/tests/Makefile")"
toy_reset

# A hook and two patches that still apply, but with lines and ids of another source.
sed -i 's/^index [0-9a-f]*/index 0123456789ab/; s/^@@ -3,/@@ -2,/' series/1.0/kvm/kvm-tests.hook
sed -i '/virt\/kvm.c/,$s/^index [0-9a-f]*\.\.[0-9a-f]*/index 0123456789ab..ba9876543210/; s/^@@ -38,3 +38,4/@@ -30,3 +30,4/' series/1.0/kvm/kvm-prep.patch series/1.0/kvm/kvm-run.patch
sed -i 's/^10$/ten/' overlay/tests/x86/one.c
edit=$(git diff overlay)
is 'three files are stale' 'kvm-prep.patch kvm-run.patch kvm-tests.hook' "$(git diff --name-only series/1.0 | xargs -n 1 basename | xargs)"
git_says 1.0 "$linux" >"$tmp/stale" 2>&1
is 'so the mails are not git'\''s' 1 $?
ok 'refresh' "$refresh" 1.0
ok 'makes them so' git_says 1.0 "$linux"
is 'an edit of before is there' "$edit" "$(git diff overlay)"
is 'the run patch is as it was committed' '' "$(git diff series/1.0/kvm/kvm-run.patch | grep '^[-+]\(index\|@@\)')"
ok 'the word of explanation, too' grep -qx '# SPDX' series/1.0/kvm/kvm-tests.hook
before=$(git diff)
ok 'a second time' "$refresh" 1.0
is 'nothing changes' "$before" "$(git diff)"
fails 'of no base' 'no such base' "$refresh" 3.0
fails 'of two' 'one base is needed here' "$refresh" '1.0 2.0'
git reset -q --hard

# Three topics: the second one is on the first one, and needs a merge that knows it; the
# third one has a conflict.
toy_topics
kernel 's/^11$/eleven/; s/^20$/XX/'
export LINUX="$new"
# corrected: the conflict is
corrected() { sed -i '/^[<=>|]\{7\}/d; s/^XX$/XX twenty/; /^twenty$/d' "$dir/virt/kvm.c" && git -C "$dir" add virt/kvm.c; }
stops 'a conflict of the third topic' 'KVM: Fix the toy: conflict in virt/kvm.c:20' "$newbase" 1.5 1.0
corrected
ok 'goes on there' "$newbase" 1.5 1.0
ok '... and says nothing of the others' sh -c '! grep -q 1.5/fixes "$1"' - "$tmp/said"
is 'all topics are new' '?? series/1.5/ M series/bases' "$(changed)"
is '... in the order of the model' 'topics=fixes,large,kvm' "$(awk '$1 == "1.5"' series/bases | grep -o 'topics=[^ ]*')"
ok 'the first one is what git says' git_says 1.5 "$new" fixes
ok 'the third one' git_says 1.5 "$new" kvm
ok 'the second one, on the first one' git_says 1.5 "$new" large fixes
is '... with both changes' 'eleven 12 13 fourteen 15 sixteen' "$(sed -n '11,16p' "$tmp/applied/virt/kvm.c" | xargs)"
toy_reset

# All of the first one went upstream.
kernel 's/^16$/sixteen/; s/^20$/XX/'
stops 'a conflict behind a topic that the source has' 'KVM: Fix the toy: conflict' "$newbase" 1.5 1.0
ok '... which is said' grep -qx 'dropped: series/1.5/fixes, of which the source has all mails' "$tmp/told"
corrected
ok 'it goes on' "$newbase" 1.5 1.0
is 'the topic is none of the new base' 'kvm large topics=large,kvm' "$(cd series/1.5 && echo *) $(awk '$1 == "1.5"' series/bases | grep -o 'topics=[^ ]*')"
is 'nor does one stand on it' 0 "$(grep -c 'On:' series/1.5/large/series)"
ok '... which is what git says' git_says 1.5 "$new" large
is 'the model has it still' '' "$(git status --porcelain series/1.0)"
toy_reset
unset LINUX

# Two topics are stale.
sed -i '/virt\/kvm.c/,$s/^index [0-9a-f]*/index 0123456789ab/' series/1.0/fixes/more.patch series/1.0/kvm/kvm-prep.patch
before=$(cat series/1.0/fixes/more.patch)
ok 'refresh of one topic' env TOPIC=kvm "$refresh" 1.0
ok '... makes it what git says' git_says 1.0 "$linux" kvm
is '... and leaves the other one' "$before" "$(cat series/1.0/fixes/more.patch)"
ok 'refresh of all' "$refresh" 1.0
ok '... makes that, too' git_says 1.0 "$linux" fixes
fails 'of none' 'refresh: TOPIC=kwm: not a topic of 1.0 (which has: fixes large kvm)' env TOPIC=kwm "$refresh" 1.0
toy_reset

# One that waits is not another one.
kernel 's/^20$/XX/'
sed -i 's/^PATCHLEVEL.*/PATCHLEVEL = 0/' "$new/Makefile" && git -C "$new" commit -qam 1.0
export LINUX="$new" TOPIC=kvm
stops 'refresh has a conflict, too' 'KVM: Fix the toy: conflict in virt/kvm.c:20' "$refresh" 1.0
ok '... and says how to go on' grep -qF "then: make refresh BASE=1.0 TOPIC=kvm LINUX=$new)" "$tmp/told"
stops '... which is another topic'\''s' "refresh: 1.0: 1.0 TOPIC=kvm from 1.0 on $(git -C "$dir" rev-parse pristine) waits in $dir" env TOPIC= "$refresh" 1.0
corrected
ok '... or its own' "$refresh" 1.0
is 'it alone is changed' 'M series/1.0/kvm/kvm-fix.patch M series/1.0/kvm/kvm-prep.patch M series/1.0/kvm/kvm-run.patch' "$(changed)"
toy_reset
unset LINUX TOPIC

# A newer source of the base itself. The pre-image of kvm-prep is what kvm-fix alone had
# made of the old one, which was never checked out.
rm -rf "$CACHE"
scripts/source 1.0 >"$tmp/told" && scripts/tree 1.0 >"$tmp/told"
sed -i 's/^39$/thirtynine/' "$linux/virt/kvm.c" && git -C "$linux" commit -qam newer && git -C "$linux" tag -f base >"$tmp/told"
sed -i "/^1/s/commit=[^ ]*/commit=$(git -C "$linux" rev-parse base^0)/" series/bases
rm "$CACHE/1.0/version"	# or it is not fetched again
ok 'refresh on a newer source' "$refresh" 1.0
ok '... makes the mails what git says' git_says 1.0 "$linux" kvm
done_testing
