// Reading files that may do anything to whoever reads them.
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { digest, largestFile, type Readable, type Way } from "../../../helper/identity/digest.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-digest-")));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nobody = { uid: 65_534, gid: 65_534 };

function file(content: string, mode = 0o644): string {
  const path = join(folder, "file");
  writeFileSync(path, content, { mode });
  return path;
}

function readable(path: string, ...ways: Way[]): Readable {
  const { ino, ctimeNs } = statSync(path, { bigint: true });
  const as = ways.length > 0 ? ways : [{ path, reader: nobody }];
  return { ways: as, inode: ino, changed: ctimeNs, local: true };
}

const sha256 = (content: string): string => createHash("sha256").update(content).digest("hex");

it("tells the SHA-256 of a file that the reader may read", async () => {
  expect(await digest(readable(file("content")))).toBe(sha256("content"));
});

it.each([
  ["small", 0, 0],
  ["large", 2 * 1024 ** 2, 1],
])("reads a %s program that runs with as few processes as it takes", async (_, size, processes) => {
  const path = join(folder, "sleep");
  execFileSync("cp", ["/usr/bin/sleep", path]);
  if (size > 0) truncateSync(path, size);
  const child = spawn(path, ["60"]);
  await once(child, "spawn");
  let started = 0;
  const count = () => {
    started++;
  };
  try {
    await expect.poll(() => realpathSync(`/proc/${child.pid}/exe`)).toBe(path);
    const wanted = execFileSync("sha256sum", [path], { encoding: "utf8" }).slice(0, 64);
    subscribe("child_process", count);
    expect(await digest(readable(path, { path: `/proc/${child.pid}/exe`, reader: "root" }))).toBe(wanted);
    expect(started).toBe(processes);
    // By its path, once the process is gone.
    child.kill("SIGKILL");
    await once(child, "exit");
    const gone: Way = { path: `/proc/${child.pid}/exe`, reader: "root" };
    expect(await digest(readable(path, gone, { path, reader: nobody }))).toBe(wanted);
    expect(started).toBe(processes * 3);
  } finally {
    unsubscribe("child_process", count);
    child.kill("SIGKILL");
  }
});

it("reads what a process executes, whatever became of its path", async () => {
  const path = join(folder, "sleep");
  execFileSync("cp", ["/usr/bin/sleep", path]);
  const child = spawn(path, ["60"]);
  await once(child, "spawn");
  try {
    await expect.poll(() => realpathSync(`/proc/${child.pid}/exe`)).toBe(path);
    const way: Way = { path: `/proc/${child.pid}/exe`, reader: "root" };
    const wanted = execFileSync("sha256sum", [path], { encoding: "utf8" }).slice(0, 64);
    expect(await digest(readable(path, way))).toBe(wanted);
    const before = readable(path, way);
    execFileSync("mv", [path, `${path}.old`]);
    writeFileSync(path, "another");
    // Its new name has changed its times: what was known of it is another file.
    expect(await digest(before)).toBeNull();
    expect(await digest(readable(`${path}.old`, way))).toBe(wanted);
  } finally {
    child.kill("SIGKILL");
  }
});

it("tries the next way where one leads to nothing or to another file", async () => {
  const path = file("content");
  const other = join(folder, "other");
  writeFileSync(other, "other");
  const ways = ["/proc/4294967295/exe", other, path].map((each) => ({ path: each, reader: nobody }));
  expect(await digest(readable(path, ...ways))).toBe(sha256("content"));
});

it("tells nothing of a file that was touched, exchanged or that the reader may not read", async () => {
  const path = file("content");
  const before = readable(path);
  await new Promise((resolve) => setTimeout(resolve, 50));
  utimesSync(path, 1, 1);
  expect(await digest(before)).toBeNull();
  chmodSync(path, 0o600);
  expect(await digest(readable(path))).toBeNull();
  chownSync(path, nobody.uid, nobody.gid);
  expect(await digest(readable(path))).toBe(sha256("content"));
});

it("tells nothing of a file that changes while it is read", async () => {
  const path = file("content");
  truncateSync(path, 128 * 1024 ** 2);
  const reading = digest(readable(path));
  await expect.poll(() => isRead(path), { interval: 10, timeout: 10_000 }).toBe(true);
  utimesSync(path, 1, 1);
  expect(await reading).toBeNull();
});

/** Whether a process sums the file up at the moment. */
function isRead(path: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      const [program, input] = ["exe", "fd/0"].map((link) => readlinkSync(`/proc/${pid}/${link}`));
      return program?.endsWith("/sha256sum") === true && input === path;
    } catch {
      return false;
    }
  });
}

it("reads nothing that is too large, however little of it there is", async () => {
  const path = file("content");
  truncateSync(path, largestFile + 1);
  const began = performance.now();
  expect(await digest(readable(path))).toBeNull();
  expect(performance.now() - began).toBeLessThan(5000);
});

it("leaves a pipe that nobody writes alone in the end, and what waited for it is read then", {
  timeout: 60_000,
}, async () => {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", ["-m", "0644", path]);
  const hanging = [digest(readable(path), true), digest(readable(path), true)];
  const waiting = digest(readable(file("content")), true);
  expect(await Promise.all(hanging)).toEqual([null, null]);
  expect(await waiting).toBe(sha256("content"));
  const left = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  expect(left.filter((line) => line.includes(path))).toEqual([]);
});

it("lets what nobody waits for keep nobody waiting", async () => {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", ["-m", "0644", path]);
  const hanging = [digest(readable(path)), digest(readable(path))];
  expect(await Promise.race([digest(readable(file("content")), true), ...hanging])).toBe(sha256("content"));
  // One hangs, the other waits for it. One writer each: a second at the same time would be read with the first.
  for (const each of hanging) {
    await promisify(execFile)("sh", ["-c", 'echo > "$0"', path]);
    expect(await each).toBeNull();
  }
});
