// Where names come from, for the engine: look-ups that the kernel programs copied, the machine's resolver, and what apps write at the start
// of a connection. Only an answer of a configured resolver, asked for by that very socket in the first network namespace, is trusted; so
// is what resolved itself tells. Everything else labels.
import { abi, type ExeKey, layouts } from "../kernel/layout.ts";
import { ringBytes } from "../kernel/programs.ts";
import { Ring } from "../kernel/ring.ts";
import type { NameRows } from "../store/names.ts";
import type { ClientHello } from "./client-hello.ts";
import type { Answer } from "./dns.ts";
import { Handshakes } from "./handshakes.ts";
import { type Answered, Lookups } from "./lookups.ts";
import { type Named, type NameSource, NameTable } from "./name-table.ts";
import { type MonitorState, ResolvedMonitor } from "./resolved-monitor.ts";

export interface NamesParts {
  /** Descriptor of the map `names`. */
  readonly ring: number;
  /** Addresses of the configured resolvers, 32 hex digits each. Asked for with every answer: it should be at hand. */
  resolvers(): readonly string[];
  /** Cookie of the first network namespace, whose resolvers are the configured ones. */
  readonly network: bigint;
  /** Milliseconds of a clock that goes on while the machine sleeps. */
  now(): number;
  /** resolved's socket; null: nobody is to be asked. */
  readonly monitor: string | null;
  /** What an earlier helper knew, and what the next one may know; null: nothing is kept. Of the clock that now() has. */
  readonly kept: NameRows | null;
  /** An address is called something that it was not, or no more what it was: what was compiled from its names is compiled again. */
  renamed(address: string): void;
  /** Whether flows to the address are live: its names stay. */
  isUsed(address: string): boolean;
  /** A look-up could not be read: a mistake of ours. */
  failed(error: unknown): void;
}

/** A process as far as names go. */
export interface Asker {
  readonly exe: ExeKey;
}

/** What the start of a connection says about its server. */
export interface Spoken extends ClientHello {
  /** serverName is known to stand for others: the client encrypted the one it means. */
  readonly isPublicName: boolean;
}

/** How often names that are over are looked for, milliseconds. What is in use then stays for three times as long. */
const sweepPace = 20_000;
const mostPublicNames = 1024;
/** What an app says of a connection names its address for the shortest time there is. */
const spokenTtl = 0;

export class Names {
  private readonly parts: NamesParts;
  private readonly table: NameTable;
  private readonly lookups = new Lookups();
  private readonly handshakes = new Handshakes();
  private readonly publicNames = new Set<string>();
  /** Addresses that lost a trusted name since renamed() was told: it may have made room for others. */
  private readonly forgotten = new Set<string>();
  private readonly ring: Ring;
  private readonly monitor: ResolvedMonitor | null;
  private swept: number;

  constructor(parts: NamesParts) {
    this.parts = parts;
    this.swept = parts.now();
    this.table = new NameTable(undefined, (name, known) => {
      parts.kept?.note(name, known);
      if (!known) this.forgotten.add(name.address);
    });
    for (const name of parts.kept?.alive(this.swept) ?? []) this.table.recall(name, this.swept);
    this.ring = new Ring(parts.ring, ringBytes.names, (bytes) => this.read(bytes), parts.failed);
    this.monitor =
      parts.monitor === null ? null : new ResolvedMonitor(parts.monitor, (answer) => this.hearResolver(answer));
  }

  close(): void {
    this.ring.close();
    this.monitor?.close();
    this.parts.kept?.flush();
  }

  /** Reads what the kernel has copied until now. Before anything of `events` is judged; namesOf() does it by itself. */
  drain(): void {
    this.ring.drain();
    const now = this.parts.now();
    if (now - this.swept < sweepPace) return;
    this.swept = now;
    const lost = this.table.sweep(now, this.parts.isUsed, now + 3 * sweepPace);
    for (const address of new Set([...lost, ...this.takeForgotten()])) this.parts.renamed(address);
  }

  /** What an address (32 hex digits) is called now: the asker's own and trusted names first. None: it is an address, never a guess. */
  namesOf(address: string, asker: Asker | null = null): Named[] {
    this.drain();
    return this.table.namesOf(address, this.parts.now(), asker === null ? null : ownerOf(asker));
  }

  /** Every address that has a name, 32 hex digits each; also what was looked up while no helper ran. */
  addresses(): Iterable<string> {
    this.drain();
    return this.table.addresses();
  }

  /**
   * Takes what an app sends on a flow of its own, from the first segment or datagram on, without headers. Undefined: hand in the next one as
   * well. Null: it names nobody. An answer ends it. `sequence`: TCP's, of the payload's first byte; null for UDP.
   */
  hear(
    flow: string,
    address: string,
    asker: Asker,
    sequence: number | null,
    payload: Buffer,
  ): Spoken | null | undefined {
    const hello =
      sequence === null ? this.handshakes.datagram(flow, payload) : this.handshakes.segment(flow, sequence, payload);
    if (!hello) return hello;
    const { serverName, encrypted } = hello;
    const isPublicName = encrypted && serverName !== null && this.publicNames.has(serverName);
    if (serverName !== null) {
      const source: NameSource = sequence === null ? "quic" : "sni";
      this.learn(
        { host: serverName, chain: [], addresses: [{ address, ttl: spokenTtl }] },
        source,
        false,
        ownerOf(asker),
      );
    }
    return { ...hello, isPublicName };
  }

  /** The flow is over, or nobody wants to know any more. */
  forget(flow: string): void {
    this.handshakes.forget(flow);
  }

  get monitorState(): MonitorState {
    return this.monitor?.state ?? "absent";
  }

  /** For the status: names known, bytes they take, answers that nobody had asked for. */
  get figures(): { names: number; nameBytes: number; unaskedAnswers: number } {
    const { entries, bytes } = this.table.size;
    return { names: entries, nameBytes: bytes, unaskedAnswers: this.lookups.unasked };
  }

  private read(bytes: Buffer): true {
    if (bytes.length < layouts.lookup.size || bytes.readUInt16LE(0) !== abi) return true;
    const lookup = layouts.lookup.read(bytes);
    const payload = bytes.subarray(layouts.lookup.size, layouts.lookup.size + lookup.bytes);
    if (payload.length !== lookup.bytes) return true;
    const passing = {
      socket: `${lookup.netns} ${lookup.cookie} ${lookup.attempt}`,
      remote: lookup.remote.toString("hex"),
      protocol: lookup.protocol === 6 ? "tcp" : "udp",
      arriving: lookup.arriving !== 0,
      opens: lookup.opens !== 0,
      sequence: lookup.sequence,
      owner: ownerOf(lookup),
    } as const;
    const at = this.parts.now() - ageOf(lookup.time);
    for (const answered of this.lookups.pass(passing, payload, at)) this.hearAnswer(answered, lookup.netns, at);
    return true;
  }

  private hearAnswer(answered: Answered, network: bigint, at: number): void {
    const trusted = network === this.parts.network && this.parts.resolvers().includes(answered.remote);
    this.learn(answered, "query", trusted, answered.owner, at);
    if (trusted) this.notePublicNames(answered);
  }

  private hearResolver(answer: Answer): void {
    this.learn(answer, "resolver", true, "resolver");
    this.notePublicNames(answer);
  }

  private learn(
    { host, chain, addresses }: Pick<Answer, "host" | "chain" | "addresses">,
    source: NameSource,
    trusted: boolean,
    owner: string,
    at = this.parts.now(),
  ): void {
    if (host === null) return;
    for (const { address, ttl } of addresses) {
      const isNews = this.table.learn({ address, name: host, chain, source, trusted, owner, ttl }, at);
      this.forgotten.delete(address);
      if (isNews) this.parts.renamed(address);
    }
    for (const other of this.takeForgotten()) this.parts.renamed(other);
  }

  private takeForgotten(): string[] {
    const forgotten = [...this.forgotten];
    this.forgotten.clear();
    return forgotten;
  }

  private notePublicNames({ publicNames }: Answer): void {
    for (const name of publicNames) {
      this.publicNames.delete(name);
      this.publicNames.add(name);
      const [oldest] = this.publicNames.size > mostPublicNames ? this.publicNames : [];
      if (oldest !== undefined) this.publicNames.delete(oldest);
    }
  }
}

/** Milliseconds since then, for what waited in the ring while no helper ran. `time`: CLOCK_MONOTONIC nanoseconds, which is Node's own. */
function ageOf(time: bigint): number {
  return Math.max(0, Number(process.hrtime.bigint() - time) / 1e6);
}

/** The executable, whichever version of the file it is. */
function ownerOf({ exe }: Asker): string {
  return `${exe.inode} ${exe.device}`;
}
