#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What mkseries writes, and what it refuses.
# shellcheck disable=SC2016 # $ is sed's, for the last line
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/toy.sh"
mkseries=$repo/scripts/mkseries
toy_repo

names() { find "$1" -type f -name '*.patch' -printf '%f\n' | sort | xargs; }
lacks() { ! grep -rq "$@"; }
# wrong NAME TEXT SED-SCRIPT FILE: refuses the toy with that edit, and says TEXT
wrong() {
	sed -i "$3" "$4"
	fails "$1" "$2" "$mkseries" 1.0
	toy_reset
}

ok 'writes a series' "$mkseries" 1.0
is 'its names are git format-patch'\''s' \
	'0000-cover-letter.patch 0001-KVM-Fix-the-toy.patch 0002-KVM-Add-an-API-to-the-toy.patch 0003-KVM-tests-Add-two-tests-with-a-subject-that-is-long-.patch 0004-Documentation-KVM-Say-it.patch' \
	"$(names out/1.0)"
cover=out/1.0/kvm/0000-cover-letter.patch
ok 'the cover has the subject' grep -qx 'Subject: \[PATCH 1.0 0/4\] KVM: A toy series' $cover
ok 'the cover has the text' grep -qx 'What it is for.' $cover
ok 'the cover has a shortlog' grep -qx 'T. Ester (1):' $cover
ok 'the cover counts a file of two mails once' grep -q '^ 7 files changed, 17 insertions(+), 1 deletion(-)' $cover
ok 'the cover names the package' grep -qx 'base: Debian linux-toy 1.0.7-1' $cover
is 'the date is fixed' 5 "$(grep -lx 'Date: Mon, 23 Nov 2026 12:00:00 +0000' out/1.0/kvm/* | wc -l)"
# authors: who is named by "From:" of each mail
authors() { sed -n 's/^From: "*\([^"<]*[^"< ]\)"* <.*/\1/p' out/1.0/kvm/0* | xargs -d '\n'; }
is 'a mail has its own author, or the one of the series' 'S. Ender Up Stream A. Toy S. Ender T. Ester' "$(authors)"
ok 'the map moves a file' grep -q '^+++ b/tests/x86_64/one.c' out/1.0/kvm/0003-*
ok 'the adaptation is in' grep -qx '+call(a);' out/1.0/kvm/0003-*
ok 'an executable file stays one' grep -q 'create mode 100755 tests/x86_64/two.sh' out/1.0/kvm/0003-*
ok 'hunks of the hook are in' grep -qx '+three' out/1.0/kvm/0003-*
ok 'no run patch is mailed' lacks harness out/1.0

cp -R out/1.0 "$tmp/first"
sleep 1	# a second run must not write another second
# same NAME COMMAND...: it writes the same series still
same() {
	name=$1
	shift
	rm -rf out/1.0
	ok "$name" "$@"
	ok '... it is the same byte for byte' diff -r "$tmp/first" out/1.0
}
git config --file "$GIT_CONFIG_GLOBAL" diff.noprefix true
git config --file "$GIT_CONFIG_GLOBAL" format.signOff true
mkdir -p "$tmp/config/git" "$HOME/.config/git"
echo '*.c -diff' | tee "$tmp/config/git/attributes" > "$HOME/.config/git/attributes"
same 'with git settings and attributes of the user'\''s own' "$mkseries" 1.0
git config --file "$GIT_CONFIG_GLOBAL" --remove-section diff
git config --file "$GIT_CONFIG_GLOBAL" --remove-section format
rm -r "$HOME"
# What git reads, and what scripts once read or use for themselves.
mkdir -p "$tmp/other/scripts"
same 'with variables of the environment' env XDG_CONFIG_HOME="$tmp/config" GIT_DEFAULT_HASH=sha256 GIT_DIFF_OPTS=--unified=0 \
	GIT_INDEX_FILE="$tmp/index" GIT_AUTHOR_NAME=I GIT_AUTHOR_EMAIL=i@example.org GIT_COMMITTER_NAME=I GIT_COMMITTER_EMAIL=i@example.org \
	TOP="$tmp/other" ONLY=dax_memslot_test WITHOUT=fix RUN=1 CDPATH="$tmp/other" \
	run=1 unfixed=-u out="$tmp/other" base=2.0 list=/dev/null scripts/mkseries 1.0
is 'nothing is written elsewhere' scripts "$(ls "$tmp/other")"

# As from a tarball, by someone who never told git a name.
mkdir "$tmp/tar ball"
tar -C "$repo" --exclude=.git --exclude=out -cf - . | tar -C "$tmp/tar ball" -xf -
ok 'without git history and identity' env -i PATH="$PATH" "$tmp/tar ball/scripts/mkseries" 1.0
ok 'it is the same' diff -r "$tmp/first" "$tmp/tar ball/out/1.0"

# The best judge of a mail is git, once it has the real files.
rm -rf out && "$mkseries" 1.0 > /dev/null
git -C "$linux" am -q "$repo"/out/1.0/kvm/000[1-9]* > "$tmp/am" 2>&1
git -C "$linux" format-patch -q --zero-commit --abbrev=12 -n --subject-prefix='PATCH 1.0' --signature=kvm-dax -o "$tmp/again" base
ok 'git am and format-patch give the same mails' diff -r -x '0000-*' "$tmp/first/kvm" "$tmp/again"
toy_reset

ok 'SIGNOFF' env SIGNOFF='Me <me@example.org>' "$mkseries" 1.0
is 'signs every mail' 4 "$(grep -lx 'Signed-off-by: Me <me@example.org>' out/1.0/kvm/* | wc -l)"
ok 'but not the cover' lacks Signed-off $cover
cp -R out/1.0 "$tmp/signed"
ok 'another run writes elsewhere' env SIGNOFF='Me <me@example.org>' "$mkseries" -r -o "$tmp/aside" 1.0
ok 'and leaves the signed mails' diff -r "$tmp/signed" out/1.0
ok 'but signs none there' lacks 'Signed-off-by: Me' "$tmp/aside"
fails 'a bad SIGNOFF is refused' 'Name <mail>' env SIGNOFF=me "$mkseries" 1.0

echo mine > out/1.0/kvm/console.log
ok '-r writes the run patches' "$mkseries" -r 1.0
is 'apart' 0001-KVM-For-the-harness-only.patch "$(names out/1.0/kvm/run)"
ok 'with their hunks' grep -qx '+run' out/1.0/kvm/run/0001-*
ok 'OUT is another place' env OUT="$tmp/elsewhere" "$mkseries" -r 1.0
ok 'for those too' [ -f "$tmp/elsewhere/1.0/kvm/run/0001-KVM-For-the-harness-only.patch" ]
"$mkseries" 1.0 > /dev/null
ok 'old run patches go' [ ! -e out/1.0/kvm/run ]
is 'what is not ours stays' mine "$(cat out/1.0/kvm/console.log)"

ok '-u leaves the fixes out' "$mkseries" -u -o "$tmp/unfixed" 1.0
is 'and nothing else' '0000-cover-letter.patch 0001-KVM-Add-an-API-to-the-toy.patch 0002-KVM-tests-Add-two-tests-with-a-subject-that-is-long-.patch 0003-Documentation-KVM-Say-it.patch' \
	"$(names "$tmp/unfixed")"

ok 'the newest base' "$mkseries" 2.0
ok 'names its commit' grep -qx 'base-commit: 0123456789012345678901234567890123456789' out/2.0/kvm/0000-*
ok 'has the files as they are' grep -qx '+call(a, b);' out/2.0/kvm/0001-*

fails 'no BASE' usage "$mkseries"
fails 'an unknown base' 'known: 1.0 2.0' "$mkseries" 3.0
wrong 'a stale adaptation' '1.0: series/common/api-args.adapt: stale: patch failed: tests/x86/one.c:4' 's/^6$/six/' overlay/tests/x86/one.c
wrong 'an adaptation of no bases' "series/common/api-args.adapt: no '# bases:' line" 1d series/common/api-args.adapt
wrong 'an adaptation for a base that is none' 'series/common/api-args.adapt: 1.9: 1.9 is neither a base nor a range' '1s/-1.9/1.9/' series/common/api-args.adapt
wrong 'an unknown kind' "series/1.0/kvm/series:4: unknown kind 'fixes'" 's/^fix /fixes /' series/1.0/kvm/series
wrong 'a missing patch' 'series/1.0/kvm/series:4: no file series/1.0/kvm/no.patch' 's/kvm-fix/no/' series/1.0/kvm/series
wrong 'a wrong order' "series/1.0/kvm/series:7: 'test' is too late" 's/^doc/test/; s/^test\(.*tests\)/doc\1/' series/1.0/kvm/series
wrong 'no date' "no '# Date:' line" 2d series/1.0/kvm/series
wrong 'no sender' "no '# From: Name <mail>' line" 1d series/1.0/kvm/series
wrong 'a sender without mail' "no '# From: Name <mail>' line" '1s/<.*//' series/1.0/kvm/series
wrong 'a missing overlay file' 'kvm-doc.patch: overlay/Documentation/toi.rst is missing' 's/toy.rst/toi.rst/
	$a New: Documentation/toy.rst' series/common/kvm-doc.patch
wrong 'a hook without index line' 'series/1.0/kvm/kvm-tests.hook: b/tests/Makefile: no index line' '/^index/d' series/1.0/kvm/kvm-tests.hook
wrong 'a short index line' 'no index line with 12 digits' '/^index/s/[0-9a-f]\.\./../' series/1.0/kvm/kvm-tests.hook
wrong 'a damaged hunk' 'series/1.0/kvm/kvm-tests.hook: error: corrupt patch' 's/^ two/two/' series/1.0/kvm/kvm-tests.hook
wrong 'a text that is not ASCII' 'common/kvm-doc.patch: not plain ASCII' 's/Body/Bödy/' series/common/kvm-doc.patch
wrong 'a text that git am would cut' "git am would end the message" 's/^Body.$/---/' series/common/kvm-doc.patch
wrong 'a mail without subject' "not 'Subject:'" 2d series/common/kvm-doc.patch
wrong 'a file added twice' 'tests/x86_64/one.c is added by two mails' '$a New: tests/x86/one.c' series/common/kvm-doc.patch

touch overlay/unused
fails 'an unused overlay file' 'overlay/unused: no mail of any base names it' "$mkseries" 1.0
ok 'after errors the old mails are there' diff -r -x console.log "$tmp/first" out/1.0
is 'and nothing half written' '' "$(find out -name '.new*')"
toy_reset
cp series/1.0/kvm/kvm-fix.patch series/1.0/kvm/forgotten.patch
fails 'a patch that is in no series' 'series/1.0/kvm/forgotten.patch: no series file lists it' "$mkseries" 1.0
toy_reset

# Two changes of one API: the older base needs both, the latest one undone first.
sed 's/-1.9/-1.5/; s/call(a, b)/call(a)/; s/+call(a);/+call();/' series/common/api-args.adapt > series/common/api-again.adapt
ok 'adaptations to older and older versions' "$mkseries" 1.0
ok 'follow on each other' grep -qx '+call();' out/1.0/kvm/0003-*
toy_reset

# Several topics, of which one stands on another one.
"$mkseries" -r 1.0 > /dev/null && cp -R out/1.0/kvm "$tmp/alone"
toy_topics
ok 'three topics' "$mkseries" -r 1.0
is 'are written in their order' "$(printf "$repo/out/1.0/%s: %s mail(s) and a cover letter\n" fixes 1 large 2 kvm 4)" "$(cat "$tmp/said")"
ok 'each as if it were alone' diff -r "$tmp/alone" out/1.0/kvm
is 'only what stands on others has prerequisites' out/1.0/large/0000-cover-letter.patch "$(grep -rl prerequisite out)"
git -C "$linux" am -q "$repo"/out/1.0/fixes/0001* "$repo"/out/1.0/large/000[12]*
is '... which are those that git names' "$(git -C "$linux" format-patch --stdout --cover-letter --base=base HEAD~2 | grep ^prerequisite)" \
	"$(grep ^prerequisite out/1.0/large/0000-*)"
cp -R out/1.0 "$tmp/topics"
# topic TOPIC ARGUMENT...: what mkseries writes of these
topic() {
	TOPIC=$1
	shift
	TOPIC=$TOPIC "$mkseries" "$@" | sed 's,.*/\(.*\): \(.*\) mail(s).*,\1 \2,' | xargs
}
rm -r out/1.0/fixes
echo mine > out/1.0/kvm/0000-cover-letter.patch
is 'TOPIC= writes that' 'large 2' "$(topic large 1.0)"
ok '... with its prerequisites' diff -r "$tmp/topics/large" out/1.0/large
is 'and nothing else' 'kvm large' "$(cd out/1.0 && echo *)"
is '... but leaves what is there' mine "$(cat out/1.0/kvm/0000-*)"
for list in 'kvm,fixes' 'kvm fixes' ' kvm , fixes,'; do
	is "TOPIC='$list'" 'fixes 1 kvm 4' "$(topic "$list" 1.0)"
done
is 'with -o all topics are written' 'fixes 1 large 2 kvm 4' "$(topic kvm -o "$tmp/all" 1.0)"
# one_line NAME TEXT COMMAND...: fails with that alone
one_line() {
	fails "$@"
	is '... in one line' 1 "$(sed '/^(exit code/d' "$tmp/said" | wc -l)"
}
one_line 'a topic that is none' 'mkseries: TOPIC=large.: not a topic of 1.0 (which has: fixes large kvm)' env TOPIC=kvm,large. "$mkseries" 1.0
one_line 'a topic of another base' 'TOPIC=fixes: not a topic of 2.0 (which has: kvm)' env TOPIC=fixes "$mkseries" 2.0
one_line 'a list of no topic' "TOPIC=' , ': names no topic of 1.0 (which has: fixes large kvm)" env TOPIC=' , ' "$mkseries" 1.0

# unfixed TOPIC TEXT: without the fixes of TOPIC there are so many mails, and the names' begin
unfixed() { is "-u of TOPIC='$1'" "$2" "$(rm -rf "$tmp/unfixed"; topic "$1" -u -r -o "$tmp/unfixed" 1.0) $(names "$tmp/unfixed/large")"; }
both='0000-cover-letter.patch 0001-KVM-Prepare-a-large-toy.patch 0002-KVM-Fix-the-large-toy.patch'
unfixed '' "fixes 0 large 1 kvm 3 ${both% *}"
unfixed kvm "fixes 1 large 2 kvm 3 $both"
unfixed large "fixes 1 large 1 kvm 4 ${both% *}"
unfixed fixes "fixes 0 large 1 kvm 4 ${both% *}"
ok 'a topic without mails has no cover letter' [ -z "$(ls "$tmp/unfixed/fixes")" ]
sed -i '$a run 1.0/fixes/run.patch' series/1.0/fixes/series
mv series/1.0/kvm/kvm-run.patch series/1.0/fixes/run.patch
sed -i /kvm-run/d series/1.0/kvm/series
unfixed fixes "fixes 0 large 1 kvm 4 ${both% *}"
is '... but its run patches' 0001-KVM-For-the-harness-only.patch "$(names "$tmp/unfixed/fixes")"
toy_reset

wrong 'a topic on one that is none' "series/1.0/large/series: '# On: fixed': series/bases has no such topic before large" 's/fixes$/fixed/' series/1.0/large/series
wrong 'a topic on a later one' "series/1.0/large/series: '# On: kvm': series/bases has no such topic before large" 's/On: fixes/& kvm/' series/1.0/large/series
wrong 'a topic on itself' "series/1.0/large/series: '# On: large'" 's/On: fixes/& large/' series/1.0/large/series
for list in 'large' 'large fixes'; do
	sed -i "1i# On: $list" series/1.0/kvm/series
	fails "a list that is not closed: $list" "series/1.0/kvm/series: '# On:' lacks fixes before large, which stands on it" env TOPIC=kvm "$mkseries" 1.0
	toy_reset
done
sed -i '1i# On: fixes large' series/1.0/kvm/series
is 'a closed one' 'kvm 4' "$(topic kvm 1.0)"
is '... has all as prerequisites' 3 "$(grep -c ^prerequisite out/1.0/kvm/0000-*)"
toy_reset
wrong 'a base without topics' '1.0: series/bases: 1.0 has no topics=' 's/topics=.*//' series/bases
wrong 'a topic without its folder' 'series/1.0/small/series: missing' '/^1/s/,large/,small&/' series/bases
wrong 'a folder that is no topic' 'series/1.0/large: not a topic of 1.0 (name it in series/bases' '/^1/s/,large//' series/bases
touch series/1.0/series
fails 'a file that is none' 'series/1.0/series: not a topic of 1.0' "$mkseries" 1.0
toy_reset
mkdir series/2.0/large && cp series/common/kvm-doc.patch series/2.0/large/
ok 'what another base has is its own affair' "$mkseries" 1.0
toy_reset

# git fails in the midst of a topic, e.g. as the disk is full.
mkdir "$tmp/bin"
printf '#!/bin/sh\ncase "$*" in commit*/large/2.msg) exit 128 ;; esac\nexec %s "$@"\n' "$(command -v git)" > "$tmp/bin/git"
chmod +x "$tmp/bin/git"
PATH="$tmp/bin:$PATH" "$mkseries" 1.0 > "$tmp/said" 2>&1
ok 'git fails, and mkseries with it' [ $? != 0 ]
done_testing
