// Addresses and ranges of a list, as few as say the same: sorted, none within another, neighbours merged.
import { contains, covers, everyIpv4, type Prefix, truncate } from "../policy/address.ts";
import type { Addresses } from "../policy/lists.ts";

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

export class AddressSet implements Addresses {
  readonly prefixes: readonly Prefix[];
  readonly hosts: number;

  constructor(prefixes: Iterable<Prefix>) {
    this.prefixes = mergePrefixes(prefixes);
    this.hosts = this.prefixes.reduce((sum, { bits }) => (bits === 128 ? sum + 1 : sum), 0);
  }

  get size(): number {
    return this.prefixes.length;
  }

  /** The range that holds an address (32 hex digits), or null. */
  find(hex: string): Prefix | null {
    const candidate = this.prefixes[this.countUpTo(hex) - 1];
    return candidate !== undefined && contains(candidate, hex) ? candidate : null;
  }

  has({ hex, bits }: Prefix): boolean {
    const candidate = this.prefixes[this.countUpTo(hex) - 1];
    return candidate?.hex === hex && candidate.bits === bits;
  }

  hasWithin(range: Prefix): boolean {
    const at = this.countUpTo(range.hex);
    // The last that does not begin behind the range's beginning may begin there; the next is the first behind it.
    return [this.prefixes[at - 1], this.prefixes[at]].some(
      (prefix) => prefix !== undefined && prefix.bits > range.bits && truncate(prefix.hex, range.bits) === range.hex,
    );
  }

  /** How many begin at the address (32 hex digits) or before it. */
  private countUpTo(hex: string): number {
    let [low, high] = [0, this.prefixes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.prefixes[middle] as Prefix).hex <= hex) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
