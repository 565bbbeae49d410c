#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/cache.sh: which settings it takes, where what belongs to a source goes,
# and what it does with a cache that another version of kvm-dax made.
. "$(dirname "$0")/tap.sh"

repo=$TOP
top=$tmp/top
mkdir -p "$top/scripts" "$top/series"
ln -s "$repo/scripts/lib.sh" "$repo/scripts/cache.sh" "$top/scripts/"
printf '1.0 package=linux-toy\n2.0 package=linux-toy\n' >"$top/series/bases"
# A script of the repository, as far as the cache is concerned: it does as its
# caller says.
cat >"$top/scripts/use" <<'END'
#!/bin/sh
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cache.sh"
unfixed=
eval "$1"
END
chmod +x "$top/scripts/use"
use() { "$top/scripts/use" "$@"; }
export CACHE="$tmp/cache"

# Settings.
for jobs in 0 00 x -1 1.5 '1 2' ' '; do
	JOBS=$jobs
	export JOBS
	fails "JOBS=$jobs" "JOBS=$jobs: a number from 1 on is needed" use :
	is "JOBS=$jobs: in one line" 1 "$(use : 2>&1 | wc -l)"
done
JOBS=12
is 'JOBS=12' 12 "$(use 'echo "$JOBS"')"
unset JOBS
is 'JOBS as many as there are CPUs' "$(nproc)" "$(use 'echo "$JOBS"')"
for cache in "$tmp/a b" "$tmp/a,b" "$tmp/a:b" "$tmp/a\$b" "$tmp/a'b"; do
	CACHE=$cache
	fails "CACHE=${cache##*/}" "CACHE=$cache: a path without blank, comma and colon is needed" use 'cache_lock 1.0 test'
	ok "CACHE=${cache##*/}: nothing is made" [ ! -e "$cache" ]
done
CACHE=$tmp/cache
OUT=$tmp/a,b
export OUT
fails 'a comma in OUT=, which QEMU can not take' "OUT=$OUT: a path without comma is needed" use :
unset OUT
cd "$tmp" || exit
CACHE=cache
is 'CACHE= may be relative' "$tmp/cache" "$(use 'echo "$CACHE"')"
unset CACHE
is 'without CACHE= it is in ~/.cache' "$HOME/.cache/kvm-dax" "$(use 'echo "$CACHE"')"
is 'or where XDG_CACHE_HOME says' "$tmp/xdg/kvm-dax" "$(XDG_CACHE_HOME=$tmp/xdg use 'echo "$CACHE"')"
export CACHE="$tmp/cache"

# What is compiled. An object may have a file in it that the compiler does not say it read.
mkdir "$tmp/asm"
echo 'blob: .incbin "blob"' >"$tmp/asm/blob.S"
for blob in first other; do
	echo $blob >"$tmp/asm/blob"
	use "cd '$tmp/asm' && ccache gcc -Wp,-MMD,.blob.d -c blob.S -o blob.o"
	ok "an assembler file with another file in it: $blob" grep -q $blob "$tmp/asm/blob.o"
done

# Origins.
is 'a source of the base is named as the base' 1.0 "$(use 'origin 1.0')"
is 'its results' "$top/out/1.0" "$(use 'out_dir 1.0')"
is 'and those without the fixes' "$top/out/1.0/unfixed" "$(use 'unfixed=-u; out_dir 1.0')"
mkdir -p "$tmp/one/linux" "$tmp/two/linux" "$tmp/with blank/my linux"
one=$(LINUX=$tmp/one/linux use 'origin 1.0')
two=$(LINUX=$tmp/two/linux use 'origin 1.0')
ok 'a tree of that name' expr "$one" : 'linux-[0-9a-f]\{8\}$'
ok 'two trees of one name have two origins' [ "$one" != "$two" ]
is 'one tree has one, however it is named' "$one" "$(cd "$tmp/one" && LINUX=../one/./linux/ use 'origin 1.0')"
ln -s "$tmp/one/linux" "$tmp/link"
is 'or linked to' "$one" "$(LINUX=$tmp/link use 'origin 1.0')"
ok 'a blank in its name is none in the cache' expr "$(LINUX="$tmp/with blank/my linux" use 'origin 1.0')" : 'my_linux-[0-9a-f]*$'
is 'the results are apart, too' "$top/out/$one" "$(LINUX=$tmp/one/linux use 'out_dir 1.0')"
is 'of OUT=, if that is set' "$tmp/results/$two" "$(OUT=$tmp/results LINUX=$tmp/two/linux use 'out_dir 1.0')"

# Layouts. A cache of another one is told of, and not touched.
# refused NAME TEXT BASE: the lock of BASE is not to be had
refused() {
	before=$(cd "$CACHE" && find . -exec ls -ld --time-style=full-iso {} + | sort)
	fails "$1" "$2" use "cache_lock $3 test"
	is "$1: in one line" 1 "$(use "cache_lock $3 test" 2>&1 | wc -l)"
	is "$1: nothing is changed" "$before" "$(cd "$CACHE" && find . -exec ls -ld --time-style=full-iso {} + | sort)"
}
mkdir -p "$CACHE/1.0/1.0.7-1/linux"
echo 1.0.7-1 >"$CACHE/1.0/version"
refused 'an earlier layout' "CACHE=$CACHE: an earlier version of kvm-dax made it, in another layout (remove it, or set another)" 1.0
refused 'an earlier layout, and a base that it lacks' "CACHE=$CACHE: an earlier version of kvm-dax made it" 2.0
rm -rf "$CACHE"
ok 'an empty cache is taken' use 'cache_lock 1.0 test'
touch -d @1 "$CACHE/layout"
ok 'and once more' use 'cache_lock 1.0 test'
# Whoever reads it at that moment would find it empty.
is 'its layout is not written again' 1 "$(stat -c %Y "$CACHE/layout")"
layout=$(cat "$CACHE/layout")
is 'it has the layout' "$(sed -n 's/^LAYOUT=//p' "$repo/scripts/cache.sh")" "$layout"
echo 99 >"$CACHE/layout"
refused 'another layout' "CACHE=$CACHE: another version of kvm-dax made it, in layout 99, not $layout (remove it, or set another)" 1.0
refused 'another layout, and a base that it lacks' 'in layout 99' 2.0
echo "$layout" >"$CACHE/layout"
: >"$tmp/file"
CACHE=$tmp/file
fails 'a cache that is a file' "can't write to $CACHE (set CACHE= to a directory that you may write)" use 'cache_lock 1.0 test'
CACHE=$tmp/cache

# The lock.
is 'a source that was never taken' "$CACHE/1.0 1" "$(use 'cache_dir 1.0; echo $?' | xargs)"
echo 1.0.7-1 >"$CACHE/1.0/version"
is 'and one that was' "$CACHE/1.0 0" "$(use 'cache_dir 1.0; echo $?' | xargs)"
mkfifo "$tmp/go" "$tmp/told"
: >"$tmp/order"
use "cache_lock 1.0 first; echo >$tmp/told; read go <$tmp/go; echo first" >>"$tmp/order" 2>&1 &
first=$!
read -r _ <"$tmp/told"
use 'cache_lock 1.0 second; echo second' >>"$tmp/order" 2>&1 &
second=$!
ok 'another base does not wait' timeout 10 "$top/scripts/use" 'cache_lock 2.0 third'
ok 'nor does a tree of ones own' env LINUX="$tmp/one/linux" timeout 10 "$top/scripts/use" 'cache_lock 1.0 third'
# It says so, and then waits: only then may the first one go on.
n=0
until grep -q waiting "$tmp/order" || [ $n = 100 ]; do n=$((n + 1)); sleep 0.1; done
echo >"$tmp/go"
wait $first $second
is 'the same one waits' 'waiting first second' "$(awk '{ print $1 }' "$tmp/order" | xargs)"
ok 'and says for whom' grep -q "^waiting for process [0-9]* (first 1.0), since .*, which works in $CACHE/1.0$" "$tmp/order"
ok 'who has the lock does not wait for itself' timeout 10 "$top/scripts/use" "cache_lock 1.0 outer; '$top/scripts/use' 'cache_lock 1.0 inner'"
is 'the room that there is, is enough' '' "$(use "need_space $tmp 1")"
fails 'more is not there' 'MiB free, 99999999 MiB are needed (make room, or set CACHE= to another disk)' use "need_space $tmp 99999999"
done_testing
