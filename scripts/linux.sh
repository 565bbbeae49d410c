# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2153,SC2154 # base, new, name and bad() are the caller's
# The user's own kernel tree, as LINUX= names it: what is asked of it before
# anything is done. Sourced after lib.sh. Nothing here writes to that tree.

linux_git() { git --no-optional-locks -C "$linux" "$@"; }

# need_linux DIR: a kernel tree. Sets $linux to its path, $version to
# VERSION.PATCHLEVEL, and $top to the git work tree that it is in, if any.
need_linux() {
	[ -d "$1" ] || bad "$1: no such directory (LINUX= is the top of a kernel tree)"
	linux=$(cd "$1" && pwd -P)
	make=$linux/Makefile
	[ -f "$linux/Kbuild" ] && grep -q '^VERSION = ' "$make" 2> /dev/null && grep -q '^PATCHLEVEL = ' "$make" ||
		bad "$linux: not a kernel tree (no Kbuild, or no VERSION and PATCHLEVEL in Makefile)"
	version=$(awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { print v "." $3; exit }' "$make")
	top=$(linux_git rev-parse --show-toplevel 2>&1) || :
	case $top in *'dubious ownership'*)
		bad "$linux: belongs to another user, so git keeps off (git config --global --add safe.directory '$linux')" ;;
	esac
}

# need_version: that of this base (FORCE=1: any)
need_version() {
	[ "$version" = "$base" ] || [ "${FORCE-}" = 1 ] ||
		bad "$linux: is version $version (give another BASE or LINUX; FORCE=1 tries it all the same)"
}

need_commit() {
	linux_git rev-parse -q --verify HEAD > /dev/null ||
		bad "$linux: the git repository has no commit (there: git add -Af . && git commit -m base)"
}

need_clean() {
	changed=$(linux_git status --porcelain --untracked-files=no | head -n 1)
	[ -z "$changed" ] || bad "$linux: uncommitted changes:$changed (commit or stash them)"
}

# tree_version DIR ID: a changed tree is another version, so its name has what
# the tree is known by.
tree_version() {
	awk -v id="$2" '$1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ { v = v s $3; s = "." }
		END { printf "%s-%.12s\n", v, id }' "$1/Makefile"
}

# linux_version: what of that tree is taken, HEAD or all files, as $version
linux_version() {
	name=linux
	need_linux "$LINUX"
	need_version
	if [ "$top" = "$linux" ]; then
		need_commit
		need_clean
		id=$(linux_git rev-parse 'HEAD^{tree}') || exit 2
	else
		[ ! -e "$linux/.config" ] && [ ! -e "$linux/include/config" ] ||
			bad "$linux: was built in (make mrproper there)"
		id=$(cd "$linux" && find . -printf '%p %m %s %T@\n' | sort | git hash-object --stdin) || exit 2
	fi
	version=$(tree_version "$linux" "$id")
}

# linux_get: copy that to $new/linux
linux_get() {
	if [ "$top" = "$linux" ]; then
		linux_git -c core.autocrlf=false archive -o "$new/tar" HEAD && tar -xf "$new/tar" -C "$new/linux"
	else
		cp -R "$linux/." "$new/linux"
	fi || bad "$linux: can't be copied to $CACHE (see above)"
	# Copies made by hand lose execute bits, without which make fails.
	[ -x "$new/linux/scripts/kconfig/merge_config.sh" ] ||
		(cd "$new/linux" && find . -type f -exec awk 'FNR == 1 && /^#!/ { printf "%s%c", FILENAME, 0 } { nextfile }' {} + |
			xargs -0 -r chmod +x)
}
