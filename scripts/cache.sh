# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced: where sources, trees and builds are kept between runs, and the lock
# on them.  CACHE/BASE/VERSION/ holds all that is made from one version of the
# base's source:
#   linux/      a git repository: tag "pristine", and the series checked out
#   build/      kernel build (O=)
#   kselftest/  installed selftests
# Nothing else writes there; all of it can be removed at any time.

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kvm-dax}
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
# Neither make's targets nor QEMU's options can quote them.
case $CACHE in *[!A-Za-z0-9/._+~@-]*)
	die "CACHE=$CACHE: a path without blank, comma and colon is needed (set another)" ;;
esac
case $OUT in *,*) die "OUT=$OUT: a path without comma is needed (set another)" ;; esac
JOBS=${JOBS:-$(nproc)}
export CACHE CCACHE_DIR="$CACHE/ccache"

# cache_dir BASE: the directory of the version in use (what scripts/source
# wrote last); fails before the first run of scripts/source.
cache_dir() {
	[ -e "$CACHE/$1/version" ] || return 1
	echo "$CACHE/$1/$(cat "$CACHE/$1/version")"
}

# kunit_py BASE: the kernel's parser of KTAP. A base that has none takes that of
# another one, the newest that is there or can be had.
kunit_py() {
	others=$(known_bases | sort -rV)
	for from in "$1" $others get $others; do
		[ "$from" != get ] || { get=1; continue; }
		[ ! "${get-}" ] || LINUX='' "$TOP/scripts/source" "$from" >&2 || continue
		kunit=$(cache_dir "$from")/linux/tools/testing/kunit/kunit.py
		[ ! -e "$kunit" ] || { echo "$kunit"; return; }
	done
	die "no base that can be had has tools/testing/kunit/kunit.py, which parses KTAP"
}

# cache_lock: one run at a time works in the cache; later ones wait and say for
# whom.  The kernel drops the lock with the run, however that ends.
cache_lock() {
	[ "$KVM_DAX_LOCKED" ] && return
	mkdir -p "$CACHE" 2>/dev/null && [ -w "$CACHE" ] ||
		die "can't write to $CACHE (set CACHE= to a directory that you may write)"
	exec 9>>"$CACHE/lock"
	if ! flock -n 9; then
		echo "waiting for $(tail -n 1 "$CACHE/lock"), which works in $CACHE"
		flock 9
	fi
	echo "process $$ ($*), since $(date '+%F %T')" >"$CACHE/lock"
	export KVM_DAX_LOCKED=1
}

# need_space DIR MEBIBYTES: stop before the work, not in the midst of it.
need_space() {
	free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge "$2" ] ||
		die "$1 has $free MiB free, $2 MiB are needed (make room, or set CACHE= to another disk)"
}

# What stands before a long command that is started by "&", so that a signal to
# the script need not wait for its end: it dies with the script, and Ctrl-C
# reaches it (sh would have it ignore SIGINT).
LONG='setpriv --pdeathsig TERM env --default-signal=INT'

# run COMMAND...: a long command, waited for.
run() {
	$LONG "$@" &
	wait $!
}
