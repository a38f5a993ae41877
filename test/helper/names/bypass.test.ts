// Look-ups past the configured resolvers are recognised by port, address and name, and nothing else is.
import { expect, it } from "vitest";
import { bypass } from "../../../helper/names/bypass.ts";
import { addressHex } from "../../../helper/policy/address.ts";

const resolvers = [addressHex("192.0.2.53")];

it.each<[string, number, "tcp" | "udp" | "icmp", string[], string | null]>([
  ["198.51.100.1", 53, "udp", [], "dns"],
  ["198.51.100.1", 853, "tcp", [], "dot"],
  ["198.51.100.1", 853, "udp", [], "doq"],
  ["1.1.1.1", 443, "tcp", [], "doh"],
  ["2606:4700:4700::1111", 443, "udp", [], "doh"],
  ["198.51.100.1", 443, "tcp", ["dns.google"], "doh"],
  ["198.51.100.1", 443, "tcp", ["abc123.dns.nextdns.io"], "doh"],
  ["198.51.100.1", 443, "tcp", ["google.example"], null],
  ["198.51.100.1", 443, "tcp", ["notdns.google"], null],
  ["1.1.1.1", 80, "tcp", [], null],
  ["1.1.1.1", 0, "icmp", [], null],
  ["192.0.2.53", 53, "udp", [], null],
  ["192.0.2.53", 853, "tcp", [], null],
])("%s port %d %s, called %j: %s", (address, port, protocol, names, expected) => {
  expect(bypass({ address: addressHex(address), port, protocol }, names, resolvers)).toBe(expected);
});
