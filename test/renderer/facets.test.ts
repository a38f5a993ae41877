// What narrows the list of rules, and what apps are called there.
import { describe, expect, test } from "vitest";
import { appCalled, noteApps } from "../../renderer/apps.ts";
import { ruleSentence } from "../../renderer/sentence.ts";
import { appsIn, noFacets, passes } from "../../renderer/views/rules/facets.ts";
import { aRule, curl, firefox, loopbackRule, python, updater } from "../window/scenario.ts";

describe("rules narrowed by an app", () => {
  const ofCurl = aRule("r1", { app: curl.path });
  const other = aRule("r2", { app: "/opt/bin/curl" });
  const through = (app: string | null) =>
    [ofCurl, other, loopbackRule].filter((rule) => passes({ ...noFacets, app }, rule, [])).map(({ id }) => id);

  test("are its own, those of every app, or all", () => {
    expect(through(null)).toEqual(["r1", "r2", "factory:loopback"]);
    expect(through(curl.path)).toEqual(["r1"]);
    expect(through("")).toEqual(["factory:loopback"]);
  });

  test("are offered by the names of apps, in their order, with the paths of those that are called the same", () => {
    const ofFirefox = aRule("r3");
    const called = (path: string) => (path === firefox.path ? "Firefox" : "curl");
    expect(appsIn([ofFirefox, other, ofCurl, ofCurl, loopbackRule], called)).toEqual([
      ["/opt/bin/curl", "curl (/opt/bin/curl)"],
      [curl.path, "curl (/usr/bin/curl)"],
      [firefox.path, "Firefox"],
    ]);
  });
});

describe("the app of a rule", () => {
  test("is called by its file until somebody vouches for a name, and never by a name that nobody vouches for", () => {
    expect(ruleSentence(aRule("r"))).toMatch(/^firefox-esr may connect/);
    noteApps([firefox, { ...updater, name: "Firefox" }, { ...python, name: "Firefox" }]);
    expect(ruleSentence(aRule("r", { via: firefox.path }))).toMatch(
      /^Firefox may connect .*, when started by Firefox$/,
    );
    expect([updater.path, python.path, null].map(appCalled)).toEqual(["updater", "serve.py (python3.11)", "Any app"]);
    noteApps([{ ...firefox, name: "Firefox ESR" }]);
    expect(appCalled(firefox.path)).toBe("Firefox ESR");
  });
});
