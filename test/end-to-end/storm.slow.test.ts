// A million mutated messages, as storm.test.ts: `npm run test:all` or `PICKET_TESTS=all node build/run-vitest.ts test/end-to-end/storm.slow.test.ts`.
import { afterAll, beforeAll, test } from "vitest";
import { Storming, weather } from "./storming.ts";

let field: Storming;
beforeAll(async () => {
  field = await Storming.create();
});
afterAll(() => field?.destroy());

test("1,000,000 mutated messages", async () => {
  await weather(field, 1_000_000, Date.now() % 2 ** 31);
}, 3_600_000);
