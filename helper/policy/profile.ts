// Which profile a network asks for. Pure.
import type { Networks, Profile } from "../../contract/words.ts";
import { formatPrefix, parsePrefix } from "./address.ts";

const hardwareAddress = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** A router's address or hardware address as profiles have it; null for what is neither. */
export function gatewayText(given: string): string | null {
  const lower = given.toLowerCase().replaceAll("-", ":");
  if (hardwareAddress.test(lower)) return lower;
  const prefix = parsePrefix(given);
  return prefix?.bits === 128 ? formatPrefix(prefix) : null;
}

function conditions({ ssid, gateway, vpn }: Profile): number {
  return [ssid, gateway, vpn].filter((condition) => condition !== null).length;
}

function isMet({ ssid, gateway, vpn }: Profile, networks: Networks): boolean {
  return (
    (ssid === null || networks.ssids.includes(ssid)) &&
    (gateway === null || networks.gateways.some(({ address, mac }) => address === gateway || mac === gateway)) &&
    (vpn === null || networks.vpn === vpn)
  );
}

/**
 * The profile with the most conditions of those that are met, the first by name where several have as many. One without conditions is
 * taken by hand only. Null where none is met, or nobody knows the networks.
 */
export function profileFor(networks: Networks | null, profiles: readonly Profile[]): string | null {
  if (networks === null) return null;
  const met = profiles.filter((profile) => conditions(profile) > 0 && isMet(profile, networks));
  met.sort((a, b) => conditions(b) - conditions(a) || (a.name < b.name ? -1 : 1));
  return met[0]?.name ?? null;
}
