// Rules as a file: what `picket rules export` writes and `picket rules apply` reads. docs/rules.schema.json is made from these schemas.
import * as v from "valibot";
import { CodedError } from "./errors.ts";
import { actionSchema, protocolSchema, type Rule, ruleDirectionSchema, zoneSchema } from "./words.ts";

/** Raised when older versions would misread the file. */
export const rulesFileVersion = 1;

/** Bytes that all rules there are may take in one answer (maxReplyBytes), whose rest is for what is around them. */
export const rulesBytes = 16 * 1024 * 1024 - 64 * 1024;
/** What a rule takes there at most beside its texts: its other fields, its hint and how often it was used. In a file it takes less. */
export const ruleBytes = 640;
/** Rules in a file, and in a backup: as many as there can be, so that what was written can be read again. */
export const rulesInFile = Math.floor(rulesBytes / ruleBytes);

const text = (length: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(length));
const path = v.pipe(v.string(), v.regex(/^\//, "not an absolute path"), v.maxLength(4096));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));

/** What is left out is any, and an enabled rule of a person's for outbound flows. At most one of address, host, domain and zone. */
export const fileRuleSchema = v.strictObject({
  action: actionSchema,
  app: v.optional(path),
  via: v.optional(path),
  user: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xfffffffe))),
  host: v.optional(text(1024)),
  domain: v.optional(text(1024)),
  address: v.optional(text(64)),
  zone: v.optional(zoneSchema),
  port: v.optional(port),
  portTo: v.optional(port),
  protocol: v.optional(protocolSchema),
  direction: v.optional(ruleDirectionSchema),
  profile: v.optional(text(64)),
  enabled: v.optional(v.boolean()),
  origin: v.optional(v.picklist(["person", "import"])),
  source: v.optional(text(256)),
  note: v.optional(v.pipe(v.string(), v.maxLength(1024))),
});
export type FileRule = v.InferOutput<typeof fileRuleSchema>;

/** By id ("factory:dhcp"), whether it is enabled. */
export const factoryRulesSchema = v.record(v.pipe(v.string(), v.maxLength(64)), v.boolean());

/** A file of rules: the permanent ones of people and imports, and which factory rules are enabled. Those not named are. */
export const rulesFileSchema = v.strictObject({
  $schema: v.optional(v.string()),
  format: v.literal("picket rules"),
  version: v.literal(rulesFileVersion),
  factory: v.optional(factoryRulesSchema, {}),
  rules: v.array(fileRuleSchema),
});
export type RulesFile = v.InferOutput<typeof rulesFileSchema>;

/** Errors: bad_rules_file, naming the place. */
export function parseRulesFile(content: string): RulesFile {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new CodedError("bad_rules_file", `not JSON: ${(error as Error).message}`);
  }
  const { version } = (value ?? {}) as { version?: unknown };
  if (typeof version === "number" && version > rulesFileVersion)
    throw new CodedError("bad_rules_file", `version ${version}, this Picket knows ${rulesFileVersion}`);
  const parsed = v.safeParse(rulesFileSchema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new CodedError("bad_rules_file", `${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`);
}

/** The part of a rule that a file has, in the file's order, without what goes without saying. */
export function fileRule(rule: Rule): FileRule {
  const { action, app, via, user, host, domain, address, zone, port, portTo, protocol, direction, profile } = rule;
  const { enabled, origin, source, note } = rule;
  const said = {
    ...{ action, app, via, user, host, domain, address, zone, port, portTo, protocol, profile },
    direction: direction === "outbound" ? null : direction,
    enabled: enabled ? null : false,
    origin: origin === "import" ? origin : null,
    source: origin === "import" ? source : null,
    note: note === "" ? null : note,
  };
  return Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== null && value !== undefined),
  ) as FileRule;
}

/** The same rules give the same file, whatever the order in which they were made. */
export function rulesFile(rules: readonly Rule[]): RulesFile {
  const factory = rules.filter(({ origin }) => origin === "factory").map(({ id, enabled }) => [id, enabled] as const);
  const own = rules.filter(
    ({ origin, lifetime }) => (origin === "person" || origin === "import") && lifetime === "forever",
  );
  const sorted = own.map((rule) => ({ made: fileRule(rule), key: sortKey(rule) }));
  return {
    format: "picket rules",
    version: rulesFileVersion,
    factory: Object.fromEntries(factory.sort(([a], [b]) => (a < b ? -1 : 1))),
    rules: sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ made }) => made),
  };
}

/** By app first; no two permanent rules are alike in all of these. */
function sortKey({ app, via, user, domain, host, address, zone, port, portTo, protocol, ...rest }: Rule): string {
  const { direction, profile, origin } = rest;
  const digits = (port: number | null) => (port === null ? "" : String(port).padStart(5, "0"));
  return JSON.stringify([
    ...[app ?? "", via ?? "", user ?? -1, domain ?? "", host ?? "", address ?? "", zone ?? ""],
    ...[digits(port), digits(portTo), protocol ?? "", direction, profile ?? "", origin],
  ]);
}
