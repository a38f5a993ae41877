// Destinations that have a path of their own, whatever they are called: what rules name, and the zones' ranges. Pure.
import { everyIpv4, type Prefix } from "./address.ts";

export function prefixName(prefix: Prefix): string {
  return `${prefix.hex}/${prefix.bits}`;
}

const everyIpv4Name = prefixName(everyIpv4);

export class Nodes {
  /** Lengths of what rules name, long ones first. */
  lengths: readonly number[] = [];
  private readonly counts = new Map<number, number>();
  /** What rules name. */
  private readonly explicit = new Map<string, Prefix>();
  private around: ReadonlyMap<string, Prefix> = new Map();
  private nodes = new Map<string, Prefix>();
  /** How many of them hold all of IPv4 by their notation. */
  private short = 0;

  has(name: string): boolean {
    return this.nodes.has(name);
  }

  all(): Iterable<Prefix> {
    return this.nodes.values();
  }

  /** A rule names it by now. What that makes a node settle() says, or surround(). */
  name(prefix: Prefix): void {
    if (this.explicit.has(prefixName(prefix))) return;
    this.explicit.set(prefixName(prefix), prefix);
    this.count(prefix.bits, 1);
  }

  /** No rule names it any more. */
  unname(prefix: Prefix): void {
    if (this.explicit.delete(prefixName(prefix))) this.count(prefix.bits, -1);
  }

  private count(bits: number, more: 1 | -1): void {
    const before = this.counts.get(bits) ?? 0;
    if (before + more === 0) this.counts.delete(bits);
    else this.counts.set(bits, before + more);
    if (before === 0 || before + more === 0) this.lengths = [...this.counts.keys()].sort((a, b) => b - a);
  }

  /** These are the zones' ranges from now on. */
  surround(ranges: readonly Prefix[]): void {
    this.around = new Map(ranges.map((prefix) => [prefixName(prefix), prefix]));
    this.nodes = new Map([...this.explicit, ...this.around]);
    this.short = [...this.nodes.values()].filter(({ bits }) => bits < everyIpv4.bits).length;
    if (this.short > 0) this.nodes.set(everyIpv4Name, everyIpv4);
  }

  /** Makes what was named, or is no more, a node or none. Returns which are different by now. */
  settle(prefix: Prefix): Prefix[] {
    const name = prefixName(prefix);
    // The kernel's longest match would find a short IPv6 range for IPv4 addresses: they need an own path to be kept out of it.
    const isApart = name === everyIpv4Name && this.short > 0;
    const isOne = isApart || this.explicit.has(name) || this.around.has(name);
    if (isOne === this.nodes.has(name)) return [];
    if (isOne) this.nodes.set(name, prefix);
    else this.nodes.delete(name);
    if (prefix.bits >= everyIpv4.bits) return [prefix];
    this.short += isOne ? 1 : -1;
    return [prefix, ...this.settle(everyIpv4)];
  }
}
