// Pieces of bytes with their offsets, in any order and again: what is there without a gap from the beginning. Bounded.

const mostGaps = 64;

export class Pieces {
  private readonly most: number;
  private readonly waiting: { from: number; bytes: Buffer }[] = [];
  private whole: Buffer = Buffer.alloc(0);

  /** `most`: bytes; what lies beyond is left out. */
  constructor(most: number) {
    this.most = most;
  }

  add(from: number, bytes: Buffer): void {
    if (bytes.length === 0 || from + bytes.length > this.most || from + bytes.length <= this.whole.length) return;
    if (this.waiting.length >= mostGaps) return;
    this.waiting.push({ from, bytes: Buffer.from(bytes) });
    this.waiting.sort((a, b) => a.from - b.from);
    const joined = [this.whole];
    let end = this.whole.length;
    while (this.waiting[0] !== undefined && this.waiting[0].from <= end) {
      const next = this.waiting.shift() as { from: number; bytes: Buffer };
      const fresh = next.bytes.subarray(Math.min(next.bytes.length, end - next.from));
      joined.push(fresh);
      end += fresh.length;
    }
    if (joined.length > 1) this.whole = Buffer.concat(joined);
  }

  start(): Buffer {
    return this.whole;
  }
}
