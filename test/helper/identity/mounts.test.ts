// Mount tables and what they say about one file's two paths.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseMounts, translate } from "../../../helper/identity/mounts.ts";

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
  const text = readFileSync("/proc/self/mountinfo", "utf8");
  const mounts = parseMounts(text);
  expect(mounts).toHaveLength(text.trim().split("\n").length);
  expect(translate(import.meta.filename, mounts, mounts)).toContain(import.meta.filename);
  expect(parseMounts("")).toEqual([]);
  expect(parseMounts("garbage\n1 2\n")).toEqual([]);
});
