# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced: where sources, trees and builds are kept between runs, and the locks
# on them.  CACHE/ORIGIN/ has all that is made from one source, which is a base's
# own, named as the base, or a tree that LINUX= names, NAME-HASH:
#   version       what was taken last
#   linux/        a git repository: tag "pristine", and the series checked out
#   mails/        the series as it was applied
#   linux/build/  kernel build (O=); of another machine than x86 linux/build-MACHINE/,
#                 with DEBUG=1 with -debug behind it
#   kselftest/    installed selftests; likewise kselftest-MACHINE/
# Nothing else writes there; all of it can be removed at any time.

# What this layout is called. Another one can't be used.
LAYOUT=2

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kvm-dax}
case $CACHE in /*) ;; *) CACHE=$PWD/$CACHE ;; esac
# Neither make's targets nor QEMU's options can quote them.
case $CACHE in *[!A-Za-z0-9/._+~@-]*)
	die "CACHE=$CACHE: a path without blank, comma and colon is needed (set another)" ;;
esac
case $OUT in *,*) die "OUT=$OUT: a path without comma is needed (set another)" ;; esac
JOBS=${JOBS:-$(nproc)}
case $JOBS in *[!0-9]* | 0*) die "JOBS=$JOBS: a number from 1 on is needed" ;; esac
case ${DEBUG-} in '' | 1) ;; *) die "DEBUG=$DEBUG: only 1 is known (a kernel that checks itself)" ;; esac
# Not CCACHE_DEPEND, although kbuild has the compiler say what it read: .incbin is not among
# that. The kernel's image has its compressed self by .incbin, and would be that of another
# build if both are as large. The namespace is without what was kept so.
export CACHE JOBS CCACHE_DIR="$CACHE/ccache" CCACHE_NAMESPACE=preprocessed

# origin BASE: the name of the source in use
origin() {
	[ "${LINUX-}" ] || { echo "$1"; return; }
	path=$(cd "$LINUX" 2>/dev/null && pwd -P) || path=$LINUX
	echo "$(basename "$path" | tr -c 'A-Za-z0-9._+\n-' _)-$(echo "$path" | sha1sum | cut -c1-8)"
}

# out_dir BASE: the results; those with DEBUG=1, and those of the series without its
# fix patches, which scripts call with -u, have a place of their own.
out_dir() { echo "$OUT/$(origin "$1")${DEBUG:+/debug}${unfixed:+/unfixed}"; }

# build_dir BASE: that of the machine in use, which is x86 until use_machine() is called
suffix=
build_dir() { echo "$CACHE/$(origin "$1")/linux/build$suffix${DEBUG:+-debug}"; }

# cache_dir BASE: fails before the first run of scripts/source.
cache_dir() {
	echo "$CACHE/$(origin "$1")"
	[ -e "$CACHE/$(origin "$1")/version" ]
}

# cache_lock BASE WHAT: one run at a time works on a source; later ones wait and
# say for whom. The kernel drops the lock with the run, however that ends. A script
# whose caller has it has the file open, too.
cache_lock() {
	lock=$CACHE/$(origin "$1")/lock
	# shellcheck disable=SC3013 # dash and busybox know -ef
	[ /proc/self/fd/9 -ef "$lock" ] && return
	if [ ! -e "$CACHE/layout" ]; then
		for old in "$CACHE"/*/version; do
			[ ! -e "$old" ] || die "CACHE=$CACHE: an earlier version of kvm-dax made it, in another layout (remove it, or set another)"
		done
	elif [ "$(cat "$CACHE/layout")" != $LAYOUT ]; then
		die "CACHE=$CACHE: another version of kvm-dax made it, in layout $(cat "$CACHE/layout"), not $LAYOUT (remove it, or set another)"
	fi
	mkdir -p "${lock%/lock}" 2>/dev/null && [ -w "${lock%/lock}" ] ||
		die "can't write to $CACHE (set CACHE= to a directory that you may write)"
	[ -e "$CACHE/layout" ] || { echo $LAYOUT >"$CACHE/layout.$$" && mv "$CACHE/layout.$$" "$CACHE/layout"; }
	exec 9>>"$lock"
	if ! flock -n 9; then
		echo "waiting for $(tail -n 1 "$lock"), which works in ${lock%/lock}" >&2
		flock 9
	fi
	echo "process $$ ($2 $1), since $(date '+%F %T')" >"$lock"
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
