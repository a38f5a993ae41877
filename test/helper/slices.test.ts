import { setImmediate as others } from "node:timers/promises";
import { expect, it } from "vitest";
import { Slices } from "../../helper/slices.ts";

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
