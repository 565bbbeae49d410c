#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/source and scripts/tree for a tree of the user's, LINUX=, which must stay
# as it is, and for a base that no Debian package holds, from its tag.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/toy.sh"
export CACHE="$tmp/cache"
toy_repo
source=$repo/scripts/source tree=$repo/scripts/tree

cd "$linux" || exit
mkdir -p scripts/kconfig
printf '#!/bin/sh\n' >scripts/kconfig/merge_config.sh
printf '#!/usr/bin/perl\n' >'scripts/a tool.pl'
printf 'no script\n#!/bin/sh\n' >scripts/data
chmod +x scripts/kconfig/merge_config.sh scripts/*.pl
git add -A && git commit -qm scripts && git tag v1.0
commit=$(git rev-parse v1.0^0)
topics=kvm
# bases COMMIT URL: where 1.0 is to be had
bases() { echo "1.0 commit=$1 tag=v1.0 git=$2 map=tests/x86:tests/x86_64 topics=$topics" >"$repo/series/bases"; }
bases "$commit" "file://$linux"
rm -r "$repo/series/2.0"
echo mine >untracked

# state DIR: all of it, time stamps and .git too
state() { (cd "$1" && find . -printf '%p %m %s %T@\n' | sort); }
# refuses NAME TEXT DIR: LINUX=DIR, which is left as it is, and nothing is taken
refuses() {
	before=$(state "$3")
	fails "$1" "$2" env LINUX="$3" "$source" 1.0
	is '... and the tree is as it was' "$before" "$(state "$3")"
	[ "$kept" ] || ok '... and nothing is taken' [ ! -e "$(cache "$3")/version" ]
}
# takes NAME DIR: LINUX=DIR, which is left as it is
takes() {
	before=$(state "$2")
	ok "$1" env LINUX="$2" "$source" 1.0
	is '... and the tree is as it was' "$before" "$(state "$2")"
}
# cache DIR: where that tree is in the cache; $CACHE/1.0 is where the base's own is
cache() { echo "$CACHE/$(basename "$1")-$(echo "$1" | sha1sum | cut -c1-8)"; }
# taken DIR [WORD]: the tree that was taken of it, or another word of it
taken() { git -C "$(cache "$1")/linux" rev-parse "${2:-pristine^{tree\}}"; }
modes() { git -C "$1" ls-tree -r pristine | sed -n 's/ .*\tscripts/ scripts/p' | xargs; }

kept=
fails 'no such directory' 'no such directory' env LINUX="$tmp/nowhere" "$source" 1.0
fails 'not a kernel' 'not a kernel tree' env LINUX="$tmp" "$source" 1.0
echo x >>Kbuild
refuses 'changes' 'uncommitted changes: M Kbuild (commit or stash them)' "$linux"
git checkout -q Kbuild

takes 'a git tree' "$linux"
is 'its commit is taken, whole and as it is' "$(git rev-parse 'HEAD^{tree}')" "$(taken "$linux")"
is 'without its history' 1 "$(git -C "$(cache "$linux")/linux" rev-list --count pristine)"
is 'under its version and tree' "1.0.7-$(git rev-parse 'HEAD^{tree}' | cut -c1-12)" "$(cat "$(cache "$linux")/version")"
first=$(taken "$linux" pristine)
stamp=$(stat -c %y "$(cache "$linux")/linux/.git/refs/tags/pristine")
ok 'the same again' env LINUX="$linux" "$source" 1.0
is 'is not taken again' "$stamp" "$(stat -c %y "$(cache "$linux")/linux/.git/refs/tags/pristine")"
ok 'a relative path' env LINUX=. "$source" 1.0
is 'is the same tree' "$(cache "$linux")" "$(find "$CACHE" -name version -printf '%h\n')"

# A clone has another path, and so a place of its own.
git clone -q "$linux" "$tmp/other/linux"
sed -i 's/SUBLEVEL = 7/SUBLEVEL = 8/' "$tmp/other/linux/Makefile" && git -C "$tmp/other/linux" commit -qam eight
takes 'another tree of the same name and base' "$tmp/other/linux"
ok 'and the base'\''s own, from its tag' "$source" 1.0
is 'the three are side by side' '1.0.7 1.0.7 1.0.8' "$(cat "$CACHE"/*/version | sed 's/-.*//' | sort | xargs)"
is 'the first one is as it was' "$first" "$(taken "$linux" pristine)"
is 'and the same source from its tag is the same commit' "$first" "$(git -C "$CACHE/1.0/linux" rev-parse pristine)"
other=$(taken "$tmp/other/linux" pristine)

sed -i 's/SUBLEVEL = 7/SUBLEVEL = 9/' Makefile && git commit -qam nine
takes 'a stable update' "$linux"
is 'is another version' 1.0.9 "$(sed 's/-.*//' "$(cache "$linux")/version")"
is 'in the same repository, where the old one is, too' "$(git rev-parse v1.0:Makefile)" "$(taken "$linux" "$first:Makefile")"
is 'the other tree is as it was' "$other" "$(taken "$tmp/other/linux" pristine)"
git reset -q --hard v1.0

# As unpacked, by hand, without execute bits, in some other repository.
hand="$tmp/my repository/linux 1.0"
mkdir "$tmp/my repository" && git init -q "$tmp/my repository"
cp -R "$linux" "$hand" && rm -rf "$hand/.git" "$hand/untracked"
find "$hand" -type f -exec chmod -x {} +
hold=$CACHE/linux_1.0-$(echo "$hand" | sha1sum | cut -c1-8)
takes 'a tree that is no repository' "$hand"
is 'its scripts can be run, and nothing else' '100755 scripts/a tool.pl 100644 scripts/data 100755 scripts/kconfig/merge_config.sh' "$(modes "$hold/linux")"
first=$(cat "$hold/version")
echo more >>"$hand/Kbuild"
takes 'changed' "$hand"
ok 'it is another version' [ "$(cat "$hold/version")" != "$first" ]
kept=1
touch "$hand/.config"
refuses 'built in' 'was built in (make mrproper there)' "$hand"
rm "$hand/.config"
mkdir -p "$hand/include/config"
refuses 'built in, with O= or without .config' 'was built in (make mrproper there)' "$hand"
rm -r "$hand/include"

# merges NAME DIR [MAILS]: the series is merged with what DIR has now, which stays as it is
merges() {
	env LINUX="$2" "$source" 1.0 >"$tmp/told"
	before=$(state "$2")
	ok "$1" env LINUX="$2" "$tree" 1.0
	cp "$tmp/said" "$tmp/told"
	is '... and the tree is as it was' "$before" "$(state "$2")"
	is '... all of it is applied' "${3:-5} patches on 1.0.7" "$(tail -n 1 "$tmp/told" | sed 's/-.*//')"
}
# lines DIR: those around the changes
lines() { sed -n '18,20p; 38,$p' "$1/linux/virt/kvm.c" | xargs; }

# Changed where two mails look, of which the second one was made on what the first
# one had made. That is in no repository of the user's, so a merge needs the base's
# own source.
rm -rf "$CACHE"
sed -i 's/^18$/eighteen/; s/^39$/thirtynine/' "$hand/virt/kvm.c"
merges 'a series is merged into another context' "$hand"
is 'with both changes' 'eighteen 19 twenty 38 thirtynine 40 api' "$(lines "$hold")"
ok 'what the mails were made on is the base'\''s own source' [ -e "$CACHE/1.0/version" ]
ok 'nothing is lent: all can go but this tree' rm -r "$CACHE/1.0"
is '... and it is whole' '' "$(git -C "$hold/linux" fsck --connectivity-only 2>&1 | grep -v dangling)"
series=$(git -C "$hold/linux" rev-parse series HEAD)

# A git tree has what the first mail was made on in its history, and here all of the
# series in some other branch.
git checkout -q -b other && git am -q "$hold"/mails/kvm/000[1-9]*.patch && git checkout -q main
sed -i 's/^18$/18th/; s/^39$/39th/' virt/kvm.c && git commit -qam context
merges 'a series is merged into a git tree' "$linux"
is 'with both changes, too' '18th 19 twenty 38 39th 40 api' "$(lines "$(cache "$linux")")"
is '... and it is whole' '' "$(git -C "$(cache "$linux")/linux" fsck --connectivity-only 2>&1 | grep -v dangling)"
is 'by the authors of the mails' 'Up Stream A. Toy S. Ender T. Ester A. Toy' \
	"$(git -C "$(cache "$linux")/linux" log --reverse --format=%an pristine..series | xargs)"

sed -i 's/^20$/XX/' "$hand/virt/kvm.c"
env LINUX="$hand" "$source" 1.0 >"$tmp/told"
before=$(state "$hand")
fails 'a conflict is told by mail, file and line' \
	"tree: 1.0: $hand: KVM: Fix the toy: conflict in virt/kvm.c:20 (SERIES=none tests the tree as it is)" env LINUX="$hand" "$tree" 1.0
is '... and the tree is as it was' "$before" "$(state "$hand")"
is 'what was checked out is so still' "$series" "$(git -C "$hold/linux" rev-parse series HEAD)"
is 'and has no change' '' "$(git -C "$hold/linux" status --porcelain)"
is 'nothing is left of the attempt' 'linux lock mails version' "$(cd "$hold" && echo *)"
is 'SERIES=none tests it as it is' '0 patches on 1.0.7' "$(env SERIES=none LINUX="$hand" "$tree" 1.0 2>&1 | sed 's/-.*//')"
is 'that is' "$(git -C "$hold/linux" rev-parse pristine pristine)" "$(git -C "$hold/linux" rev-parse series HEAD)"
is 'with its files' XX "$(sed -n 20p "$hold/linux/virt/kvm.c")"

# A tree that has another context for two of three topics. A mail of the third one was
# made on a file that no tree has in which all are applied.
rm -rf "$CACHE"
git -C "$linux" reset -q --hard base && git -C "$linux" clean -qfdx
toy_topics
topics=kvm,fixes,large
bases "$commit" "file://$linux"
mkdir "$tmp/three" && git -C "$linux" archive v1.0 | tar -C "$tmp/three" -xf -
sed -i 's/^11$/eleven/; s/^39$/thirtynine/' "$tmp/three/virt/kvm.c"
merges 'three topics are merged into another context' "$tmp/three" 8
is 'with all changes' 'eleven 12 13 fourteen 15 sixteen 17 18 19 twenty thirtynine 40 api' \
	"$(sed -n '11,20p; 39,$p' "$(cache "$tmp/three")/linux/virt/kvm.c" | xargs)"
is 'the run patch is the last one' 'KVM: For the harness only' "$(git -C "$(cache "$tmp/three")/linux" log -1 --format=%s)"

rm -rf "$CACHE"
bases 0123456789012345678901234567890123456789 "file://$linux"
fails 'a tag that has moved' 'v1.0 is '"$commit"', not 0123456789' "$source" 1.0
bases "$commit" "file://$tmp/nowhere"
"$source" 1.0 >"$tmp/told" 2>&1
is 'neither LINUX nor a clone ends with a code of its own' 4 $?
ok 'and says what to do' grep -q 'set LINUX=/path/to/linux-1.0' "$tmp/told"
ok 'with nothing half done' [ ! -e "$CACHE/1.0/version" ]
done_testing
