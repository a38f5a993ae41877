// An address to stand in for one that nobody gave: in no range that means something.
import { expect, it } from "vitest";
import { AddressSet } from "../../../helper/blocklists/address-set.ts";
import { addressHex, contains, type Prefix, parsePrefix } from "../../../helper/policy/address.ts";
import { noLists } from "../../../helper/policy/lists.ts";
import { localPrefixes, loopbackPrefixes, type PolicyRule } from "../../../helper/policy/rule.ts";
import { somewhere } from "../../../helper/policy/somewhere.ts";

const zones = { loopback: loopbackPrefixes, local: localPrefixes, resolvers: [] as Prefix[] };
const prefix = (text: string) => parsePrefix(text) as Prefix;
const about = (...texts: string[]) =>
  texts.map((text) => ({ destination: { kind: "prefix", prefix: prefix(text) } }) as PolicyRule);
const listing = (...texts: string[]) => {
  const { prefixes } = new AddressSet(texts.map(prefix));
  const entry = (prefix: Prefix) => ({ list: "l", number: 1, destination: { kind: "prefix", prefix } as const });
  return {
    ...noLists,
    covering: ({ hex }: Prefix) => prefixes.filter((range) => contains(range, hex)).map(entry)[0] ?? null,
  };
};

const asked = "192.0.2.1";
const everywhere = ["0.0.0.0/1", "128.0.0.0/1"];

it.each([
  ["nobody means any", [], noLists],
  ["rules mean all of IPv4, or IPv6 ranges", about("0.0.0.0/0", "::/0", "2000::/3"), noLists],
  ["every one is meant by some rule", about(...everywhere), noLists],
])("is one that nobody has where %s", (_, rules, lists) => {
  expect(somewhere({ rules, lists, zones })).toBe(addressHex(asked));
});

it.each([
  ["a rule", about("192.0.2.0/24"), noLists],
  ["a rule for it alone", about(asked), noLists],
  ["a list", [], listing("192.0.0.0/8", "32.0.0.0/3")],
  ["half of all there is", about("128.0.0.0/1"), noLists],
])("is another one where it is meant by %s", (_, rules, lists) => {
  const hex = somewhere({ rules, lists, zones });
  expect(lists.covering({ hex, bits: 128 })).toBeNull();
  for (const { destination } of rules)
    if (destination.kind === "prefix") expect(contains(destination.prefix, hex)).toBe(false);
  for (const range of [...localPrefixes, ...loopbackPrefixes]) expect(contains(range, hex)).toBe(false);
});

it("is no resolver", () => {
  const resolvers = [prefix(asked)];
  expect(somewhere({ rules: [], lists: noLists, zones: { ...zones, resolvers } })).not.toBe(addressHex(asked));
});
