#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# make am: what it refuses, and that a refusal leaves the user's tree alone.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/toy.sh"
am=$repo/scripts/am
toy_repo

# state: all of the tree that must not change, time stamps included
state() {
	(cd "$linux" && git rev-parse HEAD --symbolic-full-name HEAD && git --no-optional-locks status --porcelain --ignored &&
		git ls-files -s && find . -path ./.git/objects -prune -o -printf '%p %s %T@\n' | sort)
}
# refuses NAME TEXT [VAR=VALUE] BASE LINUX
refuses() {
	name=$1 text=$2
	shift 2
	before=$(state)
	fails "$name" "$text" env -- "$@"
	is '... and the tree is as it was' "$before" "$(state)"
}

fails 'no LINUX' 'LINUX is not given (make am BASE=1.0 LINUX=' "$am" 1.0 ''
fails 'no such directory' 'no such directory' "$am" 1.0 "$tmp/nowhere"
mkdir "$tmp/empty"
fails 'not a kernel' 'not a kernel tree' "$am" 1.0 "$tmp/empty"
cp "$linux/Makefile" "$linux/Kbuild" "$tmp/empty"
fails 'not git' 'git init && git add -Af . && git commit' "$am" 1.0 "$tmp/empty"
mkdir "$linux/inner"
cp "$linux/Makefile" "$linux/Kbuild" "$linux/inner"
fails 'a directory inside another repository' 'not a git work tree' "$am" 1.0 "$linux/inner"
rm -r "$linux/inner"
git init -q "$tmp/empty"
fails 'no commit' 'has no commit' "$am" 1.0 "$tmp/empty"
fails 'an unknown base' 'known: 1.0 2.0' "$am" 3.0 "$linux"
for bases in '1.0 2.0' 1.0,2.0 all; do
	fails "not one base but $bases" "BASE=$bases: one base is needed here" "$am" "$bases" "$linux"
done
refuses 'another version' 'is version 1.0 (' "$am" 2.0 "$linux"
echo x >> "$linux/virt/kvm.c"
refuses 'changes' 'uncommitted changes: M virt/kvm.c' "$am" 1.0 "$linux"
git -C "$linux" add virt/kvm.c
refuses 'staged changes' 'uncommitted changes:M  virt/kvm.c' "$am" 1.0 "$linux"
git -C "$linux" reset -q --hard
mkdir "$linux/.git/rebase-apply"
refuses 'an am in progress' 'in progress' "$am" 1.0 "$linux"
rmdir "$linux/.git/rebase-apply"

# One line of context that differs: patch(1) would take it with fuzz.
cd "$linux" && sed -i 's/^18$/eighteen/' virt/kvm.c && git commit -qam fuzz && cd "$repo" || exit
refuses 'a hunk that needs fuzz' 'am: 1.0: 0001-KVM-Fix-the-toy.patch: patch failed: virt/kvm.c:17 (' "$am" 1.0 "$linux"
toy_reset
# The third patch of four, when two are already in.
cd "$linux" && sed -i 's/^one/ONE/' tests/Makefile && git commit -qam third && cd "$repo" || exit
refuses 'a later patch' '-subject-that-is-long-.patch: patch failed: tests/Makefile:1 (' "$am" 1.0 "$linux"
toy_reset
echo 'trailing ' >> overlay/Documentation/toy.rst
refuses 'trailing white space' '0004-Documentation-KVM-Say-it.patch' "$am" 1.0 "$linux"
toy_reset
# What only git am itself can find: a file of the user's in the way.
mkdir "$linux/include"
echo mine > "$linux/include/api.h"
before=$(git -C "$linux" rev-parse HEAD)
fails 'a file in the way' 'include/api.h: already exists in working directory (the tree is as it was)' "$am" 1.0 "$linux"
is 'HEAD is as it was' "$before" "$(git -C "$linux" rev-parse HEAD)"
is 'the branch is' main "$(git -C "$linux" symbolic-ref --short HEAD)"
is 'the files are' '?? include/' "$(git -C "$linux" status --porcelain)"
is 'the user'\''s file is' mine "$(cat "$linux/include/api.h")"
ok 'no am is left' [ ! -d "$linux/.git/rebase-apply" ]
toy_reset

# A hook of the user's, at the second mail.
cat > "$linux/.git/hooks/applypatch-msg" <<-'END'
	#!/bin/sh
	! grep -q 'an API' "$1" || { echo 'no API without a ticket' >&2; exit 1; }
END
chmod +x "$linux/.git/hooks/applypatch-msg"
before=$(git -C "$linux" rev-parse HEAD main)
fails 'a hook that refuses is told' 'am: 1.0: KVM: Add an API to the toy: no API without a ticket (the tree is as it was)' "$am" 1.0 "$linux"
is '... HEAD and branch are as they were' "$before" "$(git -C "$linux" rev-parse HEAD main)"
is '... the files, too' '' "$(git -C "$linux" status --porcelain)"
ok '... no am is left' [ ! -d "$linux/.git/rebase-apply" ]
rm "$linux/.git/hooks/applypatch-msg"

touch "$linux/untracked"
ok 'applies' "$am" 1.0 "$linux"
is 'each by its own author' 'Up Stream A. Toy S. Ender T. Ester' "$(git -C "$linux" log --reverse --format=%an base.. | xargs)"
is 'committed by the user' 'A. Toy <toy@example.org>' "$(git -C "$linux" log --format='%cn <%ce>' base.. | sort -u)"
is 'four commits' 4 "$(git -C "$linux" rev-list --count base..main)"
is 'nobody signs off but who had' 2 "$(git -C "$linux" log base.. | grep -c 'Signed-off-by: ')"
is 'an untracked file stays' '?? untracked' "$(git -C "$linux" status --porcelain)"
first=$(git -C "$linux" rev-parse HEAD)
refuses 'a tree that has the series' "0001-KVM-Fix-the-toy.patch is in $linux already, as $(git -C "$linux" log --format='%h %s' | grep 'KVM: Fix the toy$') (nothing was changed)" "$am" 1.0 "$linux"
toy_reset
sleep 1
ok 'applies to the base of its version' "$am" auto "$linux"
is 'the commit ids reproduce' "$first" "$(git -C "$linux" rev-parse HEAD)"
toy_reset

mv "$GIT_CONFIG_GLOBAL" "$tmp/mine"
ok 'a user without identity' "$am" 1.0 "$linux"
mv "$tmp/mine" "$GIT_CONFIG_GLOBAL"
is 'is no obstacle: the first author commits' 'Up Stream <up@example.org>' "$(git -C "$linux" log -1 --format='%cn <%ce>')"
toy_reset
git -C "$linux" config user.name Me && git -C "$linux" config user.email me@example.org
"$am" 1.0 "$linux" > /dev/null
is 'the user'\''s own is kept' 'Me <me@example.org>' "$(git -C "$linux" log -1 --format='%cn <%ce>')"
toy_reset
git -C "$linux" config am.threeWay true
git -C "$linux" config apply.ignoreWhitespace change
cd "$linux" && sed -i 's/^one 1/one  1/' tests/Makefile && git commit -qam space && cd "$repo" || exit
refuses 'white space in the context, whatever the user'\''s settings' 'tests/Makefile:1 (' "$am" 1.0 "$linux"
toy_reset

cd "$linux" && sed -i 's/^VERSION.*/VERSION = 9/' Makefile && git commit -qam nine && cd "$repo" || exit
refuses 'another version than the nearest base, too' '2.0: '"$linux"': is version 9.0 (' "$am" auto "$linux"
ok 'FORCE=1 takes another version' env FORCE=1 "$am" 1.0 "$linux"
toy_reset

# Several topics, two of which change what is next to each other's context.
toy_topics
# applied NAME SUBJECTS LINES: what is on the base, and around the changes of the file
applied() {
	is "$1" "$2" "$(git -C "$linux" log --reverse --format=%s base.. | sed 's/^[A-Za-z]*: //; s/ .*//' | xargs)"
	is '... with these lines' "$3" "$(sed -n '14p; 16p; 20p' "$linux/virt/kvm.c" | xargs)"
}
ok 'three topics' "$am" 1.0 "$linux"
applied 'are applied in their order' 'Fix Prepare Fix Fix Add tests: KVM:' 'fourteen sixteen twenty'
toy_reset
ok 'TOPIC=' env TOPIC=kvm "$am" 1.0 "$linux"
applied 'is applied alone' 'Fix Add tests: KVM:' '14 16 twenty'
refuses 'a topic that is there, among others' 'KVM-Fix-the-toy.patch is in ' TOPIC=fixes,kvm "$am" 1.0 "$linux"
ok 'one on another one' env TOPIC=large "$am" 1.0 "$linux"
applied 'comes with that' 'Fix Add tests: KVM: Fix Prepare Fix' 'fourteen sixteen twenty'
toy_reset
ok 'another one alone' env TOPIC=fixes "$am" auto "$linux"
applied 'is applied, too' Fix '14 sixteen 20'
ok 'one on what is there' env TOPIC='large kvm' "$am" 1.0 "$linux"
is 'comes without that' "$linux: 6 commit(s)" "$(sed 's/ on .*//' "$tmp/said")"
applied 'after it' 'Fix Prepare Fix Fix Add tests: KVM:' 'fourteen sixteen twenty'
toy_reset
refuses 'a topic that is none' 'am: TOPIC=lar.e: not a topic of 1.0 (which has: fixes large kvm)' TOPIC=fixes,lar.e "$am" 1.0 "$linux"
cd "$linux" && sed -i 's/^16$/XVI/' virt/kvm.c && git commit -qam XVI && cd "$repo" || exit
refuses 'a topic on what does not apply' 'am: 1.0: 0001-KVM-Fix-more-of-the-toy.patch: patch failed: virt/kvm.c:' TOPIC=large "$am" 1.0 "$linux"
git -C "$linux" commit -q --amend -m 'KVM: Fix more of the toy'
refuses 'a topic that does not apply on what is there' 'am: 1.0: 0002-KVM-Fix-the-large-toy.patch: patch failed: virt/kvm.c:' TOPIC=large "$am" 1.0 "$linux"
git -C "$linux" reset -q --hard base
sed -i '1i# On: fixes large' series/1.0/kvm/series
TOPIC=large "$am" 1.0 "$linux" > "$tmp/told" && git -C "$linux" reset -q --hard HEAD~
refuses 'a topic on one of which a part is there' "am: 1.0: 0001-KVM-Prepare-a-large-toy.patch is in $linux already" TOPIC=kvm "$am" 1.0 "$linux"
done_testing
