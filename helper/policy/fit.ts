// Makes a compiled policy fit into maps that have an end. What finds no room becomes a defer: held, and decided by the helper. Pure.
import { truncate } from "./address.ts";
import type { Compiled, CompiledPath, ListedPath } from "./compile.ts";

/** How many entries each of the kernel's maps takes. */
export interface Room {
  readonly slots: number;
  /** The largest table id. */
  readonly tables: number;
  readonly hosts: number;
  readonly ranges: number;
}

export interface Fitted {
  readonly compiled: Compiled;
  /** Entries without a place. */
  readonly leftOut: number;
}

/** How many entries the lists take, each of them by itself. */
export function sizeOf(listed: readonly ListedPath[]): Pick<Room, "hosts" | "ranges"> {
  const hosts = listed.reduce((sum, { addresses }) => sum + addresses.hosts, 0);
  const all = listed.reduce((sum, { addresses }) => sum + addresses.prefixes.length, 0);
  return { hosts, ranges: all - hosts };
}

/**
 * `tableDefer`: the table id that stands for "the helper decides". What rules name comes before what blocklists have, and of that all finds
 * a place or nothing does: a single entry without one leaves to the helper whatever is not named, as all of them do.
 */
export function cutToFit(compiled: Compiled, room: Room, tableDefer: number): Fitted {
  const listed = compiled.listed();
  const listedSize = sizeOf(listed);
  const paths = [...compiled.paths];
  const hosts = paths.filter(([, { prefix }]) => prefix.bits === 128);
  // Wide ones first: what a missing range leaves to the next wider one is as little as can be.
  const ranges = paths
    .filter(([, { prefix }]) => prefix.bits < 128)
    .sort(([, a], [, b]) => a.prefix.bits - b.prefix.bits);
  const roomForListed =
    listed.length === 0 ||
    (hosts.length + listedSize.hosts <= room.hosts && ranges.length + listedSize.ranges <= room.ranges);
  const enough =
    compiled.slots.size <= room.slots &&
    [...compiled.tables.keys()].every((table) => table <= room.tables) &&
    hosts.length <= room.hosts &&
    ranges.length <= room.ranges &&
    roomForListed;
  if (enough) return { compiled, leftOut: 0 };

  const incomplete = incompleteTables(compiled, room);
  const complete = new Map([...compiled.slots].filter(([, { table }]) => !incomplete.has(table)));
  const tables = new Map([...compiled.tables].filter(([table]) => !incomplete.has(table)));

  const cut = (path: readonly number[]): readonly number[] => {
    const end = path.findIndex((table) => incomplete.has(table));
    if (end < 0) return path;
    // Behind a marker that is no table: look-ups must not skip the defer.
    const bare = end === 1 && (path[0] ?? 0) > room.tables;
    return bare ? [tableDefer] : [...path.slice(0, end), tableDefer];
  };
  const kept = new Map<string, CompiledPath>();
  for (const [name, { prefix, tables }] of [...hosts.slice(0, room.hosts), ...ranges.slice(0, room.ranges)]) {
    kept.set(name, { prefix, tables: cut(tables) });
  }
  let any = roomForListed ? cut(compiled.any) : [tableDefer];
  // The lists' entries are missing in all ranges that hold one: which of them is the narrowest would have to be asked for each entry.
  for (const [name, path] of roomForListed ? [] : kept) {
    if (listed.some(({ addresses }) => addresses.hasWithin(path.prefix)))
      kept.set(name, { ...path, tables: [tableDefer] });
  }
  // The kernel would take the next wider range for a destination whose own path is missing: that one may not decide any more.
  const missing = [...hosts.slice(room.hosts), ...ranges.slice(room.ranges)];
  for (const [, { prefix }] of missing) {
    const wider = widerPath(kept, prefix);
    if (wider === undefined) any = [tableDefer];
    else kept.set(wider, { ...(kept.get(wider) as CompiledPath), tables: [tableDefer] });
  }
  const leftOut =
    compiled.slots.size -
    complete.size +
    (compiled.tables.size - tables.size) +
    (compiled.paths.size - kept.size) +
    (roomForListed ? 0 : listedSize.hosts + listedSize.ranges);
  const keptLists = roomForListed ? listed.map((path) => ({ ...path, tables: cut(path.tables) })) : [];
  return { compiled: { ...compiled, slots: complete, tables, paths: kept, any, listed: () => keptLists }, leftOut };
}

/** Tables that have a slot too many, or no place themselves. The best rules are placed first. */
function incompleteTables(compiled: Compiled, room: Room): Set<number> {
  const incomplete = new Set([...compiled.tables.keys()].filter((table) => table > room.tables));
  let used = 0;
  for (const { table } of compiled.slots.values()) {
    if (incomplete.has(table)) continue;
    if (used < room.slots) used++;
    else incomplete.add(table);
  }
  return incomplete;
}

/** The longest range that is kept and holds the prefix by its bits, which is all the kernel compares. */
function widerPath(kept: ReadonlyMap<string, CompiledPath>, prefix: CompiledPath["prefix"]): string | undefined {
  for (let bits = prefix.bits - 1; bits >= 0; bits--) {
    const name = `${truncate(prefix.hex, bits)}/${bits}`;
    if (kept.has(name)) return name;
  }
  return undefined;
}
