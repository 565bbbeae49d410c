# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # base, from, dir and stage are the caller's
# The topics of a series onto the source of $base, three-way, each by itself, and what
# git says of the result back into series/ and overlay/: what newbase and refresh share.
# Sourced after cache.sh and apply.sh; needs mktmp.
#
# All is done on a copy of this repository, $stage, of which in the end only what
# changed comes back; git am works in $dir/rebase.

# going_on: whether an earlier run of the same, on the same source, stopped in the
# midst of git am of some topic or behind it; those in "done" it has taken back. What
# another one left is not ours to drop.
in_am() { [ -d "$(git -C "$dir/rebase" rev-parse --git-path rebase-apply 2>/dev/null)" ]; }
going_on() {
	[ -e "$stage/stopped" ] || return
	[ "$(cat "$stage/stopped")" = "$(this_one)" ] ||
		die "$base: $(cat "$stage/stopped") waits in $dir/rebase (go on with that, or rm -r $stage)"
}
this_one() { echo "$base${TOPIC:+ TOPIC=$TOPIC} from $from on $(git -C "$dir/linux" rev-parse pristine)"; }

# stage_repository: the copy, in which series/bases and series/$base may be edited;
# of a run that goes on all else is copied once more, as it may have been edited.
stage_repository() {
	going_on || rm -rf "$stage"
	rm -rf "$stage/overlay" "$stage/series/common"
	mkdir -p "$stage" && cp -R "$TOP/series" "$TOP/overlay" "$stage/" &&
		ln -sfn "$TOP/scripts" "$stage/scripts" && ln -sfn "$TOP/vm" "$stage/vm" || exit 2
}

# rebase_topics AGAIN: git am and take_back of each topic. It stops where a mail does
# not apply; AGAIN is the command that goes on from there.
rebase_topics() {
	again=$1
	drop_topics "$stage"
	# A new base is in the copy alone yet.
	for topic in $(TOP=$stage topics "$base"); do
		! grep -Fqsx -e "$topic" "$stage/done" || continue
		rebase_mails
		if [ "$(git -C "$dir/rebase" rev-list refs/worktree/under..HEAD)" ]; then
			take_back
		else
			echo "dropped: series/$base/$topic, of which the source has all mails"
			echo "$topic" >>"$stage/dropped"
			drop_topics "$stage"
		fi
		git -C "$dir/linux" worktree remove -f -f "$dir/rebase"
		rm "$stage/stopped"
		echo "$topic" >>"$stage/done"
	done
	[ -d "$TOP/series/$base" ] || cp -R "$stage/series/$base" "$TOP/series/" || exit 2
	cmp -s "$stage/series/bases" "$TOP/series/bases" || cp -p "$stage/series/bases" "$TOP/series/bases"
	drop_topics "$TOP"
	rm -rf "$stage"
}

# drop_topics REPOSITORY: takes the topics in "dropped" out of it
drop_topics() {
	[ ! -e "$stage/dropped" ] || while read -r gone; do
		rm -rf "$1/series/$base/$gone"
		sed -i -E "/^$base /{s/([=,])$gone,/\1/; s/,$gone( |\$)/\1/}" "$1/series/bases"
		sed -i -E "/^# On:/{s/ $gone( |\$)/\1/; /: *\$/d}" "$1/series/$base"/*/series
	done <"$stage/dropped"
}

# rebase_mails: git am of all mails of the copy's $topic, run patches too, on those of
# the topics that it stands on, which end at ref "under".
rebase_mails() {
	export GIT_COMMITTER_NAME=kvm-dax GIT_COMMITTER_EMAIL=kvm-dax
	if going_on && in_am; then
		left=$(am_git "$dir/rebase" diff --name-only --diff-filter=U | head -n 1)
		[ ! "$left" ] || stopped "$left: has a conflict still"
		am_git "$dir/rebase" am --continue >"$tmp/am" 2>&1 || stopped "$(am_failed "$dir/rebase")"
	elif ! going_on; then
		"$stage/scripts/mkseries" -r -o "$stage/mails" "$base" >/dev/null || exit
		# shellcheck disable=SC2046 # words are meant
		topic_under "$stage/mails" "$dir/rebase" $(TOP=$stage stands_on "$base" "$topic")
		# shellcheck disable=SC2046 # words are meant
		set -- $(mails_of "$stage/mails" "$topic"; [ ! -d "$stage/mails/$topic/run" ] || mails_of "$stage/mails/$topic" run)
		merge_mails "$from" "$dir/rebase" "$@" || stopped "$(am_failed "$dir/rebase")"
	fi
	this_one >"$stage/stopped"
}

# stopped WHY
stopped() {
	this_one >"$stage/stopped"
	die "$base: $1 (git am waits in $dir/rebase: correct it there and git add -u, or git am --skip, then: $again)"
}

# formats TREE OPTION...: git format-patch, without the user's settings
formats() {
	at=$1
	shift
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1 \
		git -C "$at" -c core.attributesFile=/dev/null -c core.abbrev=12 format-patch "$@"
}

# take_back: what was applied of $topic, as git writes it, into series/ and overlay/;
# says what changed, and ends if mkseries would then write other bytes than git. A new
# base gets its folder when all topics are in the copy's.
take_back() {
	rm -rf "$stage/back" "$stage/mails" "$stage/again"
	formats "$dir/rebase" -q --abbrev=12 --no-renames -o "$stage/back" refs/worktree/under..HEAD || exit 2
	TOPIC=$topic "$stage/scripts/import" -r "$base" "$stage"/back/*.patch >"$tmp/imported" || { cat "$tmp/imported"; exit 2; }
	# What the source has already, or who corrected a conflict left out.
	sed -n 's/^dropped? [a-z]* \([^ ]*\) .*/\1/p' "$tmp/imported" >"$tmp/dropped"
	while read -r file; do
		sed -i "\\,^[a-z]*[[:space:]]*$file\$,d" "$stage/series/$base/$topic/series"
		case $file in common/*) file=$base/$topic/$(basename "$file" .patch).hook ;; esac
		rm -f "$stage/series/$file"
	done <"$tmp/dropped"
	"$stage/scripts/mkseries" -o "$stage/mails" "$base" >/dev/null || exit
	same_mails "$base" "$stage/mails/$topic" "$dir/rebase" "$stage/again" || die "$base: mkseries writes other mails than git format-patch, see above (report this)"
	while read -r word file rest; do
		[ "$word" != 'dropped?' ] || { word=dropped:; file=series/${rest%% *} rest=''; }
		echo "$word $file${rest:+ $rest}"
		case $word,$file in
		dropped:,* | *,series/"$base"/*) [ -d "$TOP/series/$base" ] || continue ;;
		esac
		case $word in
		written:)
			mkdir -p "$TOP/$(dirname "$file")"
			cp -p "$stage/$file" "$TOP/$file" ;;
		removed:) rm -f "${TOP:?}/$file" ;;
		dropped:)
			cp -p "$stage/series/$base/$topic/series" "$TOP/series/$base/$topic/series"
			case $file in */common/*) rm -f "${TOP:?}/series/$base/$topic/$(basename "$file" .patch).hook" ;; esac
			[ -e "$stage/$file" ] || rm -f "${TOP:?}/$file" ;;
		esac
	done <"$tmp/imported"
}

# topic_under MAILS TREE TOPIC...: makes TREE, without files, a work tree of these topics,
# which is ref "under" of that tree then
topic_under() {
	topic_mails=$1 topic_tree=$2
	shift 2
	rm -rf "$topic_tree"
	git -C "$dir/linux" worktree prune
	git -C "$dir/linux" worktree add -q -f -f --no-checkout --detach "$topic_tree" pristine && am_git "$topic_tree" read-tree HEAD ||
		die "$base: git worktree failed in $dir"
	for under; do
		# shellcheck disable=SC2046 # words are meant
		apply_mails "$base" "$topic_tree" $(mails_of "$topic_mails" "$under")
	done
	am_git "$topic_tree" update-ref refs/worktree/under HEAD
}

# same_mails BASE MAILS TREE DIR: whether MAILS are what git format-patch, run in DIR,
# makes of TREE's commits since its ref "under"
same_mails() {
	formats "$3" -q -n --zero-commit --no-renames --abbrev=12 \
		--signature=kvm-dax --subject-prefix="PATCH $1" -o "$4" \
		"refs/worktree/under..$(git -C "$3" rev-list --reverse refs/worktree/under..HEAD | sed -n "$(find "$2" -maxdepth 1 -name '0*.patch' | grep -vc /0000-)p")" >/dev/null &&
		diff -r -q -x 0000-cover-letter.patch -x run "$2" "$4"
}
