// Blocklists as the policy sees them: entries that are found, not rules that are listed. There may be a million.
import type { Prefix } from "./address.ts";
import type { Destination, PolicyRule } from "./rule.ts";

export interface ListEntry {
  /** The list's id, and what the kernel calls it: rule numbers from `listNumbers` on. */
  readonly list: string;
  readonly number: number;
  /** A host, a domain or a prefix. */
  readonly destination: Destination;
}

/** Addresses and ranges of one list. */
export interface Addresses {
  /** Sorted by address, none within another. */
  readonly prefixes: readonly Prefix[];
  /** How many of them are single addresses. */
  readonly hosts: number;
  /** Whether one of them is exactly this. */
  has(prefix: Prefix): boolean;
  /** Whether the range holds one of them, by its bits, that is narrower. */
  hasWithin(range: Prefix): boolean;
}

export interface ListedAddresses extends Pick<ListEntry, "list" | "number"> {
  /** The same object for as long as the list says the same. */
  readonly addresses: Addresses;
}

/** What the enabled lists say. Both finders give the narrowest entry: hosts before domains, deeper domains and longer prefixes first. */
export interface Lists {
  /** The entry that is the name or a domain it is in. */
  name(name: string): ListEntry | null;
  /** The entry that holds all of the prefix. */
  covering(prefix: Prefix): ListEntry | null;
  /** Whether any list has names: then a flow to an address without one may be to a listed host. */
  readonly hasNames: boolean;
  /** Every listed address and range; none of them holds all of IPv4 by its notation (::/0 to ::ffff:0:0/96). */
  prefixes(): Iterable<Prefix>;
  /** The same by lists, those with none left out. What several have is the first one's entry. */
  addresses(): readonly ListedAddresses[];
  /** What they have, as objects that are others as soon as anything of it is. */
  contents(): readonly object[];
  /** What people call the list of this number. */
  titleOf(number: number): string;
}

export const noLists: Lists = {
  name: () => null,
  covering: () => null,
  hasNames: false,
  prefixes: () => [],
  addresses: () => [],
  contents: () => [],
  titleOf: String,
};

/** Numbers of lists begin here; rules never come this far. */
export const listNumbers = 0x8000_0000;

/** The rule that an entry amounts to: it blocks, for anybody, and nothing of it is narrower than its destination. */
export function entryRule({ list, number, destination }: ListEntry): PolicyRule {
  return {
    id: list,
    number,
    app: null,
    via: null,
    user: null,
    destination,
    port: null,
    portTo: null,
    protocol: null,
    direction: "both",
    profile: null,
    action: "block",
    lifetime: "forever",
    origin: "subscription",
  };
}
