// Look-ups past the machine's resolver: what an app learns there has no name here. A label, never a verdict: the lists are short and dated.
import type { Bypass } from "../../contract/words.ts";
import { addressHex } from "../policy/address.ts";

/** Public resolvers that also answer over HTTPS, as their makers name them (2026). */
const hosts = [
  ...["one.one.one.one", "cloudflare-dns.com", "mozilla.cloudflare-dns.com", "chrome.cloudflare-dns.com"],
  ...["security.cloudflare-dns.com", "family.cloudflare-dns.com"],
  ...["dns.google", "dns64.dns.google", "dns.quad9.net", "dns10.quad9.net", "dns11.quad9.net"],
  ...["doh.opendns.com", "dns.opendns.com", "dns.adguard-dns.com", "unfiltered.adguard-dns.com"],
  ...["dns.nextdns.io", "firefox.dns.nextdns.io", "chromium.dns.nextdns.io", "doh.cleanbrowsing.org"],
  ...["dns.mullvad.net", "base.dns.mullvad.net", "doh.dns.sb", "dns0.eu", "zero.dns0.eu", "doh.xfinity.com"],
];

const addresses = [
  ...["1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3"],
  ...["2606:4700:4700::1111", "2606:4700:4700::1001", "2606:4700:4700::1112", "2606:4700:4700::1002"],
  ...["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"],
  ...["9.9.9.9", "149.112.112.112", "9.9.9.10", "9.9.9.11", "2620:fe::fe", "2620:fe::9", "2620:fe::10", "2620:fe::11"],
  ...["208.67.222.222", "208.67.220.220", "2620:119:35::35", "2620:119:53::53"],
  ...["94.140.14.14", "94.140.15.15", "2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff"],
  ...["194.242.2.2", "2a07:e340::2", "185.222.222.222", "45.11.45.11", "193.110.81.0", "185.253.5.0"],
];

const knownHosts = new Set(hosts);
const knownAddresses = new Set(addresses.map(addressHex));

export interface Destination {
  /** 32 hex digits. */
  readonly address: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
}

/**
 * How a flow to there gets round the configured resolvers; null where it does not. dot, doq: by port. doh: by whom it is asked of. dns:
 * plain, of somebody who is not configured. `names`: what the destination is called.
 */
export function bypass(
  { address, port, protocol }: Destination,
  names: readonly string[],
  resolvers: readonly string[],
): Bypass | null {
  if ((protocol !== "tcp" && protocol !== "udp") || resolvers.includes(address)) return null;
  if (port === 53) return "dns";
  if (port === 853) return protocol === "tcp" ? "dot" : "doq";
  const known = knownAddresses.has(address) || names.some((name) => knownHosts.has(name) || isPersonal(name));
  return port === 443 && known ? "doh" : null;
}

/** Names that a provider makes for each customer. */
function isPersonal(name: string): boolean {
  return /\.(dns\.nextdns\.io|cloudflare-gateway\.com|d\.adguard-dns\.com|doh\.opendns\.com)$/.test(name);
}
