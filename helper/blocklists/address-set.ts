// Addresses and ranges of a list, as few as say the same: sorted, none within another, neighbours merged.
import { contains, covers, everyIpv4, type Prefix, truncate } from "../policy/address.ts";

/** The narrowest list of disjoint prefixes that covers exactly what the given ones cover, sorted by address. */
export function mergePrefixes(prefixes: Iterable<Prefix>): Prefix[] {
  const sorted = [...prefixes].sort((a, b) => (a.hex < b.hex ? -1 : a.hex > b.hex ? 1 : a.bits - b.bits));
  const merged: Prefix[] = [];
  for (const prefix of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && covers(last, prefix)) continue;
    merged.push(prefix);
    while (mergeLastTwo(merged));
  }
  return merged;
}

/** Two halves of one range become it. Never beyond all of IPv4: a shorter range holds none of it (policy/address.ts). */
function mergeLastTwo(merged: Prefix[]): boolean {
  const [first, second] = merged.slice(-2);
  if (first === undefined || second === undefined || first.bits !== second.bits) return false;
  const bits = first.bits - 1;
  const hex = truncate(first.hex, bits);
  if (bits < 0 || hex !== first.hex || hex !== truncate(second.hex, bits)) return false;
  if (bits < everyIpv4.bits && (covers(everyIpv4, first) || covers(everyIpv4, second))) return false;
  merged.splice(-2, 2, { hex, bits });
  return true;
}

export class AddressSet {
  readonly prefixes: readonly Prefix[];

  constructor(prefixes: Iterable<Prefix>) {
    this.prefixes = mergePrefixes(prefixes);
  }

  get size(): number {
    return this.prefixes.length;
  }

  /** The range that holds an address (32 hex digits), or null. */
  find(hex: string): Prefix | null {
    let [low, high] = [0, this.prefixes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.prefixes[middle] as Prefix).hex <= hex) low = middle + 1;
      else high = middle;
    }
    const candidate = this.prefixes[low - 1];
    return candidate !== undefined && contains(candidate, hex) ? candidate : null;
  }
}
