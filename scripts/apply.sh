# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2030,SC2031,SC2154 # subshells set the index; tmp is mktmp's
# git am of a series in all or nothing. Sourced after lib.sh; needs mktmp.

# am_git TREE COMMAND...: git there, where the user's settings do not decide what
# a patch applies to
am_git() {
	am_tree=$1
	shift
	git -C "$am_tree" -c core.whitespace=trailing-space,space-before-tab \
		-c apply.ignoreWhitespace=no -c apply.whitespace=warn -c am.keepcr=false -c am.messageid=false -c gc.auto=0 -c user.useConfigOnly=true "$@"
}

# am_identity TREE MAIL: the committer is the user; who has told git no name is
# the mail's author
am_identity() {
	am_git "$1" var GIT_COMMITTER_IDENT > /dev/null 2>&1 && return
	git mailinfo /dev/null /dev/null < "$2" > "$tmp/who"
	GIT_COMMITTER_NAME=$(sed -n 's/^Author: //p' "$tmp/who") GIT_COMMITTER_EMAIL=$(sed -n 's/^Email: //p' "$tmp/who")
	export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
}

# all_mails DIR BASE: the paths of all mails there in the order in which they are
# applied, the run patches behind those of all topics
all_mails() {
	# shellcheck disable=SC2046 # words are meant
	mails_of "$1" $(TOPIC='' topics "$2")
	for topic in $(TOPIC='' topics "$2"); do
		[ ! -d "$1/$topic/run" ] || mails_of "$1/$topic" run
	done
}

# in_tree TREE MAIL: the commit with the mail's subject, if one of the last has it
in_tree() {
	subject=$(git mailinfo /dev/null /dev/null < "$2" | sed -n 's/^Subject: //p')
	am_git "$1" log -1000 --format='%h %s' |
		subject=$subject awk 'substr($0, index($0, " ") + 1) == ENVIRON["subject"] { print; exit }'
}

# fits BASE TREE MAIL...: whether all would apply without fuzz, tried in an index
# aside, so that a hunk that does not fit never touches the tree.
fits() {
	am_base=$1 am_at=$2
	shift 2
	(export GIT_INDEX_FILE="$tmp/index"; am_git "$am_at" read-tree HEAD || exit; for mail; do
		am_git "$am_at" apply --cached --whitespace=error "$mail" 2> "$tmp/am" && continue
		why="${mail##*/}: $(grep -v '^warning' "$tmp/am" | sed 's/^error: //; 1q')"
		commit=$(in_tree "$am_at" "$mail")
		[ ! "$commit" ] || why="${mail##*/} is in $am_at already, as $commit"
		die "$am_base: $why (nothing was changed)"
	done) || exit 2
}

# apply_mails BASE TREE MAIL...: git am, with no fuzz and no 3-way merge; what
# fails all the same, as a hook of the user's may, is undone.
apply_mails() {
	fits "$@"
	am_base=$1 am_at=$2
	shift 2
	am_identity "$am_at" "$1"
	am_git "$am_at" am -q --no-3way --no-scissors --whitespace=error \
		--committer-date-is-author-date "$@" > "$tmp/am" 2>&1 && return
	failed=$(am_failed "$am_at")
	am_undo "$am_at"
	die "$am_base: $failed (the tree is as it was)"
}

# make_files BASE COMMIT: into the cache of BASE what the mails of each topic by itself
# make of the files of COMMIT
make_files() {
	for alone in $(TOPIC='' topics "$1"); do (
		export GIT_INDEX_FILE="$tmp/index"
		am_git "$CACHE/$1/linux" read-tree "$2" || exit
		for made in $(stands_on "$1" "$alone") "$alone" "$alone/run"; do
			[ ! -d "$CACHE/$1/mails/$made" ] || mails_of "$CACHE/$1/mails" "$made"
		done | while read -r mail; do am_git "$CACHE/$1/linux" apply --cached "$mail" || break; done
	) done
}

# merge_mails BASE TREE MAIL...: git am, three-way if a mail does not apply as it is.
# That needs the files that it was made on, which are in the cache of BASE once each
# topic was applied there by itself, and all files of the tree, which need not have been
# checked out before.
merge_mails() {
	made_on=$1 am_at=$2 am_head=$(git -C "$2" rev-parse HEAD)
	shift 2
	am_git "$am_at" am -q --no-3way --no-scissors --committer-date-is-author-date "$@" > "$tmp/am" 2>&1 && return
	am_undo "$am_at" > "$tmp/undo" 2>&1
	{ LINUX='' SERIES='' "$TOP/scripts/source" "$made_on" && LINUX='' SERIES='' "$TOP/scripts/tree" "$made_on"; } \
		> "$tmp/made_on" 2>&1 || tail -n 1 "$tmp/made_on"
	# A newer source may be there by now; they were last applied on that of branch series.
	for root in pristine $(git -C "$CACHE/$made_on/linux" rev-list --max-parents=0 series 2> /dev/null); do
		make_files "$made_on" "$root" > "$tmp/blobs" 2>&1
	done
	sed -n 's/^index \([0-9a-f]\{12,\}\)\.\..*/\1/p' "$@" | sort -u | while read -r blob; do
		git -C "$CACHE/$made_on/linux" cat-file -e "$blob" 2> /dev/null || continue
		git -C "$CACHE/$made_on/linux" cat-file blob "$blob" | git -C "$am_at" hash-object -w --stdin
	done > "$tmp/blobs"
	am_git "$am_at" reset -q --hard "$am_head" &&
		am_git "$am_at" am -q -3 --no-scissors --committer-date-is-author-date "$@" > "$tmp/am" 2>&1
}

# am_failed TREE: at which mail git am stopped, and why, of what it said in $tmp/am
am_failed() {
	subject=$(am_git "$1" log -1 --format=%s 2> /dev/null)
	state=$(cd "$1" && git rev-parse --absolute-git-dir)/rebase-apply
	if [ -e "$state/next" ]; then
		subject=$(git mailinfo /dev/null /dev/null < "$state/$(printf %04d "$(cat "$state/next")")" 2> /dev/null | sed -n 's/^Subject: //p')
	fi
	file=$(am_git "$1" diff --name-only --diff-filter=U 2> /dev/null | head -n 1)
	if [ "$file" ]; then
		echo "$subject: conflict in $file:$(grep -n -m1 '^<<<<<<<' "$1/$file" | cut -d: -f1)"
	else
		echo "$subject: $(grep -v -e '^warning' -e '^hint' -e '^Applying' -e '^Patch failed' "$tmp/am" | sed 's/^error: //' | grep -m1 .)"
	fi
}

am_undo() { (cd "$1" && [ ! -d "$(git rev-parse --git-path rebase-apply)" ] || git am --abort); }
