// Measures several clients in turns and compares them round by round: what disturbs the machine disturbs a whole round.
import { percentile } from "../figures.ts";

export type Contender = "none" | "again" | "picket" | "queue";

/** One value per contender and round; the order within a round rotates. */
export type Values = Record<Contender, number[]>;

export async function measureInTurns(
  rounds: number,
  contenders: readonly Contender[],
  measure: (contender: Contender) => Promise<number>,
): Promise<Values> {
  const values: Values = { none: [], again: [], picket: [], queue: [] };
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + Math.max(round, 0)) % contenders.length] as Contender;
      const value = await measure(contender);
      // The first round warms up: caches, the app's name, the window of a connection.
      if (round >= 0) values[contender].push(value);
    }
  }
  return values;
}

/** Median of the rounds' ratios to what no program costs, and half the width of its 95 % confidence interval. */
export function ratio(values: Values, contender: Contender): { median: number; noise: number } {
  const ratios = values[contender].map((value, round) => value / (values.none[round] ?? Number.NaN));
  const spread = percentile(ratios, 0.75) - percentile(ratios, 0.25);
  return { median: percentile(ratios, 0.5), noise: (1.57 * spread) / Math.sqrt(ratios.length) };
}
