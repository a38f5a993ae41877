// What happened as fields of the journal (contract/journal.ts). Pure.
import type { JournalEntry } from "../../contract/journal.ts";
import { journalVersion, messageIds } from "../../contract/journal.ts";
import type { MethodName } from "../../contract/methods.ts";
import type { Flow, Prompt, Rule } from "../../contract/words.ts";
import type { Situation } from "../enforced-policy.ts";

/** Bytes of a value: where a field has 4,096, its name among them, `journalctl -o json` shows null instead. */
const mostBytes = 3900;
/** Ids of rules: as many fit into that. */
const mostIds = 400;
/** What changes how a line is shown, and what journalctl shows as a list of numbers (what Unicode has no character for). */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}]/gu;

/** Visible, and no two values the same. */
function shown(text: string): string {
  return text.replaceAll("\\", "\\\\").replace(unsafe, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, "0")}`;
  });
}

/** Is JSON as before. */
function shownJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

function bounded(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return text;
  // With `stream`, a character that the cut goes through is left out.
  return `${new TextDecoder().decode(bytes.subarray(0, mostBytes), { stream: true })}…`;
}

type Fields = Record<string, string | number | null | undefined>;

/** Without what is unknown; numbers as text. `json`: fields of that kind. */
function entry(
  instance: string,
  priority: "4" | "5" | "6",
  fields: Fields,
  json: Readonly<Record<string, unknown>> = {},
): JournalEntry {
  const known = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return {
    PRIORITY: priority,
    SYSLOG_IDENTIFIER: "picket",
    PICKET_SCHEMA: journalVersion,
    PICKET_INSTANCE: instance,
    ...Object.fromEntries(known.map(([name, value]) => [name, bounded(shown(String(value)))])),
    ...Object.fromEntries(Object.entries(json).map(([name, value]) => [name, bounded(shownJson(value))])),
  } as JournalEntry;
}

const verbs = { allow: "allowed", block: "blocked", held: "not answered" } as const;

export function flowEntry(instance: string, flow: Flow, phase: "verdict" | "end"): JournalEntry {
  const { app, endpoint, verdict, direction, bytesIn, bytesOut } = flow;
  const place = `${endpoint.host ?? endpoint.address} port ${endpoint.port} (${endpoint.protocol})`;
  const way = direction === "inbound" ? `from ${place}` : `to ${place}`;
  const end = phase === "end" ? `, over: ${bytesIn} bytes in, ${bytesOut} out` : "";
  return entry(instance, verdict === "block" ? "4" : "6", {
    MESSAGE: `${app.path} ${way}: ${verbs[verdict]}${end}`,
    MESSAGE_ID: messageIds.flow,
    PICKET_EVENT: "flow",
    PICKET_PHASE: phase,
    PICKET_FLOW: flow.id,
    PICKET_STARTED: flow.time,
    PICKET_VERDICT: verdict,
    PICKET_LAYER: flow.layer,
    PICKET_RULE: flow.rule,
    PICKET_REASON: flow.reason,
    PICKET_APP: app.path,
    PICKET_APP_NAME: app.verified ? app.name : null,
    PICKET_VIA: app.via,
    PICKET_UID: flow.user,
    PICKET_DIRECTION: direction,
    PICKET_PROTOCOL: endpoint.protocol,
    PICKET_HOST: endpoint.host,
    PICKET_ADDRESS: endpoint.address,
    PICKET_PORT: endpoint.port,
    PICKET_COUNTRY: endpoint.country,
    ...(phase === "end" && { PICKET_BYTES_IN: bytesIn, PICKET_BYTES_OUT: bytesOut }),
  });
}

/** Whose answer has the rules they made. */
const makesRules: ReadonlySet<string> = new Set<MethodName>(["prompts.answer", "learn.accept", "rules.except"]);
/** Whose parameters do not tell what they did. */
const tellsResult: ReadonlySet<string> = new Set<MethodName>(["backup.restore", "backup.undo", "blocklists.commit"]);

/** Who asked. `exe`: null where the process is gone. */
export interface Asker {
  readonly uid: number;
  readonly pid: number;
  readonly exe: string | null;
}

const fieldsOf = (by: Asker | null) => ({
  PICKET_BY_UID: by?.uid,
  PICKET_BY_PID: by?.pid,
  PICKET_BY_EXE: by?.exe,
});

export interface Decided {
  readonly method: string;
  readonly params: unknown;
  readonly by: Asker;
  /** "done" or an error's code. */
  readonly outcome: string;
  /** What was answered, and the question it was about; null where it is another method. */
  readonly prompt: Prompt | null;
  readonly result: unknown;
}

export function decisionEntry(
  instance: string,
  { method, params, by, outcome, prompt, result }: Decided,
): JournalEntry {
  const { action } = (params ?? {}) as { action?: string };
  const { rules, id } = (typeof result === "object" && result !== null ? result : {}) as {
    rules?: unknown;
    id?: unknown;
  };
  const made =
    Array.isArray(rules) && makesRules.has(method)
      ? rules.map((rule) => (typeof rule === "string" ? rule : String((rule as { id?: unknown }).id)))
      : [];
  const about =
    prompt === null ? "" : ` about ${prompt.app.path} and ${prompt.endpoint.host ?? prompt.endpoint.address}`;
  const end = outcome === "done" ? "" : `: refused (${outcome})`;
  const saysWhat = outcome === "done" && tellsResult.has(method);
  return entry(
    instance,
    outcome === "done" ? "5" : "4",
    {
      MESSAGE: `${method}${about} by uid ${by.uid}${end}`,
      MESSAGE_ID: messageIds.decision,
      PICKET_EVENT: "decision",
      PICKET_METHOD: method,
      PICKET_OUTCOME: outcome,
      ...fieldsOf(by),
      PICKET_APP: prompt?.app.path,
      PICKET_HOST: prompt?.endpoint.host,
      PICKET_ADDRESS: prompt?.endpoint.address,
      PICKET_PORT: prompt?.endpoint.port,
      PICKET_PROTOCOL: prompt?.endpoint.protocol,
      PICKET_ACTION: action,
      PICKET_RULES:
        made.length > 0
          ? made.slice(0, mostIds).join(",")
          : method === "rules.add" && id !== undefined
            ? String(id)
            : null,
    },
    { PICKET_PARAMS: params ?? {}, ...(saysWhat && { PICKET_RESULT: result }) },
  );
}

export interface ChangedRule {
  readonly change: "set" | "removed";
  readonly rule: Rule;
  /** How many rules changed at once. */
  readonly changes: number;
  /** Null: a time that was over, an app that quit. */
  readonly by: Asker | null;
}

export function ruleEntry(instance: string, { change, rule, changes, by }: ChangedRule): JournalEntry {
  const state = `${rule.enabled ? "" : ", disabled"}${change === "removed" ? " removed" : ""}`;
  return entry(instance, "5", {
    MESSAGE: `Rule ${rule.id}${state}: ${sentence(rule)}`,
    MESSAGE_ID: messageIds.rule,
    PICKET_EVENT: "rule",
    PICKET_CHANGE: change,
    PICKET_CHANGES: changes,
    ...fieldsOf(by),
    PICKET_RULE: rule.id,
    PICKET_ACTION: rule.action,
    PICKET_ENABLED: rule.enabled ? "yes" : "no",
    PICKET_LIFETIME: rule.lifetime,
    PICKET_EXPIRES: rule.expires,
    PICKET_ORIGIN: rule.origin,
    PICKET_SOURCE: rule.source,
    PICKET_APP: rule.app,
    PICKET_VIA: rule.via,
    PICKET_UID: rule.user,
    PICKET_DIRECTION: rule.direction,
    PICKET_HOST: rule.host,
    PICKET_DOMAIN: rule.domain,
    PICKET_ADDRESS: rule.address,
    PICKET_ZONE: rule.zone,
    PICKET_PORT: rule.port,
    PICKET_PORT_TO: rule.portTo,
    PICKET_PROTOCOL: rule.protocol,
    PICKET_PROFILE: rule.profile,
  });
}

/** "allow /usr/bin/curl to example.org port 443 (tcp), forever". */
function sentence({ action, app, via, user, profile, protocol, lifetime, ...rule }: Rule): string {
  const { host, domain, address, zone, port, portTo } = rule;
  const who = `${app ?? "any app"}${via === null ? "" : ` via ${via}`}${user === null ? "" : ` of uid ${user}`}`;
  const way = { outbound: "to", inbound: "from", both: "to and from" }[rule.direction];
  const where = host ?? (domain === null ? (address ?? zone ?? "anything") : `any host of ${domain}`);
  const ports = port === null ? "" : ` port ${port}${portTo === null ? "" : `-${portTo}`}`;
  const how = protocol === null ? "" : ` (${protocol})`;
  return `${action} ${who} ${way} ${where}${ports}${how}${profile === null ? "" : ` in profile ${profile}`}, ${lifetime}`;
}

/** `by`: null where no request changed it. */
export function standingEntry(
  instance: string,
  { mode, override, profile }: Situation,
  by: Asker | null,
): JournalEntry {
  return entry(instance, "5", {
    MESSAGE: `Mode ${mode}${override === null ? "" : `, ${override}`}, profile ${profile ?? "none"}`,
    MESSAGE_ID: messageIds.standing,
    PICKET_EVENT: "standing",
    ...fieldsOf(by),
    PICKET_MODE: mode,
    PICKET_OVERRIDE: override ?? "none",
    PICKET_PROFILE: profile,
  });
}

/** The journal's own protocol (systemd: JOURNAL_NATIVE_PROTOCOL): a value with a line break in it comes with its length, so that nobody can end it. */
export function datagramOf(fields: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(fields).map(([name, value]) => {
    if (!value.includes("\n")) return Buffer.from(`${name}=${value}\n`);
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from("\n")]);
  });
  return Buffer.concat(parts);
}
