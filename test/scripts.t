#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every script of the repository: what dash and shellcheck say of it, and that
# it is no longer than a reader bears. A script is split where it does two things,
# at that seam; the limit only asks to look for one.
. "$(dirname "$0")/tap.sh"
cd "$TOP" || exit

# files: those of the repository; of a tarball, which has no .git, all that are there
files() {
	if [ -e .git ]; then
		git ls-files --cached --others --exclude-standard scripts test vm .ci
	else
		find scripts test vm .ci -type f
	fi
}
for file in $(files | sort); do
	[ -e "$file" ] || continue	# deleted, and not yet committed
	case $(head -n 1 "$file") in
	'#!/bin/sh')
		ok "dash accepts $file" dash -n "$file"
		ok "shellcheck is content with $file" shellcheck "$file" ;;
	'# SPDX'*)
		case $file in *.sh) ok "shellcheck is content with $file" shellcheck "$file" ;; esac ;;
	'#!/usr/bin/python3'*)
		ok "python accepts $file" /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file" ;;
	esac
	case $file in
	*.t | test/data/* | vm/*) ;;
	*) ok "$file has 250 lines at most" [ "$(wc -l <"$file")" -le 250 ] ;;
	esac
	case $file in test/data/boot/*) continue ;; esac	# recorded, no source
	ok "$file has an SPDX line" grep -q 'SPDX-License-Identifier: GPL-2.0' "$file"
done
done_testing
