// A rule follows the app, not whatever is put in its place: real programs that are replaced, touched, copied and moved to another version.
import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joinAppPath } from "../../contract/app-path.ts";
import type { Prompt } from "../../contract/words.ts";
import { compiled, otherKnock } from "../network/compiled.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { Talker } from "./field.ts";
import { guarded, inGuard, type Ran, TestHelper, until } from "./helper-process.ts";

const clients = join(import.meta.dirname, "../network/clients");
const python = realpathSync("/usr/bin/python3");
const port = 80;
const refused = 111;

const helper = new TestHelper();
let folder: string;
let network: Network;
/** Two programs that do the same and are not the same. */
let first: string;
let second: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-changed-")));
  chmodSync(folder, 0o755);
  [first, second] = [join(folder, "first"), join(folder, "second")];
  copyFileSync(compiled("knock"), first);
  copyFileSync(otherKnock(), second);
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

function knock(program: string, address: string): Promise<Ran> {
  return guarded(helper, network.near, [program, address, `${port}`]);
}

/** What the command comes to; fails when somebody is asked first. */
async function unasked(address: string, program: string): Promise<number | null> {
  const running = knock(program, address);
  const question = helper.prompt(address).then(({ reason }) => Promise.reject(new Error(`asked: ${reason}`)));
  question.catch(() => undefined);
  return (await Promise.race([running, question])).code;
}

/** Starts the program, which is asked about, and answers. */
async function answered(
  address: string,
  program: string,
  action: "allow" | "block",
  lifetime: "once" | "forever" | "1h" = "forever",
): Promise<{ prompt: Prompt; rules: string[]; code: number | null }> {
  const running = knock(program, address);
  const prompt = await helper.prompt(address);
  const { rules } = await (await helper.client()).call("prompts.answer", { id: prompt.id, action, lifetime });
  const { code } = await running;
  if (action === "allow") await until("what it is to be read", () => isRead(prompt.app.path));
  return { prompt, rules, code };
}

/** Nobody waits for what was allowed to be read: a program that is replaced sooner is not known again. */
function isRead(app: string): boolean {
  const store = new Database(join(helper.state, "picket.sqlite"), { readonly: true });
  try {
    const unread = store.prepare("SELECT 1 FROM contents WHERE app = ? AND known IS NOT NULL AND sha256 IS NULL");
    return unread.get(app) === undefined;
  } finally {
    store.close();
  }
}

/** As an update does it: the name leads to another file from one moment to the next. */
function replace(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(content, `${path}.new`);
  renameSync(`${path}.new`, path);
}

/** A place of its own with a program. */
function program(content: string, ...below: string[]): string {
  const path = join(mkdtempSync(join(folder, "own-")), ...below, "program");
  replace(path, content);
  chmodSync(dirname(path), 0o755);
  return path;
}

async function rulesOf(app: string): Promise<string[]> {
  const rules = await (await helper.client()).call("rules.list", {});
  return rules.filter((rule) => rule.app === app).map(({ id }) => id);
}

describe("a program that was allowed forever", () => {
  test("and is replaced by another is held and asked about; once it is allowed, its old rule works again", async () => {
    const address = network.address(4);
    const path = program(first);
    const before = await answered(address, path, "allow");
    expect([before.prompt.changed ?? null, before.code]).toEqual([null, 0]);
    expect(await unasked(address, path)).toBe(0);

    replace(path, second);
    const { prompt, rules, code } = await answered(address, path, "allow");
    expect(prompt).toMatchObject({
      changed: { kind: "content", since: expect.any(String) },
      reason: "This program has changed since you allowed it.",
      rule: before.rules[0],
    });
    expect([rules, code]).toEqual([[], 0]);
    expect(await rulesOf(path)).toEqual(before.rules);
    expect(await unasked(address, path)).toBe(0);
    const { events } = await (await helper.client()).call("history.events", { range: "1h" });
    expect(events.filter((event) => event.kind === "appChanged" && event.app === path)).toHaveLength(1);
    // The way back is known.
    replace(path, first);
    expect(await unasked(address, path)).toBe(0);
  });

  test("is not asked about because it was touched, copied over itself or linked anew", async () => {
    const address = network.address(4);
    const path = program(first);
    await answered(address, path, "allow");
    utimesSync(path, 1, 1);
    expect(await unasked(address, path)).toBe(0);
    replace(path, first);
    expect(await unasked(address, path)).toBe(0);
  });

  test("and is replaced, is asked about again each time until it is allowed for longer than once", async () => {
    const address = network.address(4);
    const path = program(first);
    await answered(address, path, "allow");
    replace(path, second);
    for (const [action, code] of [
      ["allow", 0],
      ["block", refused],
    ] as const) {
      const once = await answered(address, path, action, "once");
      expect([once.prompt.changed?.kind, once.code]).toEqual(["content", code]);
    }
    replace(path, first);
    expect(await unasked(address, path)).toBe(0);
  });

  test("and is replaced, is still the changed one to a helper that starts anew", async () => {
    const address = network.address(4);
    const path = program(first);
    await answered(address, path, "allow");
    replace(path, second);
    await helper.signal("SIGKILL");
    await helper.start();
    expect((await answered(address, path, "allow")).prompt.changed?.kind).toBe("content");
    await helper.signal("SIGKILL");
    await helper.start();
    expect(await unasked(address, path)).toBe(0);
  });
});

test("the kernel lets the changed program wait while no helper answers, and decides alone once it is known again", async () => {
  const address = network.address(4);
  const path = program(first);
  await answered(address, path, "allow");
  const knocking = () => guarded(helper, network.near, [path, address, `${port}`]);
  await knocking();
  const alone = async (milliseconds: number): Promise<number | null | "waits"> => {
    await helper.signal("SIGSTOP");
    const running = knocking();
    const waits = new Promise<"waits">((resolve) => setTimeout(() => resolve("waits"), milliseconds));
    const what = await Promise.race([running.then(({ code }) => code), waits]);
    await helper.signal("SIGCONT");
    if (what === "waits") {
      const { id } = await helper.prompt(address);
      await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "forever" });
      await running;
    }
    return what;
  };
  expect(await alone(20_000)).toBe(0);
  replace(path, second);
  expect(await alone(2000)).toBe("waits");
  // It was met by the helper once since.
  expect(await unasked(address, path)).toBe(0);
  expect(await alone(20_000)).toBe(0);
});

test("a block holds whatever is in the program", async () => {
  const [open, shut] = [network.address(4), network.address(4)];
  const path = program(first);
  await answered(open, path, "allow");
  await answered(shut, path, "block");
  replace(path, second);
  expect(await unasked(shut, path)).toBe(refused);
});

test("what was blocked first and replaced is not what the rule was made for", async () => {
  const address = network.address(4);
  const path = program(first);
  await answered(address, path, "block", "once");
  replace(path, second);
  const { prompt } = await answered(address, path, "allow");
  expect(prompt.changed ?? null).toBeNull();
  replace(path, first);
  expect((await answered(address, path, "block", "once")).prompt.changed?.kind).toBe("content");
});

test("a rule that is added by hand is for what the program is, and explain says when it has changed", async () => {
  const address = network.address(4);
  const path = program(first);
  const api = await helper.client();
  await api.call("rules.add", { app: path, action: "allow" });
  expect(await unasked(address, path)).toBe(0);
  const asked = { app: path, address, port };
  expect(await api.call("explain", asked)).toMatchObject({ verdict: "allow" });
  replace(path, second);
  await answered(address, path, "block", "once");
  expect(await api.call("explain", asked)).toMatchObject({
    verdict: "ask",
    reason: "This program has changed since you allowed it.",
  });
});

test("a script is asked about again when its text has changed", async () => {
  const address = network.address(4);
  const script = join(mkdtempSync(join(folder, "own-")), "sync.py");
  chmodSync(dirname(script), 0o755);
  const text = `#!/usr/bin/python3\n${readFileSync(join(clients, "liar.py"), "utf8")}`;
  writeFileSync(script, text, { mode: 0o755 });
  const run = (at: string) =>
    guarded(helper, network.near, ["env", "PATH=/usr/bin:/bin", script, "plain", at, `${port}`]);
  const running = run(address);
  const { id } = await helper.prompt(address);
  const api = await helper.client();
  await api.call("prompts.answer", { id, action: "allow", scope: "any", lifetime: "forever" });
  expect(JSON.parse((await running).stdout).ok).toBe(true);
  const path = joinAppPath({ executable: python, script });
  await until("what it is to be read", () => isRead(path));
  utimesSync(script, 1, 1);
  expect(JSON.parse((await run(network.address(4))).stdout).ok).toBe(true);
  writeFileSync(script, `${text}# changed\n`);
  const other = network.address(4);
  const again = run(other);
  const prompt = await helper.prompt(other);
  expect([prompt.app.path, prompt.changed?.kind]).toEqual([path, "content"]);
  await api.call("prompts.answer", { id: prompt.id, action: "block" });
  await again;
});

/** Is told an address, a line each: connects there; makes two more sockets; sends there; connects there. Says what came of it. */
const sockets = `import socket, sys
def connect(s):
    try: s.connect((sys.stdin.readline().strip(), ${port}))
    except OSError as error: return error.errno
    return 0
print(connect(socket.socket()), flush=True)
stream, datagrams = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("made", flush=True)
print(datagrams.sendto(b"x", (sys.stdin.readline().strip(), ${port})), flush=True)
print(connect(stream), flush=True)
`;

/** What does all this: a copy of Python or a script. `end`: another content that does the same. */
function socketsBy(kind: "program" | "script", path: string, end: string): string[] {
  const script = `#!/usr/bin/python3\n${sockets}`;
  writeFileSync(`${path}.new`, kind === "script" ? script : readFileSync(python), { mode: 0o755 });
  appendFileSync(`${path}.new`, end);
  renameSync(`${path}.new`, path);
  return kind === "script" ? [path] : [path, "-c", sockets];
}

test.for([["program"], ["script"]] as const)(
  "sockets that a %s made before it was replaced do not profit from what is allowed to its successor",
  async ([kind]) => {
    const path = join(mkdtempSync(join(folder, "own-")), "sockets");
    chmodSync(dirname(path), 0o755);
    const [before, successor] = [network.address(4), network.address(4)];
    const [datagrams, stream] = [network.address(4), network.address(4)];
    const api = await helper.client();
    const command = socketsBy(kind, path, "");
    const child = spawn(...inGuard(helper, network.near, command), { stdio: ["pipe", "pipe", "inherit"] });
    const older = new Talker(child);
    const tell = (address: string) => child.stdin.write(`${address}\n`);
    const answerOnce = async (address: string, action: "allow" | "block") => {
      const prompt = await helper.prompt(address);
      await api.call("prompts.answer", { id: prompt.id, action, lifetime: "once" });
      return prompt;
    };
    // Its file is not there any more: nobody can be sure of it.
    const gone = /^\[.*changed\)\]$/;
    try {
      tell(before);
      expect((await answerOnce(before, "allow")).changed ?? null).toBeNull();
      expect([await older.line(), await older.line()]).toEqual(["0", "made"]);

      const next = spawn(...inGuard(helper, network.near, socketsBy(kind, path, "# other\n")), {
        stdio: ["pipe", "pipe", "inherit"],
      });
      next.stdin.write(`${successor}\n`);
      const { id } = await helper.prompt(successor);
      await api.call("prompts.answer", { id, action: "allow", scope: "any", lifetime: "forever" });
      expect(await new Talker(next).line()).toBe("0");
      next.stdin.end();

      tell(datagrams);
      expect((await answerOnce(datagrams, "block")).app.path).toMatch(gone);
      expect(await older.line()).toBe("1");
      tell(stream);
      expect((await answerOnce(stream, "block")).app.path).toMatch(gone);
      expect(await older.line()).toBe(`${refused}`);
      expect([await network.arrivedAt(datagrams), await network.arrivedAt(stream)]).toEqual([0, 0]);
    } finally {
      older.kill();
    }
  },
);
