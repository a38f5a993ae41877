// `picket rules`: list, add, remove, enable, disable.
import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { joinAppPath, splitAppPath } from "../../contract/app-path.ts";
import { ruleLifetimeSchema } from "../../contract/lifetime.ts";
import { actionSchema, type Rule, ruleDirectionSchema } from "../../contract/words.ts";
import { withHelper } from "./helper-connection.ts";
import { lifetimeFrom, lifetimeText } from "./lifetime-text.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

const verbs = ["list", "add", "remove", "enable", "disable"] as const;

export async function rules(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined || first.startsWith("-")) return list(args);
  const verb = oneOf("what to do with rules", first, verbs);
  if (verb === "list") return list(rest);
  if (verb === "add") return add(rest);
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
        ["ID", "ON", "ACTION", "APP", "DIRECTION", "ADDRESS", "PORT", "PROTOCOL", "LIFETIME", "ORIGIN", "NOTE"],
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
    rule.app ?? "any",
    rule.direction,
    rule.zone ?? rule.address ?? "any",
    rule.port === null ? "any" : String(rule.port),
    rule.protocol ?? "any",
    lifetimeText(rule, Date.now()),
    rule.origin,
    rule.note,
  ];
}

async function add(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    app: { type: "string" },
    action: { type: "string" },
    address: { type: "string" },
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
    address: values.address ?? null,
    port: values.port === undefined ? null : portNumber(values.port),
    protocol: values.protocol === undefined ? null : oneOf("--protocol", values.protocol, ["tcp", "udp"]),
    lifetime: lifetimeFrom(values.lifetime, ruleLifetimeSchema),
    direction: oneOf("--direction", values.direction, ruleDirectionSchema.options),
  };
  const rule = await withHelper("rules", (helper) => helper.call("rules.add", params));
  say(
    values.json,
    rule,
    `added ${rule.id}: ${cells(rule).slice(2, 8).join(" ")}${rule.replaced === null ? "" : `, replaces ${rule.replaced}`}`,
  );
  return 0;
}

async function change(verb: "remove" | "enable" | "disable", args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [id, ...rest] = positionals;
  if (!id) throw new UsageError(`rules ${verb} needs the rule's ID`);
  takeNoMore(rest);
  const result = await withHelper("rules", (helper) =>
    verb === "remove"
      ? helper.call("rules.remove", { id })
      : helper.call("rules.enable", { id, enabled: verb === "enable" }),
  );
  say(values.json, result, `${verb}d ${id}`);
  return 0;
}

function say(json: boolean | undefined, result: unknown, sentence: string): void {
  process.stdout.write(json ? `${printableJson(result, 2)}\n` : `${printable(sentence)}\n`);
}

/** An executable, and behind "//" the script that it runs, if it is an interpreter. */
function appPath(given: string): string {
  const { executable, script } = splitAppPath(given);
  return joinAppPath({ executable: executablePath(executable), script });
}

/** Rules name the executable itself, so links are resolved here, where the person sees the same files; a path not there yet stays as it is. */
function executablePath(given: string): string {
  if (given === "") throw new UsageError("--app is empty (a path, or any)");
  const path = given.includes("/") ? resolve(given) : (onPath(given) ?? resolve(given));
  try {
    const real = realpathSync(path);
    if (!statSync(real).isFile()) throw new UsageError(`--app: "${given}" is not a program`);
    if (isScript(real))
      throw new UsageError(
        `--app: "${given}" is a script; name it behind its interpreter: /usr/bin/python3.11/${real}`,
      );
    return real;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (isAbsolute(given)) return path;
    throw new UsageError(`--app: "${given}" is neither an absolute path nor a program that can be found`);
  }
}

/** Runnable, yet no program that the kernel itself can run: an app with such a path never comes. What cannot be read is believed. */
function isScript(path: string): boolean {
  try {
    const fd = openSync(path, "r");
    try {
      const start = Buffer.alloc(4);
      readSync(fd, start, 0, 4, 0);
      return start.toString("latin1") !== "\x7fELF";
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function onPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
      } catch {
        return false;
      }
    });
}

function portNumber(given: string): number {
  const port = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (port < 1 || port > 65535) throw new UsageError(`--port is a number from 1 to 65535, not "${given}"`);
  return port;
}
