// Names and paths as text: harmless, bounded, and in plain words where nobody can tell the program.
import { describe, expect, test } from "vitest";
import type { Rule } from "../../contract/words.ts";
import { appWord, destination, elided, isIdentified, plain, whatIsKnown } from "../../renderer/format.ts";
import { headlinePlace, preview, ruleEnd, ruleSentence } from "../../renderer/sentence.ts";
import { aCrowdedPrompt, ago, anEndpoint, aRule, curl, firefox } from "../window/scenario.ts";

describe("text from outside", () => {
  test("loses control, format and line-separating characters", () => {
    expect(plain("a\u0000b\nc\u202ed\u200fe\u2066f\u2028g\u2029h\u00adi\u009b")).toBe(
      "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg\ufffdh\ufffdi\ufffd",
    );
    expect(plain("/opt/Žluťoučký kůň/工具")).toBe("/opt/Žluťoučký kůň/工具");
  });

  test("gives way in its middle, by whole characters", () => {
    expect(elided("short", 5)).toBe("short");
    expect(elided("0123456789", 7)).toBe("012…789");
    expect(elided("😀".repeat(9), 3)).toBe("😀…😀");
    expect([...elided("x".repeat(5000), 40, 30)]).toHaveLength(40);
  });

  test("keeps the end of a host's name and the whole of an address", () => {
    const host = `${"very-long.".repeat(20)}example.org`;
    expect(destination(anEndpoint("192.0.2.1", 443, { host }))).toMatch(/^very.*….*long\.example\.org$/);
    const longest = "2001:db8:1234:5678:9abc:def0:1234:5678";
    expect(destination(anEndpoint(longest))).toBe(longest);
  });
});

describe("an app", () => {
  test("is called by its name only where that can be trusted", () => {
    expect(appWord(firefox)).toBe("Firefox");
    expect(appWord({ ...firefox, verified: false })).toBe("firefox-esr");
    expect(appWord({ ...curl, verified: false, path: "[curl]" })).toBe("this program");
    expect(appWord({ ...curl, verified: false, path: "/usr/bin/python3.11//home/a/sync.py" })).toBe(
      "sync.py (python3.11)",
    );
  });

  test("that nobody can identify is told of in words", () => {
    expect(isIdentified("/usr/bin/curl")).toBe(true);
    expect(isIdentified("[/usr/bin/curl (deleted)]")).toBe(false);
    expect(whatIsKnown("[curl]")).toBe("It calls itself “curl”.");
    expect(whatIsKnown("[cu\u202erl]")).toBe("It calls itself “cu\ufffdrl”.");
    expect(whatIsKnown("[/usr/bin/x (inside a sandbox)]")).toBe(
      "It runs in a sandbox, from what is called /usr/bin/x there.",
    );
    expect(whatIsKnown("[/usr/bin/x (deleted)]")).toContain("/usr/bin/x, which was deleted or replaced since");
    expect(whatIsKnown("[/usr/bin/x (a name that is not UTF-8)]")).toContain("/usr/bin/x (a name that is not UTF-8)");
    expect(whatIsKnown("[/opt/a (b)/x]")).toBe("It was started from /opt/a (b)/x.");
    expect(whatIsKnown("[/usr/bin/x (constructor)]")).toContain("(constructor)");
    expect(whatIsKnown("[]")).toBe("Nothing more is known about it.");
    expect(whatIsKnown("unknown")).toBe("It calls itself “unknown”.");
    expect(whatIsKnown(`[/${"d".repeat(3000)} (deleted)]`).length).toBeLessThan(160);
    expect(ruleSentence(aRule("r", { app: "[curl]" }))).toMatch(/^A program nobody can identify may connect/);
  });
});

test("sentences stay short, however long what they speak of is", () => {
  const prompt = aCrowdedPrompt("p");
  expect(headlinePlace(prompt)).toBe("2001:db8:1234:5678:9abc:def0:1234:a000");
  for (const action of [null, "allow", "block"] as const) {
    for (const lifetime of ["once", "quit", "1h", "restart", "forever"] as const) {
      expect(preview(prompt, "endpoint", lifetime, action).length).toBeLessThan(200);
    }
  }
});

test.for<[Partial<Rule>, string]>([
  [{}, ""],
  [{ lifetime: "quit" }, "Until it quits"],
  [{ lifetime: "restart" }, "Until restart"],
  [{ lifetime: "1h", expires: ago(-60, 0) }, "60 minutes left"],
  [{ lifetime: "1h", expires: ago(-0.5, 0) }, "1 minute left"],
  [{ lifetime: "1h", expires: ago(5, 0) }, "1 minute left"],
  [{ lifetime: "7d", expires: ago(-91, 0) }, "2 hours left"],
  [{ lifetime: "7d", expires: ago(-7 * 1440, 0) }, "7 days left"],
])("a rule says how long it still holds: %o", ([rule, words]) => {
  expect(ruleEnd(aRule("r", rule), 0)).toBe(words);
});
