// `picket rules`: list, check, add, remove, enable, disable, undo.

import { withoutFactoryRule } from "../../contract/factory-rules.ts";
import { ruleLifetimeSchema } from "../../contract/lifetime.ts";
import type { Result } from "../../contract/methods.ts";
import { portionsOf } from "../../contract/rules-at-once.ts";
import { fileRule } from "../../contract/rules-file.ts";
import { actionSchema, type Rule, ruleDirectionSchema, zoneSchema } from "../../contract/words.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { lifetimeFrom, lifetimeText } from "./lifetime-text.ts";
import { appPath, placeText, portRanges, portText, userId } from "./rule-words.ts";
import { applyRules, exportRules, ruleText } from "./rules-file.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";
import { userText } from "./user-text.ts";

const verbs = ["list", "check", "add", "remove", "enable", "disable", "undo", "export", "apply"] as const;

export async function rules(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined || first.startsWith("-")) return list(args);
  const verb = oneOf("what to do with rules", first, verbs);
  if (verb === "list") return list(rest);
  if (verb === "add") return add(rest);
  if (verb === "undo") return undo(rest);
  if (verb === "check") return check(rest);
  if (verb === "export") return exportRules(rest);
  if (verb === "apply") return applyRules(rest);
  return change(verb, rest);
}

async function list(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const found = await withHelper("rules", (helper) => helper.call("rules.list", {}));
  if (values.json) process.stdout.write(`${printableJson(found, 2)}\n`);
  else process.stdout.write(table(columns, found.map(cells), "no rules"));
  return 0;
}

const columns = "ID ON ACTION APP FOR DIRECTION WHERE PORT PROTOCOL LIFETIME ORIGIN HINT NOTE".split(" ");

function cells(rule: Rule): string[] {
  return [
    rule.id,
    rule.enabled ? "yes" : "no",
    rule.action,
    subject(rule),
    rule.user === null ? "everybody" : userText(rule.user),
    rule.direction,
    placeText(rule),
    portText(rule),
    rule.protocol ?? "any",
    lifetimeText(rule, Date.now()),
    rule.origin,
    (rule.hints ?? []).map(({ kind, by }) => (by === null ? kind : `${kind} by ${by}`)).join(", ") || "-",
    rule.note,
  ];
}

/** What is to be said of the rules, a sentence each. */
async function check(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const found = await withHelper("rules", (helper) => helper.call("rules.list", {}));
  const remarks = found.flatMap((rule) => {
    const missed = rule.enabled ? null : withoutFactoryRule(rule.id);
    const hints = (rule.hints ?? []).map(({ kind, by, why }) => ({ rule: rule.id, kind, by, why }));
    return missed === null ? hints : [...hints, { rule: rule.id, kind: "disabled", by: null, why: missed }];
  });
  if (values.json) process.stdout.write(`${printableJson(remarks, 2)}\n`);
  else if (remarks.length === 0) process.stdout.write("every rule has its part\n");
  else {
    const rules = new Map(found.map((rule) => [rule.id, rule]));
    for (const { rule, kind, why } of remarks) {
      const about = rules.get(rule);
      process.stdout.write(`${printable(`${kind} ${rule} (${about ? ruleText(fileRule(about)) : "gone"}): ${why}`)}\n`);
    }
  }
  return 0;
}

/** What a rule is about. */
function subject({ app, via, profile }: Rule): string {
  const parts = [app ?? "any"];
  if (via !== null) parts.push(`via ${via}`);
  if (profile !== null) parts.push(`in ${profile}`);
  return parts.join(" ");
}

async function add(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    app: { type: "string" },
    action: { type: "string" },
    via: { type: "string" },
    user: { type: "string" },
    address: { type: "string" },
    host: { type: "string" },
    domain: { type: "string" },
    zone: { type: "string" },
    profile: { type: "string" },
    note: { type: "string", default: "" },
    port: { type: "string" },
    protocol: { type: "string" },
    lifetime: { type: "string", default: "forever" },
    direction: { type: "string", default: "outbound" },
    json: { type: "boolean" },
  });
  takeNoMore(positionals);
  if (values.app === undefined) throw new UsageError("--app is missing (a path, or any)");
  const params = {
    app: values.app === "any" ? null : appPath(values.app),
    action: oneOf("--action", values.action, actionSchema.options),
    via: values.via === undefined ? null : appPath(values.via, "--via"),
    user: values.user === undefined ? null : userId(values.user),
    address: values.address ?? null,
    host: values.host ?? null,
    domain: values.domain ?? null,
    zone: values.zone === undefined ? null : oneOf("--zone", values.zone, zoneSchema.options),
    profile: values.profile ?? null,
    note: values.note,
    protocol: values.protocol === undefined ? null : oneOf("--protocol", values.protocol, ["tcp", "udp"]),
    lifetime: lifetimeFrom(values.lifetime, ruleLifetimeSchema),
    direction: oneOf("--direction", values.direction, ruleDirectionSchema.options),
  };
  const ports = values.port === undefined ? [{}] : portRanges(values.port);
  const sentence = (rule: Result<"rules.add">) =>
    `added ${rule.id}: ${madeText(rule)}${rule.replaced === null ? "" : `, replaces ${rule.replaced}`}`;
  const made: Result<"rules.add">[] = [];
  let all: Rule[] = [];
  try {
    await changing("rules", async (helper) => {
      for (const port of ports) made.push(await helper.call("rules.add", { ...params, ...port }));
      all = await helper.call("rules.list", {});
    });
  } finally {
    // Of several, those before the one that could not be stay made.
    if (made.length > 0) sayEach(values.json, made, made.map(sentence));
  }
  for (const line of made.flatMap((rule) => doubts(rule, all)))
    process.stderr.write(`${printable(`picket: ${line}`)}\n`);
  return 0;
}

function madeText(rule: Rule): string {
  const [, , action, app, user, ...rest] = cells(rule);
  return [action, app, ...(rule.user === null ? [] : [`for ${user}`]), ...rest.slice(0, 4)].join(" ");
}

/** What a person may not have meant by a new rule. */
function doubts(rule: Rule, all: readonly Rule[]): string[] {
  const { app, address, host, domain, zone, port, action } = rule;
  const anywhere = [address, host, domain, zone, port].every((part) => part === null);
  const broad = app === null && anywhere && action !== "ask";
  const hints = all.find(({ id }) => id === rule.id)?.hints ?? [];
  return [
    ...(broad ? [`rule ${rule.id} is about every app and every destination: picket rules undo takes it back`] : []),
    ...hints.map(({ kind, why }) => `rule ${rule.id} is ${kind}: ${why}`),
  ];
}

async function undo(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const result = await changing("rules", (helper) => helper.call("rules.undo", {}));
  if (values.json) {
    process.stdout.write(`${printableJson(result, 2)}\n`);
    return 0;
  }
  const { removed, restored, more } = result;
  const line = (sign: string) => (rule: Rule) => `${sign} ${rule.id}: ${ruleText(fileRule(rule))}`;
  const lines = [
    "took the last change of rules back",
    ...removed.map(line("-")),
    ...restored.map(line("+")),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
  process.stdout.write(lines.map((each) => `${printable(each)}\n`).join(""));
  return 0;
}

async function change(verb: "remove" | "enable" | "disable", args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  if (positionals.length === 0) throw new UsageError(`rules ${verb} needs the rule's ID`);
  const results: unknown[] = [];
  const done: string[] = [];
  try {
    await changing("rules", async (helper) => {
      for (const ids of portionsOf([...new Set(positionals)])) {
        const work =
          verb === "remove"
            ? helper.call("rules.remove", { ids })
            : helper.call("rules.enable", { ids, enabled: verb === "enable" });
        results.push(await work);
        for (const id of ids) {
          const missed = verb === "disable" ? withoutFactoryRule(id) : null;
          done.push(missed === null ? `${verb}d ${id}` : `${verb}d ${id}. ${missed}`);
        }
      }
    });
  } finally {
    // Of more than one request takes, those before the one that could not be stay changed.
    if (results.length > 0) sayEach(values.json, results, done);
  }
  return 0;
}

/** One result as it is, several as a list; a line each for people. */
function sayEach(json: boolean | undefined, results: readonly unknown[], sentences: readonly string[]): void {
  const [only] = results;
  process.stdout.write(
    json
      ? `${printableJson(results.length === 1 ? only : results, 2)}\n`
      : sentences.map((sentence) => `${printable(sentence)}\n`).join(""),
  );
}
