#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/source for a Debian package: from the machine's own apt sources, or from
# a suite that it does not use, with apt-cache and apt-get replaced by two that
# serve it where it is asked for.
. "$(dirname "$0")/tap.sh"

repo=$tmp/repo
export CACHE="$tmp/cache"
mkdir -p "$repo/series" "$tmp/bin" "$tmp/deb/DEBIAN" "$tmp/deb/usr/src" "$tmp/linux-source-1.0"
ln -s "$TOP/scripts" "$repo/"
echo '1.0 package=linux-source-1.0 suite=gone suite=old-security suite=new version=1.0.1-1' >"$repo/series/bases"
echo one >"$tmp/linux-source-1.0/toy.c"
echo '*.o' >"$tmp/linux-source-1.0/.gitignore"
tar -C "$tmp" -cJf "$tmp/deb/usr/src/linux-source-1.0.tar.xz" linux-source-1.0
printf 'Package: linux-source-1.0\nVersion: 1.0.1-1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: toy\n' >"$tmp/deb/DEBIAN/control"
dpkg-deb -b "$tmp/deb" "$tmp/toy.deb" >/dev/null

# The machine's own sources have it if $tmp/own is not empty; of the suites, those
# that $tmp/has names. What is done with the user's lists is told in $tmp/users.
cat >"$tmp/bin/apt-get" <<END
#!/bin/sh
list=$CACHE/1.0/apt/sources.list
case "\$*" in
indextargets*'Label: Debian') cat $tmp/mirror; exit ;;
indextargets*'Label: Debian-Security') echo http://security.example.org/; exit ;;
*"-o Dir::Etc::sourceparts=/dev/null"*"-o Dir::Etc::preferences=/dev/null"*"-o Dir::State::lists=$CACHE/1.0/apt/lists"*) ;;
*download*) echo own >>$tmp/served; cp $tmp/toy.deb .; exit ;;
*) echo "\$*" >>$tmp/users; exit 100 ;;
esac
case "\$*" in
*update) cat \$list >>$tmp/asked; ! grep -q ' gone ' \$list || { echo 'E: no Release file'; exit 100; } ;;
*download*) cat \$list >>$tmp/served; cp $tmp/toy.deb . ;;
esac
END
cat >"$tmp/bin/apt-cache" <<END
#!/bin/sh
case "\$*" in
*"-o Dir::Etc::sourcelist=$CACHE/1.0/apt/sources.list"*) grep -qE " (\$(cat $tmp/has)) " $CACHE/1.0/apt/sources.list ;;
*) [ -s $tmp/own ] ;;
esac && echo "  Candidate: 1.0.1-1" || echo "  Candidate: (none)"
END
chmod +x "$tmp/bin"/*
export PATH="$tmp/bin:$PATH"

# gone NAME TEXT: the base can not be had, which is exit code 4, with that reason.
gone() {
	said=$("$repo/scripts/source" 1.0 2>&1)
	code=$?
	case $said in *"$2"*) said=$2 ;; esac
	is "$1" "4 $2" "$code $said"
}
asked() { sed 's/.*\] //' "$tmp/asked" 2>/dev/null | xargs -d '\n'; }

: >"$tmp/own"
: >"$tmp/mirror"
echo new >"$tmp/has"
gone 'no mirror in the apt sources of the machine' 'new: no apt source of this machine names its mirror'
rm -f "$tmp/users" "$tmp/asked"	# root has just tried to update those
echo http://debian.example.org/debian/ >"$tmp/mirror"
echo old >"$tmp/has"
gone 'a package that is nowhere' \
	'linux-source-1.0 is in no apt source of this machine, nor in gone: E: no Release file, nor in old-security, nor in new'
is 'each suite was asked, from the mirror of its kind' 'http://debian.example.org/debian/ gone main http://security.example.org/ old-security main http://debian.example.org/debian/ new main' \
	"$(asked)"
echo 'old-security|new' >"$tmp/has"
rm "$tmp/asked"
ok 'the first suite that has it serves it' "$repo/scripts/source" 1.0
is 'and no other one is asked' 'http://debian.example.org/debian/ gone main http://security.example.org/ old-security main' "$(asked)"
is 'verified by the keyring of Debian' \
	'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://security.example.org/ old-security main' "$(cat "$tmp/served")"
is 'it is the source' one "$(git -C "$CACHE/1.0/linux" show pristine:toy.c)"
echo old >"$tmp/has"
ok 'a package that is gone, but a cached source' "$repo/scripts/source" 1.0
is 'is said' 1 "$(grep -cx 'linux-source-1.0 is in no apt source .*; using the cached 1.0.1-1' "$tmp/said")"
is 'the apt settings of the user were never used' '' "$(cat "$tmp/users" 2>/dev/null)"

rm -rf "$CACHE" "$tmp/asked" "$tmp/served"
echo 1 >"$tmp/own"
echo 'old-security|new' >"$tmp/has"
ok 'the machine'\''s own apt sources serve it first' "$repo/scripts/source" 1.0
is 'themselves' own "$(cat "$tmp/served")"
is 'and no suite is asked' '' "$(asked)"
done_testing
