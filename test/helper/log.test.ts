// One event as a machine and as a person reads it.
import { expect, test } from "vitest";
import { jsonLine, readableLine } from "../../helper/log.ts";

const at = new Date(2026, 10, 26, 9, 5, 7);

test("a line of JSON for the journal", () => {
  expect(JSON.parse(jsonLine(at, "warn", "something", { pid: 7 }))).toEqual({
    time: at.toISOString(),
    level: "warn",
    message: "something",
    pid: 7,
  });
});

test.each([
  ["info", "enforcing", { guarded: ["a", "b"], adopted: false }, "09:05:07 enforcing (guarded: a b, adopted: false)"],
  ["warn", "no way", {}, "09:05:07 warning: no way"],
  ["error", "unhandled", { error: "Error: x\n    at y" }, "09:05:07 error: unhandled (error: Error: x at y)"],
  ["info", "an app", { app: "/tmp/\u001b[2J\u202egnp" }, "09:05:07 an app (app: /tmp/ [2J gnp)"],
] as const)("%s: a line for a person, which cannot move the cursor", (level, message, detail, line) => {
  expect(readableLine(at, level, message, detail)).toBe(line);
});
