// The helper's own copies of what people decided (state-copy.ts): one soon after something changed, few and bounded, for the day on which
// the database is damaged. docs/decisions/0018-a-damaged-database.md
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { log } from "../log.ts";
import { decisions, type Store } from "./database.ts";
import { copyState } from "./state-copy.ts";

/** At most one copy in so many milliseconds: it costs the helper some ten. A round late, it is half a minute. */
const pace = 25_000;
/** The newest copies that stay, and the days of which the last one does. */
const newest = 3;
const days = 7;

const copyName = /^(?:n\d{8}_)?(\d{8})T(\d{6})(\d{3})Z\.sqlite$/;

/**
 * n00000012_20261126T093000123Z: one more than the greatest number in `names`, for the order, as a clock goes back too; then the time, for
 * people. Older Pickets wrote the time alone, which sorts before every number.
 */
export function nextLabel(names: readonly string[], now: number): string {
  const numbers = names.map((name) => Number(/(?:^|\.damaged-)n(\d{8})_/.exec(name)?.[1] ?? 0));
  return `n${String(Math.max(0, ...numbers) + 1).padStart(8, "0")}_${stamp(now)}`;
}

/** 20261126T093000123Z */
export function stamp(now: number): string {
  return new Date(now).toISOString().replace(/[-:.]/g, "");
}

/** Milliseconds since 1970; null for what is no copy's name. */
export function timeOf(name: string): number | null {
  const parts = copyName.exec(name);
  if (parts === null) return null;
  const [, day = "", time = "", milliseconds = ""] = parts;
  const text = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}.${milliseconds}Z`;
  return Date.parse(text);
}

/** Which of the copies may go: not the newest three, nor the last of each of seven days. Pure. */
export function superseded(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return newestFirst(names).filter((name, at) => {
    const day = copyName.exec(name)?.[1] ?? "";
    const lastOfDay = !seen.has(day) && seen.size < days;
    seen.add(day);
    return at >= newest && !lastOfDay;
  });
}

/** Of copies alone. */
function newestFirst(names: readonly string[]): string[] {
  return names.filter((name) => copyName.test(name)).sort((a, b) => (a < b ? 1 : -1));
}

export class Copies {
  private readonly folder: string;
  private readonly database: string;
  private readonly store: Store;
  private copied: number;
  private tried = Number.NEGATIVE_INFINITY;

  /** `folder`: made if it is not there. `database`: the file of `store`. */
  constructor(folder: string, database: string, store: Store) {
    this.folder = folder;
    this.database = database;
    this.store = store;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    // Without any, what is there by now is worth the first.
    this.copied = copiesIn(folder).length === 0 ? -1 : decisions(store);
  }

  /** Each round. Never throws: what fails is tried again at the next pace. */
  tick(): void {
    if (performance.now() - this.tried >= pace) this.write();
  }

  /** Makes a copy if anything was decided since the last one. Never throws. */
  write(): void {
    const decided = decisions(this.store);
    if (decided === this.copied) return;
    this.tried = performance.now();
    try {
      // What was set aside is numbered in the same row: the newer of both is known by it.
      const names = [...readdirSync(this.folder), ...readdirSync(dirname(this.database))];
      copyState(this.database, join(this.folder, `${nextLabel(names, Date.now())}.sqlite`));
      this.copied = decided;
      for (const name of superseded(readdirSync(this.folder))) rmSync(join(this.folder, name));
    } catch (error) {
      log("warn", "the helper's own copy of its rules could not be made", { error: String(error) });
    }
  }
}

/** Paths, newest first. */
export function copiesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return newestFirst(readdirSync(folder)).map((name) => join(folder, name));
}

/** Puts a copy in the database's place, which must be free. */
export function putBack(copy: string, database: string): void {
  copyFileSync(copy, database);
}
