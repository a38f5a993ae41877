// Entry of a foreground helper: `npm run helper -- --state DIR --socket PATH [--owner UID] [--guard CGROUP]…`.
// Prints `ready` when it enforces. SIGTERM or SIGINT ends it and removes its pins and cgroups; with --service, which the systemd unit
// passes, they stay and enforce until it is started again.
import { flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Helper, startHelper } from "./helper.ts";
import { trimMemory } from "./kernel/libc.ts";
import { log } from "./log.ts";
import { type Options, parseOptions } from "./options.ts";
import { StartError } from "./start-error.ts";
import { tellServiceManager } from "./watchdog.ts";

// The young generation stays at its first megabyte. Otherwise reading the rules grows it to 64 MB, which V8 gives back late or never.
setFlagsFromString("--semi-space-growth-factor=1");

function fail(message: string): never {
  process.stderr.write(`picket helper: ${message}\n`);
  process.exit(2);
}

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    return fail((error as Error).message);
  }
}

if (process.getuid?.() !== 0) fail("it loads programs into the kernel and must run as root");
const options = readOptions();

let ending = false;
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
    if (error instanceof StartError) fail(error.message);
    log("error", "the helper cannot start", { error: String((error as Error).stack ?? error) });
    process.exit(1);
  }
}

const starting = start();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(!options.service));
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
