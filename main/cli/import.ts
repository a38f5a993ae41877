// `picket import FILE`: rules of other firewalls, with a report of what could not be carried over.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { CodedError } from "../../contract/errors.ts";
import type { Result } from "../../contract/methods.ts";
import type { Rule } from "../../contract/words.ts";
import type { Imported, Remark } from "../import/imported.ts";
import { isRuleGroup, readRuleGroup } from "../import/little-snitch.ts";
import { isOpenSnitchRule, readOpenSnitch } from "../import/open-snitch.ts";
import { withHelper } from "./helper-connection.ts";
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
  const imported = strictestFirst(read(path));
  const rules = imported.rules.map(({ rule }) => rule);
  const { result, problems, before } = await withHelper("import", async (helper) => {
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

/** Errors: bad_rules_file. */
function read(path: string): Imported {
  if (statSync(path).isDirectory()) {
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
  if (isHosts(content))
    throw new CodedError("bad_rules_file", "a hosts file is a blocklist: picket blocklists add FILE --name NAME");
  throw new CodedError("bad_rules_file", "neither rules of Little Snitch nor of OpenSnitch");
}

function textOf(path: string): string {
  if (statSync(path).size > largestFile) throw new CodedError("bad_rules_file", `${path} is larger than 64 MiB`);
  return readFileSync(path, "utf8");
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** Every line an address and names, or nothing but a comment. */
function isHosts(content: string): boolean {
  const lines = content
    .slice(0, 65_536)
    .split(/\r?\n/)
    .slice(0, -1)
    .concat(content.length < 65_536 ? content.split(/\r?\n/).slice(-1) : []);
  const said = lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  return said.length > 0 && said.every((line) => /^[\da-fA-F:.]+(%\w+)?\s+\S/.test(line));
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
    `${imported.source}: ${carriedOver} rules carried over, ${leftOut.length} not`,
    summary(result, dryRun),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}
