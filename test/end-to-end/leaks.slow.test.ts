// The long form of leaks.test.ts: 100,000 denied attempts.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Addresses, Field } from "./field.ts";
import { expectArrivals, expectNoLeak, expectNoLeakOfApps } from "./leaks.ts";

let field: Field;
let shut: Addresses;
let asked: Addresses;

beforeAll(async () => {
  field = await Field.create();
  shut = field.addresses();
  asked = field.addresses();
  await field.rules({ shut: [shut.v4, shut.v6], asked: [asked.v4, asked.v6] });
});

afterAll(() => field.destroy());

test("of 100,000 denied and 10,000 undecided attempts under load, the helper killed 20 times, none arrives", async () => {
  await expectNoLeak(field, shut, asked, { denied: 100_000, undecided: 10_000, kills: 20 });
  // The control: with the rules gone the same attempts are counted, one kind after the other.
  const api = await field.helper.client();
  const rules = (await api.call("rules.list", {})).filter(({ address }) => address === shut.v4 || address === shut.v6);
  expect(rules).toHaveLength(2);
  for (const { id } of rules) await field.remove(id);
  await expectArrivals(field, shut);
}, 900_000);

test("of 50,000 attempts of an app that is blocked where all else is allowed none arrives, the helper killed 10 times", async () => {
  const own = await Field.create();
  try {
    await expectNoLeakOfApps(own, { denied: 50_000, kills: 10 });
  } finally {
    await own.destroy();
  }
}, 900_000);
