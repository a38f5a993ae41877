// `picket history` against a stub helper: what it asks, and what it prints as table, JSON and CSV.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { HistoryRow } from "../../contract/history.ts";
import { bytesText } from "../../main/cli/bytes-text.ts";
import { picket, startPicket } from "./picket-process.ts";
import { hostilePath } from "./samples.ts";
import { type StubHelper, startStubHelper } from "./stub-helper.ts";

vi.setConfig({ testTimeout: 60_000 });

const amounts = { bytesIn: 1_234_567, bytesOut: 999, connections: 3, blocked: 1 };
const rows: HistoryRow[] = [
  {
    key: "/usr/bin/firefox",
    ...amounts,
    app: { path: "/usr/bin/firefox", name: "Firefox", verified: true, icon: "firefox", private: false },
  },
  { key: hostilePath, ...amounts, app: { path: hostilePath, name: "x", verified: false, icon: null, private: false } },
];
const networks: HistoryRow[] = [
  { key: "2", ...amounts, network: { id: "2", name: '=HYPERLINK("evil")', kind: "mobile", metered: true } },
  { key: null, ...amounts },
];
const series = {
  bucket: "day",
  starts: [1_772_000_000],
  bytesIn: [1],
  bytesOut: [2],
  connections: [3],
  blocked: [4],
} as const;
const settings = {
  recording: true,
  minutes: 24,
  days: 365,
  private: [],
  since: null,
  bytes: 0,
  countries: {
    name: "IP to Country Lite by DB-IP",
    version: "1",
    date: "2026-06-01T00:00:00.000Z",
    licence: "CC BY 4.0",
    attribution: "IP Geolocation by DB-IP",
  },
};

let helper: StubHelper;

beforeAll(async () => {
  helper = await startStubHelper({
    "history.query": ({ by }: { by: string }) => ({
      from: "2026-03-10T00:00:00.000Z",
      to: "2026-03-11T00:00:00.000Z",
      total: amounts,
      rows: by === "network" ? networks : rows,
      more: 0,
      series,
    }),
    "history.events": {
      events: [
        {
          id: "1",
          time: "2026-03-10T00:00:00.000Z",
          until: null,
          kind: "appNew",
          app: hostilePath,
          from: null,
          to: null,
        },
      ],
    },
    "history.settings": settings,
    "history.configure": settings,
    "history.setPrivate": { ...settings, private: ["/usr/bin/a"] },
    "history.delete": {},
  });
});

afterAll(() => helper.stop());

const run = async (words: string) => picket(words.split(" "), helper.socket);
const asked = () => helper.calls.at(-1);

describe("rows", () => {
  it("--json are the contract's", async () => {
    const { code, stdout } = await run("history --by app --range 1h --json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(rows);
    expect(asked()?.params).toMatchObject({ by: "app", range: "1h", filter: {}, limit: 20_000 });
  });

  it("are by app, of a day, where nothing is said; in a table that no path can break", async () => {
    const { stdout } = await run("history");
    expect(asked()?.params).toMatchObject({ by: "app", range: "24h" });
    expect(stdout).toContain("Firefox (/usr/bin/firefox)");
    expect(stdout).toContain("1.2 MB  999 B  3            1");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("count bytes in the next unit where they round up to it", () => {
    const of = { 0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9990: "10 kB", 999499: "999 kB" };
    for (const [bytes, text] of Object.entries(of)) expect(bytesText(Number(bytes))).toBe(text);
    expect(bytesText(999_999)).toBe("1.0 MB");
    expect(bytesText(999_999_999_999)).toBe("1.0 TB");
    expect(bytesText(1e18)).toBe("1000000 TB");
  });

  it("by network say which is metered", async () => {
    const { stdout } = await run("history --by network");
    expect(stdout).toContain('=HYPERLINK("evil") (metered) [2]');
    expect(stdout.match(/metered/g)).toHaveLength(1);
  });

  it("--csv have a head, and nothing that a spreadsheet takes for a formula", async () => {
    const { stdout } = await run("history --by network --csv");
    expect(stdout.split("\r\n")).toEqual([
      "key,name,bytesIn,bytesOut,connections,blocked",
      `2,"'=HYPERLINK(""evil"") (metered)",1234567,999,3,1`,
      ",,1234567,999,3,1",
      "",
    ]);
  });

  it("--series are the chart's points", async () => {
    const { stdout } = await run("history --series --csv");
    expect(stdout).toBe("start,bytesIn,bytesOut,connections,blocked\r\n2026-02-25T06:13:20.000Z,1,2,3,4\r\n");
  });

  it("are asked for by what they have to fit", async () => {
    await run("history --by host --app /usr/bin/a --country de --domain example.org --protocol udp --network 2");
    expect(asked()?.params).toMatchObject({
      by: "host",
      filter: { app: "/usr/bin/a", country: "DE", domain: "example.org", protocol: "udp", network: "2" },
    });
    await run("history --country none --from 2026-03-10T00:00:00Z --to 2026-03-11T00:00:00Z");
    expect(asked()?.params).toMatchObject({
      filter: { country: null },
      from: "2026-03-10T00:00:00.000Z",
      to: "2026-03-11T00:00:00.000Z",
    });
  });
});

describe("the rest", () => {
  it("events, settings, private and delete say what they are asked to", async () => {
    expect((await run("history events")).stdout).toContain("first seen: /tmp/");
    expect((await run("history settings")).stdout).toContain("IP Geolocation by DB-IP, CC BY 4.0, 2026-06-01");
    await run("history settings --record off");
    expect(asked()).toEqual({ method: "history.configure", params: { recording: false } });
    await run("history retention --minutes 48 --days 30");
    expect(asked()).toEqual({ method: "history.configure", params: { minutes: 48, days: 30 } });
    expect((await run("history retention")).stdout).toMatch(/quarters of an hour are kept for +\d+ days/);
    expect(asked()?.method).toBe("history.settings");
    expect((await run("history private /usr/bin/a on")).stdout).toContain("/usr/bin/a");
    expect(asked()?.params).toEqual({ app: "/usr/bin/a", private: true });
    await run("history private /usr/bin/a on --forget");
    expect(asked()?.params).toEqual({ app: "/usr/bin/a", private: true, forget: true });
    const before = Date.now();
    await run("history delete --app /usr/bin/a --range 1h");
    expect(asked()?.params).toEqual({ app: "/usr/bin/a", from: expect.any(String), to: expect.any(String) });
    const { from = "", to = "" } = (asked()?.params ?? {}) as { from?: string; to?: string };
    expect(Math.abs(Date.parse(from) - (before - 3_600_000))).toBeLessThan(10_000);
    expect(Date.parse(to)).toBeGreaterThan(before);
    await run("history delete --app /usr/bin/a");
    expect(asked()).toEqual({ method: "history.delete", params: { app: "/usr/bin/a" } });
    await run("history delete --all");
    expect(asked()?.params).toEqual({});
  });

  it("times are of this computer's clock unless they say otherwise, and what was deleted is said", async () => {
    const berlin = (words: string) => startPicket(words.split(" "), helper.socket, { TZ: "Europe/Berlin" }).ended;
    const day = await berlin("history delete --from 2026-11-23 --to 2026-11-24T09:30");
    expect(asked()?.params).toEqual({ from: "2026-11-22T23:00:00.000Z", to: "2026-11-24T08:30:00.000Z" });
    expect(day.stdout).toBe("deleted from 2026-11-23 00:00:00 to 2026-11-24 09:30:00\n");
    await berlin("history delete --from 2026-11-23T00:00:00Z --to 2026-11-23T12:00+02:00");
    expect(asked()?.params).toEqual({ from: "2026-11-23T00:00:00.000Z", to: "2026-11-23T10:00:00.000Z" });
  });

  it.each(["10", "Nov 23", "2026", "2026-11", "11/23/2026", "2026-02-30", "2026-11-23T25:00", "2026-11-23T9", "now"])(
    "%s is no time, and deletes nothing",
    async (given) => {
      const before = helper.calls.length;
      const { code, stderr } = await picket(["history", "delete", "--from", given], helper.socket);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("wants a day or a time") });
      expect(helper.calls.length).toBe(before);
    },
  );

  it.each([
    "history extra",
    "history --by nothing",
    "history --range 2h",
    "history --range 1h --from 2026-03-10",
    "history --from yesterday",
    "history --limit 0",
    "history delete",
    "history retention --days 9999",
    "history settings --days 30",
    "history delete --all --app /usr/bin/a",
    "history delete --to 2026-03-10",
    "history delete --range 2h",
    "history private /usr/bin/a off --forget",
    "history private",
    "history private /usr/bin/a maybe",
  ])("%s is a usage error", async (words) => {
    expect((await run(words)).code).toBe(2);
  });
});
