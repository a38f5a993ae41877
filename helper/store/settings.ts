// What a person set besides rules: one JSON value a row, read through a schema.
import * as v from "valibot";
import { log } from "../log.ts";
import type { Store } from "./database.ts";

export class Settings {
  private readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }

  has(name: string): boolean {
    return this.store.prepare("SELECT 1 FROM settings WHERE name = ?").get(name) !== undefined;
  }

  /** Undefined where it was never set, and, with a word in the journal, where it cannot be read any more. */
  get<T>(name: string, schema: v.GenericSchema<unknown, T>): T | undefined {
    const text = this.store.prepare("SELECT value FROM settings WHERE name = ?").pluck().get(name) as
      | string
      | undefined;
    if (text === undefined) return undefined;
    try {
      return v.parse(schema, JSON.parse(text));
    } catch (error) {
      log("error", "a stored setting is unreadable", { setting: name, error: String(error) });
      return undefined;
    }
  }

  /** Null removes it. It may be part of a transaction of the caller's. */
  set(name: string, value: unknown): void {
    if (value === null) this.store.prepare("DELETE FROM settings WHERE name = ?").run(name);
    else
      this.store
        .prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)")
        .run(name, JSON.stringify(value));
  }
}
