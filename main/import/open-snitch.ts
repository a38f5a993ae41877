// Rules of OpenSnitch: one JSON object each, a condition or several that must all hold. Pure.
import type { FileRule } from "../../contract/rules-file.ts";
import { cidrsOf } from "./addresses.ts";
import { combinations, type Imported, NotCarriedOver, rulesPerItem } from "./imported.ts";

type Json = Record<string, unknown>;
type Fields = Partial<FileRule>;

interface Operator {
  readonly type: string;
  readonly operand: string;
  readonly data: string;
  readonly list: readonly unknown[];
}

const actions: Readonly<Record<string, FileRule["action"]>> = { allow: "allow", deny: "block", reject: "block" };

export function isOpenSnitchRule(value: unknown): value is Json {
  return typeof value === "object" && value !== null && typeof (value as Json).operator === "object";
}

export function readOpenSnitch(rules: readonly { file: string; value: unknown }[], source: string): Imported {
  const imported: Imported = { source, rules: [], leftOut: [], different: [] };
  for (const { file, value } of rules) {
    const item = isOpenSnitchRule(value) && typeof value.name === "string" ? value.name : file;
    try {
      if (!isOpenSnitchRule(value)) throw new NotCarriedOver("It is no rule of OpenSnitch.");
      imported.rules.push(...rulesOf(value).map((rule) => ({ item, rule: { ...rule, source } })));
      imported.different.push(...differences(value).map((why) => ({ item, why })));
    } catch (error) {
      if (!(error instanceof NotCarriedOver)) throw error;
      imported.leftOut.push({ item, why: error.message });
    }
  }
  return imported;
}

function differences({ action, precedence, enabled, operator }: Json): string[] {
  const found: string[] = [];
  if (precedence === true) found.push("Its priority is gone: of Picket's rules the narrowest wins.");
  if (action === "deny") found.push("Picket refuses at once what OpenSnitch drops without a word.");
  if (enabled === false) found.push("Disabled, it lets the next rule decide; in OpenSnitch the default action would.");
  if (conditions(operator).some(({ operand, data }) => operand === "dest.network" && data.toUpperCase() === "LAN"))
    found.push("Picket's local network has link-local, shared and multicast addresses as well.");
  if (/^(tcp|udp)$/.test(onlyProtocol(operator)))
    found.push("In OpenSnitch its protocol is IPv4's alone; in Picket it is IPv6's too.");
  return found;
}

function onlyProtocol(value: unknown): string {
  const parts = conditions(value).filter(({ operand }) => operand === "protocol");
  const four = conditions(value).some(
    ({ operand, data }) => operand.startsWith("dest.") && /^\d+\.\d+\.\d+\./.test(data),
  );
  return four ? "" : (parts[0]?.data.toLowerCase() ?? "");
}

function rulesOf({ action, duration, enabled, operator, description }: Json): FileRule[] {
  const known = actions[String(action)];
  if (known === undefined) throw new NotCarriedOver(`Its action is ${String(action)}.`);
  if (duration !== "always") throw new NotCarriedOver(`It is temporary (${String(duration)}).`);
  const all = conditions(operator);
  const operands = all.map(({ operand }) => operand);
  const twice = operands.find((operand, index) => operand !== "true" && operands.indexOf(operand) !== index);
  if (twice !== undefined) throw new NotCarriedOver(`It has two conditions about ${twice}.`);
  if (operands.filter((operand) => ["dest.ip", "dest.host", "dest.network"].includes(operand)).length > 1)
    throw new NotCarriedOver("It wants a name and an address at once; a rule of Picket's has one destination.");
  const about = combinations(all.map(fieldsOf));
  if (about.length > rulesPerItem) throw new NotCarriedOver(`It would be ${about.length} rules.`);
  const note = typeof description === "string" ? description.slice(0, 1024) : "";
  return about.map((part) => ({
    action: known,
    ...part,
    ...(enabled === false && { enabled: false }),
    origin: "import",
    ...(note !== "" && { note }),
  }));
}

/** The conditions of an operator, a list's one by one. */
function conditions(value: unknown): Operator[] {
  const { type, operand, data, list } = (value ?? {}) as Json;
  const operator = {
    type: String(type),
    operand: String(operand),
    data: String(data ?? ""),
    list: Array.isArray(list) ? list : [],
  };
  if (operator.type !== "list") return [operator];
  if (operator.list.length === 0) throw new NotCarriedOver("Its list of conditions is empty.");
  return operator.list.flatMap(conditions);
}

function fieldsOf({ type, operand, data }: Operator): Fields[] {
  if (operand === "true" && type === "simple") return [{}];
  if (type === "network" && operand === "dest.network")
    return networks[data.toUpperCase()] ?? [addressFields(data, "/")];
  if (type === "range" && operand === "dest.port") return [portRange(data)];
  if (type === "lists" || operand.startsWith("lists."))
    throw new NotCarriedOver("It reads a list of files: picket blocklists add FILE --name N takes each.");
  const take = Object.hasOwn(takers, operand) ? takers[operand] : undefined;
  if (take === undefined) throw new NotCarriedOver(`Picket's rules have nothing like ${operand}.`);
  if (type === "simple") return [take(data)];
  if (type !== "regexp") throw new NotCarriedOver(`Nobody knows conditions of type ${type}.`);
  const domain = operand === "dest.host" ? domainOf(data) : null;
  if (domain !== null) return [{ domain }];
  const literals = literalsOf(data);
  if (literals === null) throw new NotCarriedOver(`Picket has no patterns: ${operand} ${data}.`);
  return literals.map(take);
}

/** The domain of a pattern that means it and all within: "^(|.*\.)example\.org$", "(^|\.)example\.org$". Null for any other. */
function domainOf(pattern: string): string | null {
  const [, name] =
    /^(?:\^\((?:\?:)?(?:\|\.\*\\\.|\.\*\\\.\|)\)|\^\((?:\?:)?\.\*\\\.\)\?|\((?:\?:)?\^\|\\\.\))([\w-]+(?:\\\.[\w-]+)+)\$$/.exec(
      pattern,
    ) ?? [];
  return name === undefined ? null : name.replaceAll("\\.", ".").toLowerCase();
}

/** The words of a pattern that is nothing but some, "^(53|80)$"; null for any other. */
function literalsOf(pattern: string): string[] | null {
  const [, whole] = /^\^(.*)\$$/.exec(pattern) ?? [];
  if (whole === undefined) return null;
  const [, grouped] = /^\((.*)\)$/.exec(whole) ?? [];
  if (grouped === undefined && whole.includes("|")) return null; // "^a|b$" is anchored on one side each
  const words = (grouped ?? whole).split("|");
  if (!words.every((word) => /^(?:[\w/:@%~, -]|\\[./+-])+$/.test(word))) return null;
  return words.map((word) => word.replaceAll("\\", ""));
}

/** OpenSnitch's own names for ranges (network_aliases.json); Picket's zone has multicast and link-local addresses as well. */
const networks: Readonly<Record<string, Fields[]>> = {
  LAN: [{ zone: "local" }, { zone: "loopback" }],
  MULTICAST: [{ address: "224.0.0.0/4" }, { address: "ff00::/8" }],
};

const takers: Readonly<Record<string, (data: string) => Fields>> = {
  "process.path": (app) => {
    if (!app.startsWith("/")) throw new NotCarriedOver(`Its program is no path: ${app}.`);
    return { app };
  },
  "user.id": (data) => {
    if (!/^\d{1,10}$/.test(data) || Number(data) > 0xfffffffe)
      throw new NotCarriedOver(`Not a user's number: ${data}.`);
    return { user: Number(data) };
  },
  "dest.host": (host) => ({ host }),
  "dest.ip": (data) => addressFields(data, ""),
  "dest.port": (data) => ({ port: portOf(data) }),
  protocol: (data) => {
    const [, name, six] = /^(tcp|udp|icmp)(6|v6)?$/i.exec(data) ?? [];
    if (name === undefined) throw new NotCarriedOver(`Picket tells TCP, UDP and ICMP apart, not ${data}.`);
    if (six !== undefined)
      throw new NotCarriedOver(`It is for ${data} alone; a rule of Picket's is for IPv4 and IPv6.`);
    return { protocol: name.toLowerCase() as "tcp" | "udp" | "icmp" };
  },
};

function addressFields(data: string, needed: string): Fields {
  const [address, more] = cidrsOf(data) ?? [];
  if (address === undefined || more !== undefined || !data.includes(needed))
    throw new NotCarriedOver(`Not an address that can be read: ${data}.`);
  return { address };
}

function portOf(data: string): number {
  const port = /^\d{1,5}$/.test(data) ? Number(data) : 0;
  if (port < 1 || port > 65535) throw new NotCarriedOver(`Not a port: ${data}.`);
  return port;
}

function portRange(data: string): Fields {
  const [first = "", last, more] = data.split("-").map((part) => part.trim());
  if (last === undefined || more !== undefined) throw new NotCarriedOver(`Not a range of ports: ${data}.`);
  const [port, portTo] = [portOf(first), portOf(last)];
  if (portTo < port) throw new NotCarriedOver(`Not a range of ports: ${data}.`);
  return port === portTo ? { port } : { port, portTo };
}
