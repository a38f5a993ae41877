// The default route, as /proc/net tells it.
import { expect, it } from "vitest";
import { defaultRoute, routedNetwork } from "../../../helper/history/networks.ts";

const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
const wired = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
const wireless = "wlan0\t00000000\tFE0200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";
const local = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";
const zero = "0".repeat(32);
const ipv6 = `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 wlan0\n`;
const rejected = `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo\n`;

it("is the one with the least metric; IPv6's where IPv4 has none", () => {
  expect(defaultRoute(head + wireless + wired + local, ipv6)).toEqual({ router: "192.168.1.1", device: "eth0" });
  expect(defaultRoute(head + wireless, "")).toEqual({ router: "192.0.2.254", device: "wlan0" });
  expect(defaultRoute(head + local, rejected + ipv6)).toEqual({
    router: "fe80:0000:0000:0000:0000:0000:0000:0001",
    device: "wlan0",
  });
  expect(defaultRoute(head + local, rejected)).toBeNull();
  expect(defaultRoute("", "")).toBeNull();
});

it("of this machine has a name and a key", () => {
  expect(routedNetwork()).toMatchObject({ key: expect.stringMatching(/./), name: expect.stringMatching(/./) });
});
