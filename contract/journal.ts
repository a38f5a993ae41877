// What Picket writes into the system's journal for those who collect it (docs/journal.md): fields of text, as journalctl -o json shows them.
import * as v from "valibot";
import {
  actionSchema,
  directionSchema,
  layerSchema,
  modeSchema,
  originSchema,
  protocolSchema,
  ruleDirectionSchema,
  verdictSchema,
  zoneSchema,
} from "./words.ts";

/** Raised when a field changes its meaning; new fields alone do not raise it. */
export const journalVersion = "1";

/** MESSAGE_ID of each kind: journalctl MESSAGE_ID=… finds all of a kind. Made once, never changed. */
export const messageIds = {
  flow: "6d0c9f0c2f4e4a3b9a1f7c5b8e21d4a1",
  decision: "b3f1a6d27c8844e0a5c90e4d7f3b6a52",
  standing: "e94b7d1580c34f6f8d2a3c61b5907fe3",
  rule: "5f0a1c83d96b4e27b8e4d10c7a3f92d6",
} as const;
export type JournalKind = keyof typeof messageIds;

const text = v.pipe(v.string(), v.maxLength(4096));
const digits = v.pipe(v.string(), v.regex(/^\d+$/));
const time = v.pipe(v.string(), v.isoTimestamp());

const common = {
  /** One sentence for people. */
  MESSAGE: text,
  /** 4: blocked or refused; 5: a decision; 6: everything else (syslog's numbers). */
  PRIORITY: v.picklist(["4", "5", "6"]),
  SYSLOG_IDENTIFIER: v.literal("picket"),
  PICKET_SCHEMA: v.literal(journalVersion),
  /** Which of several helpers; "picket" is the installed one. */
  PICKET_INSTANCE: text,
} as const;

/** A connection got its verdict, or is over. What is unknown is left out. */
export const flowEntrySchema = v.object({
  ...common,
  MESSAGE_ID: v.literal(messageIds.flow),
  PICKET_EVENT: v.literal("flow"),
  PICKET_PHASE: v.picklist(["verdict", "end"]),
  /** The same in all entries of one flow, until the helper starts again. */
  PICKET_FLOW: text,
  PICKET_STARTED: time,
  /** `held`: it ended before anybody answered. */
  PICKET_VERDICT: verdictSchema,
  PICKET_LAYER: layerSchema,
  PICKET_RULE: v.optional(text),
  PICKET_REASON: text,
  /** Path of the executable; of a script: its interpreter's, "/", its own. */
  PICKET_APP: text,
  PICKET_APP_NAME: v.optional(text),
  PICKET_VIA: v.optional(text),
  PICKET_UID: digits,
  PICKET_DIRECTION: directionSchema,
  PICKET_PROTOCOL: protocolSchema,
  PICKET_HOST: v.optional(text),
  PICKET_ADDRESS: text,
  PICKET_PORT: digits,
  PICKET_COUNTRY: v.optional(text),
  /** At the end only: bytes at IP level. */
  PICKET_BYTES_IN: v.optional(digits),
  PICKET_BYTES_OUT: v.optional(digits),
});

/** Somebody asked for something that changes what may happen, and got it or not. */
export const decisionEntrySchema = v.object({
  ...common,
  MESSAGE_ID: v.literal(messageIds.decision),
  PICKET_EVENT: v.literal("decision"),
  /** The contract's method: prompts.answer, rules.add, mode.set … */
  PICKET_METHOD: text,
  /** "done", or the code of the error. */
  PICKET_OUTCOME: text,
  /** What was asked for, JSON, cut like any field. */
  PICKET_PARAMS: text,
  /** Of a restore: what it did, JSON. */
  PICKET_RESULT: v.optional(text),
  PICKET_BY_UID: digits,
  PICKET_BY_PID: digits,
  PICKET_BY_EXE: v.optional(text),
  /** Of an answer: what it was about. */
  PICKET_APP: v.optional(text),
  PICKET_HOST: v.optional(text),
  PICKET_ADDRESS: v.optional(text),
  PICKET_PORT: v.optional(digits),
  PICKET_PROTOCOL: v.optional(protocolSchema),
  PICKET_ACTION: v.optional(actionSchema),
  /** Ids of the rules that were made, with commas between. */
  PICKET_RULES: v.optional(text),
});

/** Who asked for a change, by the kernel's word; left out where nobody did (a time that was over, another network). */
const asker = {
  PICKET_BY_UID: v.optional(digits),
  PICKET_BY_PID: v.optional(digits),
  PICKET_BY_EXE: v.optional(text),
} as const;

/** A rule is there that was not, or is another by now (`set`), or is gone (`removed`), whoever or whatever changed it. Of it as it is, or was. */
export const ruleEntrySchema = v.object({
  ...common,
  MESSAGE_ID: v.literal(messageIds.rule),
  PICKET_EVENT: v.literal("rule"),
  PICKET_CHANGE: v.picklist(["set", "removed"]),
  /** How many rules changed at once, this one among them: entries are of the first 200. */
  PICKET_CHANGES: digits,
  ...asker,
  PICKET_RULE: text,
  PICKET_ACTION: actionSchema,
  PICKET_ENABLED: v.picklist(["yes", "no"]),
  /** quit, restart, forever, or a length of time (1h). */
  PICKET_LIFETIME: text,
  PICKET_EXPIRES: v.optional(time),
  PICKET_ORIGIN: originSchema,
  PICKET_SOURCE: v.optional(text),
  /** What it is about; whatever is left out is any. */
  PICKET_APP: v.optional(text),
  PICKET_VIA: v.optional(text),
  PICKET_UID: v.optional(digits),
  PICKET_DIRECTION: ruleDirectionSchema,
  PICKET_HOST: v.optional(text),
  PICKET_DOMAIN: v.optional(text),
  PICKET_ADDRESS: v.optional(text),
  PICKET_ZONE: v.optional(zoneSchema),
  PICKET_PORT: v.optional(digits),
  PICKET_PORT_TO: v.optional(digits),
  PICKET_PROTOCOL: v.optional(protocolSchema),
  PICKET_PROFILE: v.optional(text),
});

/** Mode, pause, lockdown or profile are others by now, whoever or whatever changed them (a network, a time that was over). */
export const standingEntrySchema = v.object({
  ...common,
  MESSAGE_ID: v.literal(messageIds.standing),
  PICKET_EVENT: v.literal("standing"),
  ...asker,
  PICKET_MODE: modeSchema,
  PICKET_OVERRIDE: v.picklist(["none", "pause", "lockdown"]),
  PICKET_PROFILE: v.optional(text),
});

export const journalEntrySchema = v.variant("PICKET_EVENT", [
  flowEntrySchema,
  decisionEntrySchema,
  standingEntrySchema,
  ruleEntrySchema,
]);
export type JournalEntry = v.InferOutput<typeof journalEntrySchema>;
