import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DomainSet, DomainSetBuilder, Query } from "../../../helper/blocklists/domain-set.ts";
import type { NameKind } from "../../../helper/blocklists/parse.ts";

const never = () => undefined;
const query = new Query();

function setOf(...names: [name: string, kind: NameKind][]): Promise<DomainSet> {
  const builder = new DomainSetBuilder(0);
  for (const [name, kind] of names) builder.add(name, kind);
  return builder.build(never);
}

describe("a set of names", () => {
  it("has a host for itself, and a domain for everything below", async () => {
    const set = await setOf(["host.example.org", "host"], ["example.net", "domain"]);
    const find = (name: string) => set.find(query.set(name));
    expect(find("host.example.org")).toEqual({ entry: "host.example.org", kind: "host" });
    expect(find("a.host.example.org")).toBeNull();
    expect(find("example.org")).toBeNull();
    expect(find("example.net")).toEqual({ entry: "example.net", kind: "domain" });
    expect(find("a.b.example.net")).toEqual({ entry: "example.net", kind: "domain" });
    expect(find("notexample.net")).toBeNull();
    expect(find("net")).toBeNull();
  });

  it("names the entry nearest to what was looked up", async () => {
    const set = await setOf(["example.net", "domain"], ["a.example.net", "domain"], ["b.example.net", "host"]);
    expect(set.find(query.set("x.a.example.net"))?.entry).toBe("a.example.net");
    expect(set.find(query.set("b.example.net"))).toEqual({ entry: "b.example.net", kind: "host" });
    expect(set.find(query.set("x.b.example.net"))?.entry).toBe("example.net");
  });

  it("leaves alone what the list excepts, above and below what it blocks", async () => {
    const set = await setOf(
      ["example.net", "domain"],
      ["good.example.net", "exception"],
      ["bad.good.example.net", "domain"],
    );
    expect(set.find(query.set("good.example.net"))).toBeNull();
    expect(set.find(query.set("x.bad.good.example.net"))).toBeNull();
    expect(set.find(query.set("other.example.net"))?.entry).toBe("example.net");
  });

  it("counts each name once, whatever it is written as", async () => {
    const set = await setOf(
      ["a.example", "host"],
      ["a.example", "domain"],
      ["a.example", "host"],
      ["b.example", "host"],
      ["b.example", "host"],
    );
    expect(set.counts).toEqual({ hosts: 2, domains: 1, exceptions: 0 });
    expect(set.find(query.set("x.a.example"))?.kind).toBe("domain");
  });

  it("grows beyond what was expected", async () => {
    const builder = new DomainSetBuilder(10);
    for (let number = 0; number < 5000; number++) builder.add(`n${number}.example`, "domain");
    const set = await builder.build(never);
    for (let number = 0; number < 5000; number++) expect(set.find(query.set(`x.n${number}.example`))).not.toBeNull();
    expect(set.find(query.set("n5000.example"))).toBeNull();
  });

  it("says that it is full instead of losing names", async () => {
    const builder = new DomainSetBuilder(0);
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.`;
    expect(() => {
      for (let number = 0; number < 400_000; number++) builder.add(`${long}${number}.example`, "host");
    }).toThrow(expect.objectContaining({ code: "blocklist_too_large" }));
  });

  it("agrees with a plain map, for any names", async () => {
    const label = fc.constantFrom("a", "b", "c", "ab", "bc", "example");
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
    const kind = fc.constantFrom<NameKind>("host", "domain", "exception");
    let blocked = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, kind), { maxLength: 40 }),
        fc.array(name, { maxLength: 40 }),
        async (entries, asked) => {
          const set = await setOf(...entries);
          const has = (wanted: string, as: NameKind) => entries.some(([text, kind]) => text === wanted && kind === as);
          for (const name of asked) {
            const labels = name.split(".");
            const suffixes = labels.map((_, at) => labels.slice(at).join("."));
            const excepted = suffixes.some((suffix) => has(suffix, "exception"));
            const domain = suffixes.find((suffix) => has(suffix, "domain"));
            const entry = excepted ? undefined : has(name, "host") ? name : domain;
            expect(set.find(query.set(name))?.entry).toBe(entry);
            if (entry !== undefined) blocked++;
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(blocked).toBeGreaterThan(100);
  });

  it("of 200,000 names has every one and nothing else", async () => {
    const builder = new DomainSetBuilder(4_000_000);
    for (let number = 0; number < 200_000; number++) builder.add(`${number.toString(36)}.track.example`, "domain");
    const set = await builder.build(never);
    let wrong = 0;
    for (let number = 0; number < 200_000; number++) {
      const name = `${number.toString(36)}.track.example`;
      if (set.find(query.set(name))?.entry !== name) wrong++;
      if (set.find(query.set(`-${name}`)) !== null) wrong++;
    }
    expect(wrong).toBe(0);
    expect(set.counts.domains).toBe(200_000);
  });
});
