// The decider: which verdict a flow gets and why. Pure: no clock, no I/O.
import type { Action, Direction, Layer, Mode, Protocol } from "../../contract/words.ts";
import { contains } from "./address.ts";
import type { PolicyRule, Zones } from "./rule.ts";

/** What is asked: `addressHex` is the remote's, 32 digits, IPv4 mapped; `port` the one asked for (inbound: the app's own). */
export interface Question {
  readonly app: string;
  readonly addressHex: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly direction: Direction;
}

export interface Decision {
  readonly verdict: Action;
  /** Id of the rule that decided, null where the mode did. */
  readonly rule: string | null;
  readonly number: number;
  readonly layer: Layer;
  readonly reason: string;
}

/** Everything a decision depends on. `rules`: enabled ones, sorted by compareRules. */
export interface Policy {
  readonly rules: readonly PolicyRule[];
  readonly zones: Zones;
  readonly mode: Mode;
}

function reaches(rule: PolicyRule, question: Question, zones: Zones): boolean {
  const { destination } = rule;
  switch (destination.kind) {
    case "prefix":
      return contains(destination.prefix, question.addressHex);
    case "zone":
      return zones[destination.zone].some((prefix) => contains(prefix, question.addressHex));
    case "any":
      return true;
  }
}

export function matches(rule: PolicyRule, question: Question, zones: Zones): boolean {
  return (
    (rule.app === null || rule.app === question.app) &&
    (rule.port === null || rule.port === question.port) &&
    (rule.protocol === null || rule.protocol === question.protocol) &&
    (rule.direction === "both" || rule.direction === question.direction) &&
    reaches(rule, question, zones)
  );
}

const modeVerdict: Record<Mode, { verdict: Action; reason: string }> = {
  ask: { verdict: "ask", reason: "No rule covers it, so you are asked." },
  learn: { verdict: "allow", reason: "Picket is learning: allowed and recorded." },
  allow: { verdict: "allow", reason: "No rule covers it, and the mode allows the rest." },
  block: { verdict: "block", reason: "No rule covers it, and the mode blocks the rest." },
};

/** Why a rule decided, in one sentence. */
export function reasonOf(rule: PolicyRule): string {
  const who = rule.app === null ? "any app" : "this app";
  const way = { outbound: "to", inbound: "from", both: "to and from" }[rule.direction];
  const verb = { allow: "allows", block: "blocks", ask: "wants you asked about" }[rule.action];
  const kind = rule.origin === "factory" ? "A factory rule" : "Your rule";
  const where = {
    any: "any address",
    zone: "this part of the network",
    prefix: "this address",
  }[rule.destination.kind];
  const port = rule.port === null ? "" : `, port ${rule.port}`;
  const protocol = rule.protocol === null ? "" : ` over ${rule.protocol.toUpperCase()}`;
  return `${kind} ${verb} ${who} ${way} ${where}${port}${protocol}.`;
}

export function layerOf(rule: PolicyRule): Layer {
  return rule.origin === "factory" ? "factory" : "rule";
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
function firstMatch({ rules, zones }: Policy, question: Question): PolicyRule | undefined {
  const { byApp, anyApp } = indexOf(rules);
  const matching = (position: number) => {
    const rule = rules[position];
    return rule !== undefined && matches(rule, question, zones);
  };
  const own = byApp.get(question.app)?.find(matching) ?? rules.length;
  const any = anyApp.find((position) => position > own || matching(position)) ?? rules.length;
  return rules[Math.min(own, any)];
}

export function decide(policy: Policy, question: Question): Decision {
  const rule = firstMatch(policy, question);
  if (rule === undefined) return { ...modeVerdict[policy.mode], rule: null, number: 0, layer: "mode" };
  return { verdict: rule.action, rule: rule.id, number: rule.number, layer: layerOf(rule), reason: reasonOf(rule) };
}
