# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What all scripts share. Sourced, never run: . "$(dirname "$0")/lib.sh"

# The environment may not change a result. What stays is what programs need to
# run, what git and gpg know the user by, and the settings of "make help".
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
	case $name in
	PATH | HOME | USER | LOGNAME | TERM | TMPDIR | PWD | XDG_CACHE_HOME | XDG_CONFIG_HOME | *_proxy | *_PROXY) ;;
	GIT_COMMITTER_NAME | GIT_COMMITTER_EMAIL | EMAIL | GIT_CONFIG_GLOBAL | GIT_CONFIG_NOSYSTEM | GNUPGHOME | GPG_TTY | SSH_AUTH_SOCK) ;;
	TEST | BOOT | CASE | TOPIC | DEBUG | LINUX | SERIES | CACHE | OUT | JOBS | ACCEL | SIGNOFF | FORCE | V) ;;
	*) unset "$name" ;;
	esac
done
# Sorting and git's error texts must not depend on the user's language.
export LC_ALL=C
umask 022

# die MESSAGE...: one line, and the code for "the machinery itself failed"
die() { echo "${0##*/}: $*" >&2; exit 2; }

TOP=$(cd "$(dirname "$0")/.." && pwd) || exit 2
OUT=${OUT:-$TOP/out}
case $OUT in /*) ;; *) OUT=$PWD/$OUT ;; esac
# A path is relative to where the first script was started, for all of them.
case ${LINUX-} in '' | /*) ;; *) LINUX=$PWD/$LINUX ;; esac
export OUT

known_bases() { awk '!/^#/ && NF { print $1 }' "$TOP/series/bases"; }

# base_field BASE KEY: the values of KEY=, one per line; nothing if there is none
base_field() {
	awk -v b="$1" -v k="$2=" '$1 == b { for (i = 2; i <= NF; i++)
		if (index($i, k) == 1) print substr($i, length(k) + 1) }' "$TOP/series/bases"
}

need_base() {
	known_bases | grep -Fqx -e "$1" ||
		die "${1:-BASE is empty}: series/bases: no such base (known: $(known_bases | xargs))"
}

# topics BASE: those of its series, in the order in which they are applied; those
# that TOPIC= names, if it does
topics() {
	for topic in $(base_field "$1" topics | tr , ' '); do
		case " $(echo "${TOPIC:-$topic}" | tr -s ', ' ' ') " in *" $topic "*) echo "$topic" ;; esac
	done
}

# need_topics BASE: TOPIC= may only name topics that it has
need_topics() {
	for topic in $(echo "${TOPIC-}" | tr , ' '); do
		TOPIC='' topics "$1" | grep -Fqx -e "$topic" ||
			die "TOPIC=$topic: not a topic of $1 (which has: $(TOPIC='' topics "$1" | xargs))"
	done
	[ ! "${TOPIC-}" ] || [ "$(topics "$1")" ] || die "TOPIC='$TOPIC': names no topic of $1 (which has: $(TOPIC='' topics "$1" | xargs))"
}

# stands_on BASE TOPIC: the topics that have to be applied before it
stands_on() { sed -n 's/^# On: *//p' "$TOP/series/$1/$2/series" 2>/dev/null | tr -s ' ' '\n'; }

# mails_of DIR TOPIC...: the paths of their mails there, without the cover letters
mails_of() {
	mails_in=$1
	shift
	for topic; do
		find "$mails_in/$topic" -maxdepth 1 -name '0*.patch' ! -name '0000-*' | sort
	done
}

# left_out BASE: the topics whose fix patches -u leaves out: what TOPIC= names, or all,
# and what stands on these
left_out() {
	for topic in $(TOPIC='' topics "$1"); do
		{ echo "$topic"; stands_on "$1" "$topic"; } | grep -Fqx -e "$(topics "$1")" && echo "$topic"
	done
}

# one_base BASE: it, where a command can have but one
one_base() {
	case $1 in all | *[\ ,]*) die "BASE=$1: one base is needed here (known: $(known_bases | xargs))" ;; esac
	need_base "$1"
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

# For awk: whether base is in a list of bases and ranges, with blanks or commas
# between: 6.12, 6.1- (and newer), -5.3 (and older), 6.1-6.12, or *. The ends of a
# range are versions and need not be bases; a name that is alone has to be one of
# known. where is what an error names; err is then 2.
AWK_RANGES='
	function version(v, part) { split(v, part, "."); return part[1] * 1000 + part[2] }
	function in_ranges(base, list, i, n, word, end, yes) {
		n = split(list, word, /[ ,]+/)
		for (i = 1; i <= n; i++) {
			if (word[i] == "*" || word[i] == base)
				yes = 1
			else if (word[i] ~ /^([0-9]+\.[0-9]+)?-([0-9]+\.[0-9]+)?$/ && word[i] != "-") {
				split(word[i], end, "-")
				if (end[1] != "" && end[2] != "" && version(end[1]) > version(end[2])) {
					print where ": " list ": " word[i] " is the wrong way round" > "/dev/stderr"
					err = 2
					exit
				}
				yes = yes || ((end[1] == "" || version(base) >= version(end[1])) &&
					(end[2] == "" || version(base) <= version(end[2])))
			} else if (index(" " known " ", " " word[i] " ") == 0) {
				print where ": " list ": " word[i] " is neither a base nor a range (known: " known ")" > "/dev/stderr"
				err = 2
				exit
			}
		}
		return yes
	}'

# in_ranges BASE LIST FILE: the same for the shell; FILE is what an error names
in_ranges() {
	awk -v base="$1" -v known="$(known_bases | xargs)" -v list="$2" -v where="${3#"$TOP"/}" "$AWK_RANGES"'
		BEGIN { yes = in_ranges(base, list); exit } END { exit err ? err : !yes }'
	case $? in 0) return 0 ;; 1) return 1 ;; *) exit 2 ;; esac
}

# mktmp: a directory $tmp that lasts as long as the script
mktmp() {
	tmp=$(mktemp -d) || exit 2
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM
}
