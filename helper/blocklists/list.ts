// One list as the helper has it in memory, how clients see it, and what several of them have for one name or address.
import type { Blocklist } from "../../contract/blocklists.ts";
import type { Prefix } from "../policy/address.ts";
import type { StoredList } from "../store/blocklists.ts";
import type { Content } from "./content.ts";

export interface List {
  readonly number: number;
  row: StoredList;
  /** Null while it is disabled, or could never be read. */
  content: Content | null;
  busy: Blocklist["busy"];
  /** Changes under way or waiting. */
  jobs: number;
  chance: number;
  gone: boolean;
  /** Whoever handed over its first text is gone, and reads no more why it was not taken. */
  abandoned: boolean;
}

export function listOf(row: StoredList): List {
  return {
    number: row.number,
    row,
    content: null,
    busy: null,
    jobs: 0,
    chance: Math.random(),
    gone: false,
    abandoned: false,
  };
}

/** A list of which nothing was ever taken, and which nobody fetches. A server may be away and come back. */
export function isNothing({ url, file }: StoredList): boolean {
  return url === null && file === null;
}

function timeText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

/** What a list has, as it has it: a canonical name, or an address or range. */
export type NameEntry = { readonly kind: "host" | "domain"; readonly entry: string };
export type PrefixEntry = { readonly kind: "prefix"; readonly entry: Prefix };

/** `list`: its id. */
export interface ListMatch<Entry> {
  readonly list: string;
  readonly entry: Entry;
}

/** `all`: what every list has, the first list's first; `list` and `entry` are the narrowest of them. */
export type Match<Found extends NameEntry | PrefixEntry = NameEntry | PrefixEntry> = Found & {
  readonly list: string;
  readonly all: readonly ListMatch<Found["entry"]>[];
};

/** `find`: what a list has; of all that have something, the greatest `narrow` counts. */
export function matchIn<Found extends NameEntry | PrefixEntry>(
  lists: readonly List[],
  find: (content: Content) => { found: Found; narrow: number } | null,
): Match<Found> | null {
  const all: ListMatch<Found["entry"]>[] = [];
  let best: { list: string; found: Found; narrow: number } | null = null;
  for (const { content, number } of lists) {
    const one = content === null ? null : find(content);
    if (one === null) continue;
    const list = String(number);
    all.push({ list, entry: one.found.entry });
    if (best === null || one.narrow > best.narrow) best = { list, ...one };
  }
  return best === null ? null : { ...best.found, list: best.list, all };
}

/** As clients know it. `moreHits`: those that are not in the database yet. */
export function shownList({ row, busy, number }: List, moreHits: number): Blocklist {
  const { name, url, enabled, counts, skipped, error, aside, hits } = row;
  return {
    id: String(number),
    name,
    url,
    enabled,
    busy,
    ...counts,
    skipped: [...skipped],
    updated: timeText(row.updated),
    checked: timeText(row.checked),
    error,
    aside: aside === null ? null : { entries: aside.entries, time: new Date(aside.time).toISOString() },
    hits: hits + moreHits,
  };
}
