// `picket doctor`: what works, what does not and what to do about it. Works without a helper and without root, and says what it could not see.
import { readFileSync } from "node:fs";
import { CodedError } from "../../contract/errors.ts";
import { defaultSocket, HelperClient } from "../client/client.ts";
import { desktopFindings, readDesktop } from "./doctor/desktop.ts";
import { diskFindings } from "./doctor/disk.ts";
import { type Facts, readFacts } from "./doctor/facts.ts";
import type { Finding } from "./doctor/finding.ts";
import { helperFindings } from "./doctor/helper.ts";
import { kernelFindings } from "./doctor/kernel.ts";
import { surroundingsFindings } from "./doctor/surroundings.ts";
import { printable, printableJson } from "./table.ts";
import { parseWords, takeNoMore } from "./usage.ts";

/** Exit code 1: something is wrong. What could not be seen is not. */
export async function doctor(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const findings = await examine();
  const isWrong = findings.some(({ state }) => state === "wrong");
  if (values.json) process.stdout.write(`${printableJson({ fine: !isWrong, findings }, 2)}\n`);
  else process.stdout.write(textOf(findings));
  return isWrong ? 1 : 0;
}

export async function examine(): Promise<Finding[]> {
  const facts = readFacts(await askHelper());
  const desktop = await readDesktop(process.env).catch(() => null);
  return [
    ...kernelFindings(facts),
    ...helperFindings(facts),
    ...diskFindings(facts),
    ...surroundingsFindings(facts),
    ...desktopFindings(desktop),
  ];
}

async function askHelper(): Promise<Pick<Facts["helper"], "status" | "failure" | "version" | "socket">> {
  const version = ownVersion();
  try {
    const client = await HelperClient.connect(defaultSocket, "picket doctor");
    try {
      return { status: await client.call("status", {}), failure: null, version, socket: defaultSocket };
    } finally {
      client.close();
    }
  } catch (error) {
    const code = error instanceof CodedError ? error.code : "failed";
    return { status: null, failure: { code, message: (error as Error).message }, version, socket: defaultSocket };
  }
}

export function ownVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const marks: Record<Finding["state"], string> = { good: "ok", note: "note", wrong: "WRONG", unknown: "?" };

/** What is wrong comes last, where a person looks. */
function textOf(findings: readonly Finding[]): string {
  const order: Finding["state"][] = ["good", "unknown", "note", "wrong"];
  const sorted = order.flatMap((state) => findings.filter((finding) => finding.state === state));
  const lines = sorted.flatMap(({ state, check, found, fix }) => [
    `${marks[state].padEnd(6)}${check}: ${found}`,
    ...(fix === undefined ? [] : [`${" ".repeat(6)}→ ${fix}`]),
  ]);
  const count = findings.filter(({ state }) => state === "wrong").length;
  const end = count === 0 ? "Nothing is wrong." : count === 1 ? "One thing is wrong." : `${count} things are wrong.`;
  return [...lines, "", end].map((line) => `${printable(line)}\n`).join("");
}
