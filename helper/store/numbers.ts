// Lasting numbers for what compiled maps name: apps and destinations.
import type { Store } from "./database.ts";
import { troubleOf } from "./trouble.ts";

/** The numbers of a set, or the keys of a map. */
type Used = Pick<ReadonlySet<number>, "has" | "size">;

class Numbers {
  private readonly known = new Map<string, number>();
  private readonly names = new Map<number, string>();
  private readonly free: number[] = [];
  private readonly insert: (name: string) => number;
  /** All or none. */
  private readonly remove: (ids: readonly number[]) => void;

  constructor(store: Store, table: "apps" | "destinations", column: "path" | "name") {
    const rows = store.prepare(`SELECT id, ${column} AS name FROM ${table}`).all() as { id: number; name: string }[];
    for (const { id, name } of rows) this.remember(name, id);
    const statement = store.prepare(`INSERT INTO ${table} (id, ${column}) VALUES (?, ?)`);
    // Null: a number that was never given.
    this.insert = (name) => Number(statement.run(this.free.pop() ?? null, name).lastInsertRowid);
    const deletion = store.prepare(`DELETE FROM ${table} WHERE id = ?`);
    this.remove = store.transaction((ids: readonly number[]) => {
      for (const id of ids) deletion.run(id);
    });
  }

  of(name: string): number {
    let id = this.known.get(name);
    if (id === undefined) {
      id = this.insert(name);
      this.remember(name, id);
    }
    return id;
  }

  protected has(name: string): boolean {
    return this.known.has(name);
  }

  /** What a number stands for; undefined for one that was never given. */
  nameOf(id: number): string | undefined {
    return this.names.get(id);
  }

  /** How many have a number. */
  get size(): number {
    return this.known.size;
  }

  /** Takes back every number but these, to be given again: nothing in the kernel may go by them any more. On a full disk they stay. */
  protected keepOnly(used: Used): void {
    const gone = [...this.names].filter(([id]) => !used.has(id));
    try {
      this.remove(gone.map(([id]) => id));
    } catch (error) {
      if (troubleOf(error) !== "full") throw error;
      return;
    }
    for (const [id, name] of gone) {
      this.names.delete(id);
      this.known.delete(name);
      this.free.push(id);
    }
  }

  private remember(name: string, id: number): void {
    this.known.set(name, id);
    this.names.set(id, name);
  }
}

/** As many as the kernel's table of programs holds. A program can write ever new ones and run each. */
const mostApps = 65_536;

/** App id by executable path. None is taken back while the kernel remembers: flows and gates of earlier times go by them. */
export class AppNumbers extends Numbers {
  private readonly store: Store;
  private readonly most: number;
  private readonly met = new Set<string>();

  /** `most`: how many may have one because they run; rules name what they will. */
  constructor(store: Store, most = mostApps) {
    super(store, "apps", "path");
    this.store = store;
    this.most = most;
    for (const path of store.prepare("SELECT path FROM apps WHERE seen IS NOT NULL").pluck().all()) {
      this.met.add(path as string);
    }
  }

  /** The number of an app that runs; null where it must do without, for so many have one. */
  ofRunning(path: string): number | null {
    return this.has(path) || this.size < this.most ? this.of(path) : null;
  }

  /** Makes room where half of it is taken: those that `rules` name and the quarter that was met first stay. Only while the kernel knows none. */
  tidy(rules: ReadonlySet<string | null>): void {
    if (this.size <= this.most / 2) return;
    const first = this.store.prepare("SELECT id FROM apps WHERE seen IS NOT NULL ORDER BY seen, id LIMIT ?").pluck();
    const used = new Set(first.all(Math.floor(this.most / 4)) as number[]);
    for (const path of rules) if (path !== null && this.has(path)) used.add(this.of(path));
    this.keepOnly(used);
    for (const path of this.met) if (!this.has(path)) this.met.delete(path);
  }

  /** A process of the app was met. Only the first time is kept; a rule alone, of an app that never ran, is no meeting. `now`: milliseconds since 1970. */
  meet(path: string, now: number): void {
    if (this.met.has(path) || !path.startsWith("/")) return;
    try {
      const { changes } = this.store.prepare("UPDATE apps SET seen = ? WHERE path = ? AND seen IS NULL").run(now, path);
      if (changes > 0) this.met.add(path);
    } catch (error) {
      // Its connection is judged all the same, and it is met again with the next one.
      if (troubleOf(error) !== "full") throw error;
    }
  }

  /** When the app was met first, milliseconds since 1970; null where nobody knows. */
  firstMet(path: string): number | null {
    const seen = this.store.prepare("SELECT seen FROM apps WHERE path = ?").pluck().get(path) as
      | number
      | null
      | undefined;
    return seen || null;
  }
}

/** More than this many numbers that nothing goes by are taken back: the kernel's tables are an array. */
const idle = 4096;

/** Table id by destination name (helper/policy/compile.ts). */
export class DestinationNumbers extends Numbers {
  constructor(store: Store) {
    super(store, "destinations", "name");
  }

  /** `used`: all that the kernel's maps go by. */
  tidy(used: Used): void {
    if (this.size - used.size > idle) this.keepOnly(used);
  }
}
