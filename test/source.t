#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/source and scripts/tree on a toy Debian package, with apt-cache and
# apt-get replaced by two that serve it from a directory.
. "$(dirname "$0")/tap.sh"

repo=$TOP
export TOP="$tmp/top" CACHE="$tmp/cache"
mkdir -p "$TOP/series/1.0" "$TOP/overlay" "$tmp/bin" "$tmp/archive"
ln -s "$repo/scripts" "$TOP/"
cat >"$TOP/series/bases" <<END
1.0 package=linux-source-1.0 version=1.0.1-1
END
printf '# Date: Mon, 23 Nov 2026 12:00:00 +0000\ntest 1.0/toy.patch\n' >"$TOP/series/1.0/series"
printf 'toy: Toy with it\n\nA toy.\n' >"$TOP/series/1.0/cover"
cat >"$TOP/series/1.0/toy.patch" <<'END'
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
git init -q "$TOP" && git -C "$TOP" config user.name A && git -C "$TOP" config user.email a@example.org

# package VERSION LINE: linux-source-1.0 with a toy.c of three lines
package() {
	rm -rf "$tmp/deb" "$tmp/linux-source-1.0"
	mkdir -p "$tmp/deb/DEBIAN" "$tmp/deb/usr/src" "$tmp/linux-source-1.0"
	printf '%s\none\nthree\n' "$2" >"$tmp/linux-source-1.0/toy.c"
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
is 'leaves nothing half done' '' "$(ls "$CACHE/1.0")"
cp "$tmp/whole" "$tmp/archive/linux-source-1.0_1.0.1-1_all.deb"

# git add fails, e.g. as the disk is full: no commit of a part may become the base.
cat >"$tmp/bin/git" <<END
#!/bin/sh
$(command -v git) "\$@" && [ "\$1" != add ]
END
chmod +x "$tmp/bin/git"
fails 'a source that git takes in only in part' "git can't take in the source" "$repo/scripts/source" 1.0
rm "$tmp/bin/git"
rm -rf "$CACHE/1.0"/1.* "$CACHE/1.0/version"

mkdir -p "$CACHE/1.0/new/linux"
ok 'after an interrupted run' "$repo/scripts/source" 1.0
linux=$CACHE/1.0/1.0.1-1/linux
is 'one commit, tagged pristine' 1 "$(git -C "$linux" rev-list --count pristine)"
ok 'the series applies' "$repo/scripts/tree" 1.0
is 'and is checked out' two "$(sed -n 2p "$linux/toy.c")"
first=$(git -C "$linux" rev-parse HEAD)
stamp=$(stat -c %y "$linux/toy.c")
ok 'it applies again' "$repo/scripts/tree" 1.0
is 'with the same commit id' "$first" "$(git -C "$linux" rev-parse HEAD)"
is 'and touches no file' "$stamp" "$(stat -c %y "$linux/toy.c")"

echo mine >>"$linux/toy.c"
fails 'changes made there by hand are not lost' 'has changes of its own' "$repo/scripts/tree" 1.0
is 'not at all' mine "$(tail -n 1 "$linux/toy.c")"
touch "$CACHE/1.0/1.0.1-1/checkout-under-way" "$linux/.git/index.lock"
ok 'a checkout that was ended by force is mended' "$repo/scripts/tree" 1.0
is 'to the series' "$first" "$(git -C "$linux" rev-parse HEAD)"
is 'with no change left' '' "$(git -C "$linux" status --porcelain)"

# What a user may have set must not reach the cache.
git config --global commit.gpgsign true
git config --global core.autocrlf true

package 1.0.2-1 zero
echo by hand >>"$linux/toy.c"
mkdir -p "$CACHE/1.0/mine"
ok 'a newer version replaces the old one' "$repo/scripts/source" 1.0
is 'but not what was changed by hand, nor what is not ours' '1.0.1-1 1.0.2-1 mine version' "$(cd "$CACHE/1.0" && echo *)"
fails 'a hunk that needs fuzz stops, and is named' 'patch failed: toy.c:1' "$repo/scripts/tree" 1.0
rm "$tmp/archive"/*
echo 1.0.3-1 >"$tmp/candidate"
ok 'no network, but a cached source' "$repo/scripts/source" 1.0
is 'which is the one in use' 1.0.2-1 "$(cat "$CACHE/1.0/version")"

# The lock: held by a process that ends by itself.
(exec 9>>"$CACHE/lock"; flock 9; echo 'process 1 (the test)' >"$CACHE/lock"; sleep 2) &
sleep 1
"$repo/scripts/source" 1.0 >"$tmp/waited"
is 'a second run waits and says for whom' "waiting for process 1 (the test), which works in $CACHE" "$(head -n 1 "$tmp/waited")"
wait
done_testing
