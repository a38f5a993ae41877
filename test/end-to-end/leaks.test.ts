// Nothing that is denied or undecided reaches the wire, whatever kind of socket it comes from and whatever else goes on.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Addresses, Field } from "./field.ts";
import { slowness } from "./helper-process.ts";
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

test(
  "20,000 denied attempts of every kind under load, the helper killed meanwhile: none arrives",
  async () => {
    await expectNoLeak(field, shut, asked, { denied: 20_000, undecided: 1000, kills: 3 });
  },
  300_000 * slowness,
);

test(
  "where all else is allowed, nothing arrives of an app that is blocked, nor an answer of one that may not be called",
  async () => {
    const own = await Field.create();
    try {
      await expectNoLeakOfApps(own, { denied: 4000, kills: 2 });
    } finally {
      await own.destroy();
    }
  },
  300_000 * slowness,
);

test(
  "the counter moves for each kind once the rule is gone",
  async () => {
    const api = await field.helper.client();
    const rules = (await api.call("rules.list", {})).filter(
      ({ address }) => address === shut.v4 || address === shut.v6,
    );
    expect(rules).toHaveLength(2);
    for (const { id } of rules) await field.remove(id);
    await expectArrivals(field, shut);
  },
  300_000 * slowness,
);
