// A backup: everything that a person decided and that can be carried to another computer, in one file. `picket backup` writes it, `picket
// restore` reads it. What belongs to the moment (pause, lockdown, temporary rules) and what is much (history, texts of lists) is not in it.
import * as v from "valibot";
import { blocklistNameSchema, blocklistUrlSchema } from "./blocklists.ts";
import { CodedError } from "./errors.ts";
import { factoryRulesSchema, fileRuleSchema, rulesInFile } from "./rules-file.ts";
import { modeSchema, profileSchema } from "./words.ts";

/** Raised when older versions would misread the file. */
export const backupVersion = 1;
/** Characters of its JSON, without what only makes it look well: as many as one answer (maxReplyBytes), in which it was read. */
export const largestBackup = 16 * 1024 * 1024;
/** Characters of it in one request. */
export const backupPiece = 12_000;

const profileName = profileSchema.entries.name;
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Counted first: of more than there may be none is looked at. */
const atMost = <S extends v.GenericSchema>(most: number, each: S) =>
  v.pipe(v.array(v.unknown()), v.maxLength(most), v.array(each));

export const backupSchema = v.strictObject({
  format: v.literal("picket backup"),
  version: v.literal(backupVersion),
  made: v.pipe(v.string(), v.isoTimestamp()),
  /** The Picket that made it. */
  picket: v.pipe(v.string(), v.maxLength(64)),
  mode: modeSchema,
  profile: v.strictObject({ automatic: v.boolean(), name: v.nullable(profileName) }),
  profiles: atMost(1000, v.strictObject(profileSchema.entries)),
  factory: factoryRulesSchema,
  rules: atMost(rulesInFile, fileRuleSchema),
  /** `url` null: its text was handed over, and is not in here. */
  blocklists: atMost(
    32,
    v.strictObject({ name: blocklistNameSchema, url: v.nullable(blocklistUrlSchema), enabled: v.boolean() }),
  ),
  history: v.strictObject({
    recording: v.boolean(),
    minutes: whole,
    days: whole,
    private: atMost(10_000, v.pipe(v.string(), v.startsWith("/"), v.maxLength(4096))),
  }),
});
export type Backup = v.InferOutput<typeof backupSchema>;

/** Errors: bad_backup, naming the place. */
export function parseBackup(content: string): Backup {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new CodedError("bad_backup", `not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
  const { version } = (value ?? {}) as { version?: unknown };
  if (typeof version === "number" && version > backupVersion)
    throw new CodedError("bad_backup", `version ${version}, this Picket knows ${backupVersion}`);
  // Only the first problem is told: millions would take minutes, and more memory than there is.
  const parsed = v.safeParse(backupSchema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new CodedError("bad_backup", placeOf(parsed.issues));
}

/** What of it could not be read again; null: nothing. */
export function unreadable(backup: Backup): string | null {
  const parsed = v.safeParse(backupSchema, backup, { abortEarly: true });
  return parsed.success ? null : placeOf(parsed.issues);
}

function placeOf([issue]: [v.InferIssue<typeof backupSchema>, ...unknown[]]): string {
  return `${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`;
}

/** What a restore does. `rules`: how many. */
export const restoredSchema = v.object({
  rules: v.object({ added: whole, changed: whole, removed: whole }),
  /** Names of profiles that are new or otherwise, and of those that go. */
  profiles: v.object({ set: v.array(v.string()), removed: v.array(v.string()) }),
  mode: modeSchema,
  /** Lists that come, that are switched on or off (those the backup does not know: off), and those whose text has to be handed over. */
  blocklists: v.object({
    added: v.array(v.string()),
    enabled: v.array(v.string()),
    disabled: v.array(v.string()),
    missing: v.array(v.string()),
  }),
});
export type Restored = v.InferOutput<typeof restoredSchema>;

export const backupMethods = {
  "backup.read": { params: v.strictObject({}), result: backupSchema },
  /** The text of a backup, piece by piece; one connection of each user's at a time: the last to begin. Errors: too_large, bad_backup (another began). */
  "backup.append": {
    params: v.strictObject({ first: v.boolean(), text: v.pipe(v.string(), v.maxLength(backupPiece)) }),
    result: v.object({ length: whole }),
  },
  /**
   * Brings everything to what was appended, all or nothing, or tells what that would do. Errors: bad_backup, bad_rules_file (a rule that
   * cannot be, naming it), unknown_rule (factory), too_many_rules, too_many_blocklists, not_permitted (rules for everybody, root or another
   * person), not_kept.
   */
  "backup.restore": { params: v.strictObject({ dryRun: v.optional(v.boolean(), false) }), result: restoredSchema },
  /** Brings everything back to what it was before the last restore. Errors: nothing_to_undo, and those of backup.restore. */
  "backup.undo": { params: v.strictObject({}), result: restoredSchema },
} as const;
