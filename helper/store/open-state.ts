// Opens the database of a state folder, whatever state it is in. What is damaged is set aside under a name with a number and the time, and the rules
// come from the first of these that is whole: the damaged file itself (history has most of the pages), then the helper's own copies, newest
// first. A database that is gone is no first start: the copies count then too. docs/decisions/0018-a-damaged-database.md says why, and what a firewall does that has lost its rules.
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import type { Degraded } from "../degraded.ts";
import { log } from "../log.ts";
import { StartError } from "../start-error.ts";
import { copiesIn, nextLabel, putBack, timeOf } from "./copies.ts";
import { openStore, type Store } from "./database.ts";
import { Settings } from "./settings.ts";
import { freeBytes, spendReserve } from "./space.ts";
import { checkState, copyState } from "./state-copy.ts";
import { troubleOf } from "./trouble.ts";

/** Damaged files that are kept. */
const mostSetAside = 3;
/** Bytes that a start writes, amply. */
const leastFree = 1024 * 1024;
/** How long the status tells of it, milliseconds. */
const tellFor = 7 * 86_400_000;

/** What became of a damaged database. `file`: where it is now, null where it was gone. `rules`: where they are from. */
const rulesSchema = v.union([v.literal("kept"), v.literal("lost"), v.object({ copy: v.number() })]);
export const damageSchema = v.object({ at: v.number(), file: v.nullable(v.string()), rules: rulesSchema });
export type Damage = v.InferOutput<typeof damageSchema>;

export interface Opened {
  readonly store: Store;
  /** It was damaged just now. */
  readonly damage: Damage | null;
}

export const databaseIn = (state: string) => join(state, "picket.sqlite");
export const copiesFolder = (state: string) => join(state, "copies");
const suspicionIn = (state: string) => join(state, "suspect");

/** The database failed in the midst of work: the next start reads all of it before it believes it. */
export function suspect(state: string): void {
  writeFileSync(suspicionIn(state), "");
}

/** Errors: StartError, when the disk takes nothing at all or the file is of a newer Picket. `failed`: see openStore. */
export function openState(state: string, now: number, failed: (error: unknown) => void): Opened {
  if (freeBytes(state) < leastFree && spendReserve(state))
    log("warn", "the disk is full: the room that was set aside is used");
  try {
    return openOrReplace(state, now, failed);
  } catch (error) {
    if (troubleOf(error) !== "full") throw error;
    const code = (error as { code: string }).code;
    if (!spendReserve(state))
      throw new StartError(`the disk is full, or cannot be written (${code}): free some space where ${state} lies`);
    log("warn", "the disk is full: the room that was set aside is used", { code });
    return openOrReplace(state, now, failed);
  }
}

function openOrReplace(state: string, now: number, failed: (error: unknown) => void): Opened {
  const file = databaseIn(state);
  const copies = copiesIn(copiesFolder(state));
  const gone = isGone(state);
  if (gone) log("error", "the database is gone", { file });
  else {
    const suspected = existsSync(suspicionIn(state));
    try {
      const store = openChecked(file, failed, suspected);
      rmSync(suspicionIn(state), { force: true });
      return { store, damage: null };
    } catch (error) {
      if (troubleOf(error) !== "damaged") throw error;
      log("error", "the database is damaged", { file, error: String(error) });
    }
  }
  const aside = gone ? unreplaced(state, copies) : setAside(file, copies, now);
  rmSync(suspicionIn(state), { force: true });
  const { store, rules } = replace(file, aside, copies, failed);
  const damage: Damage = { at: now, file: aside, rules };
  const settings = new Settings(store);
  store.transaction(() => {
    settings.set("damage", damage);
    settings.set(owed, rules);
  })();
  log("error", damageText(damage), aside === null ? {} : { file: aside });
  return { store, damage };
}

/** A helper that has a database makes the folder of its copies next. A write-ahead log means nothing by itself (SQLite deletes it). */
function isGone(state: string): boolean {
  const size = statSync(databaseIn(state), { throwIfNoEntry: false })?.size ?? 0;
  return size === 0 && (existsSync(copiesFolder(state)) || asidesIn(state).length > 0);
}

/** What an earlier start set aside and could not replace, on a full disk or because it was killed; null where a copy is newer. */
function unreplaced(state: string, [newest]: readonly string[]): string | null {
  const last = asidesIn(state).at(-1);
  const copied = newest === undefined ? "" : basename(newest, ".sqlite");
  return last !== undefined && last > copied ? `${databaseIn(state)}.damaged-${last}` : null;
}

function openChecked(file: string, failed: (error: unknown) => void, whole = false): Store {
  const store = openStore(file, failed);
  try {
    checkState(store, "main", whole);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

const endings = ["", "-wal", "-shm"];

/** Returns the new path. Only the newest few stay. */
function setAside(file: string, copies: readonly string[], now: number): string {
  const names = [...copies.map((copy) => basename(copy)), ...readdirSync(dirname(file))];
  const aside = `${file}.damaged-${nextLabel(names, now)}`;
  for (const end of endings) if (existsSync(`${file}${end}`)) renameSync(`${file}${end}`, `${aside}${end}`);
  const old = asidesIn(dirname(file)).slice(0, -mostSetAside);
  for (const each of old) for (const end of endings) rmSync(`${file}.damaged-${each}${end}`, { force: true });
  return aside;
}

/** What was set aside, as nextLabel() writes it, oldest first. */
function asidesIn(state: string): string[] {
  const labels = readdirSync(state).flatMap((name) => /\.damaged-(\w+)/.exec(name)?.[1] ?? []);
  return [...new Set(labels)].sort();
}

function replace(file: string, aside: string | null, copies: readonly string[], failed: (error: unknown) => void) {
  for (const end of endings) rmSync(`${file}${end}`, { force: true });
  const ways = [
    ...(aside === null ? [] : [{ rules: "kept" as const, put: () => copyState(aside, file) }]),
    ...copies.map((copy) => ({
      rules: { copy: timeOf(basename(copy)) ?? 0 },
      put: () => putBack(copy, file),
    })),
  ];
  for (const { rules, put } of ways) {
    try {
      put();
      const store = openChecked(file, failed);
      renumber(store);
      return { store, rules };
    } catch (error) {
      log("warn", "the rules cannot be had from there", { rules: JSON.stringify(rules), error: String(error) });
      for (const end of endings) rmSync(`${file}${end}`, { force: true });
      // EIO: a copy that cannot be read. A disk that cannot be written ends it below.
      if (troubleOf(error) === "full" && (error as { code: string }).code !== "EIO") throw error;
    }
  }
  const store = openStore(file, failed);
  renumber(store);
  return { store, rules: "lost" as const };
}

/** Seconds since then are more than there were ever programs. */
const epoch = Date.UTC(2020, 0, 1) / 1000;

/** What lives in the kernel goes by numbers of programs that the lost database had given: no other program may get one of those. */
function renumber(store: Store): void {
  const least = Math.floor(Date.now() / 1000) - epoch;
  const set = store.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'apps'");
  if (set.run(least).changes > 0) return;
  store.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('apps', ?)").run(least);
}

export function damageText({ at, file, rules }: Damage): string {
  const when = (time: number) => new Date(time).toISOString().slice(0, 16).replace("T", " ");
  const what = file === null ? ["gone", ""] : ["damaged", ` and was set aside as ${file}`];
  const begin = `Picket's database was ${what[0]} (found ${when(at)} UTC)${what[1]}; history begins anew.`;
  if (rules === "kept") return `${begin} Your rules and settings were whole and are kept.`;
  if (rules === "lost")
    return (
      `${begin} Your rules are lost, and no copy of them was left: Picket asks about every new connection and allows none by itself. ` +
      "Restore a backup (picket restore FILE), or answer the questions."
    );
  return (
    `${begin} Rules and settings are those of ${when(rules.copy)} UTC, from Picket's own copy: look through what you changed ` +
    "since then (picket rules), or restore a backup (picket restore FILE)."
  );
}

/** The setting that says so. */
const owed = "caution";

/** Where the rules are from, as long as no start has been as cautious as that asks for: the one that found the damage may have died before. */
export function cautionOwed(store: Store): Damage["rules"] | null {
  return new Settings(store).get(owed, rulesSchema) ?? null;
}

/** What is stored is as strict as the kernel was. */
export function settleCaution(store: Store): void {
  new Settings(store).set(owed, null);
}

/** What the status says of it, for a week. */
export function damageToTell(store: Store, now: number): Degraded[] {
  const damage = new Settings(store).get("damage", damageSchema);
  if (damage === undefined || now - damage.at > tellFor) return [];
  return [{ code: damage.rules === "lost" ? "rulesLost" : "databaseReplaced", message: damageText(damage) }];
}
