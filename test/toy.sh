# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # used by the tests; tmp is tap.sh's
# Toys for the tests, sourced after tap.sh: $linux is a "kernel" 1.0 of a few
# files, $repo a kvm-dax for it and for its newer self 2.0, with the real scripts
# as its own, since scripts know where they are by their path. 1.0 differs by
# all that bases differ by: a fix, a prep, a renamed directory, an old API. All is of one
# topic, kvm; toy_topics gives 1.0 two more.

linux=$tmp/linux repo=$tmp/repo out=$tmp/repo/out
git config --file "$GIT_CONFIG_GLOBAL" user.name 'A. Toy'
git config --file "$GIT_CONFIG_GLOBAL" user.email toy@example.org

# mail TOPIC/NAME SUBJECT [AUTHOR]: the work tree's changes to series/1.0/TOPIC/NAME.patch
mail() {
	git add -A && git commit -q ${3:+--author="$3"} -m "$2" -m "Why it is." -m "Signed-off-by: Upstream <up@example.org>"
	git format-patch -q --abbrev=12 --stdout -1 > "$repo/series/1.0/$1.patch"
}

toy_linux() {
	mkdir -p "$linux/virt" "$linux/tests/x86_64"
	cd "$linux" || exit
	git init -q -b main .
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = 7\n' 1 0 > Makefile
	echo obj-y > Kbuild
	seq 1 40 > virt/kvm.c
	printf 'all:\none 1\ntwo\n' > tests/Makefile
	seq 1 9 > MAINTAINERS
	echo '.git*' > .gitignore
	git add -A && git commit -qm base && git tag base
}

toy_series() {
	sed 's/^20$/twenty/' virt/kvm.c > new && mv new virt/kvm.c
	mail kvm/kvm-fix 'KVM: Fix the toy' 'Up Stream <up@example.org>'
	{ cat virt/kvm.c; echo api; } > new && mv new virt/kvm.c
	mkdir include && echo api > include/api.h
	mail kvm/kvm-prep 'KVM: Add an API to the toy'
	echo three >> tests/Makefile
	sed 's/^5$/&\nmine/' MAINTAINERS > new && mv new MAINTAINERS
	# Not in git's order, and with a word of explanation: both must survive.
	{ echo '# SPDX'; git diff --abbrev=12 tests; git diff --abbrev=12 MAINTAINERS; } > "$repo/series/1.0/kvm/kvm-tests.hook"
	git commit -qam test
	sed 's/^30$/run/' virt/kvm.c > new && mv new virt/kvm.c
	mail kvm/kvm-run 'KVM: For the harness only'
	git checkout -q base && git branch -qD main && git checkout -qb main
}

toy_repo() {
	mkdir -p "$repo/series/common" "$repo/series/1.0/kvm" "$repo/series/2.0/kvm" "$repo/overlay/tests/x86" "$repo/overlay/Documentation"
	cat > "$repo/series/bases" <<-'END'
	# the newest is 2.0
	1.0  package=linux-toy version=1.0.7-1 map=tests/x86:tests/x86_64 topics=kvm
	2.0  commit=0123456789012345678901234567890123456789 git=https://example.org/toy tag=v2.0 topics=kvm
	END
	cat > "$repo/series/1.0/kvm/series" <<-'END'
	# From: S. Ender <sender@example.org>
	# Date: Mon, 23 Nov 2026 12:00:00 +0000

	fix   1.0/kvm/kvm-fix.patch
	prep  1.0/kvm/kvm-prep.patch
	test  common/kvm-tests.patch
	doc   common/kvm-doc.patch
	run   1.0/kvm/kvm-run.patch
	END
	sed '/1\.0\//d' "$repo/series/1.0/kvm/series" > "$repo/series/2.0/kvm/series"
	for base in 1.0 2.0; do
		printf '# SPDX\nKVM: A toy series\n\nWhat it is for.\n' > "$repo/series/$base/kvm/cover"
	done
	cat > "$repo/series/common/kvm-tests.patch" <<-'END'
	# SPDX-License-Identifier: GPL-2.0
	Subject: KVM: tests: Add two tests with a subject that is long enough to be folded

	The body has
	two lines.

	New: tests/x86/two.sh
	New: tests/x86/one.c
	END
	printf 'From: T. Ester <tester@example.org>\nSubject: Documentation: KVM: Say it\n\nBody.\n\nNew: Documentation/toy.rst\n' > "$repo/series/common/kvm-doc.patch"
	seq 1 10 | sed 's/^5$/call(a, b);/' > "$repo/overlay/tests/x86/one.c"
	echo 'echo two' > "$repo/overlay/tests/x86/two.sh"
	chmod +x "$repo/overlay/tests/x86/two.sh"
	echo Toy > "$repo/overlay/Documentation/toy.rst"
	cat > "$repo/series/common/api-args.adapt" <<-'END'
	# bases: -1.9
	# Commit 0123456789ab ("toy: call() takes two") is in 2.0.

	--- a/tests/x86/one.c
	+++ b/tests/x86/one.c
	@@ -4,3 +4,3 @@
	 4
	-call(a, b);
	+call(a);
	 6
	END
	ln -s "$TOP/scripts" "$repo/"
	(cd "$repo" && echo out/ > .gitignore && git init -q -b main .)
	toy_linux
	toy_series
	cp "$repo/series/1.0/kvm/kvm-tests.hook" "$repo/series/2.0/kvm/"
	(cd "$repo" && git add -A && git commit -qm toy)
	cd "$repo" || exit
}

# toy_topics: two more topics of 1.0 before kvm, in the same file next to what kvm-fix
# changes: fixes is a fix alone, and large has a fix that only applies on it.
toy_topics() {
	cd "$linux" || exit
	for topic in fixes large; do
		mkdir "$repo/series/1.0/$topic"
		printf 'KVM: Toys, %s\n\nWhy.\n' $topic > "$repo/series/1.0/$topic/cover"
		sed -n 1,2p "$repo/series/1.0/kvm/series" > "$repo/series/1.0/$topic/series"
	done
	printf 'fix 1.0/fixes/more.patch\n' >> "$repo/series/1.0/fixes/series"
	printf '# On: fixes\nprep 1.0/large/prep.patch\nfix 1.0/large/large.patch\n' >> "$repo/series/1.0/large/series"
	sed -i '/^1\.0/s/topics=/&fixes,large,/' "$repo/series/bases"
	sed -i 's/^16$/sixteen/' virt/kvm.c
	mail fixes/more 'KVM: Fix more of the toy'
	echo large >> Kbuild
	mail large/prep 'KVM: Prepare a large toy'
	sed -i 's/^14$/fourteen/' virt/kvm.c
	mail large/large 'KVM: Fix the large toy'
	git checkout -q base && git branch -qD main && git checkout -qb main
	cd "$repo" || exit
	git add -A && git commit -qm topics
}

# toy_reset: both repositories as they were made
toy_reset() {
	git -C "$linux" am --abort > /dev/null 2>&1
	git -C "$linux" checkout -q main && git -C "$linux" reset -q --hard base && git -C "$linux" clean -qfdx
	git -C "$repo" reset -q --hard && git -C "$repo" clean -qfd
}
