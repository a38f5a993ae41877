#!/bin/bash
# build-kernel.sh CACHE SERIES ROOTFS: unpacks one of Debian 12's stock kernels (6.1, or 6.12 from its backports) into CACHE, for a
# machine whose root is ROOTFS, and prints the folder's path: `vmlinux`, `initrd` and `modules/`.
# The folder's name carries a hash of this script and of init.sh. Needs root, changes nothing outside CACHE.
set -euo pipefail

release=bookworm
# What the initrd needs to reach the shared folders and a disk, and what test networks are made of.
first_modules=(virtio_pci 9pnet_virtio 9p overlay virtio_console virtio_rng virtio_blk ext4)
later_modules=(veth dummy tun fuse inet_diag tcp_diag udp_diag raw_diag)
# The rest of a kernel package is drivers for hardware that this machine lacks.
kept=(net lib crypto arch fs/9p fs/fscache fs/netfs fs/overlayfs fs/fuse fs/ext4 fs/jbd2 fs/mbcache drivers/block/virtio_blk drivers/virtio
  drivers/char/virtio_console drivers/char/hw_random
  drivers/net/veth drivers/net/dummy drivers/net/tun drivers/net/wireguard)

here=$(dirname "$(readlink -f "$0")")
cache=$(mkdir -p "$1" && readlink -f "$1")
series=$2
rootfs=$(readlink -f "$3")
busybox=$rootfs/usr/bin/busybox # statically linked
kernel=$cache/kernel-$series-$(cat "$0" "$here/init.sh" | sha256sum | cut -c1-16)
case $series in
6.1) suite=$release ;;
6.12) suite=$release-backports ;;
*) echo "usage: $0 CACHE 6.1|6.12 ROOTFS" >&2 && exit 2 ;;
esac

# One builder at a time; the kernel drops the lock when its holder dies, however it dies.
exec 9>"$cache/lock"
flock 9
if [ -e "$kernel/.complete" ]; then touch "$kernel/.complete"; echo "$kernel"; exit; fi

say() { echo "virtual machine: $*" >&2; }

# What a killed run left, and kernels that no run has used for a week.
find "$cache" -maxdepth 1 -name 'building-*' -exec rm -rf --one-file-system {} +
for old in "$cache"/kernel-*/.complete; do
  [ -z "$(find "$old" -mtime +7 2>/dev/null)" ] || rm -rf --one-file-system "${old%/*}"
done

say "unpacking Debian's kernel $series (once; some ten seconds)"
work=$cache/building-$$
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir -p "$work"/apt/{lists,archives}/partial "$work/initrd"/{bin,modules,proc,dev,root,lower,changes} "$work/unpacked"

# ---- the packages ----------------------------------------------------------------------------------------------------
# The mirror this system uses, in a view of its own: this system may be another Debian, and its lists stay as they are.
targets() { apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(COMPONENT)' 'Created-By: Packages' | grep '^Debian|.*|main$' | sort -u; }
[ -n "$(targets)" ] || apt-get update -qq >&2
key=/usr/share/keyrings/debian-archive-keyring.gpg
targets | while IFS='|' read -r _ uri _; do
  case $uri in *security*) ;; *) echo "deb [signed-by=$key] $uri $suite main" ;; esac
done >"$work/apt/sources.list"
[ -s "$work/apt/sources.list" ] || { say "found no Debian source in apt's configuration"; exit 1; }
: >"$work/apt/status"
view=(-o "Dir::State=$work/apt" -o "Dir::State::status=$work/apt/status" -o "Dir::Cache=$work/apt"
  -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o APT::Sandbox::User=root -o Acquire::Languages=none)
apt-get "${view[@]}" update -qq >&2
package=$(apt-cache "${view[@]}" depends "linux-image-amd64" | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
[ -n "$package" ] || { say "the mirror has no linux-image-amd64 in $suite"; exit 1; }
version=${package#linux-image-}
case $version in "$series".*) ;; *) say "$suite has kernel $version, not $series" && exit 1 ;; esac
(cd "$work" && apt-get "${view[@]}" download -qq "$package" >&2)

# ---- kernel and modules ----------------------------------------------------------------------------------------------
wanted=("./boot/vmlinuz-$version")
for prefix in ./lib ./usr/lib; do
  wanted+=("$prefix/modules/$version/modules.builtin*" "$prefix/modules/$version/modules.order")
  for folder in "${kept[@]}"; do wanted+=("$prefix/modules/$version/kernel/$folder*"); done
done
# tar complains of patterns that match nothing: a package has modules below one of the prefixes only.
dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb | tar -x -C "$work/unpacked" --wildcards "${wanted[@]}" 2>"$work/tar.log" ||
  [ -e "$work/unpacked/boot/vmlinuz-$version" ] || { cat "$work/tar.log" >&2; exit 1; }
mkdir "$work/modules"
mv "$work"/unpacked/{usr/,}lib/modules/"$version" "$work/modules/" 2>/dev/null || true
[ -d "$work/modules/$version/kernel/net" ] || { say "the package has no modules"; exit 1; }

# qemu starts the bare ELF kernel (PVH) at once; unpacking itself would take it several emulated seconds.
python3 - "$work/unpacked/boot/vmlinuz-$version" "$work/vmlinux" <<'PYTHON'
import lzma, struct, subprocess, sys
image = open(sys.argv[1], "rb").read()
# The setup header (Documentation/arch/x86/boot.rst): setup_sects, then payload_offset and payload_length.
start = ((image[0x1f1] or 4) + 1) * 512
offset, length = struct.unpack_from("<II", image, 0x248)
payload = image[start + offset:start + offset + length]
if payload.startswith(b"\xfd7zXZ\0"):
    kernel = lzma.LZMADecompressor().decompress(payload)
elif payload.startswith(b"\x28\xb5\x2f\xfd"):
    # The last four bytes are the size, for the kernel's own use.
    kernel = subprocess.run(["zstd", "-dcq"], input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout
else:
    sys.exit(f"a compression that nobody has met here: {payload[:6]}")
open(sys.argv[2], "wb").write(kernel)
PYTHON

# ---- initrd ----------------------------------------------------------------------------------------------------------
# The machine's own kmod answers what depends on what; its mount of the modules ends with its namespace.
in_rootfs() { unshare --mount sh -c 'mount --bind "$1" "$2/usr/lib/modules" && shift && exec chroot "$@"' sh "$work/modules" "$rootfs" "$@"; }
in_rootfs depmod "$version"
in_rootfs modprobe --set-version "$version" --show-depends --all "${first_modules[@]}" | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' |
  while read -r module; do
    name=$(basename "$module" .xz)
    source=$work/modules/${module#*/lib/modules/}
    case $module in *.xz) "$busybox" xz -dc "$source" ;; *) cat "$source" ;; esac >"$work/initrd/modules/$name"
    echo "$name"
  done >"$work/initrd/modules/order"
printf '%s\n' "${later_modules[@]}" >"$work/initrd/modules/later"
[ -s "$work/initrd/modules/9p.ko" ] || { say "kernel $version lacks a module that the machine needs"; exit 1; }
cp "$busybox" "$work/initrd/bin/busybox"
install -m 755 "$here/init.sh" "$work/initrd/init"
(cd "$work/initrd" && find . | "$busybox" cpio -o -H newc >"$work/initrd.cpio")

rm -rf "$work"/{apt,unpacked,initrd,tar.log} "$work"/*.deb
mv "$work/initrd.cpio" "$work/initrd"
echo "$version" >"$work/version"
touch "$work/.complete"
rm -rf --one-file-system "$kernel" # a removal that was killed half-way
mv "$work" "$kernel"
trap - EXIT
echo "$kernel"
