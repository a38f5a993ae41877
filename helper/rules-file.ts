// Rules that arrive as a file: taken in a part at a time, checked one by one, and carried out in one change.
import { CodedError } from "../contract/errors.ts";
import { type ParsedParams, type Result, rulesInFile } from "../contract/methods.ts";
import type { FileRule } from "../contract/rules-file.ts";
import { canonicalRule } from "./new-rule.ts";
import type { Brought } from "./people/backups.ts";
import { durably, type Store } from "./store/database.ts";
import { differenceOf, matcherKey, type WantedRule } from "./store/rule-sync.ts";
import { anyMatcher, type Rules } from "./store/rules.ts";

/** Of JSON, in all parts of one file: listed again, with every field and hint, it must fit into one answer. */
const largestFile = 7 * 1024 * 1024;

export interface RulesFilesParts {
  readonly store: Store;
  readonly rules: Rules;
  policyChanged(): void;
}

interface Staged {
  /** Null for those that cannot be. */
  readonly rules: (WantedRule | null)[];
  /** Places by matcher. */
  readonly places: Map<string, number>;
  bytes: number;
}

export class RulesFiles {
  private readonly parts: RulesFilesParts;
  /** By client: what a client staged goes with it. */
  private readonly staged = new WeakMap<object, Staged>();
  constructor(parts: RulesFilesParts) {
    this.parts = parts;
  }

  /** Errors: too_large. */
  stage(client: object, { first, rules }: ParsedParams<"rules.stage">): Result<"rules.stage"> {
    const known = first ? undefined : this.staged.get(client);
    const staged: Staged = known ?? { rules: [], places: new Map(), bytes: 0 };
    staged.bytes += JSON.stringify(rules).length;
    if (staged.rules.length + rules.length > rulesInFile || staged.bytes > largestFile) {
      this.staged.delete(client);
      throw new CodedError("too_large", `a file of more than ${rulesInFile} rules or ${largestFile} bytes`);
    }
    this.staged.set(client, staged);
    const problems: Result<"rules.stage">["problems"] = [];
    for (const rule of rules) {
      const at = staged.rules.length;
      staged.rules.push(null);
      try {
        staged.rules[at] = take(rule, at, staged.places);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        problems.push({ at, code: error.code, message: error.message });
      }
    }
    return { staged: staged.rules.length, problems };
  }

  /** `user`: only this user's rules are replaced; null: all. Errors: unknown_rule (factory), bad_rules_file (a rule that is no import of the source). */
  apply(
    client: object,
    { dryRun, ...asked }: ParsedParams<"rules.apply">,
    user: number | null = null,
  ): Result<"rules.apply"> {
    const { result, carryOut } = this.plan(client, asked, user);
    if (dryRun) return { ...result, change: null };
    const change = durably(this.parts.store, carryOut);
    this.staged.delete(client);
    if (change !== null) this.parts.policyChanged();
    return { ...result, change };
  }

  /**
   * What applying would do. `carryOut` does it, within a transaction of the caller's, who brings the policy to it afterwards. Errors: those
   * of apply.
   */
  plan(
    client: object,
    { source, factory }: Omit<ParsedParams<"rules.apply">, "dryRun">,
    user: number | null = null,
  ): { result: Omit<Result<"rules.apply">, "change">; brought: Brought[]; carryOut: () => number | null } {
    const staged = this.staged.get(client);
    if (staged === undefined) throw new CodedError("bad_rules_file", "no rules were handed over");
    const wanted = staged.rules;
    if (source !== null && wanted.some((rule) => rule !== null && rule.source !== source))
      throw new CodedError("bad_rules_file", `a rule that is no import of ${source}`);
    const { rules } = this.parts;
    const extent = source === null ? { factory } : { source };
    const rows = rules.rows().filter((row) => user === null || row.user === user);
    const difference = differenceOf(rows, wanted, extent);
    const idOf = ({ name, number }: { name: string | null; number: number }) => name ?? String(number);
    return {
      result: {
        added: difference.added.map(({ at }) => at),
        changed: difference.changed.map(({ at, row }) => ({ at, id: idOf(row) })),
        removed: difference.removed.map(idOf),
        factory: difference.factory.map(({ row, enabled }) => ({ id: idOf(row), enabled })),
      },
      brought: [
        ...difference.added.map(({ rule }) => ({ user: rule.user, made: true })),
        ...difference.changed.map(({ row, rule }) => ({ user: row.user, made: row.action !== rule.action })),
        ...difference.removed.map(({ user }) => ({ user, made: false })),
      ],
      carryOut: () => rules.carryOut(difference, Date.now()),
    };
  }
}

/** A rule of a file as it is stored. Errors: as canonicalRule, and duplicate_rule. */
function take(given: FileRule, at: number, places: Map<string, number>): WantedRule {
  const { enabled = true, origin = "person", source = null, direction = "outbound", note = "", ...rest } = given;
  if (source !== null && origin !== "import") throw new CodedError("bad_matcher", "only an import has a source");
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as typeof anyMatcher;
  const whole = { ...anyMatcher, ...said, action: given.action, direction, note, lifetime: "forever" } as const;
  const rule = { ...canonicalRule(whole), enabled, origin, source };
  const key = matcherKey(rule);
  const twin = places.get(key);
  if (twin !== undefined) throw new CodedError("duplicate_rule", `rules.${twin}`);
  places.set(key, at);
  return rule;
}
