// What was seen while Picket learned, counted by what a rule could be about. Bounded: an app that goes to more places than are kept
// apart is seen to go anywhere, and what was not seen for longest makes room.
import type { Seen, Sighting } from "../policy/proposals.ts";
import type { Store } from "./database.ts";

/** Places of one app that are kept apart, in each direction. */
const mostPlaces = 64;
const mostRows = 10_000;

const key =
  "app = @app AND direction = @direction AND domain = @domain AND address = @address AND port = @port AND protocol = @protocol";

export class SeenRows {
  private readonly store: Store;
  private readonly most: number;
  constructor(store: Store, most = mostRows) {
    this.store = store;
    this.most = most;
  }

  all(): Seen[] {
    return this.store.prepare("SELECT * FROM seen").all() as Seen[];
  }

  clear(): void {
    this.store.prepare("DELETE FROM seen").run();
  }

  /** Adds the counts, which may be negative: what was taken for something else. */
  add(rows: readonly Seen[]): void {
    const add = this.store.prepare(`UPDATE seen SET count = count + @count, last = max(last, @last) WHERE ${key}`);
    const insert = this.store.prepare(
      `INSERT INTO seen (app, direction, domain, address, port, protocol, count, last)
       VALUES (@app, @direction, @domain, @address, @port, @protocol, @count, @last)`,
    );
    const places = this.store.prepare("SELECT count(*) FROM seen WHERE app = @app AND direction = @direction").pluck();
    this.store.transaction(() => {
      for (const row of rows) {
        if (add.run(row).changes > 0 || row.count <= 0) continue;
        const anywhere = { ...row, domain: "", address: "", port: 0, protocol: "" };
        if (Number(places.get(row)) < mostPlaces) insert.run(row);
        else if (add.run(anywhere).changes === 0) insert.run(anywhere);
      }
      this.store.prepare("DELETE FROM seen WHERE count <= 0").run();
      this.store
        .prepare("DELETE FROM seen WHERE last <= (SELECT last FROM seen ORDER BY last DESC LIMIT 1 OFFSET ?)")
        .run(this.most);
    })();
  }

  remove(sightings: readonly Sighting[]): void {
    const remove = this.store.prepare(`DELETE FROM seen WHERE ${key}`);
    this.store.transaction(() => {
      for (const sighting of sightings) remove.run(sighting);
    })();
  }
}
