// What it takes to make the stored rules those of a file. Pure.
import { CodedError } from "../../contract/errors.ts";
import type { NewRule, RuleRow } from "./rules.ts";

export interface WantedRule extends NewRule {
  readonly enabled: boolean;
  readonly origin: "person" | "import";
  /** What an import was read from. */
  readonly source: string | null;
}

/** `at`: the rule's place among the wanted. */
export interface Difference {
  readonly added: { at: number; rule: WantedRule }[];
  readonly changed: { at: number; row: RuleRow; rule: WantedRule }[];
  readonly removed: RuleRow[];
  readonly factory: { row: RuleRow; enabled: boolean }[];
}

/** Which rules the file is about: imports of one source, or all that are no factory rules, and these. */
export type Extent = { readonly source: string } | { readonly factory: Readonly<Record<string, boolean>> };

/** The same for two permanent rules where one would replace the other. */
export function matcherKey(rule: NewRule & { origin: string }): string {
  const { origin, app, via, user, address, host, domain, zone, port, portTo, protocol, direction, profile } = rule;
  return JSON.stringify([
    origin,
    app,
    via,
    user,
    address,
    host,
    domain,
    zone,
    port,
    portTo,
    protocol,
    direction,
    profile,
  ]);
}

/** `wanted`: null where a rule was left out; no two with the same matcher and origin. Errors: unknown_rule (factory). */
export function differenceOf(
  rows: readonly RuleRow[],
  wanted: readonly (WantedRule | null)[],
  extent: Extent,
): Difference {
  const own = new Map<string, RuleRow>();
  for (const row of rows) if (row.boot === null && row.origin !== "factory") own.set(matcherKey(row), row);
  const difference: Difference = { added: [], changed: [], removed: [], factory: [] };
  for (const [at, rule] of wanted.entries()) {
    if (rule === null) continue;
    const key = matcherKey(rule);
    const row = own.get(key);
    own.delete(key);
    if (row === undefined) difference.added.push({ at, rule });
    else if (!isSame(row, rule)) difference.changed.push({ at, row, rule });
  }
  for (const row of own.values()) if (isWithin(row, extent)) difference.removed.push(row);
  if ("factory" in extent) difference.factory.push(...factoryChanges(rows, extent.factory));
  return difference;
}

function isSame(row: RuleRow, { action, enabled, note, source }: WantedRule): boolean {
  return row.action === action && (row.enabled === 1) === enabled && row.note === note && row.source === source;
}

function isWithin(row: RuleRow, extent: Extent): boolean {
  return "factory" in extent || (row.origin === "import" && row.source === extent.source);
}

/** What is not named is enabled, as on a new machine. */
function factoryChanges(rows: readonly RuleRow[], wanted: Readonly<Record<string, boolean>>): Difference["factory"] {
  const factory = rows.filter(({ origin }) => origin === "factory");
  const names = new Set(factory.map(({ name }) => name));
  for (const name of Object.keys(wanted)) if (!names.has(name)) throw new CodedError("unknown_rule", name);
  return factory
    .map((row) => ({ row, enabled: wanted[row.name ?? ""] ?? true }))
    .filter(({ row, enabled }) => (row.enabled === 1) !== enabled);
}
