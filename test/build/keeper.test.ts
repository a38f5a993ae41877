// The helper's keeper: however `npm start` ends, the helper ends too, and no other way does a terminal reach it.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";

type Keeper = ChildProcessByStdio<Writable, Readable, Readable>;
const keeperPath = join(import.meta.dirname, "../../build/keeper.ts");

/** Stand-ins for the helper: each says its pid, and the first says `bye` when asked to end. */
const obedient = `process.on("SIGTERM", () => { console.log("bye"); process.exit(0) }); setInterval(() => {}, 1e6); console.log(process.pid)`;
const deaf = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); console.log(process.pid)`;
const broken = `console.log(process.pid); process.exit(7)`;
const steady = `${obedient}; console.log("ready")`;
const short = `console.log(process.pid); console.log("ready"); process.exit(1)`;
const mistyped = `console.log(process.pid); console.error("picket helper: no such cgroup"); process.exit(2)`;

let keepers: Keeper[] = [];
let helpers: number[] = [];

async function keep(script: string) {
  const args = [keeperPath, "/nonexistent", process.execPath, "-e", script];
  const keeper = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  keepers.push(keeper);
  const said = { out: "", err: "" };
  keeper.stdout.on("data", (chunk) => (said.out += chunk));
  keeper.stderr.on("data", (chunk) => (said.err += chunk));
  await until(() => /^\d+$/m.test(said.out));
  const helper = Number(/^\d+$/m.exec(said.out)?.[0]);
  helpers.push(helper);
  return { keeper, said, helper };
}

async function until(happened: () => boolean, ms = 20_000): Promise<void> {
  for (const deadline = Date.now() + ms; !happened(); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`it did not happen within ${ms} ms`);
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const lives = (pid: number) => existsSync(`/proc/${pid}`);

const pids = (said: { out: string }) => said.out.match(/^\d+$/gm)?.map(Number) ?? [];

afterEach(() => {
  for (const keeper of keepers) keeper.kill("SIGKILL");
  // A deaf one outlives its killed keeper. The name is checked, for the pid may be somebody else's by now.
  for (const pid of helpers.filter((pid) => commandOf(pid).includes("setInterval"))) process.kill(pid, "SIGKILL");
  keepers = [];
  helpers = [];
});

describe("the keeper", () => {
  test("ends the helper when its standard input closes, and waits for it", async () => {
    const { keeper, said, helper } = await keep(obedient);
    keeper.stdin.end();
    const [code] = await once(keeper, "close");
    expect(code).toBe(0);
    expect(said.out).toMatch(/bye/);
    expect(lives(helper)).toBe(false);
  });

  test("keeps a terminal's Ctrl-C and hang-up from the helper", async () => {
    const { keeper, helper } = await keep(obedient);
    keeper.kill("SIGINT");
    keeper.kill("SIGHUP");
    await sleep(500);
    expect([keeper.exitCode, lives(helper)]).toEqual([null, true]);
    keeper.stdin.end();
    await once(keeper, "close");
  });

  test("takes the helper along when it is killed itself", async () => {
    const { keeper, helper } = await keep(obedient);
    keeper.kill("SIGKILL");
    await until(() => !lives(helper));
  });

  test("kills a helper that does not listen, after its patience", async () => {
    const { keeper, said, helper } = await keep(deaf);
    keeper.stdin.end();
    const [code] = await once(keeper, "close");
    expect(code).not.toBe(0);
    expect(said.err).toMatch(/did not end within 10 s/);
    expect(lives(helper)).toBe(false);
  });

  test("passes on the exit code of a helper that ends by itself", async () => {
    const { keeper, said } = await keep(broken);
    if (keeper.exitCode === null) await once(keeper, "close");
    expect(keeper.exitCode).toBe(7);
    expect(pids(said)).toHaveLength(1);
    expect(said.err).toBe("The helper ended with 7 before it enforced anything; its own words are above.\n");
  });

  test("adds nothing to the words of a helper that said why it cannot start", async () => {
    const { keeper, said } = await keep(mistyped);
    if (keeper.exitCode === null) await once(keeper, "close");
    expect(keeper.exitCode).toBe(2);
    expect(said.err).toBe("picket helper: no such cgroup\n");
  });

  test("starts a helper that was killed again, with the same command, within 2 s and what a start takes here", async () => {
    const starting = performance.now();
    const { keeper, said, helper } = await keep(steady);
    await until(() => /^ready$/m.test(said.out));
    const start = performance.now() - starting;
    const command = commandOf(helper);
    process.kill(helper, "SIGKILL");
    const began = performance.now();
    await until(() => pids(said).length === 2);
    expect(performance.now() - began).toBeLessThan(2000 + start);
    const [, again = 0] = pids(said);
    helpers.push(again);
    expect(commandOf(again)).toBe(command);
    await until(() => /is back/.test(said.err));
    expect(said.err).toBe(
      "The helper was ended by SIGKILL; it is started again. What is decided stays enforced, what is undecided stays held.\nThe helper is back.\n",
    );
    keeper.stdin.end();
    const [code] = await once(keeper, "close");
    expect(code).toBe(0);
    expect(lives(again)).toBe(false);
  });

  test("ends when it is asked to while there is no helper, and starts none", async () => {
    const { keeper, said, helper } = await keep(steady);
    await until(() => /^ready$/m.test(said.out));
    process.kill(helper, "SIGKILL");
    await until(() => /is started again/.test(said.err));
    keeper.stdin.end();
    const [code] = await once(keeper, "close");
    expect(code).toBe(0);
    expect(pids(said)).toHaveLength(1);
  });

  test("does not start a helper again that was told to end by somebody else", async () => {
    const { keeper, said, helper } = await keep(steady);
    await until(() => /^ready$/m.test(said.out));
    process.kill(helper, "SIGTERM");
    const [code] = await once(keeper, "close");
    expect(code).toBe(0);
    expect(pids(said)).toHaveLength(1);
    expect(said.err).toBe("The helper was told to end, and Picket ends with it.\n");
  });

  test("gives up on the fifth end in a minute and says what that means", async () => {
    const { keeper, said } = await keep(short);
    const [code] = await once(keeper, "close");
    expect(code).toBe(1);
    expect(pids(said)).toHaveLength(5);
    expect(said.err.match(/is started again/g)).toHaveLength(4);
    expect(said.err).toMatch(/ended with 1, for the 5th time within a minute, and is not started again/);
    expect(said.err).toMatch(/goes on enforcing what is decided.*undecided stays held/);
    expect(said.err).toMatch(/`sudo npx picket off` takes the guard away/);
  });
});
