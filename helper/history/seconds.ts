// The last ten minutes, second by second, in memory and bounded: what comes when it is full pushes the oldest out.
import type { HistoryAmounts } from "../../contract/history.ts";

/** Seconds that are kept. */
export const secondsKept = 600;
/** Entries: (second, key). 32 bytes each. */
const capacity = 32_768;

export class Seconds {
  private second = new Float64Array(1024);
  private key = new Float64Array(1024);
  private bytesIn = new Float64Array(1024);
  private bytesOut = new Float64Array(1024);
  private connections = new Uint32Array(1024);
  private blocked = new Uint32Array(1024);
  private count = 0;
  private next = 0;
  private lost = Number.NEGATIVE_INFINITY;

  /** `second`: Unix. */
  add(second: number, key: number, { bytesIn, bytesOut, connections, blocked }: HistoryAmounts): void {
    if (this.count === this.second.length && this.count < capacity && !this.makeRoom(second)) this.grow();
    const at = this.next;
    if (this.count === this.second.length) this.lost = Math.max(this.lost, this.second[at] as number);
    else this.count++;
    this.next = (at + 1) % this.second.length;
    this.second[at] = second;
    this.key[at] = key;
    this.bytesIn[at] = bytesIn;
    this.bytesOut[at] = bytesOut;
    this.connections[at] = connections;
    this.blocked[at] = blocked;
  }

  /** From this second on nothing is missing, as far as it was added. */
  get since(): number {
    return this.lost + 1;
  }

  /** Calls for every entry of [from, to). */
  each(from: number, to: number, told: (second: number, key: number, amounts: HistoryAmounts) => void): void {
    for (let at = 0; at < this.count; at++) {
      const second = this.second[at] as number;
      if (second < from || second >= to) continue;
      told(second, this.key[at] as number, {
        bytesIn: this.bytesIn[at] as number,
        bytesOut: this.bytesOut[at] as number,
        connections: this.connections[at] as number,
        blocked: this.blocked[at] as number,
      });
    }
  }

  /** Forgets [from, to) of the keys, or of all. */
  remove(from: number, to: number, keys: ReadonlySet<number> | null): void {
    for (let at = 0; at < this.count; at++) {
      const second = this.second[at] as number;
      if (second >= from && second < to && (keys === null || keys.has(this.key[at] as number))) this.second[at] = -1;
    }
  }

  /** Whether the place that comes next is of a second that nobody asks for any more. */
  private makeRoom(now: number): boolean {
    return (this.second[this.next] as number) < now - secondsKept;
  }

  private grow(): void {
    const larger = <T extends Float64Array | Uint32Array>(old: T): T => {
      const grown = new (old.constructor as new (length: number) => T)(old.length * 2);
      // Oldest first: what comes next is behind the newest.
      grown.set(old.subarray(this.next));
      grown.set(old.subarray(0, this.next), old.length - this.next);
      return grown;
    };
    this.second = larger(this.second);
    this.key = larger(this.key);
    this.bytesIn = larger(this.bytesIn);
    this.bytesOut = larger(this.bytesOut);
    this.connections = larger(this.connections);
    this.blocked = larger(this.blocked);
    this.next = this.count;
  }
}
