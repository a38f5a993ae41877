// What happened as fields of the journal (contract/journal.ts). Pure.
import type { JournalEntry } from "../../contract/journal.ts";
import { journalVersion, messageIds } from "../../contract/journal.ts";
import type { Flow, Prompt } from "../../contract/words.ts";
import type { Situation } from "../enforced-policy.ts";

/** Characters of a parameter's JSON that are kept. */
const mostParams = 4096;

type Fields = Record<string, string | number | null | undefined>;

/** Without what is unknown; numbers as text. */
function entry(instance: string, priority: "4" | "5" | "6", fields: Fields): JournalEntry {
  const known = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return {
    PRIORITY: priority,
    SYSLOG_IDENTIFIER: "picket",
    PICKET_SCHEMA: journalVersion,
    PICKET_INSTANCE: instance,
    ...Object.fromEntries(known.map(([name, value]) => [name, String(value)])),
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

export interface Decided {
  readonly method: string;
  readonly params: unknown;
  /** Who asked. `exe`: null where the process is gone. */
  readonly by: { readonly uid: number; readonly pid: number; readonly exe: string | null };
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
  const made = Array.isArray(rules)
    ? rules.map((rule) => (typeof rule === "string" ? rule : String((rule as { id?: unknown }).id)))
    : [];
  const about =
    prompt === null ? "" : ` about ${prompt.app.path} and ${prompt.endpoint.host ?? prompt.endpoint.address}`;
  const end = outcome === "done" ? "" : `: refused (${outcome})`;
  return entry(instance, outcome === "done" ? "5" : "4", {
    MESSAGE: `${method}${about} by uid ${by.uid}${end}`,
    MESSAGE_ID: messageIds.decision,
    PICKET_EVENT: "decision",
    PICKET_METHOD: method,
    PICKET_OUTCOME: outcome,
    PICKET_PARAMS: JSON.stringify(params ?? {}).slice(0, mostParams),
    PICKET_BY_UID: by.uid,
    PICKET_BY_PID: by.pid,
    PICKET_BY_EXE: by.exe,
    PICKET_APP: prompt?.app.path,
    PICKET_HOST: prompt?.endpoint.host,
    PICKET_ADDRESS: prompt?.endpoint.address,
    PICKET_PORT: prompt?.endpoint.port,
    PICKET_PROTOCOL: prompt?.endpoint.protocol,
    PICKET_ACTION: action,
    PICKET_RULES:
      made.length > 0 ? made.slice(0, 500).join(",") : method === "rules.add" && id !== undefined ? String(id) : null,
  });
}

export function standingEntry(instance: string, { mode, override, profile }: Situation): JournalEntry {
  return entry(instance, "5", {
    MESSAGE: `Mode ${mode}${override === null ? "" : `, ${override}`}, profile ${profile ?? "none"}`,
    MESSAGE_ID: messageIds.standing,
    PICKET_EVENT: "standing",
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
