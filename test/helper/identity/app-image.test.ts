// Who serves itself: what a process has open, as /proc tells it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findServer, type Open, openFiles, parseOpen, servesItself } from "../../../helper/identity/app-image.ts";
import { slowness } from "../../end-to-end/helper-process.ts";

const executable = "/home/alice/Foo.AppImage";
const inode = "17";
const [readOnly, writeOnly, both] = [0o100000, 0o102001, 0o2];

const image: Open = { path: executable, flags: readOnly, inode, connection: null };
const connection: Open = { path: "/dev/fuse", flags: both, inode: "90", connection: 42 };
const terminal: Open = { path: "/dev/pts/0", flags: both, inode: "3", connection: null };
const pipe: Open = { path: "pipe:[1234]", flags: readOnly, inode: "1234", connection: null };
const log: Open = { path: "/home/alice/.xsession-errors", flags: writeOnly, inode: "5", connection: null };
const own = [terminal, pipe, log, image, connection];

it("reads what fdinfo says", () => {
  const text = "pos:\t0\nflags:\t02100002\nmnt_id:\t24\nino:\t90\nfuse_connection:\t42\n";
  expect(parseOpen("/dev/fuse", text)).toEqual({ path: "/dev/fuse", flags: 0o2100002, inode: "90", connection: 42 });
  expect(parseOpen("/x", "pos:\t0\nflags:\t0100000\nmnt_id:\t24\nino:\t7\n").connection).toBeNull();
});

describe("an AppImage serves itself", () => {
  it("with its image, its one connection and what anybody has", () => {
    expect(servesItself(own, 42, executable, inode)).toBe(true);
  });

  const evil: Open = { path: "/home/alice/Evil.AppImage", flags: readOnly, inode: "18", connection: null };
  it.each<[string, readonly Open[]]>([
    ["without its image", [terminal, connection]],
    ["with another image", [terminal, evil, connection]],
    ["with another image besides its own", [...own, evil]],
    ["with a file of its name that is another", [{ ...image, inode: "19" }, connection]],
    ["with a file in memory", [...own, { ...evil, path: "/memfd:x (deleted)" }]],
    ["with a file that it may read and write", [...own, { ...log, flags: both }]],
    ["with a second connection, handed to it", [...own, { ...connection, connection: 43 }]],
    ["with another connection", [image, { ...connection, connection: 43 }]],
    ["with none, or where the kernel does not tell", [image, { ...connection, connection: null }]],
  ])("and not %s", (_, files) => {
    expect(servesItself(files, 42, executable, inode)).toBe(false);
  });
});

it("is searched for among any number of descriptors while others are served", async () => {
  const script = `import os, sys
for i in range(15000): os.dup(0)
for i in range(20):
    if os.fork() == 0: sys.stdin.read(); os._exit(0)
print("ready", flush=True); sys.stdin.read()`;
  const child = spawn("/usr/bin/python3", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
  let [last, longest] = [performance.now(), 0];
  const clock = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  try {
    await once(child.stdout, "data");
    longest = 0;
    expect(await findServer(987654, async () => null)).toBeNull();
    expect(longest).toBeLessThan(500 * slowness);
  } finally {
    clearInterval(clock);
    child.stdin.end();
  }
});

it("is no process that has very much open, which is not all looked at", async () => {
  const script = `import os, sys
for i in range(18000): os.dup(0)
print("ready", flush=True); sys.stdin.read()`;
  const child = spawn("/usr/bin/python3", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    const pid = child.pid ?? 0;
    expect(openFiles(process.pid).length).toBeGreaterThan(0);
    expect(openFiles(pid)).toEqual([]);
    const shortest = (work: () => unknown) =>
      Math.min(
        ...Array.from({ length: 10 }, () => {
          const began = performance.now();
          work();
          return performance.now() - began;
        }),
      );
    const all = shortest(() => readdirSync(`/proc/${pid}/fd`));
    expect(shortest(() => openFiles(pid))).toBeLessThan(all / 2);
  } finally {
    child.stdin.end();
  }
});
