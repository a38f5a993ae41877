// What was seen while Picket learned, counted by what a rule could be about. Bounded: an app that goes to more places than are kept
// apart is seen to go anywhere, and what was not seen for longest makes room.
import type { Seen, Sighting } from "../policy/proposals.ts";
import type { Store } from "./database.ts";

/** Places of one app that are kept apart, in each direction. */
const mostPlaces = 64;
const mostRows = 10_000;

/** Whose rows are where people are not told apart, and whose are what is nobody's. */
export const together = -1;
export const nobody = -2;

const columns = "app, direction, domain, address, port, protocol";
const key =
  "person = @person AND app = @app AND direction = @direction AND domain = @domain AND address = @address AND port = @port AND protocol = @protocol";

export class SeenRows {
  private readonly store: Store;
  private readonly most: number;
  constructor(store: Store, most = mostRows) {
    this.store = store;
    this.most = most;
  }

  /** Of the person (uid), or of all together. */
  all(person: number | null = null): Seen[] {
    return this.store
      .prepare(
        `SELECT ${columns}, sum(count) AS count, max(last) AS last FROM seen
         WHERE @person IS NULL OR person = @person GROUP BY ${columns}`,
      )
      .all({ person }) as Seen[];
  }

  clear(): void {
    this.store.prepare("DELETE FROM seen").run();
  }

  /** What was seen of all together is the person's from now on. */
  claim(person: number): void {
    this.store.transaction(() => {
      const rows = this.store.prepare("SELECT * FROM seen WHERE person = ?").all(together) as Seen[];
      if (rows.length === 0) return;
      this.add(rows, person);
      this.store.prepare("DELETE FROM seen WHERE person = ?").run(together);
    })();
  }

  /** Adds the counts, which may be negative: what was taken for something else. */
  add(rows: readonly Seen[], person = together): void {
    const add = this.store.prepare(`UPDATE seen SET count = count + @count, last = max(last, @last) WHERE ${key}`);
    const insert = this.store.prepare(
      `INSERT INTO seen (person, ${columns}, count, last)
       VALUES (@person, @app, @direction, @domain, @address, @port, @protocol, @count, @last)`,
    );
    const places = this.store
      .prepare("SELECT count(*) FROM seen WHERE person = @person AND app = @app AND direction = @direction")
      .pluck();
    this.store.transaction(() => {
      for (const each of rows) {
        const row = { ...each, person };
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

  /** Of the person, or of all. */
  remove(sightings: readonly Sighting[], person: number | null = null): void {
    const own = key.replace("person = @person", "(@person IS NULL OR person = @person)");
    const remove = this.store.prepare(`DELETE FROM seen WHERE ${own}`);
    this.store.transaction(() => {
      for (const sighting of sightings) remove.run({ ...sighting, person });
    })();
  }
}
