#!/bin/bash
# init.sh ROOTFS CHECKOUT MOUNTPOINT [DISK]: run inside the machine's new namespaces; assembles its file systems and becomes systemd.
# Every mount here lives in this mount namespace and ends with it: there is nothing to clean up outside.
set -euo pipefail
rootfs=$1 checkout=$2 mountpoint=$3 disk=${4:-}

# The root file system is never written: changes go to memory, or to a folder that outlives this boot, so any number of machines share it.
mount -t tmpfs -o mode=755 tmpfs "$mountpoint"
mkdir "$mountpoint"/{disk,root}
if [ -n "$disk" ]; then mount --bind "$disk" "$mountpoint/disk"; fi
mkdir -p "$mountpoint"/disk/{upper,work}
root=$mountpoint/root
mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$mountpoint/disk/upper,workdir=$mountpoint/disk/work" "$root"

mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" # read-only tells systemd that it is in a container: no udev
# The host may be hybrid, with cgroup2 beside v1. In here there is only cgroup2, rooted (cgroup namespace) at this machine's own cgroup.
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t bpf bpf "$root/sys/fs/bpf" # an instance of its own: pins end with the machine
mount -t tracefs tracefs "$root/sys/kernel/tracing" 2>/dev/null || true # absent on some kernels

mount -t tmpfs -o mode=755,nosuid,strictatime tmpfs "$root/dev"
mkdir "$root"/dev/{pts,shm,net,mqueue}
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 net/tun:10:200; do
  IFS=: read -r name major minor <<<"$device"
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for fd in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${fd%:*}" "$root/dev/${fd#*:}"; done
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"

# Other file systems mounted inside the checkout do not come along: only its own files are under test.
mount --bind "$checkout" "$root/picket"
mount -o remount,bind,ro "$root/picket"

hostname machine
cd "$root"
mkdir -p .outside
pivot_root . .outside
umount -l /.outside
exec /usr/bin/env -i container=picket-test PATH=/usr/sbin:/usr/bin /sbin/init systemd.unified_cgroup_hierarchy=1
