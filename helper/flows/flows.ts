// Live and recent flows, newest last, in memory and bounded. What is kept for longer is history's business.
import type { App, Direction, Endpoint, Flow, Layer, Verdict } from "../../contract/words.ts";
import { addressHex } from "../policy/address.ts";

/** Flows remembered, and how many of them may have ended; what ended first goes first. */
const capacity = 12_000;
const mostEnded = 5000;

export interface Judgement {
  readonly verdict: Verdict;
  readonly rule: string | null;
  readonly layer: Layer;
  readonly reason: string;
}

export interface NewFlow extends Judgement {
  /** The kernel's flow key in hex. */
  readonly key: string;
  readonly cookie: bigint;
  readonly app: App;
  readonly direction: Direction;
  readonly endpoint: Endpoint;
  /** Uid of the process. */
  readonly user: number;
  /** As in the contract. */
  readonly person?: number | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Entry {
  flow: Flow;
  key: string;
  cookie: bigint;
  address: string;
  /** Bytes of held packets that the helper re-sent: the kernel did not count them. */
  resent: number;
}

function put<K>(map: Map<K, Set<Entry>>, key: K, entry: Entry): void {
  const there = map.get(key);
  if (there) there.add(entry);
  else map.set(key, new Set([entry]));
}

function take<K>(map: Map<K, Set<Entry>>, key: K, entry: Entry): void {
  const there = map.get(key);
  there?.delete(entry);
  if (there?.size === 0) map.delete(key);
}

export class Flows {
  private readonly entries = new Map<string, Entry>();
  private readonly byKey = new Map<string, Entry>();
  private readonly byCookie = new Map<bigint, Set<Entry>>();
  /** Live ones, by 32 hex digits. */
  private readonly byAddress = new Map<string, Set<Entry>>();
  /** What may go when there are too many: first what has ended, then what is decided. Each in the order in which that came about. */
  private readonly ended = new Set<Entry>();
  private readonly decided = new Set<Entry>();
  private next = 1;
  private readonly changed: (flow: Flow | null, id: string, person: Flow["person"]) => void;
  private readonly judged: (key: string, flow: Flow) => void;

  /** `judged`: the flow is new, or has another verdict or name. */
  constructor(
    changed: (flow: Flow | null, id: string, person: Flow["person"]) => void,
    judged: (key: string, flow: Flow) => void = () => {},
  ) {
    this.changed = changed;
    this.judged = judged;
  }

  add({ key, cookie, at, ...told }: NewFlow): void {
    const id = String(this.next++);
    const time = new Date(at).toISOString();
    const flow: Flow = { id, time, ...told, bytesIn: 0, bytesOut: 0, live: true };
    const entry = { flow, key, cookie, address: addressHex(flow.endpoint.address), resent: 0 };
    this.entries.set(id, entry);
    this.byKey.set(key, entry);
    put(this.byCookie, cookie, entry);
    put(this.byAddress, entry.address, entry);
    this.sort(entry);
    this.judged(key, flow);
    this.changed(flow, id, flow.person);
    if (this.entries.size > capacity) this.dropOldest();
  }

  /** The key of a live flow; undefined for one that is over or that nobody knows. */
  keyOf(id: string): string | undefined {
    const entry = this.entries.get(id);
    return entry?.flow.live ? entry.key : undefined;
  }

  isKnown(id: string): boolean {
    return this.entries.has(id);
  }

  /** By its id. */
  find(id: string): Flow | undefined {
    return this.entries.get(id)?.flow;
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }

  get(key: string): Flow | undefined {
    return this.byKey.get(key)?.flow;
  }

  /** What its destination is called became known. */
  rename(key: string, endpoint: Endpoint): void {
    this.update(key, { endpoint });
    this.tell(key);
  }

  judge(key: string, judgement: Judgement): void {
    this.update(key, judgement);
    this.tell(key);
  }

  private tell(key: string): void {
    const entry = this.byKey.get(key);
    if (entry !== undefined) this.judged(key, entry.flow);
  }

  /** Bytes the kernel counted so far, as on the wire at IP level. */
  count(key: string, bytesIn: number, counted: number): void {
    const entry = this.byKey.get(key);
    if (entry === undefined) return;
    const bytesOut = counted + entry.resent;
    if (entry.flow.bytesIn !== bytesIn || entry.flow.bytesOut !== bytesOut) this.update(key, { bytesIn, bytesOut });
  }

  addResent(key: string, bytes: number): void {
    const entry = this.byKey.get(key);
    if (entry === undefined) return;
    entry.resent += bytes;
    this.update(key, { bytesOut: entry.flow.bytesOut + bytes });
  }

  /** Keys of a socket's live flows. */
  ofSocket(cookie: bigint): string[] {
    return [...(this.byCookie.get(cookie) ?? [])].map(({ key }) => key);
  }

  /** Whether a flow to or from the address (32 hex digits) is live. */
  isLiveAt(address: string): boolean {
    return this.byAddress.has(address);
  }

  /** Live flows to or from the address. */
  liveAt(address: string): [key: string, flow: Flow][] {
    return [...(this.byAddress.get(address) ?? [])].map(({ key, flow }) => [key, flow]);
  }

  liveKeys(): string[] {
    return [...this.byKey.keys()];
  }

  /** Live flows with their keys. */
  live(): [key: string, flow: Flow][] {
    return [...this.byKey].map(([key, { flow }]) => [key, flow]);
  }

  end(key: string): void {
    const entry = this.byKey.get(key);
    if (entry === undefined) return;
    this.update(key, { live: false });
    this.decided.delete(entry);
    this.ended.add(entry);
    this.byKey.delete(key);
    take(this.byCookie, entry.cookie, entry);
    take(this.byAddress, entry.address, entry);
    if (this.ended.size > mostEnded) this.dropOldest();
  }

  /** Newest first. */
  list(limit: number): Flow[] {
    const flows: Flow[] = [];
    for (const { flow } of [...this.entries.values()].reverse()) {
      if (flows.length >= limit) break;
      flows.push(flow);
    }
    return flows;
  }

  private update(key: string, change: Partial<Flow>): void {
    const entry = this.byKey.get(key);
    if (entry === undefined) return;
    entry.flow = { ...entry.flow, ...change };
    this.sort(entry);
    this.changed(entry.flow, entry.flow.id, entry.flow.person);
  }

  private sort(entry: Entry): void {
    if (entry.flow.verdict === "held") this.decided.delete(entry);
    else this.decided.add(entry);
  }

  /** What waits for an answer never goes: it must be found when the answer comes. */
  private dropOldest(): void {
    const [oldest] = this.ended.size > 0 ? this.ended : this.decided;
    if (oldest === undefined) return;
    if (oldest.flow.live) this.end(oldest.key);
    this.ended.delete(oldest);
    this.entries.delete(oldest.flow.id);
    this.changed(null, oldest.flow.id, oldest.flow.person);
  }
}
