// The SQLite file: how it is opened and how it grows from version to version.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { durably, migrate, openStore, readMigrations } from "../../../helper/store/database.ts";
import { temporaryStore } from "./temporary.ts";

const { folder, file, open } = temporaryStore();
const own = join(import.meta.dirname, "../../../helper/store/migrations");

function migrationsOf(files: Record<string, string>): string {
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder(), name), sql);
  return folder();
}

const version = (store: Database.Database) => store.pragma("user_version", { simple: true });

describe("the database file", () => {
  it("is made at the newest version, in WAL, for root's eyes only", () => {
    const store = open();
    expect(version(store)).toBe(readMigrations(own).length);
    expect(store.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(store.pragma("foreign_keys", { simple: true })).toBe(1);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    store.prepare("DELETE FROM rules").run();
    expect(existsSync(`${file()}-wal`)).toBe(true);
    expect(statSync(`${file()}-wal`).mode & 0o077).toBe(0);
  });

  it("is opened again as it was left", () => {
    const store = open();
    store.prepare("INSERT INTO apps (path) VALUES ('/usr/bin/curl')").run();
    store.close();
    expect(open().prepare("SELECT path FROM apps").pluck().all()).toEqual(["/usr/bin/curl"]);
  });

  it("keeps what was committed when the process is gone without closing it", () => {
    open().prepare("INSERT INTO apps (path) VALUES ('/usr/bin/curl')").run();
    // What is on disk at this moment, WAL included, as a crash would leave it.
    for (const name of readdirSync(folder()))
      writeFileSync(join(folder(), `copy-${name}`), readFileSync(join(folder(), name)));
    const copy = openStore(join(folder(), "copy-picket.sqlite"));
    expect(copy.prepare("SELECT path FROM apps").pluck().all()).toEqual(["/usr/bin/curl"]);
    copy.close();
  });

  it("of a newer Picket is refused and left alone", () => {
    const store = open();
    store.pragma("user_version = 4711");
    store.close();
    expect(() => open()).toThrow(/4711.*newer/);
    const untouched = new Database(file());
    expect(version(untouched)).toBe(4711);
    expect(untouched.prepare("SELECT count(*) FROM rules").pluck().get()).toBeGreaterThan(0);
    untouched.close();
  });

  it("that is none is refused", () => {
    writeFileSync(file(), "this is not a database, but it is long enough to have a header".repeat(20));
    expect(() => open()).toThrow(/not a database/);
  });
});

describe("what is written durably", () => {
  const synchronous = (store: Database.Database) => store.pragma("synchronous", { simple: true });
  const full = 2;

  it("waits for the disk, and only that does", () => {
    const store = open();
    expect(synchronous(store)).not.toBe(full);
    const seen = durably(store, () => {
      store.prepare("INSERT INTO apps (path) VALUES ('/a')").run();
      return { level: synchronous(store), inTransaction: store.inTransaction };
    });
    expect(seen).toEqual({ level: full, inTransaction: true });
    expect(synchronous(store)).not.toBe(full);
    expect(store.inTransaction).toBe(false);
  });

  it("is written whole or not at all", () => {
    const store = open();
    const work = () => {
      store.prepare("INSERT INTO apps (path) VALUES ('/a')").run();
      throw new Error("no");
    };
    expect(() => durably(store, work)).toThrow("no");
    expect(store.prepare("SELECT count(*) FROM apps").pluck().get()).toBe(0);
    expect(synchronous(store)).not.toBe(full);
  });
});

describe("migrations", () => {
  const one = { version: 1, sql: "CREATE TABLE a (x)" };
  const two = { version: 2, sql: "CREATE TABLE b (x); INSERT INTO b VALUES (1)" };

  it("run each once, in order", () => {
    const store = new Database(":memory:");
    migrate(store, [one]);
    expect(version(store)).toBe(1);
    migrate(store, [one, two]);
    migrate(store, [one, two]);
    expect(version(store)).toBe(2);
    expect(store.prepare("SELECT count(*) FROM b").pluck().get()).toBe(1);
  });

  it("leave a database as it was when one of them fails, half done or not", () => {
    const store = new Database(":memory:");
    const broken = { version: 2, sql: "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)" };
    expect(() => migrate(store, [one, broken])).toThrow(/nowhere/);
    expect(version(store)).toBe(1);
    expect(store.prepare("SELECT name FROM sqlite_master").pluck().all()).toEqual(["a"]);
    migrate(store, [one, two]);
    expect(version(store)).toBe(2);
  });

  it("are read in the order of their numbers", () => {
    const directory = migrationsOf({ "002-second.sql": "2", "001-first.sql": "1", "003-third.sql": "3" });
    expect(readMigrations(directory)).toEqual([1, 2, 3].map((version) => ({ version, sql: String(version) })));
  });

  it.each([
    ["a gap", { "001-a.sql": "", "003-c.sql": "" }],
    ["a number that is there twice", { "001-a.sql": "", "001-b.sql": "", "002-c.sql": "" }],
    ["a beginning other than 1", { "002-b.sql": "" }],
  ])("are refused with %s", (_, files) => {
    expect(() => readMigrations(migrationsOf(files))).toThrow(/missing or double/);
  });

  it.each(["1-a.sql", "001-A.sql", "001.sql", "001-a.sql.bak", "000-a.sql", "README"])("are not called %s", (name) => {
    expect(() => readMigrations(migrationsOf({ [name]: "" }))).toThrow(/not a migration's name/);
  });

  it("of ours are numbered without a gap", () => {
    expect(readMigrations(own).length).toBeGreaterThanOrEqual(1);
  });
});
