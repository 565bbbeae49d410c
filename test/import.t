#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# import: the way back from an applied series is the identity, and an edit of
# the applied series arrives where it belongs.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/toy.sh"
scripts=$repo/scripts
toy_repo
# As a contributor, whose sign-off and name must not come back.
git -C "$linux" config user.name Contributor
git -C "$linux" config user.email con@example.org

# apply BASE: the series, in the toy kernel; the second time as it was the first time
apply() {
	git -C "$linux" reset -q --hard "applied-$1" 2> /dev/null && return
	FORCE=1 "$scripts/am" "$1" "$linux" > "$tmp/am" || cat "$tmp/am"
	git -C "$linux" tag "applied-$1"
}
# back BASE: the toy kernel's commits, imported
back() {
	rm -rf "$tmp/mails"
	git -C "$linux" format-patch -q --abbrev=12 --no-renames --cover-letter -o "$tmp/mails" base
	"$scripts/import" "$1" "$tmp"/mails/*
}
# fold N: the changes of the work tree go into the Nth commit from the last
fold() {
	git -C "$linux" commit -qa --fixup "HEAD~$1"
	GIT_SEQUENCE_EDITOR=: git -C "$linux" rebase -qi --autosquash base
}
# edit N SED-SCRIPT FILE: the same for one edit
edit() { sed -i "$2" "$linux/$3" && fold "$1"; }
told() { back 1.0 > "$tmp/told" 2>&1; }
changed() { git -C "$repo" status --porcelain | sort -k 2 | xargs; }

for base in 1.0 2.0; do
	apply $base
	cp -R out/$base "$tmp/$base"
	ok "$base: import succeeds" back $base
	is "$base: and is the identity" '' "$(changed)"
	"$scripts/mkseries" $base > /dev/null
	ok "$base: the mails too" diff -r "$tmp/$base" out/$base
	toy_reset
done

apply 1.0
git -C "$linux" rebase -q --signoff base
ok 'signed-off commits' back 1.0
is 'come back without the sign-off' '' "$(changed)"
toy_reset

apply 1.0
edit 1 's/^10$/ten/' tests/x86_64/one.c
ok 'an edit of an adapted file' back 1.0
is 'goes to overlay/' 'M overlay/tests/x86/one.c' "$(changed)"
is 'without the adaptation' '-10 +ten' "$(git diff -U0 | grep '^[-+][^-+]' | xargs)"
ok 'and for the other bases' "$scripts/mkseries" 2.0
toy_reset

apply 1.0
edit 1 's/^call/recall/' tests/x86_64/one.c
fails 'an edit of an adapted line' '1.0: series/common/api-args.adapt: the mails change what it adapts: patch failed: tests/x86/one.c:4' back 1.0
is 'changes nothing' '' "$(changed)"
toy_reset

apply 1.0
edit 1 's/^three/four/' tests/Makefile
ok 'an edit of a hook' back 1.0
is 'goes to the hook' 'M series/1.0/kvm/kvm-tests.hook' "$(changed)"
toy_reset

apply 1.0
edit 3 's/^twenty/TWENTY/' virt/kvm.c
ok 'an edit of a fix' back 1.0
# The next patch changes the same file, thus its index line.
is 'goes to its patch' 'M series/1.0/kvm/kvm-fix.patch M series/1.0/kvm/kvm-prep.patch' "$(changed)"
ok 'which is in the mails' "$scripts/mkseries" 1.0
ok 'indeed' grep -qx '+TWENTY' out/1.0/kvm/0001-*
ok 'upstream'\''s sign-off stays' grep -q '^Signed-off-by: Upstream' series/1.0/kvm/kvm-fix.patch
toy_reset

apply 1.0
git -C "$linux" commit -q --amend -m 'Documentation: KVM: Say it better' -m 'New body.'
ok 'a reworded mail' back 1.0
is 'keeps its file' 'M series/common/kvm-doc.patch' "$(changed)"
"$scripts/mkseries" 1.0 > /dev/null
ok 'and is reworded' grep -qx 'New body.' out/1.0/kvm/0004-Documentation-KVM-Say-it-better.patch
ok 'with the author it had' grep -q '^From: .*<tester@example.org>' out/1.0/kvm/0004-*
toy_reset

apply 1.0
(
	cd "$linux" || exit
	mkdir -p tools/testing/selftests
	echo new > tools/testing/selftests/new.c
	git add -A
	git commit -qm 'KVM: selftests: Add a test' -m 'Signed-off-by: Contributor <con@example.org>'
	echo z >> Kbuild
	git commit -qam 'KVM: Fix more'
)
ok 'new mails' told
is 'get files' '?? overlay/tools/ ?? series/1.0/kvm/kvm-fix-more.patch M series/1.0/kvm/series ?? series/common/kvm-selftests-add-a-test.patch' "$(changed)"
ok 'a kind is guessed, and said' grep -q '^new: test common/kvm-selftests-add-a-test.patch' "$tmp/told"
is 'and stand in order' 'fix prep fix test test doc run' "$(awk '/\.patch/ { print $1 }' series/1.0/kvm/series | xargs)"
ok 'mkseries takes them' "$scripts/mkseries" 1.0
is 'by who wrote them' 2 "$(grep -l '^From: Contributor <con@example.org>' out/1.0/kvm/* | wc -l)"
ok 'no sign-off came along' [ "$(grep -rl 'Signed-off-by: Contributor' series | wc -l)" = 0 ]
toy_reset

apply 1.0
git -C "$linux" reset -q --hard HEAD~1
told
is 'a dropped mail deletes nothing' '' "$(changed)"
ok 'but is reported' grep -q '^dropped? doc common/kvm-doc.patch' "$tmp/told"
toy_reset

apply 1.0
git -C "$linux" rm -q tests/x86_64/two.sh && fold 1
told
ok 'a file that is gone is reported' grep -q '^gone: overlay/tests/x86/two.sh' "$tmp/told"
ok 'and stays' [ -f overlay/tests/x86/two.sh ]
fails 'until someone deletes it' 'overlay/tests/x86/two.sh: no mail' "$scripts/mkseries" 1.0
toy_reset

fails 'no mails' usage "$scripts/import" 1.0
fails 'a mail that is missing' 'no such file' "$scripts/import" 1.0 nothing.patch
fails 'an unknown base' 'known: 1.0 2.0' "$scripts/import" 3.0 nothing.patch
apply 1.0
git -C "$linux" format-patch -q --abbrev=7 -o "$tmp/short" base
fails 'short index lines' 'git format-patch --abbrev=12' "$scripts/import" 1.0 "$tmp"/short/*
is 'change nothing' '' "$(changed)"

# One of several topics, on what it stands on.
toy_reset
toy_topics
known='one of: fixes large kvm)'
fails 'mails of which topic?' "$known" "$scripts/import" 1.0 "$tmp"/mails/*
fails '... not of two' "$known" env TOPIC=fixes,kvm "$scripts/import" 1.0 "$tmp"/mails/*
fails '... nor of one that is none' 'TOPIC=larg: not a topic of 1.0 (which has: fixes large kvm)' env TOPIC=larg "$scripts/import" 1.0 "$tmp"/mails/*
export TOPIC=large
git -C "$linux" reset -q --hard base
"$scripts/am" 1.0 "$linux" > "$tmp/am"
git -C "$linux" tag -f base HEAD~2 > "$tmp/told"
ok 'mails of one topic' back 1.0
is 'are the identity' '' "$(changed)"
echo more >> "$linux/Kbuild" && fold 1
git -C "$linux" commit -q --allow-empty -m 'KVM: Fix yet more' && sed -i 's/^12$/twelve/' "$linux/virt/kvm.c" && fold 0
ok 'an edit, and a new mail' back 1.0
is 'go to the topic' '?? series/1.0/large/kvm-fix-yet-more.patch M series/1.0/large/prep.patch M series/1.0/large/series' "$(changed)"
is 'which lists them' 'prep 1.0/large/prep.patch fix 1.0/large/large.patch fix 1.0/large/kvm-fix-yet-more.patch' "$(sed '/^#/d' series/1.0/large/series | xargs)"
ok 'mkseries takes them, too' "$scripts/mkseries" 1.0
done_testing
