// Addresses and ranges in text. The oracle for IPv6 is the URL parser of Node, which shares no code with ipaddr.js.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressHex,
  contains,
  covers,
  formatAddress,
  formatPrefix,
  parsePrefix,
  truncate,
} from "../../../helper/policy/address.ts";

/** 32 digits by the URL standard's IPv6 parser; null when it refuses. */
function expand(text: string): string | null {
  let host: string;
  try {
    host = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return null;
  }
  const [head = "", tail] = host.split("::");
  const groups = (part: string) => part.split(":").filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array(missing).fill("0"), ...groups(tail ?? "")];
  return all.map((group: string) => group.padStart(4, "0")).join("");
}

const hex = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => value.toString(16).padStart(32, "0"));
const ipv4Hex = fc.nat(0xffffffff).map((value) => `00000000000000000000ffff${value.toString(16).padStart(8, "0")}`);

describe("parsePrefix", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1", 128],
    ["192.0.2.77/24", "192.0.2.0/24", 120],
    ["0.0.0.0/0", "0.0.0.0/0", 96],
    ["192.0.2.1/32", "192.0.2.1", 128],
    ["2001:DB8:0:0::1", "2001:db8::1", 128],
    ["2001:db8::ffff/32", "2001:db8::/32", 32],
    ["::/0", "::/0", 0],
    ["::1", "::1", 128],
    ["::", "::", 128],
    ["::ffff:192.0.2.1", "192.0.2.1", 128],
    ["::ffff:c000:201/104", "192.0.0.0/8", 104],
    ["::ffff:0:0/95", "::fffe:0:0/95", 95],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201", 128],
    ["fe80::1/10", "fe80::/10", 10],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3", 128],
  ])("reads %s as %s", (text, canonical, bits) => {
    const prefix = parsePrefix(text);
    expect(prefix?.bits).toBe(bits);
    expect(prefix && formatPrefix(prefix)).toBe(canonical);
  });

  it.each([
    [
      "",
      " ",
      "/",
      "/8",
      "192.0.2.1/",
      "192.0.2.1//8",
      "192.0.2.1/8/8",
      "192.0.2.1/-1",
      "192.0.2.1/+8",
      "192.0.2.1/8.0",
    ],
    ["192.0.2.1/33", "2001:db8::/129", "2001:db8::/1000", "192.0.2.1/0x8", "192.0.2.1/1e1"],
    ["192.0.2", "192.0", "3232235777", "0xc0000201", "0300.0.2.1", "192.0.2.010", "192.0.2.0x1", "192.0.2.256"],
    ["192.0.2.1.", ".192.0.2.1", "192..2.1", " 192.0.2.1", "192.0.2.1 ", "192.0.2.1\n", "192.0.2.1\0", "１９２.0.2.1"],
    ["fe80::1%eth0", "fe80::1%", "1::2::3", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "[::1]"],
    // Deprecated (RFC 4291), and not the address its last half looks like.
    ["::192.0.2.1", "::192.0.2.1/120"],
    ["localhost", "example.org", "any", "*", "null", "127.0.0.1:80", "http://127.0.0.1"],
  ])("refuses what is neither address nor range: %s …", (...texts) => {
    for (const text of texts) expect(parsePrefix(text), JSON.stringify(text)).toBeNull();
  });

  it("reads IPv6 as the URL standard does", () => {
    const digits = fc.stringMatching(/^[0-9a-fA-F]{1,4}$/);
    const written = fc
      .tuple(fc.array(digits, { maxLength: 8 }), fc.array(digits, { maxLength: 8 }), fc.boolean())
      .map(([head, tail, gap]) => (gap ? `${head.join(":")}::${tail.join(":")}` : [...head, ...tail].join(":")));
    fc.assert(
      fc.property(written, (text) => {
        const prefix = parsePrefix(text);
        // ipaddr.js lets "::" stand for nothing at all, which RFC 4291 allows to be written out only.
        if (prefix && expand(text) === null) return expect(text.replace(/[^:]/g, "").length).toBeGreaterThanOrEqual(8);
        expect(prefix?.hex ?? null).toBe(expand(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("never throws, and reads its own canonical text again, whatever it is given", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef:./% xX-") }),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, (text) => {
        const prefix = parsePrefix(text);
        if (prefix === null) return;
        expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
      }),
      { numRuns: 5000 },
    );
  }, 300_000);

  it("reads every prefix that it writes", () => {
    fc.assert(
      fc.property(fc.oneof(hex, ipv4Hex), fc.nat(128), (hex, bits) => {
        const prefix = { hex: truncate(hex, bits), bits };
        expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes no time for the longest text a client may send", () => {
    const started = performance.now();
    for (const part of [":", "::", "1:", "1.", "0", "f", "/", "%"]) parsePrefix(part.repeat(64 / part.length));
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("truncate and contains", () => {
  it("keep the leading bits and no others", () => {
    fc.assert(
      fc.property(hex, fc.nat(128), (hex, bits) => {
        const shift = BigInt(128 - bits);
        expect(BigInt(`0x${truncate(hex, bits)}`)).toBe((BigInt(`0x${hex}`) >> shift) << shift);
      }),
    );
  });

  it("agree with arithmetic, within a family", () => {
    for (const family of [ipv4Hex, hex.filter((hex) => !hex.startsWith("00000000000000000000ffff"))]) {
      fc.assert(
        fc.property(family, family, fc.integer({ min: 96, max: 128 }), fc.nat(127), (range, other, bits, flip) => {
          const near = (BigInt(`0x${range}`) ^ (1n << BigInt(flip % 32))).toString(16).padStart(32, "0");
          for (const hex of [other, range, near]) {
            const same = BigInt(`0x${range}`) >> BigInt(128 - bits) === BigInt(`0x${hex}`) >> BigInt(128 - bits);
            expect(contains({ hex: truncate(range, bits), bits }, hex)).toBe(same);
          }
        }),
      );
    }
  });

  it.each([
    ["::/0", "192.0.2.1", false],
    ["::/0", "2001:db8::1", true],
    ["::/64", "192.0.2.1", false],
    ["::/64", "::1", true],
    ["0.0.0.0/0", "192.0.2.1", true],
    ["0.0.0.0/0", "::1", false],
    ["192.0.2.0/25", "192.0.2.127", true],
    ["192.0.2.0/25", "192.0.2.128", false],
    ["2001:db8::/33", "2001:db8:7fff::", true],
    ["2001:db8::/33", "2001:db8:8000::", false],
  ])("%s holds %s: %s", (range, address, held) => {
    expect(contains(parsePrefix(range)!, addressHex(address))).toBe(held);
  });

  it.each([
    ["10.0.0.0/8", "10.1.0.0/16", true],
    ["10.1.0.0/16", "10.0.0.0/8", false],
    ["::/0", "0.0.0.0/0", false],
    ["::/0", "::/0", true],
    ["0.0.0.0/0", "0.0.0.0/0", true],
  ])("%s covers %s: %s", (range, inner, covered) => {
    expect(covers(parsePrefix(range)!, parsePrefix(inner)!)).toBe(covered);
  });
});

describe("formatAddress", () => {
  it("writes what the kernel reports in canonical text, and addressHex reads it again", () => {
    fc.assert(
      fc.property(fc.oneof(hex, ipv4Hex), (hex) => {
        const text = formatAddress(Buffer.from(hex, "hex"));
        expect(addressHex(text)).toBe(hex);
        if (text.includes(":")) expect(expand(text)).toBe(hex);
        expect(text.length).toBeLessThanOrEqual(45);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["00000000000000000000ffffc0000201", "192.0.2.1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010db8000100000000000000000000", "2001:db8:1::"],
    ["20010db800000001000100010001abcd", "2001:db8:0:1:1:1:1:abcd"],
    ["00000000000000000000000000000000", "::"],
  ])("writes %s as %s (RFC 5952)", (hex, text) => {
    expect(formatAddress(Buffer.from(hex, "hex"))).toBe(text);
  });
});
