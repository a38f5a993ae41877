// How far the chart's axis of bytes reaches, and what stands beside it: above 0 what came, below what went. Pure.

/** A half with anything in it has at least so much of the height: room for a label beside that of 0. */
const leastHalf = 0.15;

/** `most`: the largest value, 0 or more; `least`: the smallest, 0 or less. */
export function reachOf(least: number, most: number): { foot: number; top: number } {
  const whole = most - least || 1;
  const half = whole * leastHalf;
  return {
    foot: Math.min(least - whole * 0.04, least < 0 ? -half : 0),
    top: Math.max(most + whole * 0.06, most > 0 ? half : 0) || 1,
  };
}

/** Multiples of a step between two values, ascending; and in a half that has something but none of them, one round value. */
export function ticksOf(foot: number, top: number, step: number, has: { below: boolean; above: boolean }): number[] {
  const ticks: number[] = [];
  for (let times = Math.ceil(foot / step); times * step <= top; times++) ticks.push(times * step || 0);
  if (has.below && foot < 0 && !ticks.some((tick) => tick < 0)) ticks.unshift(-roundest(-foot));
  if (has.above && top > 0 && !ticks.some((tick) => tick > 0)) ticks.push(roundest(top));
  return ticks;
}

/** The largest round number that is no larger. */
function roundest(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([8, 6, 5, 4, 3, 2, 1.5].find((times) => times * power <= value) ?? 1) * power;
}
