#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/each: which bases "all" means, and the exit code of several.
. "$(dirname "$0")/tap.sh"

repo=$TOP
export TOP="$tmp/top"
mkdir -p "$TOP/series" "$TOP/scripts"
printf '1.0 tag=v1.0\n1.1 package=a\n1.2 package=b\n1.3 package=c\n' >"$TOP/series/bases"
printf '#!/bin/sh\necho "$1" >>%s/ran\nexit "$(cat %s/"$1")"\n' "$tmp" "$tmp" >"$TOP/scripts/toy"
chmod +x "$TOP/scripts/toy"

# codes 1.1 1.2 1.3: what scripts/toy ends with
codes() {
	echo "$1" >"$tmp/1.1"; echo "$2" >"$tmp/1.2"; echo "$3" >"$tmp/1.3"; echo 0 >"$tmp/1.0"
	: >"$tmp/ran"
	said=$("$repo/scripts/each" toy all 2>&1)
	code=$?
}

codes 0 0 0
is 'all of them pass' 0 $code
is 'those that Debian has, one after the other' '1.1 1.2 1.3' "$(xargs <"$tmp/ran")"
codes 4 0 0
is 'one could not be had' 4 $code
is 'and is named' 'toy: not done, see above: 1.1' "$said"
is 'but the others ran' '1.1 1.2 1.3' "$(xargs <"$tmp/ran")"
codes 1 4 0
is 'a failure is worse than that' 1 $code
codes 0 4 255
is 'a panic is' 255 $code
codes 1 124 0
is 'the worst of all' 124 $code
ok 'a base that Debian has not, by its name' "$repo/scripts/each" toy 1.0
fails 'no such base' 'no such base (known: 1.0 1.1 1.2 1.3)' "$repo/scripts/each" toy 1.4
done_testing
