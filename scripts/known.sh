# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # the variables are scripts/verdict's
# What vm/known and vm/splats-known say of a boot's results and of its log, and why a
# result is bad. Sourced by scripts/verdict, after tests.sh.

# in_force FILE COLUMNS HEAD: its lines that are for $base, and that hold for this run:
# the second column is "*", or "without TOPIC" and its fix patches are left out
in_force() {
	awk -F' *[|] *' -v base="$base" -v columns="$2" -v head="$3" -v known="$(known_bases | xargs)" -v where="$1" \
		-v topics="$(TOPIC='' topics "$base" | xargs)" -v left="$([ ! "$unfixed" ] || left_out "$base" | xargs)" "$AWK_RANGES"'
		function has(list, word) { return index(" " list " ", " " word " ") > 0 }
		function wrong(why) { print where ": " $0 ": " why > "/dev/stderr"; err = 2; exit }
		/^[[:space:]]*(#|$)/ { next }
		NF != columns || $2 !~ /^(\*|without [^ ]+)$/ { wrong("not " head) }
		!in_ranges(base, $1) { next }
		{ topic = substr($2, 9) }
		$2 != "*" && !has(topics, topic) { wrong(topic " is not a topic of " base " (which has: " topics ")") }
		$2 == "*" || has(left, topic)
		END { exit err }' "$TOP/$1"
}

# known_results: what vm/known has for this boot, to $tmp/all-known: document, status,
# name, reason, and the topic that fixes it
known_results() {
	in_force vm/known 7 'base | * or without TOPIC | boot | document | skip or fail | name | reason' >"$tmp/lines" || return 2
	awk -F' *[|] *' -v boot="$boot" -v OFS='\t' '
		$5 !~ /^(skip|fail)$/ { print "vm/known: " $0 ": neither skip nor fail" > "/dev/stderr"; exit 2 }
		$3 == "*" || index("," $3 ",", "," boot ",") {
			print $4, toupper($5), $6, $7, $2 == "*" ? "" : substr($2, 9) }' "$tmp/lines" >"$tmp/all-known" || return 2
}

# may_not_end: whether vm/known says of this base and boot, with fixes or without, that the
# kernel panics: its document is "boot", its result "comes to its end"
may_not_end() {
	awk -F' *[|] *' -v base="$base" -v boot="$boot" -v known="$(known_bases | xargs)" -v where=vm/known "$AWK_RANGES"'
		/^[[:space:]]*(#|$)/ || $4 != "boot" || !in_ranges(base, $1) { next }
		$3 == "*" || index("," $3 ",", "," boot ",") { yes = 1 }
		END { exit !yes }' "$TOP/vm/known"
}

# expectations: every result that is not a pass must be known, and every known one
# must come. The runner's is a failure, too, if a case of its test's is.
expectations() {
	# Of what TEST= and CASE= leave.
	awk 'BEGIN { print "boot" } $1 == "harness" { print $2 } $1 == "kunit" { print "kunit" }
		$1 == "kselftest" { sub(/.*:/, "", $2); print "kselftest-" $2; print "runner-" $2 }' "$tmp/tests" >"$tmp/documents"
	awk -F'\t' 'FILENAME == ARGV[1] { has[$1]; next } $1 in has' "$tmp/documents" "$tmp/all-known" >"$tmp/known"
	[ ! "${CASE-}" ] || {
		grep -E '^(kunit|kselftest-)' "$tmp/known" >"$tmp/of-cases"
		grep '^runner-' "$tmp/known" | grep -Ff "$dir/cases" >"$tmp/of-runners"
		called "$tmp/of-cases" | cat - "$tmp/of-runners" >"$tmp/known"
	}
	for runner in "$dir"/runner-*.ktap; do
		document=$(basename "$runner" .ktap)
		grep -q '^not ok' "$runner" 2>/dev/null && ! grep -qE '# (exit=([02-9]|1[0-9])|TIMEOUT|no return)' "$runner" || continue
		echo "$document"
	done >"$tmp/exit-1"
	awk -F'\t' -v OFS='\t' '
		FILENAME == ARGV[1] { why[$1, $2, $3] = $4; topic[$1, $2, $3] = $5; next }
		FILENAME == ARGV[2] { by_case[$1]; next }
		{ if ($2 == "ERROR") $2 = "FAIL"; row[++n] = $0 }
		END {
			for (i = 1; i <= n; i++) {
				split(row[i], r)
				if (r[2] == "FAIL" && (r[1], r[2], r[3]) in why) test[r[1]]
			}
			for (i = 1; i <= n; i++) {
				split(row[i], r)
				reason = r[2] != "PASS" && (r[1], r[2], r[3]) in why ? why[r[1], r[2], r[3]] : ""
				document = r[1]
				if (r[2] == "FAIL" && sub(/^runner-/, "kselftest-", document) && document in test && r[1] in by_case)
					reason = "a case of it fails"
				print r[1], r[2], r[3], reason, reason ? topic[r[1], r[2], r[3]] : ""
			}
		}' "$tmp/known" "$tmp/exit-1" "$dir/cases" >"$dir/judged"
	awk -F'\t' -v OFS='\t' '$2 != "PASS" && $4 == "" { print $1, $2, $3 }' "$dir/judged" >"$dir/unknown"
	awk -F'\t' -v OFS='\t' 'FILENAME == ARGV[1] { came[$1, $2, $3]; next } !(($1, $2, $3) in came) { print $1, $2, $3 }' \
		"$dir/judged" "$tmp/known" >"$tmp/missing"
	while IFS=$tab read -r doc status name; do
		bad "$doc: $name: is expected to $status (vm/known), but did not"
	done <"$tmp/missing"
	while IFS=$tab read -r doc status name; do
		bad "$doc: $name: $status: $(reason "$doc" "$name")"
	done <"$dir/unknown"
}

# reason DOCUMENT NAME: why a result is bad. It stands in the test's own document,
# as "# NAME: reason", behind the result, or as that of the whole program's skip.
reason() {
	awk -v name="$2" '
		index($0, "# " name ": ") == 1 { print substr($0, length(name) + 5) }
		index($0, " " name " # SKIP ") { print substr($0, index($0, " # SKIP ") + 8); next }
		/^not ok / && !/ # SKIP/ && index($0, " " name " # ") { print substr($0, index($0, " " name " # ") + length(name) + 4) }
		sub(/^1\.\.0 # SKIP */, "")' "$dir/$1.ktap" "$dir/kselftest-${1#runner-}.ktap" 2>/dev/null | grep -m1 .
}

# splats: sets $splat to the first line of the log that nothing explains, and $taint
# to the bits that nothing explains
splats() {
	grep -vE '^(#|$)' "$TOP/vm/splats" >"$tmp/splats"
	in_force vm/splats-known 4 'base | * or without TOPIC | regular expression | reason' >"$tmp/lines" || return 2
	awk -F' +[|] +' '{ print $3 }' "$tmp/lines" >"$tmp/splats-known"
	[ -s "$tmp/splats" ] || { bad "vm/splats is empty: nothing would count as a splat"; return 2; }
	for list in splats splats-known; do
		grep -qEf "$tmp/$list" /dev/null
		[ $? = 1 ] || { bad "vm/$list: not regular expressions (see above)"; return 2; }
	done
	tr -d '\r' <"$console" | grep -aEf "$tmp/splats" >"$tmp/splatted"
	grep -anEf "$tmp/splats-known" "$tmp/splatted" | cut -d: -f1 >"$tmp/excused"
	# A known splat excuses the call trace behind it.
	splat=$(awk 'FILENAME == ARGV[1] { known[$1]; next }
		FNR in known { trace = 1; next }
		trace && /Call Trace:/ { trace = 0; next }
		{ print; exit }' "$tmp/excused" "$tmp/splatted")
	# Bit 18 is TAINT_TEST: KUnit ran. Bit 9 is TAINT_WARN.
	mask=$((1 << 18))
	! grep -aEf "$tmp/splats-known" "$tmp/splatted" | grep -q WARNING || mask=$((mask | 1 << 9))
	taint=$(cat "$dir/taint" 2>/dev/null)
	taint=$((${taint:--1} & ~mask))
}
