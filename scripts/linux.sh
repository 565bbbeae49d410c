# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2153,SC2154 # base is the caller's, the rest for it
# The user's own kernel tree, as LINUX= names it: what is asked of it before
# anything is done. Sourced after lib.sh. Nothing here writes to that tree.

linux_git() { git --no-optional-locks -C "$linux" "$@"; }

# need_linux DIR: a kernel tree. Sets $linux to its path, $version to
# VERSION.PATCHLEVEL, and $top to the git work tree that it is in, if any.
need_linux() {
	[ -d "$1" ] || die "$1: no such directory (LINUX= is the top of a kernel tree)"
	linux=$(cd "$1" && pwd -P)
	make=$linux/Makefile
	[ -f "$linux/Kbuild" ] && grep -q '^VERSION = ' "$make" 2> /dev/null && grep -q '^PATCHLEVEL = ' "$make" ||
		die "$linux: not a kernel tree (no Kbuild, or no VERSION and PATCHLEVEL in Makefile)"
	version=$(awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { print v "." $3; exit }' "$make")
	top=$(linux_git rev-parse --show-toplevel 2>&1) || :
	case $top in *'dubious ownership'*)
		die "$linux: belongs to another user, so git keeps off (git config --global --add safe.directory '$linux')" ;;
	esac
}

# need_version BASE: that of this base (FORCE=1: any)
need_version() {
	[ "$version" = "$1" ] || [ "${FORCE-}" = 1 ] ||
		die "$1: $linux: is version $version (give another BASE or LINUX, or none; FORCE=1 tries it all the same)"
}

# nearest_base: the base of $version or, if it is none, the nearest below
nearest_base() {
	known_bases | awk -v v="$version" "$AWK_RANGES"'
		version($1) <= version(v) { base = $1 }
		NR == 1 { oldest = $1 }
		END { if (base) print base; else { print oldest; exit 1 } }' ||
		die "$linux: version $version is below every base ($(known_bases | head -n 1) is the oldest)"
}

need_commit() {
	linux_git rev-parse -q --verify HEAD > /dev/null ||
		die "$linux: the git repository has no commit (there: git add -Af . && git commit -m base)"
}

need_clean() {
	changed=$(linux_git status --porcelain --untracked-files=no | head -n 1)
	[ -z "$changed" ] || die "$linux: uncommitted changes:$changed (commit or stash them)"
}
