// Rule groups of Little Snitch (.lsrules), version 4 and later. Pure. What its documentation leaves open is not carried over.
import type { FileRule } from "../../contract/rules-file.ts";
import { cidrsOf } from "./addresses.ts";
import { combinations, type Imported, NotCarriedOver, rulesPerItem } from "./imported.ts";

type Json = Record<string, unknown>;
type Fields = Partial<FileRule>;

const actions: Readonly<Record<string, FileRule["action"]>> = { allow: "allow", deny: "block", ask: "ask" };
const directions: Readonly<Record<string, "outbound" | "inbound" | "both">> = {
  outgoing: "outbound",
  incoming: "inbound",
  both: "both",
};
const protocols: Readonly<Record<string, "tcp" | "udp" | "icmp">> = {
  tcp: "tcp",
  udp: "udp",
  icmp: "icmp",
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
};

/** Keys that change nothing about which connections a rule is about. */
const silent = ["notes", "creationDate", "modificationDate", "uid", "origin", "help", "factory", "approved"];
const understood = [
  ...silent,
  ...["action", "process", "via", "direction", "priority", "disabled", "ports", "protocol", "owner", "remote"],
  ...["remote-addresses", "remote-hosts", "remote-domains"],
];

export function isRuleGroup(value: unknown): value is Json {
  if (typeof value !== "object" || value === null) return false;
  return ["rules", "denied-remote-domains", "denied-remote-hosts", "denied-remote-addresses"].some((key) =>
    Array.isArray((value as Json)[key]),
  );
}

/** `name`: of the file, for a group without one. */
export function readRuleGroup(group: Json, name: string): Imported {
  const title = typeof group.name === "string" && group.name !== "" ? group.name : name;
  const imported: Imported = { source: `Little Snitch: ${title}`.slice(0, 256), rules: [], leftOut: [], different: [] };
  const rules = Array.isArray(group.rules) ? group.rules : [];
  for (const [index, rule] of rules.entries()) readItem(rule as Json, `rules.${index}`, imported);
  for (const kind of ["domains", "hosts", "addresses"] as const) readDenied(group, kind, imported);
  return imported;
}

function readItem(rule: Json, place: string, imported: Imported): void {
  const item = [place, rule?.process, rule?.notes]
    .filter((part) => typeof part === "string")
    .join(" ")
    .slice(0, 200);
  try {
    imported.rules.push(...rulesOf(rule).map((rule) => ({ item, rule: { ...rule, source: imported.source } })));
    if (rule.priority !== undefined && rule.priority !== "default" && rule.priority !== "regular")
      imported.different.push({ item, why: "Its priority is gone: of Picket's rules the narrowest wins." });
    if (rule.remote === "local-net")
      imported.different.push({ item, why: "Picket's local network is every private and link-local range." });
  } catch (error) {
    if (!(error instanceof NotCarriedOver)) throw error;
    imported.leftOut.push({ item, why: error.message });
  }
}

function rulesOf(rule: Json): FileRule[] {
  if (typeof rule !== "object" || rule === null) throw new NotCarriedOver("It is no rule.");
  const strange = Object.keys(rule).find((key) => !understood.includes(key));
  if (strange !== undefined) throw new NotCarriedOver(`Nobody knows what “${strange}” means.`);
  const action = actions[String(rule.action)];
  if (action === undefined) throw new NotCarriedOver("It says neither allow nor deny nor ask.");
  if (rule.owner !== undefined && rule.owner !== "any") throw new NotCarriedOver("It is for one user, by a name.");
  const direction = directions[String(rule.direction ?? "outgoing")];
  if (direction === undefined) throw new NotCarriedOver(`Its direction is ${String(rule.direction)}.`);
  const about = combinations([who(rule), remotes(rule), ports(rule), protocol(rule)]);
  if (about.length > rulesPerItem) throw new NotCarriedOver(`It would be ${about.length} rules.`);
  const note = typeof rule.notes === "string" ? rule.notes.slice(0, 1024) : "";
  return about.map((part) => ({
    action,
    ...part,
    ...(direction !== "outbound" && { direction }),
    ...(rule.disabled === true && { enabled: false }),
    origin: "import",
    ...(note !== "" && { note }),
  }));
}

const macFolders = /^\/(Applications|Library|System|Users|Volumes|private)\//;

function program(value: unknown, what: string): string {
  if (typeof value !== "string" || !value.startsWith("/"))
    throw new NotCarriedOver(`Its ${what} is no path of a program: ${String(value)}.`);
  if (macFolders.test(value)) throw new NotCarriedOver(`Its ${what} is a program of macOS: ${value}.`);
  return value;
}

function who({ process, via }: Json): Fields[] {
  if (process === "any") {
    if (via !== undefined) throw new NotCarriedOver("It is for any program by way of another, which Picket has not.");
    return [{}];
  }
  const app = program(process, "process");
  return [via === undefined ? { app } : { app, via: program(via, "via") }];
}

function texts(value: unknown): string[] {
  const list = Array.isArray(value) ? value : String(value).split(",");
  return list.map((each) => String(each).trim()).filter((each) => each !== "");
}

const named: Readonly<Record<string, Fields[]>> = {
  any: [{}],
  "local-net": [{ zone: "local" }],
  "dns-servers": [{ zone: "resolvers" }],
  multicast: [{ address: "224.0.0.0/4" }, { address: "ff00::/8" }],
};

function remotes(rule: Json): Fields[] {
  const given = ["remote", "remote-addresses", "remote-hosts", "remote-domains"].filter(
    (key) => rule[key] !== undefined,
  );
  if (given.length !== 1) throw new NotCarriedOver("It does not say where to, or says so twice.");
  const [key = ""] = given;
  if (key === "remote") {
    const place = Object.hasOwn(named, String(rule.remote)) ? named[String(rule.remote)] : undefined;
    if (place === undefined)
      throw new NotCarriedOver(`Picket has nothing like the destination ${String(rule.remote)}.`);
    return place;
  }
  const values = texts(rule[key]);
  if (values.length === 0) throw new NotCarriedOver("It does not say where to.");
  if (key === "remote-hosts") return values.map((host) => ({ host }));
  if (key === "remote-domains") return values.map((domain) => ({ domain }));
  return values.flatMap(addresses);
}

function addresses(text: string): Fields[] {
  const cidrs = cidrsOf(text);
  if (cidrs === null) throw new NotCarriedOver(`Not an address that can be read: ${text}.`);
  return cidrs.map((address) => ({ address }));
}

function ports({ ports }: Json): Fields[] {
  if (ports === undefined || ports === "any") return [{}];
  return texts(ports).map((text) => {
    const [, first, last] = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(text) ?? [];
    const [port, portTo] = [Number(first), last === undefined ? Number(first) : Number(last)];
    if (first === undefined || port < 1 || portTo < port || portTo > 65535)
      throw new NotCarriedOver(`Not a port: ${text}.`);
    return portTo === port ? { port } : { port, portTo };
  });
}

function protocol({ protocol }: Json): Fields[] {
  if (protocol === undefined || protocol === "any") return [{}];
  const known = protocols[String(protocol).toLowerCase()];
  if (known === undefined) throw new NotCarriedOver(`Picket tells TCP, UDP and ICMP apart, not ${String(protocol)}.`);
  return [{ protocol: known }];
}

function readDenied(group: Json, kind: "domains" | "hosts" | "addresses", imported: Imported): void {
  const key = `denied-remote-${kind}`;
  const listed = group[key];
  if (!Array.isArray(listed) || listed.length === 0) return;
  if (listed.length > rulesPerItem) {
    const why = `${listed.length} entries are a blocklist: write them into a file, one a line, for picket blocklists add.`;
    imported.leftOut.push({ item: key, why });
    return;
  }
  const note = typeof group["denied-remote-notes"] === "string" ? group["denied-remote-notes"] : "";
  for (const entry of listed.map(String))
    readItem(
      {
        action: "deny",
        process: "any",
        [`remote-${kind}`]: [entry],
        ...(note !== "" && { notes: note.replaceAll("%REMOTE%", entry) }),
      },
      `${key} ${entry}`,
      imported,
    );
}
