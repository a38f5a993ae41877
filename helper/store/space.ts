// A disk that takes nothing more: known from the first write that fails, said in the status, over when it takes something again. Some room
// is set aside, so that a helper can start on a full disk: SQLite cannot even read without writing a little.
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Degraded } from "../degraded.ts";
import { log } from "../log.ts";
import { durably, type Store } from "./database.ts";
import { Settings } from "./settings.ts";
import { troubleOf } from "./trouble.ts";

/** Bytes set aside, and bytes that must be free before anybody believes that it is over. */
const reserved = 4 * 1024 * 1024;
const enough = 2 * 1024 * 1024;

const reserveIn = (folder: string) => join(folder, "reserve");

export function freeBytes(folder: string): number {
  const { bfree, bsize } = statfsSync(folder);
  return bfree * bsize;
}

/** Gives the room back that was set aside. False when there was none. */
export function spendReserve(folder: string): boolean {
  if (!existsSync(reserveIn(folder))) return false;
  rmSync(reserveIn(folder));
  return true;
}

export class Space {
  private readonly folder: string;
  /** The code of what failed; null while everything can be written. */
  private failure: string | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Something could not be written, or read. */
  meet(error: unknown): void {
    if (troubleOf(error) !== "full" || this.failure !== null) return;
    this.failure = (error as { code: string }).code;
    log("error", "nothing can be written to the disk", { folder: this.folder, code: this.failure });
  }

  /** Nothing can be written. */
  get isFull(): boolean {
    return this.failure !== null;
  }

  /** Each round, and once at the start. Never throws. */
  look(store: Store): void {
    if (this.failure === null) {
      this.setAside();
      return;
    }
    if (freeBytes(this.folder) < enough) return;
    try {
      durably(store, () => new Settings(store).set("lastTried", Date.now()));
      log("info", "the disk takes something again");
      this.failure = null;
      this.setAside();
    } catch {
      // Not yet.
    }
  }

  private setAside(): void {
    const path = reserveIn(this.folder);
    try {
      if (existsSync(path) || freeBytes(this.folder) < 2 * reserved) return;
      const fd = openSync(path, "wx", 0o600);
      try {
        writeSync(fd, Buffer.alloc(reserved));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      rmSync(path, { force: true });
      log("warn", "no room could be set aside", { error: String(error) });
    }
  }

  degraded(): Degraded[] {
    if (this.failure === null) return [];
    const message =
      "The disk is full, or cannot be written: answers and changes are refused until there is room. Everything that was decided before " +
      `goes on. Free some space where ${this.folder} lies (${this.failure}).`;
    return [{ code: "diskFull", message }];
  }
}
