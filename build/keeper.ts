// Runs as root between `npm start` and the helper: an ordinary user may not signal a root process, but may close its standard input.
// When that closes, for whatever reason, the helper ends; it cannot outlive the terminal that it was started for.
// usage: node build/keeper.ts STATE-FOLDER COMMAND [ARG…]
import { spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { instanceOf } from "../main/cli/instances.ts";
import { root } from "./paths.ts";

/** A helper that is asked to end removes its programs, pins and cgroups first. */
const endMs = 10_000;

const [state, ...command] = process.argv.slice(2);
if (!state || command.length === 0) throw new Error("usage: keeper.ts STATE-FOLDER COMMAND [ARG…]");

// A session of its own: the terminal's Ctrl-C must not reach the helper before the window is closed. And should this process be
// killed, the kernel passes SIGTERM on.
const helper = spawn("setpriv", ["--pdeathsig", "TERM", ...command], {
  stdio: ["ignore", "pipe", "inherit"],
  detached: true,
});

let ready = false;
let asked = false;
let killer: NodeJS.Timeout | undefined;

helper.stdout.on("data", (chunk: Buffer) => {
  ready ||= /^ready$/m.test(chunk.toString());
  process.stdout.write(chunk);
});
// A reader that is gone is no reason to die before the helper does.
process.stdout.on("error", () => {});

function end(): void {
  if (asked) return;
  asked = true;
  helper.kill("SIGTERM");
  killer = setTimeout(() => {
    console.error(`The helper did not end within ${endMs / 1000} s and is killed.`);
    helper.kill("SIGKILL");
  }, endMs);
}

process.stdin.on("end", end).on("error", end).resume();
process.on("SIGTERM", end);
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});

helper.on("error", (error) => {
  console.error(`The helper cannot be started: ${error.message}`);
  process.exit(1);
});
helper.on("exit", (code, signal) => {
  clearTimeout(killer);
  const clean = code === 0;
  // Only what had become ready can have left programs and pins; anything else found there would be another helper's.
  if (!clean && ready) {
    console.error("The helper did not end cleanly; removing what it left in the kernel (picket off).");
    spawnSync(
      process.execPath,
      [join(root, "main/cli/picket.ts"), "off", "--instance", instanceOf(realpathSync(state))],
      {
        stdio: ["ignore", "inherit", "inherit"],
        timeout: 30_000,
      },
    );
  }
  if (signal && !asked) console.error(`The helper was ended by ${signal}.`);
  process.exit(clean ? 0 : (code ?? 1) || 1);
});
