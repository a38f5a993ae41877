import { expect, it, vi } from "vitest";
import { eachRound, Rounds } from "../../helper/rounds.ts";

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

it("comes round near while there is something to do, far while there is none, and near again once woken", async () => {
  const moments: number[] = [];
  let busy = true;
  const far = 50 * pace;
  const rounds = new Rounds({ near: pace, far, isBusy: () => busy, work: () => moments.push(performance.now()) });
  const passed = async (count: number) => {
    await vi.waitFor(() => expect(moments.length).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 5 });
  };
  expect(rounds.wake()).toBe(false); // it has not begun
  expect(moments).toEqual([]);
  rounds.start();
  await passed(3);
  busy = false;
  await passed(moments.length + 1); // the round that finds nothing to do
  const rested = moments.length;
  await passed(rested + 1);
  expect(Math.round((moments[rested] ?? 0) / pace) % 50).toBe(0);
  busy = true;
  expect([rounds.wake(), rounds.wake()]).toEqual([true, false]);
  const woken = performance.now();
  await passed(rested + 3);
  expect((moments[rested + 2] ?? 0) - woken).toBeLessThan(far);
  rounds.stop();
  const ended = moments.length;
  await new Promise((resolve) => setTimeout(resolve, 3 * pace));
  expect([rounds.wake(), moments.length]).toEqual([false, ended]);
});

it("has one next round, also where the work itself hears of something", async () => {
  let turns = 0;
  const rounds = new Rounds({
    near: pace,
    far: 2 * pace,
    isBusy: () => false,
    work: () => {
      turns++;
      rounds.wake();
    },
  });
  rounds.start();
  await new Promise((resolve) => setTimeout(resolve, 20 * pace));
  rounds.stop();
  expect(turns).toBeGreaterThan(2);
  expect(turns).toBeLessThanOrEqual(11); // each second moment
  const ended = turns;
  await new Promise((resolve) => setTimeout(resolve, 5 * pace));
  expect(turns).toBe(ended);
});
