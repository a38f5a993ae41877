// Looks that need no process of their own, and those that do.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Mount, mountOf, readMounts } from "../../../helper/identity/mounts.ts";
import { withNear } from "../../../helper/identity/near.ts";
import { look } from "../../../helper/identity/probe.ts";

let folder: string;
let started = 0;
const count = () => {
  started++;
};

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-near-")));
  // Not root's alone: a path that others may turn into another at any moment.
  chmodSync(folder, 0o777);
  started = 0;
  subscribe("child_process", count);
});
afterEach(() => {
  unsubscribe("child_process", count);
  rmSync(folder, { recursive: true, force: true });
});

it("a file that others may replace is seen without a process, also by a link beside it", async () => {
  const path = join(folder, "program");
  writeFileSync(path, "content");
  symlinkSync("program", join(folder, "link"));
  const { ino, dev, ctimeNs } = statSync(path, { bigint: true });
  const seen = { inode: ino, device: dev, changed: ctimeNs, regular: true };
  for (const each of [path, join(folder, "link")]) expect(await look(each, readMounts())).toEqual(seen);
  expect(await look(folder, readMounts())).toMatchObject({ regular: false });
  expect(await look(join(folder, "nothing"), readMounts())).toBeNull();
  expect(started).toBe(0);
});

it.each([
  ["a link", (at: string) => symlinkSync("/proc/self/status", at)],
  ["a folder that is a link", (at: string) => symlinkSync("/proc/self", at)],
  ["a link to what is open", (at: string) => symlinkSync("/dev/stdin", at)],
])("%s into another mount is looked at by a process", async (_, make) => {
  const at = join(folder, "away");
  make(at);
  const path = statSync(at).isDirectory() ? join(at, "status") : at;
  const work = () => "opened";
  expect(withNear(path, mountOf(path, readMounts()) as Mount, work)).toBeUndefined();
  const seen = await look(path, readMounts());
  expect(seen?.inode === undefined ? null : typeof seen.inode).toBe("bigint");
  expect(started).toBe(1);
});

it.each(["here", "by a process"])(
  "what a busy helper could not hear of in time is heard of, looked at %s",
  async (where) => {
    const at = join(folder, "away");
    symlinkSync("/proc/self/status", at);
    const looking = look(at, readMounts(), { safe: where === "here" });
    // Longer than a look may take.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
    expect(await looking).toMatchObject({ regular: true });
  },
);

it("what is mounted otherwise than it was read is not opened, nor what may wait for a program", () => {
  const path = join(folder, "program");
  writeFileSync(path, "content");
  const mount = mountOf(path, readMounts()) as Mount;
  const work = () => "opened";
  expect(withNear(path, mount, work)).toBe("opened");
  expect(withNear(path, { ...mount, id: mount.id + 1_000_000 }, work)).toBeUndefined();
  expect(withNear(path, { ...mount, type: "fuse" }, work)).toBeUndefined();
  mkdirSync(join(folder, "sub"));
  renameSync(path, join(folder, "sub/program"));
  expect(withNear(path, mount, work)).toBeNull();
});
