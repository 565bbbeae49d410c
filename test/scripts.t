#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every script of the repository: what dash and shellcheck say of it, and that
# it can be read in one sitting.
. "$(dirname "$0")/tap.sh"
cd "$TOP" || exit

for file in $(git ls-files --cached --others --exclude-standard scripts test vm .ci | sort); do
	case $(head -n 1 "$file") in
	'#!/bin/sh')
		ok "dash accepts $file" dash -n "$file"
		ok "shellcheck is content with $file" shellcheck "$file" ;;
	'# SPDX'*)
		case $file in *.sh) ok "shellcheck is content with $file" shellcheck "$file" ;; esac ;;
	'#!/usr/bin/env python3')
		ok "python accepts $file" python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file" ;;
	esac
	case $file in
	*.t | test/data/* | vm/*) ;;
	*) ok "$file has 150 lines at most" [ "$(wc -l <"$file")" -le 150 ] ;;
	esac
	case $file in test/data/boot/*) continue ;; esac	# recorded, no source
	ok "$file has an SPDX line" grep -q 'SPDX-License-Identifier: GPL-2.0' "$file"
done
done_testing
