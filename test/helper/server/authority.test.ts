// Who may have what carried out, over a real socket: what is decided by a process's number is never decided by another's.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { contractVersion, type MethodName } from "../../../contract/methods.ts";
import type { Prompt } from "../../../contract/words.ts";
import { isStillThere } from "../../../helper/kernel/peer.ts";
import { type Authority, authorize } from "../../../helper/server/authority.ts";
import { Consents, mostConsents } from "../../../helper/server/consents.ts";
import type { OnTrial } from "../../../helper/server/rights.ts";
import { ControlServer } from "../../../helper/server/server.ts";
import { allKnown } from "./known.ts";

const owner = 1000;
const window = 4242;
let folder: string;
let server: ControlServer;
let asked: { pid: number; admin: boolean }[];
/** What polkit says, and what happens while it thinks. */
let consent: () => Promise<boolean>;
let about: Authority["askedAbout"];
/** What the rooms say of everything that only they know. */
let so: boolean;
let onTrial: OnTrial | null;
/** What was let through. */
let granted: unknown;
const children: ChildProcess[] = [];

beforeEach(async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  folder = mkdtempSync(join(tmpdir(), "picket-authority-"));
  chmodSync(folder, 0o755);
  [asked, consent, about, so, granted] = [[], async () => true, () => null, false, null];
  onTrial = null;
  const authority: Authority = {
    windowGroup: { id: window, problem: null },
    known: allKnown(
      () => so,
      () => onTrial,
    ),
    askedAbout: (prompt) => about(prompt),
    consent: (peer, admin) => {
      asked.push({ pid: peer.pid, admin });
      return consent();
    },
    consents: new Consents(),
  };
  server = new ControlServer(
    join(folder, "helper.sock"),
    (uid) => uid === owner,
    async ({ method, params, client }) => {
      const admin = method === "pause";
      const isStill = () => isStillThere(client.socket, client.peer);
      granted = await authorize(authority, client.peer, method, params as never, admin, isStill);
      return "done";
    },
  );
  await server.listen();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await server.close();
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

/**
 * A client of the owner's. `forks`: the process that connects leaves its socket to its child and ends; `then`: what the child does first.
 * `unreaped`: by then it is a zombie, for its parent does not look. Resolves with the answer's error message, or "done".
 */
async function client(
  method: MethodName,
  params: unknown,
  { forks = false, unreaped = false, gid = owner, late = 0, as = "/usr/bin/python3" } = {},
): Promise<string> {
  const hello = JSON.stringify({ id: 1, method: "hello", params: { contract: contractVersion, client: "t" } });
  const request = JSON.stringify({ id: 2, method, params });
  const script = `import os, socket, sys, time
if ${unreaped ? "True" : "False"}:
    if os.fork(): os.close(1); time.sleep(30); os._exit(0)
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
f = s.makefile("r")
s.sendall((sys.argv[2] + "\\n").encode()); f.readline()
if ${forks ? "True" : "False"}:
    parent = os.getpid()
    if os.fork(): os._exit(0)
    while os.getppid() == parent: time.sleep(0.01)
s.sendall((sys.argv[3] + "\\n").encode())
if ${late} > 0:
    if os.fork(): time.sleep(${late}); os._exit(0)
print(f.readline(), flush=True)`;
  const words = [`--reuid=${owner}`, `--regid=${gid}`, "--clear-groups", as, "-c", script];
  const child = spawn("setpriv", [...words, join(folder, "helper.sock"), hello, request], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: "/",
  });
  children.push(child);
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  await once(child.stdout as NodeJS.ReadableStream, "end");
  const reply = JSON.parse(output) as { result?: string; error?: { message: string } };
  return reply.result ?? reply.error?.message ?? "";
}

const allow = { id: "7", action: "allow" } as const;
const place = (address: string) => ({ protocol: "tcp", address, port: 443 }) as const;
const card = (pid = 0, endpoints: object[] = [{ ...place("192.0.2.1"), host: "a.example" }]) =>
  ({ process: { pid, uid: owner, command: "x" }, endpoints }) as unknown as Prompt;

/** Error codes of as many requests of the owner's, one after another. */
async function clients(count: number, method: MethodName, params: unknown): Promise<string[]> {
  const lines = Array.from({ length: count }, (_, id) => JSON.stringify({ id: id + 2, method, params }));
  const hello = JSON.stringify({ id: 1, method: "hello", params: { contract: contractVersion, client: "t" } });
  const script = `import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
f = s.makefile("r")
for line in sys.stdin:
    s.sendall(line.encode())
    print(f.readline(), end="", flush=True)`;
  const words = [`--reuid=${owner}`, `--regid=${owner}`, "--clear-groups", "/usr/bin/python3", "-c", script];
  const child = spawn("setpriv", [...words, join(folder, "helper.sock")], {
    stdio: ["pipe", "pipe", "inherit"],
    cwd: "/",
  });
  children.push(child);
  child.stdin?.end(`${[hello, ...lines].join("\n")}\n`);
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  await once(child.stdout as NodeJS.ReadableStream, "end");
  const replies = output.trim().split("\n").slice(1);
  expect(replies).toHaveLength(count);
  return replies.map((reply) => (JSON.parse(reply) as { error?: { code: string } }).error?.code ?? "done");
}

it("polkit is asked for what widens, and an administrator for what is everybody's", async () => {
  expect(await client("prompts.answer", allow)).toBe("done");
  expect(await client("pause", { for: "1h" })).toBe("done");
  expect(asked.map(({ admin }) => admin)).toEqual([false, true]);
  consent = async () => false;
  expect(await client("prompts.answer", allow)).toContain("Picket's window, or an administrator");
  expect(await client("pause", { for: "1h" })).toContain("an administrator has to do it");
});

it("the window widens what is its person's unasked, and what is everybody's no more than anybody", async () => {
  consent = async () => false;
  expect(await client("prompts.answer", allow, { gid: window })).toBe("done");
  expect(asked).toEqual([]);
  expect(await client("pause", { for: "1h" }, { gid: window })).toContain("an administrator has to do it");
});

const block = { app: "/x", action: "block", lifetime: "1m" } as const;
const byWhatIsKnown: [MethodName, object][] = [
  ["rules.add", block],
  ["prompts.answer", { ...allow, action: "block", lifetime: "1m" }],
  ["blocklists.refresh", { name: null }],
  ["confirm", {}],
];

it.each(byWhatIsKnown)(
  "%s asks nobody, unless it would end a block, tell somebody something or keep what is laxer",
  async (method, params) => {
    consent = async () => false;
    expect(await client(method, params)).toBe("done");
    so = true;
    expect(await client(method, params)).toContain("Picket's window, or an administrator");
    expect(await client(method, params, { gid: window })).toBe("done");
    consent = async () => true;
    expect(await client(method, params)).toBe("done");
  },
);

it("to have a blocklist fetched takes consent: what is in its address leaves the computer", async () => {
  consent = async () => false;
  const list = { name: "a", url: "https://evil.example/secret" };
  expect(await client("blocklists.add", list)).toContain("Picket's window, or an administrator");
  expect(await client("blocklists.begin", { name: "a" })).toBe("done");
  expect(await client("blocklists.add", list, { gid: window })).toBe("done");
});

it("when what is on trial ends is moved with consent alone; what is on trial with nothing else may be a block", async () => {
  consent = async () => false;
  const block = { mode: "block", confirmWithin: 5 };
  expect(await client("mode.set", block)).toBe("done");
  onTrial = { what: "Mode allow.", ends: 1 };
  expect(await client("mode.set", block)).toContain("Picket's window, or an administrator");
  expect(await client("mode.set", { ...block, confirmWithin: null })).toBe("done");
  expect(await client("mode.set", block, { gid: window })).toBe("done");
});

it("consent is to keep what was on trial when polkit was asked", async () => {
  so = true;
  onTrial = { what: "Mode block.", ends: 1 };
  expect(await client("confirm", {})).toBe("done");
  for (const other of [{ what: "Mode allow.", ends: 1 }, { what: "Mode block.", ends: 2 }, null]) {
    onTrial = { what: "Mode block.", ends: 1 };
    consent = async () => {
      onTrial = other;
      return true;
    };
    expect(await client("confirm", {})).toContain("something else is on trial by now");
  }
});

it("root's group makes nobody root", async () => {
  consent = async () => false;
  expect(await client("prompts.answer", allow, { gid: 0 })).toContain("Picket's window, or an administrator");
});

it("a child that got its parent's connection is nobody: the number that polkit would hear of may be another's by now", async () => {
  expect(await client("prompts.answer", allow, { forks: true })).toContain("the process that connected has ended");
  expect(asked).toEqual([]);
  // Its number is still its own while it is a zombie, and polkit would be told of a process that is none any more.
  expect(await client("prompts.answer", allow, { forks: true, unreaped: true })).toContain("has ended");
  expect(asked).toEqual([]);
  // What needs no consent needs no number.
  expect(await client("prompts.answer", { ...allow, action: "block" }, { forks: true })).toBe("done");
});

it("so it is with one that ends while polkit asks", async () => {
  consent = () => new Promise((resolve) => setTimeout(() => resolve(true), 3000));
  expect(await client("prompts.answer", allow, { late: 1 })).toContain("the process that connected has ended");
  expect(asked).toHaveLength(1);
});

it("the app that is asked about does not even get to ask, nor what it starts, nor another process of the same file", async () => {
  const app = spawn("/usr/bin/python3", ["-c", "import time; print(1, flush=True); time.sleep(60)"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(app);
  await once(app.stdout as NodeJS.ReadableStream, "data");
  about = () => card(app.pid);
  expect(await client("prompts.answer", allow)).toContain("the app that is asked about may not answer");
  expect(asked).toEqual([]);
  // What this process started is another program, and comes from it all the same.
  about = () => card(process.pid);
  expect(await client("prompts.answer", allow)).toContain("the app that is asked about may not answer");
  expect(asked).toEqual([]);
  // One that has nothing to do with it may ask.
  const other = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
  children.push(other);
  about = () => card(other.pid);
  expect(await client("prompts.answer", allow)).toBe("done");
});

it("who could be the app that is asked about, for its file system answers nothing any more, does not get to ask; nobody waits for it", async () => {
  const point = join(folder, "hanging");
  mkdirSync(point);
  const script = join(import.meta.dirname, "../../network/hanging-fuse.py");
  // Who waits for it in vain waits until it ends.
  const words = ["--kill-after=1", "30", "/usr/bin/python3", script, point, "/usr/bin/python3"];
  const files = spawn("timeout", words, { stdio: ["pipe", "pipe", "inherit"] });
  children.push(files);
  const gone = once(files, "exit");
  const said = async (child: ChildProcess) => String(await once(child.stdout as NodeJS.ReadableStream, "data"));
  await said(files);
  const sleep = "print(1, flush=True)\nimport time; time.sleep(600)";
  const app = spawn(join(point, "program"), ["-c", sleep], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(app);
  await said(app);
  files.stdin?.write("hang\n");
  expect(await said(files)).toContain("hanging");
  about = () => card(app.pid);
  const answer = client("prompts.answer", allow);
  let [last, longest] = [performance.now(), 0];
  const clock = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 10);
  try {
    expect(await answer).toContain("the app that is asked about may not answer");
    expect(longest).toBeLessThan(10_000);
    expect(asked).toEqual([]);
  } finally {
    clearInterval(clock);
    files.stdin?.end();
    await gone;
    spawnSync("umount", ["--lazy", point]); // where it did not end by itself
  }
  // Who has ended runs no file.
  app.kill("SIGKILL");
  await once(app, "exit");
  expect(await client("prompts.answer", allow)).toBe("done");
});

it("consent is to what was on the card when polkit was asked: what joins it meanwhile was not shown", async () => {
  const endpoints: object[] = [place("192.0.2.1"), place("192.0.2.2")];
  about = () => card(0, endpoints);
  consent = async () => {
    endpoints.push(place("192.0.2.3"));
    return true;
  };
  expect(await client("prompts.answer", allow)).toBe("done");
  expect(granted).toMatchObject({ ...allow, shown: [place("192.0.2.1"), place("192.0.2.2")] });
  // Who asks may have seen less, and cannot say that they saw what is not there yet.
  const shown = [place("192.0.2.2"), place("192.0.2.4")];
  expect(await client("prompts.answer", { ...allow, shown })).toBe("done");
  expect(granted).toMatchObject({ shown: [place("192.0.2.2")] });
  // Where nobody is asked for consent, it is the client's to say.
  expect(await client("prompts.answer", { ...allow, shown }, { gid: window })).toBe("done");
  expect(granted).toMatchObject({ shown });
});

it("a hundred requests of one person make one question; the others are told so, and the next one comes after it", async () => {
  let answer = (_: boolean) => {};
  consent = () => new Promise((resolve) => (answer = resolve));
  const first = client("rules.undo", {});
  await vi.waitFor(() => expect(asked).toHaveLength(1), 60_000);
  const others = await clients(99, "rules.undo", {});
  expect(new Set(others)).toEqual(new Set(["consent_pending"]));
  expect(asked).toHaveLength(1);
  answer(true);
  expect(await first).toBe("done");
  consent = async () => true;
  expect(await client("rules.undo", {})).toBe("done");
  expect(asked).toHaveLength(2);
});

it("of all people together there are a few questions at once", async () => {
  const consents = new Consents();
  const ends: (() => void)[] = [];
  const ask = (uid: number) => consents.ask(uid, () => new Promise((resolve) => ends.push(() => resolve(true))));
  const open = Array.from({ length: mostConsents }, (_, at) => ask(owner + at));
  await expect(ask(owner + mostConsents)).rejects.toMatchObject({ code: "consent_pending" });
  ends[0]?.();
  expect(await open[0]).toBe(true);
  void ask(owner + mostConsents);
  expect(ends).toHaveLength(mostConsents + 1);
  // A question that fails is over as well.
  await expect(new Consents().ask(owner, async () => Promise.reject(new Error("bus")))).rejects.toThrow("bus");
});
