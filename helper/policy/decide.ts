// The decider: which verdict a flow gets and why. Pure: no clock, no I/O.
import { isUnknownApp } from "../../contract/app-path.ts";
import type { Action, Direction, Layer, Mode, Protocol } from "../../contract/words.ts";
import { contains } from "./address.ts";
import { entryRule, type Lists } from "./lists.ts";
import { compareRules } from "./order.ts";
import { astrayReason, layerOf, reasonOf } from "./reason.ts";
import { isAstray } from "./rebinding.ts";
import { hasNames, isInZone, isNamed, type PolicyRule, type Zones } from "./rule.ts";

/** Names of an address. What is not trusted (what the app wrote itself, the aliases of a CNAME chain) can block and never allow. */
export interface KnownNames {
  readonly trusted: readonly string[];
  readonly labels: readonly string[];
}

export const noNames: KnownNames = { trusted: [], labels: [] };

/** What is asked: `addressHex` is the remote's, 32 digits, IPv4 mapped; `port` the one asked for (inbound: the app's own). */
export interface Question {
  readonly app: string;
  /** The app that started this one, null when nobody knows. */
  readonly via: string | null;
  readonly user: number;
  readonly addressHex: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly direction: Direction;
  readonly names: KnownNames;
  /** What the app runs is not what its rules were made for. */
  readonly changed?: boolean;
}

export interface Decision {
  readonly verdict: Action;
  /** Id of the rule that decided, null where the mode did. */
  readonly rule: string | null;
  readonly number: number;
  readonly layer: Layer;
  readonly reason: string;
}

/** What comes before all rules; nothing of it is about this computer's talk with itself. */
export type Override = "lockdown" | "pause";

/** Everything a decision depends on. `rules`: enabled ones of the active profile or of none, sorted by compareRules. */
export interface Policy {
  readonly rules: readonly PolicyRule[];
  readonly zones: Zones;
  readonly mode: Mode;
  readonly lists: Lists;
  readonly override: Override | null;
}

function reaches(
  { destination, action }: PolicyRule,
  { addressHex }: Question,
  name: string | null,
  zones: Zones,
): boolean {
  switch (destination.kind) {
    case "prefix":
      return contains(destination.prefix, addressHex);
    case "host":
    case "domain":
      return (
        name !== null && isMeant(destination, name) && (action !== "allow" || !isAstray(name, addressHex, zones.local))
      );
    case "zone":
      return isInZone(destination.zone, addressHex, zones);
    case "any":
      return true;
  }
}

function isMeant({ kind, name: own }: { kind: "host" | "domain"; name: string }, name: string): boolean {
  return own === name || (kind === "domain" && name.endsWith(`.${own}`));
}

/** `name`: the one name that the destination is taken to have. */
export function matches(rule: PolicyRule, question: Question, name: string | null, zones: Zones): boolean {
  return (
    (rule.app === null || rule.app === question.app) &&
    (rule.via === null || rule.via === question.via) &&
    (rule.user === null || rule.user === question.user) &&
    (rule.port === null || (question.port >= rule.port && question.port <= (rule.portTo ?? rule.port))) &&
    (rule.protocol === null || rule.protocol === question.protocol) &&
    (rule.direction === "both" || rule.direction === question.direction) &&
    reaches(rule, question, name, zones)
  );
}

/** Positions in the order, of the rules about each app and of those about any. */
interface Index {
  readonly byApp: ReadonlyMap<string, readonly number[]>;
  readonly anyApp: readonly number[];
}

/** A list of rules never changes: a new policy has a new list. */
const indexes = new WeakMap<readonly PolicyRule[], Index>();

function indexOf(rules: readonly PolicyRule[]): Index {
  const known = indexes.get(rules);
  if (known !== undefined) return known;
  const byApp = new Map<string, number[]>();
  const anyApp: number[] = [];
  for (const [position, { app }] of rules.entries()) {
    if (app === null) anyApp.push(position);
    else if (byApp.get(app)?.push(position) === undefined) byApp.set(app, [position]);
  }
  const index = { byApp, anyApp };
  indexes.set(rules, index);
  return index;
}

/** The first rule in the order that matches. Most rules are about other apps: those are not looked at. */
function firstMatch({ rules, zones }: Policy, question: Question, name: string | null): PolicyRule | undefined {
  const { byApp, anyApp } = indexOf(rules);
  const matching = (position: number) => {
    const rule = rules[position];
    return rule !== undefined && matches(rule, question, name, zones);
  };
  const own = byApp.get(question.app)?.find(matching) ?? rules.length;
  const any = anyApp.find((position) => position > own || matching(position)) ?? rules.length;
  return rules[Math.min(own, any)];
}

/** The rule, a blocklist's entry included, that decides if the destination has this one name. */
function decisive(policy: Policy, question: Question, name: string | null): PolicyRule | undefined {
  const { lists } = policy;
  const entries = [name === null ? null : lists.name(name), lists.covering({ hex: question.addressHex, bits: 128 })];
  return [firstMatch(policy, question, name), ...entries.map((entry) => (entry ? entryRule(entry) : undefined))]
    .filter((rule) => rule !== undefined)
    .sort(compareRules)[0];
}

const modeVerdict: Record<Mode, { verdict: Action; reason: string }> = {
  ask: { verdict: "ask", reason: "No rule covers it, so you are asked." },
  learn: { verdict: "allow", reason: "Picket is learning: allowed and recorded." },
  allow: { verdict: "allow", reason: "No rule covers it, and the mode allows the rest." },
  block: { verdict: "block", reason: "No rule covers it, and the mode blocks the rest." },
};

const overrides: Record<Override, Omit<Decision, "rule" | "number">> = {
  lockdown: { verdict: "block", layer: "lockdown", reason: "Lockdown is on: nothing leaves or enters this computer." },
  pause: { verdict: "allow", layer: "mode", reason: "Picket is paused: everything is allowed and recorded." },
};

/** What a verdict of the kernel's that no rule made rests on, in the words that decide() has for it. */
export function withoutRule(
  { mode, override }: Pick<Policy, "mode" | "override">,
  verdict: "allow" | "block",
): Pick<Decision, "layer" | "reason"> {
  const over = override === null ? undefined : overrides[override];
  if (over?.verdict === verdict) return { layer: over.layer, reason: over.reason };
  if (modeVerdict[mode].verdict === verdict) return { layer: "mode", reason: modeVerdict[mode].reason };
  return { layer: "mode", reason: "No rule covered it; the mode of that moment decided." };
}

/** A mode that allows what no rule covers has nothing to ask about. */
function isAllowing(mode: Mode): boolean {
  return modeVerdict[mode].verdict === "allow";
}

function decisionOf(rule: PolicyRule | undefined, mode: Mode, changed = false): Decision {
  if (rule === undefined) return { ...modeVerdict[mode], rule: null, number: 0, layer: "mode" };
  if (changed && rule.action === "allow" && rule.app !== null && !isAllowing(mode)) {
    const reason = "This program has changed since you allowed it.";
    return { verdict: "ask", rule: rule.id, number: rule.number, layer: layerOf(rule), reason };
  }
  return { verdict: rule.action, rule: rule.id, number: rule.number, layer: layerOf(rule), reason: reasonOf(rule) };
}

/**
 * Of a program that ended before anybody could tell which it was: the rule that blocks some app there, and comes before the one that lets
 * it go. It may be that app.
 */
function blocksSomeApp(policy: Policy, question: Question, name: string | null, own?: PolicyRule): Decision | null {
  if (!isUnknownApp(question.app)) return null;
  const blocks = (rule: PolicyRule) =>
    rule.action === "block" &&
    rule.app !== null &&
    matches({ ...rule, app: null, via: null }, question, name, policy.zones);
  const rule = policy.rules.find(blocks);
  if (rule === undefined || (own !== undefined && compareRules(own, rule) < 0)) return null;
  const reason = "Nobody knows which program this was, and a rule blocks one there.";
  return { verdict: "block", rule: rule.id, number: rule.number, layer: layerOf(rule), reason };
}

/** Why a name that rules allow is not allowed here; null where no such rule is in question. */
function whyNot({ rules, zones }: Policy, question: Question, name: string | null): string | null {
  if (name === null || !isAstray(name, question.addressHex, zones.local)) return null;
  const anywhere = { ...zones, local: [] };
  const isPassed = (rule: PolicyRule) =>
    isNamed(rule) && rule.action === "allow" && matches(rule, question, name, anywhere);
  return rules.some(isPassed) ? astrayReason(name) : null;
}

function isListedName(rule: PolicyRule): boolean {
  return rule.origin === "subscription" && isNamed(rule);
}

const strictness: Record<Action, number> = { allow: 0, ask: 1, block: 2 };

/** Of two that allow, the one without a rule says more: without that mode it would be asked about. */
function severity({ verdict, layer }: Decision): number {
  return strictness[verdict] + (verdict === "allow" && layer === "mode" ? 0.5 : 0);
}

/**
 * Where an address has several names nobody knows which is meant: the strictest of their verdicts holds, so all must be allowed. A name
 * that is not trusted counts only where a rule about names blocks it.
 */
export function decide(policy: Policy, question: Question): Decision {
  const { zones, mode, override } = policy;
  if (override !== null && !isInZone("loopback", question.addressHex, zones))
    return { ...overrides[override], rule: null, number: 0 };
  const { trusted, labels } = hasNames(question.addressHex, question.port, zones) ? question.names : noNames;
  const judged = (trusted.length > 0 ? trusted : [null]).map((name) => ({
    name,
    rule: decisive(policy, question, name),
  }));
  // A blocklist that has one name blocks no other that shares its address.
  const unlisted = judged.filter(({ rule }) => rule === undefined || !isListedName(rule));
  const decisions = (unlisted.length > 0 ? unlisted : judged).map(({ name, rule }) => {
    const own = decisionOf(rule, mode, question.changed);
    const decision = (own.verdict === "allow" ? blocksSomeApp(policy, question, name, rule) : null) ?? own;
    const why = rule === undefined && decision.verdict !== "allow" ? whyNot(policy, question, name) : null;
    return why === null ? decision : { ...decision, reason: why };
  });
  for (const label of labels) {
    const rule = decisive(policy, question, label);
    if (rule?.action === "block" && isNamed(rule)) decisions.push(decisionOf(rule, mode));
  }
  return decisions.reduce((strictest, each) => (severity(each) > severity(strictest) ? each : strictest));
}

/** Whether a rule about a name could say more than what is known: the app's own word is worth reading before data flows. */
export function wantsName(policy: Policy, { app, addressHex, port, direction, names }: Question): boolean {
  if (direction === "inbound" || !hasNames(addressHex, port, policy.zones)) return false;
  // Of several names one is listed: the app may say which it means.
  if (names.trusted.length > 0) return names.trusted.some((name) => policy.lists.name(name) !== null);
  if (policy.lists.hasNames) return true;
  return policy.rules.some(
    (rule) => isNamed(rule) && rule.action === "block" && (rule.app === null || rule.app === app),
  );
}
