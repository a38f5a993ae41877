// Which groups of rules may be about a destination, in the order in which they are tried. Pure.
import { covers, type Prefix, truncate } from "./address.ts";
import type { Policy } from "./decide.ts";
import { entryRule, type ListEntry } from "./lists.ts";
import { prefixName } from "./nodes.ts";
import { compareRules } from "./order.ts";
import { domainsOf, type Zones } from "./rule.ts";

/**
 * Groups of rules about the destination, narrow to wide, each with the blocklists' entry of the same rank.
 * `prefix` null: every other destination. `name` null: nobody knows one. `lengths`: of the ranges that rules name, long ones first.
 */
export function* levels(
  { zones, lists }: Pick<Policy, "zones" | "lists">,
  lengths: readonly number[],
  prefix: Prefix | null,
  name: string | null,
): Generator<[groups: string[], entry: ListEntry | null]> {
  const byName = name === null ? null : lists.name(name);
  const byAddress = prefix === null ? null : lists.covering(prefix);
  const bits = byAddress?.destination.kind === "prefix" ? byAddress.destination.prefix.bits : 0;
  if (prefix?.bits === 128) {
    const hosts = [prefixName(prefix), ...(name === null ? [] : [`host:${name}`])];
    const entries = [byName?.destination.kind === "host" ? byName : null, bits === 128 ? byAddress : null];
    // Of two lists the one whose word it is: order.ts decides, as for rules.
    const [entry = null] = entries
      .filter((each) => each !== null)
      .sort((a, b) => compareRules(entryRule(a), entryRule(b)));
    yield [hosts, entry];
  }
  for (const domain of name === null ? [] : domainsOf(name)) {
    const listed = byName?.destination.kind === "domain" && byName.destination.name === domain;
    yield [[`domain:${domain}`], listed ? byName : null];
  }
  const ranges = byAddress === null ? lengths : [...new Set([...lengths, bits])].sort((a, b) => b - a);
  for (const length of prefix === null ? [] : ranges) {
    if (prefix === null || length > prefix.bits || length === 128) continue;
    const range = { hex: truncate(prefix.hex, length), bits: length };
    if (covers(range, prefix)) yield [[prefixName(range)], length === bits ? byAddress : null];
  }
  yield [zonesOf(zones, prefix), null];
  yield [["any"], null];
}

/** The zones that hold the whole prefix, in a fixed order. */
function zonesOf(zones: Zones, prefix: Prefix | null): string[] {
  const holding = Object.entries(zones)
    .filter(([, ranges]) => prefix !== null && ranges.some((range) => covers(range, prefix)))
    .map(([zone]) => `zone:${zone}`);
  const outside = !holding.includes("zone:loopback") && !holding.includes("zone:local");
  return (outside ? [...holding, "zone:internet"] : holding).sort();
}
