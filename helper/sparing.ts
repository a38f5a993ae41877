// Work that others can make long, as it looks at whatever they have open: then it is done seldom, and nobody else waits for it all the time.

/** What takes no longer is done whenever it is wanted, milliseconds. */
const short = 250;
/** Longer work is not done again before so many times as long have passed. */
const rest = 10;

export class Sparing {
  private due = Number.NEGATIVE_INFINITY;

  get isDue(): boolean {
    return performance.now() >= this.due;
  }

  measure<T>(work: () => T): T {
    const began = performance.now();
    try {
      return work();
    } finally {
      const now = performance.now();
      if (now - began > short) this.due = now + (now - began) * rest;
    }
  }
}
