// Runs as root between `npm start` and the helper: an ordinary user may not signal a root process, but may close its standard input.
// When that closes, for whatever reason, the helper ends; it cannot outlive the terminal that it was started for. A helper that dies by
// itself is started again and adopts what the kernel enforces meanwhile: nothing is unguarded because a process crashed.
// usage: node build/keeper.ts STATE-FOLDER COMMAND [ARG…]
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupMount, instanceOf, notesFolder, pinsFolder, sliceOf } from "../main/cli/instances.ts";
import { helperEnvironment } from "./helper-environment.ts";
import { root } from "./paths.ts";

/** A helper that is asked to end removes its programs, pins and cgroups first. */
const endMs = 10_000;
/** Before it is started again: long enough to see that `picket off` killed it and took the guard away. */
const pauseMs = 1_000;
/** So many ends within so long, and it is not started again. */
const failuresMax = 5;
const failuresMs = 60_000;
/** What the helper exits with when it has said in one plain line why it cannot start. */
const saidWhy = 2;

const [state = "", ...command] = process.argv.slice(2);
if (!state || command.length === 0) throw new Error("usage: keeper.ts STATE-FOLDER COMMAND [ARG…]");

let helper: ChildProcess | undefined;
let wasReady = false;
let pinned = false;
let known: string | undefined;
/** An earlier helper's: a start that fails must not take them away. */
const foundBefore = traces().length > 0;
let asked = false;
let killer: NodeJS.Timeout | undefined;
let failures: number[] = [];

function run(): void {
  // A session of its own: the terminal's Ctrl-C must not reach the helper before the window is closed. And should this process be
  // killed, the kernel passes SIGTERM on.
  const child = spawn("setpriv", ["--pdeathsig", "TERM", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    env: helperEnvironment(isOwn(state) ? join(state, "compiled") : null),
  });
  helper = child;
  child.stdout.on("data", (chunk: Buffer) => {
    if (/^ready$/m.test(chunk.toString())) becameReady();
    process.stdout.write(chunk);
  });
  child.on("error", (error) => {
    console.error(`The helper cannot be started: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", async (code, signal) => {
    // Its last words may arrive after it.
    await Promise.race([finished(child.stdout).catch(() => {}), sleep(200)]);
    helper = undefined;
    ended(code, signal);
  });
}

/** Whether a helper has made the state folder, for root alone. What lies there would be run before anybody else could ask. */
function isOwn(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

function becameReady(): void {
  if (wasReady) console.error("The helper is back.");
  wasReady = true;
  known ??= instance();
  pinned = pins().some((path) => existsSync(path));
}

function ended(code: number | null, signal: NodeJS.Signals | null): void {
  clearTimeout(killer);
  const how = signal ? `was ended by ${signal}` : `ended with ${code}`;
  if (code === 0 && !asked) console.error("The helper was told to end, and Picket ends with it.");
  if (code === 0 || asked) leave(code ?? 1);
  if (!wasReady) {
    if (code !== saidWhy) console.error(`The helper ${how} before it enforced anything; its own words are above.`);
    if (!foundBefore) tidy();
    process.exit(code || 1);
  }
  const now = performance.now();
  failures = [...failures.filter((time) => now - time < failuresMs), now];
  if (failures.length >= failuresMax) giveUp(how);
  console.error(
    `The helper ${how}; it is started again. What is decided stays enforced, what is undecided stays held.`,
  );
  setTimeout(restart, pauseMs);
}

function restart(): void {
  if (asked) return;
  if (pinned && !pins().some((path) => existsSync(path))) {
    console.error("The guard was taken away (picket off), and Picket ends with it.");
    process.exit(1);
  }
  run();
}

function giveUp(how: string): never {
  const name = instance();
  const off = `sudo npx picket off${name && name !== "picket" ? ` --instance ${name}` : ""}`;
  console.error(
    [
      `The helper ${how}, for the ${failuresMax}th time within a minute, and is not started again.`,
      "The kernel goes on enforcing what is decided. What is undecided stays held, and nobody can answer it.",
      `\`npm start\` tries again; \`${off}\` takes the guard away.`,
    ].join("\n"),
  );
  process.exit(1);
}

function end(): void {
  if (asked) return;
  asked = true;
  if (!helper) leave(0);
  helper?.kill("SIGTERM");
  killer = setTimeout(() => {
    console.error(`The helper did not end within ${endMs / 1000} s and is killed.`);
    helper?.kill("SIGKILL");
  }, endMs);
}

/** The end that somebody asked for: nothing stays behind, whatever state the helper was in. */
function leave(code: number): never {
  const tidied = tidy();
  process.exit(code === 0 && !tidied ? 1 : code);
}

/** Removes what an end in order has left. False when that failed. */
function tidy(): boolean {
  const name = instance();
  if (!name || traces().length === 0) return true;
  const off = [process.execPath, join(root, "main/cli/picket.ts"), "off", "--instance", name];
  // Under the lock that every helper takes on its state folder: if another one has it, all this is that one's.
  const locked = ["--nonblock", "--close", join(state, "helper.lock"), ...off];
  const { status } = spawnSync("flock", locked, { stdio: ["ignore", "ignore", "inherit"], timeout: 30_000 });
  if (status === 0) console.error("What the helper had left in the kernel is removed.");
  return status === 0;
}

/** Undefined as long as no helper has made the state folder. */
function instance(): string | undefined {
  if (known) return known;
  return existsSync(state) ? instanceOf(realpathSync(state)) : undefined;
}

function pins(): string[] {
  const name = instance();
  return name ? [join(pinsFolder, name)] : [];
}

function traces(): string[] {
  const name = instance();
  if (!name) return [];
  const mount = cgroupMount();
  const cgroups = mount ? [join(mount, name), join(mount, sliceOf(name))] : [];
  return [...pins(), ...cgroups, join(notesFolder, `${name}.json`)].filter((path) => existsSync(path));
}

// A reader that is gone is no reason to die before the helper does.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
process.stdin.on("end", end).on("error", end).resume();
process.on("SIGTERM", end);
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
run();
