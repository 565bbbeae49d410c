# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # the variables are the caller's
# How import writes series/ and overlay/. Sourced after series.sh; of the mail
# that is written, $m is the prefix of its parts, and $i the number of the
# entry of the series file that it was made from, empty if it is new.

# stage FILE: where its new content waits until all is known to be well
stage() { mkdir -p "$tmp/stage/$(dirname "$1")"; echo "$tmp/stage/$1"; }
slug() { head -n 1 "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9]\{1,\}/-/g; s/^-//; s/-$//'; }

# drop_signoffs: those that its entry has not; of a new mail, the contributor's
drop_signoffs() {
	ids="$(git config user.email || :) $signoff $(sed -n 's/^Email: //p' "$m.info")"
	awk -v old="$1" -v ids="$ids" '
	BEGIN { while (old && (getline line < old) > 0) has[line] }
	/^Signed-off-by: / {
		who = $NF
		gsub(/[<>]/, "", who)
		if (old ? !($0 in has) : index(ids, who)) { print "dropped: " $0 > "/dev/stderr"; next }
	}
	{ print }' "$m.msg" | git stripspace > "$m.text"
}

# same_author: the mail has that of its entry, which may be the series' own
same_author() { [ "$(cat "$m.from")" = "$(grep . "$tmp/$i.from" || echo "$sender")" ]; }

write_patch() {
	[ "$i" ] && cmp -s "$m.text" "$tmp/$i.msg" && same_author && same "$m.diff" "$tmp/$i.diff" && return
	{
		echo 'From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001'
		sed -n 's/^Author: \(.*\)/From: \1/p; s/^Email: \(.*\)/ <\1>/p; s/^Date: /&/p' "$m.info"
		sed '1s/^/Subject: [PATCH] /' "$m.text"
		echo ---
		git apply --stat --summary "$m.diff"
		echo
		cat "$m.diff"
		printf -- '-- \nkvm-dax\n\n'
	} > "$(stage "$1")"
}

# write_source FILE: the mail's new files go to the adapted overlay, its
# hunks to the hook, its text to the mail source
write_source() {
	hook=series/$base/$topic/$(basename "$1" .patch).hook
	awk -v new="$m.files" -v rest="$m.rest" -v made="$m.made" -v hook="${i:+$tmp/$i.diff}" '
	BEGIN {
		while ((getline f < made) > 0) is["diff --git a/" f " b/" f]
		while (hook && (getline f < hook) > 0) delete is[f]
	}
	/^diff --git / { out = $0 in is ? new : rest; if (out == new) print substr($4, 3) }
	{ print > out }' "$m.diff" > "$m.made2"
	touch "$m.rest"
	while read -r f; do
		to=$(unplace "$f")
		rm -f "$tmp/overlay/$to"
		echo "$to" >> "$m.new"
	done < "$m.made2"
	[ ! -s "$m.new" ] || (
		mkdir "$m.dir" && cd "$m.dir" && git apply --whitespace=nowarn "$m.files"
		while read -r f; do
			to=$tmp/overlay/$(unplace "$f")
			mkdir -p "${to%/*}"
			mv "$f" "$to"
		done < "$m.made2"
	)
	cat "$m.new" >> "$tmp/files"
	if [ ! -s "$m.rest" ]; then
		[ ! -f "$hook" ] || echo "$hook" >> "$tmp/remove"
	elif [ -z "$i" ] || ! same "$m.rest" "$tmp/$i.diff"; then
		{ [ ! -f "$hook" ] || sed '/^diff --git /,$d' "$hook"; cat "$m.rest"; } > "$(stage "$hook")"
	fi
	if [ "$i" ] && cmp -s "$m.text" "$tmp/$i.msg" && same_author; then
		[ "$(sort "$m.new")" != "$(sort "$tmp/$i.new")" ] || return 0
		grep -Fvx -f "$m.new" "$tmp/$i.new" | sed 's,.*,gone: overlay/& is in no mail (git rm it),'
	fi
	{
		if [ -f "$1" ]; then sed -n '/^#/!q; p' "$1"; else echo '# SPDX-License-Identifier: GPL-2.0'; fi
		[ "$(cat "$m.from")" = "$sender" ] || sed 's/^/From: /' "$m.from"
		sed '1s/^/Subject: /' "$m.text"
		echo
		sed 's/^/New: /' "$m.new"
	} > "$(stage "$1")"
}

# enlist KIND FILE AFTER: a new mail behind the one it follows, or where its
# kind belongs
enlist() {
	[ -f "$tmp/stage/$list" ] || cp "$list" "$(stage "$list")"
	awk -v kind="$1" -v file="$2" -v after="$3" '
	BEGIN { rank["fix"] = rank["prep"] = 1; rank["test"] = 2; rank["doc"] = 3; rank["run"] = 4 }
	{ line[NR] = $0 }
	!($1 in rank) { next }
	rank[$1] <= rank[kind] { at = NR; seen = 1 }
	rank[$1] > rank[kind] && !seen { at = NR - 1; seen = 1 }
	$2 == after && rank[$1] == rank[kind] { follow = NR }
	END {
		at = follow ? follow : seen ? at : NR
		for (i = 0; i <= NR; i++) {
			if (i) print line[i]
			if (i == at) print kind "  " file
		}
	}' "$tmp/stage/$list" > "$tmp/list"
	cp "$tmp/list" "$tmp/stage/$list"
	echo "new: $1 $2 (correct its kind and place in $list if need be)"
}

# guess: the kind of a new mail
guess() {
	{ cat "$m.made"; cut -sf3 "$m.stat"; } > "$tmp/paths"
	grep -vq '^Documentation/' "$tmp/paths" || { echo doc; return; }
	grep -q '^tools/testing/selftests/' "$tmp/paths" && echo test || echo fix
}
