# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # dir, version, apt and where are the caller's
# Debian's packages, from the machine's own apt sources or from suites that it does
# not use; these are read by apt settings of our own in $dir, so that the user's
# sources, lists and pins stay as they are.  Sourced after cache.sh.

# apt_ CACHE-OR-GET WORD...: apt-cache or apt-get, with the options of the suite
# in use, if any.
# shellcheck disable=SC2086 # words are meant
apt_() { which=$1; shift; "apt-$which" -o APT::Sandbox::User=root ${apt-} "$@"; }

candidate() {
	apt_ cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# mirror LABEL: the address of one of Debian's archives, as the machine's apt has it
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: $1" 2>/dev/null | head -n 1
}

# private_apt: sets $apt to options that keep all of apt's in $dir/apt
private_apt() {
	mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" || exit 2
	apt="-o Dir::Etc::sourcelist=$dir/apt/sources.list -o Dir::Etc::sourceparts=/dev/null
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
		-o Dir::State::lists=$dir/apt/lists -o Dir::Cache=$dir/apt/cache -o APT::Update::Error-Mode=any"
}

# apt_source MIRROR SUITE: the only one that these options know
apt_source() {
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $1 $2 main" >"$dir/apt/sources.list"
}

# debian_version PACKAGE SUITE...: sets $version to the newest in the machine's own
# apt sources, or else in the first suite that has it, or to nothing; $apt to the
# options to get it by, and $where to what was tried.
debian_version() {
	package=$1
	shift
	apt='' where='no apt source of this machine'
	version=$(candidate "$package")
	# A machine that is new has no lists yet.
	if [ ! "$version" ] && [ "$(id -u)" = 0 ] && [ ! "$(mirror Debian)" ]; then
		apt-get update >/dev/null 2>&1
		version=$(candidate "$package")
	fi
	[ ! "$version" ] || return 0
	private_apt
	for suite; do
		case $suite in *-security) at=$(mirror Debian-Security) ;; *) at=$(mirror Debian) ;; esac
		[ "$at" ] || { where="$where; $suite: no apt source of this machine names its mirror (run apt-get update)"; continue; }
		apt_source "$at" "$suite"
		error=$(apt_ get -q update 2>&1) && error='' || error=": $(echo "$error" | grep -m1 '^E:')"
		version=$(candidate "$package")
		[ ! "$version" ] || return 0
		where="$where, nor in $suite$error"
	done
}

# debian_get PACKAGE VERSION DIR: the package's source archive, unpacked in DIR,
# of which only the files that further words name.  Sets $error if it can't.
debian_get() {
	package=$1 version=$2 to=$3
	shift 3
	mkdir -p "$to.deb" "$to"
	if ! (cd "$to.deb" && apt_ get -qq download "$package=$version") >"$to.deb/log" 2>&1; then
		error="can't download $package $version: $(grep -m1 '^E:' "$to.deb/log")"
		return 1
	fi
	dpkg-deb --fsys-tarfile "$to.deb/"*.deb | tar -xOf - "./usr/src/$package.tar.xz" 2>"$to.deb/log" |
		tar -xJf - -C "$to" --strip-components=1 "$@" 2>>"$to.deb/log" || {
		error="$package $version does not unpack: $(head -n 1 "$to.deb/log") (run again)"
		return 1
	}
	rm -rf "$to.deb"
}
