import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddressSet, mergePrefixes } from "../../../helper/blocklists/address-set.ts";
import {
  addressHex,
  contains,
  formatPrefix,
  type Prefix,
  parsePrefix,
  truncate,
} from "../../../helper/policy/address.ts";

const prefixes = (...texts: string[]) => texts.map((text) => parsePrefix(text) as Prefix);
const merged = (...texts: string[]) => mergePrefixes(prefixes(...texts)).map(formatPrefix);

describe("merged prefixes", () => {
  it("are sorted, once each, none within another", () => {
    expect(merged("203.0.113.9", "198.51.100.0/24", "198.51.100.7", "203.0.113.9", "2001:db8::1")).toEqual([
      "198.51.100.0/24",
      "203.0.113.9",
      "2001:db8::1",
    ]);
  });

  it("become their common range when they fill it", () => {
    expect(merged("192.0.2.0/25", "192.0.2.128/26", "192.0.2.192/27", "192.0.2.224/27")).toEqual(["192.0.2.0/24"]);
    expect(merged("192.0.2.64/26", "192.0.2.128/26")).toEqual(["192.0.2.64/26", "192.0.2.128/26"]);
    expect(merged("2001:db8::/33", "2001:db8:8000::/33")).toEqual(["2001:db8::/32"]);
  });

  it("never make a range that holds no IPv4 out of all of IPv4", () => {
    expect(mergePrefixes(prefixes("0.0.0.0/1", "128.0.0.0/1", "::fffe:0:0/96")).map(({ bits }) => bits)).toEqual([
      96, 96,
    ]);
  });

  it("cover exactly what they covered before, in as few", () => {
    const prefix = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 24, max: 32 }));
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 30 }), (given) => {
        const before = prefixes(...given.map(([last, bits]) => `192.0.2.${last}/${bits}`));
        const set = new AddressSet(before);
        for (let last = 0; last < 256; last++) {
          const hex = addressHex(`192.0.2.${last}`);
          const found = set.find(hex);
          expect(found !== null).toBe(before.some((one) => contains(one, hex)));
          if (found !== null) expect(contains(found, hex)).toBe(true);
        }
        expect(mergePrefixes(set.prefixes)).toEqual(set.prefixes);
        expect(set.hosts).toBe(set.prefixes.filter(({ bits }) => bits === 128).length);
        for (const prefix of before) {
          expect(set.has(prefix)).toBe(
            set.prefixes.some(({ hex, bits }) => hex === prefix.hex && bits === prefix.bits),
          );
          const within = set.prefixes.some((one) => one.bits > prefix.bits && contains(prefix, one.hex));
          expect(set.hasWithin(prefix)).toBe(within);
          const wider = { hex: truncate(prefix.hex, prefix.bits - 2), bits: prefix.bits - 2 };
          expect(set.hasWithin(wider)).toBe(
            set.prefixes.some((one) => one.bits > wider.bits && contains(wider, one.hex)),
          );
        }
        expect(set.find(addressHex("192.0.1.255"))).toBeNull();
        expect(set.find(addressHex("192.0.3.0"))).toBeNull();
      }),
      { numRuns: 60 },
    );
  });
});
