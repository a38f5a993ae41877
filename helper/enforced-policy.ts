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
import { writtenName } from "./policy/host-name.ts";
import { type Lists, listNumbers } from "./policy/lists.ts";
import { compareRules, placeOf } from "./policy/order.ts";
import { layerOf, reasonOf } from "./policy/reason.ts";
import { type PolicyRule, policyRule, type Zones } from "./policy/rule.ts";
import { somewhere } from "./policy/somewhere.ts";
import type { AppNumbers, DestinationNumbers } from "./store/numbers.ts";
import type { Rules } from "./store/rules.ts";

/** A change of more rules than this is compiled as a whole: that is sooner done. */
const fewRules = 200;

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
  /** Uid of whom the kernel decides by their own rules; null: nobody. Other users' rules are left to the helper. */
  readonly person?: number | null;
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
  private compiler: Compiler | undefined;
  /** Whether the last change went through: otherwise the next one is compiled as a whole. */
  private isSound = false;
  private readonly byNumber = new Map<number, PolicyRule>();
  /** Enabled rules of the active profile or of none. */
  private readonly inForce = new Map<number, PolicyRule>();
  private readonly unread = new Set<number>();
  /** The active profile and what the lists have, as compiled. */
  private profile: string | null = null;
  private contents: readonly object[] = [];
  /** Rules that do nothing: found out when somebody wants to know. */
  private idle: ReadonlyMap<number, Idle> | undefined;

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

  /** Stored rules that nobody can read: they take no part. */
  get unreadable(): number {
    return this.unread.size;
  }

  /** Parts of the policy that the kernel has no room for. */
  get leftOut(): number {
    return this.parts.maps.leftOut;
  }

  private around(rules: readonly PolicyRule[]): Policy {
    const { mode, override } = this.parts.situation();
    return { rules, zones: this.parts.zones(), mode, override, lists: this.parts.lists };
  }

  /** Reads what is committed and brings the kernel to it. Returns whether live flows are to be judged anew. */
  refresh(): boolean {
    const { profile } = this.parts.situation();
    const around = this.around([]);
    this.idle = undefined;
    const touched = this.parts.rules.touched();
    const isLittle =
      this.isSound &&
      touched.size <= fewRules &&
      profile === this.profile &&
      isSame(around, this.policy, this.contents);
    this.isSound = false;
    const changed = isLittle && this.compiler ? this.amend(this.compiler, around, touched) : this.compileAll();
    this.isSound = true;
    return changed;
  }

  /** The same where these rules, the mode and what overrides are all that may be different. */
  private amend(compiler: Compiler, around: Policy, touched: ReadonlySet<number>): boolean {
    const { gone, come } = this.read(touched);
    const rules = [...this.policy.rules];
    for (const rule of gone) rules.splice(placeOf(rule, rules), 1);
    for (const rule of come) rules.splice(placeOf(rule, rules), 0, rule);
    this.policy = { ...around, rules };
    compiler.setMode(this.policy);
    compiler.change(gone, come);
    const changed = this.parts.maps.amend(compiler, compiler.take());
    this.parts.destinations.tidy(compiler.tables);
    // What was touched may say the same as before, as with another note.
    if (changed || JSON.stringify(gone) === JSON.stringify(come)) return changed;
    // The maps do too, where the kernel cannot tell the rules from those before: the helper can.
    this.renew();
    return true;
  }

  /** Reads rules again that may be others by now. Returns what that is for the rules in force. */
  private read(numbers: Iterable<number>): { gone: PolicyRule[]; come: PolicyRule[] } {
    const [gone, come]: [PolicyRule[], PolicyRule[]] = [[], []];
    for (const number of numbers) {
      const before = this.inForce.get(number);
      if (before !== undefined) gone.push(before);
      this.inForce.delete(number);
      this.byNumber.delete(number);
      this.unread.delete(number);
      const after = this.readOne(number);
      if (after !== null) come.push(after);
    }
    return { gone, come };
  }

  /** Null where the rule is not in force. */
  private readOne(number: number): PolicyRule | null {
    const rule = this.parts.rules.get(number)?.rule;
    if (rule === undefined) return null;
    const parsed = policyRule(rule, number);
    if (parsed === null) {
      this.unread.add(number);
      log("error", "a stored rule is unreadable and takes no part", { rule: rule.id, address: rule.address });
      return null;
    }
    this.byNumber.set(number, parsed);
    if (!rule.enabled || (rule.profile !== null && rule.profile !== this.profile)) return null;
    this.inForce.set(number, parsed);
    return parsed;
  }

  private compileAll(): true {
    const { rules, maps, destinations, apps } = this.parts;
    // They may be called something else while it is found out what they are called: that is another path of the old policy then.
    const named = [...this.parts.named()];
    this.profile = this.parts.situation().profile;
    this.contents = this.parts.lists.contents();
    for (const kept of [this.byNumber, this.inForce, this.unread]) kept.clear();
    const { come } = this.read(rules.all().map(({ number }) => number));
    this.policy = this.around(come.sort(compareRules));
    const numbers = {
      tableId: (destination: string) => destinations.of(destination),
      appId: (path: string) => apps.of(path),
      person: this.parts.person ?? null,
    };
    const compiler = new Compiler(this.policy, { ...target, ...numbers });
    this.compiler = compiler;
    for (const [addressHex, names] of named) compiler.setNames(addressHex, names);
    // Something is different, be it in no map.
    if (!maps.apply(compiler)) maps.renew();
    compiler.take();
    destinations.tidy(compiler.tables);
    return true;
  }

  /** An address is called something else by now. The verdicts of live flows stay: whoever may object asks decide(). */
  rename(addressHex: string, names: KnownNames): void {
    const { compiler, isSound } = this;
    this.isSound = false;
    if (compiler?.setNames(addressHex, names)) this.parts.maps.extend(compiler, compiler.take());
    this.isSound = isSound;
  }

  /** Every verdict is looked up again with its flow's next packet, although no rule changed. */
  renew(): void {
    this.parts.maps.renew();
  }

  /** Rules that do nothing, by number. */
  findIdle(): ReadonlyMap<number, Idle> {
    this.idle ??= findIdle(this.enabled(), this.policy.zones, this.policy.lists);
    return this.idle;
  }

  /** Enabled rules of every profile. */
  private enabled(): PolicyRule[] {
    const stored = this.parts.rules.all().filter(({ rule }) => rule.enabled);
    return stored.map(({ number }) => this.byNumber.get(number)).filter((rule) => rule !== undefined);
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

  /** What would happen to a flow, and why. `known`: what else the address is called. Errors: bad_address, bad_name, bad_matcher. */
  explainFlow(asked: ParsedParams<"explain">, known: KnownNames = noNames): Result<"explain"> {
    const { app, via, user, port, protocol, direction } = asked;
    const host = asked.host === null ? null : writtenName(asked.host.trim());
    if (asked.host !== null && host === null) throw new CodedError("bad_name", asked.host);
    const prefix = asked.address === null ? null : parsePrefix(asked.address);
    if (asked.address !== null && prefix?.bits !== 128) throw new CodedError("bad_address", asked.address);
    if (host === null && prefix === null) throw new CodedError("bad_matcher", "neither a host nor an address");
    const names = { trusted: [...new Set([...(host === null ? [] : [host]), ...known.trusted])], labels: known.labels };
    const addressHex = prefix?.hex ?? somewhere(this.policy);
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

/** Whether what a compiler takes for granted is the same. `contents`: what the lists had then. */
function isSame({ zones, lists }: Policy, then: Policy, contents: readonly object[]): boolean {
  const now = lists.contents();
  return (
    now.length === contents.length &&
    now.every((content, at) => content === contents[at]) &&
    textOf(zones) === textOf(then.zones)
  );
}

function textOf(zones: Zones): string {
  return JSON.stringify([zones.loopback, zones.resolvers, zones.local]);
}
