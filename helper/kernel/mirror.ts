// What one of the kernel's maps is to hold, beside what was written there last: only differences are written.
import type { BpfMap } from "./libbpf.ts";

/** What a mirror does with its map. */
export type Entries = Pick<BpfMap, "capacity" | "keys" | "set" | "delete">;

/** Tells one entry of a map: `key` and `value` start as zeros. They are used for every entry of the map in turn. */
export type Tell<Item> = (item: Item, key: Buffer<ArrayBuffer>, value: Buffer<ArrayBuffer>) => void;

/**
 * One map's wanted content beside what was written last; only differences are written. What was written is remembered as strings: a
 * Buffer of its own costs some 200 bytes each, and there are as many as rules.
 */
export class Mirror<Item> {
  readonly capacity: number;
  /** Whether anything was written or removed since it was last set to false. */
  changed = false;
  private readonly map: Entries;
  private readonly key: Buffer<ArrayBuffer>;
  private readonly value: Buffer<ArrayBuffer>;
  private readonly tell: Tell<Item>;
  private readonly written = new Map<string, string>();

  /** Entries of an earlier helper count as written with an unknown value: kept until replaced or found unwanted. */
  constructor(map: Entries, keyBytes: number, valueBytes: number, tell: Tell<Item>) {
    this.map = map;
    this.capacity = map.capacity();
    this.key = Buffer.alloc(keyBytes);
    this.value = Buffer.alloc(valueBytes);
    this.tell = tell;
    for (const key of map.keys(keyBytes)) this.written.set(key.toString("latin1"), "");
  }

  /** How many entries are the mirror's own. */
  get size(): number {
    return this.written.size;
  }

  has(item: Item): boolean {
    this.tell(item, this.key.fill(0), this.value.fill(0));
    return this.written.has(this.key.toString("latin1"));
  }

  /** Removes entries that are there. */
  drop(items: Iterable<Item>): void {
    for (const item of items) {
      this.tell(item, this.key.fill(0), this.value.fill(0));
      const name = this.key.toString("latin1");
      if (this.written.has(name)) this.remove([name]);
    }
  }

  /** Writes what is missing or different; returns the keys of all, for prune(). */
  put(items: readonly Item[]): Set<string> {
    const wanted = new Set<string>();
    for (const item of items) {
      this.tell(item, this.key.fill(0), this.value.fill(0));
      const name = this.key.toString("latin1");
      const value = this.value.toString("latin1");
      wanted.add(name);
      if (this.written.get(name) === value) continue;
      this.map.set(this.key, this.value);
      this.written.set(name, value);
      this.changed = true;
    }
    return wanted;
  }

  /** Writes what is to be there where the mirror has no entry of its own, and leaves it there unremembered. */
  putBeneath(items: Iterable<Item>): void {
    for (const item of items) {
      this.tell(item, this.key.fill(0), this.value.fill(0));
      if (this.written.has(this.key.toString("latin1"))) continue;
      this.map.set(this.key, this.value);
      this.changed = true;
    }
  }

  /** What putBeneath() wrote counts as the mirror's own from now on, with an unknown value: kept until replaced or found unwanted. */
  adopt(items: Iterable<Item>): void {
    for (const item of items) {
      this.tell(item, this.key.fill(0), this.value.fill(0));
      const name = this.key.toString("latin1");
      if (!this.written.has(name)) this.written.set(name, "");
    }
  }

  /** Removes what is not wanted, in the order of the keys as bytes. */
  prune(wanted: ReadonlySet<string>): void {
    this.remove([...this.written.keys()].filter((name) => !wanted.has(name)).sort());
  }

  /**
   * On the way to these entries: what becomes another one says `value` for now, and so does what goes, and what comes where `isSeen`.
   * What an earlier helper left stays: mostly it is what is wanted.
   */
  cover(items: readonly Item[], value: Buffer, isSeen: (item: Item) => boolean): void {
    const covered = new Set<string>();
    const staying = new Set<string>();
    for (const item of items) {
      this.tell(item, this.key.fill(0), this.value.fill(0));
      const name = this.key.toString("latin1");
      const before = this.written.get(name);
      if (before === this.value.toString("latin1") || (before === undefined && !isSeen(item))) staying.add(name);
      else if (before !== "") covered.add(name);
    }
    for (const [name, before] of this.written) if (before !== "" && !staying.has(name)) covered.add(name);
    for (const name of covered) {
      this.map.set(Buffer.from(name, "latin1"), value);
      this.written.set(name, value.toString("latin1"));
      this.changed = true;
    }
  }

  /** Removes everything, in the order of the keys as bytes. */
  clear(): void {
    this.remove([...this.written.keys()].sort());
  }

  private remove(names: readonly string[]): void {
    for (const name of names) {
      this.map.delete(Buffer.from(name, "latin1"));
      this.written.delete(name);
      this.changed = true;
    }
  }

  /** Whether the old entries and the new ones are too many while both are there. `beneath`: what is there beside them, `most` or fewer. */
  isCrowdedBy(items: readonly Item[], beneath: Iterable<Item> = [], most = 0): boolean {
    if (this.written.size + items.length + most <= this.capacity) return false;
    return this.written.size + this.countMissing(items) + this.countMissing(beneath) > this.capacity;
  }

  private countMissing(items: Iterable<Item>): number {
    let count = 0;
    for (const item of items) {
      this.tell(item, this.key.fill(0), this.value.fill(0));
      if (!this.written.has(this.key.toString("latin1"))) count++;
    }
    return count;
  }
}
