# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # dir, name and version are the caller's
# How a kernel source gets into the cache's repository $dir/linux, as one commit
# that is tagged "pristine". Sourced after cache.sh and linux.sh.

# kept COMMAND...: git on that repository. The user's own settings and attributes
# are for the user's own repositories.
kept() { git --git-dir="$dir/linux/.git" -c core.attributesFile=/dev/null "$@"; }

# need_repository: there is one. An interrupted run may have left a part of it.
need_repository() {
	[ ! -e "$dir/linux/.git/kvm-dax" ] || return 0
	need_space "$CACHE" 4000	# deb 150, unpacked 1700, git 600, build 300, selftests 100, ccache 200
	rm -rf "$dir/linux"
	mkdir -p "$dir/linux"
	GIT_ATTR_NOSYSTEM=1 git init -q --template= -b kvm-dax "$dir/linux" &&
	for setting in core.compression=1 gc.auto=0 core.autocrlf=false core.hooksPath=/dev/null core.fsmonitor=false \
		core.attributesFile=/dev/null core.excludesFile=/dev/null commit.gpgsign=false; do
		kept config "${setting%%=*}" "${setting#*=}" || exit 2
	done && touch "$dir/linux/.git/kvm-dax"
}

# tag_pristine TREE: a commit without history. A fixed date and name: the commit
# ids of the series on it reproduce.
tag_pristine() {
	id=$(echo "$name $version" | GIT_AUTHOR_DATE='2000-01-01T00:00:00Z' GIT_COMMITTER_DATE='2000-01-01T00:00:00Z' \
		GIT_AUTHOR_NAME=kvm-dax GIT_AUTHOR_EMAIL='' GIT_COMMITTER_NAME=kvm-dax GIT_COMMITTER_EMAIL='' \
		git --git-dir="$dir/linux/.git" -c user.name=kvm-dax -c user.email= commit-tree "$1") &&
		kept tag -f pristine "$id" >/dev/null
}

# add_files DIR: all files there, without touching one; prints the tree's id. The
# index stays, so what did not change is not read again.
add_files() {
	GIT_INDEX_FILE=$dir/linux/.git/taken kept --work-tree="$1" add -Af . &&
		GIT_INDEX_FILE=$dir/linux/.git/taken kept write-tree
}

# fetch_commit REPOSITORY REF: that commit without its history; prints the tree's id
fetch_commit() {
	kept fetch -q --depth 1 --no-tags --no-write-fetch-head "$1" "+$2:refs/taken" && kept rev-parse 'refs/taken^{tree}'
}

# executable TREE: the same tree, with the execute bits that make needs and copies
# made by hand lose; prints its id.
executable() {
	case $(kept ls-tree "$1" scripts/kconfig/merge_config.sh) in '100644 '*) ;; *) echo "$1"; return ;; esac
	export GIT_INDEX_FILE="$dir/linux/.git/modes"
	kept read-tree "$1" &&
		kept grep -In '^#!' "$1" -- | sed -n 's/^[^:]*:\(.*\):1:#!.*/100755 \1/p' |
		while read -r mode file; do
			kept ls-tree "$1" "$file" | sed "s/^100644 blob \([0-9a-f]*\)/$mode \1 0/"
		done | kept update-index --index-info &&
		kept write-tree
	unset GIT_INDEX_FILE
}

# tree_version TREE: what its Makefile says, and what it is known by
tree_version() {
	kept show "$1:Makefile" | awk -v id="$1" '
		$1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ { v = v s $3; s = "." }
		$1 == "EXTRAVERSION" { v = v $3 }
		END { printf "%s-%.12s\n", v, id }'
}
