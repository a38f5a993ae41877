// Which temporary rules are over at a moment.
import { describe, expect, it } from "vitest";
import { holdsAsLong, isOver, nextExpiry, type TemporaryRule } from "../../../helper/policy/lifetime.ts";

const base: TemporaryRule = {
  number: 1,
  app: "/usr/bin/curl",
  lifetime: "restart",
  boot: "a",
  expires: null,
  processes: [],
};
const running = [{ pid: 5, start: 50 }];
const at = (boottime: number, boot = "a") => ({
  boot,
  boottime,
  runs: ({ pid, start }: { pid: number; start: number }) =>
    running.some((process) => process.pid === pid && process.start === start),
});

describe("a temporary rule", () => {
  it.each<[string, Partial<TemporaryRule>, boolean]>([
    ["for an hour, before its end", { lifetime: "1h", expires: 1001 }, false],
    ["for an hour, at its end", { lifetime: "1h", expires: 1000 }, true],
    ["for an hour, after it", { lifetime: "1h", expires: 1 }, true],
    ["until restart", {}, false],
    ["until restart, of another boot", { boot: "b" }, true],
    ["for an hour, of another boot", { lifetime: "1h", expires: 1001, boot: "b" }, true],
    ["until an app quits that runs", { lifetime: "quit", processes: running }, false],
    [
      "until an app quits whose last process runs",
      { lifetime: "quit", processes: [{ pid: 4, start: 1 }, ...running] },
      false,
    ],
    ["until an app quits that does not run", { lifetime: "quit", processes: [{ pid: 4, start: 1 }] }, true],
    [
      "until an app quits whose number another process has",
      { lifetime: "quit", processes: [{ pid: 5, start: 9 }] },
      true,
    ],
    ["until an app quits, of another boot", { lifetime: "quit", processes: running, boot: "b" }, true],
  ])("%s", (_, rule, over) => {
    expect(isOver({ ...base, ...rule }, at(1000))).toBe(over);
  });

  it.each<[Partial<TemporaryRule>, Partial<TemporaryRule>, boolean]>([
    [{}, {}, true],
    [{}, { lifetime: "quit" }, true],
    [{}, { lifetime: "1h", expires: 1000 }, true],
    [{ lifetime: "1h", expires: 1000 }, { lifetime: "8h", expires: 1000 }, true],
    [{ lifetime: "1h", expires: 999 }, { lifetime: "8h", expires: 1000 }, false],
    [{ lifetime: "7d", expires: 9999 }, {}, false],
    [{ lifetime: "7d", expires: 9999 }, { lifetime: "quit" }, false],
    [{ lifetime: "quit" }, {}, false],
    [{ lifetime: "quit" }, { lifetime: "1h", expires: 1000 }, false],
    // Of the app's processes the new one may know fewer: what it is run as, a process says of itself.
    [{ lifetime: "quit" }, { lifetime: "quit" }, false],
  ])("%j in the place of %j is sure to hold for as long: %s", (made, replaced, so) => {
    expect(holdsAsLong({ ...base, ...made }, { ...base, ...replaced })).toBe(so);
  });

  it("is waited for when it is the next to end by itself", () => {
    expect(nextExpiry([base])).toBe(null);
    expect(nextExpiry([base, { ...base, expires: 30 }, { ...base, expires: 20 }])).toBe(20);
  });
});
