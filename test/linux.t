#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/source for a base that no Debian package holds: from LINUX=, which must
# stay as it is, and from a clone of the tag.
. "$(dirname "$0")/tap.sh"

source=$TOP/scripts/source
export TOP="$tmp/top" CACHE="$tmp/cache"
linux=$tmp/linux
git config --file "$GIT_CONFIG_GLOBAL" user.name 'A. Toy'
git config --file "$GIT_CONFIG_GLOBAL" user.email toy@example.org

mkdir -p "$TOP/series" "$linux/scripts/kconfig"
git init -q -b main "$linux"
cd "$linux" || exit
printf 'VERSION = 1\nPATCHLEVEL = 0\nSUBLEVEL = 0\n' >Makefile
echo obj-y >Kbuild
printf '#!/bin/sh\n' >scripts/kconfig/merge_config.sh
printf 'no script\n#!/bin/sh\n' >scripts/data
chmod +x scripts/kconfig/merge_config.sh
git add -A && git commit -qm base && git tag v1.0
commit=$(git rev-parse v1.0^0)
bases() { echo "1.0 commit=$1 tag=v1.0 git=$2" >"$TOP/series/bases"; }
bases "$commit" "file://$linux"

state() {
	(cd "$linux" && git --no-optional-locks status --porcelain --ignored && find . -printf '%p %m %s %T@\n' | sort)
}
# refuses NAME TEXT: LINUX as it is, and leaves it so
refuses() {
	before=$(state)
	fails "$1" "$2" env LINUX="$linux" "$source" 1.0
	is '... and the tree is as it was' "$before" "$(state)"
}
taken() { echo "$CACHE/1.0/$(cat "$CACHE/1.0/version")/linux"; }

fails 'no such directory' 'no such directory' env LINUX="$tmp/nowhere" "$source" 1.0
fails 'not a kernel' 'not a kernel tree' env LINUX="$tmp" "$source" 1.0
echo x >>Kbuild
refuses 'changes' 'uncommitted changes: M Kbuild (commit or stash them)'
git checkout -q Kbuild
sed -i s/1/2/ Makefile && git commit -qam two
refuses 'another version' 'is version 2.0 (give another BASE'
ok 'which FORCE=1 takes' env FORCE=1 LINUX="$linux" "$source" 1.0
git reset -q --hard v1.0
is 'nothing of all this is left but that' 'version' "$(cd "$CACHE/1.0" && echo [!2]*)"

echo mine >untracked
before=$(state)
ok 'a git tree' env LINUX="$linux" "$source" 1.0
is 'is left as it was' "$before" "$(state)"
is 'its commit is taken, whole and as it is' "$(git rev-parse 'HEAD^{tree}')" "$(git -C "$(taken)" rev-parse 'pristine^{tree}')"
is 'as one commit' 1 "$(git -C "$(taken)" rev-list --count pristine)"
is 'under its version and tree' "1.0.0-$(git rev-parse 'HEAD^{tree}' | cut -c1-12)" "$(cat "$CACHE/1.0/version")"
first=$(taken)
stamp=$(stat -c %y "$first/.git")
ok 'the same again' env LINUX="$linux" "$source" 1.0
is 'is not taken again' "$stamp" "$(stat -c %y "$first/.git")"
ok 'nor where LINUX is not given' "$source" 1.0
is 'there it is used as well' "$first" "$(taken)"
sed -i 's/SUBLEVEL = 0/SUBLEVEL = 7/' Makefile && git commit -qam seven
ok 'a stable update' env LINUX="$linux" "$source" 1.0
ok 'is another version' [ "$(taken)" != "$first" ]
is 'and named so' 1.0.7 "$(sed 's/-.*//' "$CACHE/1.0/version")"
git reset -q --hard v1.0

# As unpacked, by hand, without execute bits, in some other repository.
mkdir "$tmp/other" && git init -q "$tmp/other"
cp -R "$linux" "$tmp/other/linux" && rm -rf "$tmp/other/linux/.git"
chmod -x "$tmp/other/linux/scripts/kconfig/merge_config.sh"
ok 'a tree that is no repository' env LINUX="$tmp/other/linux" "$source" 1.0
ok 'its scripts can be run' [ -x "$(taken)/scripts/kconfig/merge_config.sh" ]
ok 'nothing else can' [ ! -x "$(taken)/scripts/data" ]
ok 'nor there' [ ! -x "$tmp/other/linux/scripts/kconfig/merge_config.sh" ]
first=$(taken)
echo more >>"$tmp/other/linux/Kbuild"
ok 'changed' env LINUX="$tmp/other/linux" "$source" 1.0
ok 'it is another version' [ "$(taken)" != "$first" ]
touch "$tmp/other/linux/.config"
fails 'built in' 'make mrproper there' env LINUX="$tmp/other/linux" "$source" 1.0

rm -rf "$CACHE"
ok 'a clone of the tag' "$source" 1.0
is 'has the same name as from LINUX' "1.0.0-$(git rev-parse 'v1.0^{tree}' | cut -c1-12)" "$(cat "$CACHE/1.0/version")"
rm -rf "$CACHE"
bases 0123456789012345678901234567890123456789 "file://$linux"
fails 'a tag that has moved' 'v1.0 is '"$commit"', not 0123456789' "$source" 1.0
bases "$commit" "file://$tmp/nowhere"
"$source" 1.0 >"$tmp/told" 2>&1
is 'neither LINUX nor a clone ends with a code of its own' 4 $?
ok 'and says what to do' grep -q 'set LINUX=/path/to/linux-1.0' "$tmp/told"
is 'with nothing half done' '' "$(ls "$CACHE/1.0")"
done_testing
