#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/source for a package in a suite that the machine does not use, with
# apt-cache and apt-get replaced by two that serve it if that suite is asked for.
. "$(dirname "$0")/tap.sh"

repo=$TOP
export TOP="$tmp/top" CACHE="$tmp/cache"
mkdir -p "$TOP/series" "$tmp/bin" "$tmp/deb/DEBIAN" "$tmp/deb/usr/src" "$tmp/linux-source-1.0"
echo '1.0 package=linux-source-1.0 suite=gone suite=new version=1.0.1-1' >"$TOP/series/bases"
echo one >"$tmp/linux-source-1.0/toy.c"
tar -C "$tmp" -cJf "$tmp/deb/usr/src/linux-source-1.0.tar.xz" linux-source-1.0
printf 'Package: linux-source-1.0\nVersion: 1.0.1-1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: toy\n' >"$tmp/deb/DEBIAN/control"
dpkg-deb -b "$tmp/deb" "$tmp/toy.deb" >/dev/null

cat >"$tmp/bin/apt-get" <<END
#!/bin/sh
case "\$*" in
indextargets*) cat $tmp/mirror; exit ;;
*"-o Dir::Etc::sourceparts=/dev/null"*"-o Dir::State::lists=$CACHE/apt/lists"*) ;;
*) echo "\$*" >>$tmp/users; exit 100 ;;
esac
case "\$*" in
*update) ! grep -q ' gone ' $CACHE/apt/sources.list || { echo 'E: no Release file'; exit 100; } ;;
*download*) cp $tmp/toy.deb . ;;
esac
END
cat >"$tmp/bin/apt-cache" <<END
#!/bin/sh
case "\$*" in *"-o Dir::Etc::sourcelist=$CACHE/apt/sources.list"*) ;; *) echo "\$*" >>$tmp/users ;; esac
grep -q " \$(cat $tmp/has) " $CACHE/apt/sources.list && echo "  Candidate: 1.0.1-1" || echo "  Candidate: (none)"
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

: >"$tmp/mirror"
echo new >"$tmp/has"
gone 'no mirror in the apt sources of the machine' 'no apt source of Debian'
rm -f "$tmp/users"	# root has just tried to update those
echo http://debian.example.org/debian/ >"$tmp/mirror"
echo old >"$tmp/has"
gone 'a package that is in no suite' 'is in none of gone new; gone: E: no Release file'
echo new >"$tmp/has"
ok 'the first suite that has it serves it' "$repo/scripts/source" 1.0
is 'from the mirror of the machine, verified by the keyring of Debian' \
	'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://debian.example.org/debian/ new main' \
	"$(cat "$CACHE/apt/sources.list")"
is 'it is the source' one "$(cat "$CACHE/1.0/1.0.1-1/linux/toy.c")"
echo old >"$tmp/has"
ok 'a package that is gone, but a cached source' "$repo/scripts/source" 1.0
is 'the apt settings of the user were never used' '' "$(cat "$tmp/users" 2>/dev/null)"
done_testing
