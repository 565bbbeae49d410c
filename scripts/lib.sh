# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What all scripts share. Sourced, never run: . "$(dirname "$0")/lib.sh"

# A git hook that calls us exports GIT_DIR and the like, which would redirect
# every git below.
# shellcheck disable=SC2046 # one word per variable is what unset needs
unset $(git rev-parse --local-env-vars)
# Sorting and git's error texts must not depend on the user's language.
export LC_ALL=C
umask 022
# Nor may what our caller's make was told, e.g. -i.
unset MAKEFLAGS MFLAGS MAKELEVEL

TOP=$(cd "${TOP:-$(dirname "$0")/..}" && pwd) || exit 2
OUT=${OUT:-$TOP/out}
case $OUT in /*) ;; *) OUT=$PWD/$OUT ;; esac
export TOP OUT

# die MESSAGE...: one line, and the code for "the machinery itself failed"
die() { echo "${0##*/}: $*" >&2; exit 2; }

known_bases() { awk '!/^#/ && NF { print $1 }' "$TOP/series/bases"; }

# base_field BASE KEY: the values of KEY=, one per line; nothing if there is none
base_field() {
	awk -v b="$1" -v k="$2=" '$1 == b { for (i = 2; i <= NF; i++)
		if (index($i, k) == 1) print substr($i, length(k) + 1) }' "$TOP/series/bases"
}

need_base() {
	known_bases | grep -Fqx -e "$1" ||
		die "$1: series/bases: no such base (known: $(known_bases | xargs))"
}

# mktmp: a directory $tmp that lasts as long as the script
mktmp() {
	tmp=$(mktemp -d) || exit 2
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM
}
