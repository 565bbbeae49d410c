#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/check: which mails it takes in which tree. What builds and judges them are
# small fakes; $tmp/built has what is built, with the number of mails in the tree.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/toy.sh"
export CACHE="$tmp/cache"
toy_repo
toy_topics
cd "$linux" || exit
mkdir scripts
cat >scripts/checkpatch.pl <<END
#!/bin/sh
for mail; do :; done
! grep -q "\$(cat $tmp/unclean)" "\$mail" || { echo "ERROR: unclean"; echo "total: 1 errors"; exit 1; }
echo "total: 0 errors"
END
chmod +x scripts/checkpatch.pl
git add -A && git commit -qm scripts && git tag -f base >"$tmp/told"
cd "$repo" || exit
sed -i "/^1/s,package=[^ ]* [^ ]*,commit=$(git -C "$linux" rev-parse base^0) tag=base git=file://$linux," series/bases
rm scripts && mkdir scripts "$tmp/bin" && ln -s "$TOP/scripts/"* scripts/
rm scripts/setup scripts/build scripts/checkconfig
printf '#!/bin/sh\n' | tee scripts/setup >scripts/checkconfig
# Each mail moves the lines that it warns of.
cat >"$tmp/bin/make" <<END
#!/bin/sh
case " \$* " in *' W=1 '*) ;; *) exit ;; esac
cd "\$2" && n=\$(git rev-list --count pristine..HEAD) || exit
echo "virt/kvm.c:\$n: warning: no comment"
echo "virt/kvm.c:\$n:1: warning: unused"
[ "\$n" != "\$(cat $tmp/warns)" ] || echo "virt/kvm.c:\$n: warning: new"
END
mkdir -p vm/machine
printf 'boot nvdimm nvdimm\nmodules KVM\n' >vm/machine/x86
printf 'arch toy toy- toy\nboot arm of\n' >vm/machine/arm
echo '1.0 | without kvm | arm,nvdimm | test | fail | it | why' >vm/known
cat >scripts/build <<END
#!/bin/sh
cd $CACHE/1.0/linux || exit
echo "\$2" >>$tmp/machines
shift 2
mkdir -p build/virt build-arm/virt && : | tee build/.config build/virt/kvm.o build-arm/virt/kvm.o >build-arm/.config
[ "\$2" != selftests ] || ! grep -q "\$(cat $tmp/broken)" virt/kvm.c || { echo "no \$2"; exit 2; }
echo "\$2 \$(git rev-list --count pristine..HEAD) \$(git log -1 --format=%s)" >>$tmp/built
END
chmod +x scripts/setup scripts/checkconfig scripts/build "$tmp/bin/make"
export PATH="$tmp/bin:$PATH"
git add -A && git commit -qm fakes
# checks NAME CODE TEXT [VAR=VALUE]: how check ends, and a line that it says
checks() {
	: >"$tmp/built"
	env ${4:+"$4"} scripts/check 1.0 >"$tmp/said" 2>&1
	code=$?
	echo "(exit code $code; it should be $2, and say: $3)" >>"$tmp/said"
	[ $code = "$2" ] && grep -qx -e "$3" "$tmp/said"
	verdict $? "$1"
}
echo none | tee "$tmp/unclean" "$tmp/warns" >"$tmp/broken"

checks 'each mail of three topics' 0 '1.0: 7 mails, each clean'
is '... is built on its own topic, and on what that stands on' \
	'1 Fix 2 Prepare 3 Fix 1 Fix 2 Add 3 tests: 4 KVM:' "$(awk '$1 == "kernel" { print $2, $4 }' "$tmp/built" | xargs)"
is '... as are the selftests, before it too' '0 1 1 2 3 0 1 2 3 4' "$(awk '$1 == "selftests" { print $2 }' "$tmp/built" | xargs)"
ok '... and all are there at the end' grep -qx run "$CACHE/1.0/linux/virt/kvm.c"
checks 'one topic' 0 '1.0: 2 mails, each clean' TOPIC=large
is '... has no other mails' 'Prepare Fix' "$(awk '$1 == "kernel" { print $4 }' "$tmp/built" | xargs)"
fails 'a topic that is none' 'check: TOPIC=larg: not a topic of 1.0 (which has: fixes large kvm)' env TOPIC=larg scripts/check 1.0
echo Prepare >"$tmp/unclean"
checks 'a mail that is not clean' 1 'large/0001-KVM-Prepare-a-large-toy.patch: total: 1 errors' TOPIC=large
echo none >"$tmp/unclean"
echo 3 >"$tmp/warns"
checks 'a mail with a new warning' 1 'virt/kvm.c: warning: new' TOPIC=large
echo none >"$tmp/warns"
echo fourteen >"$tmp/broken"
checks 'selftests that a mail breaks' 1 '1.0: a mail is not clean (see above)' TOPIC=large
echo 1 >"$tmp/broken"
checks 'selftests that never build' 1 '1.0: kvm: the selftests of no mail build' TOPIC=fixes,kvm
is '... are nothing to a topic without one' '' "$(grep 'fixes: the selftests' "$tmp/said")"
echo none >"$tmp/broken"
echo '1.0 | without large | arm | test | fail | it | why' >>vm/known
: >"$tmp/machines"
checks 'a topic for another machine' 0 '1.0: 2 mails, each clean' TOPIC=large
is '... is built with no modules, if that has none' 2 "$(grep -c "KVM can't be modules on arm" "$tmp/said")"
is '... and for that alone' arm "$(sort -u "$tmp/machines")"
: >"$tmp/machines"
checks 'one that x86 has, too' 0 '1.0: 4 mails, each clean' TOPIC=kvm
is '... is built for x86' x86 "$(sort -u "$tmp/machines")"
sed -i '/virt\/kvm.c/,$s/^index [0-9a-f]*/index 0123456789ab/' series/1.0/large/large.patch
checks 'a mail with other lines than git'\''s' 1 '1.0: these mails are not what git format-patch makes of them (make refresh BASE=1.0)' TOPIC=large
checks '... is none of another topic' 0 '1.0: 1 mails, each clean' TOPIC=fixes
done_testing
