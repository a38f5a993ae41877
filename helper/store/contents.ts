// Contents of apps in the database: those that rules were made for, and the one that was seen last.
import type { Store } from "./database.ts";

export interface ContentRow {
  readonly app: string;
  /** Which files these are (helper/identity/contents.ts). */
  readonly content: string;
  /** Where it was found. */
  readonly file: string;
  readonly sha256: string | null;
  /** Milliseconds since 1970: since when it is what was allowed; null for what was only seen. */
  readonly known: number | null;
}

export class ContentRows {
  private readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }

  all(): ContentRow[] {
    return this.store.prepare("SELECT * FROM contents ORDER BY app, known").all() as ContentRow[];
  }

  /** What an app's contents are from now on. It may be part of a transaction of the caller's. */
  replace(app: string, rows: readonly ContentRow[]): void {
    this.store.transaction(() => {
      this.store.prepare("DELETE FROM contents WHERE app = ?").run(app);
      const insert = this.store.prepare(
        "INSERT INTO contents (app, content, file, sha256, known) VALUES (@app, @content, @file, @sha256, @known)",
      );
      for (const row of rows) insert.run(row);
    })();
  }
}
