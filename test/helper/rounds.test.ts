import { expect, it } from "vitest";
import { eachRound } from "../../helper/rounds.ts";

const pace = 40;

it("comes round once at each moment, though timers may be early", async () => {
  const moments: number[] = [];
  const stop = eachRound(pace, () => moments.push(performance.now()));
  await new Promise((resolve) => setTimeout(resolve, 25 * pace));
  stop();
  expect(moments.length).toBeGreaterThan(5); // a busy machine leaves some out
  const rounds = moments.map((moment) => Math.round(moment / pace));
  expect(new Set(rounds).size).toBe(rounds.length);
});
