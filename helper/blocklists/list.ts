// One list as the helper has it in memory, how clients see it, and what several of them have for one name or address.
import type { Blocklist } from "../../contract/blocklists.ts";
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
}

export function listOf(row: StoredList): List {
  return { number: row.number, row, content: null, busy: null, jobs: 0, chance: Math.random(), gone: false };
}

function timeText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

export type EntryKind = "host" | "domain" | "prefix";

/** `list`: its id. `entry`: a name or a range as the list has it, canonical. */
export interface ListMatch {
  readonly list: string;
  readonly entry: string;
}

/** `all`: what every list has, the first list's first; `list` and `entry` are the narrowest of them. */
export interface Match extends ListMatch {
  readonly kind: EntryKind;
  readonly all: readonly ListMatch[];
}

/** `find`: what a list has; of all that have something, the greatest `narrow` counts. */
export function matchIn(
  lists: readonly List[],
  find: (content: Content) => { entry: string; kind: EntryKind; narrow: number } | null,
): Match | null {
  const all: ListMatch[] = [];
  let best: { list: string; entry: string; kind: EntryKind; narrow: number } | null = null;
  for (const { content, number } of lists) {
    const found = content === null ? null : find(content);
    if (found === null) continue;
    const list = String(number);
    all.push({ list, entry: found.entry });
    if (best === null || found.narrow > best.narrow) best = { list, ...found };
  }
  return best === null ? null : { list: best.list, entry: best.entry, kind: best.kind, all };
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
