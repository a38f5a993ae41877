// What a compiled policy comes to, so that two of them can be compared: everything that is written into the kernel's maps.
import type { Compiled, Difference } from "../../../helper/policy/compile.ts";

const sorted = <Value>(map: Iterable<readonly [string | number, Value]>) =>
  [...map].map(([key, value]) => [String(key), value] as const).sort(([a], [b]) => (a < b ? -1 : 1));

export function imageOf(compiled: Compiled) {
  const listed = compiled.listed().map(({ tables }) => [...tables]);
  return {
    slots: sorted(compiled.slots),
    tables: sorted(compiled.tables),
    paths: sorted(compiled.paths),
    any: [...compiled.any],
    defaultAction: compiled.defaultAction,
    override: compiled.override,
    listed,
  };
}

/** An image that only hears of differences. */
export class Kept {
  private readonly slots = new Map<string, unknown>();
  private readonly tables = new Map<number, unknown>();
  private readonly paths = new Map<string, unknown>();

  constructor(compiled: Compiled) {
    compiled.listed();
    for (const [key, value] of compiled.slots) this.slots.set(key, value);
    for (const [key, value] of compiled.tables) this.tables.set(key, value);
    for (const [key, value] of compiled.paths) this.paths.set(key, value);
  }

  follow({ slots, tables, paths }: Difference): void {
    follow(this.slots, slots);
    follow(this.tables, tables);
    follow(this.paths, paths);
  }

  get image() {
    return { slots: sorted(this.slots), tables: sorted(this.tables), paths: sorted(this.paths) };
  }
}

function follow<Key>(map: Map<Key, unknown>, steps: ReadonlyMap<Key, { after: unknown }>): void {
  for (const [key, { after }] of steps) {
    if (after === undefined) map.delete(key);
    else map.set(key, after);
  }
}
