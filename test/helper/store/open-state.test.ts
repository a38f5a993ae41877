// A damaged database is set aside, and the rules come from what is left of them.
import { execFileSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect, it, vi } from "vitest";
import { Copies, copiesIn, stamp, superseded, timeOf } from "../../../helper/store/copies.ts";
import { durably, type Store } from "../../../helper/store/database.ts";
import {
  cautionOwed,
  copiesFolder,
  type Damage,
  damageToTell,
  databaseIn,
  openState,
  settleCaution,
  suspect,
} from "../../../helper/store/open-state.ts";
import { anyMatcher, Rules } from "../../../helper/store/rules.ts";
import { checkState } from "../../../helper/store/state-copy.ts";
import { clock, temporaryStore } from "./temporary.ts";

const { folder } = temporaryStore();
const now = Date.UTC(2026, 10, 26, 9, 30);
const open: Store[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const store of open.splice(0)) store.close();
});

function opened(failed: (error: unknown) => void = () => {}): { store: Store; damage: Damage | null } {
  const found = openState(folder(), now, failed);
  open.push(found.store);
  return found;
}

function close(store: Store): void {
  open.splice(open.indexOf(store), 1);
  store.close();
}

function addRule(store: Store, host: string): void {
  const rule = { ...anyMatcher, host, action: "block", lifetime: "forever", note: "" } as const;
  durably(store, () => new Rules(store, clock).add(rule, now, { expires: null, processes: [] }));
}

const hosts = (store: Store) =>
  store.prepare("SELECT host FROM rules WHERE host IS NOT NULL ORDER BY host").pluck().all() as string[];

/** Overwrites every page of a table, so that whoever reads it meets nonsense. */
function ruin(...tables: string[]): void {
  const store = new Database(databaseIn(folder()));
  store.pragma("wal_checkpoint(TRUNCATE)");
  const roots = store
    .prepare(`SELECT rootpage FROM sqlite_schema WHERE tbl_name IN (${tables.map(() => "?")}) AND rootpage > 0`)
    .pluck()
    .all(...tables) as number[];
  const size = store.pragma("page_size", { simple: true }) as number;
  store.close();
  const file = openSync(databaseIn(folder()), "r+");
  for (const page of roots) writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size);
  closeSync(file);
}

function lose(how: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${databaseIn(folder())}${end}`, { force: true });
  if (how === "empty") writeFileSync(databaseIn(folder()), "");
}

const setAside = () => readdirSync(folder()).filter((name) => /\.damaged-\w+$/.test(name));

it("what is whole is opened as it is, and nothing is said", () => {
  const { store } = opened();
  addRule(store, "kept.example");
  close(store);
  const again = opened();
  expect(again.damage).toBeNull();
  expect(hosts(again.store)).toEqual(["kept.example"]);
  expect(damageToTell(again.store, now)).toEqual([]);
  expect(setAside()).toEqual([]);
});

it("the caution that lost rules ask for is owed until a start has had it, though the file is whole again", () => {
  writeFileSync(databaseIn(folder()), "no database at all, and long enough to be looked at as one");
  const { store, damage } = opened();
  expect([damage?.rules, cautionOwed(store)]).toEqual(["lost", "lost"]);
  store.close();
  // That start died. The next finds nothing wrong with the file.
  const next = opened();
  expect([next.damage, cautionOwed(next.store)]).toEqual([null, "lost"]);
  settleCaution(next.store);
  next.store.close();
  expect(cautionOwed(opened().store)).toBeNull();
});

it("rules that are whole are taken out of a file whose history is damaged", () => {
  const { store } = opened();
  addRule(store, "kept.example");
  store.prepare("INSERT INTO history_names (name) VALUES ('seen.example')").run();
  for (const [path, hidden] of [
    ["/usr/bin/seen", 0],
    ["/usr/bin/private", 1],
  ] as const)
    store.prepare("INSERT INTO history_apps (path, name, verified, private) VALUES (?, '', 0, ?)").run(path, hidden);
  close(store);
  ruin("history_names", "history_keys", "history_minutes");
  // Nobody reads history at a start: it is found at work, and the next start reads everything.
  expect(opened().damage).toBeNull();
  close(open[0] as Store);
  suspect(folder());
  const { store: fresh, damage } = opened();
  expect(damage).toMatchObject({ rules: "kept" });
  expect(hosts(fresh)).toEqual(["kept.example"]);
  expect(fresh.prepare("SELECT count(*) FROM history_names").pluck().get()).toBe(0);
  expect(fresh.prepare("SELECT path FROM history_apps").pluck().all()).toEqual(["/usr/bin/private"]);
  expect(setAside()).toEqual([`picket.sqlite.damaged-n00000001_${stamp(now)}`]);
  expect(damageToTell(fresh, now)[0]).toMatchObject({
    code: "databaseReplaced",
    message: expect.stringMatching(/are kept/),
  });
  expect(damageToTell(fresh, now + 8 * 86_400_000)).toEqual([]);
  // What was suspected is settled.
  close(fresh);
  expect(opened().damage).toBeNull();
});

it("rules are worth having where even that is damaged", () => {
  const { store } = opened();
  addRule(store, "kept.example");
  store.prepare("INSERT INTO history_apps (path, name, verified, private) VALUES ('/x', '', 0, 1)").run();
  close(store);
  ruin("history_apps");
  suspect(folder());
  const { store: fresh, damage } = opened();
  expect(damage).toMatchObject({ rules: "kept" });
  expect(hosts(fresh)).toEqual(["kept.example"]);
});

it("a work on damaged history is told to whoever has to know, with the code", () => {
  const { store } = opened();
  store.prepare("INSERT INTO history_names (name) VALUES ('seen.example')").run();
  close(store);
  ruin("history_names");
  const failures: unknown[] = [];
  const again = opened((error) => void failures.push(error)).store;
  expect(() => again.prepare("SELECT * FROM history_names").all()).toThrow();
  expect(failures).toEqual([expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CORRUPT/) })]);
});

it("damaged rules come from the newest copy that is whole", () => {
  const { store } = opened();
  addRule(store, "first.example");
  const copies = new Copies(copiesFolder(folder()), databaseIn(folder()), store);
  copies.write();
  addRule(store, "second.example");
  copies.write();
  // The newest copy is damaged as well.
  const [newest = ""] = copiesIn(copiesFolder(folder()));
  expect(copiesIn(copiesFolder(folder()))).toHaveLength(2);
  expect(statSync(newest).mode & 0o777).toBe(0o600);
  writeFileSync(newest, readFileSync(newest).fill(0xa5, 4096));
  close(store);
  ruin("rules");
  const { store: fresh, damage } = opened();
  expect(hosts(fresh)).toEqual(["first.example"]);
  expect(damage?.rules).toEqual({ copy: timeOf(copiesIn(copiesFolder(folder()))[1]?.split("/").at(-1) ?? "") });
  expect(damageToTell(fresh, now)[0]).toMatchObject({
    code: "databaseReplaced",
    message: expect.stringMatching(/own copy/),
  });
  checkState(fresh, "main", true);
});

it("without a copy it begins anew, says that the rules are lost, and gives no number twice", () => {
  const { store } = opened();
  addRule(store, "lost.example");
  store.prepare("INSERT INTO apps (path) VALUES ('/usr/bin/curl')").run();
  close(store);
  writeFileSync(databaseIn(folder()), "no database at all, but long enough to have a header".repeat(200));
  const { store: fresh, damage } = opened();
  expect(damage?.rules).toBe("lost");
  expect(hosts(fresh)).toEqual([]);
  expect(fresh.prepare("SELECT count(*) FROM rules WHERE origin = 'factory'").pluck().get()).toBeGreaterThan(0);
  expect(damageToTell(fresh, now)[0]).toMatchObject({
    code: "rulesLost",
    message: expect.stringMatching(/picket restore/),
  });
  const { lastInsertRowid } = fresh.prepare("INSERT INTO apps (path) VALUES ('/usr/bin/wget')").run();
  expect(Number(lastInsertRowid)).toBeGreaterThan(1_000_000);
});

it.for(["missing", "empty"])(
  "a database that is %s where a helper has been comes from its copy, and it is said",
  (how) => {
    const { store } = opened();
    addRule(store, "copied.example");
    new Copies(copiesFolder(folder()), databaseIn(folder()), store).write();
    addRule(store, "later.example");
    close(store);
    lose(how);
    const { store: fresh, damage } = opened();
    expect(damage).toMatchObject({ file: null, rules: { copy: expect.any(Number) } });
    expect(hosts(fresh)).toEqual(["copied.example"]);
    expect(damageToTell(fresh, now)[0]).toMatchObject({
      code: "databaseReplaced",
      message: expect.stringMatching(/was gone \(found .* UTC\); .*own copy/),
    });
    close(fresh);
    expect(opened().damage).toBeNull();
  },
);

it("a database that is gone before its first copy is lost, not a first start", () => {
  const { store } = opened();
  new Copies(copiesFolder(folder()), databaseIn(folder()), store);
  addRule(store, "lost.example");
  close(store);
  lose("missing");
  const { store: fresh, damage } = opened();
  expect(damage).toMatchObject({ file: null, rules: "lost" });
  expect(damageToTell(fresh, now)[0]).toMatchObject({ code: "rulesLost" });
});

it("what a start set aside and could not replace is where the next one takes the rules from, unless a copy is newer", () => {
  const { store } = opened();
  addRule(store, "copied.example");
  const copies = new Copies(copiesFolder(folder()), databaseIn(folder()), store);
  copies.write();
  addRule(store, "later.example");
  close(store);
  const aside = (number: number) => `${databaseIn(folder())}.damaged-n0000000${number}_${stamp(now)}`;
  // The copy is the first.
  renameSync(databaseIn(folder()), aside(2));
  const kept = opened();
  expect(kept.damage).toMatchObject({ file: aside(2), rules: "kept" });
  expect(hosts(kept.store)).toEqual(["copied.example", "later.example"]);
  close(kept.store);
  lose("missing");
  renameSync(aside(2), aside(0));
  const copied = opened();
  expect(copied.damage).toMatchObject({ file: null, rules: { copy: expect.any(Number) } });
  expect(hosts(copied.store)).toEqual(["copied.example"]);
});

it("a first page that the disk cannot read is damage: the rules come from the newest copy that can be read", () => {
  const own = folder();
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: "pipe" });
  const mounted: string[] = [];
  const mount = (image: string) => {
    const disk = `${image}.disk`;
    mkdirSync(disk);
    run("mount", "-o", "loop,errors=continue", image, disk);
    mounted.push(disk);
    return disk;
  };
  // Another one, not the same mounted anew: whoever made a mount namespace meanwhile has it still, and what was read of it.
  const [image, worn] = [join(own, "image"), join(own, "worn")];
  writeFileSync(image, "");
  truncateSync(image, 16 << 20);
  // Blocks of 1 KiB, and where they lie can be set.
  run("mkfs.ext4", "-q", "-b", "1024", "-O", "^extent,^64bit,^has_journal", image);
  try {
    const good = mount(image);
    const { store } = openState(good, now, () => {});
    const copies = new Copies(copiesFolder(good), databaseIn(good), store);
    for (const host of ["first.example", "second.example"]) {
      addRule(store, host);
      copies.write();
    }
    store.close();
    const [newest = ""] = copiesIn(copiesFolder(good)).map((copy) => copy.slice(good.length));
    run("sync", "--file-system", good);
    copyFileSync(image, worn);
    // Into the last KiB, which is then no more: a disk with bad sectors.
    for (const file of ["/picket.sqlite", newest]) run("debugfs", "-w", "-R", `sif ${file} block[0] 16383`, worn);
    const disk = mount(worn);
    truncateSync(worn, (16 << 20) - 4096);
    expect(() => readFileSync(databaseIn(disk))).toThrow(/EIO/);
    const { store: fresh, damage } = openState(disk, now, () => {});
    open.push(fresh);
    expect(damage).toMatchObject({ rules: { copy: expect.any(Number) } });
    expect(existsSync(damage?.file ?? "")).toBe(true);
    expect(hosts(fresh)).toEqual(["first.example"]);
    close(fresh);
  } finally {
    // Lazily, or its failure would hide what failed before.
    for (const disk of mounted) run("umount", "--lazy", disk);
  }
});

it("a newer Picket's database is never set aside", () => {
  const { store } = opened();
  store.pragma("user_version = 4711");
  close(store);
  expect(() => opened()).toThrow(/newer/);
  expect(setAside()).toEqual([]);
});

it("only a few damaged files and copies stay", () => {
  for (let turn = 0; turn < 5; turn++) {
    writeFileSync(databaseIn(folder()), "nonsense".repeat(1000));
    open.push(openState(folder(), now + turn * 1000, () => {}).store);
    close(open[0] as Store);
  }
  expect(setAside().map((name) => name.slice(22, 31))).toEqual(["n00000003", "n00000004", "n00000005"]);
});

it("of copies the newest three stay and the last of each of seven days", () => {
  const hour = 3_600_000;
  const names = Array.from({ length: 20 * 24 }, (_, at) => `${stamp(now - at * hour)}.sqlite`);
  const gone = new Set(superseded(names));
  const stay = names.filter((name) => !gone.has(name));
  expect(stay.slice(0, 3)).toEqual(names.slice(0, 3));
  expect(new Set(stay.slice(3).map((name) => name.slice(0, 8))).size).toBe(6);
  expect(stay).toHaveLength(9);
  expect(superseded(["notes.txt", ...names.slice(0, 3)])).toEqual([]);
});

it("what was made last is the newest, whatever the clock said before: of copies, and of what was set aside", () => {
  const { store } = opened();
  const [made, database] = [copiesFolder(folder()), databaseIn(folder())];
  const copies = new Copies(made, database, store);
  // An older Picket's, of its clock: seven days that are yet to come.
  for (let day = 0; day < 7; day++)
    writeFileSync(join(made, `2036010${day + 1}T093000000Z.sqlite`), "nonsense".repeat(1000));
  vi.useFakeTimers({ toFake: ["Date"] });
  for (const [host, time] of [
    ["ahead.example", "2037-01-01"],
    ["newest.example", "2026-11-26"],
  ] as const) {
    vi.setSystemTime(time);
    addRule(store, host);
    copies.write();
  }
  vi.useRealTimers();
  close(store);
  expect(copiesIn(made)[0]).toMatch(/_20261126T000000000Z\.sqlite$/);
  for (let day = 0; day < 3; day++) writeFileSync(`${database}.damaged-2036010${day + 1}T093000000Z`, "");
  writeFileSync(database, "nonsense".repeat(1000));
  const { store: fresh, damage } = opened();
  expect(damage?.rules).toEqual({ copy: Date.UTC(2026, 10, 26) });
  expect(hosts(fresh)).toEqual(["ahead.example", "newest.example"]);
  expect(existsSync(damage?.file ?? "")).toBe(true);
  expect(setAside()).toHaveLength(3);
});

it("a copy is made when something was decided, and only then", () => {
  const { store } = opened();
  const copies = new Copies(copiesFolder(folder()), databaseIn(folder()), store);
  copies.write();
  copies.write();
  expect(copiesIn(copiesFolder(folder()))).toHaveLength(1);
  store.prepare("INSERT INTO history_names (name) VALUES ('seen.example')").run();
  copies.write();
  expect(copiesIn(copiesFolder(folder()))).toHaveLength(1);
  addRule(store, "new.example");
  copies.write();
  expect(copiesIn(copiesFolder(folder()))).toHaveLength(2);
});
