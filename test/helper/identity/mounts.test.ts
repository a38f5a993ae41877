// The helper's mounts: read from the kernel's own format, and which of them a path leads to.
import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isLocal, mountOf, parseMounts, readMounts, translate } from "../../../helper/identity/mounts.ts";

const text = [
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
  "30 22 0:40 / /home/a/remote\\040things rw shared:9 master:2 - fuse.sshfs a@b: rw",
  "31 22 0:41 / /home rw - btrfs /dev/sdb rw",
  "32 31 0:42 / /home/a rw - nfs4 c:/d rw",
  "",
].join("\n");

describe("mounts", () => {
  it("are read with their types, devices and spaces", () => {
    expect(parseMounts(text)).toEqual([
      { id: 22, point: "/", type: "ext4", device: 0x800001, root: "/" },
      { id: 30, point: "/home/a/remote things", type: "fuse.sshfs", device: 40, root: "/" },
      { id: 31, point: "/home", type: "btrfs", device: 41, root: "/" },
      { id: 32, point: "/home/a", type: "nfs4", device: 42, root: "/" },
    ]);
  });

  it.each([
    ["/usr/bin/curl", "/"],
    ["/home", "/home"],
    ["/home/b", "/home"],
    ["/homestead", "/"],
    // Whatever was mounted below is covered by what came later.
    ["/home/a/remote things/x", "/home/a"],
  ])("lead %s to %s", (path, point) => {
    expect(mountOf(path, parseMounts(text))?.point).toBe(point);
  });

  it("answer or may not", () => {
    expect(parseMounts(text).map(isLocal)).toEqual([true, false, true, false]);
  });

  it("are this machine's: its programs' device is the kernel's own number", () => {
    const { dev } = statSync("/usr/bin/env", { bigint: true });
    const mount = mountOf("/usr/bin/env", readMounts());
    expect(mount?.device).toBe(Number(((dev >> 8n) & 0xfffn) * 0x100000n + (dev & 0xffn)));
  });
});

const ours = parseMounts(`22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 254:2 / /home rw - ext4 /dev/vda2 rw
24 22 7:3 / /snap/firefox/4711 ro - squashfs /dev/loop3 ro
25 22 254:2 /alice /mnt/a\\040b rw - ext4 /dev/vda2 rw
`);
const theirs = parseMounts(`90 1 0:99 / / rw - tmpfs tmpfs rw
91 90 254:1 /var/lib/flatpak/app/org.x/files /app ro - ext4 /dev/vda1 rw
92 90 254:1 /var/lib/flatpak/runtime/org.y/files /usr ro - ext4 /dev/vda1 rw
93 92 254:2 /alice /usr/share/x rw - ext4 /dev/vda2 rw
94 90 7:3 / /snap/firefox/4711 ro - squashfs /dev/loop3 ro
95 91 254:2 /alice /app rw - ext4 /dev/vda2 rw
96 90 0:98 / /alien rw - fuse alien rw
`);

describe("a path in a sandbox", () => {
  it.each([
    ["/usr/bin/python3", ["/var/lib/flatpak/runtime/org.y/files/bin/python3"]],
    ["/usr/share/x/y", ["/home/alice/y", "/mnt/a b/y"]],
    ["/snap/firefox/4711/bin/f", ["/snap/firefox/4711/bin/f"]],
    // Mounted over: the later one is what is seen.
    ["/app/bin/a", ["/home/alice/bin/a", "/mnt/a b/bin/a"]],
    ["/bin/sh", []],
    ["/alien/x", []],
    ["/application", []],
    ["relative", []],
    ["/snap/firefox/4711", []],
  ])("%s is %j outside", (path, places) => {
    expect(translate(path, theirs, ours)).toEqual(places);
  });
});

it("every mount of this process is read, and leads from itself to itself", () => {
  const text = readFileSync("/proc/self/mountinfo", "latin1");
  const mounts = parseMounts(text);
  expect(mounts).toHaveLength(text.trim().split("\n").length);
  expect(translate(import.meta.filename, mounts, mounts)).toContain(import.meta.filename);
  expect(parseMounts("")).toEqual([]);
  expect(parseMounts("garbage\n1 2\n")).toEqual([]);
});
