// Entry of a foreground helper: `npm run helper -- --state DIR --socket PATH [--owner UID] [--guard CGROUP]…`.
// Prints `ready` when it enforces. SIGTERM or SIGINT ends it and removes its pins and cgroups.
import { type Helper, startHelper } from "./helper.ts";
import { log } from "./log.ts";
import { type Options, parseOptions } from "./options.ts";

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

let helper: Helper | undefined;
let ending = false;

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await helper?.close(true);
  process.exit(0);
}

process.on("SIGTERM", () => void end());
process.on("SIGINT", () => void end());
process.on("unhandledRejection", (error) => {
  log("error", "unhandled", { error: String((error as Error)?.stack ?? error) });
});

try {
  helper = await startHelper(options, { checkpoint: () => {}, stop: () => void end() });
  process.stdout.write("ready\n");
} catch (error) {
  log("error", "the helper cannot start", { error: String((error as Error).stack ?? error) });
  process.exit(1);
}
