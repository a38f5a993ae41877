// The policy in force: rules from the store, as the decider reads them and as the kernel's maps hold them.
import type { App, Direction, Endpoint, Mode, Rule } from "../contract/words.ts";
import type { Judgement } from "./flows/flows.ts";
import { type FlowRecord, flowState } from "./kernel/layout.ts";
import { type PolicyMaps, target } from "./kernel/policy-maps.ts";
import { log } from "./log.ts";
import { addressHex } from "./policy/address.ts";
import { compile } from "./policy/compile.ts";
import { type Decision, decide, layerOf, type Policy, reasonOf } from "./policy/decide.ts";
import { compareRules } from "./policy/order.ts";
import { type PolicyRule, policyRule, type Zones } from "./policy/rule.ts";
import type { AppNumbers, DestinationNumbers } from "./store/numbers.ts";
import type { Rules } from "./store/rules.ts";

export interface EnforcedPolicyParts {
  readonly rules: Rules;
  readonly maps: PolicyMaps;
  readonly apps: AppNumbers;
  readonly destinations: DestinationNumbers;
  readonly mode: Mode;
  zones(): Zones;
}

export class EnforcedPolicy {
  private readonly parts: EnforcedPolicyParts;
  private policy: Policy;
  private byNumber = new Map<number, PolicyRule>();
  /** Stored rules that nobody can read: they take no part. */
  unreadable = 0;

  constructor(parts: EnforcedPolicyParts) {
    this.parts = parts;
    this.policy = { rules: [], zones: parts.zones(), mode: parts.mode };
    this.refresh();
  }

  /** Counts the policies that the kernel had. */
  get generation(): number {
    return this.parts.maps.generation;
  }

  /** Parts of the policy that the kernel has no room for. */
  get leftOut(): number {
    return this.parts.maps.leftOut;
  }

  /** Reads what is committed and brings the kernel to it. Returns whether that changed anything there. */
  refresh(): boolean {
    const rules: PolicyRule[] = [];
    this.byNumber = new Map();
    this.unreadable = 0;
    for (const { number, rule } of this.parts.rules.all()) {
      const parsed = policyRule(rule, number);
      if (parsed === null) {
        this.unreadable++;
        log("error", "a stored rule is unreadable and takes no part", { rule: rule.id, address: rule.address });
        continue;
      }
      this.byNumber.set(number, parsed);
      if (rule.enabled) rules.push(parsed);
    }
    this.policy = { rules: rules.sort(compareRules), zones: this.parts.zones(), mode: this.parts.mode };
    const numbers = {
      tableId: (destination: string) => this.parts.destinations.of(destination),
      appId: (path: string) => this.parts.apps.of(path),
    };
    return this.parts.maps.apply(compile(this.policy, { ...target, ...numbers }));
  }

  list(): Rule[] {
    return this.parts.rules.all().map(({ rule }) => rule);
  }

  decide(app: App, direction: Direction, endpoint: Endpoint): Decision {
    const { port, protocol } = endpoint;
    const question = { app: app.path, addressHex: addressHex(endpoint.address), port, protocol, direction };
    return decide(this.policy, question);
  }

  /** What the kernel decided, in words. A rule that was removed meanwhile keeps its number. */
  explainRecord(record: FlowRecord): Judgement {
    return this.explain(record.state === flowState.allowed ? "allow" : "block", record.rule);
  }

  /** A verdict of the kernel's, by the number of its rule. */
  explain(verdict: "allow" | "block", number: number): Judgement {
    const rule = this.byNumber.get(number);
    if (rule) return { verdict, rule: rule.id, layer: layerOf(rule), reason: reasonOf(rule) };
    if (number === 0) return { verdict, rule: null, layer: "mode", reason: "No rule covers it; the mode decided." };
    return { verdict, rule: String(number), layer: "rule", reason: "A rule that is gone by now decided." };
  }
}
