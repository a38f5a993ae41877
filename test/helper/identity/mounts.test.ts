// The helper's mounts: read from the kernel's own format, and which of them a path leads to.
import { statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isLocal, mountOf, parseMounts, readMounts } from "../../../helper/identity/mounts.ts";

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
      { point: "/", type: "ext4", device: 0x800001 },
      { point: "/home/a/remote things", type: "fuse.sshfs", device: 40 },
      { point: "/home", type: "btrfs", device: 41 },
      { point: "/home/a", type: "nfs4", device: 42 },
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
