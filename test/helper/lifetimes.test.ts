// What waiting for apps to quit takes, with real rules, processes and descriptors: counted are looks at /proc and watches.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import koffi from "koffi";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startOf } from "../../helper/identity/running.ts";
import * as wakeups from "../../helper/kernel/wakeups.ts";
import { Lifetimes } from "../../helper/lifetimes.ts";
import type { ProcessId } from "../../helper/policy/lifetime.ts";
import { anyMatcher, Rules } from "../../helper/store/rules.ts";
import { clock, temporaryStore } from "./store/temporary.ts";

// What they do is done: calls are counted.
vi.mock("node:fs", { spy: true });
vi.mock("../../helper/kernel/wakeups.ts", { spy: true });

const RLIMIT_NOFILE = 7;
const libc = koffi.load("libc.so.6");
const getrlimit = libc.func("int getrlimit(int resource, void *limit)");
const setrlimit = libc.func("int setrlimit(int resource, const void *limit)");

const { open } = temporaryStore();
const children: ChildProcess[] = [];
let programs: string;
let ended: number;
let lifetimes: Lifetimes | undefined;

beforeEach(() => {
  programs = fs.mkdtempSync(join(tmpdir(), "picket-programs-"));
  ended = 0;
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  lifetimes?.close();
  lifetimes = undefined;
  for (const child of children.splice(0)) child.kill("SIGKILL");
  fs.rmSync(programs, { recursive: true });
  vi.restoreAllMocks();
});

/** A process of an app of its own that does nothing until it is killed. */
async function run(app: string): Promise<ProcessId & { quit(): void }> {
  if (!fs.existsSync(app)) fs.copyFileSync(fs.realpathSync("/bin/sleep"), app);
  const child = spawn(app, ["600"], { stdio: "ignore" });
  children.push(child);
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  const pid = child.pid ?? 0;
  return { pid, start: startOf(pid) ?? 0, quit: () => void child.kill("SIGKILL") };
}

/** As many `quit` rules of the app, one a port. */
function rulesOf(app: string, processes: readonly ProcessId[], count: number): Rules {
  const rules = new Rules(open(), clock);
  rules.changes.record(1, () => {
    for (let port = 1; port <= count; port++) {
      const rule = { ...anyMatcher, app, action: "block", port, lifetime: "quit", note: "" } as const;
      rules.add(rule, 1, { expires: null, processes });
    }
  });
  return rules;
}

function follow(rules: Rules): Lifetimes {
  lifetimes = new Lifetimes({ rules, clock, ended: () => void ended++ });
  lifetimes.follow();
  return lifetimes;
}

const quitting = (rules: Rules) => rules.temporary();
const walks = () => vi.mocked(fs.readdirSync).mock.calls.filter(([path]) => path === "/proc").length;
const watches = () => vi.mocked(wakeups.whenEnded).mock.calls.length;
/** Files of processes that were read. */
const reads = () => vi.mocked(fs.readFileSync).mock.calls.filter(([path]) => /^\/proc\/\d/.test(String(path))).length;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it("takes one look at what runs and one watch of each process, however many rules wait for an app", async () => {
  const app = join(programs, "app");
  const first = await run(app);
  const rules = rulesOf(app, [first], 3000);
  follow(rules);
  const second = await run(app);
  vi.clearAllMocks();
  first.quit();
  await vi.waitUntil(() => quitting(rules).every(({ processes: [process] }) => process?.pid === second.pid), 60_000);
  await turns(10);
  expect(quitting(rules)).toHaveLength(3000);
  expect([walks(), watches()]).toEqual([1, 1]);
  expect(reads()).toBeLessThan(20);
  vi.clearAllMocks();
  second.quit();
  await vi.waitUntil(() => quitting(rules).length === 0, 60_000);
  await turns(10);
  expect([walks(), watches(), ended]).toEqual([1, 0, 1]);
});

it("looks no more often for what cannot be waited for", async () => {
  // A thread is no process whose end anybody could be told of.
  const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
  try {
    await new Promise((resolve) => worker.once("online", resolve));
    const pid = Number(fs.readdirSync("/proc/self/task").at(-1));
    const rules = rulesOf(join(programs, "none"), [{ pid, start: startOf(pid) ?? 0 }], 1);
    vi.clearAllMocks();
    follow(rules);
    await turns(100);
    expect(watches()).toBeLessThan(3);
    expect(quitting(rules)).toHaveLength(1);
  } finally {
    await worker.terminate();
  }
});

it("takes no process for ended because there are no descriptors left to look at it", async () => {
  const app = join(programs, "app");
  const only = await run(app);
  const rules = rulesOf(app, [only], 1);
  const waiting = new Lifetimes({ rules, clock, ended: () => void ended++ });
  lifetimes = waiting;
  const limit = Buffer.alloc(16);
  getrlimit(RLIMIT_NOFILE, limit);
  const none = Buffer.from(limit);
  none.writeBigUInt64LE(3n);
  vi.clearAllMocks();
  setrlimit(RLIMIT_NOFILE, none);
  try {
    waiting.follow();
    waiting.dropOver();
    await turns(100);
  } finally {
    setrlimit(RLIMIT_NOFILE, limit);
  }
  expect(watches()).toBe(1);
  expect(quitting(rules)).toHaveLength(1);
  // Looked at again by itself.
  await vi.waitUntil(() => watches() === 2, 30_000);
  only.quit();
  await vi.waitUntil(() => quitting(rules).length === 0, 30_000);
});
