# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # base, from, dir and stage are the caller's
# A series onto the source of $base, three-way, and what git says of the result back
# into series/ and overlay/: what newbase and refresh share. Sourced after cache.sh
# and apply.sh; needs mktmp.
#
# All is done on a copy of this repository, $stage, of which in the end only what
# changed comes back; git am works in $dir/rebase.

# going_on: whether an earlier run of the same, on the same source, stopped in the
# midst of git am or behind it. What another one left is not ours to drop.
in_am() { [ -d "$(git -C "$dir/rebase" rev-parse --git-path rebase-apply 2>/dev/null)" ]; }
going_on() {
	[ -e "$stage/stopped" ] || return
	[ "$(cat "$stage/stopped")" = "$(this_one)" ] ||
		die "$base: $(cat "$stage/stopped") waits in $dir/rebase (go on with that, or rm -r $stage)"
}
this_one() { echo "$base from $from on $(git -C "$dir/linux" rev-parse pristine)"; }

# stage_repository: the copy, in which series/bases and series/$base may be edited;
# of a run that goes on all else is copied once more, as it may have been edited.
stage_repository() {
	going_on || rm -rf "$stage"
	rm -rf "$stage/overlay" "$stage/series/common"
	mkdir -p "$stage" && cp -R "$TOP/series" "$TOP/overlay" "$stage/" &&
		ln -sfn "$TOP/scripts" "$stage/scripts" && ln -sfn "$TOP/vm" "$stage/vm" || exit 2
}

# rebase_mails AGAIN: git am of all mails of the copy, run patches too. It stops where
# one does not apply; AGAIN is the command that goes on from there.
rebase_mails() {
	again=$1
	export GIT_COMMITTER_NAME=kvm-dax GIT_COMMITTER_EMAIL=kvm-dax
	if going_on && in_am; then
		left=$(am_git "$dir/rebase" diff --name-only --diff-filter=U | head -n 1)
		[ ! "$left" ] || stopped "$left: has a conflict still"
		am_git "$dir/rebase" am --continue >"$tmp/am" 2>&1 || stopped "$(am_failed "$dir/rebase")"
	elif ! going_on; then
		rm -rf "$dir/rebase"
		git -C "$dir/linux" worktree prune
		git -C "$dir/linux" worktree add -q -f -f --no-checkout --detach "$dir/rebase" pristine && am_git "$dir/rebase" read-tree HEAD ||
			die "$base: git worktree failed in $dir"
		"$stage/scripts/mkseries" -r -o "$stage/mails" "$base" >/dev/null || exit
		set -- "$stage"/mails/0*.patch
		shift	# the cover letter
		[ ! -d "$stage/mails/run" ] || set -- "$@" "$stage"/mails/run/*.patch
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

# take_back: what was applied, as git writes it, into series/ and overlay/; says
# what changed, and ends if mkseries would then write other bytes than git.
take_back() {
	rm -rf "$stage/back" "$stage/mails" "$stage/again"
	formats "$dir/rebase" -q --abbrev=12 --no-renames -o "$stage/back" pristine..HEAD || exit 2
	"$stage/scripts/import" -r "$base" "$stage"/back/*.patch >"$tmp/imported" || { cat "$tmp/imported"; exit 2; }
	# What the source has already, or who corrected a conflict left out.
	sed -n 's/^dropped? [a-z]* \([^ ]*\) .*/\1/p' "$tmp/imported" >"$tmp/dropped"
	while read -r file; do
		sed -i "\\,^[a-z]*[[:space:]]*$file\$,d" "$stage/series/$base/series"
		case $file in common/*) file=$base/$(basename "$file" .patch).hook ;; esac
		rm -f "$stage/series/$file"
	done <"$tmp/dropped"
	"$stage/scripts/mkseries" -o "$stage/mails" "$base" >/dev/null || exit
	same_mails "$base" "$stage/mails" "$dir/rebase" "$stage/again" || die "$base: mkseries writes other mails than git format-patch, see above (report this)"
	[ -d "$TOP/series/$base" ] || cp -R "$stage/series/$base" "$TOP/series/" || exit 2
	while read -r word file rest; do
		case $word in
		written:)
			mkdir -p "$TOP/$(dirname "$file")"
			cp -p "$stage/$file" "$TOP/$file" ;;
		removed:) rm -f "${TOP:?}/$file" ;;
		dropped\?)
			file=${rest%% *} word=dropped: rest=
			cp -p "$stage/series/$base/series" "$TOP/series/$base/series"
			case $file in common/*) rm -f "${TOP:?}/series/$base/$(basename "$file" .patch).hook" ;; esac
			[ -e "$stage/series/$file" ] || rm -f "${TOP:?}/series/$file" ;;
		*) echo "$word $file $rest"; continue ;;
		esac
		echo "$word $file${rest:+ $rest}"
	done <"$tmp/imported"
	cmp -s "$stage/series/bases" "$TOP/series/bases" || cp -p "$stage/series/bases" "$TOP/series/bases"
	git -C "$dir/linux" worktree remove -f -f "$dir/rebase"
	rm -rf "$stage"
}

# same_mails BASE MAILS TREE DIR: whether MAILS are what git format-patch, run in DIR,
# makes of TREE's commits
same_mails() {
	formats "$3" -q -n --zero-commit --no-renames --abbrev=12 \
		--signature=kvm-dax --subject-prefix="PATCH $1" -o "$4" \
		"pristine..$(git -C "$3" rev-list --reverse "pristine..HEAD" | sed -n "$(find "$2" -maxdepth 1 -name '0*.patch' | grep -vc /0000-)p")" >/dev/null &&
		diff -r -q -x 0000-cover-letter.patch -x run "$2" "$4"
}
