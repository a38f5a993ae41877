#!/usr/bin/env node
// The `picket` command line: finds the command, and turns whatever goes wrong into one line and an exit code (2 usage, 1 otherwise).
import { readFileSync } from "node:fs";
import { CodedError } from "../../contract/errors.ts";
import { printable } from "./table.ts";
import { type CommandWord, isCommandWord, UsageError, usage, usageOf } from "./usage.ts";

type Command = (args: string[]) => Promise<number>;

/** Loaded one at a time: `off` has to work where the rest cannot even be loaded, and `run` must start quickly. */
const commands: Record<CommandWord, () => Promise<Command>> = {
  status: async () => (await import("./status.ts")).status,
  run: async () => (await import("./run.ts")).run,
  prompts: async () => (await import("./prompts.ts")).prompts,
  answer: async () => (await import("./prompts.ts")).answer,
  rules: async () => (await import("./rules.ts")).rules,
  import: async () => (await import("./import.ts")).importRules,
  explain: async () => (await import("./explain.ts")).explain,
  blocklists: async () => (await import("./blocklists.ts")).blocklists,
  flows: async () => (await import("./flows.ts")).flows,
  history: async () => (await import("./history.ts")).history,
  doctor: async () => (await import("./doctor.ts")).doctor,
  "support-bundle": async () => (await import("./support-bundle.ts")).supportBundle,
  backup: async () => (await import("./backup.ts")).backup,
  restore: async () => (await import("./backup.ts")).restore,
  mode: async () => (await import("./mode.ts")).mode,
  pause: async () => (await import("./mode.ts")).pause,
  lockdown: async () => (await import("./mode.ts")).lockdown,
  confirm: async () => (await import("./mode.ts")).confirm,
  profile: async () => (await import("./profile.ts")).profile,
  learn: async () => (await import("./learn.ts")).learn,
  off: async () => (await import("./off.ts")).off,
};

async function main(argv: string[]): Promise<number> {
  const [word, ...args] = argv;
  if (word === undefined || word === "--help" || word === "-h" || word === "help") {
    process.stdout.write(usage());
    return 0;
  }
  if (word === "--version") {
    process.stdout.write(`picket ${version()}\n`);
    return 0;
  }
  if (!isCommandWord(word)) throw new UsageError(`there is no command "${word}"; picket --help lists them`);
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (own.includes("--help") || own.includes("-h")) {
    process.stdout.write(usageOf(word, own[0]));
    return 0;
  }
  return (await commands[word]())(args);
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function report(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`picket: ${printable(message)}\n`);
  if (!(error instanceof UsageError) && !(error instanceof CodedError) && process.env.PICKET_DEBUG)
    console.error(error);
  return error instanceof UsageError ? 2 : 1;
}

// `picket flows | head`: a reader that has seen enough is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error) => (process.exitCode = report(error)),
);
