// Brings the kernel's maps to a compiled policy. At every moment in between a flow meets the old answer, the new one, or a hold. So it
// does where the maps have no room: what they cannot say is left to the helper.

import type { Prefix } from "../policy/address.ts";
import type { Compiled, CompiledPath, Slot, Target } from "../policy/compile.ts";
import { cutToFit, type Room, sizeOf } from "../policy/fit.ts";
import {
  abi,
  action,
  direction,
  layouts,
  pathDepth,
  protocolClass,
  shape,
  tableDefer,
  tableNamed,
  tableResolver,
} from "./layout.ts";
import type { BpfMap } from "./libbpf.ts";
import { SystemError } from "./libc.ts";
import { ListedPaths } from "./listed-paths.ts";

/** The kernel's numbers for the compiler. */
export const target: Omit<Target, "tableId" | "appId"> = {
  pathDepth,
  tableDefer,
  tableNamed,
  tableResolver,
  action,
  protocolClass,
  direction,
  shape,
};

/** What the programs are told besides the rules. */
export interface Settings {
  /** Timer ticks between SYN retransmissions of a held flow. */
  readonly holdTicks: number;
  readonly pidNamespace: number;
}

const zero = Buffer.alloc(4);

const overrideActions = { lockdown: action.block, pause: action.allow } as const;

/** What a mirror does with its map. */
type Entries = Pick<BpfMap, "capacity" | "keys" | "set" | "delete">;

/** What an earlier helper left in an array stays: nothing leads there until it is written anew. */
function inArray(map: BpfMap, valueBytes: number): Entries {
  return {
    capacity: () => map.capacity(),
    keys: () => [],
    set: (key, value) => map.set(key, value),
    delete: (key) => map.set(key, Buffer.alloc(valueBytes)),
  };
}

/** The programs look for an address only where the filter says that it may be there. */
function behindFilter(map: BpfMap, filter: BpfMap): Entries {
  return {
    capacity: () => map.capacity(),
    keys: (keyBytes) => map.keys(keyBytes),
    set: (key, value) => {
      filter.add(key);
      map.set(key, value);
    },
    delete: (key) => map.delete(key),
  };
}

/** Where an entry goes, what blocklists have for the same is there again. */
function overListed(map: Entries, listed: () => ListedPaths, prefixOf: (key: Buffer) => Prefix): Entries {
  return {
    capacity: () => map.capacity(),
    keys: (keyBytes) => map.keys(keyBytes),
    set: (key, value) => map.set(key, value),
    delete: (key) => {
      const tables = listed().of(prefixOf(key));
      if (tables === null) map.delete(key);
      else map.set(key, layouts.path.write({ tables: [...tables] }));
    },
  };
}

/** Tells one entry of a map: `key` and `value` start as zeros. They are used for every entry of the map in turn. */
type Tell<Item> = (item: Item, key: Buffer<ArrayBuffer>, value: Buffer<ArrayBuffer>) => void;

/**
 * One map's wanted content beside what was written last; only differences are written. What was written is remembered as strings: a
 * Buffer of its own costs some 200 bytes each, and there are as many as rules.
 */
class Mirror<Item> {
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

  has(item: Item): boolean {
    this.tell(item, this.key.fill(0), this.value.fill(0));
    return this.written.has(this.key.toString("latin1"));
  }

  /** Removes one entry, if it is there. */
  drop(item: Item): void {
    this.tell(item, this.key.fill(0), this.value.fill(0));
    const name = this.key.toString("latin1");
    if (this.written.has(name)) this.remove([name]);
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

  prune(wanted: ReadonlySet<string>): void {
    this.remove([...this.written.keys()].filter((name) => !wanted.has(name)));
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

export class PolicyMaps {
  private readonly slots: Mirror<Slot>;
  private readonly tables: Mirror<[table: number, shapes: number]>;
  private readonly hosts: Mirror<CompiledPath>;
  private readonly ranges: Mirror<CompiledPath>;
  /** What is in those two maps beneath the mirrors' entries. */
  private listed = new ListedPaths([]);
  private readonly configs: BpfMap;
  private readonly settings: Settings;
  private readonly room: Room;
  private config: Buffer;
  /** Counts the policies the kernel had, over restarts: a verdict of an older one is looked up again. */
  generation: number;
  /** Tables that the kernel has. */
  private known = new Set<number>();
  /** Entries of the policy that the maps had no room for. */
  leftOut = 0;

  constructor(
    maps: Record<"slots" | "tables" | "hosts" | "maybe_hosts" | "ranges" | "configs", BpfMap>,
    settings: Settings,
  ) {
    const { slot_key, slot, host_key, range_key, path } = layouts;
    this.slots = new Mirror<Slot>(maps.slots, slot_key.size, slot.size, (item, key, value) => {
      slot_key.write(item, key);
      slot.write(item, value);
    });
    this.tables = new Mirror<[number, number]>(inArray(maps.tables, 4), 4, 4, ([table, shapes], key, value) => {
      key.writeUInt32LE(table);
      value.writeUInt32LE(shapes);
    });
    const hosts = overListed(
      behindFilter(maps.hosts, maps.maybe_hosts),
      () => this.listed,
      (key) => {
        return { hex: host_key.read(key).address.toString("hex"), bits: 128 };
      },
    );
    const ranges = overListed(
      maps.ranges,
      () => this.listed,
      (key) => {
        const { address, prefix_bits } = range_key.read(key);
        return { hex: address.toString("hex"), bits: prefix_bits };
      },
    );
    this.hosts = new Mirror<CompiledPath>(hosts, host_key.size, path.size, ({ prefix, tables }, key, value) => {
      host_key.write({ address: Buffer.from(prefix.hex, "hex") }, key);
      path.write({ tables: [...tables] }, value);
    });
    this.ranges = new Mirror<CompiledPath>(ranges, range_key.size, path.size, ({ prefix, tables }, key, value) => {
      range_key.write({ prefix_bits: prefix.bits, address: Buffer.from(prefix.hex, "hex") }, key);
      path.write({ tables: [...tables] }, value);
    });
    this.configs = maps.configs;
    this.settings = settings;
    // A full trie refuses to replace an entry as well (Linux < 6.13): one always stays free.
    const mostRanges = this.ranges.capacity - 1;
    this.room = {
      slots: this.slots.capacity,
      tables: this.tables.capacity - 1,
      hosts: this.hosts.capacity,
      ranges: mostRanges,
    };
    this.config = Buffer.alloc(layouts.config.size);
    this.configs.get(zero, this.config);
    this.generation = layouts.config.read(this.config).generation;
  }

  /** Returns whether the kernel's policy changed. */
  apply(wanted: Compiled): boolean {
    const mirrors = [this.slots, this.tables, this.hosts, this.ranges];
    for (const mirror of mirrors) mirror.changed = false;
    const { compiled, leftOut } = cutToFit(wanted, this.room, tableDefer);
    let { any } = compiled;
    let reconfigured: boolean;
    try {
      reconfigured = this.write(compiled);
      this.leftOut = leftOut;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Out of memory: half a policy decides nothing.
      this.deferAll(compiled);
      any = [tableDefer];
      reconfigured = true;
      const { hosts, ranges } = sizeOf(wanted.listed());
      this.leftOut = wanted.slots.size + wanted.tables.size + wanted.paths.size + hosts + ranges;
    }
    if (!reconfigured && !mirrors.some(({ changed }) => changed)) return false;
    // The new generation comes last: whatever is judged again by it meets the whole of the new policy.
    this.generation = (this.generation + 1) >>> 0;
    this.configure({ ...compiled, any });
    return true;
  }

  /** Brings one address's path to the kernel, with the tables it leads to that are not there yet. The generation stays. */
  extend(compiled: Compiled, addressHex: string): void {
    const path = compiled.paths.get(`${addressHex}/128`);
    const prefix = { hex: addressHex, bits: 128 };
    // What did not fit as a whole stays the helper's to decide; what was said of the address before may be wrong by now.
    if (this.leftOut > 0) {
      this.deferIfThere(prefix);
      return;
    }
    try {
      if (path === undefined) this.hosts.drop({ prefix, tables: [] });
      else this.hosts.put([{ prefix, tables: this.reach(compiled, path) }]);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // No room. A path that is wrong by now must not stay.
      this.deferIfThere(prefix);
      this.leftOut++;
    }
  }

  /** Replacing an entry needs no room. */
  private deferIfThere(prefix: CompiledPath["prefix"]): void {
    const path = { prefix, tables: [tableDefer] };
    if (this.hosts.has(path)) this.hosts.put([path]);
  }

  /** Brings the tables of a path to the kernel; where they have no place there the helper decides. */
  private reach(compiled: Compiled, { tables }: CompiledPath): readonly number[] {
    const fresh = new Set(tables.filter((table) => table < tableResolver && !this.known.has(table)));
    if (fresh.size === 0) return tables;
    if ([...fresh].some((table) => table > this.room.tables)) return [tableDefer];
    this.slots.put([...compiled.slots.values()].filter(({ table }) => fresh.has(table)));
    this.tables.put([...compiled.tables].filter(([table]) => fresh.has(table)));
    for (const table of fresh) this.known.add(table);
    return tables;
  }

  /** Every verdict is looked up again. */
  renew(): void {
    this.generation = (this.generation + 1) >>> 0;
    const config = layouts.config.read(this.config);
    this.config = layouts.config.write({ ...config, generation: this.generation });
    this.configs.set(zero, this.config);
  }

  /**
   * Slots before the tables that show them, tables before the paths that lead to them; then the reverse for what goes.
   * A table's shapes only widen in the first pass: a slot that is gone but still shown is simply not found. Returns whether anything of
   * the config but the generation changed.
   */
  private write(compiled: Compiled): boolean {
    const slots = [...compiled.slots.values()];
    const tables = [...compiled.tables];
    const paths = [...compiled.paths.values()];
    const hosts = paths.filter(({ prefix }) => prefix.bits === 128);
    const ranges = paths.filter(({ prefix }) => prefix.bits < 128);
    const listed = new ListedPaths(compiled.listed());
    if (!this.listed.equals(listed)) this.releaseListed();
    const crowded =
      this.slots.isCrowdedBy(slots) ||
      this.tables.isCrowdedBy(tables) ||
      this.hosts.isCrowdedBy(hosts, listed.hosts(), listed.size.hosts) ||
      this.ranges.isCrowdedBy(ranges, listed.ranges(), listed.size.ranges);
    if (crowded) this.deferAll(compiled);
    this.known = new Set(compiled.tables.keys());
    const wantedSlots = this.slots.put(slots);
    const wantedTables = this.tables.put(tables);
    const wantedHosts = this.hosts.put(hosts);
    const wantedRanges = this.ranges.put(ranges);
    if (!this.listed.equals(listed)) this.writeListed(listed);
    const reconfigured = this.configure(compiled);
    this.hosts.prune(wantedHosts);
    this.ranges.prune(wantedRanges);
    this.tables.prune(wantedTables);
    this.slots.prune(wantedSlots);
    return reconfigured;
  }

  private writeListed(listed: ListedPaths): void {
    this.listed = listed;
    this.hosts.putBeneath(listed.hosts());
    this.ranges.putBeneath(listed.ranges());
  }

  /** What lists had is like any other entry from now on: replaced, or removed when nobody wants it. */
  private releaseListed(): void {
    this.hosts.adopt(this.listed.hosts());
    this.ranges.adopt(this.listed.ranges());
    this.listed = new ListedPaths([]);
  }

  /** Leaves everything to the helper, and the maps empty. Wide ranges go first: what a range held then finds none, not a wider one. */
  private deferAll(compiled: Compiled): void {
    this.configure({ ...compiled, any: [tableDefer] });
    this.releaseListed();
    this.ranges.clear(); // a range's key begins with its length
    this.hosts.clear();
    this.tables.clear();
    this.slots.clear();
  }

  /** Returns whether anything but the generation changed. */
  private configure({ defaultAction, any, override }: Pick<Compiled, "defaultAction" | "any" | "override">): boolean {
    const config = layouts.config.write({
      abi,
      hold_jiffies: this.settings.holdTicks,
      default_action: defaultAction,
      pid_namespace: this.settings.pidNamespace,
      generation: this.generation,
      helper: process.pid,
      override: override === null ? 0 : overrideActions[override],
      any: { tables: [...any] },
    });
    if (config.equals(this.config)) return false;
    this.configs.set(zero, config);
    this.config = config;
    return true;
  }
}
