// Which addresses a list may block: never those of this machine and its own network. Pure.
import { covers, everyIpv4, type Prefix, parsePrefix, truncate } from "../policy/address.ts";

/** What a list would cut off with these is the machine itself, its router or its neighbours. */
const local: readonly Prefix[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "224.0.0.0/4",
  "255.255.255.255",
  "::/127", // unspecified and loopback
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
].map((text) => parsePrefix(text) as Prefix);

/** No registry ever gave anybody more. */
const widestIpv4 = everyIpv4.bits + 8;
const widestIpv6 = 16;

/** Null when the range may be blocked. */
export function refusal(prefix: Prefix): "local_address" | "too_wide" | null {
  if (local.some((range) => covers(range, prefix))) return "local_address";
  const holdsIpv4 = prefix.bits < everyIpv4.bits && truncate(everyIpv4.hex, prefix.bits) === prefix.hex;
  const widest = covers(everyIpv4, prefix) ? widestIpv4 : widestIpv6;
  if (holdsIpv4 || prefix.bits < widest) return "too_wide";
  return local.some((range) => covers(prefix, range)) ? "local_address" : null;
}
