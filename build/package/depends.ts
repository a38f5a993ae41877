// What an installed Picket needs of the system, by Debian's names and by the sonames that every .rpm distribution knows.
import { packagesFor } from "../debian-packages.ts";

/** What it is built with and not run with. */
const buildOnly = new Set(["clang", "libbpf-dev", "linux-libc-dev", "unzip", "util-linux"]);

/** By Debian's name; null: no library, and no such name is the same everywhere. */
const sonames: Record<string, string | null> = {
  "libstdc++6": "libstdc++.so.6",
  "libgcc-s1": "libgcc_s.so.1",
  libbpf1: "libbpf.so.1",
  "libgtk-3-0": "libgtk-3.so.0",
  libnss3: "libnss3.so",
  libasound2: "libasound.so.2",
  libgbm1: "libgbm.so.1",
  libxss1: "libXss.so.1",
  "libatk-bridge2.0-0": "libatk-bridge-2.0.so.0",
  "libatspi2.0-0": "libatspi.so.0",
  libcups2: "libcups.so.2",
  libdrm2: "libdrm.so.2",
  "libsecret-1-0": "libsecret-1.so.0",
  libxtst6: "libXtst.so.6",
  libnotify4: "libnotify.so.4",
  libxkbcommon0: "libxkbcommon.so.0",
  "libx11-xcb1": "libX11-xcb.so.1",
  "fonts-dejavu-core": null,
};

/** What the Node that is installed loads; whoever builds has it, by the Node that builds. */
const ofNode = ["libstdc++6", "libgcc-s1"];

const names = () => [
  ...ofNode,
  ...packagesFor("start")
    .map(({ name }) => name)
    .filter((name) => !buildOnly.has(name)),
];

export function debianDepends(): string[] {
  // Later Debians renamed the libraries whose time_t grew.
  const renamed = /^lib(gtk-3-0|asound2|atk-bridge2.0-0|atspi2.0-0|cups2)$/;
  const libraries = names().map((name) => (renamed.test(name) ? `${name} | ${name}t64` : name));
  return ["libc6", "passwd", ...libraries];
}

/** Throws for a package without an entry above. */
export function rpmRequires(): string[] {
  const libraries = names().flatMap((name) => {
    const soname = sonames[name];
    if (soname === undefined) throw new Error(`depends.ts does not say which library ${name} is`);
    // libnss3.so and the rest, as rpm's own search for dependencies writes them.
    return soname === null ? [] : [`${soname}()(64bit)`];
  });
  return ["systemd", "/usr/sbin/groupadd", "/usr/bin/getent", ...libraries];
}
