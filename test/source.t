#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/source and scripts/tree on a toy Debian package, with apt-cache and
# apt-get replaced by two that serve it from a directory; and the cache that
# they work in.
. "$(dirname "$0")/tap.sh"

repo=$tmp/repo
export CACHE="$tmp/cache"
mkdir -p "$repo/series/1.0/toy" "$repo/overlay" "$tmp/bin" "$tmp/archive"
ln -s "$TOP/scripts" "$repo/"
cat >"$repo/series/bases" <<END
1.0 package=linux-source-1.0 version=1.0.1-1 topics=toy
2.0 package=linux-source-1.0 version=1.0.1-1 topics=toy
END
printf '# From: A <a@example.org>\n# Date: Mon, 23 Nov 2026 12:00:00 +0000\nfix 1.0/toy/toy.patch\n' >"$repo/series/1.0/toy/series"
printf 'toy: Toy with it\n\nA toy.\n' >"$repo/series/1.0/toy/cover"
cat >"$repo/series/1.0/toy/toy.patch" <<'END'
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A <a@example.org>
Date: Mon, 23 Nov 2026 12:00:00 +0000
Subject: [PATCH] toy: Say two

Say two.
---
diff --git a/toy.c b/toy.c
index 257cc5642cb1..814f4a422927 100644
--- a/toy.c
+++ b/toy.c
@@ -1,3 +1,3 @@
 one
-one
+two
 three
END
# package VERSION LINE: linux-source-1.0 with a toy.c of three lines, and a hidden file
package() {
	rm -rf "$tmp/deb" "$tmp/linux-source-1.0"
	mkdir -p "$tmp/deb/DEBIAN" "$tmp/deb/usr/src" "$tmp/linux-source-1.0"
	printf '%s\none\nthree\n' "$2" >"$tmp/linux-source-1.0/toy.c"
	echo '*.o' >"$tmp/linux-source-1.0/.gitignore"
	tar -C "$tmp" -cJf "$tmp/deb/usr/src/linux-source-1.0.tar.xz" linux-source-1.0
	printf 'Package: linux-source-1.0\nVersion: %s\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: toy\n' "$1" >"$tmp/deb/DEBIAN/control"
	rm -f "$tmp/archive"/*
	dpkg-deb -b "$tmp/deb" "$tmp/archive/linux-source-1.0_$1_all.deb" >/dev/null
	echo "$1" >"$tmp/candidate"
}
printf '#!/bin/sh\necho "  Candidate: $(cat %s/candidate)"\n' "$tmp" >"$tmp/bin/apt-cache"
printf '#!/bin/sh\ncp %s/archive/*.deb . || { echo "E: Could not connect"; exit 100; }\n' "$tmp" >"$tmp/bin/apt-get"
chmod +x "$tmp/bin"/*
export PATH="$tmp/bin:$PATH"

package 1.0.1-1 one

mv "$tmp/archive" "$tmp/gone"
fails 'no network and no cached source' "can't download linux-source-1.0 1.0.1-1" "$repo/scripts/source" 1.0
mv "$tmp/gone" "$tmp/archive"

cp "$tmp/archive/"*.deb "$tmp/whole"
head -c 300 "$tmp/whole" >"$tmp/archive/linux-source-1.0_1.0.1-1_all.deb"
fails 'a broken download' 'does not unpack' "$repo/scripts/source" 1.0
is 'leaves nothing half done' 'linux lock' "$(cd "$CACHE/1.0" && echo *)"
fails 'nor a source' '1.0: no source in' "$repo/scripts/tree" 1.0
cp "$tmp/whole" "$tmp/archive/linux-source-1.0_1.0.1-1_all.deb"

# git add fails, e.g. as the disk is full: no commit of a part may become the base.
cat >"$tmp/bin/git" <<END
#!/bin/sh
$(command -v git) "\$@" && case "\$*" in *' add '*) exit 1 ;; esac
END
chmod +x "$tmp/bin/git"
fails 'a source that git takes in only in part' "git can't take in the source" "$repo/scripts/source" 1.0
rm "$tmp/bin/git"
fails 'is none' '1.0: no source in' "$repo/scripts/tree" 1.0

# Two runs that ended by force: one in git init, one while it unpacked.
rm -f "$CACHE/1.0/linux/.git/kvm-dax" "$CACHE/1.0/linux/.git/HEAD"
mkdir -p "$CACHE/1.0/new/linux" "$CACHE/1.0/new.deb"
ok 'after interrupted runs' "$repo/scripts/source" 1.0
linux=$CACHE/1.0/linux
is 'there is one commit, tagged pristine' 1 "$(git -C "$linux" rev-list --count pristine)"
is 'of this version' 1.0.1-1 "$(cat "$CACHE/1.0/version")"
is 'and nothing else' 'linux lock version' "$(cd "$CACHE/1.0" && echo *)"
ok 'the series applies' "$repo/scripts/tree" 1.0
is 'and is checked out' two "$(sed -n 2p "$linux/toy.c")"
first=$(git -C "$linux" rev-parse HEAD)
stamp=$(stat -c %y "$linux/toy.c")
ok 'it applies again' "$repo/scripts/tree" 1.0
is 'with the same commit id' "$first" "$(git -C "$linux" rev-parse HEAD)"
is 'and touches no file' "$stamp" "$(stat -c %y "$linux/toy.c")"
is 'a series of fixes alone, without them' '0 patches on 1.0.1-1' \
	"$("$repo/scripts/tree" -u 1.0 2>&1 <"$repo/series/1.0/toy/toy.patch")"
is 'is the source' one "$(sed -n 2p "$linux/toy.c")"
ok 'with them' "$repo/scripts/tree" 1.0
is 'it is what it was' "$first" "$(git -C "$linux" rev-parse HEAD)"

echo mine >>"$linux/toy.c"
fails 'changes made there by hand are not lost' 'has changes of its own' "$repo/scripts/tree" 1.0
is 'not at all' mine "$(tail -n 1 "$linux/toy.c")"
touch "$CACHE/1.0/checkout-under-way" "$linux/.git/index.lock"
ok 'a checkout that was ended by force is mended' "$repo/scripts/tree" 1.0
is 'to the series' "$first" "$(git -C "$linux" rev-parse HEAD)"
is 'with no change left' '' "$(git -C "$linux" status --porcelain)"

# What a user may have set must not reach the cache.
git config --global commit.gpgsign true
git config --global core.autocrlf true

git config --global core.attributesFile "$tmp/attributes"
echo '*.c eol=crlf' >"$tmp/attributes"

old=$(git -C "$linux" rev-parse pristine)
package 1.0.2-1 zero
echo by hand >>"$linux/toy.c"
ok 'a newer version' "$repo/scripts/source" 1.0
is 'is a commit without history' 1 "$(git -C "$linux" rev-list --count pristine)"
is 'of what it has' 'zero one three' "$(git -C "$linux" show pristine:toy.c | xargs)"
ok 'the old one is there still' git -C "$linux" cat-file -e "$old:toy.c"
is 'and what was changed by hand' 'by hand' "$(tail -n 1 "$linux/toy.c")"
fails 'which is not lost' 'has changes of its own' "$repo/scripts/tree" 1.0
git -C "$linux" checkout -q -f
fails 'a hunk that needs fuzz stops, and is named' 'patch failed: toy.c:1' "$repo/scripts/tree" 1.0
is 'and changes nothing' "$first" "$(git -C "$linux" rev-parse HEAD)"
rm "$tmp/archive"/*
echo 1.0.3-1 >"$tmp/candidate"
ok 'no network, but a cached source' "$repo/scripts/source" 1.0
is 'which is the one in use' 1.0.2-1 "$(cat "$CACHE/1.0/version")"
cp "$tmp/whole" "$tmp/archive/linux-source-1.0_1.0.1-1_all.deb"

# until FILE: it has something in it, after 10 s at most
until_some() { n=0; until [ -s "$1" ] || [ $n = 200 ]; do n=$((n + 1)); sleep 0.05; done; }

# The lock of one base: held by a process that ends when it is told.
mkfifo "$tmp/end"
(exec 9>>"$CACHE/1.0/lock"; flock 9; echo 'process 1 (the test)' >"$CACHE/1.0/lock"; echo >"$tmp/held"; read -r _ <"$tmp/end") &
until_some "$tmp/held"
ok 'a run on another base does not wait' timeout 20 "$repo/scripts/source" 2.0
ok 'nor says so' [ "$(grep -c waiting "$tmp/said")" = 0 ]
"$repo/scripts/source" 1.0 >"$tmp/waited" 2>&1 &
second=$!
until_some "$tmp/waited"
is 'one on the same base waits and says for whom' "waiting for process 1 (the test), which works in $CACHE/1.0" "$(cat "$tmp/waited")"
echo >"$tmp/end"
wait $second
is 'and goes on then' 'linux-source-1.0 1.0.3-1' "$(tail -n 1 "$tmp/waited")"
wait

# state: all of the cache
state() { (cd "$CACHE" && find . -printf '%p %s %T@\n' | sort); }
# other NAME TEXT: a cache that is not of this version is refused, and left as it is
other() {
	for base in 1.0 2.0; do
		before=$(state)
		fails "$1 ($base)" "$2" "$repo/scripts/source" "$base"
		is '... in one line' 1 "$(sed '/^(exit code/d' "$tmp/said" | wc -l)"
		is '... and left as it was' "$before" "$(state)"
	done
}
rm -rf "$CACHE"
mkdir -p "$CACHE/1.0/1.0.1-1/linux"
echo 1.0.1-1 >"$CACHE/1.0/version"
other 'a cache of an earlier version' "CACHE=$CACHE: an earlier version of kvm-dax made it, in another layout (remove it, or set another)"
rm -rf "$CACHE"
mkdir -p "$CACHE"
echo 99 >"$CACHE/layout"
other 'a cache of a later version' "CACHE=$CACHE: another version of kvm-dax made it, in layout 99, not "
done_testing
