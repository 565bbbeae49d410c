#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# scripts/vfio-cost, with a QEMU that only pretends: it says what $tmp/says has, a line for
# each time that it is called, with | where a line of the console ends.
. "$(dirname "$0")/tap.sh"

mkdir "$tmp/bin"
cat >"$tmp/bin/qemu-system-x86_64" <<END
#!/bin/sh
echo "\$@" >>"$tmp/args"
console=\$(echo "\$@" | grep -o 'file:[^ ]*')
head -n 1 "$tmp/says" | tr '|' '\n' >"\${console#file:}"
sed -i 1d "$tmp/says"
END
chmod +x "$tmp/bin/qemu-system-x86_64"
PATH=$tmp/bin:$PATH
: >"$tmp/a"
: >"$tmp/b"
cost() { "$TOP/scripts/vfio-cost" "$@"; }
says() { printf '%s\n' "$@" >"$tmp/says"; }

fails 'no kernel' 'usage: vfio-cost BZIMAGE' cost
fails 'a kernel that is none' "$tmp/none: no such kernel" cost "$tmp/none"
says 'cost thp 204800 409600|end' 'cost thp 204800 409600|end' 'cost thp 206848 409600|end' 'cost thp 206848 409601|end'
cost "$tmp/a" "$tmp/b" >"$tmp/told" 2>&1
is 'two kernels' 0 $?
ok 'a page' grep -qx '  thp        map    100.0  unmap    200.0  ratio 1.0000 1.0000, of both 1.0000' "$tmp/told"
ok 'and the ratio' grep -qx '  thp        map    101.0  unmap    200.0  ratio 1.0100 1.0000, of both 1.0033' "$tmp/told"
ok 'instructions are counted, in the machine of the boot vfio' grep -q -e '-device edu .*-icount .*intel_iommu=on' "$tmp/args"
says 'cost thp 204800 409600|end' 'cost thp 205800 409600|end'
fails 'boots that differ' 'two boots differ: thp 204800 409600 thp 205800 409600' cost "$tmp/a"
says 'no cost: open VFIO: No such device'
fails 'what could not be measured' "$tmp/a: no cost: open VFIO: No such device" cost "$tmp/a"
says 'Kernel panic'
fails 'a machine that comes to no end' "$tmp/a: the machine came to no end: Kernel panic" cost "$tmp/a"
done_testing
