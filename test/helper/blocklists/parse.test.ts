// Lists in the formats they are published in, written for these tests in each format's style.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SkipReason } from "../../../contract/blocklists.ts";
import { refusal } from "../../../helper/blocklists/addresses.ts";
import { ListParser, type Report } from "../../../helper/blocklists/parse.ts";
import { formatPrefix, type Prefix, parsePrefix } from "../../../helper/policy/address.ts";
import { writtenName } from "../../../helper/policy/host-name.ts";

interface Parsed {
  entries: string[];
  report: Report;
}

/** Entries as "kind name" or "address PREFIX"; the text arrives in pieces of `piece` bytes. */
function parse(text: string | Buffer, piece = 7): Parsed {
  const entries: string[] = [];
  const parser = new ListParser({
    name: (name, kind) => entries.push(`${kind} ${name}`),
    address: (prefix) => entries.push(`address ${formatPrefix(prefix)}`),
  });
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += piece) parser.push(bytes.subarray(at, at + piece));
  return { entries, report: parser.end() };
}

const reasons = ({ report }: Parsed) =>
  Object.fromEntries(report.skipped.map(({ reason, count }) => [reason, count])) as Partial<Record<SkipReason, number>>;

describe("a hosts file", () => {
  const file = `# Title: somebody's hosts
#########################
127.0.0.1 localhost
127.0.0.1 localhost.localdomain
255.255.255.255 broadcasthost
::1 ip6-localhost
fe80::1%lo0 localhost
0.0.0.0 0.0.0.0
# Ads
0.0.0.0 ads.example.org
0.0.0.0\ttracker.example.net # pixel
127.0.0.1   a.example.com b.example.com   c.example.com
:: v6.example.org
192.168.1.5 nas.example.org
0.0.0.0 co.uk
0.0.0.0 github.io
`;

  it("blocks the very hosts that it leads nowhere", () => {
    const parsed = parse(file);
    expect(parsed.entries).toEqual([
      "host ads.example.org",
      "host tracker.example.net",
      "host a.example.com",
      "host b.example.com",
      "host c.example.com",
      "host v6.example.org",
      "host github.io", // a private suffix is a host, too
    ]);
    expect(parsed.report.entries).toBe(7);
    expect(reasons(parsed)).toEqual({ local_name: 5, local_address: 1, redirect: 1, public_suffix: 1 });
  });

  it("says which lines it did not take, the first few", () => {
    const { skipped } = parse(file).report;
    expect(skipped.find(({ reason }) => reason === "redirect")?.first).toEqual([
      { line: 14, text: "192.168.1.5 nas.example.org" },
    ]);
    expect(skipped.find(({ reason }) => reason === "local_name")?.first.map(({ line }) => line)).toEqual([3, 4, 5]);
  });
});

describe("a list of plain names", () => {
  it("blocks them and everything below", () => {
    const parsed = parse(
      "\ufeffexample.org\r\nAds.Example.NET.\r\n*.wild.example.com\n.dot.example.com\n\n# end\nlast.example",
    );
    expect(parsed.entries).toEqual([
      "domain example.org",
      "domain ads.example.net",
      "domain wild.example.com",
      "domain dot.example.com",
      "domain last.example",
    ]);
    expect(parsed.report.lines).toBe(7);
    expect(parsed.report.skipped).toEqual([]);
  });

  it("never blocks what strangers share", () => {
    const parsed = parse(
      "com\nco.uk\ngithub.io\nco.jp.\nСПб.РФ\nрф\n公司.cn\nlocalhost\nprinter.local\nmine.github.io\n",
    );
    expect(parsed.entries).toEqual(["domain xn--90a1af.xn--p1ai", "domain mine.github.io"]);
    expect(reasons(parsed)).toEqual({ public_suffix: 6, local_name: 2 });
  });

  it("writes international names as the DNS does", () => {
    expect(parse("bücher.example\nBÜCHER.example\nxn--bcher-kva.example\n").entries).toEqual(
      Array(3).fill("domain xn--bcher-kva.example"),
    );
  });

  it.each([
    "two words.example",
    "under score.example",
    "-",
    "..",
    "a..example",
    `${"a".repeat(64)}.example`,
    `${"abc.".repeat(64)}example`,
    "name.123",
    "exa mple",
    "\xff\xfe.example",
    "<html>",
  ])("refuses %j as a name", (text) => {
    const parsed = parse(Buffer.from(`${text}\n`, "latin1"));
    expect(parsed.entries).toEqual([]);
    expect(reasons(parsed)).toEqual({ unreadable: 1 });
  });
});

describe("an adblock list", () => {
  it("is taken as far as it speaks of whole domains, the rest is counted", () => {
    const parsed = parse(`[Adblock Plus 2.0]
! Title: somebody's filters
||ads.example.org^
||tracker.example.net^
@@||good.ads.example.org^
||192.0.2.7^
||example.com^$third-party
||example.com/banner.gif
||example.com
||*.example.com^
||ads*.example.com^
@@||example.com^$document
@@||192.0.2.8^
example.com##.advert
example.com#@#.advert
##.sponsored
/banner/[0-9]+/
|https://example.com/|
-ad-300x250.
&ad_box_
||com^
`);
    expect(parsed.entries).toEqual([
      "domain ads.example.org",
      "domain tracker.example.net",
      "exception good.ads.example.org",
      "address 192.0.2.7",
    ]);
    expect(reasons(parsed)).toEqual({ not_carried_over: 13, public_suffix: 1, unreadable: 1 });
  });
});

describe("a list of addresses", () => {
  it("is read with comments behind them, ranges canonical", () => {
    const parsed = parse(`; drop list
198.51.100.0/24 ; SBL1
203.0.113.9
203.0.113.77/28 # cut to its range
2001:db8:1::/48 ; SBL2
2001:DB8::0001
`);
    expect(parsed.entries).toEqual([
      "address 198.51.100.0/24",
      "address 203.0.113.9",
      "address 203.0.113.64/28",
      "address 2001:db8:1::/48",
      "address 2001:db8::1",
    ]);
    expect(parsed.report.skipped).toEqual([]);
  });

  it("cuts nobody off from the own machine and network, or from most of the internet", () => {
    const local = [
      "0.0.0.0",
      "10.0.0.0/8",
      "127.0.0.53",
      "169.254.1.0/24",
      "172.20.0.1",
      "192.168.0.0/16",
      "192.0.0.0/8",
      "224.0.0.251",
    ];
    const local6 = ["::", "::1", "fe80::1", "fd00::/8", "ff02::fb"];
    const wide = ["0.0.0.0/0", "128.0.0.0/1", "8.0.0.0/7", "::/0", "2000::/3", "::ffff:0:0/96", "::/80"];
    const parsed = parse([...local, ...local6, ...wide].join("\n"));
    expect(parsed.entries).toEqual([]);
    expect(reasons(parsed)).toEqual({ local_address: local.length + local6.length, too_wide: wide.length });
  });

  it.each(["1.2.3", "1.2.3.4.5", "1.2.3.4/33", "1.2.3.4/", "256.1.1.1", "2001:db8::/129", "fe80::1%eth0", ":::"])(
    "refuses %s",
    (text) => {
      expect(reasons(parse(text))).toEqual({ unreadable: 1 });
    },
  );
});

describe("a list that is hostile", () => {
  it("with lines of a megabyte costs no memory and loses only those", () => {
    const long = "a".repeat(1_000_000);
    const parsed = parse(`one.example\n${long}\n0.0.0.0 ${"x.example ".repeat(1000)}\ntwo.example\n${long}`, 65_536);
    expect(parsed.entries).toEqual(["domain one.example", "domain two.example"]);
    expect(parsed.report).toMatchObject({ lines: 5, entries: 2 });
    const [tooLong] = parsed.report.skipped;
    expect(tooLong).toMatchObject({ reason: "too_long", count: 3 });
    for (const { text } of tooLong?.first ?? []) expect(text.length).toBeLessThanOrEqual(100);
  });

  it("is read alike in pieces of any size, and whatever it gives is a name of the DNS", () => {
    const good = [
      "0.0.0.0 ads.example.org\n127.0.0.1 a.example.com b.example.com # two\n",
      "||ads.example.org^\n@@||good.ads.example.org^\n||192.0.2.7^\nexample.com##.advert\n",
      "example.org\r\nbücher.example\r\n*.wild.example.com\r\n",
      "198.51.100.0/24 ; SBL1\n2001:db8:1::/48\n",
    ];
    const junk = fc.oneof(
      fc.constantFrom(
        "\n",
        "\r",
        "\0",
        "||",
        "^",
        "@@",
        ".",
        "..",
        "#",
        "##",
        ";",
        " ",
        "/",
        ":",
        "::",
        "%",
        "xn--",
        "\u202e",
        "ß",
        "K",
      ),
      fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    );
    const mutation = fc.record({ at: fc.nat(10_000), cut: fc.nat(6), put: junk });
    let entries = 0;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...good), { minLength: 1, maxLength: 6 }),
        fc.array(mutation, { maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        (texts, mutations, size) => {
          let bytes = Buffer.from(texts.join(""));
          for (const { at, cut, put } of mutations) {
            const place = at % (bytes.length + 1);
            bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from(put as string), bytes.subarray(place + cut)]);
          }
          const whole = parse(bytes, bytes.length + 1);
          expect(parse(bytes, size)).toEqual(whole);
          for (const entry of whole.entries) {
            const [kind, text = ""] = entry.split(" ");
            if (kind === "address") expect(refusal(parsePrefix(text) as Prefix)).toBeNull();
            else expect(writtenName(text)).toBe(text);
          }
          expect(whole.report.entries).toBe(whole.entries.length);
          entries += whole.entries.length;
        },
      ),
      { numRuns: 5000, interruptAfterTimeLimit: 6_000, markInterruptAsFailure: false },
    );
    expect(entries).toBeGreaterThan(500);
  });
});
