// Opens the SQLite file and brings it to the newest schema: numbered migrations, each once, each in a transaction.
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { StartError } from "../start-error.ts";

export type Store = Database.Database;

const migrationName = /^(\d{3})-[a-z0-9-]+\.sql$/;

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** Reads the migrations in a folder; throws when their numbers are not 1, 2, 3 … without a gap. */
export function readMigrations(directory: string): Migration[] {
  const migrations = readdirSync(directory)
    .sort()
    .map((name) => {
      const version = Number(migrationName.exec(name)?.[1]);
      if (!version) throw new Error(`${name} is not a migration's name`);
      return { version, sql: readFileSync(join(directory, name), "utf8") };
    });
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) throw new Error(`migration ${index + 1} is missing or double`);
  });
  return migrations;
}

/** Throws when the file was written by a newer Picket: going on would lose what that one knows. */
export function migrate(store: Store, migrations: readonly Migration[]): void {
  const current = store.pragma("user_version", { simple: true }) as number;
  const newest = migrations.length;
  if (current > newest)
    throw new StartError(`the database has version ${current}, this helper knows ${newest}: it is newer`);
  for (const { version, sql } of migrations.slice(current)) {
    store.transaction(() => {
      store.exec(sql);
      store.pragma(`user_version = ${version}`);
    })();
  }
}

/**
 * `file`: absolute path in a root-owned folder, or ":memory:" in tests of queries. `failed` hears of whatever a statement throws, before
 * whoever ran it does.
 */
export function openStore(file: string, failed: (error: unknown) => void = () => {}): Store {
  const store = new Database(file);
  try {
    return prepare(store, file, failed);
  } catch (error) {
    store.close();
    throw error;
  }
}

function prepare(store: Store, file: string, failed: (error: unknown) => void): Store {
  listen(store, failed);
  if (file !== ":memory:") chmodSync(file, 0o600);
  store.pragma("journal_mode = WAL");
  // Questions may be lost with the power, not with the process. Answers are written `durably`.
  store.pragma("synchronous = NORMAL");
  store.pragma("foreign_keys = ON");
  store.pragma("temp_store = MEMORY");
  migrate(store, readMigrations(join(import.meta.dirname, "migrations")));
  return store;
}

const statements = new WeakMap<Store, Map<string, Database.Statement>>();

/** A statement that is prepared once: for what a person waits for. */
export function prepared(store: Store, sql: string): Database.Statement {
  const known = statements.get(store) ?? new Map<string, Database.Statement>();
  statements.set(store, known);
  const statement = known.get(sql) ?? store.prepare(sql);
  known.set(sql, statement);
  return statement;
}

/** Statements tell `failed` of what they throw: a damaged or full disk shows wherever somebody first comes by. */
function listen(store: Store, failed: (error: unknown) => void): void {
  listeners.set(store, failed);
  const prepare = store.prepare.bind(store) as (sql: string) => Database.Statement;
  store.prepare = ((sql: string) => {
    const statement = prepare(sql);
    for (const name of ["run", "get", "all"] as const) {
      const plain = statement[name].bind(statement) as (...params: unknown[]) => never;
      statement[name] = (...params: unknown[]) => telling(failed, () => plain(...params));
    }
    return statement;
  }) as Store["prepare"];
}

const listeners = new WeakMap<Store, (error: unknown) => void>();

function telling<T>(failed: (error: unknown) => void, work: () => T): T {
  try {
    return work();
  } catch (error) {
    failed(error);
    throw error;
  }
}

const decided = new WeakMap<Store, number>();

/** How often something was written durably since the store was opened. */
export function decisions(store: Store): number {
  return decided.get(store) ?? 0;
}

/**
 * One transaction that is on the disk when this returns: a person's decision is the only copy of itself. Within another one it is a part
 * of that.
 */
export function durably<T>(store: Store, work: () => T): T {
  if (store.inTransaction) return store.transaction(work)();
  store.pragma("synchronous = FULL");
  try {
    const result = telling(listeners.get(store) ?? (() => {}), () => store.transaction(work)());
    decided.set(store, decisions(store) + 1);
    return result;
  } finally {
    store.pragma("synchronous = NORMAL");
  }
}
