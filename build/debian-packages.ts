// The Debian packages that Picket is built, run and tested with, each with the one reason it is there, and which of them are missing.
import { spawnSync } from "node:child_process";

/** `start`: to build and run. `test`: on top of those, to test. */
export type Purpose = "start" | "test";
export type DebianPackage = { name: string; instead?: RegExp; reason: string; purpose: Purpose };

const screen = "Electron's window";
const manager = "a window manager, and somebody who types, for the window's tests";
const compositor = "a Wayland compositor, and somebody who types, for the window's tests";
const checked = "what the packages bring is checked with it";
const reader = "reads the windows as a screen reader does, for their tests";
const client = "real clients of the network tests";

export const packages: DebianPackage[] = [
  { name: "clang", instead: /^clang-\d+$/, reason: "compiles the eBPF programs", purpose: "start" },
  { name: "libbpf-dev", reason: "headers of the eBPF programs", purpose: "start" },
  { name: "linux-libc-dev", reason: "headers of the eBPF programs", purpose: "start" },
  { name: "libbpf1", reason: "loads the eBPF programs", purpose: "start" },
  { name: "iproute2", reason: "network namespaces of the tests, and ss", purpose: "test" },
  {
    name: "util-linux",
    reason: "starts processes as another user and with their parent's end as theirs",
    purpose: "start",
  },
  { name: "unzip", reason: "unpacks Electron", purpose: "start" },
  { name: "libgtk-3-0", reason: screen, purpose: "start" },
  { name: "libnss3", reason: screen, purpose: "start" },
  { name: "libasound2", reason: screen, purpose: "start" },
  { name: "libgbm1", reason: screen, purpose: "start" },
  { name: "libxss1", reason: screen, purpose: "start" },
  { name: "libatk-bridge2.0-0", reason: screen, purpose: "start" },
  { name: "libatspi2.0-0", reason: screen, purpose: "start" },
  { name: "libcups2", reason: screen, purpose: "start" },
  { name: "libdrm2", reason: screen, purpose: "start" },
  { name: "libsecret-1-0", reason: screen, purpose: "start" },
  { name: "libxtst6", reason: screen, purpose: "start" },
  { name: "libnotify4", reason: screen, purpose: "start" },
  { name: "libxkbcommon0", reason: screen, purpose: "start" },
  { name: "libx11-xcb1", reason: screen, purpose: "start" },
  { name: "fonts-dejavu-core", reason: "text in the window", purpose: "start" },
  { name: "bpftool", reason: "looks into the kernel for the tests", purpose: "test" },
  { name: "xvfb", reason: "a screen for the window's tests", purpose: "test" },
  { name: "xauth", reason: "a screen for the window's tests", purpose: "test" },
  { name: "dbus", reason: "a session bus for the window's tests", purpose: "test" },
  { name: "openbox", reason: manager, purpose: "test" },
  { name: "xterm", reason: manager, purpose: "test" },
  { name: "xdotool", reason: manager, purpose: "test" },
  { name: "wmctrl", reason: manager, purpose: "test" },
  { name: "x11-utils", reason: manager, purpose: "test" },
  { name: "at-spi2-core", reason: reader, purpose: "test" },
  { name: "gir1.2-atspi-2.0", reason: reader, purpose: "test" },
  { name: "python3-gi", reason: reader, purpose: "test" },
  { name: "sway", reason: compositor, purpose: "test" },
  { name: "foot", reason: compositor, purpose: "test" },
  { name: "wtype", reason: compositor, purpose: "test" },
  { name: "mmdebstrap", reason: "the file system of the test machines with a real systemd", purpose: "test" },
  { name: "qemu-system-x86", reason: "virtual machines with Debian's stock kernels", purpose: "test" },
  { name: "zstd", reason: "unpacks the kernels of the tests' virtual machines", purpose: "test" },
  { name: "iptables", reason: "a queue in user space, for the benchmark to compare with", purpose: "test" },
  { name: "rpm", reason: "a database of packages besides dpkg's, and the .rpm of Picket", purpose: "test" },
  { name: "appstream", reason: checked, purpose: "test" },
  { name: "desktop-file-utils", reason: checked, purpose: "test" },
  { name: "mandoc", reason: checked, purpose: "test" },
  { name: "lintian", reason: checked, purpose: "test" },
  { name: "zsh", reason: checked, purpose: "test" },
  { name: "fish", reason: checked, purpose: "test" },
  { name: "squashfs-tools", reason: "the AppImage of Picket", purpose: "test" },
  { name: "curl", reason: client, purpose: "test" },
  { name: "wget", reason: client, purpose: "test" },
  { name: "python3", reason: client, purpose: "test" },
  { name: "openssh-client", reason: client, purpose: "test" },
  { name: "iputils-tracepath", reason: client, purpose: "test" },
  { name: "openssl", reason: client, purpose: "test" },
  { name: "bind9-dnsutils", reason: client, purpose: "test" },
  { name: "chromium", reason: client, purpose: "test" },
  { name: "dnsmasq-base", reason: "a real DNS server for the tests of names", purpose: "test" },
  { name: "nftables", reason: "kill switches and address translation in the test networks", purpose: "test" },
];

/** Those of `wanted` that no installed package is or provides. */
export function missingPackages(wanted: DebianPackage[], installed: ReadonlySet<string>): DebianPackage[] {
  return wanted.filter(({ name, instead }) => {
    if (installed.has(name)) return false;
    return !instead || ![...installed].some((one) => instead.test(one));
  });
}

export function packagesFor(purpose: Purpose): DebianPackage[] {
  return packages.filter((one) => purpose === "test" || one.purpose === "start");
}

/** Reads `dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Provides}\n'`. Later Debians provide libgtk-3-0 as libgtk-3-0t64. */
export function parseInstalled(listing: string): Set<string> {
  const names = new Set<string>();
  for (const line of listing.split("\n")) {
    const [status, name, provides] = line.split("\t");
    if (status !== "installed" || !name) continue;
    names.add(name);
    for (const given of (provides ?? "").split(",")) {
      const [provided] = given.trim().split(/[\s:(]/);
      if (provided) names.add(provided);
    }
  }
  return names;
}

/** Null where there is no dpkg to ask. */
export function installedPackages(): Set<string> | null {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = "${db:Status-Status}\t${Package}\t${Provides}\n";
  const outcome = spawnSync("dpkg-query", ["-W", "-f", format], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return outcome.status === 0 ? parseInstalled(outcome.stdout) : null;
}

/** "clang (compiles …)" lines, packages with one reason together. */
export function describePackages(missing: DebianPackage[]): string {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of missing) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => `  ${names.join(" ")}: ${reason}`).join("\n");
}
