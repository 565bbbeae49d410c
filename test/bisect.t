#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/bisect: what git bisect run is told, with a scripts/each that only pretends.
. "$(dirname "$0")/tap.sh"

repo=$tmp/repo linux=$tmp/linux
mkdir -p "$repo/scripts" "$repo/series"
ln -s "$TOP/scripts/bisect" "$TOP/scripts/lib.sh" "$TOP/scripts/cache.sh" "$repo/scripts/"
echo '1.0 tag=v1.0' >"$repo/series/bases"
out=$repo/out/linux-$(echo "$linux" | sha1sum | cut -c1-8)
# The tree says by its own files what comes of it: stages that ran, and the code.
cat >"$repo/scripts/each" <<END
#!/bin/sh
mkdir -p "$out"
cp "\$LINUX/stages" "$out/stages"
[ ! -s "\$LINUX/untestable" ] || : >"$out/untestable"
echo "\$* \$TEST \$BOOT \$PWD" >"$tmp/called"
exit \$(cat "\$LINUX/code")
END
chmod +x "$repo/scripts/each"
git init -q -b main "$linux"
cd "$linux" || exit
git config user.name A && git config user.email a@example.org
# commit CODE STAGES [WHOSE]: WHOSE fault a code of 2 is, if it is the commit's
commit() {
	echo "$1" >code
	echo "${3-}" | grep . >untestable
	echo "$2" | tr " " "\n" >stages
	mkdir -p sub
	echo "$n" >sub/file
	n=$((n + 1))
	git add -A && git commit -qm "code $1 after $2"
}
n=0
# says NAME CODE TEXT: of HEAD
says() {
	TEST=toy BOOT=b "$repo/scripts/bisect" >"$tmp/told" 2>&1
	is "$1" "$2" "$?"
	ok "$1: says so" grep -q "^bisect: $3" "$tmp/told"
}

commit 0 'source apply build boot'
says 'a pass' 0 'good: '
is 'of the tree that it runs in, with its tests and boots' "main auto toy b $linux" "$(cat "$tmp/called")"
(cd sub && "$repo/scripts/bisect" >"$tmp/told" 2>&1)
is 'from a directory of it' 0 $?
commit 1 'source apply build boot'
says 'a test failed' 1 'bad (1): '
commit 4 'source apply build boot'
says 'all skipped' 1 'bad (4): '
commit 124 'source apply build boot'
says 'a timeout' 1 'bad (124): '
commit 125 'source apply build boot'
says 'a splat, whose code is that of a skip to git' 1 'bad (125): '
commit 255 'source apply build boot'
says 'a panic' 1 'bad (255): '
commit 2 'source' its
says 'a series that does not apply' 125 "can't be tested: "
commit 2 'source apply' its
says 'a commit that does not build' 125 "can't be tested: "
commit 2 'source apply'
says 'a disk that is full' 255 'stopped at: '
commit 2 'source apply build'
says 'no machine' 255 'stopped at: '
commit 2 ''
says 'no packages, or a wrong TEST=' 255 'stopped at: '
commit 4 ''
says 'no source' 255 'stopped at: '
(cd "$tmp" && "$repo/scripts/bisect" >"$tmp/told" 2>&1)
is 'outside of a tree git bisect stops' 255 $?

# git's own word on all this.
good=$(commit 0 'source apply build boot' && git rev-parse HEAD)
for code in 0 2 0; do commit $code 'source apply' its; done
commit 1 'source apply build boot'
bad=$(git rev-parse HEAD)
for code in 1 2 1; do commit $code 'source apply' its; done
git bisect start HEAD "$good" >"$tmp/said" 2>&1
git bisect run "$repo/scripts/bisect" >>"$tmp/said" 2>&1
is 'git bisect run finds the commit' "$bad" "$(git rev-parse refs/bisect/bad)"
done_testing
