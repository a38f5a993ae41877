// A copy of everything in the database that a person decided, without history: small, whole by itself, and read from one moment. What it
// reads is checked first, so a copy is never made of what is damaged.
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { log } from "../log.ts";
import { migrate, readMigrations, type Store } from "./database.ts";

/** Much, and lost without anybody's rules changing: history (but see takePrivateApps), names of a few minutes, steps back, what lists blocked most. */
const left = /^(history_.*|names|rule_changes|blocklist_hits)$/;

/** Tables of what people decided, in no order. `schema`: main, or the name of an attached database. */
function tablesOf(store: Store, schema: string): string[] {
  const all = store.prepare(`SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table'`).pluck().all() as string[];
  return all.filter((name) => !name.startsWith("sqlite_") && !left.test(name));
}

/** Throws an error with code SQLITE_CORRUPT when one of these tables, or all there is (`whole`), is damaged. History takes seconds. */
export function checkState(store: Store, schema = "main", whole = false): void {
  const found = whole
    ? [store.pragma(`${schema}.quick_check(1)`, { simple: true })]
    : tablesOf(store, schema).map((table) => store.pragma(`${schema}.quick_check('${table}')`, { simple: true }));
  const wrong = found.find((each) => each !== "ok");
  if (wrong !== undefined) throw new Database.SqliteError(`damaged: ${String(wrong)}`, "SQLITE_CORRUPT");
}

/** Writes `target` anew, on the disk when this returns; what was there before stays until then. Throws what SQLite throws. */
export function copyState(source: string, target: string): void {
  const part = `${target}.part`;
  rmSync(part, { force: true });
  try {
    fill(source, part);
    sync(part);
    renameSync(part, target);
    sync(dirname(target));
  } finally {
    for (const end of ["", "-journal", "-wal"]) rmSync(`${part}${end}`, { force: true });
  }
}

function fill(source: string, part: string): void {
  const copy = new Database(part);
  try {
    chmodSync(part, 0o600);
    // Nobody reads it before it is whole and synced: to wait for the disk at each step would hold up connections.
    copy.pragma("journal_mode = MEMORY");
    copy.pragma("synchronous = OFF");
    copy.prepare("ATTACH ? AS live").run(source);
    const version = copy.pragma("live.user_version", { simple: true }) as number;
    const migrations = readMigrations(join(import.meta.dirname, "migrations"));
    migrate(copy, migrations.slice(0, Math.min(version, migrations.length)));
    copy.pragma("foreign_keys = OFF");
    // One transaction reads all of the source as it is at this moment.
    copy.transaction(() => {
      checkState(copy, "live");
      for (const table of tablesOf(copy, "main")) take(copy, table);
      takePrivateApps(copy);
      // Numbers are never given twice.
      copy.exec(
        "DELETE FROM main.sqlite_sequence; INSERT INTO main.sqlite_sequence SELECT * FROM live.sqlite_sequence",
      );
    })();
    copy.exec("DETACH live");
  } finally {
    copy.close();
  }
}

function take(copy: Store, table: string, where = "true"): void {
  const columns = (copy.pragma(`main.table_info('${table}')`) as { name: string }[]).map(({ name }) => `"${name}"`);
  copy.exec(`DELETE FROM main."${table}"`);
  copy.exec(`INSERT INTO main."${table}" (${columns}) SELECT ${columns} FROM live."${table}" WHERE ${where}`);
}

/** Of history one thing is a decision: whose hosts are not to be remembered. Where that is damaged, the rules are still worth having. */
function takePrivateApps(copy: Store): void {
  // To meet the damage itself would end the transaction.
  const found = copy.pragma("live.quick_check('history_apps')", { simple: true });
  if (found === "ok") take(copy, "history_apps", "private = 1");
  else log("warn", "which apps are private in history could not be read", { error: String(found) });
}

function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
