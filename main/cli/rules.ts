// `picket rules`: list, check, add, remove, enable, disable, undo.

import { withoutFactoryRule } from "../../contract/factory-rules.ts";
import { ruleLifetimeSchema } from "../../contract/lifetime.ts";
import { fileRule } from "../../contract/rules-file.ts";
import { actionSchema, type Rule, ruleDirectionSchema, zoneSchema } from "../../contract/words.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { lifetimeFrom, lifetimeText } from "./lifetime-text.ts";
import { appPath, placeText, portRange, portText, userId } from "./rule-words.ts";
import { applyRules, exportRules, ruleText } from "./rules-file.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

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
  else
    process.stdout.write(
      table(
        ["ID", "ON", "ACTION", "APP", "DIRECTION", "WHERE", "PORT", "PROTOCOL", "LIFETIME", "ORIGIN", "HINT", "NOTE"],
        found.map(cells),
      ),
    );
  return 0;
}

function cells(rule: Rule): string[] {
  return [
    rule.id,
    rule.enabled ? "yes" : "no",
    rule.action,
    subject(rule),
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

/** Whom a rule is about. */
function subject({ app, via, user, profile }: Rule): string {
  const parts = [app ?? "any"];
  if (via !== null) parts.push(`via ${via}`);
  if (user !== null) parts.push(`as ${user}`);
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
    ...(values.port !== undefined && portRange(values.port)),
    profile: values.profile ?? null,
    note: values.note,
    protocol: values.protocol === undefined ? null : oneOf("--protocol", values.protocol, ["tcp", "udp"]),
    lifetime: lifetimeFrom(values.lifetime, ruleLifetimeSchema),
    direction: oneOf("--direction", values.direction, ruleDirectionSchema.options),
  };
  const rule = await changing("rules", (helper) => helper.call("rules.add", params));
  say(
    values.json,
    rule,
    `added ${rule.id}: ${cells(rule).slice(2, 8).join(" ")}${rule.replaced === null ? "" : `, replaces ${rule.replaced}`}`,
  );
  return 0;
}

async function undo(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const result = await changing("rules", (helper) => helper.call("rules.undo", {}));
  say(values.json, result, "took the last change of rules back");
  return 0;
}

async function change(verb: "remove" | "enable" | "disable", args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [id, ...rest] = positionals;
  if (!id) throw new UsageError(`rules ${verb} needs the rule's ID`);
  takeNoMore(rest);
  const result = await changing("rules", (helper) =>
    verb === "remove"
      ? helper.call("rules.remove", { id })
      : helper.call("rules.enable", { id, enabled: verb === "enable" }),
  );
  const missed = verb === "disable" ? withoutFactoryRule(id) : null;
  say(values.json, result, missed === null ? `${verb}d ${id}` : `${verb}d ${id}. ${missed}`);
  return 0;
}

function say(json: boolean | undefined, result: unknown, sentence: string): void {
  process.stdout.write(json ? `${printableJson(result, 2)}\n` : `${printable(sentence)}\n`);
}
