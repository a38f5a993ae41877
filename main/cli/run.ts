// `picket run -- CMD ARG…`: the helper moves this very process into a guarded cgroup, and CMD, its child, is born there.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { basename } from "node:path";
import { closeInheritedDescriptors } from "./descriptors.ts";
import { withHelper } from "./helper-connection.ts";
import { printable } from "./table.ts";
import { UsageError } from "./usage.ts";

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"] as const;

export async function run(args: string[]): Promise<number> {
  const [dashes, command, ...rest] = args;
  if (dashes !== "--") throw new UsageError("run needs -- before the command: picket run -- CMD [ARG…]");
  if (!command) throw new UsageError("run needs a command: picket run -- CMD [ARG…]");
  closeInheritedDescriptors();
  // The connection is closed again before CMD exists: no guarded app may hold a line to the helper that is ours.
  await withHelper("run", (helper) => helper.call("run.enter", { name: basename(command).slice(0, 64) }));
  return runChild(command, rest);
}

/** The exit code of the shells: the child's own, 128 + n for signal n, 127 not found, 126 not executable. */
function runChild(command: string, args: string[]): Promise<number> {
  return new Promise((resolve) => {
    // Before the command is there: one that arrives in between must not end us and leave the command behind.
    for (const signal of forwarded) {
      process.on(signal, () => {
        if (!sentByTerminal(signal)) child.kill(signal);
      });
    }
    const child = spawn(command, args, { stdio: "inherit" });
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      process.stderr.write(
        `picket: ${printable(command)}: ${missing ? "not found" : `cannot be run (${error.code ?? error.message})`}\n`,
      );
      resolve(missing ? 127 : 126);
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]));
  }).then((code) => {
    for (const signal of forwarded) process.removeAllListeners(signal);
    return code as number;
  });
}

/**
 * A terminal sends Ctrl-C and Ctrl-\ to its whole foreground group, the child included. Passing them on would deliver them twice, and many
 * programs take a second Ctrl-C for "at once".
 */
function sentByTerminal(signal: NodeJS.Signals): boolean {
  if (signal !== "SIGINT" && signal !== "SIGQUIT" && signal !== "SIGWINCH" && signal !== "SIGCONT") return false;
  const stat = readFileSync("/proc/self/stat", "latin1");
  // Fields after the command name, which may hold anything: state, ppid, pgrp, session, tty_nr, tpgid.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return foreground !== "-1" && group === foreground;
}
