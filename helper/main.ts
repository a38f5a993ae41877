// Entry of a foreground helper: `npm run helper -- --state DIR --socket PATH [--owner UID] [--guard CGROUP]…`.
// Prints `ready` when it enforces. SIGTERM or SIGINT ends it and removes its pins and cgroups; with --service, which the systemd unit
// passes, they stay and enforce until it is started again.
import { flushCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Helper } from "./assemble.ts";
import { startHelper } from "./helper.ts";
import { trimMemory } from "./kernel/libc.ts";
import { log } from "./log.ts";
import { type Options, parseOptions } from "./options.ts";
import { StartError } from "./start-error.ts";
import { tellServiceManager } from "./watchdog.ts";

// The young generation stays at its first megabyte. Otherwise reading the rules grows it to 64 MB, which V8 gives back late or never.
setFlagsFromString("--semi-space-growth-factor=1");

const signals = ["SIGTERM", "SIGINT"] as const;
/** How long a service that cannot start waits before it says so, milliseconds. */
const failPause = 10_000;

/**
 * It may be only for now, so systemd starts it again a moment later, for as long as the computer runs: without a pause that would take a good
 * part of a processor, and of the journal.
 */
async function giveUp(code: number): Promise<never> {
  for (const signal of signals) process.removeAllListeners(signal); // from now on they end it at once
  if (process.argv.includes("--service") && !ending) await sleep(failPause);
  process.exit(code);
}

function fail(message: string): Promise<never> {
  process.stderr.write(`picket helper: ${message}\n`);
  return giveUp(2);
}

async function readOptions(): Promise<Options> {
  try {
    return parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    return fail((error as Error).message);
  }
}

let ending = false;
if (process.getuid?.() !== 0) await fail("it loads programs into the kernel and must run as root");
const options = await readOptions();

let leave = () => {};

/** Also while it starts: what is half made is finished and taken down in order. */
async function end(removePins: boolean): Promise<void> {
  if (ending) return;
  ending = true;
  try {
    leave();
    await (await starting)?.close(removePins);
    process.exit(0);
  } catch (error) {
    log("error", "the helper could not take everything down", { error: String((error as Error).stack ?? error) });
    process.exit(1);
  }
}

/** As if it had been killed: nothing that is stored may be written any more, and systemd starts it again. */
function abandon(): void {
  setImmediate(() => process.exit(1));
}

async function start(): Promise<Helper | undefined> {
  try {
    return await startHelper(options, { checkpoint: () => {}, stop: () => void end(true), abandon });
  } catch (error) {
    if (error instanceof StartError) return fail(error.message);
    log("error", "the helper cannot start", { error: String((error as Error).stack ?? error) });
    return giveUp(1);
  }
}

const starting = start();
for (const signal of signals) process.on(signal, () => void end(!options.service));
process.on("unhandledRejection", (error) => {
  log("error", "unhandled", { error: String((error as Error)?.stack ?? error) });
});
await starting;
leave = tellServiceManager(process.env);
// What reading the rules and compiling them took goes back to the system now, not when V8 next runs short.
setFlagsFromString("--expose-gc");
runInNewContext("gc")({ type: "major", execution: "sync", flavor: "last-resort" });
trimMemory();
process.stdout.write("ready\n");
// For the next start, also if this process is killed. Nothing where nobody named a folder for it.
flushCompileCache();
