// Brings the kernel's maps to a compiled policy. At every moment in between a flow meets the old answer, the new one, or a hold. So it
// does where the maps have no room: what they cannot say is left to the helper.

import type { Compiled, CompiledPath, Difference, Slot, Target } from "../policy/compile.ts";
import { cutToFit, type Room, sizeOf } from "../policy/fit.ts";
import type { Replaced } from "../policy/watched.ts";
import { behindFilter, inArray, overListed } from "./entries.ts";
import {
  abi,
  action,
  actionPersonal,
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
import { Mirror } from "./mirror.ts";

/** The kernel's numbers for the compiler. */
export const target: Omit<Target, "tableId" | "appId" | "person"> = {
  personal: actionPersonal,
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
  /** Uid whose own rules the kernel decides by; null: nobody's. */
  readonly person?: number | null;
}

/** (uid_t) -1. */
const nobodys = 0xffffffff;

const zero = Buffer.alloc(4);

/** What a slot says that leaves it to the helper. */
const deferred = { action: action.ask, rule: 0 } as const;

function present<Value>(steps: readonly Replaced<Value>[]): Value[] {
  return steps.map(({ after }) => after).filter((value) => value !== undefined);
}

function absent<Value>(steps: readonly Replaced<Value>[]): Value[] {
  return steps.flatMap(({ before, after }) => (after === undefined && before !== undefined ? [before] : []));
}

const overrideActions = { lockdown: action.block, pause: action.allow } as const;

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
  /** Tables that the kernel has and paths may lead to, and the shapes it knows of them. */
  private known = new Map<number, number>();
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

  /** The same where only this is different from what was applied last. What it has no room for it applies as a whole. */
  amend(wanted: Compiled, difference: Difference): boolean {
    if (!this.hasRoomFor(wanted, difference)) return this.apply(wanted);
    const { slots, tables, paths } = difference;
    const before = this.config;
    try {
      this.carryOut(wanted, difference);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return this.apply(wanted);
    }
    if (before.equals(this.config) && slots.size + tables.size + paths.size === 0) return false;
    this.renew();
    return true;
  }

  /** The same for what addresses are called by now; the generation stays. */
  extend(wanted: Compiled, difference: Difference): void {
    // What did not fit as a whole stays the helper's to decide; what was said of the addresses before may be wrong by now.
    if (this.leftOut > 0) {
      this.deferThese(difference);
      return;
    }
    try {
      if (this.hasRoomFor(wanted, difference)) {
        this.carryOut(wanted, difference);
        return;
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
    this.deferThese(difference);
    this.leftOut++;
  }

  /** A path that is wrong by now must not stay. Replacing an entry needs no room. */
  private deferThese({ paths }: Difference): void {
    for (const { before, after } of paths.values()) {
      const path = { prefix: (before ?? (after as CompiledPath)).prefix, tables: [tableDefer] };
      const mirror = this.mirrorOf(path);
      if (mirror.has(path)) mirror.put([path]);
    }
  }

  private mirrorOf({ prefix }: CompiledPath): Mirror<CompiledPath> {
    return prefix.bits === 128 ? this.hosts : this.ranges;
  }

  /** While what goes and what comes are both there. */
  private hasRoomFor({ listed }: Compiled, { slots, tables, paths }: Difference): boolean {
    if (this.leftOut > 0) return false;
    const beneath = sizeOf(listed());
    const [hosts, ranges] = [true, false].map(
      (isHost) =>
        [...paths.values()].filter(
          ({ before, after }) => before === undefined && after !== undefined && (after.prefix.bits === 128) === isHost,
        ).length,
    ) as [number, number];
    const added = [...slots.values()].filter(({ before }) => before === undefined).length;
    return (
      this.slots.size + added <= this.room.slots &&
      [...tables.keys()].every((table) => table <= this.room.tables) &&
      this.hosts.size + hosts + beneath.hosts <= this.room.hosts &&
      this.ranges.size + ranges + beneath.ranges <= this.room.ranges
    );
  }

  /**
   * A flow meets its old answer, its new one or a hold, after each single write. First every slot that changes and may be seen becomes a
   * defer: whatever path and tables lead to, what they find is unchanged or held. Then paths change, each in one write; narrow ones come
   * before the wide ones that they are cut from, and go after them. Last, the slots become what they are to be.
   */
  private carryOut(compiled: Compiled, { slots, tables, paths }: Difference): void {
    const steps = [...slots.values()];
    const isSeen = ({ before, after }: Replaced<Slot>) => this.known.has(((before ?? after) as Slot).table);
    const seen = steps.filter(isSeen);
    // A single change is one write, and nothing in between.
    if (seen.length > 1 || (seen.length > 0 && paths.size > 0)) {
      this.slots.put(seen.map(({ before, after }) => ({ ...((before ?? after) as Slot), ...deferred })));
    }
    this.slots.put(present(steps.filter((step) => !isSeen(step))));
    const masks = [...tables];
    this.tables.put(masks.map(([table, { before = 0, after = 0 }]) => [table, before | after]));
    const routes = [...paths.values()];
    const fresh = present(routes).sort((a, b) => b.prefix.bits - a.prefix.bits);
    for (const path of fresh) this.mirrorOf(path).put([path]);
    this.configure(compiled);
    const gone = absent(routes).sort((a, b) => a.prefix.bits - b.prefix.bits);
    for (const path of gone) this.mirrorOf(path).drop([path]);
    this.slots.put(present(seen));
    this.slots.drop(absent(steps));
    for (const [table, { after }] of masks) {
      if (after === undefined) {
        this.tables.drop([[table, 0]]);
        this.known.delete(table);
      } else {
        this.tables.put([[table, after]]);
        this.known.set(table, after);
      }
    }
  }

  /** Every verdict is looked up again. */
  renew(): void {
    this.generation = (this.generation + 1) >>> 0;
    this.writeConfig({ ...layouts.config.read(this.config), generation: this.generation });
  }

  /** The same in the same order for all there is, whatever was there before. Returns whether anything of the config changed. */
  private write(compiled: Compiled): boolean {
    const slots = [...compiled.slots.values()];
    const tables = [...compiled.tables];
    const paths = [...compiled.paths.values()];
    const hosts = paths.filter(({ prefix }) => prefix.bits === 128);
    const ranges = paths.filter(({ prefix }) => prefix.bits < 128).sort((a, b) => b.prefix.bits - a.prefix.bits);
    const listed = new ListedPaths(compiled.listed());
    if (!this.listed.equals(listed)) this.releaseListed();
    const crowded =
      this.slots.isCrowdedBy(slots) ||
      this.tables.isCrowdedBy(tables) ||
      this.hosts.isCrowdedBy(hosts, listed.hosts(), listed.size.hosts) ||
      this.ranges.isCrowdedBy(ranges, listed.ranges(), listed.size.ranges);
    if (crowded) this.deferAll(compiled);
    this.slots.cover(slots, layouts.slot.write(deferred), ({ table }) => this.known.has(table));
    this.slots.put(slots.filter(({ table }) => !this.known.has(table)));
    this.tables.put(tables.map(([table, shapes]) => [table, shapes | (this.known.get(table) ?? 0)]));
    const wantedHosts = this.hosts.put(hosts);
    const wantedRanges = this.ranges.put(ranges);
    if (!this.listed.equals(listed)) this.writeListed(listed);
    const reconfigured = this.configure(compiled);
    this.ranges.prune(wantedRanges);
    this.hosts.prune(wantedHosts);
    this.slots.prune(this.slots.put(slots));
    this.tables.prune(this.tables.put(tables));
    this.known = new Map(tables);
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
    this.known.clear();
  }

  /** Returns whether anything but the generation changed. */
  private configure({ defaultAction, any, override }: Pick<Compiled, "defaultAction" | "any" | "override">): boolean {
    const before = layouts.config.read(this.config);
    const after = {
      abi,
      hold_jiffies: this.settings.holdTicks,
      default_action: defaultAction,
      pid_namespace: this.settings.pidNamespace,
      generation: this.generation,
      helper: process.pid,
      override: override === null ? 0 : overrideActions[override],
      person: this.settings.person ?? nobodys,
      writes: before.writes,
      any: { tables: [...any] },
    };
    const config = layouts.config.write(after);
    // A helper that was killed in the midst of the writes below has left it odd.
    const isWhole = before.writes % 2 === 0;
    if (isWhole && config.equals(this.config)) return false;
    // One member alone is written at once. Of several the programs may meet some: while `writes` is odd they hold.
    const onlyRenewed = layouts.config.write({ ...after, generation: before.generation }).equals(this.config);
    if (isWhole && onlyRenewed) this.writeConfig(after);
    else {
      const writes = ((before.writes | 1) + 2) >>> 0;
      this.writeConfig({ ...before, writes });
      this.writeConfig({ ...after, writes });
      this.writeConfig({ ...after, writes: (writes + 1) >>> 0 });
    }
    return true;
  }

  private writeConfig(config: Parameters<typeof layouts.config.write>[0]): void {
    this.config = layouts.config.write(config);
    this.configs.set(zero, this.config);
  }
}
