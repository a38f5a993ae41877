// Blocklists in the database. A list's row says which file is in force: what it says changes at once, whatever becomes of the files.
import type { Blocklist, BlocklistHits, Skipped } from "../../contract/blocklists.ts";
import { durably, type Store } from "./database.ts";

export interface Counts {
  readonly hosts: number;
  readonly domains: number;
  readonly addresses: number;
  readonly exceptions: number;
}

/** What a server says about a text, to be asked whether there is a newer one. */
export interface Validators {
  readonly etag: string | null;
  readonly modified: string | null;
}

/** Times are milliseconds since 1970. */
export interface StoredList extends Validators {
  readonly number: number;
  readonly name: string;
  readonly url: string | null;
  readonly enabled: boolean;
  readonly file: string | null;
  readonly counts: Counts;
  readonly skipped: readonly Skipped[];
  readonly updated: number | null;
  readonly checked: number | null;
  readonly error: Blocklist["error"];
  readonly aside: { readonly file: string; readonly entries: number; readonly time: number } | null;
  readonly hits: number;
}

interface Row extends Validators {
  number: number;
  name: string;
  url: string | null;
  enabled: 0 | 1;
  file: string | null;
  counts: string;
  skipped: string;
  updated: number | null;
  checked: number | null;
  error: string | null;
  aside_file: string | null;
  aside_entries: number | null;
  aside_time: number | null;
  hits: number;
}

/** Entries whose hits are kept, of each list. */
export const hitEntries = 1000;

const nothing: Counts = { hosts: 0, domains: 0, addresses: 0, exceptions: 0 };

function fromRow({ aside_file, aside_entries, aside_time, ...row }: Row): StoredList {
  return {
    ...row,
    enabled: row.enabled === 1,
    counts: JSON.parse(row.counts) as Counts,
    skipped: JSON.parse(row.skipped) as Skipped[],
    error: row.error === null ? null : (JSON.parse(row.error) as Blocklist["error"]),
    aside: aside_file === null ? null : { file: aside_file, entries: aside_entries ?? 0, time: aside_time ?? 0 },
  };
}

export class BlocklistRows {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  all(): StoredList[] {
    return (this.store.prepare("SELECT * FROM blocklists ORDER BY number").all() as Row[]).map(fromRow);
  }

  get(number: number): StoredList | undefined {
    const row = this.store.prepare("SELECT * FROM blocklists WHERE number = ?").get(number) as Row | undefined;
    return row === undefined ? undefined : fromRow(row);
  }

  /** Throws when there is one of that name. */
  add(name: string, url: string | null): StoredList {
    const row = durably(this.store, () =>
      this.store
        .prepare("INSERT INTO blocklists (name, url, enabled, counts, skipped) VALUES (?, ?, 1, ?, '[]') RETURNING *")
        .get(name, url, JSON.stringify(nothing)),
    );
    return fromRow(row as Row);
  }

  remove(number: number): void {
    durably(this.store, () => this.store.prepare("DELETE FROM blocklists WHERE number = ?").run(number));
  }

  enable(number: number, enabled: boolean): void {
    durably(this.store, () =>
      this.store.prepare("UPDATE blocklists SET enabled = ? WHERE number = ?").run(enabled ? 1 : 0, number),
    );
  }

  /** The text in `file` is in force from now on; whatever waited aside is over. */
  take(
    number: number,
    taken: Validators & { file: string; counts: Counts; skipped: readonly Skipped[]; checked: number | null },
    now: number,
  ): void {
    const { file, etag, modified, checked } = taken;
    durably(this.store, () =>
      this.store
        .prepare(
          `UPDATE blocklists SET file = ?, counts = ?, skipped = ?, etag = ?, modified = ?, updated = ?, checked = ?, error = NULL,
             aside_file = NULL, aside_entries = NULL, aside_time = NULL WHERE number = ?`,
        )
        .run(file, JSON.stringify(taken.counts), JSON.stringify(taken.skipped), etag, modified, now, checked, number),
    );
  }

  setAside(number: number, file: string, entries: number, now: number): void {
    durably(this.store, () =>
      this.store
        .prepare("UPDATE blocklists SET aside_file = ?, aside_entries = ?, aside_time = ? WHERE number = ?")
        .run(file, entries, now, number),
    );
  }

  /** The server has nothing newer. What waited aside is no longer what it offers. */
  unchanged(number: number, now: number): void {
    this.store
      .prepare(
        `UPDATE blocklists SET checked = ?, error = NULL, aside_file = NULL, aside_entries = NULL, aside_time = NULL WHERE number = ?`,
      )
      .run(now, number);
  }

  /** `heard`: the server answered, it is the text that was not taken. */
  fail(number: number, error: NonNullable<Blocklist["error"]>, heard: boolean): void {
    this.store
      .prepare("UPDATE blocklists SET error = ?, checked = iif(? AND url IS NOT NULL, ?, checked) WHERE number = ?")
      .run(JSON.stringify(error), heard ? 1 : 0, new Date(error.time).getTime(), number);
  }

  /** Adds hits, and forgets the entries with the fewest beyond `hitEntries`; the list's sum keeps them. */
  addHits(number: number, hits: ReadonlyMap<string, number>, now: number): void {
    this.store.transaction(() => {
      const add = this.store.prepare(
        `INSERT INTO blocklist_hits (list, entry, hits, last) VALUES (?, ?, ?, ?)
         ON CONFLICT (list, entry) DO UPDATE SET hits = hits + excluded.hits, last = excluded.last`,
      );
      let sum = 0;
      for (const [entry, count] of hits) {
        add.run(number, entry, count, now);
        sum += count;
      }
      this.store.prepare("UPDATE blocklists SET hits = hits + ? WHERE number = ?").run(sum, number);
      // The newest of equals stay: an entry that is hit often from now on must be able to rise.
      this.store
        .prepare(
          `DELETE FROM blocklist_hits WHERE list = ? AND entry NOT IN
             (SELECT entry FROM blocklist_hits WHERE list = ? ORDER BY hits DESC, last DESC LIMIT ?)`,
        )
        .run(number, number, hitEntries);
    })();
  }

  /** Most first. */
  hits(number: number): BlocklistHits[] {
    const rows = this.store
      .prepare("SELECT entry, hits, last FROM blocklist_hits WHERE list = ? ORDER BY hits DESC, last DESC")
      .all(number) as { entry: string; hits: number; last: number }[];
    return rows.map((row) => ({ ...row, last: new Date(row.last).toISOString() }));
  }
}
