// Which names an address has at the moment, who asked for them, and whether they can be relied on. No clock: times are milliseconds of
// whatever clock the caller keeps to. Bounded in bytes; who learns most is forgotten first, so nobody pushes out the names of others.

/** query: an app's own look-up. resolver: the machine's, for an unknown client. sni, quic: what an app wrote at the start of a connection. */
export type NameSource = "query" | "resolver" | "sni" | "quic";

export interface Learned {
  /** 32 hex digits, IPv4 mapped. */
  readonly address: string;
  /** The name that was asked for: a host name. */
  readonly name: string;
  /** Its aliases on the way to the address: a rule that blocks one of them applies as well; none allows. */
  readonly chain: readonly string[];
  readonly source: NameSource;
  /** Whether a configured resolver said so, in answer to that very question. */
  readonly trusted: boolean;
  /** Who asked: an executable, or the resolver. */
  readonly owner: string;
  /** Seconds. */
  readonly ttl: number;
}

/** What can be relied on, as it is kept for the next helper. `until`: the clock that the caller keeps to. */
export interface TrustedName extends Omit<Learned, "trusted" | "ttl"> {
  readonly until: number;
}

export interface Named {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Where the most reliable knowledge of it comes from. */
  readonly source: NameSource;
  readonly trusted: boolean;
  /** Whether the `owner` that was asked about learned it itself. */
  readonly own: boolean;
  readonly until: number;
}

/** Apps keep addresses for a while whatever the answer's lifetime; milliseconds. */
const shortest = 60_000;
const longest = 24 * 3600_000;
/** Names that one owner may have for one address. */
const mostAtAddress = 32;
/** What V8 needs for an entry, its strings' heads and its places in the maps, measured. */
const entryBytes = 650;

interface Entry extends Omit<Learned, "ttl"> {
  until: number;
  /** When it was learned first, as a number that only grows. */
  order: number;
  readonly bytes: number;
}

interface Owner {
  readonly name: string;
  /** By address and name, the longest unheard of first. */
  readonly entries: Map<string, Entry>;
  bytes: number;
}

export class NameTable {
  private readonly most: number;
  private readonly noted: (name: TrustedName, known: boolean) => void;
  private readonly owners = new Map<string, Owner>();
  private readonly byAddress = new Map<string, Set<Entry>>();
  private bytes = 0;
  private learnedSoFar = 0;

  /** `most`: bytes, estimated. `noted` hears of every trusted name that is learned, lasts longer, or is forgotten (`known`: false). */
  constructor(most = 16 * 1024 * 1024, noted: (name: TrustedName, known: boolean) => void = () => {}) {
    this.most = most;
    this.noted = noted;
  }

  /** Learns again what an earlier table of the same clock told of. */
  recall(name: TrustedName, at: number): void {
    const owner = this.ownerOf(name.owner);
    const key = `${name.address} ${name.name}`;
    this.keep(owner, key, { ...name, trusted: true, order: ++this.learnedSoFar, bytes: bytesOf(key, name.chain) });
    if (this.bytes > this.most) this.makeRoom(at);
  }

  /** Returns whether the address has a name, or an alias, or trust in one, that it had not before. */
  learn(learned: Learned, at: number): boolean {
    const owner = this.ownerOf(learned.owner);
    const key = `${learned.address} ${learned.name}`;
    const before = owner.entries.get(key);
    const until = at + Math.min(longest, Math.max(shortest, learned.ttl * 1000));
    const alive = before !== undefined && before.until > at;
    // What cannot be relied on changes nothing about what can.
    if (alive && before.trusted && !learned.trusted) return false;
    if (before !== undefined) this.drop(owner, key, before);
    const aliases = alive && before.trusted === learned.trusted ? [...learned.chain, ...before.chain] : learned.chain;
    const chain = [...new Set(aliases)].slice(0, 16);
    const lasts = alive && before.trusted === learned.trusted ? Math.max(until, before.until) : until;
    const entry = { ...learned, chain, until: lasts, order: ++this.learnedSoFar, bytes: bytesOf(key, chain) };
    this.keep(owner, key, entry);
    if (entry.trusted) this.noted(entry, true);
    this.makeRoomAt(owner, learned.address);
    if (this.bytes > this.most) this.makeRoom(at);
    return !alive || before.trusted !== learned.trusted || chain.some((alias) => !before.chain.includes(alias));
  }

  /** What the address is called at that time, one line a name: the asker's own and reliable ones first, then what was asked for last. */
  namesOf(address: string, at: number, owner: string | null = null): Named[] {
    const named = new Map<string, Named>();
    for (const entry of this.byAddress.get(address) ?? []) {
      if (entry.until <= at) continue;
      const fresh = describe(entry, owner);
      const known = named.get(entry.name);
      named.set(entry.name, known === undefined ? fresh : merge(known, fresh));
    }
    return [...named.values()].sort((a, b) => rank(b) - rank(a) || b.until - a.until || (a.name < b.name ? -1 : 1));
  }

  /** Forgets what is over, and keeps until `keep` what is in use. Returns the addresses that lost a name. */
  sweep(at: number, isUsed: (address: string) => boolean = () => false, keep = at): Set<string> {
    const lost = new Set<string>();
    for (const owner of [...this.owners.values()])
      for (const [key, entry] of owner.entries) {
        if (entry.until < keep && isUsed(entry.address)) {
          entry.until = keep;
          if (entry.trusted) this.noted(entry, true);
        }
        if (entry.until > at) continue;
        this.drop(owner, key, entry);
        lost.add(entry.address);
      }
    return lost;
  }

  /** Every address that has a name. */
  addresses(): Iterable<string> {
    return this.byAddress.keys();
  }

  /** Estimated bytes, and entries. */
  get size(): { bytes: number; entries: number } {
    return {
      bytes: this.bytes,
      entries: [...this.owners.values()].reduce((sum, { entries }) => sum + entries.size, 0),
    };
  }

  private ownerOf(name: string): Owner {
    return this.owners.get(name) ?? { name, entries: new Map(), bytes: 0 };
  }

  private keep(owner: Owner, key: string, entry: Entry): void {
    owner.entries.set(key, entry);
    owner.bytes += entry.bytes;
    this.bytes += entry.bytes;
    this.owners.set(owner.name, owner);
    const there = this.byAddress.get(entry.address) ?? new Set();
    there.add(entry);
    this.byAddress.set(entry.address, there);
  }

  private drop(owner: Owner, key: string, entry: Entry): void {
    owner.entries.delete(key);
    owner.bytes -= entry.bytes;
    this.bytes -= entry.bytes;
    if (owner.entries.size === 0) this.owners.delete(owner.name);
    const there = this.byAddress.get(entry.address);
    there?.delete(entry);
    if (there?.size === 0) this.byAddress.delete(entry.address);
    if (entry.trusted) this.noted(entry, false);
  }

  /** Of one owner's names for one address the unreliable go first, then the oldest. */
  private makeRoomAt(owner: Owner, address: string): void {
    const own = [...(this.byAddress.get(address) ?? [])].filter((entry) => entry.owner === owner.name);
    if (own.length <= mostAtAddress) return;
    const [worst] = own.sort((a, b) => Number(a.trusted) - Number(b.trusted) || a.order - b.order);
    if (worst !== undefined) this.drop(owner, `${worst.address} ${worst.name}`, worst);
  }

  /**
   * Down to seven eighths, so that it is seldom done: whoever has more than an equal share gives up the oldest of what is over it. Those
   * with less keep everything.
   */
  private makeRoom(at: number): void {
    this.sweep(at);
    const wanted = (this.most / 8) * 7;
    const share = equalShare(
      [...this.owners.values()].map(({ bytes }) => bytes),
      wanted,
    );
    for (const owner of [...this.owners.values()].sort((a, b) => b.bytes - a.bytes)) {
      for (const [key, entry] of owner.entries) {
        if (owner.bytes <= share || this.bytes <= wanted) break;
        this.drop(owner, key, entry);
      }
    }
  }
}

function bytesOf(key: string, chain: readonly string[]): number {
  return entryBytes + key.length + chain.reduce((sum, alias) => sum + alias.length + 16, 0);
}

/** The largest share with which all together have no more than `most`. */
function equalShare(sizes: number[], most: number): number {
  let left = most;
  const ascending = [...sizes].sort((a, b) => a - b);
  for (const [at, size] of ascending.entries()) {
    const share = left / (ascending.length - at);
    if (size > share) return share;
    left -= size;
  }
  return most;
}

function describe({ name, chain, source, trusted, owner, until }: Entry, asker: string | null): Named {
  return { name, aliases: chain, source, trusted, own: owner === asker, until };
}

function merge(a: Named, b: Named): Named {
  const [first, second] = rank(b) > rank(a) ? [b, a] : [a, b];
  return {
    ...first,
    aliases: [...new Set([...first.aliases, ...second.aliases])],
    own: a.own || b.own,
    until: Math.max(...[a, b].filter(({ trusted }) => trusted === first.trusted).map(({ until }) => until)),
  };
}

const bySource: Record<NameSource, number> = { query: 3, resolver: 2, quic: 1, sni: 1 };

function rank({ own, trusted, source }: Named): number {
  return (trusted ? 16 : 0) + (own ? 8 : 0) + bySource[source];
}
