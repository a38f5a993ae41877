// Lists from their text to what they block, with real files, a real database and, where a text is fetched, the real fetcher's answers.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Blocklist } from "../../../contract/blocklists.ts";
import { CodedError } from "../../../contract/errors.ts";
import { Blocklists } from "../../../helper/blocklists/blocklists.ts";
import type { Fetch } from "../../../helper/blocklists/fetch.ts";
import { PolicyLists } from "../../../helper/blocklists/policy-lists.ts";
import { formatPrefix, type Prefix, parsePrefix } from "../../../helper/policy/address.ts";
import { listNumbers } from "../../../helper/policy/lists.ts";
import { openStore, type Store } from "../../../helper/store/database.ts";
import { until } from "../../end-to-end/helper-process.ts";

let folder: string;
let store: Store;
let lists: Blocklists;
let changes: number;
let mayFetch: boolean;
/** What the server has: a text, or why there is none. */
let served: { text: string; etag: string } | CodedError;
let asked: { etag: string | null }[];

const fetch: Fetch = async ({ file, etag }) => {
  asked.push({ etag });
  if (served instanceof CodedError) throw served;
  if (etag === served.etag) return "same";
  writeFileSync(file, served.text);
  return { etag: served.etag, modified: null };
};

async function open(): Promise<void> {
  store = openStore(join(folder, "picket.sqlite"));
  lists = await Blocklists.open({ store, directory: directory(), fetch });
  lists.follow({ mayFetch: () => mayFetch, changed: () => changes++, told: () => {} });
}

/** As after the helper's end, in order or not. */
async function reopen(): Promise<void> {
  await lists.close();
  store.close();
  await open();
}

const directory = () => join(folder, "blocklists");
const files = () => readdirSync(directory());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "picket-lists-"));
  [changes, mayFetch] = [0, true];
  asked = [];
  served = { text: "example.org\n", etag: "1" };
  await open();
});

afterEach(async () => {
  await lists.close();
  store.close();
  rmSync(folder, { recursive: true });
});

async function settled(name: string): Promise<Blocklist> {
  return until(`${name} to be done`, () => lists.list().find((one) => one.name === name && one.busy === null));
}

async function handOver(name: string, text: string, replace = false): Promise<Blocklist> {
  const part = lists.newPart();
  writeFileSync(part, text);
  lists.handOver(name, replace, part);
  return settled(name);
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `n${from + at}.example.org\n`).join("");

const at = (address: string) => parsePrefix(address) as Prefix;

describe("what is fetched", () => {
  it("was asked for a short while ago, or is just now, whether its server was heard or not", async () => {
    lists.add("far", "https://example.org/");
    await handOver("near", "example.net\n");
    expect([lists.fetchedLately("far"), lists.fetchedLately(null)]).toEqual([true, true]);
    expect(await settled("far")).toMatchObject({ error: null });
    expect([lists.fetchedLately("FAR"), lists.fetchedLately(null), lists.fetchedLately("near")]).toEqual([
      ...[true, true, false],
    ]);
    const ago = (minutes: number) => Date.now() - minutes * 60_000;
    const checked = async (time: number) => {
      store.prepare("UPDATE blocklists SET checked = ? WHERE name = 'far'").run(time);
      await reopen();
    };
    await checked(ago(9));
    expect(lists.fetchedLately(null)).toBe(true);
    await checked(ago(11));
    expect([lists.fetchedLately(null), lists.fetchedLately("far")]).toEqual([false, false]);
    served = new CodedError("fetch_failed");
    lists.refresh("far");
    expect(lists.fetchedLately("far")).toBe(true);
    expect(await settled("far")).toMatchObject({ error: { code: "fetch_failed" } });
    expect(lists.fetchedLately(null)).toBe(true);
    expect(() => lists.fetchedLately("none")).toThrow(CodedError);
  });

  it("waits while nothing may leave the computer, and what there is goes on", async () => {
    lists.add("far", "https://example.org/");
    await settled("far");
    mayFetch = false;
    lists.refresh("far");
    expect(await settled("far")).toMatchObject({ domains: 1, error: { code: "fetch_failed" } });
    expect(asked).toHaveLength(1);
    expect(lists.matchName("example.org")).not.toBeNull();
  });
});

describe("a list that was handed over", () => {
  it("stays as it is where the database cannot let go of it, also one that is none", async () => {
    const names = () => lists.list().map(({ name }) => name);
    const page = await handOver("page", "<html>\n<p>sign in</p>\n");
    await handOver("good", "good.example\n");
    store.exec("CREATE TRIGGER refuse BEFORE DELETE ON blocklists BEGIN SELECT RAISE(ABORT, 'full'); END");
    lists.abandon(page.id);
    expect(() => lists.remove("good")).toThrow(/full/);
    expect(lists.matchName("good.example")).not.toBeNull();
    expect(names()).toEqual(["page", "good"]);
    await reopen();
    expect(names()).toEqual(["page", "good"]);
    store.exec("DROP TRIGGER refuse");
    lists.remove("good");
    expect(names()).toEqual(["page"]);
  });

  it("and is none ends with whoever handed it over, or with the helper; any other stays", async () => {
    const names = () => lists.list().map(({ name }) => name);
    const page = "<html>\n<p>sign in</p>\n";
    const { id, error } = await handOver("page", page);
    expect(error).toMatchObject({ code: "blocklist_unreadable" });
    lists.abandon(id);
    expect(names()).toEqual([]);
    // Gone before it was read.
    const part = lists.newPart();
    writeFileSync(part, page);
    lists.abandon(lists.handOver("quick", false, part).id);
    await until("its end", () => names().length === 0);
    await handOver("left", page);
    const good = await handOver("good", "good.example\n");
    const second = await handOver("second", page);
    await handOver("second", "second.example\n", true);
    served = new CodedError("fetch_failed");
    const far = lists.add("far", "https://example.org/");
    await settled("far");
    for (const each of [good, second, far]) lists.abandon(each.id);
    expect(names()).toEqual(["left", "good", "second", "far"]);
    await reopen();
    expect(names()).toEqual(["good", "second", "far"]);
    expect(files()).toHaveLength(2);
  });

  it("blocks, after a restart too, until it is removed", async () => {
    const one = await handOver("ads", "0.0.0.0 host.example.org\nexample.net\n198.51.100.0/25\n198.51.100.128/25\n");
    expect(one).toMatchObject({ hosts: 1, domains: 1, addresses: 1, error: null, url: null, enabled: true });
    expect(changes).toBe(1);
    for (let round = 0; round < 2; round++) {
      expect(lists.matchName("Host.Example.ORG.")).toMatchObject({ list: one.id, entry: "host.example.org" });
      expect(lists.matchName("a.example.net")).toEqual({
        list: one.id,
        entry: "example.net",
        kind: "domain",
        all: [{ list: one.id, entry: "example.net" }],
      });
      expect(lists.matchName("example.org")).toBeNull();
      expect(lists.matchName("not a name")).toBeNull();
      expect(lists.matchPrefix(at("198.51.100.200"))).toMatchObject({
        list: one.id,
        entry: at("198.51.100.0/24"),
      });
      expect(lists.matchPrefix(at("198.51.101.1"))).toBeNull();
      expect([...lists.prefixes()].map(formatPrefix)).toEqual(["198.51.100.0/24"]);
      const [listed, ...others] = new PolicyLists(lists).addresses();
      expect(others).toEqual([]);
      expect(listed).toMatchObject({ list: "ads", number: listNumbers + Number(one.id) });
      expect(listed?.addresses.prefixes).toEqual([at("198.51.100.0/24")]);
      // The same object: nothing changed.
      expect(new PolicyLists(lists).addresses()[0]?.addresses).toBe(listed?.addresses);
      expect(new PolicyLists(lists).covering(at("198.51.100.7"))).toEqual({
        list: "ads",
        number: listNumbers + Number(one.id),
        destination: { kind: "prefix", prefix: at("198.51.100.0/24") },
      });
      await reopen();
    }
    expect(statSync(directory()).mode & 0o777).toBe(0o700);
    lists.remove("ads");
    expect(lists.matchName("a.example.net")).toBeNull();
    expect(files()).toEqual([]);
    await reopen();
    expect(lists.list()).toEqual([]);
  });

  it("blocks only while it is enabled", async () => {
    await handOver("ads", "example.net\n");
    lists.enable("ads", false);
    await settled("ads");
    expect(lists.matchName("example.net")).toBeNull();
    await reopen();
    expect(lists.matchName("example.net")).toBeNull();
    lists.enable("ADS", true);
    await settled("ads");
    expect(lists.matchName("example.net")).not.toBeNull();
    expect(changes).toBe(3);
  });

  it("is replaced whole, and leaves no old text behind", async () => {
    await handOver("ads", "one.example\n");
    await handOver("ads", "two.example\n", true);
    expect([lists.matchName("one.example"), lists.matchName("two.example")?.entry]).toEqual([null, "two.example"]);
    expect(files()).toHaveLength(1);
  });

  it("that is none is refused, and what was there before goes on", async () => {
    await handOver("ads", "one.example\n");
    const page = "<html>\n<body>\nyou are offline\nplease pay\n</body>\n";
    for (const text of ["", "# nothing\n", page, `\0\x01\n${page}two.example\n`]) {
      expect((await handOver("ads", text, true)).error).toMatchObject({ code: "blocklist_unreadable" });
      expect(lists.matchName("one.example")?.entry).toBe("one.example");
    }
    expect(files()).toHaveLength(1);
    await handOver("ads", "one.example\n", true);
    expect(lists.list()[0]?.error).toBeNull();
  });

  it("has a name of its own, and no URL", async () => {
    await handOver("ads", "one.example\n");
    const code = (code: string) => expect.objectContaining({ code });
    expect(() => lists.handOver("ADS", false, lists.newPart())).toThrow(code("blocklist_exists"));
    expect(() => lists.add("Ads", "https://example.org/")).toThrow(code("blocklist_exists"));
    expect(() => lists.refresh("ads")).toThrow(code("blocklist_not_fetched"));
    expect(() => lists.refresh("none")).toThrow(code("unknown_blocklist"));
    expect(() => lists.acceptShrunk("ads")).toThrow(code("nothing_aside"));
    expect(() => lists.remove("none")).toThrow(code("unknown_blocklist"));
    for (let number = 0; number < 31; number++) lists.add(`n${number}`, "https://example.org/");
    expect(() => lists.add("more", "https://example.org/")).toThrow(code("too_many_blocklists"));
  });
});

describe("an update that lost more than half", () => {
  it("waits aside until it is accepted, through a restart", async () => {
    await handOver("ads", numbered(0, 100));
    const shrunk = await handOver("ads", numbered(0, 49), true);
    expect(shrunk).toMatchObject({ domains: 100, error: { code: "blocklist_shrunk" }, aside: { entries: 49 } });
    await reopen();
    expect(lists.matchName("n99.example.org")).not.toBeNull();
    lists.acceptShrunk("ads");
    expect(await settled("ads")).toMatchObject({ domains: 49, error: null, aside: null });
    expect(lists.matchName("n99.example.org")).toBeNull();
    expect(lists.matchName("n48.example.org")).not.toBeNull();
    expect(files()).toHaveLength(1);
  });

  it("is forgotten when the next one is whole again", async () => {
    await handOver("ads", numbered(0, 100));
    await handOver("ads", numbered(0, 10), true);
    expect(files()).toHaveLength(2);
    expect(await handOver("ads", numbered(0, 50), true)).toMatchObject({ domains: 50, error: null, aside: null });
    expect(files()).toHaveLength(1);
  });
});

describe("a list that is fetched", () => {
  it("is there soon, and is asked for with what its server said last", async () => {
    expect(lists.add("ads", "https://lists.example/ads")).toMatchObject({ busy: "waiting", updated: null });
    expect(await settled("ads")).toMatchObject({ domains: 1, url: "https://lists.example/ads", error: null });
    const { updated } = lists.list()[0] as Blocklist;
    await reopen();
    lists.refresh(null);
    const again = await settled("ads");
    expect(asked).toEqual([{ etag: null }, { etag: "1" }]);
    expect(again.updated).toBe(updated);
    served = { text: "example.org\nexample.net\n", etag: "2" };
    lists.refresh("ads");
    expect(await settled("ads")).toMatchObject({ domains: 2 });
    expect(() => lists.checkHandOver("ads", true)).toThrow(expect.objectContaining({ code: "blocklist_fetched" }));
  });

  it("goes on as it was while its server is away, and says so", async () => {
    lists.add("ads", "https://lists.example/ads");
    await settled("ads");
    served = new CodedError("fetch_failed", "the server says 500");
    lists.refresh("ads");
    expect((await settled("ads")).error).toMatchObject({
      code: "fetch_failed",
      message: expect.stringContaining("500"),
    });
    await reopen();
    expect(lists.matchName("a.example.org")).not.toBeNull();
    expect(files()).toHaveLength(1);
  });

  it("is fetched whole when its text was damaged or is gone", async () => {
    lists.add("ads", "https://lists.example/ads");
    await settled("ads");
    rmSync(join(directory(), files()[0] as string));
    await reopen();
    expect(lists.list()[0]?.error?.code).toBe("blocklist_unreadable");
    expect(lists.idle).toEqual(["ads"]);
    lists.refresh("ads");
    expect(await settled("ads")).toMatchObject({ error: null });
    expect(asked.at(-1)).toEqual({ etag: null });
    expect(lists.matchName("example.org")).not.toBeNull();
  });

  it("is degraded when its text lost the most of it, blocks with the rest, and is fetched whole", async () => {
    served = { text: Array.from({ length: 40 }, (_, at) => `a${at}.example\n`).join(""), etag: "1" };
    lists.add("ads", "https://lists.example/ads");
    await settled("ads");
    expect(lists.idle).toEqual([]);
    truncateSync(join(directory(), files()[0] as string), 100);
    await reopen();
    expect(lists.idle).toEqual(["ads"]);
    expect(lists.list()[0]?.error).toMatchObject({
      code: "blocklist_unreadable",
      message: expect.stringContaining("of 40"),
    });
    expect(lists.matchName("a1.example")).not.toBeNull();
    expect(lists.matchName("a39.example")).toBeNull();
    lists.refresh("ads");
    await settled("ads");
    expect(asked.at(-1)).toEqual({ etag: null });
    expect([lists.idle, lists.matchName("a39.example")]).toEqual([[], expect.anything()]);
  });

  it("is not taken any more when it was removed meanwhile", async () => {
    lists.add("ads", "https://lists.example/ads");
    lists.remove("ads");
    await lists.close();
    expect(files()).toEqual([]);
    expect(lists.list()).toEqual([]);
  });
});

describe("several lists", () => {
  it("all say what they have, the narrowest counts", async () => {
    const one = await handOver("one", "example.org\n");
    const two = await handOver("two", "0.0.0.0 ads.example.org\n203.0.113.7\n");
    const three = await handOver("three", "||ads.example.org^\n@@||good.ads.example.org^\n203.0.113.0/24\n");
    expect(lists.matchName("ads.example.org")).toEqual({
      list: two.id,
      entry: "ads.example.org",
      kind: "host",
      all: [
        { list: one.id, entry: "example.org" },
        { list: two.id, entry: "ads.example.org" },
        { list: three.id, entry: "ads.example.org" },
      ],
    });
    // What one list excepts, another may block.
    expect(lists.matchName("good.ads.example.org")?.all).toEqual([{ list: one.id, entry: "example.org" }]);
    expect(lists.matchPrefix(at("203.0.113.7"))?.entry).toEqual(at("203.0.113.7"));
    expect([...lists.prefixes()].map(formatPrefix)).toEqual(["203.0.113.7", "203.0.113.0/24"]);
  });

  it("count what they blocked, by entry, through a restart", async () => {
    await handOver("one", "example.org\n");
    await handOver("two", "ads.example.org\n");
    const match = lists.matchName("ads.example.org");
    expect(match).not.toBeNull();
    for (let hit = 0; hit < 3; hit++) if (match) lists.countHit(match);
    expect(lists.list().map(({ hits }) => hits)).toEqual([3, 3]);
    await reopen();
    expect(lists.list().map(({ hits }) => hits)).toEqual([3, 3]);
    expect(lists.hits("two")).toMatchObject([{ entry: "ads.example.org", hits: 3 }]);
  });
});

describe("a folder of texts", () => {
  it("is rid of what a helper left that died in the midst", async () => {
    await handOver("ads", "one.example\n");
    writeFileSync(join(directory(), "x.part"), "half a te");
    writeFileSync(join(directory(), "y.list"), "never committed\n");
    await reopen();
    expect(files()).toHaveLength(1);
    expect(lists.matchName("one.example")).not.toBeNull();
    expect(existsSync(join(directory(), "x.part"))).toBe(false);
  });
});
