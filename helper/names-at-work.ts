// What names do to flows: a destination gets its names, look-ups that change them reach kernel and live flows, and where a name may still
// block, a flow goes only as far as that its app says it (the second gate).
import type { Endpoint, Name } from "../contract/words.ts";
import type { PolicyLists } from "./blocklists/policy-lists.ts";
import type { Asked, EnforcedPolicy } from "./enforced-policy.ts";
import type { Flows } from "./flows/flows.ts";
import type { Hold } from "./hold/hold.ts";
import type { FlowRecord, Traffic } from "./kernel/layout.ts";
import { ownNetworkCookie } from "./kernel/namespaces.ts";
import { directionOf, endpointOf } from "./kernel/records.ts";
import { log } from "./log.ts";
import { bypass } from "./names/bypass.ts";
import { contractNames, knownNames, withNames } from "./names/endpoint-names.ts";
import { FirstWords } from "./names/first-words.ts";
import { Names } from "./names/names.ts";
import { Survivors } from "./names/survivors.ts";
import { addressHex, formatAddress } from "./policy/address.ts";
import type { Decision, KnownNames } from "./policy/decide.ts";
import type { Store } from "./store/database.ts";
import { NameRows } from "./store/names.ts";
import type { BootClock } from "./store/rules.ts";

export interface NamesAtWorkParts {
  /** Descriptor of the map `names`. */
  readonly ring: number;
  /** systemd-resolved's socket; null: nobody is to be asked. */
  readonly monitor: string | null;
  readonly clock: BootClock;
  /** Keeps trusted names for the next helper. */
  readonly store: Store;
  readonly policy: EnforcedPolicy;
  readonly flows: Flows;
  readonly hold: Hold;
  readonly lists: PolicyLists;
  /** Where an address (as text, and as 32 hex digits) is; null where nobody knows. */
  countryOf(address: string, hex: string): string | null;
  /** Connections that live, whether this helper heard of them or not. */
  readTraffic(): readonly Traffic[];
  /** Cards may be answered by now. */
  settle(): void;
  /** Live connections may be blocked by now. */
  revoke(): void;
}

function safely(work: () => void): void {
  try {
    work();
  } catch (error) {
    log("error", "flows could not be judged by their names", { error: String((error as Error).stack ?? error) });
  }
}

export class NamesAtWork {
  private readonly parts: NamesAtWorkParts;
  private readonly names: Names;
  private readonly firstWords: FirstWords;
  /** Addresses whose names changed since somebody looked. */
  private readonly renamed = new Set<string>();

  constructor(parts: NamesAtWorkParts) {
    this.parts = parts;
    const survivors = new Survivors(() => parts.readTraffic().map(({ flow }) => flow.address.toString("hex")));
    this.names = new Names({
      ring: parts.ring,
      resolvers: () => parts.policy.resolvers,
      network: ownNetworkCookie(),
      now: () => parts.clock.boottime(),
      monitor: parts.monitor,
      kept: new NameRows(parts.store, parts.clock.boot),
      renamed: (address) => this.onRenamed(address),
      isUsed: (address) => parts.flows.isLiveAt(address) || survivors.isAt(address),
      failed: (error) => log("error", "a look-up could not be read", { error: String(error) }),
    });
    this.firstWords = new FirstWords(this.names);
  }

  close(): void {
    this.names.close();
  }

  /** The flow is over. */
  forget(id: string): void {
    this.firstWords.forget(id);
  }

  /** Who is asked for, and what that is called by now. Whoever calls this computer has no name that it looked up. */
  endpointOf(record: FlowRecord, said: Name | null = null): Endpoint {
    const { address, ...rest } = endpointOf(record, formatAddress);
    const hex = record.flow.address.toString("hex");
    const endpoint = { ...rest, address, country: this.parts.countryOf(address, hex) };
    if (directionOf(record) === "inbound") return endpoint;
    return this.called(endpoint, contractNames(this.names.namesOf(hex, record.process), said));
  }

  private called(endpoint: Endpoint, names: readonly Name[]): Endpoint {
    const destination = { ...endpoint, address: addressHex(endpoint.address) };
    const past = bypass(
      destination,
      names.map(({ name }) => name),
      this.parts.policy.resolvers,
    );
    return withNames(past === null ? endpoint : { ...endpoint, bypass: past }, names);
  }

  /** Where a host is known to lead, 32 hex digits each, and what is known of each; no more than `most`. */
  placesOf(host: string, most: number): [string, KnownNames][] {
    return [...this.addresses()].filter(([, { trusted }]) => trusted.includes(host)).slice(0, most);
  }

  /** Every address that has a name, and what the kernel may make of it. */
  *addresses(): Generator<[string, KnownNames]> {
    for (const address of this.names.addresses()) yield [address, this.namesFor(address)];
  }

  /** Whoever asks: the kernel's paths know no apps. */
  private namesFor(address: string): KnownNames {
    const named = this.names.namesOf(address);
    const { trusted, labels } = knownNames(contractNames(named));
    // Some app's own untrusted look-up may block for it: where rules know the name, the helper decides.
    const others = named.filter((each) => !each.trusted).flatMap(({ name, aliases }) => [name, ...aliases]);
    return { trusted, labels: [...labels, ...others] };
  }

  /** The kernel hears of it before the look-up's answer is used; what is live there is looked at once for many. */
  private onRenamed(address: string): void {
    this.parts.policy.rename(address, this.namesFor(address));
    if (!this.parts.flows.isLiveAt(address)) return;
    if (this.renamed.size === 0) setImmediate(() => safely(() => this.judgeRenamed()));
    this.renamed.add(address);
  }

  /** Live flows to addresses that are called something else by now: a block that nobody knew of applies at once. */
  private judgeRenamed(): void {
    const addresses = [...this.renamed];
    this.renamed.clear();
    let blocked = false;
    let renamed = false;
    for (const [key, flow] of addresses.flatMap((address) => this.parts.flows.liveAt(address))) {
      if (flow.direction === "inbound") continue;
      const address = addressHex(flow.endpoint.address);
      // An own name that it had stays its own: another app's look-up of the address takes nothing from it.
      const fresh = contractNames(this.names.namesOf(address)).filter(({ trusted }) => trusted);
      if (flow.endpoint.host !== null || fresh.length === 0) continue;
      const endpoint = this.called(flow.endpoint, fresh);
      this.parts.flows.rename(key, endpoint);
      renamed = true;
      const decision = this.parts.policy.decide({ ...flow, endpoint });
      const { verdict, rule, layer, reason } = decision;
      if (flow.verdict === "held" && verdict !== "ask") {
        this.parts.flows.judge(key, { verdict, rule, layer, reason });
        this.carryOut(key, { ...flow, endpoint }, decision);
      }
      blocked ||= flow.verdict === "allow" && verdict === "block";
    }
    if (renamed) this.parts.settle();
    if (!blocked) return;
    this.parts.policy.renew();
    this.parts.revoke();
  }

  /**
   * What policy says of a held flow. The second gate: where a rule about a name nobody knows yet might block it, it goes only as far as
   * that its app says the name.
   */
  carryOut(id: string, asked: Asked, { verdict, number }: Decision): void {
    const held = this.parts.hold.get(id);
    if (held === undefined || verdict === "ask") return;
    if (verdict === "block" || !this.parts.policy.wantsName(asked)) {
      this.firstWords.forget(id);
      this.parts.hold.carryOut(id, verdict, number);
      return;
    }
    const said = this.firstWords.hear(held, addressHex(asked.endpoint.address));
    if (said === "nothing" && this.parts.hold.letShakeHands(id, number)) return;
    // It is heard more of, or gives up: whoever says half a name is not waited for.
    if (said === "more") this.firstWords.waitFor(id, () => safely(() => this.judgeWords(id)));
    else this.judgeWords(id);
  }

  /** More of a flow is held by now. */
  hearMore(id: string): void {
    const held = this.parts.hold.get(id);
    if (held === undefined || !this.firstWords.isWaitingFor(id)) return;
    if (this.firstWords.hear(held, held.key.address.toString("hex")) === "all") this.judgeWords(id);
  }

  /** All that there is to know of a held flow's name is known. */
  private judgeWords(id: string): void {
    const held = this.parts.hold.get(id);
    const flow = this.parts.flows.get(id);
    const said = this.firstWords.takeName(id);
    this.firstWords.forget(id);
    if (held === undefined || flow === undefined) return;
    const endpoint = this.endpointOf(held.record, said);
    if (endpoint.names !== undefined) this.parts.flows.rename(id, endpoint);
    const { verdict, rule, layer, reason, number } = this.parts.policy.decide({ ...flow, endpoint });
    if (verdict === "ask") {
      // The policy changed meanwhile: its next packet is met like a first one.
      this.parts.hold.forget(id);
      return;
    }
    if (layer === "blocklist") this.parts.lists.count(endpoint);
    this.parts.flows.judge(id, { verdict, rule, layer, reason });
    if (verdict === "allow") this.parts.hold.releaseFirstWords(id, number);
    else this.parts.hold.refuse(id, number);
  }
}
