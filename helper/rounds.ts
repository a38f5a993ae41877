// Work that comes round again and again, at the same moments for all: every awakening costs some 150 µs of CPU, also for nothing.

/** Milliseconds until the clock next shows a multiple of `pace`. A timer may come a little early: the moment it came for has passed then. */
function untilNext(pace: number): number {
  const now = performance.now();
  return (Math.round(now / pace) + 1) * pace - now;
}

/** Once, with everybody's next round. */
export function nextRound(pace: number, work: () => void): NodeJS.Timeout {
  return setTimeout(work, untilNext(pace));
}

export interface RoundsParts {
  /** Milliseconds from round to round while there is something to do, and else. */
  readonly near: number;
  readonly far: number;
  isBusy(): boolean;
  /** Must not throw. */
  work(): void;
}

/** Work that is due soon while there is some, and else comes round with what looks again in any case. */
export class Rounds {
  private readonly parts: RoundsParts;
  private timer: NodeJS.Timeout | undefined;
  private resting = false;

  constructor(parts: RoundsParts) {
    this.parts = parts;
  }

  start(): void {
    this.timer = setTimeout(() => this.turn(), untilNext(this.parts.near));
  }

  /** There will be something to do in the next near round. Returns whether that was to be a far one. */
  wake(): boolean {
    if (!this.resting) return false;
    this.resting = false;
    clearTimeout(this.timer);
    this.start();
    return true;
  }

  stop(): void {
    this.resting = false;
    clearTimeout(this.timer);
  }

  private turn(): void {
    // Before the work, however long it takes and whatever it hears of: no round is left out, and there is one next.
    this.resting = false;
    this.start();
    this.parts.work();
    if (this.parts.isBusy()) return;
    this.resting = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.turn(), untilNext(this.parts.far));
  }
}

/** Calls `work` whenever the clock shows a multiple of `pace`, milliseconds. Returns the way to stop. `work` must not throw. */
export function eachRound(pace: number, work: () => void): () => void {
  const rounds = new Rounds({ near: pace, far: pace, isBusy: () => true, work });
  rounds.start();
  return () => rounds.stop();
}
