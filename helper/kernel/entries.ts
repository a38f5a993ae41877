// The kernel's maps as mirrors write them, where there is more to a map than setting and deleting.
import type { Prefix } from "../policy/address.ts";
import { layouts } from "./layout.ts";
import type { BpfMap } from "./libbpf.ts";
import type { ListedPaths } from "./listed-paths.ts";
import type { Entries } from "./mirror.ts";

/** What an earlier helper left in an array stays: nothing leads there until it is written anew. */
export function inArray(map: BpfMap, valueBytes: number): Entries {
  return {
    capacity: () => map.capacity(),
    keys: () => [],
    set: (key, value) => map.set(key, value),
    delete: (key) => map.set(key, Buffer.alloc(valueBytes)),
  };
}

/** The programs look for an address only where the filter says that it may be there. */
export function behindFilter(map: BpfMap, filter: BpfMap): Entries {
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
export function overListed(map: Entries, listed: () => ListedPaths, prefixOf: (key: Buffer) => Prefix): Entries {
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
