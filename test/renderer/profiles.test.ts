// Profiles in words, and when what stands in the form can be one.
import { expect, test } from "vitest";
import { draftOf, problemsOf, profileOf, whenActive, whereNow } from "../../renderer/views/profiles/words.ts";
import { aProfile } from "../window/scenario-profiles.ts";

test.each([
  [{}, "Active only when you choose it"],
  [{ ssid: "Café" }, "Active on the Wi-Fi “Café”"],
  [{ vpn: false }, "Active while no VPN is on"],
  [
    { ssid: "a\u202eb", gateway: "192.0.2.1", vpn: true },
    "Active on the Wi-Fi “a\ufffdb”, behind the router 192.0.2.1, while a VPN is on",
  ],
])("%j is %j", (conditions, words) => {
  expect(whenActive(aProfile("x", conditions))).toBe(words);
});

test.each([
  [{}, "Not connected to any network.", ""],
  [{ gateways: [{ address: "192.0.2.1", mac: null }] }, "Connected to a network.", "Router 192.0.2.1"],
  [
    { ssids: ["Caf\u202eé"], gateways: [{ address: "192.0.2.1", mac: "02:00:00:00:00:01" }], vpn: true },
    "Connected to Wi-Fi “Caf\ufffdé” and a VPN.",
    "Router 192.0.2.1 (02:00:00:00:00:01)",
  ],
])("in %j this computer is %j", (networks, place, routers) => {
  expect(whereNow({ ssids: [], gateways: [], vpn: false, ...networks })).toEqual({ place, routers });
});

test("a form with nothing changed is the profile it was made of", () => {
  for (const profile of [aProfile("Work"), aProfile("Café", { ssid: " x ", gateway: "192.0.2.1", vpn: false })])
    expect(profileOf(draftOf(profile))).toEqual(profile);
});

test.each([
  ["", "", ["name"]],
  ["  ", "", ["name"]],
  ["Home", "", ["taken"]],
  [" Home ", "", ["taken"]],
  ["Work", "x".repeat(33), ["ssid"]],
  ["Work", "x".repeat(32), []],
])("a name %j and a network %j have the problems %j", (name, ssid, problems) => {
  expect(problemsOf({ ...draftOf(aProfile(name)), ssid }, ["Home"])).toEqual(problems);
});
