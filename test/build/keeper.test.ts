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
    const { keeper } = await keep(broken);
    if (keeper.exitCode === null) await once(keeper, "exit");
    expect(keeper.exitCode).toBe(7);
  });
});
