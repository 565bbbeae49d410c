#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Lists of bases: which bases a range means, what is none, and that all lists of
# this repository are some.
. "$(dirname "$0")/tap.sh"

repo=$tmp/repo
mkdir -p "$repo/scripts" "$repo/series"
ln -s "$TOP/scripts/lib.sh" "$repo/scripts/"
# The order of the lines is not the order of the versions, nor of the letters.
printf '# bases\n6.12 tag=a\n5.3 tag=b\n6.1 tag=c\n7.3 tag=d\n' >"$repo/series/bases"
# in LIST: the bases that are in it
cat >"$repo/scripts/in" <<'END'
#!/bin/sh
. "$(dirname "$0")/lib.sh"
for base in $(known_bases | sort -V); do
	if in_ranges "$base" "$1" "$TOP/vm/some file"; then echo "$base"; fi
done
END
chmod +x "$repo/scripts/in"

# means LIST BASES
means() { is "'$1' is '$2'" "$2" "$("$repo/scripts/in" "$1" 2>&1 | xargs)"; }
# refused LIST WORD
refused() {
	fails "'$1': $2 is refused" "vm/some file: $1: $2 is neither a base nor a range (known: 6.12 5.3 6.1 7.3)" "$repo/scripts/in" "$1"
}

means 6.12 6.12
means 6.1 6.1
means '*' '5.3 6.1 6.12 7.3'
means 6.1- '6.1 6.12 7.3'
means -5.3 5.3
means -6.1 '5.3 6.1'
means 6.1-6.12 '6.1 6.12'
means '5.3 7.3' '5.3 7.3'
means 5.3,6.12- '5.3 6.12 7.3'
means '5.3, 6.12' '5.3 6.12'
means '-5.3 6.1' '5.3 6.1'
# Ends that are no bases; 6.2 is older than 6.12, and 10.0 newer than 7.3.
means 6.2- '6.12 7.3'
means -6.11 '5.3 6.1'
means -6.2 '5.3 6.1'
means 6.1-6.99 '6.1 6.12'
means 6.2-7.2 6.12
means 5.4-10.0 '6.1 6.12 7.3'
means 6.2-6.11 ''
means 10.0- ''
refused 7.2 7.2
refused 6 6
refused 6.1.5 6.1.5
refused 5.3-unfixed 5.3-unfixed
refused -- --
refused - -
refused 6.1-6.12-7.3 6.1-6.12-7.3
refused '6.1- 6.13' 6.13
refused '*,7.4' 7.4
refused latest- latest-
fails 'a range the wrong way round' 'vm/some file: 6.1 6.12-6.1: 6.12-6.1 is the wrong way round' "$repo/scripts/in" '6.1 6.12-6.1'

# The lists of this repository, as "FILE<tab>LIST".
cd "$TOP" || exit
mkdir -p "$tmp/real/scripts"
ln -s "$TOP/series" "$tmp/real/"
ln -s "$TOP/scripts/lib.sh" "$tmp/real/scripts/"
{
	awk -v OFS='\t' '!/^#/ && NF { print FILENAME, $3 }' vm/tests
	awk -F ' *[|] *' -v OFS='\t' '!/^#/ && NF { print FILENAME, $1 }' vm/known vm/splats-known
	awk -v OFS='\t' 'sub(/^# bases: */, "") { print FILENAME, $0 }' vm/config/*.config series/common/*.adapt
	awk -v OFS='\t' 'sub(/^bases: */, "") { print FILENAME, $0 }' mutants/*.patch
} | sort -u >"$tmp/lists"
# Prints those of no base; the first that is no list ends it.
cat >"$tmp/real/scripts/none" <<'EOF'
#!/bin/sh
. "$(dirname "$0")/lib.sh"
awk -F'\t' -v known="$(known_bases | xargs)" "$AWK_RANGES"'
	BEGIN { n = split(known, base, " ") }
	{
		where = $1
		found = 0
		for (j = 1; j <= n; j++) found += in_ranges(base[j], $2)
		if (!found) print $1 ": " $2 ": names no base there is"
	}
	END { exit err }' "$1"
EOF
chmod +x "$tmp/real/scripts/none"
ok 'every list of bases is one' "$tmp/real/scripts/none" "$tmp/lists"
is 'and has a base in it' '' "$(cat "$tmp/said")"
for what in vm/tests vm/known vm/splats-known vm/config series/common mutants; do
	ok "of $what, too" grep -q "^$what" "$tmp/lists"
done
is 'each adaptation has one' "$(find series/common -name '*.adapt' | wc -l)" "$(grep -c '\.adapt' "$tmp/lists")"
is 'each mutant, too' "$(find mutants -name '*.patch' | wc -l)" "$(grep -c '^mutants/' "$tmp/lists")"
bases=$(awk '!/^#/ && NF { print $1 }' series/bases)
is 'series/bases is in ascending order' "$(echo "$bases" | sort -Vu | xargs)" "$(echo "$bases" | xargs)"
is 'a folder of series/ is a base' "$(echo "$bases" | xargs)" \
	"$(find series -mindepth 1 -maxdepth 1 -type d ! -name common -printf '%f\n' | sort -V | xargs)"
done_testing
