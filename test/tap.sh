# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A test script's own few words: TAP for prove, and toy repositories to try on.
# Sourced by test/*.t, which run with $tmp as a scratch directory.

# shellcheck disable=SC2034 # the tests'
TOP=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
count=0

# Neither the user's git settings nor our caller's environment may decide.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars) TEST BOOT CASE TOPIC DEBUG LINUX SERIES CACHE OUT JOBS ACCEL SIGNOFF FORCE V CDPATH
unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE EMAIL \
	GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE
unset XDG_CACHE_HOME XDG_CONFIG_HOME
export HOME="$tmp/home"
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL="$tmp/gitconfig" GIT_CEILING_DIRECTORIES="$tmp" LC_ALL=C

# verdict CODE NAME: one TAP line; a failure shows what was said in $tmp/said
verdict() {
	count=$((count + 1))
	[ "$1" != 0 ] || { echo "ok $count - $2"; return 0; }
	echo "not ok $count - $2"
	sed 's/^/# /' "$tmp/said"
}

# ok NAME COMMAND...: passes if the command succeeds
ok() {
	name=$1
	shift
	("$@") > "$tmp/said" 2>&1
	verdict $? "$name"
}

# fails NAME TEXT COMMAND...: passes if the command fails and says TEXT
fails() {
	name=$1 text=$2
	shift 2
	("$@") > "$tmp/said" 2>&1
	code=$?
	echo "(exit code $code; it should fail and say: $text)" >> "$tmp/said"
	[ $code = 2 ] && sed '$d' "$tmp/said" | grep -Fq -e "$text"
	verdict $? "$name"
}

# is NAME EXPECTED GOT
is() {
	printf 'expected: %s\ngot:      %s\n' "$2" "$3" > "$tmp/said"
	[ "$2" = "$3" ]
	verdict $? "$1"
}

# A plan of 0 would be a skip to prove.
done_testing() { [ $count != 0 ] && echo "1..$count"; }
