// One direction of a TCP connection: segments as they pass, in pieces, again and out of order, to bytes in order. Bounded.

/** Segments and bytes that wait for one that is missing. */
const mostWaiting = 16;
const mostWaitingBytes = 64 * 1024;

/** How far `to` is ahead of `from`, in numbers that wrap at 2^32; negative: behind. */
function ahead(from: number, to: number): number {
  return (to - from) | 0;
}

export class TcpBytes {
  private expected: number;
  private readonly waiting = new Map<number, Buffer>();
  private waitingBytes = 0;

  /** `first`: number of the first byte. */
  constructor(first: number) {
    this.expected = first >>> 0;
  }

  /** What continues the stream by now; null once too much is missing: the stream cannot be followed any further. */
  push(sequence: number, bytes: Buffer): Buffer | null {
    const gap = ahead(this.expected, sequence);
    if (gap > 0) return this.wait(sequence >>> 0, bytes) ? Buffer.alloc(0) : null;
    const pieces = [this.take(sequence, bytes)];
    // Each that waited either continues, or lies behind, or goes on waiting.
    for (let found = true; found; ) {
      found = false;
      for (const [start, piece] of this.waiting) {
        if (ahead(this.expected, start) > 0) continue;
        this.waiting.delete(start);
        this.waitingBytes -= piece.length;
        pieces.push(this.take(start, piece));
        found = true;
      }
    }
    return Buffer.concat(pieces);
  }

  /** The part of it that is new. */
  private take(sequence: number, bytes: Buffer): Buffer {
    const fresh = bytes.subarray(Math.min(bytes.length, -ahead(this.expected, sequence)));
    this.expected = (this.expected + fresh.length) >>> 0;
    return fresh;
  }

  private wait(sequence: number, bytes: Buffer): boolean {
    if (this.waiting.has(sequence)) return true;
    this.waitingBytes += bytes.length;
    if (this.waiting.size >= mostWaiting || this.waitingBytes > mostWaitingBytes) return false;
    this.waiting.set(sequence, Buffer.from(bytes));
    return true;
  }
}
