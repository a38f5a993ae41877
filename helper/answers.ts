// Answers: committed first, then in the kernel's maps, then carried out on what is held, in that order.
import { CodedError } from "../contract/errors.ts";
import type { Lifetime, RuleLifetime } from "../contract/lifetime.ts";
import type { ParsedParams } from "../contract/methods.ts";
import type { RecentAnswer, Shown } from "../contract/questions.ts";
import type { Prompt, Scope } from "../contract/words.ts";
import type { Flows } from "./flows/flows.ts";
import type { Hold } from "./hold/hold.ts";
import type { Contents } from "./identity/contents.ts";
import type { Lifetimes } from "./lifetimes.ts";
import { meansMore, scopeMatchers, scopeNames } from "./policy/scope.ts";
import { Answered } from "./prompts/answered.ts";
import { isSameProgram } from "./prompts/join.ts";
import { isCertain, type Prompts } from "./prompts/prompts.ts";
import { durably, type Store } from "./store/database.ts";
import type { FlowVerdict, FlowVerdicts } from "./store/flow-verdicts.ts";
import { anyMatcher, type NewRule, type Rules } from "./store/rules.ts";

/** The points an answer passes, in order. Tests stop the helper at each. */
export type Step = "answered" | "committed" | "compiled" | "released";

export interface AnswersParts {
  readonly store: Store;
  readonly rules: Rules;
  readonly prompts: Prompts;
  readonly flows: Flows;
  readonly hold: Hold;
  readonly verdicts: FlowVerdicts;
  readonly lifetimes: Lifetimes;
  readonly contents: Pick<Contents, "trust">;
  /** Why it is asked about, as it stands. */
  why(prompt: Prompt): Pick<Prompt, "changed">;
  checkpoint(step: Step): void;
  /** Brings kernel, held flows and cards to the committed rules; returns the settled cards. */
  policyChanged(): string[];
}

/** Ids of the rules that were made and of the cards that are settled. */
export interface Outcome {
  rules: string[];
  settled: string[];
  /** What takes the rules back; null where none was made. */
  change: number | null;
}

/** Rules that an answer becomes. Errors: name_unknown. */
function rulesFor(prompt: Prompt, action: FlowVerdict, scope: Scope, lifetime: RuleLifetime): NewRule[] {
  // Where people are told apart, a rule is for those processes that its question was about.
  const user = prompt.process.person === undefined ? null : prompt.process.uid;
  const about = { ...anyMatcher, user, app: prompt.app.path, direction: prompt.direction };
  return scopeMatchers(prompt.endpoints, scope).map((matcher) => ({
    ...about,
    ...matcher,
    action,
    lifetime,
    note: "",
  }));
}

export class Answers {
  private readonly parts: AnswersParts;
  private readonly answered = new Answered();

  constructor(parts: AnswersParts) {
    this.parts = parts;
  }

  /** Errors: unknown_prompt, already_answered, prompt_not_held, app_unknown, not_running, name_unknown, question_changed. The rule is built from the prompt, never from what a client says of it. */
  answer(id: string, action: FlowVerdict, scope: Scope, lifetime: Lifetime, shown?: Shown): Outcome {
    const { prompt, flows } = this.find(id);
    if (shown && meansMore(prompt.endpoints, shown, scope)) throw new CodedError("question_changed", id);
    this.parts.checkpoint("answered");
    const outcome =
      lifetime === "once"
        ? this.once(prompt, flows, action, scope)
        : this.makeRules(prompt, flows, action, scope, lifetime);
    this.answered.note([id, ...outcome.settled], `${action}, ${scope}, ${lifetime}`, prompt.process.person);
    this.answered.keep(prompt, { action, scope, lifetime, change: outcome.change }, Date.now());
    return outcome;
  }

  /** Whether its rules would take the place of temporary ones that may hold for longer. Errors: unknown_prompt, already_answered, name_unknown. */
  endsSooner({ id, action, scope, lifetime }: ParsedParams<"prompts.answer">): boolean {
    if (lifetime === "once") return false;
    const { rules, lifetimes } = this.parts;
    const expires = lifetimes.expiryOf(lifetime);
    const { prompt } = this.find(id);
    return rulesFor(prompt, action, scope, lifetime).some((rule) => rules.endsSooner(rule, expires));
  }

  /** Nobody could be asked about this flow: it follows the choice made for that, and the question goes to the inbox. */
  decideUnattended(flow: string, verdict: FlowVerdict): void {
    const { prompts, flows, hold } = this.parts;
    const reason = `Nobody could be asked, and what cannot be asked about is ${verdict === "allow" ? "allowed" : "blocked"}.`;
    prompts.flowEnded(flow);
    flows.judge(flow, { verdict, rule: null, layer: "mode", reason });
    hold.carryOut(flow, verdict, null);
  }

  /** The last answers, newest first. */
  list(): RecentAnswer[] {
    return this.answered.list();
  }

  /** Whose question it is or was, open or answered; "unknown" where there is none. */
  personOf(id: string): Prompt["process"]["person"] | "unknown" {
    const open = this.parts.prompts.get(id);
    return open === undefined ? this.answered.personOf(id) : open.process.person;
  }

  /** A change of rules was taken back. */
  undone(change: number): void {
    this.answered.undone(change);
  }

  /** Errors: unknown_prompt, already_answered, prompt_held. */
  dismiss(id: string): void {
    const { prompt } = this.find(id);
    if (prompt.state === "held") throw new CodedError("prompt_held", id);
    this.parts.prompts.close(id);
    this.answered.note([id], "dismissed", prompt.process.person);
  }

  private find(id: string): { prompt: Prompt; flows: string[] } {
    const how = this.answered.how(id);
    if (how !== undefined) throw new CodedError("already_answered", how);
    return this.parts.prompts.find(id);
  }

  private makeRules(
    prompt: Prompt,
    flows: string[],
    action: FlowVerdict,
    scope: Scope,
    lifetime: RuleLifetime,
  ): Outcome {
    if (!isCertain(prompt.app)) throw new CodedError("app_unknown");
    // While it waits the number is its own.
    const asker = prompt.state === "held" ? prompt.process.pid : undefined;
    const term = this.parts.lifetimes.termOf(lifetime, prompt.app.path, asker);
    if (action === "allow" && this.parts.why(prompt).changed) {
      const settled = this.takeAsItIs(prompt, flows);
      // Its rules hold again, and no other is needed for what was asked.
      if (settled.includes(prompt.id)) return { rules: [], settled, change: null };
    }
    const wanted = rulesFor(prompt, action, scope, lifetime);
    const now = Date.now();
    const { rules, change } = durably(this.parts.store, () => {
      this.parts.prompts.strike([prompt.id]);
      if (action === "allow") this.trust(prompt, flows);
      const rules = this.parts.rules.changes.record(now, () =>
        wanted.map((rule) => this.parts.rules.add(rule, now, term).rule.id),
      );
      return { rules, change: this.parts.rules.changes.newest() };
    });
    this.parts.checkpoint("committed");
    const settled = this.parts.policyChanged();
    if (!settled.includes(prompt.id)) {
      // A narrower rule still asks: the card was answered all the same, and its flows follow the answer.
      this.carryOut(flows, action);
      this.parts.prompts.close(prompt.id);
      settled.push(prompt.id);
    }
    return { rules, settled, change };
  }

  /** What the program runs by now is what its rules are for. Returns the settled cards. */
  private takeAsItIs(prompt: Prompt, flows: string[]): string[] {
    durably(this.parts.store, () => this.trust(prompt, flows));
    this.parts.checkpoint("committed");
    return this.parts.policyChanged();
  }

  private trust(prompt: Prompt, flows: string[]): void {
    const waiting = flows.map((id) => this.parts.flows.get(id)?.app).filter((app) => app !== undefined);
    this.parts.contents.trust([prompt.app, ...waiting], Date.now());
  }

  private once(prompt: Prompt, flows: string[], action: FlowVerdict, scope: Scope): Outcome {
    if (flows.length === 0) throw new CodedError("prompt_not_held", prompt.id);
    const { store, verdicts, hold, prompts } = this.parts;
    // Of a program nobody can be sure of, only the card's own flows are known to be its.
    const own = scope === "endpoint" || !isCertain(prompt.app);
    const covered = new Set(own ? flows : [...flows, ...this.heldFlowsOf(prompt, scope)]);
    const settled = prompts.coveredBy(prompt, covered);
    durably(store, () => {
      prompts.strike(settled);
      for (const flow of covered) verdicts.commit(flow, action, Date.now());
    });
    this.parts.checkpoint("committed");
    for (const flow of covered) hold.openGate(flow, action === "allow");
    this.parts.checkpoint("compiled");
    this.carryOut([...covered], action);
    this.parts.checkpoint("released");
    for (const flow of covered) verdicts.done(flow);
    for (const id of settled) prompts.close(id);
    return { rules: [], settled, change: null };
  }

  /** What waits in the same direction: who lets the app out has not let anybody in. Errors: name_unknown. */
  private heldFlowsOf({ app, direction, endpoints, process }: Prompt, scope: Scope): string[] {
    const { hold, flows } = this.parts;
    const wanted = new Set(scopeNames(endpoints, scope));
    return hold
      .all()
      .map(({ id }) => id)
      .filter((id) => {
        const flow = flows.get(id);
        if (flow === undefined || !isSameProgram(flow.app, app) || flow.direction !== direction) return false;
        if (process.person !== undefined && (flow.person !== process.person || flow.user !== process.uid)) return false;
        const names = scope === "any" ? [] : scopeNames([flow.endpoint], scope, false);
        return scope === "any" || (names.length > 0 && names.every((name) => wanted.has(name)));
      });
  }

  private carryOut(ids: readonly string[], verdict: FlowVerdict): void {
    const reason = verdict === "allow" ? "You allowed it once." : "You blocked it once.";
    for (const id of ids) {
      this.parts.flows.judge(id, { verdict, rule: null, layer: "answer", reason });
      this.parts.hold.carryOut(id, verdict, null);
    }
  }
}
