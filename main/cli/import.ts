// `picket import FILE`: rules of other firewalls, with a report of what could not be carried over.
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { CodedError } from "../../contract/errors.ts";
import type { Result } from "../../contract/methods.ts";
import type { Rule } from "../../contract/words.ts";
import type { Imported, Remark } from "../import/imported.ts";
import { isRuleGroup, readRuleGroup } from "../import/little-snitch.ts";
import { isOpenSnitchRule, readOpenSnitch } from "../import/open-snitch.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { importHosts, isHosts } from "./import-hosts.ts";
import { readText } from "./read-text.ts";
import { differenceLines, stageRules, summary } from "./rules-file.ts";
import { printable, printableJson } from "./table.ts";
import { parseWords, takeNoMore, UsageError } from "./usage.ts";

/** Bytes of a file that is read at once. */
const largestFile = 64 * 1024 * 1024;

export async function importRules(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { "dry-run": { type: "boolean" }, json: { type: "boolean" } });
  const [path, ...rest] = positionals;
  if (path === undefined) throw new UsageError("import needs a FILE, or the folder of OpenSnitch's rules");
  takeNoMore(rest);
  const dryRun = values["dry-run"] ?? false;
  const found = read(path);
  if ("hosts" in found) return importHosts(path, found.hosts, dryRun, values.json ?? false);
  const imported = strictestFirst(found);
  const rules = imported.rules.map(({ rule }) => rule);
  const { result, problems, before } = await (dryRun ? withHelper : changing)("import", async (helper) => {
    const before = await helper.call("rules.list", {});
    const problems = await stageRules(helper, rules);
    return { before, problems, result: await helper.call("rules.apply", { source: imported.source, dryRun }) };
  });
  const leftOut = [
    ...imported.leftOut,
    ...problems.map(({ at, message }) => ({ item: imported.rules[at]?.item ?? String(at), why: message })),
  ];
  const carriedOver = rules.length - problems.length;
  const { source, different } = imported;
  if (values.json)
    process.stdout.write(`${printableJson({ source, carriedOver, leftOut, different, ...result }, 2)}\n`);
  else process.stdout.write(report({ imported, leftOut, carriedOver, result, before, dryRun }));
  return 0;
}

/** Of two rules about the same, the one that lets less through is taken and the other reported. */
function strictestFirst(imported: Imported): Imported {
  const strictness = { block: 0, ask: 1, allow: 2 };
  const rules = [...imported.rules].sort((a, b) => strictness[a.rule.action] - strictness[b.rule.action]);
  return { ...imported, rules };
}

/** `hosts`: the text of a hosts file, which is a list and no rules. Errors: bad_rules_file, file_unreadable. */
function read(path: string): Imported | { hosts: string } {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const names = readdirSync(path).filter((name) => name.endsWith(".json"));
    if (names.length === 0) throw new CodedError("bad_rules_file", "no .json file is in the folder");
    const rules = names.sort().map((file) => ({ file, value: jsonOf(textOf(join(path, file))) }));
    return readOpenSnitch(rules, "OpenSnitch");
  }
  const content = textOf(path);
  const value = jsonOf(content);
  const name = basename(path);
  if (isOpenSnitchRule(value))
    return readOpenSnitch([{ file: name, value }], `OpenSnitch: ${String(value.name ?? name)}`.slice(0, 256));
  if (isRuleGroup(value)) return readRuleGroup(value, name);
  if (isHosts(content)) return { hosts: content };
  throw new CodedError("bad_rules_file", "neither rules of Little Snitch nor of OpenSnitch, and no hosts file");
}

const textOf = (path: string) => readText(path, largestFile, "bad_rules_file");

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

interface Report {
  readonly imported: Imported;
  readonly leftOut: readonly Remark[];
  readonly carriedOver: number;
  readonly result: Result<"rules.apply">;
  readonly before: readonly Rule[];
  readonly dryRun: boolean;
}

function report({ imported, leftOut, carriedOver, result, before, dryRun }: Report): string {
  const rules = imported.rules.map(({ rule }) => rule);
  const section = (title: string, remarks: readonly Remark[]) =>
    remarks.length === 0 ? [] : [title, ...remarks.map(({ item, why }) => `  ${item}: ${why}`)];
  const lines = [
    ...(dryRun ? differenceLines(result, rules, before) : []),
    ...section("Not carried over:", leftOut),
    ...section("Carried over, with a difference:", imported.different),
    `${imported.source}: ${carriedOver} ${carriedOver === 1 ? "rule" : "rules"} carried over, ${leftOut.length} not`,
    summary(result, dryRun),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}
