# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # the variables are the caller's
# How series/ is read; what mkseries and its inverse, import, share.
# Sourced after lib.sh; expects $base, $topic, $list (the topic's series file), $tmp, and
# TOP as the current directory; $overlay is the overlay as it is for this base. $run and
# $unfixed are not empty for the run patches too, and without fix patches.

# diff_of FILE: the git diff in it without message, diffstat and signature.
# Hunks are counted, because a signature looks like a removed line.
diff_of() {
	awk '
	a > 0 || b > 0 {
		if (!/^[+\\]/) a--
		if (!/^[-\\]/) b--
		print; next
	}
	/^diff --git / { head = 1; print; next }
	head && /^@@ / {
		a = $2; b = $3
		if (!sub(/.*,/, "", a)) a = 1
		if (!sub(/.*,/, "", b)) b = 1
		print; next
	}
	head && /^index / {
		split($2, h, "[.][.]")
		$2 = substr(h[1], 1, 12) ".." substr(h[2], 1, 12)
	}
	head && /^(index|---|\+\+\+|new|deleted|old|similarity|dissimilarity|rename|copy|GIT binary|Binary|\\) / ' "$1"
}

bad() { die "$base: $*"; }

# adaptations: those for this base, the one of the latest change of an API first
adaptations() {
	for f in series/common/*.adapt; do
		[ -f "$f" ] || continue
		bases=$(sed -n 's/^# bases: *//p' "$f" | head -n 1)
		[ "$bases" ] || bad "$f: no '# bases:' line (the bases that need it, e.g. -6.12)"
		in_ranges "$base" "$bases" "$f" || continue
		echo "${bases##*-} $f"
	done > "$tmp/adaptations"
	sort -k1,1rV -k2,2 "$tmp/adaptations" | cut -d' ' -f2
}

# adapt_all: sets $overlay, to a copy in $tmp
adapt_all() {
	overlay=$tmp/overlay
	cp -R overlay "$overlay"
	adaptations > "$tmp/adapt"
	while read -r f; do
		(cd "$overlay" && git apply --whitespace=nowarn "$TOP/$f") 2> "$tmp/err" ||
			bad "$f: stale: $(sed -n 's/^error: //p' "$tmp/err" | head -n 1) (fit that hunk to overlay/)"
	done < "$tmp/adapt"
}

# message FILE: what is said in it, to $m.msg; the files it adds, to $m.new
message() {
	if grep -q '^diff --git ' "$1"; then
		git mailinfo --no-scissors "$m.body" /dev/null < "$1" > "$m.info" || bad "$1: not a mail"
		sed -n '/^Author: /{s///;h}; /^Email: /{s///;G;s/\(.*\)\n\(.*\)/\2 <\1>/p}' "$m.info" > "$m.from"
		{ sed -n 's/^Subject: //p' "$m.info"; echo; cat "$m.body"; } > "$m.raw"
		diff_of "$1" > "$m.diff"
	else
		awk -v new="$m.new" -v from="$m.from" '
		!told && /^#/ { next }
		!told && sub(/^From: /, "") { print > from; next }
		!told { told = 1; if (!sub(/^Subject: /, "")) exit 1 }
		/^New: / { news = 1; print $2 > new; next }
		news && NF { exit 1 }
		{ print }' "$1" > "$m.raw" || bad "$1: not 'Subject:', text, 'New:' lines in this order (see CONTRIBUTING.md)"
		touch "$m.from"
		hook=series/$base/$topic/$(basename "$1" .patch).hook
		[ ! -f "$hook" ] || diff_of "$hook" > "$m.diff"
		[ -s "$m.new" ] || [ -s "$m.diff" ] || bad "$1: adds nothing (name its files in 'New:' lines)"
	fi
	git stripspace < "$m.raw" > "$m.msg"
	[ "$(head -n 1 "$m.msg")" ] && [ -z "$(sed -n 2p "$m.msg")" ] || bad "$1: no subject followed by a blank line"
	grep -q '[^ -~	]' "$m.msg" && bad "$1: not plain ASCII: $(grep -m1 '[^ -~	]' "$m.msg") (spell it in ASCII)"
	grep -Eq '^(---( |$)|diff -|Index: )' "$m.msg" && bad "$1: git am would end the message at '---', 'diff -' or 'Index: ' (indent it)"
	[ -z "${SIGNOFF-}" ] || git interpret-trailers --in-place --no-divider --trailer "Signed-off-by: $SIGNOFF" "$m.msg"
}

# hunks FILE: checks the real hunks, and measures them to $m.stat
hunks() {
	src=$1
	! grep -q '^diff --git ' "$1" && [ -f "${hook-}" ] && src=$hook
	why=$(awk '
		function chunk() { if (f && !ok) { print f ": no index line with 12 digits"; exit } }
		/^diff --git a\/.* b\// { chunk(); ok = 0; f = $4; next }
		/^diff --git / { print $3 ": no a/ and b/ prefixes"; f = ""; exit }
		/^index / { ok = length($2) == 26 }
		/^(rename|copy|old mode|Binary|GIT binary) / { print f ": " $1 " is not carried"; f = ""; exit }
		END { chunk() }' "$m.diff")
	[ -z "$why" ] || bad "$src: $why (git format-patch --abbrev=12 --no-renames writes what is needed)"
	[ -s "$m.diff" ] || { [ -s "$m.new" ] || bad "$src: no diff"; return 0; }
	git apply --numstat --summary "$m.diff" > "$m.stat" 2> "$tmp/err" ||
		bad "$src: $(head -n 1 "$tmp/err") (that hunk is damaged)"
}

# place PATH: where a file of overlay/ is in this base
place() {
	for map in $(base_field "$base" map); do
		case $1 in "${map%%:*}"/*) echo "${map#*:}${1#"${map%%:*}"}"; return ;; esac
	done
	echo "$1"
}

# Whatever no series names would silently be in no mail.
nothing_unused() {
	find series -mindepth 3 -maxdepth 3 -name series -exec awk '!/^#/ && NF > 1 { print "series/" $2 }' {} + |
		sort -u > "$tmp/listed"
	while read -r f; do
		[ ! -f "$f" ] || sed -n 's/^New: *//p' "$f"
	done < "$tmp/listed" > "$tmp/named"
	for f in series/common/*.patch "series/$base"/*/*.patch "series/$base"/*/*.hook; do
		[ -f "$f" ] || continue
		case $f in
		*.hook) grep -qsx "[a-z].*/$(basename "$f" .hook)\.patch" "${f%/*}/series" ;;
		*) grep -Fqx "$f" "$tmp/listed" ;;
		esac || bad "$f: no series file lists it (list it or delete it)"
	done
	for f in "series/$base"/*; do
		TOPIC='' topics "$base" | grep -Fqx -e "${f##*/}" || bad "$f: not a topic of $base (name it in series/bases, or delete it)"
	done
	find overlay ! -type d | sed 's,^overlay/,,' | sort > "$tmp/overlaid"
	f=$(grep -Fvxm1 -f "$tmp/named" "$tmp/overlaid") || return 0
	bad "overlay/$f: no mail of any base names it (add 'New: $f' to a mail or delete it)"
}

# unplace PATH: the inverse of place
unplace() {
	for map in $(base_field "$base" map); do
		case $1 in "${map#*:}"/*) echo "${map%%:*}${1#"${map#*:}"}"; return ;; esac
	done
	echo "$1"
}

# chunks FILE: its diff with one file per line and in one order, to compare
chunks() { awk '/^diff --git / && NR > 1 { printf "\n" } { printf "%s\001", $0 } END { print "" }' "$1" | sort; }
same() { [ "$(chunks "$1")" = "$(chunks "$2")" ]; }

read_list() {
	n=0 mails=0 line=0 before=0
	while read -r kind file _ || [ "$kind" ]; do
		line=$((line + 1))
		case $kind in
		''|'#'*) continue ;;
		fix|prep) rank=1 ;;
		test) rank=2 ;;
		doc) rank=3 ;;
		run) rank=4 ;;
		*) bad "$list:$line: unknown kind '$kind' (fix, prep, test, doc or run)" ;;
		esac
		[ -f "series/$file" ] || bad "$list:$line: no file series/$file (write it or drop the line)"
		[ "$rank" -ge "$before" ] || bad "$list:$line: '$kind' is too late (order: prep and fix, test, doc, run)"
		before=$rank
		case $kind in
		run) [ "${run-}" ] || continue ;;
		fix) [ ! "${unfixed-}" ] || continue ;;
		esac
		n=$((n + 1)) m=$tmp/$n hook=''
		[ "$kind" = run ] || mails=$n
		: > "$m.new"; : > "$m.diff"; : > "$m.stat"
		echo "$kind" "$file" > "$m.entry"
		message "series/$file"
		hunks "series/$file"
		while read -r f; do
			[ -f "overlay/$f" ] || bad "series/$file: overlay/$f is missing (write it or drop its New: line)"
			echo "$f $(place "$f")"
		done < "$m.new" > "$m.add"
	done < "$list"
}
