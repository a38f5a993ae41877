// Brings the kernel's maps to a compiled policy. At every moment in between a flow meets the old answer, the new one, or a hold.
import type { Compiled, CompiledPath, Slot, Target } from "../policy/compile.ts";
import { abi, action, direction, layouts, pathDepth, protocolClass, shape, tableDefer } from "./layout.ts";
import type { BpfMap } from "./libbpf.ts";

/** The kernel's numbers for the compiler. */
export const target: Omit<Target, "tableId" | "appId"> = {
  pathDepth,
  tableDefer,
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

/** Tells one entry of a map: `key` and `value` start as zeros. They are used for every entry of the map in turn. */
type Tell<Item> = (item: Item, key: Buffer<ArrayBuffer>, value: Buffer<ArrayBuffer>) => void;

/**
 * One map's wanted content beside what was written last; only differences are written. What was written is remembered as strings: a
 * Buffer of its own costs some 200 bytes each, and there are as many as rules.
 */
class Mirror<Item> {
  private readonly map: BpfMap;
  private readonly key: Buffer<ArrayBuffer>;
  private readonly value: Buffer<ArrayBuffer>;
  private readonly tell: Tell<Item>;
  private readonly written = new Map<string, string>();
  /** Entries written or removed so far. */
  changes = 0;

  /** What an earlier helper wrote counts as written: a restart that changes no rule changes nothing. */
  constructor(map: BpfMap, keyBytes: number, valueBytes: number, tell: Tell<Item>) {
    this.map = map;
    this.key = Buffer.alloc(keyBytes);
    this.value = Buffer.alloc(valueBytes);
    this.tell = tell;
    for (const key of map.keys(keyBytes))
      if (map.get(key, this.value)) this.written.set(key.toString("latin1"), this.value.toString("latin1"));
  }

  /** Writes what is missing or different; returns the keys of all, for prune(). */
  put(items: Iterable<Item>): Set<string> {
    const wanted = new Set<string>();
    for (const item of items) {
      this.tell(item, this.key.fill(0), this.value.fill(0));
      const name = this.key.toString("latin1");
      const value = this.value.toString("latin1");
      wanted.add(name);
      if (this.written.get(name) === value) continue;
      this.map.set(this.key, this.value);
      this.written.set(name, value);
      this.changes++;
    }
    return wanted;
  }

  prune(wanted: ReadonlySet<string>): void {
    for (const name of [...this.written.keys()]) {
      if (wanted.has(name)) continue;
      this.map.delete(Buffer.from(name, "latin1"));
      this.written.delete(name);
      this.changes++;
    }
  }
}

export class PolicyMaps {
  private readonly slots: Mirror<Slot>;
  private readonly tables: Mirror<[table: number, shapes: number]>;
  private readonly hosts: Mirror<CompiledPath>;
  private readonly ranges: Mirror<CompiledPath>;
  private readonly configs: BpfMap;
  private readonly settings: Settings;
  private config: Buffer;
  /** Counts the policies the kernel had, over restarts: a verdict of an older one is looked up again. */
  generation: number;

  constructor(maps: Record<"slots" | "tables" | "hosts" | "ranges" | "configs", BpfMap>, settings: Settings) {
    const { slot_key, slot, host_key, range_key, path } = layouts;
    this.slots = new Mirror<Slot>(maps.slots, slot_key.size, slot.size, (item, key, value) => {
      slot_key.write(item, key);
      slot.write(item, value);
    });
    this.tables = new Mirror<[number, number]>(maps.tables, 4, 4, ([table, shapes], key, value) => {
      key.writeUInt32LE(table);
      value.writeUInt32LE(shapes);
    });
    this.hosts = new Mirror<CompiledPath>(maps.hosts, host_key.size, path.size, ({ prefix, tables }, key, value) => {
      host_key.write({ address: Buffer.from(prefix.hex, "hex") }, key);
      path.write({ tables: [...tables] }, value);
    });
    this.ranges = new Mirror<CompiledPath>(maps.ranges, range_key.size, path.size, ({ prefix, tables }, key, value) => {
      range_key.write({ prefix_bits: prefix.bits, address: Buffer.from(prefix.hex, "hex") }, key);
      path.write({ tables: [...tables] }, value);
    });
    this.configs = maps.configs;
    this.settings = settings;
    this.config = Buffer.alloc(layouts.config.size);
    this.configs.get(zero, this.config);
    this.generation = layouts.config.read(this.config).generation;
  }

  /**
   * Slots before the tables that show them, tables before the paths that lead to them; then the reverse for what goes.
   * A table's shapes only widen in the first pass: a slot that is gone but still shown is simply not found. The new generation comes
   * last: whatever is judged again by it meets the whole of the new policy. Returns whether the kernel's policy changed.
   */
  apply(compiled: Compiled): boolean {
    const before = this.changes;
    const paths = [...compiled.paths.values()];
    const slots = this.slots.put(compiled.slots.values());
    const tables = this.tables.put(compiled.tables);
    const hosts = this.hosts.put(paths.filter(({ prefix }) => prefix.bits === 128));
    const ranges = this.ranges.put(paths.filter(({ prefix }) => prefix.bits < 128));
    const configured = this.configure(compiled);
    this.hosts.prune(hosts);
    this.ranges.prune(ranges);
    this.tables.prune(tables);
    this.slots.prune(slots);
    if (!configured && this.changes === before) return false;
    this.generation = (this.generation + 1) >>> 0;
    this.configure(compiled);
    return true;
  }

  private get changes(): number {
    return this.slots.changes + this.tables.changes + this.hosts.changes + this.ranges.changes;
  }

  /** Returns whether anything was written. */
  private configure(compiled: Compiled): boolean {
    const config = layouts.config.write({
      abi,
      hold_jiffies: this.settings.holdTicks,
      default_action: compiled.defaultAction,
      pid_namespace: this.settings.pidNamespace,
      generation: this.generation,
      any: { tables: [...compiled.any] },
    });
    if (config.equals(this.config)) return false;
    this.configs.set(zero, config);
    this.config = config;
    return true;
  }
}
