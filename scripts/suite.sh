# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # base, package and candidate() are source's
# A suite of Debian's that the machine does not use: read by apt settings of our
# own, so that the user's sources, lists and pins stay as they are and have no
# say.  Sourced after cache.sh.

# mirror: the address of Debian's archive, as the machine's own apt has it
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1
}

# suite_version SUITE...: sets $version to the newest of $package in the first
# suite that has it, or to nothing; $apt to the options to get it by, and $where
# to what was tried.
suite_version() {
	where="none of $*"
	at=$(mirror)
	[ "$at" ] || [ "$(id -u)" != 0 ] || { apt-get update >/dev/null 2>&1; at=$(mirror); }
	[ "$at" ] || { where='no suite: the machine has no apt source of Debian to take the mirror from (run apt-get update)'; return; }
	private=$CACHE/apt
	mkdir -p "$private/lists/partial" "$private/cache/archives/partial" || exit 2
	apt="-o Dir::Etc::sourcelist=$private/sources.list -o Dir::Etc::sourceparts=/dev/null
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
		-o Dir::State::lists=$private/lists -o Dir::Cache=$private/cache -o APT::Update::Error-Mode=any"
	for suite; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $at $suite main" >"$private/sources.list"
		apt_ get -q update >"$private/log" 2>&1 ||
			where="$where; $suite: $(grep -m1 '^E:' "$private/log")"
		version=$(candidate)
		[ ! "$version" ] || return 0
	done
}
