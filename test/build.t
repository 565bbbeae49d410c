#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/build, initramfs and boot on a toy kernel, with make, gcc, QEMU and the
# kernel's own scripts replaced by small fakes. The repository has a blank in its path.
. "$(dirname "$0")/tap.sh"

repo=$TOP
top="$tmp/a top"
export CACHE="$tmp/cache"
dir=$CACHE/9.0
linux=$dir/linux
build=$linux/build
out=$top/out/9.0
mkdir -p "$top/series" "$top/vm/config/debug" "$top/vm/config/x86" "$top/vm/machine" "$tmp/bin" "$linux"
ln -s "$repo/scripts" "$top/"
printf '%s package=linux-toy map=tools/testing/selftests/new:tools/testing/selftests/old\n' 5.3 9.0 >"$top/series/bases"
echo 9.0.1-1 >"$dir/version"
sed -n 's/^LAYOUT=//p' "$repo/scripts/cache.sh" >"$CACHE/layout"
for config in ALL: 'NEW:# bases: 8.0-' 'LIST:# bases: 5.3,9.0' 'OLD:# bases: -6.1' 'MINE:# in: virt/kvm/tests'; do
	printf '# SPDX\n%s\nCONFIG_%s=y\n' "${config#*:}" "${config%%:*}" >"$top/vm/config/${config%%:*}.config"
done
cat >"$top/vm/machine/x86" <<'END'
arch x86
image arch/x86/boot/bzImage
emulator qemu-system-x86_64 -machine q35
console ttyS0
cpu EPYC,+svm
smp 2
boot nvdimm nvdimm
boot e820 e820 more=1
boot bad bad fs=xfs
main nvdimm
append all=1
memory nvdimm 2G
memory e820 9G
debug 6 2G check=FZ
pmem fsdax 512M 2M 5G
pmem devdax-2M 768M 2M 6G
END
echo CONFIG_HERE=y >"$top/vm/config/x86/HERE.config"
cat >"$top/vm/tests" <<'END'
harness devices * * 7 60
kselftest kvm:toy_test * * 3 10
kselftest kvm:all_test.sh * nvdimm 3 20
kunit toy * * 3 -
END
echo init >"$top/vm/init"

# A kernel tree, as far as these scripts look at one.
mkdir -p "$linux/scripts/kconfig" "$linux/kernel/configs" "$linux/arch/x86/configs" "$linux/virt/kvm/tests" "$linux/usr" \
	"$linux/tools/include" "$linux/tools/testing/selftests/kvm"
for file in kernel/configs/tiny.config kernel/configs/tiny-base.config arch/x86/configs/tiny.config virt/kvm/kvm_main.c \
	tools/include/a.h tools/testing/selftests/lib.mk tools/testing/selftests/kvm/Makefile tools/testing/selftests/kvm/toy_test.c; do
	echo "# $file" >"$linux/$file"
done
echo '.name = "toy", "toy"' >"$linux/virt/kvm/tests/toy_kunit.c"
cat >"$linux/scripts/kconfig/merge_config.sh" <<END
#!/bin/sh
echo "\$*" >>$tmp/merged
out=\$3
shift 3
cat "\$@" >\$out/.config
END
chmod +x "$linux/scripts/kconfig/merge_config.sh"
cat >"$linux/usr/gen_initramfs.sh" <<END
#!/bin/sh
rm -rf $tmp/root && cp -r "\$7" $tmp/root && echo cpio >"\$2"
END
(cd "$linux" && git init -q . && git config user.name A && git config user.email a@example.org && git add -A && git commit -qm toy) || exit

# make notes its targets and its environment, and makes what the scripts look for.
cat >"$tmp/bin/make" <<END
#!/bin/sh
env >>$tmp/env
for arg; do
	case \$arg in
	O=*) o=\${arg#O=} ;;
	ARCH=* | CROSS_COMPILE=* | CC=*) echo "\$arg" >>$tmp/cross ;;
	INSTALL_PATH=*) install=\${arg#*=} ;;
	TARGETS=*) collection=\${arg#*=} ;;
	TEST_GEN_PROGS=*) programs=\${arg#*=} ;;
	-j*) echo "\$arg" >$tmp/jobs ;;
	bzImage | Image | headers | olddefconfig | install) target=\$arg ;;
	esac
done
echo "\$target" >>$tmp/made
[ "\$target" != "\$(cat $tmp/fails)" ] || { echo "virt/kvm/kvm_main.c:1: error: no such thing"; exit 1; }
case \$target in
bzImage) mkdir -p \$o/arch/x86/boot && echo kernel >\$o/arch/x86/boot/bzImage ;;
Image) mkdir -p \$o/arch/toy/boot && echo kernel >\$o/arch/toy/boot/Image ;;
install) [ \$collection = kvm ] || {
		mkdir -p \$install/\$collection && rm -f \$install/kselftest-list.txt || exit
		for program in \$programs; do
			touch \$install/\$collection/\${program##*/}
			echo \$collection:\${program##*/} >>\$install/kselftest-list.txt
		done
		exit
	}
	mkdir -p \$o/kvm \$install/kvm \$install/kselftest
	touch \$o/kvm/toy_test.o
	printf 'other_test no_test\n' >\$install/kvm/all_test.sh
	for file in kvm/settings kvm/toy_test kvm/other_test kvm/third_test kselftest/runner.sh run_kselftest.sh kselftest-list.txt; do
		echo \$file >\$install/\$file
	done ;;
esac
END
printf '#!/bin/sh\ncat %s/gcc\n' "$tmp" >"$tmp/bin/gcc"
# What is packed: the real ones have some 300 applets, each a link, and dozens of
# libraries.
for program in ndctl mkfs.ext4 mkfs.xfs addr2line; do printf '#!/bin/sh\n' >"$tmp/bin/$program"; done
printf '#!/bin/sh\nprintf "ls\\nsh\\ntimeout\\n"\n' >"$tmp/bin/busybox"
chmod +x "$tmp/bin"/*
export PATH="$tmp/bin:$PATH"
echo 'gcc 12' >"$tmp/gcc"

# built NAME MADE [ARGUMENT...]: build, and what make was asked for
built() {
	name=$1 made=$2
	shift 2
	rm -f "$tmp/made" "$tmp/env" "$tmp/merged"
	[ $# != 0 ] || set -- 9.0
	ok "$name" "$top/scripts/build" "$@"
	is "$name: what is made" "$made" "$(xargs 2>/dev/null <"$tmp/made")"
}
packed() { find "$tmp/root/$1" -maxdepth 1 ! -type d -printf '%f\n' | sort | xargs; }
change() { (cd "$linux" && echo "$2" >>"$1" && git add "$1" && git commit -qm "$1") || exit; }
: >"$tmp/fails"
all='olddefconfig bzImage headers install'

fails 'no source' "5.3: no source in $CACHE (run make)" "$top/scripts/build" 5.3
# Settings of other builds, as users export them.
export ARCH=arm64 CROSS_COMPILE=aarch64- KCONFIG_CONFIG=/x/.config CFLAGS=-O0 KCFLAGS=-O0 LLVM=1 CC=clang MAKEFLAGS=n O=/x \
	INSTALL_MOD_PATH=/x KBUILD_OUTPUT=/x TARGETS=x KBUILD_BUILD_USER=me JOBS=3
built 'the first build' "$all"
is 'the environment of others does not reach make' '' "$(grep -E '^(ARCH|CROSS_COMPILE|KCONFIG_CONFIG|C?C|K?CFLAGS|LLVM|MAKEFLAGS|O|INSTALL_MOD_PATH|KBUILD_OUTPUT|TARGETS)=' "$tmp/env")"
is 'the same build everywhere' 'KBUILD_BUILD_USER=kvm-dax' "$(grep '^KBUILD_BUILD_USER=' "$tmp/env" | sort -u)"
is 'JOBS= does' -j3 "$(cat "$tmp/jobs")"
unset ARCH CROSS_COMPILE KCONFIG_CONFIG CFLAGS KCFLAGS LLVM CC MAKEFLAGS O INSTALL_MOD_PATH KBUILD_OUTPUT TARGETS KBUILD_BUILD_USER JOBS
is 'fragments of all machines and of x86, of all bases and of this one' 'ALL.config HERE.config LIST.config MINE.config NEW.config' \
	"$(tr ' ' '\n' <"$tmp/merged" | sed -n "s,^$build/fragments/,,p" | xargs)"
is 'behind those of the kernel' 'kernel/configs/tiny-base.config kernel/configs/tiny.config arch/x86/configs/tiny.config' \
	"$(grep -o '[a-z/0-9]*configs/tiny[^ ]*' "$tmp/merged" | xargs)"
ok 'the config is with the results' grep -q CONFIG_NEW=y "$out/.config"
ok 'there is an initramfs' grep -qx cpio "$dir/initramfs"

# What is made again.
echo old >"$dir/kselftest/kvm/stale_test"
echo old >"$build/kvm/stale.o"
built 'nothing changed' install
ok 'no config is merged' [ ! -e "$tmp/merged" ]
ok 'what is no more is not installed any more' [ ! -e "$dir/kselftest/kvm/stale_test" ]
ok 'the objects of the selftests stay' [ -e "$build/kvm/stale.o" ]
change tools/testing/selftests/kvm/toy_test.c changed
built 'a selftest changed' install
ok 'the other objects stay' [ -e "$build/kvm/stale.o" ]
change virt/kvm/kvm_main.c changed
built 'the kernel changed' "$all"
change tools/include/a.h changed
built 'what objtool is made of changed' "$all"
for rules in tools/testing/selftests/lib.mk tools/testing/selftests/kvm/Makefile tools/testing/selftests/kvm/Makefile.kvm; do
	echo old >"$build/kvm/stale.o"
	change $rules changed
	built "$rules changed" install
	ok "$rules changed: objects are made anew" [ ! -e "$build/kvm/stale.o" ]
done
# Old rules do not know their headers; newer ones do, by -MD.
mkdir -p "$linux/tools/testing/selftests/kvm/include"
echo old >"$build/kvm/stale.o"
change tools/testing/selftests/kvm/include/toy.h changed
built 'a header of old selftests changed' install
ok 'objects are made anew for it' [ ! -e "$build/kvm/stale.o" ]
change tools/testing/selftests/kvm/Makefile '# CFLAGS += -MD'
built 'rules that know the headers' install
echo old >"$build/kvm/stale.o"
change tools/testing/selftests/kvm/include/toy.h 'changed again'
built 'a header changed' install
ok 'objects are for make to make anew' [ -e "$build/kvm/stale.o" ]
echo old >"$build/kvm/stale.o"
echo 'gcc 13' >"$tmp/gcc"
built 'another compiler' "$all"
ok 'objects are made anew by it' [ ! -e "$build/kvm/stale.o" ]
echo CONFIG_ALL2=y >>"$top/vm/config/ALL.config"
built 'a fragment changed' "$all"
ok 'it is in the config' grep -q CONFIG_ALL2=y "$out/.config"
change virt/kvm/Kconfig 'config NEWER'
built 'an option of the kernel changed' "$all"
ok 'the fragments are merged again' [ -s "$tmp/merged" ]
rm "$top/vm/config/LIST.config"
built 'a fragment is gone' "$all"
ok 'it is not in the config any more' sh -c '! grep CONFIG_LIST=y "$1"' - "$out/.config"
built 'the kernel alone' 'olddefconfig bzImage' 9.0 kernel
built 'the selftests alone' 'olddefconfig headers install' 9.0 selftests
built 'all after a part' "$all"
built 'results without the fixes' install -u 9.0
ok 'have a place of their own' [ -e "$out/unfixed/build.log" ]
# A kernel that checks itself.
echo CONFIG_CHECK=y >"$top/vm/config/debug/CHECK.config"
echo '# not with CHECK' >"$top/vm/config/debug/NEW.config"
export DEBUG=1
built 'DEBUG=1' "$all"
is 'its fragments, each in place of one of that name' 'ALL.config CHECK.config HERE.config MINE.config NEW.config' "$(cd "$build-debug/fragments" && echo *)"
is 'are in its config' 'CONFIG_CHECK=y' "$(grep -e CHECK= -e NEW= "$out/debug/.config")"
is 'in six times the time' '6 60' "$(cat "$tmp/root/slower") $(awk '$2 == "kvm:toy_test" { print $4 }' "$tmp/root/tests.nvdimm")"
built 'DEBUG=1 once more' install
DEBUG=yes
fails 'another DEBUG' 'DEBUG=yes: only 1 is known' "$top/scripts/build" 9.0
unset DEBUG
built 'the plain kernel is there still' install
is 'with its time' '1 10' "$(cat "$tmp/root/slower") $(awk '$2 == "kvm:toy_test" { print $4 }' "$tmp/root/tests.nvdimm")"

# Another architecture.
mkdir -p "$top/vm/config/toy" "$CACHE/userland-toyish/root"
echo CONFIG_TOY=y >"$top/vm/config/toy/TOY.config"
cat >"$top/vm/machine/toy" <<'END'
arch toy toy-linux- toyish
image arch/toy/boot/Image
emulator qemu-toy -machine board
console ttyT0
cpu toy,+virt
smp 1
boot toy of toy=1
boot paper papr
append mem=2G
memory of 8G
memory papr 2G
debug 6 0G
pmem fsdax 512M 2M 5G
pmem devdax-2M 768M 2M 6656M
END
printf '#!/bin/sh\necho toy 12\n' >"$tmp/bin/toy-linux-gcc"
# What scripts/userland has got before.
printf '#!/bin/sh\necho %s/userland-toyish/root\n' "$CACHE" >"$tmp/bin/userland"
chmod +x "$tmp/bin/toy-linux-gcc" "$tmp/bin/userland"
rm "$top/scripts"
mkdir "$top/scripts"
ln -s "$repo/scripts/"* "$top/scripts/"
ln -sf "$tmp/bin/userland" "$top/scripts/userland"
(cd "$CACHE/userland-toyish/root" && mkdir -p bin sbin etc lib/toy-linux usr/bin usr/sbin usr/lib/toy-linux/deep usr/libexec/coreutils &&
	for file in bin/busybox bin/dash bin/sed sbin/mkfs.ext4 usr/bin/ndctl usr/bin/addr2line usr/bin/timeout usr/bin/stdbuf \
		usr/libexec/coreutils/libstdbuf.so lib/toy-linux/libc.so.6 usr/lib/toy-linux/libndctl.so.6 usr/lib/toy-linux/deep/odd.so etc/mke2fs.conf; do
		echo toy >$file && chmod +x $file
	done && ln -s toy-linux/libc.so.6 lib/ld.so.1) || exit
echo 'kselftest kvm:other_test * toy 3 10' >>"$top/vm/tests"
rm -f "$tmp/cross"
built 'another architecture' 'olddefconfig Image headers install' -m toy 9.0
is 'by its compiler' 'ARCH=toy CC=ccache toy-linux-gcc CROSS_COMPILE=toy-linux-' "$(sort -u "$tmp/cross" | xargs)"
is 'with its fragments' 'ALL.config MINE.config NEW.config TOY.config' "$(cd "$build-toy/fragments" && echo *)"
is 'its programs are packed' 'addr2line busybox ls mkfs.ext4 ndctl sed sh' "$(cd "$tmp/root/bin" && grep -lx toy -- * | sort | xargs)"
is 'with all libraries that came with them' 'ld.so.1 libc.so.6 libndctl.so.6' "$(find "$tmp/root/lib" "$tmp/root/usr/lib" ! -type d -printf '%f\n' | sort | xargs)"
is 'the tests of its boots' 'other_test settings toy_test' "$(packed kselftest/kvm)"
is 'and machine' 'toy paper' "$(awk '$1 == "boot" { print $2 }' "$tmp/root/machine" | xargs)"
ok 'its results are apart' [ -e "$out/build-toy.log" ]
built 'once more' install -m toy 9.0
built 'that of this machine is there still' install

# An emulator that is none of QEMU's.
cat >"$top/vm/machine/slow" <<'END'
arch x86
config x86
image arch/x86/boot/bzImage
emulator bochs
console ttyS0
bochs cpu: model=toy
bochs clock: sync=none
boot slow e820 slow=1
boot odd nvdimm
append all=1
memory e820 3G
debug 6 0G
pmem fsdax 512M 2M 1G
END
echo CONFIG_SLOW=y >"$top/vm/config/SLOW.config"
mkdir "$top/vm/config/slow"
mv "$top/vm/config/SLOW.config" "$top/vm/config/slow/"
built 'a machine with fragments of another one' 'olddefconfig bzImage headers install' -m slow 9.0
is 'has them, and its own' 'ALL.config HERE.config MINE.config NEW.config SLOW.config' "$(cd "$build-slow/fragments" && echo *)"
fails 'a machine that is none' 'toys: no such machine (vm/machine has: x86 slow toy)' "$top/scripts/build" -m toys 9.0

# Another collection, in its directory of this base.
echo 'kselftest new:new_test * * 3 10' >>"$top/vm/tests"
fails 'a test that the tree does not have' "9.0: new:new_test is in vm/tests, but the selftests' Makefile does not build it" "$top/scripts/build" 9.0
mkdir "$linux/tools/testing/selftests/old"
change tools/testing/selftests/old/Makefile 'TEST_GEN_FILES = an_old_test new_test'
built 'a test of another collection' 'install install'
is 'it alone is installed' new_test "$(ls "$dir/kselftest/new")"
is 'and listed behind the others' 'kselftest-list.txt new:new_test' "$(xargs <"$dir/kselftest/kselftest-list.txt")"
is 'and packed' new_test "$(ls "$tmp/root/kselftest/new")"
echo old >"$build/kvm/stale.o"
change tools/testing/selftests/old/Makefile changed
built 'its rules changed' 'install install'
ok 'objects are made anew for that' [ ! -e "$build/kvm/stale.o" ]
sed -i /new_test/d "$top/vm/tests"
echo 'kselftest arch/new:new_test * * 3 10' >>"$top/vm/tests"
mkdir -p "$linux/tools/testing/selftests/arch/new"
change tools/testing/selftests/arch/new/Makefile 'TEST_GEN_PROGS = new_test'
built "a test of an architecture's collection" 'install install'
is 'it alone is there' new_test "$(ls "$dir/kselftest/arch/new")"
is 'by its whole name' 'kselftest-list.txt arch/new:new_test' "$(xargs <"$dir/kselftest/kselftest-list.txt")"
is 'and packed there' new_test "$(ls "$tmp/root/kselftest/arch/new")"
sed -i /new_test/d "$top/vm/tests"

# Failures.
echo bzImage >"$tmp/fails"
change virt/kvm/kvm_main.c broken
fails 'the kernel does not build' "9.0: kernel: virt/kvm/kvm_main.c:1: error: no such thing (all of it: $out/build.log)" "$top/scripts/build" 9.0
: >"$tmp/fails"
built 'and is tried again' "$all"
echo install >"$tmp/fails"
fails 'the selftests do not build' '9.0: selftests: virt/kvm/kvm_main.c:1: error' "$top/scripts/build" 9.0
: >"$tmp/fails"
built 'and are tried again' install

# The initramfs.
initramfs() { "$top/scripts/initramfs" 9.0; }
is 'tests, and programs that a script of them calls' 'all_test.sh other_test settings toy_test' "$(packed kselftest/kvm)"
is 'the programs, and applets of busybox' 'addr2line busybox ls mkfs.ext4 mkfs.xfs ndctl sed sh' "$(packed bin)"
is 'which has no timeout' 'stdbuf timeout' "$(packed usr/bin)"
ok 'their libraries' [ "$(find "$tmp/root" -name 'libc.so*')" ]
is 'the list of each boot' '3 4' "$(wc -l <"$tmp/root/tests.e820") $(wc -l <"$tmp/root/tests.nvdimm")"
is 'no case' '' "$(cat "$tmp/root/case")"
TEST=toy_test CASE='a b|c$'
export TEST CASE
ok 'TEST= and CASE=' initramfs
is 'that test alone' 'settings toy_test' "$(packed kselftest/kvm)"
is 'in the lists, too' 'devices kvm:toy_test' "$(awk '{ print $2 }' "$tmp/root/tests.nvdimm" | xargs)"
is 'that case' 'a b|c$' "$(cat "$tmp/root/case")"
unset TEST CASE
mv "$dir/kselftest/kvm/toy_test" "$tmp/toy_test"
fails 'a test that was not built' "9.0: kvm:toy_test is in vm/tests, but the selftests' Makefile does not build it" initramfs
# A tree as it is may lack tests. Its part of the cache is that of the base here.
export LINUX="$tmp/tree" SERIES=none
mkdir "$LINUX"
own=tree-$(echo "$LINUX" | sha1sum | cut -c1-8)
ln -s "$dir" "$CACHE/$own"
mkdir -p "$top/out/$own"
(cd "$linux" && git rm -q virt/kvm/tests/toy_kunit.c && git commit -qm less) || exit
ok 'a tree that lacks tests' initramfs
is 'says so' 'not in this tree: toy_test toy' "$(initramfs)"
is 'and has the others' 'devices kvm:all_test.sh' "$(awk '{ print $2 }' "$tmp/root/tests.nvdimm" | xargs)"
built 'without the fragment for what it lacks' "$all"
ok 'it is not asked for' sh -c '! grep MINE "$1"' - "$tmp/merged"
unset LINUX SERIES
"$top/scripts/build" 9.0 kernel >"$tmp/told" 2>&1
ok 'nor is it of a part of the series' sh -c '! grep MINE "$1"' - "$tmp/merged"
mv "$tmp/toy_test" "$dir/kselftest/kvm/"
# A machine without one of the programs: all others are there.
mkdir "$tmp/few"
ln -s /usr/bin/* "$tmp/few/" 2>/dev/null
ln -s /bin/* "$tmp/few/" 2>/dev/null
rm -f "$tmp/few/ndctl"
rm -f "$dir/initramfs"
fails 'a program that is not there' '9.0: no ndctl on this machine (scripts/setup installs what is needed)' env PATH="$tmp/few" "$top/scripts/initramfs" 9.0
printf '#!/bin/sh\ncase "$*" in *$(cat %s/uncopied)*) echo "cp: no space left" >&2; exit 1 ;; esac\nexec /bin/cp "$@"\n' "$tmp" >"$tmp/bin/cp"
chmod +x "$tmp/bin/cp"
for file in ndctl stdbuf libstdbuf.so mke2fs.conf vm/init /kselftest/kselftest kselftest-list.txt kvm/toy_test kvm/other_test libc.so; do
	echo "$file" >"$tmp/uncopied"
	initramfs >"$tmp/said" 2>&1
	code=$?
	[ $code = 2 ] && [ ! -e "$dir/initramfs" ]
	rc=$?
	echo "(exit code $code, 2 is expected)" >>"$tmp/said"
	verdict $rc "a copy that fails: $file"
	rm -f "$dir/initramfs"
done
rm "$tmp/bin/cp"
ok 'with all of them' initramfs
echo 'exit 1' >"$linux/usr/gen_initramfs.sh"
echo last >"$dir/initramfs"
fails 'an archive that fails' '9.0: gen_initramfs.sh failed' initramfs
is 'leaves the last one' last "$(cat "$dir/initramfs")"

# The boot. QEMU notes its arguments, and does what $tmp/qemu says.
cat >"$tmp/bin/qemu-system-x86_64" <<END
#!/bin/sh
[ "\$1" != --version ] || { echo 'QEMU emulator version 7.2'; exit; }
printf '%s\n' "\$@" >$tmp/args
ls -d $dir/pmem.* >$tmp/disks
for arg; do
	case \$arg in
	file:*) console=\${arg#file:} ;;
	file,id=exit,path=*) code=\${arg#*path=} ;;
	file,id=results,path=*) results=\${arg#*path=} ;;
	esac
done
. $tmp/qemu
END
chmod +x "$tmp/bin/qemu-system-x86_64"
boot() { "$top/scripts/boot" "$@"; }
booted() {
	name=$1 want=$2
	shift 2
	boot "$@" >"$tmp/said" 2>&1
	code=$?
	[ $code = "$want" ]
	rc=$?
	echo "(exit code $code, $want is expected)" >>"$tmp/said"
	verdict $rc "$name"
}
export ACCEL=tcg
(cd "$tmp" && echo document >toy.ktap && tar -cf toy.tar toy.ktap)
cat >"$tmp/qemu" <<END
echo 'kvm-dax: end' >"\$console"
echo 0 >"\$code"
cp $tmp/toy.tar "\$results"
END
results=$out/nvdimm
mkdir -p "$results"
echo old >"$results/old.ktap"
booted 'a boot' 0 9.0 nvdimm
is 'its results' 'document 0 kvm-dax: end' "$(cat "$results/toy.ktap" "$results/exit" "$results/console.log" | xargs)"
ok 'and no older ones' [ ! -e "$results/old.ktap" ]
is 'on what it ran' 'tcg, QEMU emulator version 7.2' "$(cat "$results/accel")"
is 'the devices' 'm-fsdax m-devdax-2M' "$(sed -n 's/^memory-backend-file,id=\([^,]*\),.*/\1/p' "$tmp/args" | xargs)"
ok 'the kernel' grep -qx "$build/arch/x86/boot/bzImage" "$tmp/args"
is 'its parameters' 'boot=nvdimm all=1' "$(grep -o 'boot=.*' "$tmp/args" | xargs)"
is 'the disks were there' "$dir/pmem.nvdimm" "$(cat "$tmp/disks")"
ok 'and are gone' [ ! -e "$dir/pmem.nvdimm" ]
cp "$tmp/args" "$tmp/first"
rm -rf "$tmp/args" "$results/console.log" "$results/exit"
ok 'qemu can be replayed' "$results/qemu"
ok 'as it was' cmp "$tmp/first" "$tmp/args"
is 'with disks' "$dir/pmem.nvdimm" "$(cat "$tmp/disks")"
is 'and results' 'kvm-dax: end' "$(cat "$results/console.log")"
booted 'a boot with pmem by memmap=' 0 9.0 e820
is 'has it in its parameters' 'boot=e820 more=1 all=1 memmap=512M!5G memmap=768M!6G' "$(grep -o 'boot=.*' "$tmp/args" | xargs)"
is 'and the memory' 9G "$(grep -A1 -x -e -m "$tmp/args" | tail -n 1)"
DEBUG=1 booted 'a boot with DEBUG=1' 0 9.0 nvdimm
ok 'is of its kernel' grep -qx "$build-debug/arch/x86/boot/bzImage" "$tmp/args"
is 'with its parameters' 'boot=nvdimm all=1 check=FZ' "$(grep -o 'boot=.*' "$tmp/args" | xargs)"
is 'and has more memory' 4G,slots=8,maxmem=64G "$(grep -A1 -x -e -m "$tmp/args" | tail -n 1)"
ok 'its results are apart' [ -e "$out/debug/nvdimm/toy.ktap" ]
printf '#!/bin/sh\ncase $* in *dumpdtb=*) echo dtb >"${*##*dumpdtb=}" ;; *) exec %s/bin/qemu-system-x86_64 "$@" ;; esac\n' "$tmp" >"$tmp/bin/qemu-toy"
printf '#!/bin/sh\necho "$*" >>%s/fdtput\n' "$tmp" >"$tmp/bin/fdtput"
chmod +x "$tmp/bin/fdtput" "$tmp/bin/qemu-toy"
booted 'a boot of another architecture' 0 9.0 toy
is 'in its machine' "-machine board -cpu toy,+virt -smp 1 -m 8G" "$(xargs <"$tmp/args" | sed 's/-accel [^ ]* //; s/ -dtb.*//')"
is 'its parameters' 'console=ttyT0 boot=toy toy=1 mem=2G' "$(grep -o 'console=.*' "$tmp/args" | sed 's/ panic.*devkmsg=on//')"
ok 'its kernel' grep -qx "$build-toy/arch/toy/boot/Image" "$tmp/args"
is 'its pmem is in the device tree' "-t x $out/toy/dtb /pmem@140000000 reg 1 40000000 0 20000000 -t x $out/toy/dtb /pmem@1a0000000 reg 1 a0000000 0 30000000" \
	"$(grep ' reg ' "$tmp/fdtput" | xargs)"
ok 'which it boots with' grep -qx "$out/toy/dtb" "$tmp/args"
booted "a boot with PAPR's NVDIMMs" 0 9.0 paper
is 'each is as large as its pmem and its labels' '536870912+131072 805306368+131072' "$(sed -n 's/^memory-backend-file,.*,size=//p' "$tmp/args" |
	while read -r size; do echo "$((size - 131072))+131072"; done | xargs)"
is 'and has labels' '128K 128K' "$(sed -n 's/^nvdimm,.*,label-size=\([^,]*\),.*/\1/p' "$tmp/args" | xargs)"
is 'and a name of its own' 2 "$(sed -n 's/^nvdimm,.*,uuid=//p' "$tmp/args" | sort -u | grep -c .)"
rm "$tmp/bin/fdtput"
fails 'no fdtput' '9.0: toy: fdtput failed' boot 9.0 toy
ACCEL=kvm
fails 'an accelerator for it' 'ACCEL=kvm: toy is of another architecture than this machine (ACCEL=tcg)' boot 9.0 toy
ACCEL=tcg
cat >"$tmp/bin/bochs" <<'END'
#!/bin/sh
[ "$1" != --help ] || { echo '    Bochs x86 Emulator 9.9'; exit; }
cat "$3" >"${0%/bin/*}/bochsrc"
sed -n 's/.*-o \([^ ]*\) .*/\1/p' "${0%/bin/*}/xorriso" | xargs ls >"${0%/bin/*}/cd"
dev() { sed -n "s/^com$1:.*dev=\"\(.*\)\"/\1/p" "$3"; }
echo 'kvm-dax: end' >"$(dev 1 - "$3")"
cp "${0%/bin/*}/toy.tar" "$(dev 2 - "$3")"
echo 0 >"$(dev 3 - "$3")"
. "${0%/bin/*}/bochs"
END
printf '#!/bin/sh\necho "$*" >%s/xorriso\nwhile [ "$1" != -o ]; do shift; done; : >"$2"\n' "$tmp" >"$tmp/bin/xorriso"
chmod +x "$tmp/bin/bochs" "$tmp/bin/xorriso"
# Bochs ends so where the guest powers off.
echo 'exit 1' >"$tmp/bochs"
ACCEL=
booted 'a boot in Bochs' 0 9.0 slow
is 'in its machine' 'cpu: model=toy clock: sync=none' "$(head -n 2 "$tmp/bochsrc" | xargs)"
is 'its results' 'document 0 kvm-dax: end' "$(cat "$out/slow/toy.ktap" "$out/slow/exit" "$out/slow/console.log" | xargs)"
is 'on what it ran' 'Bochs x86 Emulator 9.9' "$(cat "$out/slow/accel")"
is 'its parameters' 'append initrd=/initrd console=ttyS0 boot=slow slow=1 all=1 memmap=512M!1G' "$(grep -o 'append.*' "$out/slow/isolinux.cfg" | sed 's/ panic.*devkmsg=on//')"
ok 'its kernel is on the CD' grep -q "linux=$build-slow/arch/x86/boot/bzImage initrd=$dir/initramfs-slow" "$tmp/xorriso"
is 'which was there' "$dir/pmem.slow/cd" "$(cat "$tmp/cd")"
rm "$out/slow/console.log" "$tmp/cd"
"$out/slow/bochs"
is 'it can be replayed' "kvm-dax: end $dir/pmem.slow/cd" "$(cat "$out/slow/console.log" "$tmp/cd" | xargs)"
echo 'echo "bochs: no BIOS"; exit 3' >"$tmp/bochs"
fails 'Bochs fails' "9.0: slow: Bochs ended with 3: bochs: no BIOS (all of it: $out/slow/bochs.log)" boot 9.0 slow
fails 'NVDIMMs' 'vm/machine/slow: boot odd: nvdimm: no such kind of pmem in Bochs (e820)' boot 9.0 odd
ACCEL=kvm
fails 'an accelerator for Bochs' 'ACCEL=kvm: slow is emulated by Bochs' boot 9.0 slow
ACCEL=tcg
V=1
export V
boot 9.0 nvdimm >"$tmp/told" 2>&1
ok 'V=1 prints the command line' grep -q '^qemu-system-x86_64 -machine q35 -accel tcg' "$tmp/told"
unset V
booted 'results without the fixes' 0 -u 9.0 nvdimm
ok 'are apart' [ -e "$out/unfixed/nvdimm/toy.ktap" ]

echo 'echo "qemu: warning: slow"; echo "qemu: no memory"; exit 1' >"$tmp/qemu"
fails 'QEMU fails' "9.0: nvdimm: QEMU ended with 1: qemu: no memory (all of it: $results/qemu.log)" boot 9.0 nvdimm
echo 'kill -9 $$' >"$tmp/qemu"
fails 'QEMU is killed' '9.0: nvdimm: QEMU was killed, most likely for its memory: boots side by side take 2G each (JOBS=1 runs one at a time)' boot 9.0 nvdimm
echo 'echo no tar >"$results"' >"$tmp/qemu"
booted 'results that are no tar are for the verdict' 0 9.0 nvdimm
# Who waits that long? A clock of our own, and a timeout that sets it.
echo 1000 >"$tmp/now"
printf '#!/bin/sh\ncase $1 in +%%s) cat %s/now ;; *) exec /bin/date "$@" ;; esac\n' "$tmp" >"$tmp/bin/date"
printf '#!/bin/sh\necho "$1 $2 $3" >%s/limit\n. %s/timeout\n' "$tmp" "$tmp" >"$tmp/bin/timeout"
chmod +x "$tmp/bin/date" "$tmp/bin/timeout"
echo 'exit 124' >"$tmp/timeout"
booted 'the limit' 124 9.0 nvdimm
is 'is twice what the tests may take, and some' "-k 10 $((2 * (7 * 60 + 10 + 20) + 60))" "$(cat "$tmp/limit")"
echo "echo 9000 >$tmp/now; exit 137" >"$tmp/timeout"
booted 'a QEMU that had to be killed at the limit' 124 9.0 nvdimm
echo 'exit 137' >"$tmp/timeout"
booted 'and one that was killed before' 2 9.0 nvdimm
rm "$tmp/bin/date" "$tmp/bin/timeout"

ACCEL=xen
fails 'an accelerator that is none' 'ACCEL=xen: no such accelerator (kvm or tcg)' boot 9.0 nvdimm
ACCEL=tcg
fails 'a boot that is none' 'npt: no such boot (vm/machine has: nvdimm e820 bad slow odd toy paper)' boot 9.0 npt
fails 'a kind of pmem that is none' 'vm/machine/x86: boot bad: bad: no such kind of pmem' boot 9.0 bad
fails 'a base that was not built' '5.3: nothing built' boot 5.3 nvdimm
rm "$dir/initramfs"
fails 'a base that was not built to the end' '9.0: nothing built' boot 9.0 nvdimm
done_testing
