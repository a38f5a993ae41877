// The blocklists as policy asks them: an entry for a name or an address, and its hits.
import type { Endpoint } from "../../contract/words.ts";
import { addressHex, type Prefix } from "../policy/address.ts";
import { type ListEntry, type ListedAddresses, type Lists, listNumbers } from "../policy/lists.ts";
import type { Blocklists } from "./blocklists.ts";
import type { Match } from "./list.ts";

export class PolicyLists implements Lists {
  private readonly blocklists: Blocklists;
  constructor(blocklists: Blocklists) {
    this.blocklists = blocklists;
  }

  name(name: string): ListEntry | null {
    return this.entryOf(this.blocklists.matchName(name));
  }

  covering(prefix: Prefix): ListEntry | null {
    return this.entryOf(this.blocklists.matchPrefix(prefix));
  }

  get hasNames(): boolean {
    return this.blocklists.hasNames;
  }

  prefixes(): Iterable<Prefix> {
    return this.blocklists.prefixes();
  }

  addresses(): ListedAddresses[] {
    return Array.from(this.blocklists.addresses(), ([id, addresses]) => ({ ...this.listOf(id), addresses }));
  }

  contents(): object[] {
    return this.blocklists.contents();
  }

  /** What people call the list that the kernel knows by this number. */
  titleOf(number: number): string {
    return this.blocklists.nameOf(String(number - listNumbers)) ?? "a list that is gone by now";
  }

  /** A flow was blocked by what lists have for its destination. */
  count({ address, names = [] }: Endpoint): void {
    const hex = addressHex(address);
    const matches = [
      ...names.map(({ name }) => this.blocklists.matchName(name)),
      this.blocklists.matchPrefix({ hex, bits: 128 }),
    ];
    for (const match of matches) if (match !== null) this.blocklists.countHit(match);
  }

  private entryOf(match: Match | null): ListEntry | null {
    if (match === null) return null;
    const { kind, entry } = match;
    const destination = kind === "prefix" ? { kind, prefix: entry } : { kind, name: entry };
    return { ...this.listOf(match.list), destination };
  }

  private listOf(id: string): Pick<ListEntry, "list" | "number"> {
    return { list: this.blocklists.nameOf(id) ?? id, number: listNumbers + Number(id) };
  }
}
