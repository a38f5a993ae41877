// What lists blocked, counted in memory and written now and then: a hit must not cost a write.
import { log } from "../log.ts";
import { type BlocklistRows, hitEntries } from "../store/blocklists.ts";

/** Milliseconds. A helper that is killed loses that much. */
const writePace = 60_000;

export class HitCounts {
  private readonly rows: BlocklistRows;
  private readonly waiting = new Map<number, Map<string, number>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(rows: BlocklistRows) {
    this.rows = rows;
  }

  add(list: number, entry: string): void {
    let hits = this.waiting.get(list);
    if (hits === undefined) {
      hits = new Map();
      this.waiting.set(list, hits);
    }
    hits.set(entry, (hits.get(entry) ?? 0) + 1);
    if (hits.size > hitEntries) this.write();
    else this.timer ??= setTimeout(() => this.write(), writePace).unref();
  }

  /** Hits of a list that are not in the database yet. */
  waitingFor(list: number): number {
    let sum = 0;
    for (const count of this.waiting.get(list)?.values() ?? []) sum += count;
    return sum;
  }

  forget(list: number): void {
    this.waiting.delete(list);
  }

  /** Never throws: a full disk costs the counts, nothing else. */
  write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [list, hits] of this.waiting) {
      try {
        this.rows.addHits(list, hits, Date.now());
      } catch (error) {
        log("warn", "hits of a blocklist could not be saved", { error: String(error) });
      }
    }
    this.waiting.clear();
  }
}
