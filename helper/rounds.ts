// Work that comes round again and again, at the same moments for all: every awakening costs some 150 µs of CPU, also for nothing.

/** Milliseconds until the clock next shows a multiple of `pace`. A timer may come a little early: the moment it came for has passed then. */
function untilNext(pace: number): number {
  const now = performance.now();
  return (Math.round(now / pace) + 1) * pace - now;
}

/** Calls `work` whenever the clock shows a multiple of `pace`, milliseconds. Returns the way to stop. `work` must not throw. */
export function eachRound(pace: number, work: () => void): () => void {
  let timer: NodeJS.Timeout;
  const turn = () => {
    timer = setTimeout(turn, untilNext(pace));
    work();
  };
  timer = setTimeout(turn, untilNext(pace));
  return () => clearTimeout(timer);
}

/** Once, with everybody's next round. */
export function nextRound(pace: number, work: () => void): NodeJS.Timeout {
  return setTimeout(work, untilNext(pace));
}
