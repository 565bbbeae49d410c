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

# bases_of BASE: it, or for "all" each base that is a Debian package
bases_of() {
	if [ "$1" = all ]; then
		awk '!/^#/ && / package=/ { print $1 }' "$TOP/series/bases"
	else
		need_base "$1" && echo "$1"
	fi
}

# worse CODE CODE: the exit code for two of them. A failure is worse than a skip,
# though its number is not.
worse() {
	case $1,$2 in
	0,* | 4,[!0]*) echo "$2" ;;
	*,0 | *,4) echo "$1" ;;
	*) if [ "$1" -gt "$2" ]; then echo "$1"; else echo "$2"; fi ;;
	esac
}

# The series without its fix patches, for scripts/compare: the same base with
# results and expectations of its own.
case ${WITHOUT-} in ''|fix) ;; *) die "WITHOUT=$WITHOUT: no such kind (only the fix patches can be left out)" ;; esac
out_dir() { echo "$OUT/$1${WITHOUT:+/unfixed}"; }
label() { echo "$1${WITHOUT:+-unfixed}"; }

# listed LIST: whether $base and the like is in a column of "*" or a,b,c
AWK_LISTED='function listed(x, list) { return list == "*" || index("," list ",", "," x ",") }'

# tests BASE BOOT: their lines of vm/tests, as kind, name, results, timeout; a
# later line for the same test replaces an earlier one. ONLY in the environment
# names the one selftest that is meant, for scripts/mutants; KUnit runs anyway.
tests() {
	[ -z "$(tail -c 1 "$TOP/vm/tests")" ] || die "vm/tests: the last line has no end, so it would not be read (add a newline)"
	awk -v base="$1" -v boot="$2" -v only="${ONLY-}" "$AWK_LISTED"'
	function wrong(why) { print "vm/tests: " $0 ": " why > "/dev/stderr"; err = 2; exit }
	/^#/ || !NF { next }
	$1 !~ /^(kunit|harness|kselftest)$/ { wrong("no such kind (kunit, harness or kselftest)") }
	NF != 6 { wrong(NF " columns, not 6") }
	!listed(base, $3) || !listed(boot, $4) { next }
	only && $1 == "kselftest" && $2 !~ (":" only "$") { next }
	{
		if (!(($1, $2) in line)) order[++n] = $1 SUBSEP $2
		line[$1, $2] = $1 " " $2 " " $5 " " $6
	}
	END { if (err) exit err; for (i = 1; i <= n; i++) print line[order[i]] }' "$TOP/vm/tests"
}

all_boots() { awk '$1 == "boot" { print $2 }' "$TOP/vm/machine"; }

# boots BASE [all]: those that a selftest is listed for, of which the main job has
# that with NVDIMMs and each with kernel parameters.
boots() {
	awk '$1 == "boot" { print $2, $4 }' "$TOP/vm/machine" | while read -r boot parameter; do
		[ "$boot" = nvdimm ] || [ "$parameter$2" ] || continue
		! tests "$1" "$boot" | grep -q '^kselftest' || echo "$boot"
	done
}

# mktmp: a directory $tmp that lasts as long as the script
mktmp() {
	tmp=$(mktemp -d) || exit 2
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM
}
