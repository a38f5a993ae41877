// Which lifetimes the contract takes.
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { lifetimeSchema, parseDuration, ruleLifetimeSchema } from "../../contract/lifetime.ts";

describe("a lifetime", () => {
  it.each(["quit", "restart", "forever", "1m", "30m", "1h", "7d", "365d", "8760h", "525600m"])("may be %s", (text) => {
    expect(v.is(lifetimeSchema, text)).toBe(true);
    expect(v.is(ruleLifetimeSchema, text)).toBe(true);
  });

  it("of an answer may be once, of a rule not", () => {
    expect(v.is(lifetimeSchema, "once")).toBe(true);
    expect(v.is(ruleLifetimeSchema, "once")).toBe(false);
  });

  it.each([
    "",
    "0m",
    "01h",
    "-1h",
    "1.5h",
    "1e3m",
    "1",
    "h",
    "1s",
    "1H",
    "366d",
    "8761h",
    "525601m",
    "9999999m",
    " 1h",
    "1h ",
    "1h\n",
    "١h",
    5,
    null,
  ])("is not %j", (text) => expect(v.is(lifetimeSchema, text)).toBe(false));

  it("has a length", () => {
    expect(parseDuration("90m")).toEqual({ count: 90, unit: "m", milliseconds: 5_400_000 });
    expect(parseDuration("2d")?.milliseconds).toBe(172_800_000);
  });
});
