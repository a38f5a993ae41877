// Makes a compiled policy fit into maps that have an end. What finds no room becomes a defer: held, and decided by the helper. Pure.
import { truncate } from "./address.ts";
import type { Compiled, CompiledPath } from "./compile.ts";

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

/** Everything that has a path, in one place. */
function withListed(compiled: Compiled): Compiled {
  const listed = [...compiled.listed()].map((path) => [`${path.prefix.hex}/${path.prefix.bits}`, path] as const);
  if (listed.length === 0) return compiled;
  return { ...compiled, paths: new Map([...listed, ...compiled.paths]), listed: () => [] };
}

/** `tableDefer`: the table id that stands for "the helper decides". What comes back has every path among `paths`. */
export function cutToFit(whole: Compiled, room: Room, tableDefer: number): Fitted {
  const compiled = withListed(whole);
  const paths = [...compiled.paths];
  const hosts = paths.filter(([, { prefix }]) => prefix.bits === 128);
  // Wide ones first: what a missing range leaves to the next wider one is as little as can be.
  const ranges = paths
    .filter(([, { prefix }]) => prefix.bits < 128)
    .sort(([, a], [, b]) => a.prefix.bits - b.prefix.bits);
  const enough =
    compiled.slots.size <= room.slots &&
    [...compiled.tables.keys()].every((table) => table <= room.tables) &&
    hosts.length <= room.hosts &&
    ranges.length <= room.ranges;
  if (enough) return { compiled, leftOut: 0 };

  const incomplete = incompleteTables(compiled, room);
  const complete = new Map([...compiled.slots].filter(([, { table }]) => !incomplete.has(table)));
  const tables = new Map([...compiled.tables].filter(([table]) => !incomplete.has(table)));

  const cut = (path: readonly number[]): readonly number[] => {
    const end = path.findIndex((table) => incomplete.has(table));
    return end < 0 ? path : [...path.slice(0, end), tableDefer];
  };
  const kept = new Map<string, CompiledPath>();
  for (const [name, { prefix, tables }] of [...hosts.slice(0, room.hosts), ...ranges.slice(0, room.ranges)]) {
    kept.set(name, { prefix, tables: cut(tables) });
  }
  let any = cut(compiled.any);
  // The kernel would take the next wider range for a destination whose own path is missing: that one may not decide any more.
  const missing = [...hosts.slice(room.hosts), ...ranges.slice(room.ranges)];
  for (const [, { prefix }] of missing) {
    const wider = widerPath(kept, prefix);
    if (wider === undefined) any = [tableDefer];
    else kept.set(wider, { ...(kept.get(wider) as CompiledPath), tables: [tableDefer] });
  }
  const leftOut =
    compiled.slots.size - complete.size + (compiled.tables.size - tables.size) + (compiled.paths.size - kept.size);
  return { compiled: { ...compiled, slots: complete, tables, paths: kept, any }, leftOut };
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
