# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # tmp is mktmp's
# git am of a series in all or nothing. Sourced after lib.sh; needs mktmp.

# apply_mails BASE TREE MAIL...: git am, with no fuzz and no 3-way merge. All
# mails are tried in an index aside first, so a hunk that does not fit never
# touches the tree, not even its time stamps; what fails later is undone.
apply_mails() {
	am_base=$1 am_tree=$2
	shift 2
	am_git() { git -C "$am_tree" -c core.whitespace=trailing-space,space-before-tab \
		-c apply.ignoreWhitespace=no -c gc.auto=0 -c user.useConfigOnly=true "$@"; }
	(export GIT_INDEX_FILE="$tmp/index"; am_git read-tree HEAD || exit; for mail; do
		am_git apply --cached --whitespace=error "$mail" 2> "$tmp/am" && continue
		die "$am_base: ${mail##*/}: $(grep -v '^warning' "$tmp/am" | sed 's/^error: //; 1q') (mend that hunk in series/)"
	done) || exit 2
	am_git var GIT_COMMITTER_IDENT > /dev/null 2>&1 || {	# no identity: the series' own
		git mailinfo /dev/null /dev/null < "$1" > "$tmp/who"
		GIT_COMMITTER_NAME=$(sed -n 's/^Author: //p' "$tmp/who") GIT_COMMITTER_EMAIL=$(sed -n 's/^Email: //p' "$tmp/who")
		export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
	}
	am_git am -q --no-3way --no-scissors --whitespace=error \
		--committer-date-is-author-date "$@" > "$tmp/am" 2>&1 && return
	am_undo "$am_tree"
	die "$am_base: $(grep -m 1 '^Patch failed' "$tmp/am"): $(sed 's/^error: //; 1q' "$tmp/am") (the tree is as it was)"
}

am_undo() { (cd "$1" && [ ! -d "$(git rev-parse --git-path rebase-apply)" ] || git am --abort); }
