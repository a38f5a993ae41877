import { setImmediate as others } from "node:timers/promises";
import { expect, it } from "vitest";
import { Slices, walk } from "../../helper/slices.ts";

const burn = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

it("does a heap of work in its order and all of it, and lets others have their turn in between", async () => {
  const slices = new Slices();
  const done: number[] = [];
  const failures: unknown[] = [];
  for (let number = 0; number < 100; number++) {
    slices.add(
      () => {
        burn(1);
        done.push(number);
        if (number === 50)
          slices.add(
            () => done.push(100),
            () => {},
          );
        if (number === 60) throw new Error("sixty");
      },
      (error) => failures.push(error),
    );
  }
  expect(done).toEqual([]);
  let turns = 0;
  while (done.length < 101) {
    await others();
    turns++;
  }
  expect(done).toEqual(Array.from({ length: 101 }, (_, number) => number));
  expect(failures).toEqual([new Error("sixty")]);
  // 100 ms of it, some 10 ms at a time.
  expect(turns).toBeGreaterThanOrEqual(3);
});

it("does eight at a time where each takes longer than a turn: nobody else's work takes its place", async () => {
  const slices = new Slices();
  let done = 0;
  for (let number = 0; number < 20; number++) {
    slices.add(
      () => {
        burn(12);
        done++;
      },
      () => {},
    );
  }
  const seen: number[] = [];
  while (done < 20) {
    await others();
    seen.push(done);
  }
  expect(seen.filter((each) => each > 0)).toEqual([8, 16, 20]);
});

function* steps(count: number, taken: number[]): Generator<void> {
  for (let number = 0; number < count; number++) {
    burn(2);
    if (number === 30) throw new Error("thirty");
    taken.push(number);
    yield;
  }
}

it.each([20, 100])(
  "takes all of %d steps or those before one that throws, lets others in between, and says once that it is over",
  async (count) => {
    const taken: number[] = [];
    const failures: unknown[] = [];
    let [ends, turns] = [0, 0];
    walk(
      steps(count, taken),
      () => ends++,
      (error) => failures.push(error),
    );
    expect(taken).toEqual([]);
    for (; ends === 0; turns++) await others();
    expect(taken).toHaveLength(Math.min(count, 30));
    expect(failures).toEqual(count > 30 ? [new Error("thirty")] : []);
    expect(turns).toBeGreaterThanOrEqual(3);
    for (let more = 0; more < 5; more++) await others();
    expect(ends).toBe(1);
  },
);

it("goes no further once it is stopped", async () => {
  const taken: number[] = [];
  let ends = 0;
  const stop = walk(
    steps(25, taken),
    () => ends++,
    () => {},
  );
  while (taken.length === 0) await others();
  stop();
  const before = taken.length;
  for (let more = 0; more < 5; more++) await others();
  expect([taken.length, ends]).toEqual([before, 0]);
  expect(before).toBeLessThan(25);
});
