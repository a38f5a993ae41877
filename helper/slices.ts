// Work that comes in heaps, done in its order for some milliseconds at a time: clients and timers have their turn in between.

/** Milliseconds, and how many at least: as much as there is of records in a turn (ring.ts), or those would be served first. */
const slice = 10;
const atLeast = 8;

/** `step`: whether there is more. */
function forATurn(step: () => boolean): void {
  const end = performance.now() + slice;
  for (let done = 1; step() && (done % atLeast !== 0 || performance.now() < end); done++);
}

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
    let done = 0;
    forATurn(() => {
      this.waiting[done++]?.();
      return done < this.waiting.length;
    });
    this.waiting.splice(0, done);
    this.going = this.waiting.length > 0 ? setImmediate(() => this.go()) : undefined;
  }
}

/** Takes the steps of a long walk later. `over`: after the last one, or one that threw. Returns the way to stop. */
export function walk(steps: Iterator<unknown>, over: () => void, failed: (error: unknown) => void): () => void {
  let isOver: boolean | undefined;
  const go = () => {
    try {
      forATurn(() => {
        isOver = steps.next().done;
        return !isOver;
      });
    } catch (error) {
      failed(error);
      isOver = true;
    }
    if (isOver) over();
    else going = setImmediate(go);
  };
  let going = setImmediate(go);
  return () => clearImmediate(going);
}
