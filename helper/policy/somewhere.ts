// Where a name is taken to lead whose address nobody gave. Pure.
import { addressHex, contains, everyIpv4 } from "./address.ts";
import type { Policy } from "./decide.ts";
import { isInZone } from "./rule.ts";

/** One in each of 223 networks of the first octet, mixed, the first a public address that nobody has (RFC 5737). */
const candidates = Array.from({ length: 223 }, (_, at) => addressHex(`${((at * 90 + 191) % 223) + 1}.0.2.1`));

/**
 * An IPv4 address of the internet, 32 hex digits, that no rule and no list means: what is said of the name must not rest on an address it
 * may not have. Rules for all of IPv4 do mean it. Where every candidate is in some range, that is true of most addresses.
 */
export function somewhere({ rules, lists, zones }: Pick<Policy, "rules" | "lists" | "zones">): string {
  const ranges = rules.flatMap(({ destination }) =>
    destination.kind === "prefix" && destination.prefix.bits > everyIpv4.bits ? [destination.prefix] : [],
  );
  const isMeant = (hex: string) =>
    !isInZone("internet", hex, zones) ||
    isInZone("resolvers", hex, zones) ||
    ranges.some((range) => contains(range, hex)) ||
    lists.covering({ hex, bits: 128 }) !== null;
  return candidates.find((hex) => !isMeant(hex)) ?? (candidates[0] as string);
}
