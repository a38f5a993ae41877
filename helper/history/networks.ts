// Which network this computer's traffic goes through: NetworkManager's primary connection, or where it does not run, the default route.
import { existsSync, readFileSync } from "node:fs";
import type { NetworkKind } from "../../contract/history.ts";
import type { StoredNetwork } from "../store/history-keys.ts";

/** This computer's talk with itself. */
export const ownNetwork: StoredNetwork = { key: "local", name: "This computer", kind: "local", metered: false };
const nowhere: StoredNetwork = { key: "none", name: "No router", kind: "other", metered: false };

const reject = 0x200;

/** The router and device of the best default route, of /proc/net/route and /proc/net/ipv6_route; null where there is none. */
export function defaultRoute(ipv4: string, ipv6: string): { router: string; device: string } | null {
  const routes4 = ipv4
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, destination, , flags, , , , mask]) =>
        destination === "00000000" && mask === "00000000" && (Number.parseInt(flags ?? "0", 16) & reject) === 0,
    )
    .map(([device = "", , gateway = "", , , , metric]) => ({
      device,
      router: (gateway.match(/../g) ?? [])
        .reverse()
        .map((byte) => Number.parseInt(byte, 16))
        .join("."),
      metric: Number(metric),
    }));
  const routes6 = ipv6
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([to, bits, , , , , , , flags, device]) =>
        to === "0".repeat(32) && bits === "00" && device !== "lo" && (Number.parseInt(flags ?? "0", 16) & reject) === 0,
    )
    .map(([, , , , gateway = "", metric, , , , device = ""]) => ({
      device,
      router: (gateway.match(/.{4}/g) ?? []).join(":"),
      metric: Number.parseInt(metric ?? "0", 16),
    }));
  const best = (routes: typeof routes4) => routes.sort((a, b) => a.metric - b.metric)[0];
  const { router, device } = best(routes4) ?? best(routes6) ?? { router: "", device: "" };
  return device === "" ? null : { router, device };
}

function kindOf(device: string): NetworkKind {
  const has = (name: string) => existsSync(`/sys/class/net/${device}/${name}`);
  if (has("wireless") || has("phy80211")) return "wifi";
  if (/^ww/.test(device)) return "mobile";
  if (has("tun_flags") || /^wg/.test(device)) return "vpn";
  return has("device") ? "ethernet" : "other";
}

/** Read now: a few small files. */
export function routedNetwork(): StoredNetwork {
  const read = (name: string) => {
    try {
      return readFileSync(`/proc/net/${name}`, "latin1");
    } catch {
      return ""; // no IPv6
    }
  };
  const route = defaultRoute(read("route"), read("ipv6_route"));
  if (route === null) return nowhere;
  const { router, device } = route;
  const direct = /^[0.:]*$/.test(router);
  return {
    key: `route:${device} ${direct ? "" : router}`,
    name: direct ? device : `${device}, ${router}`,
    kind: kindOf(device),
    metered: kindOf(device) === "mobile",
  };
}
