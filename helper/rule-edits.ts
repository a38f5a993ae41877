// What people change of the rules: one transaction each, then policy, and the change's number, by which it can be taken back.
import * as v from "valibot";
import { exceptionNote } from "../contract/blocklists.ts";
import { CodedError } from "../contract/errors.ts";
import { type NewRuleParams, newRuleSchema, type ParsedParams, type Result } from "../contract/methods.ts";
import type { Answers } from "./answers.ts";
import type { PolicyLists } from "./blocklists/policy-lists.ts";
import type { Flows } from "./flows/flows.ts";
import type { Lifetimes } from "./lifetimes.ts";
import { canonicalRule } from "./new-rule.ts";
import { exceptionTo } from "./policy/exception.ts";
import { isCertain } from "./prompts/prompts.ts";
import { durably, type Store } from "./store/database.ts";
import type { Undone } from "./store/rule-changes.ts";
import type { Rules } from "./store/rules.ts";

export interface RuleEditsParts {
  readonly store: Store;
  readonly rules: Rules;
  readonly lifetimes: Lifetimes;
  readonly answers: Pick<Answers, "undone">;
  readonly flows: Pick<Flows, "find">;
  readonly lists: PolicyLists;
  /** After any committed change. */
  policyChanged(): void;
}

export class RuleEdits {
  private readonly parts: RuleEditsParts;
  constructor(parts: RuleEditsParts) {
    this.parts = parts;
  }

  /** Commits `work`, brings policy up to date, and returns with what it made the number of the change; null when nothing changed. */
  private edit<T>(work: () => T): { made: T; change: number | null } {
    const { store, rules, policyChanged } = this.parts;
    const newest = rules.changes.newest() ?? 0;
    const made = durably(store, work);
    policyChanged();
    return { made, change: rules.changes.after(newest)[0] ?? null };
  }

  /** Errors: bad_address, bad_name, bad_matcher, interpreter_alone, not_running, too_many_rules. */
  add(given: ParsedParams<"rules.add">): Result<"rules.add"> {
    const { rules, lifetimes } = this.parts;
    const rule = canonicalRule(given);
    const term = lifetimes.termOf(rule.lifetime, rule.app);
    const { made, change } = this.edit(() => rules.add(rule, Date.now(), term));
    return { ...made.rule, replaced: made.replaced, change };
  }

  /** Whether add() would put it in the place of a temporary rule that may hold for longer. Errors: those of canonicalRule. */
  endsSooner(given: ParsedParams<"rules.add">): boolean {
    const { rules, lifetimes } = this.parts;
    return rules.endsSooner(canonicalRule(given), lifetimes.expiryOf(given.lifetime));
  }

  /** Makes rules in one change, as add() would each. */
  addAll(given: readonly NewRuleParams[]): Result<"learn.accept"> {
    const { rules, lifetimes } = this.parts;
    const wanted = given.map((rule) => canonicalRule(v.parse(newRuleSchema, rule)));
    const { made, change } = this.edit(() =>
      rules.changes.record(Date.now(), () =>
        wanted.map((rule) => rules.add(rule, Date.now(), lifetimes.termOf(rule.lifetime, rule.app)).rule),
      ),
    );
    return { rules: made, change };
  }

  /** `personal`: for processes of the flow's user alone. Errors: unknown_flow, not_listed, app_unknown. */
  except(id: string, everybody: boolean, personal: boolean): Result<"rules.except"> {
    const { flows, lists } = this.parts;
    const flow = flows.find(id);
    if (flow === undefined) throw new CodedError("unknown_flow", id);
    const parts = exceptionTo(flow.endpoint, lists);
    if (parts.length === 0) throw new CodedError("not_listed", flow.endpoint.host ?? flow.endpoint.address);
    if (!everybody && !isCertain(flow.app)) throw new CodedError("app_unknown");
    const { direction } = flow;
    const rule = {
      app: everybody ? null : flow.app.path,
      user: personal ? flow.user : null,
      action: "allow" as const,
      direction,
      note: exceptionNote,
    };
    return this.addAll(parts.map((part) => ({ ...rule, ...part })));
  }

  /** Takes a change of rules back, the newest by default; returns what would take that back. Errors: nothing_to_undo, too_many_rules. */
  undo(change: number | null): Undone {
    const { store, rules, lifetimes, answers, policyChanged } = this.parts;
    const id = change ?? rules.changes.newest();
    if (id === null) throw new CodedError("nothing_to_undo");
    const inverse = durably(store, () => {
      const undone = rules.changes.undo(id);
      lifetimes.dropOver();
      return undone;
    });
    answers.undone(id);
    policyChanged();
    return inverse;
  }

  /** In one change. Errors: unknown_rule, factory_rule. */
  remove(ids: readonly string[]): Result<"rules.remove"> {
    return this.each(ids, (id, now) => this.parts.rules.remove(id, now));
  }

  /** In one change. Errors: unknown_rule. */
  enable(ids: readonly string[], enabled: boolean): Result<"rules.enable"> {
    return this.each(ids, (id, now) => void this.parts.rules.enable(id, enabled, now));
  }

  private each(ids: readonly string[], work: (id: string, now: number) => void): { change: number | null } {
    const now = Date.now();
    const { change } = this.edit(() =>
      this.parts.rules.changes.record(now, () => {
        for (const id of ids) work(id, now);
      }),
    );
    return { change };
  }
}
