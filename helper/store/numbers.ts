// Lasting numbers for what compiled maps name: apps and destinations. A number once given is never given again.
import type { Store } from "./database.ts";

class Numbers {
  private readonly known = new Map<string, number>();
  private readonly names = new Map<number, string>();
  private readonly insert: (name: string) => number;

  constructor(store: Store, table: "apps" | "destinations", column: "path" | "name") {
    const rows = store.prepare(`SELECT id, ${column} AS name FROM ${table}`).all() as { id: number; name: string }[];
    for (const { id, name } of rows) this.remember(name, id);
    const statement = store.prepare(`INSERT INTO ${table} (${column}) VALUES (?)`);
    this.insert = (name) => Number(statement.run(name).lastInsertRowid);
  }

  of(name: string): number {
    let id = this.known.get(name);
    if (id === undefined) {
      id = this.insert(name);
      this.remember(name, id);
    }
    return id;
  }

  /** What a number stands for; undefined for one that was never given. */
  nameOf(id: number): string | undefined {
    return this.names.get(id);
  }

  private remember(name: string, id: number): void {
    this.known.set(name, id);
    this.names.set(id, name);
  }
}

/** App id by executable path. */
export class AppNumbers extends Numbers {
  constructor(store: Store) {
    super(store, "apps", "path");
  }
}

/** Table id by destination name (helper/policy/compile.ts). */
export class DestinationNumbers extends Numbers {
  constructor(store: Store) {
    super(store, "destinations", "name");
  }
}
