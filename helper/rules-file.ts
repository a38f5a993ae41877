// Rules that arrive as a file: taken in a part at a time, checked one by one, and carried out in one change.
import { CodedError } from "../contract/errors.ts";
import type { ParsedParams, Result } from "../contract/methods.ts";
import { type FileRule, rulesBytes, rulesInFile } from "../contract/rules-file.ts";
import type { Peer } from "./kernel/peer.ts";
import { canonicalRule } from "./new-rule.ts";
import type { Brought } from "./people/backups.ts";
import { durably, type Store } from "./store/database.ts";
import { differenceOf, matcherKey, type WantedRule } from "./store/rule-sync.ts";
import { anyMatcher, type Rules } from "./store/rules.ts";

export interface RulesFilesParts {
  readonly store: Store;
  readonly rules: Rules;
  policyChanged(): void;
}

/** A connection. */
interface Client {
  readonly peer: Pick<Peer, "uid">;
}

type Staging = Result<"rules.stage">;

/** Rules of a file, as far as they came. */
export class StagedRules {
  /** Null for those that cannot be. */
  readonly rules: (WantedRule | null)[] = [];
  /** Places by matcher. */
  private readonly places = new Map<string, number>();
  /** Characters of JSON: what all rules there can be have in it is less than what they take in an answer. */
  private size = 0;

  /** Errors: too_large. */
  add(given: readonly FileRule[]): Staging {
    this.size += JSON.stringify(given).length;
    if (this.rules.length + given.length > rulesInFile || this.size > rulesBytes)
      throw new CodedError("too_large", `a file of more than ${rulesInFile} rules or ${rulesBytes} bytes`);
    const problems: Staging["problems"] = [];
    for (const rule of given) {
      const at = this.rules.length;
      this.rules.push(null);
      try {
        this.rules[at] = take(rule, at, this.places);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        problems.push({ at, code: error.code, message: error.message });
      }
    }
    return { staged: this.rules.length, problems };
  }
}

export class RulesFiles {
  private readonly parts: RulesFilesParts;
  /** Each user's on its way, and over which connection: one at a time, so that nobody can fill the memory with them. */
  private readonly staged = new Map<number, { readonly client: Client; readonly file: StagedRules }>();
  constructor(parts: RulesFilesParts) {
    this.parts = parts;
  }

  /** Errors: too_large, bad_rules_file (another connection began to hand one over). */
  stage(client: Client, { first, rules }: ParsedParams<"rules.stage">): Staging {
    if (first) this.staged.set(client.peer.uid, { client, file: new StagedRules() });
    const file = this.fileOf(client);
    try {
      return file.add(rules);
    } catch (error) {
      this.forget(client);
      throw error;
    }
  }

  private fileOf(client: Client): StagedRules {
    const staged = this.staged.get(client.peer.uid);
    if (staged?.client !== client) throw new CodedError("bad_rules_file", "no rules were handed over here");
    return staged.file;
  }

  /** The connection is gone. */
  forget(client: Client): void {
    if (this.staged.get(client.peer.uid)?.client === client) this.staged.delete(client.peer.uid);
  }

  /**
   * `user`: only this user's rules are replaced; null: all. Errors: unknown_rule (factory), bad_rules_file (none is there, or a rule that is
   * no import of the source).
   */
  apply(
    client: Client,
    { dryRun, ...asked }: ParsedParams<"rules.apply">,
    user: number | null = null,
  ): Result<"rules.apply"> {
    const { result, carryOut } = this.plan(this.fileOf(client), asked, user);
    if (dryRun) return { ...result, change: null };
    const change = durably(this.parts.store, carryOut);
    this.forget(client);
    if (change !== null) this.parts.policyChanged();
    return { ...result, change };
  }

  /**
   * What applying would do. `carryOut` does it, within a transaction of the caller's, who brings the policy to it afterwards. Errors: those
   * of apply.
   */
  plan(
    { rules: wanted }: StagedRules,
    { source, factory }: Omit<ParsedParams<"rules.apply">, "dryRun">,
    user: number | null = null,
  ): { result: Omit<Result<"rules.apply">, "change">; brought: Brought[]; carryOut: () => number | null } {
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
