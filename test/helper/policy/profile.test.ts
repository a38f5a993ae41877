// Which profile a network asks for.
import { describe, expect, it } from "vitest";
import type { Networks, Profile } from "../../../contract/words.ts";
import { gatewayText, profileFor } from "../../../helper/policy/profile.ts";

const profile = (name: string, conditions: Partial<Profile> = {}): Profile => ({
  name,
  ssid: null,
  gateway: null,
  vpn: null,
  ...conditions,
});

const router = { address: "192.0.2.9", mac: "52:54:00:12:34:56" };
const here = (change: Partial<Networks> = {}): Networks => ({
  ssids: ["home"],
  gateways: [router],
  vpn: false,
  ...change,
});

describe("the network's profile", () => {
  const home = profile("home", { ssid: "home" });

  it.each<[string, Networks | null, Profile[], string | null]>([
    ["none where nobody knows the networks", null, [home], null],
    ["the one whose condition is met", here(), [home, profile("office", { ssid: "office" })], "home"],
    ["none where none is met", here({ ssids: [] }), [home], null],
    ["never one without conditions", here(), [profile("plain")], null],
    ["the router's by address", here(), [profile("a", { gateway: "192.0.2.9" })], "a"],
    ["the router's by hardware address", here(), [profile("a", { gateway: router.mac })], "a"],
    [
      "not by a hardware address that is not known yet",
      here({ gateways: [{ ...router, mac: null }] }),
      [profile("a", { gateway: router.mac })],
      null,
    ],
    ["with a VPN only where one is active", here(), [profile("a", { vpn: true })], null],
    ["with a VPN", here({ vpn: true }), [profile("a", { vpn: true })], "a"],
    ["without a VPN only where none is", here({ vpn: true }), [profile("a", { vpn: false })], null],
    ["not when one of two conditions fails", here(), [profile("a", { ssid: "home", vpn: true })], null],
    [
      "the one with more conditions",
      here(),
      [profile("a", { ssid: "home" }), profile("b", { ssid: "home", gateway: router.mac })],
      "b",
    ],
    ["the first by name of equals", here(), [profile("b", { ssid: "home" }), profile("a", { vpn: false })], "a"],
  ])("is %s", (_, networks, profiles, expected) => {
    expect(profileFor(networks, profiles)).toBe(expected);
  });
});

describe("a router", () => {
  it.each([
    ["192.0.2.9", "192.0.2.9"],
    ["2001:DB8:0::1", "2001:db8::1"],
    ["52-54-00-AB-34-56", "52:54:00:ab:34:56"],
    ["52:54:00:ab:34", null],
    ["192.0.2.0/24", null],
    ["router", null],
  ])("is an address or a hardware address: %s", (given, expected) => {
    expect(gatewayText(given)).toBe(expected);
  });
});
