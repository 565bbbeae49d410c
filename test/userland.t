#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/userland: Debian's programs of another architecture, with apt-get replaced by
# one that serves two packages where it is asked for that architecture.
. "$(dirname "$0")/tap.sh"

repo=$tmp/repo
export CACHE="$tmp/cache"
mkdir -p "$repo/vm/machine" "$tmp/bin"
ln -s "$TOP/scripts" "$repo/"
echo 'arch x86' >"$repo/vm/machine/x86"
echo 'arch toy toy-linux- toyish' >"$repo/vm/machine/toy"
for package in dash libc; do
	mkdir -p "$tmp/$package/DEBIAN" "$tmp/$package/bin"
	echo $package >"$tmp/$package/bin/$package"
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: toy\n' $package >"$tmp/$package/DEBIAN/control"
	dpkg-deb -b "$tmp/$package" "$tmp/$package.deb" >/dev/null
done
# What is done with the user's own settings is told in $tmp/users.
cat >"$tmp/bin/apt-get" <<END
#!/bin/sh
own=$CACHE/userland-toyish/apt
case "\$*" in
indextargets*) cat $tmp/mirror; exit ;;
*"-o Dir::Etc::sourceparts=/dev/null"*"-o Dir::State::lists=\$own/lists"*"-o APT::Architecture=toyish"*"-o Dir::State::status=\$own/status"*) ;;
*) echo "\$*" >>$tmp/users; exit 100 ;;
esac
case "\$*" in
*update) cat \$own/sources.list >>$tmp/asked ;;
*install*) [ ! -e $tmp/gone ] || { echo 'E: Unable to locate package dash'; exit 100; }
	cp $tmp/*.deb \$own/cache/archives/ ;;
esac
END
chmod +x "$tmp/bin/apt-get"
export PATH="$tmp/bin:$PATH"
root=$CACHE/userland-toyish/root

: >"$tmp/mirror"
fails 'no mirror' "toy: no apt source of this machine names Debian's mirror" "$repo/scripts/userland" toy
echo http://debian.example.org/debian/ >"$tmp/mirror"
touch "$tmp/gone"
fails 'a package that is not there' "toy: can't get Debian's packages for toyish: E: Unable to locate package dash (all of it: " "$repo/scripts/userland" toy
rm "$tmp/gone"
is 'it prints where they are' "$root" "$("$repo/scripts/userland" toy)"
is 'which has all of them' 'dash libc' "$(cat "$root/bin/"* | xargs)"
is 'from the mirror of this machine, verified, and of its release' \
	"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://debian.example.org/debian/ $(. /etc/os-release && echo "$VERSION_CODENAME") main" \
	"$(tail -n 1 "$tmp/asked")"
rm "$tmp/asked"
is 'once' "$root" "$("$repo/scripts/userland" toy)"
ok 'as they are kept' [ ! -e "$tmp/asked" ]
echo 'bullseye: dash' >"$CACHE/userland-toyish/packages"
ok 'those of another release are not' sh -c '"$1/scripts/userland" toy && [ -e "$2/asked" ]' - "$repo" "$tmp"
is 'the apt settings of the user were never used' '' "$(cat "$tmp/users" 2>/dev/null)"
fails 'a machine of this architecture' "x86: is of this machine's own architecture" "$repo/scripts/userland" x86
done_testing
