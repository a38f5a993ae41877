#!/bin/busybox sh
# The virtual machine's first program, in its initrd: root, checkout and modules are folders of the host, shared read-only by 9p; whatever
# is written goes to memory, or to a disk of the machine's own that outlives its boots. So any number of machines share one root file system,
# and a machine that is killed leaves nothing.
PATH=/bin
/bin/busybox --install -s /bin
set -e
fail() { echo "init: line $1 failed"; poweroff -f; }
trap 'fail $LINENO' EXIT

while read -r module; do insmod "/modules/$module"; done </modules/order
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc

share() { mkdir -p "$2" && mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro "$1" "$2"; }
# Writable in memory: lower, upper and work are folders of one tmpfs.
layered() {
  share "$1" "/changes/$1/lower"
  mkdir -p "/changes/$1/upper" "/changes/$1/work"
  mount -t overlay -o "lowerdir=/changes/$1/lower,upperdir=/changes/$1/upper,workdir=/changes/$1/work" "$1" "$2"
}
if [ -b /dev/vda ]; then mount -t ext4 /dev/vda /changes; else mount -t tmpfs -o mode=755,size=75% changes /changes; fi
layered rootfs /root
mkdir -p /root/picket "/root/usr/lib/modules"
# Tests write beside their sources (caches, results); the host's checkout never sees it.
layered picket /root/picket
share modules /root/usr/lib/modules
# In pieces, so that the real system finds them before its first unit starts.
mkdir -p /root/etc/systemd/system/multi-user.target.wants /root/etc/modules-load.d
cp /modules/later /root/etc/modules-load.d/test.conf
ln -sfn /picket/test/vm/agent.service /root/etc/systemd/system/agent.service
ln -sfn /picket/test/vm/agent.service /root/etc/systemd/system/multi-user.target.wants/agent.service

mount --move /dev /root/dev
umount /proc
trap - EXIT
exec switch_root /root /sbin/init
