# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # the variables are scripts/boot's, and for it
# The command that boots in QEMU, as scripts/boot's own words. Sourced by it.
called=QEMU

# pmem_region ADDRESS SIZE: RAM becomes pmem in the device tree.
pmem_region() {
	from=$(mebibytes "$1") size=$(mebibytes "$2")
	node=/pmem@$(printf '%x' "$from")00000
	cells=$(printf '%x %x %x %x' $((from >> 12)) $(((from & 4095) << 20)) $((size >> 12)) $(((size & 4095) << 20)))
	# shellcheck disable=SC2086 # words are meant
	fdtput -c "$results/dtb" "$node" && fdtput -t s "$results/dtb" "$node" compatible pmem-region &&
		fdtput -t x "$results/dtb" "$node" reg $cells
}
mebibytes() {
	case $1 in *G) echo $((${1%G} << 10)) ;; *M) echo "${1%M}" ;; esac
}

# The guest must run KVM itself: hardware acceleration is of use only where the
# host can nest.  A host without svm or vmx may have /dev/kvm all the same.
nests() {
	grep -qwE 'svm|vmx' /proc/cpuinfo && [ -r /dev/kvm ] && [ -w /dev/kvm ] &&
		cat /sys/module/kvm_*/parameters/nested 2>/dev/null | grep -q '[1Y]'
}
# One thread for all CPUs: with a thread for each, a CPU may run what another one
# has just patched away (QEMU 7.2: an int3 of text_poke_bp() hits the kernel when
# page_ref events are turned on). Guests that shut down for no reason were seen
# with several threads only.
[ ! "$cross" ] || [ "${ACCEL:-tcg}" = tcg ] || die "ACCEL=$ACCEL: $boot is of another architecture than this machine (ACCEL=tcg)"
case ${ACCEL:=$(if [ ! "$cross" ] && nests; then echo kvm; else echo tcg; fi)} in
kvm) nests || die "ACCEL=kvm: this host can't nest (svm or vmx, kvm's nested=1 and a writable /dev/kvm are needed; ACCEL=tcg needs none)"
	cpu=host accel=kvm ;;
tcg) cpu=$(machine_field cpu) accel=tcg,thread=single ;;
*) die "ACCEL=$ACCEL: no such accelerator (kvm or tcg)" ;;
esac

# The emulator and its machine. An IOMMU comes before the devices that it is for.
# shellcheck disable=SC2046 # words are meant
set -- $(machine_field emulator) $(machine_field qemu | sed -n "s/^$boot  *//p") -accel "$accel" -cpu "$cpu" -smp "$(machine_field smp)"
case $pmem in
nvdimm | papr) set -- "$@" -machine nvdimm=on -m "$memory,slots=8,maxmem=64G" ;;
e820 | of) set -- "$@" -m "$memory" ;;
*) die "vm/machine/$machine: boot $boot: $pmem: no such kind of pmem (nvdimm, papr, e820 or of)" ;;
esac
# Without pmem, of which it does not know, QEMU writes the device tree that it would use.
[ "$pmem" != of ] || run "$@" -display none -machine "dumpdtb=$results/dtb" >"$results/qemu.log" 2>&1 ||
	die "$base: $boot: $1 wrote no device tree: $(tail -n 1 "$results/qemu.log")"
while read -r word role size align address; do
	[ "$word" = pmem ] || continue
	case $pmem in
	nvdimm)
		set -- "$@" -object "memory-backend-file,id=m-$role,share=on,mem-path=$disks/$role,size=$size,align=$align" \
			-device "nvdimm,memdev=m-$role,id=$role" ;;
	papr)
		# PAPR's have labels, behind what is pmem, and names.
		set -- "$@" -object "memory-backend-file,id=m-$role,share=on,mem-path=$disks/$role,size=$((($(mebibytes "$size") << 20) + (128 << 10)))" \
			-device "nvdimm,memdev=m-$role,id=$role,label-size=128K,uuid=$(printf '00000000-0000-4000-8000-%012d' "$#")" ;;
	e820) append="$append memmap=$size!$address" ;;
	of) pmem_region "$address" "$size" || die "$base: $boot: fdtput failed (see above)" ;;
	esac
done <"$TOP/vm/machine/$machine"
[ "$pmem" != of ] || set -- "$@" -dtb "$results/dtb"

set -- "$@" -kernel "$(build_dir "$base")/$image" -initrd "$dir/initramfs$suffix" \
	-nodefaults -no-user-config -display none -no-reboot -device virtio-serial-pci
if [ "$shell" ]; then
	append="$append shell=1"
	set -- "$@" -serial mon:stdio
else
	set -- "$@" -serial "file:$results/console.log"
fi
for port in exit results; do
	set -- "$@" -chardev "file,id=$port,path=$results/$port" \
		-device "virtserialport,chardev=$port,name=$port"
done
set -- "$@" -append "$append"
echo "$ACCEL, $("$1" --version | head -n 1)" >"$results/accel"
