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

interface Entry {
  key: Buffer;
  value: Buffer;
}

const zero = Buffer.alloc(4);

function number(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function slotEntry(slot: Slot): Entry {
  return { key: layouts.slot_key.write(slot), value: layouts.slot.write(slot) };
}

function pathValue(tables: readonly number[]): Buffer {
  return layouts.path.write({ tables: [...tables] });
}

function hostEntry({ prefix, tables }: CompiledPath): Entry {
  return { key: layouts.host_key.write({ address: Buffer.from(prefix.hex, "hex") }), value: pathValue(tables) };
}

function rangeEntry({ prefix, tables }: CompiledPath): Entry {
  const address = Buffer.from(prefix.hex, "hex");
  return { key: layouts.range_key.write({ prefix_bits: prefix.bits, address }), value: pathValue(tables) };
}

/** One map's wanted content beside what was written last; only differences are written. */
class Mirror {
  private readonly map: BpfMap;
  private readonly written = new Map<string, Buffer>();

  /** Entries of an earlier helper count as written with an unknown value: kept until replaced or found unwanted. */
  constructor(map: BpfMap, keyBytes: number) {
    this.map = map;
    for (const key of map.keys(keyBytes)) this.written.set(key.toString("latin1"), zero);
  }

  /** Returns whether anything was written. */
  put(entries: readonly Entry[]): boolean {
    let changed = false;
    for (const { key, value } of entries) {
      const name = key.toString("latin1");
      if (this.written.get(name)?.equals(value)) continue;
      this.map.set(key, value);
      this.written.set(name, value);
      changed = true;
    }
    return changed;
  }

  /** Returns whether anything was removed. */
  prune(entries: readonly Entry[]): boolean {
    let changed = false;
    const wanted = new Set(entries.map(({ key }) => key.toString("latin1")));
    for (const name of [...this.written.keys()]) {
      if (wanted.has(name)) continue;
      this.map.delete(Buffer.from(name, "latin1"));
      this.written.delete(name);
      changed = true;
    }
    return changed;
  }
}

export class PolicyMaps {
  private readonly slots: Mirror;
  private readonly tables: Mirror;
  private readonly hosts: Mirror;
  private readonly ranges: Mirror;
  private readonly configs: BpfMap;
  private readonly settings: Settings;
  private config: Buffer;
  /** Counts the policies the kernel had, over restarts: a verdict of an older one is looked up again. */
  generation: number;

  constructor(maps: Record<"slots" | "tables" | "hosts" | "ranges" | "configs", BpfMap>, settings: Settings) {
    this.slots = new Mirror(maps.slots, layouts.slot_key.size);
    this.tables = new Mirror(maps.tables, 4);
    this.hosts = new Mirror(maps.hosts, layouts.host_key.size);
    this.ranges = new Mirror(maps.ranges, layouts.range_key.size);
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
    const slots = [...compiled.slots.values()].map(slotEntry);
    const tables = [...compiled.tables].map(([table, shapes]) => ({ key: number(table), value: number(shapes) }));
    const paths = [...compiled.paths.values()];
    const hosts = paths.filter(({ prefix }) => prefix.bits === 128).map(hostEntry);
    const ranges = paths.filter(({ prefix }) => prefix.bits < 128).map(rangeEntry);
    const changes = [this.slots.put(slots), this.tables.put(tables), this.hosts.put(hosts), this.ranges.put(ranges)];
    changes.push(this.configure(compiled));
    changes.push(
      this.hosts.prune(hosts),
      this.ranges.prune(ranges),
      this.tables.prune(tables),
      this.slots.prune(slots),
    );
    if (!changes.includes(true)) return false;
    this.generation = (this.generation + 1) >>> 0;
    this.configure(compiled);
    return true;
  }

  /** Returns whether anything but the generation changed. */
  private configure(compiled: Compiled): boolean {
    const config = layouts.config.write({
      abi,
      hold_jiffies: this.settings.holdTicks,
      default_action: compiled.defaultAction,
      pid_namespace: this.settings.pidNamespace,
      generation: this.generation,
      helper: process.pid,
      any: { tables: [...compiled.any, ...Array(pathDepth).fill(0)].slice(0, pathDepth) },
    });
    if (config.equals(this.config)) return false;
    this.configs.set(zero, config);
    this.config = config;
    return true;
  }
}
