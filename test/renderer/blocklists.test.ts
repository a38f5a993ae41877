// What is said of blocklists, and when what stands in the form can be one.
import { describe, expect, test } from "vitest";
import {
  contentsLine,
  problemOf,
  problemsOf,
  sourceLine,
  suggestedName,
  wholeUrl,
} from "../../renderer/views/blocklists/words.ts";
import { aBlocklist } from "../window/scenario-lists.ts";

describe("a list", () => {
  const now = new Date("2026-11-26T12:00:00.000Z");

  test("says where it comes from and how old it is", () => {
    const taken = "2026-11-20T08:00:00.000Z";
    expect(sourceLine(aBlocklist("ads", { url: null, updated: taken }), now)).toMatch(
      /^From a file of yours, taken .*20/,
    );
    expect(sourceLine(aBlocklist("ads", { checked: null }), now)).toBe("lists.example.org/ads.txt, not fetched yet");
    const hostile = aBlocklist("ads", { url: `https://a.example/${"x".repeat(300)}\u202egpj`, checked: null });
    expect(sourceLine(hostile, now).length).toBeLessThan(90);
    expect(sourceLine(hostile, now)).not.toContain("\u202e");
  });

  test("has no problem while it is fetched again, and none beside a version that waits", () => {
    const error = { code: "fetch_failed", message: "", time: now.toISOString() };
    expect(problemOf(aBlocklist("ads", { error }))?.code).toBe("fetch_failed");
    expect(problemOf(aBlocklist("ads", { error: { ...error, code: "from a newer helper" } }))?.code).toBe("bad_reply");
    expect(problemOf(aBlocklist("ads", { error, busy: "fetching" }))).toBeNull();
    expect(problemOf(aBlocklist("ads", { error, aside: { entries: 1, time: now.toISOString() } }))).toBeNull();
  });

  test("tells what it has, and nothing of what it has not", () => {
    expect(contentsLine(aBlocklist("ads", { hosts: 1, domains: 0, addresses: 2000 }))).toBe(
      "1 host, 2,000 addresses and ranges",
    );
    expect(contentsLine(aBlocklist("ads", { domains: 0 }))).toBe("nothing in force yet");
  });
});

test.each([
  ["https://lists.example.org/ads-and-trackers.txt", "ads-and-trackers"],
  ["https://lists.example.org/", "lists.example.org"],
  ["lists.example.org/a/b/hosts", "hosts"],
  ["My own list.v2.txt", "My own list.v2"],
  ["hosts", "hosts"],
  ["..", ""],
  ["\u202e(x)", "x"],
])("%j is a list called %j", (source, name) => {
  expect(suggestedName(source)).toBe(name);
});

test("an address without its beginning means https", () => {
  expect(wholeUrl(" lists.example.org/ads.txt ")).toBe("https://lists.example.org/ads.txt");
  expect(wholeUrl("http://lists.example.org")).toBe("http://lists.example.org");
  expect(wholeUrl("ftp://lists.example.org")).toBe("ftp://lists.example.org");
});

test.each([
  [{ from: "url", url: "lists.example.org/x", file: null, name: "x" }, []],
  [{ from: "url", url: "https://user:secret@example.org/x", file: null, name: "x" }, ["url"]],
  [{ from: "url", url: "ftp://example.org/x", file: null, name: "x" }, ["url"]],
  [{ from: "url", url: "", file: null, name: "" }, ["url", "name"]],
  [{ from: "file", url: "", file: null, name: "../x" }, ["file", "name"]],
  [{ from: "file", url: "", file: "x.txt", name: "x" }, []],
] as const)("%j has the problems %j", (draft, problems) => {
  expect(problemsOf(draft)).toEqual(problems);
});
