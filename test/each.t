#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/each: which bases BASE= means, the exit code of several, and which
# commands refuse several.
. "$(dirname "$0")/tap.sh"

repo=$tmp/repo each=$tmp/repo/scripts/each linux=$tmp/linux
mkdir -p "$repo/series" "$repo/scripts" "$linux"
ln -s "$TOP/scripts/"* "$repo/scripts/"
printf '1.0 tag=v1.0\n1.1 package=a\n1.2 package=b\n1.10 package=c\n' >"$repo/series/bases"
printf '#!/bin/sh\necho "$1" >>%s/ran\nexit "$(cat %s/"$1")"\n' "$tmp" "$tmp" >"$repo/scripts/toy"
chmod +x "$repo/scripts/toy"
touch "$linux/Kbuild"

# codes 1.1 1.2 1.10: what scripts/toy ends with
codes() { echo "$1" >"$tmp/1.1"; echo "$2" >"$tmp/1.2"; echo "$3" >"$tmp/1.10"; echo 0 >"$tmp/1.0"; }
# all: for all bases; how it ends, and what it says
all() {
	: >"$tmp/ran"
	said=$("$each" toy all 2>&1)
	code=$?
}
# runs NAME BASES BASE= [VAR=VALUE...]: those it runs for, in this order
runs() {
	name=$1 bases=$2 word=$3
	shift 3
	: >"$tmp/ran"
	env "$@" "$each" toy "$word" >"$tmp/told" 2>&1
	is "$name" "$bases" "$(xargs <"$tmp/ran")"
}
# refuses NAME TEXT BASE= [VAR=VALUE...]: it runs for none
refuses() {
	name=$1 text=$2 word=$3
	shift 3
	: >"$tmp/ran"
	fails "$name" "$text" env "$@" "$each" toy "$word"
	is '... before anything is run' '' "$(cat "$tmp/ran")"
}

codes 0 0 0
all
is 'all of them pass' 0 $code
is 'those that Debian has, one after the other' '1.1 1.2 1.10' "$(xargs <"$tmp/ran")"
codes 4 0 0
all
is 'one could not be had' 4 $code
is 'and is named' 'toy: not done, see above: 1.1' "$said"
is 'but the others ran' '1.1 1.2 1.10' "$(xargs <"$tmp/ran")"
codes 1 4 0
all
is 'a failure is worse than that' 1 $code
codes 0 4 255
all
is 'a panic is' 255 $code
codes 1 124 0
all
is 'the worst of all' 124 $code

codes 0 0 0
runs 'a base that Debian has not, by its name' 1.0 1.0
runs 'two with a blank between' '1.1 1.2' '1.1 1.2'
runs 'two with a comma between' '1.2 1.0' 1.2,1.0
runs 'blanks and commas around them' '1.1 1.2' ' 1.1, 1.2 '
refuses 'no such base' 'no such base (known: 1.0 1.1 1.2 1.10)' 1.4
refuses 'a part of a name' '1: series/bases: no such base' 1
refuses 'one of several that is none' '1.4: series/bases: no such base' '1.1 1.4'
refuses 'an empty BASE' 'BASE is empty: series/bases: no such base' ''
refuses 'and one of blanks' 'BASE is empty: series/bases: no such base' ' '

# version VERSION: that of the user's tree
version() { printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = 0\n' "${1%.*}" "${1#*.}" >"$linux/Makefile"; }
version 1.2
runs 'auto is the base of that version' 1.2 auto LINUX="$linux"
is 'which is said' "$linux is Linux 1.2" "$(head -n 1 "$tmp/told")"
version 1.9
runs 'or the nearest below it' 1.2 auto LINUX="$linux"
is 'which is said, too' "$linux is Linux 1.9: the series of 1.2, the nearest base below it" "$(head -n 1 "$tmp/told")"
version 3.0
runs 'which may be the newest' 1.10 auto LINUX="$linux"
version 0.9
refuses 'no base below it' 'version 0.9 is below every base (1.0 is the oldest)' auto LINUX="$linux"
version 1.1
refuses 'auto without a kernel tree' 'not a kernel tree' auto LINUX="$tmp"
runs 'a tree and its base' 1.1 1.1 LINUX="$linux"
refuses 'a tree of another version' "1.2: $linux: is version 1.1 (" 1.2 LINUX="$linux"
refuses 'and for one of several' 'is version 1.1 (' 1.1,1.2 LINUX="$linux"
runs 'FORCE=1 takes it' 1.2 1.2 LINUX="$linux" FORCE=1

# Which base, if there is but one machine or tree.
for command in 'am X' 'boot X nvdimm' 'record X' 'compare X' 'main X' 'refresh X' 'newbase 2.0 X'; do
	for several in '1.1 1.2' all; do
		set --
		for word in $command; do [ "$word" = X ] && set -- "$@" "$several" || set -- "$@" "$word"; done
		verb=$1
		shift
		[ "$verb" != am ] || set -- "$@" "$linux"
		fails "$verb refuses $several" "BASE=$several: one base is needed here" env CACHE="$tmp/cache" "$repo/scripts/$verb" "$@"
	done
done
ok 'without making anything' [ ! -e "$tmp/cache" ]
done_testing
