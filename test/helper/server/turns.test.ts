// Users in turn.
import { expect, it } from "vitest";
import { Turns } from "../../../helper/server/turns.ts";

it("whoever has a crowd waits behind it alone, and everybody's own requests keep their order", async () => {
  const turns = new Turns();
  const served: string[] = [];
  const ask = (user: string, what: string) => turns.take(user).then(() => served.push(what));
  const all = [...Array(5).keys()].map((at) => ask("crowd", `crowd ${at}`));
  all.push(ask("one", "one 0"), ask("two", "two 0"), ask("one", "one 1"));
  await Promise.all(all);
  expect(served).toEqual(["crowd 0", "one 0", "two 0", "crowd 1", "one 1", "crowd 2", "crowd 3", "crowd 4"]);
});

it("between two requests the helper does what else there is", async () => {
  const turns = new Turns();
  let others = 0;
  const count = () => {
    others++;
    if (others < 1000) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(Array.from({ length: 20 }, () => turns.take("busy")));
  expect(others).toBeGreaterThanOrEqual(19);
});
