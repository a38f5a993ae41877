// What happened, to be marked in the charts of history.
import type { HistoryEvent } from "../../contract/history.ts";
import type { Store } from "./database.ts";

export type EventKind = HistoryEvent["kind"];

/** As many of one kind are kept: networks that come and go must not fill the disk. */
const most = 20_000;

export interface NewEvent {
  readonly kind: EventKind;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly until?: number | null;
  readonly app?: string | null;
  readonly from?: string | null;
  readonly to?: string | null;
}

interface Row {
  id: number;
  at: number;
  until: number | null;
  kind: EventKind;
  app: string | null;
  was: string | null;
  now: string | null;
}

export class HistoryEvents {
  private readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }

  add({ kind, at, until = null, app = null, from = null, to = null }: NewEvent): void {
    this.store
      .prepare("INSERT INTO history_events (at, until, kind, app, was, now) VALUES (?, ?, ?, ?, ?, ?)")
      .run(Math.round(at), until === null ? null : Math.round(until), kind, app, from, to);
  }

  /**
   * Those of [from, to), milliseconds; the newest where there are too many, oldest first. With an app: its own and those of the whole computer,
   * its own before them where there are too many.
   */
  list(from: number, to: number, limit: number, app: string | null = null): HistoryEvent[] {
    const then = "SELECT * FROM history_events WHERE at < ? AND coalesce(until, at) >= ?";
    const rows = (
      app === null
        ? this.store.prepare(`${then} ORDER BY at DESC, id DESC LIMIT ?`).all(to, from, limit)
        : this.store
            .prepare(
              `SELECT * FROM (${then} AND (app IS NULL OR app = ?) ORDER BY app IS NULL, at DESC, id DESC LIMIT ?)
               ORDER BY at DESC, id DESC`,
            )
            .all(to, from, app, limit)
    ) as Row[];
    return rows.reverse().map(({ id, at, until, kind, app, was, now }) => ({
      id: String(id),
      time: new Date(at).toISOString(),
      until: until === null ? null : new Date(until).toISOString(),
      kind,
      app,
      from: was,
      to: now,
    }));
  }

  /** Forgets what is older (milliseconds), and the oldest beyond the bound. */
  expire(before: number): void {
    this.store.prepare("DELETE FROM history_events WHERE at < ?").run(before);
    this.store
      .prepare(
        "DELETE FROM history_events WHERE id <= (SELECT id FROM history_events ORDER BY id DESC LIMIT 1 OFFSET ?)",
      )
      .run(most);
  }

  /** [from, to), milliseconds: of one app, or all. */
  remove(from: number, to: number, app: string | null): void {
    this.store
      .prepare("DELETE FROM history_events WHERE at >= ? AND at < ? AND (? IS NULL OR app = ?)")
      .run(from, to, app, app);
  }
}
