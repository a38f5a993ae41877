#!/bin/bash
# build-rootfs.sh CACHE [desktop]: builds the test machine's root file system from Debian packages into CACHE and prints its path.
# `desktop` has what an installed window and other firewalls need as well. The folder's name carries a hash of this script: change the
# script and the next run builds anew. Needs root.
set -euo pipefail

packages=(
  systemd libpam-systemd dbus dbus-user-session   # PID 1, user managers, both buses
  procps util-linux mount login passwd sudo       # people and processes
  iproute2 netcat-openbsd                         # test networks inside the machine
  python3 curl wget openssh-client                # real clients
  openssh-server                                  # a real way in; started by the tests that want it
  cron                                            # jobs of people who are not there; started by the tests that want it
  polkitd                                         # asks for consent; started by the bus when somebody wants it
  network-manager                                 # which networks it is in; started by the tests that want it
  libbpf1 libelf1                                 # what the helper loads
  libstdc++6                                      # what Node loads
  systemd-resolved libnss-resolve dnsmasq-base    # look-ups that pass no socket of the app's; off unless a test starts it
  nftables iptables iputils-tracepath openssl     # what tests of the network stack set up or run
  kmod bpftool busybox-static                     # the same system with a kernel of its own (test/vm)
)
desktop=(
  libgtk-3-0 libnss3 libasound2 libgbm1 libxss1 libatk-bridge2.0-0 libatspi2.0-0 libcups2 libdrm2 libsecret-1-0 libxtst6 libnotify4
  libxkbcommon0 libx11-xcb1 fonts-dejavu-core     # what the .deb depends on for its window
  xvfb openbox xdotool                            # a screen, a window manager and somebody who types
  chromium                                        # a browser to ask about
  ufw wireguard-tools wireguard-go                # other people's firewalls and tunnels
  podman crun uidmap slirp4netns fuse-overlayfs   # containers without root
  rpm                                             # the other package format
)

cache=$(mkdir -p "$1" && readlink -f "$1")
kind=${2:-}
case $kind in
'') ;;
desktop) packages+=("${desktop[@]}") ;;
*) echo "usage: $0 CACHE [desktop]" >&2 && exit 2 ;;
esac
root=$cache/rootfs-${kind:+$kind-}$(sha256sum <"$0" | cut -c1-16)

# One builder at a time; the kernel drops the lock when its holder dies, however it dies.
exec 9>"$cache/lock"
flock 9
if [ -e "$root/.complete" ]; then touch "$root/.complete"; echo "$root"; exit; fi

say() { echo "test machine: $*" >&2; }

if ! command -v mmdebstrap >/dev/null; then
  say "installing the Debian package mmdebstrap (builds the root file system)"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >&2
fi

# What a killed run left, and root file systems that no run has used for a week.
find "$cache" -maxdepth 1 -name 'building-*' -exec rm -rf --one-file-system {} +
for old in "$cache"/rootfs-*/.complete; do
  [ -z "$(find "$old" -mtime +7 2>/dev/null)" ] || rm -rf --one-file-system "${old%/*}"
done

# Where this system gets Debian from, whichever way it says so; other vendors' sources are left out.
targets() { apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' | grep '^Debian|.*|main$' | sort -u; }
[ -n "$(targets)" ] || apt-get update -qq >&2
release=$(. /etc/os-release; echo "$VERSION_CODENAME")
sources=$(targets | while IFS='|' read -r _ uri suite _; do case $suite in "$release"|"$release"-*) echo "deb $uri $suite main";; esac; done)
[ -n "$sources" ] || { say "found no Debian $release source in apt's configuration"; exit 1; }

# mmdebstrap starts from an empty apt configuration: hand on how this system reaches its mirror.
options=()
while read -r line; do options+=(--aptopt="$line"); done < <(apt-config dump | grep -iE '^Acquire::(Check-(Valid-Until|Date)|https?::Proxy|https::CaInfo) ' || true)

say "building the root file system from Debian $release packages (once; about half a minute)"
work=$cache/building-$$
log=$cache/build.log
if ! mmdebstrap --quiet --mode=root --variant=minbase --format=directory --components=main \
  --include="$(IFS=,; echo "${packages[*]}")" "${options[@]}" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  "$release" "$work" - <<<"$sources" >"$log" 2>&1; then
  tail -30 "$log" >&2
  rm -rf --one-file-system "$work"
  exit 1
fi

# ---- our own settings ------------------------------------------------------------------------------------------------
chroot "$work" useradd --create-home --uid 1000 --shell /bin/bash alice
echo 'alice ALL=(ALL) NOPASSWD: ALL' >"$work/etc/sudoers.d/alice"
chmod 440 "$work/etc/sudoers.d/alice"
mkdir -p "$work/var/lib/systemd/linger" "$work/picket" "$work/usr/lib/modules"
rm -f "$work/etc/modules-load.d/modules.conf" # kmod's: empty, and in a container nobody may load modules
touch "$work/var/lib/systemd/linger/alice" # her user manager starts at boot, nobody need log in
echo machine >"$work/etc/hostname"
printf '127.0.0.1 localhost machine\n::1 localhost\n' >"$work/etc/hosts"
echo 0123456789abcdef0123456789abcdef >"$work/etc/machine-id"
: >"$work/etc/fstab"
mkdir -p "$work/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' >"$work/etc/systemd/journald.conf.d/test.conf"
# Only the test of it wants systemd-resolved: elsewhere names are looked up as if it were not there.
find "$work/etc/systemd/system" -name '*resolve*' -type l -delete
rm -f "$work/etc/resolv.conf"
cp -L /etc/resolv.conf "$work/etc/resolv.conf"
sed -i 's/^hosts:.*/hosts: files dns/' "$work/etc/nsswitch.conf"
# Nothing that waits for hardware, time or logins has a place on a machine that lives for seconds.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  systemd-tmpfiles-clean.timer getty.target console-getty.service systemd-pstore.service systemd-random-seed.service systemd-firstboot.service \
  systemd-remount-fs.service systemd-machine-id-commit.service ldconfig.service systemd-journal-catalog-update.service \
  modprobe@drm.service modprobe@configfs.service modprobe@efi_pstore.service modprobe@fuse.service; do
  ln -sfn /dev/null "$work/etc/systemd/system/$unit"
done
ln -sfn /lib/systemd/system/multi-user.target "$work/etc/systemd/system/default.target"
for unit in ssh.service cron.service NetworkManager.service NetworkManager-dispatcher.service NetworkManager-wait-online.service; do
  chroot "$work" systemctl disable --quiet "$unit"
done
rm -rf "$work"/var/lib/apt/lists/* "$work"/var/cache/apt/*
touch -d '+1 hour' "$work/etc/.updated" "$work/var/.updated" # stops ConditionNeedsUpdate= units at the first boot

touch "$work/.complete"
rm -rf --one-file-system "$root" # a removal that was killed half-way
mv "$work" "$root"
echo "$root"
