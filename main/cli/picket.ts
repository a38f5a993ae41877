#!/usr/bin/env node
// The `picket` command line: finds the command, and turns whatever goes wrong into one line and an exit code (2 usage, 1 otherwise).
import { readFileSync } from "node:fs";
import { CodedError } from "../../contract/errors.ts";
import { commands } from "./commands.ts";
import { printable } from "./table.ts";
import { isCommandWord, UsageError, usage, usageOf } from "./usage.ts";

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
