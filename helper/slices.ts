// Work that comes in heaps, done in its order for some milliseconds at a time: clients and timers have their turn in between.

/** Milliseconds, and how many at least: as much as there is of records in a turn (ring.ts), or those would be served first. */
const slice = 10;
const atLeast = 8;

export class Slices {
  private readonly waiting: (() => void)[] = [];
  private going: NodeJS.Immediate | undefined;

  /** Does it later; `failed` hears of what it throws. */
  add(work: () => void, failed: (error: unknown) => void): void {
    this.waiting.push(() => {
      try {
        work();
      } catch (error) {
        failed(error);
      }
    });
    this.going ??= setImmediate(() => this.go());
  }

  private go(): void {
    const end = performance.now() + slice;
    let done = 0;
    do this.waiting[done++]?.();
    while (done < this.waiting.length && (done % atLeast !== 0 || performance.now() < end));
    this.waiting.splice(0, done);
    this.going = this.waiting.length > 0 ? setImmediate(() => this.go()) : undefined;
  }
}

/** Takes the steps of a long walk, the first ones at once. `over`: after the last one, or one that threw. Returns the way to stop. */
export function walk(steps: Iterator<unknown>, over: () => void, failed: (error: unknown) => void): () => void {
  let going: NodeJS.Immediate | undefined;
  const go = () => {
    const end = performance.now() + slice;
    try {
      for (let done = 1; done % atLeast !== 0 || performance.now() < end; done++) if (steps.next().done) return over();
    } catch (error) {
      failed(error);
      return over();
    }
    going = setImmediate(go);
  };
  go();
  return () => clearImmediate(going);
}
