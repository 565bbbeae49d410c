# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # the variables are scripts/boot's, and for it
# The command that boots in Bochs, as scripts/boot's own words, and $prepare, which makes
# the CD that it boots from, as it knows no kernel. Sourced by it.
called=Bochs

[ ! "$shell" ] || die "$boot: there is no shell in Bochs (make boot takes the first boot of QEMU's)"
[ "${ACCEL:=bochs}" = bochs ] || [ "$ACCEL" = tcg ] || die "ACCEL=$ACCEL: $boot is emulated by Bochs (leave ACCEL= out)"
[ "$pmem" = e820 ] || die "vm/machine/$machine: boot $boot: $pmem: no such kind of pmem in Bochs (e820)"
while read -r word role size align address; do
	[ "$word" != pmem ] || append="$append memmap=$size!$address"
done <"$TOP/vm/machine/$machine"

cat >"$results/isolinux.cfg" <<END
default linux
label linux
  kernel /linux
  append initrd=/initrd $append
END
prepare="$prepare && xorriso -as mkisofs -quiet -o '$disks/cd' -b isolinux.bin -c boot.cat -no-emul-boot \
-boot-load-size 4 -boot-info-table -graft-points isolinux.bin=/usr/lib/ISOLINUX/isolinux.bin \
ldlinux.c32=/usr/lib/syslinux/modules/bios/ldlinux.c32 'isolinux.cfg=$results/isolinux.cfg' \
'linux=$(build_dir "$base")/$image' 'initrd=$dir/initramfs$suffix' >'$results/cd.log' 2>&1"

# The serial ports are init's console and its ports, in this order.
cat <<END >"$results/bochsrc"
$(machine_field bochs)
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
display_library: rfb, options="timeout=0"
ata0-master: type=cdrom, path="$disks/cd", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="$results/console.log"
com2: enabled=1, mode=file, dev="$results/results"
com3: enabled=1, mode=file, dev="$results/exit"
log: "$results/bochs.out"
panic: action=fatal
error: action=ignore
info: action=ignore
END
# Debian's has a debugger, which has to be told to continue.
echo c >"$results/debugger"
set -- bochs -q -f "$results/bochsrc" -rc "$results/debugger"
bochs --help 2>&1 | sed -n 's/^ *\(Bochs x86 Emulator.*\)/\1/p' >"$results/accel"
