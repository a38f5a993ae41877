// The policy in force: rules from the store, as the decider reads them and as the kernel's maps hold them.
import { CodedError } from "../contract/errors.ts";
import type { ParsedParams, Result } from "../contract/methods.ts";
import type { App, Direction, Endpoint, Mode, Prompt, Rule } from "../contract/words.ts";
import type { Judgement } from "./flows/flows.ts";
import type { Contents } from "./identity/contents.ts";
import { type FlowRecord, flowState } from "./kernel/layout.ts";
import { type PolicyMaps, target } from "./kernel/policy-maps.ts";
import { log } from "./log.ts";
import { knownNames } from "./names/endpoint-names.ts";
import { addressHex, parsePrefix } from "./policy/address.ts";
import { findIdle, type Idle } from "./policy/analysis.ts";
import { Compiler } from "./policy/compile.ts";
import {
  type Decision,
  decide,
  type KnownNames,
  noNames,
  type Override,
  type Policy,
  type Question,
  wantsName,
  withoutRule,
} from "./policy/decide.ts";
import { hostName } from "./policy/domain.ts";
import { type Lists, listNumbers } from "./policy/lists.ts";
import { compareRules } from "./policy/order.ts";
import { layerOf, reasonOf } from "./policy/reason.ts";
import { type PolicyRule, policyRule, type Zones } from "./policy/rule.ts";
import type { AppNumbers, DestinationNumbers } from "./store/numbers.ts";
import type { Rules } from "./store/rules.ts";

/** A public address that nobody has (RFC 5737): where a name decides and no address is given. */
const somewhere = addressHex("192.0.2.1");

/** What stands around the rules at the moment. */
export interface Situation {
  readonly mode: Mode;
  readonly override: Override | null;
  /** The active profile. */
  readonly profile: string | null;
}

/** A flow as policy is asked about it. `user`: uid. */
export interface Asked {
  readonly app: App;
  readonly direction: Direction;
  readonly endpoint: Endpoint;
  readonly user: number;
}

export interface EnforcedPolicyParts {
  readonly rules: Rules;
  readonly maps: PolicyMaps;
  readonly apps: AppNumbers;
  readonly destinations: DestinationNumbers;
  readonly lists: Lists;
  /** Every address that has names by now, 32 hex digits, and what they are, whoever asks. */
  named(): Iterable<[addressHex: string, names: KnownNames]>;
  situation(): Situation;
  zones(): Zones;
  /** Whether apps run what their rules were made for. */
  readonly contents: Pick<Contents, "isChanged" | "changeOf" | "wasChanged">;
}

/** Nothing is in force before the first refresh(). */
export class EnforcedPolicy {
  private readonly parts: EnforcedPolicyParts;
  private policy: Policy;
  private compiler!: Compiler;
  private byNumber = new Map<number, PolicyRule>();
  /** Enabled rules of every profile, and which of them do nothing: found out when somebody wants to know. */
  private enabled: PolicyRule[] = [];
  private idle: ReadonlyMap<number, Idle> | undefined;
  /** Stored rules that nobody can read: they take no part. */
  unreadable = 0;

  constructor(parts: EnforcedPolicyParts) {
    this.parts = parts;
    this.policy = this.around([]);
  }

  /** The configured resolvers, 32 hex digits each. */
  get resolvers(): readonly string[] {
    return this.policy.zones.resolvers.map(({ hex }) => hex);
  }

  /** Counts the policies that the kernel had. */
  get generation(): number {
    return this.parts.maps.generation;
  }

  /** Parts of the policy that the kernel has no room for. */
  get leftOut(): number {
    return this.parts.maps.leftOut;
  }

  private around(rules: readonly PolicyRule[]): Policy {
    const { mode, override } = this.parts.situation();
    return { rules, zones: this.parts.zones(), mode, override, lists: this.parts.lists };
  }

  /** Reads what is committed and brings the kernel to it. Returns whether that changed anything there. */
  refresh(): boolean {
    const rules: PolicyRule[] = [];
    this.byNumber = new Map();
    this.enabled = [];
    this.idle = undefined;
    this.unreadable = 0;
    const { profile } = this.parts.situation();
    for (const { number, rule } of this.parts.rules.all()) {
      const parsed = policyRule(rule, number);
      if (parsed === null) {
        this.unreadable++;
        log("error", "a stored rule is unreadable and takes no part", { rule: rule.id, address: rule.address });
        continue;
      }
      this.byNumber.set(number, parsed);
      if (rule.enabled) this.enabled.push(parsed);
      if (rule.enabled && (rule.profile === null || rule.profile === profile)) rules.push(parsed);
    }
    this.policy = this.around(rules.sort(compareRules));
    const numbers = {
      tableId: (destination: string) => this.parts.destinations.of(destination),
      appId: (path: string) => this.parts.apps.of(path),
    };
    this.compiler = new Compiler(this.policy, { ...target, ...numbers });
    for (const [addressHex, names] of this.parts.named()) this.compiler.setNames(addressHex, names);
    const changed = this.parts.maps.apply(this.compiler);
    this.parts.destinations.tidy(new Set(this.compiler.tables.keys()));
    return changed;
  }

  /** An address is called something else by now. The verdicts of live flows stay: whoever may object asks decide(). */
  rename(addressHex: string, names: KnownNames): void {
    if (this.compiler.setNames(addressHex, names)) this.parts.maps.extend(this.compiler, addressHex);
  }

  /** Every verdict is looked up again with its flow's next packet, although no rule changed. */
  renew(): void {
    this.parts.maps.renew();
  }

  /** Rules that do nothing, by number. */
  findIdle(): ReadonlyMap<number, Idle> {
    this.idle ??= findIdle(this.enabled, this.policy.zones, this.policy.lists);
    return this.idle;
  }

  list(): Rule[] {
    return this.parts.rules.all().map(({ rule }) => rule);
  }

  decide(asked: Asked): Decision {
    return decide(this.policy, { ...questionOf(asked), changed: this.parts.contents.isChanged(asked.app) });
  }

  /** Whether what the app says first should be read before it goes: a rule about the name in it may block. */
  wantsName(asked: Asked): boolean {
    return wantsName(this.policy, questionOf(asked));
  }

  /** Why there is a card for the flow; nothing where policy has an answer by now. */
  whyAsked(asked: Asked): Pick<Prompt, "rule" | "layer" | "reason" | "changed"> {
    const { verdict, rule, layer, reason } = this.decide(asked);
    return verdict === "ask" ? { rule, layer, reason, changed: this.parts.contents.changeOf(asked.app) } : {};
  }

  /** What would happen to a flow, and why. Errors: bad_address, bad_name, bad_matcher. */
  explainFlow(asked: ParsedParams<"explain">): Result<"explain"> {
    const { app, via, user, port, protocol, direction } = asked;
    const host = asked.host === null ? null : hostName(asked.host);
    if (asked.host !== null && host === null) throw new CodedError("bad_name", asked.host);
    const prefix = asked.address === null ? null : parsePrefix(asked.address);
    if (asked.address !== null && prefix?.bits !== 128) throw new CodedError("bad_address", asked.address);
    if (host === null && prefix === null) throw new CodedError("bad_matcher", "neither a host nor an address");
    const names = host === null ? noNames : { trusted: [host], labels: [] };
    const addressHex = prefix?.hex ?? somewhere;
    const { verdict, rule, layer, reason } = decide(this.policy, {
      app,
      via,
      user,
      addressHex,
      port,
      protocol,
      direction,
      names,
      changed: this.parts.contents.wasChanged(app),
    });
    return { verdict, rule, layer, reason };
  }

  /** What the kernel decided, in words. A rule that was removed meanwhile keeps its number. */
  explainRecord(record: FlowRecord): Judgement {
    return this.explain(record.state === flowState.allowed ? "allow" : "block", record.rule);
  }

  /** A verdict of the kernel's, by the number of its rule. */
  explain(verdict: "allow" | "block", number: number): Judgement {
    const rule = this.byNumber.get(number);
    if (rule) return { verdict, rule: rule.id, layer: layerOf(rule), reason: reasonOf(rule) };
    if (number === 0) return { verdict, rule: null, ...withoutRule(this.policy, verdict) };
    if (number >= listNumbers) {
      const title = this.parts.lists.titleOf(number);
      return { verdict, rule: title, layer: "blocklist", reason: `The blocklist “${title}” has this destination.` };
    }
    return { verdict, rule: String(number), layer: "rule", reason: "A rule that is gone by now decided." };
  }
}

function questionOf({ app, direction, endpoint, user }: Asked): Question {
  const { address, port, protocol, names = [] } = endpoint;
  return {
    app: app.path,
    via: app.via,
    user,
    addressHex: addressHex(address),
    port,
    protocol,
    direction,
    names: knownNames(names),
  };
}
