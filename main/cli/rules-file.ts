// `picket rules export` and `picket rules apply`: the permanent rules as a file, and back.
import { CodedError } from "../../contract/errors.ts";
import type { Result } from "../../contract/methods.ts";
import { type FileRule, fileRule, parseRulesFile, rulesFile } from "../../contract/rules-file.ts";
import type { Rule } from "../../contract/words.ts";
import type { HelperClient } from "../client/client.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { readText } from "./read-text.ts";
import { printable, printableJson } from "./table.ts";
import { parseWords, takeNoMore, UsageError } from "./usage.ts";

/** Bytes of a file that is read at once; the helper takes fewer rules than fit. */
const largestFile = 64 * 1024 * 1024;

export async function exportRules(args: string[]): Promise<number> {
  const { positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const rules = await withHelper("rules", (helper) => helper.call("rules.list", {}));
  process.stdout.write(`${printableJson(rulesFile(rules), 2)}\n`);
  return 0;
}

export async function applyRules(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { "dry-run": { type: "boolean" }, json: { type: "boolean" } });
  const [path, ...rest] = positionals;
  if (path === undefined) throw new UsageError("rules apply needs a FILE (- for what is piped in)");
  takeNoMore(rest);
  const file = parseRulesFile(readText(path, largestFile, "bad_rules_file"));
  const dryRun = values["dry-run"] ?? false;
  const { result, before } = await (dryRun ? withHelper : changing)("rules", async (helper) => {
    const before = await helper.call("rules.list", {});
    const [problem] = await stageRules(helper, file.rules);
    if (problem) throw new CodedError("bad_rules_file", `rules.${problem.at}: ${problem.message}`);
    return { before, result: await helper.call("rules.apply", { factory: file.factory, dryRun }) };
  });
  const lines = [...differenceLines(result, file.rules, before), summary(result, dryRun)];
  process.stdout.write(
    values.json ? `${printableJson(result, 2)}\n` : lines.map((line) => `${printable(line)}\n`).join(""),
  );
  return 0;
}

type Problem = Result<"rules.stage">["problems"][number];

/** Well below what a request may have: what surrounds the rules, and how their text is escaped, comes on top. */
const partBytes = 48 * 1024;

/** Gives the helper the rules of a file, a part at a time. Returns those that cannot be, by their place. */
export async function stageRules(helper: HelperClient, rules: readonly FileRule[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  let part: FileRule[] = [];
  let bytes = 0;
  let first = true;
  const send = async () => {
    problems.push(...(await helper.call("rules.stage", { first, rules: part })).problems);
    [part, bytes, first] = [[], 0, false];
  };
  for (const rule of rules) {
    const size = Buffer.byteLength(JSON.stringify(rule));
    if (part.length > 0 && bytes + size > partBytes) await send();
    part.push(rule);
    bytes += size + 1;
  }
  await send();
  return problems;
}

/** "+ allow /usr/bin/curl …", "- …", "~ … → …": what a file changes. `before`: the rules as they were. */
export function differenceLines(
  { added, changed, removed, factory }: Result<"rules.apply">,
  rules: readonly FileRule[],
  before: readonly Rule[],
): string[] {
  const known = new Map(before.map((rule) => [rule.id, rule]));
  const old = (id: string) => {
    const rule = known.get(id);
    return rule === undefined ? id : `${ruleText(fileRule(rule))} (${id})`;
  };
  const made = (at: number) => ruleText(rules[at] ?? { action: "ask" });
  return [
    ...removed.map((id) => `- ${old(id)}`),
    ...changed.map(({ id, at }) => `~ ${old(id)} → ${made(at)}`),
    ...added.map((at) => `+ ${made(at)}`),
    ...factory.map(({ id, enabled }) => `~ ${id} ${enabled ? "enabled" : "disabled"}`),
  ];
}

/** A rule on one line, in the words of `rules add`. */
export function ruleText({ action, app, enabled, note, origin: _origin, source: _source, ...rest }: FileRule): string {
  const words = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  const end = [...(enabled === false ? ["disabled"] : []), ...(note ? [`“${note}”`] : [])];
  return [action, app ?? "any app", ...words, ...end].join(", ");
}

export function summary({ added, changed, removed, factory, change }: Result<"rules.apply">, dryRun: boolean): string {
  const counts = `${added.length} added, ${changed.length + factory.length} changed, ${removed.length} removed`;
  if (dryRun) return `would be: ${counts}`;
  return change === null ? "nothing to change" : `${counts}; picket rules undo takes it back`;
}
