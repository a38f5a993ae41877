// `picket mode`, `pause`, `lockdown`, `confirm`, `profile` and `learn` against a stub helper: words, output and exit codes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Proposal, Standing } from "../../contract/words.ts";
import { picket } from "./picket-process.ts";
import { hostilePath, rule, status } from "./samples.ts";
import { type StubHelper, startStubHelper } from "./stub-helper.ts";

// Every test starts a Node process or two, beside other suites on two cores.
vi.setConfig({ testTimeout: 60_000 });

const inAMoment = new Date(Date.now() + 600_000).toISOString();
const standing: Standing = {
  mode: "block",
  override: { kind: "pause", ends: inAMoment },
  profile: "home",
  automatic: false,
  trial: { what: "Mode block.", ends: inAMoment },
};
const proposal: Proposal = {
  id: "1a2b3c4d",
  app: hostilePath,
  direction: "outbound",
  domain: "example.org",
  address: null,
  port: null,
  protocol: null,
  count: 12,
  endpoints: 1,
  last: inAMoment,
};
const home = { name: "home", ssid: "Café", gateway: null, vpn: true };
const networks = { ssids: ["Café"], gateways: [{ address: "192.0.2.9", mac: "52:54:00:12:34:56" }], vpn: false };

let helper: StubHelper;
let known: unknown = { profiles: [home], networks };

beforeAll(async () => {
  helper = await startStubHelper({
    status: { ...status, ...standing },
    ...Object.fromEntries(["mode.set", "pause", "lockdown", "confirm", "profile.set"].map((each) => [each, standing])),
    "profiles.list": () => known,
    "profiles.define": home,
    "profiles.remove": { rules: ["4", "7"] },
    "rules.list": [rule],
    "rules.stage": { staged: 1, problems: [] },
    "rules.apply": { added: [0], changed: [], removed: [], factory: [], change: 7 },
    "learn.review": { since: inAMoment, proposals: [proposal] },
    "learn.accept": { rules: [rule], change: 7 },
    "learn.forget": {},
  });
});

afterAll(() => helper.stop());

const say = (words: string) => picket(words.split(" "), helper.socket);
const called = () => helper.calls.filter(({ method }) => method !== "status" && method !== "hello").at(-1);

describe("a change", () => {
  it.each([
    ["mode learn", "mode.set", { mode: "learn", confirmWithin: null }],
    ["mode block --confirm 60s", "mode.set", { mode: "block", confirmWithin: 60 }],
    ["mode block --confirm 2m", "mode.set", { mode: "block", confirmWithin: 120 }],
    ["pause 10m", "pause", { for: "10m" }],
    ["pause off", "pause", { for: null }],
    ["lockdown on", "lockdown", { on: true }],
    ["lockdown off", "lockdown", { on: false }],
    ["confirm", "confirm", {}],
    ["profile home", "profile.set", { name: "home" }],
    ["profile none", "profile.set", { name: null }],
    ["profile auto", "profile.set", { automatic: true }],
    [
      "profile define home --ssid Café --vpn yes",
      "profiles.define",
      { name: "home", ssid: "Café", gateway: null, vpn: true },
    ],
    ["profile remove home", "profiles.remove", { name: "home" }],
    ["learn review --accept 1a2b3c4d", "learn.accept", { ids: ["1a2b3c4d"] }],
    ["learn review --accept 1a2b3c4d 5e6f7a8b", "learn.accept", { ids: ["1a2b3c4d", "5e6f7a8b"] }],
    ["learn review --accept all", "learn.accept", { ids: ["1a2b3c4d"] }],
    ["learn review --reject all", "learn.forget", { ids: ["1a2b3c4d"] }],
    ["learn review --reject 1a2b3c4d 5e6f7a8b", "learn.forget", { ids: ["1a2b3c4d", "5e6f7a8b"] }],
    ["learn review --mode ask", "mode.set", { mode: "ask" }],
  ])("%s is one call, and says that it is on trial", async (words, method, params) => {
    const { code, stderr } = await say(words);
    expect(code).toBe(0);
    expect(called()).toEqual({ method, params });
    expect(stderr).toMatch(/^Mode block\. It takes itself back in \d+ s unless you say: picket confirm$/m);
  });

  it.each([
    ["rules apply", { format: "picket rules", version: 1, rules: [{ action: "block", host: "ads.test" }] }],
    ["import", { name: "Work", rules: [{ action: "deny", process: "any", "remote-domains": "ads.test" }] }],
  ])("%s of a file says that it is on trial, and nothing where it only looks", async (words, content) => {
    const file = join(helper.folder, "rules.json");
    writeFileSync(file, JSON.stringify(content));
    const told = await say(`${words} ${file}`);
    expect(told).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Mode block\. It takes itself back in \d+ s/),
    });
    expect(await say(`${words} ${file} --dry-run`)).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    "mode maybe",
    "mode ask block",
    "mode --confirm 60s",
    "mode block --confirm 4s",
    "mode block --confirm 2h",
    "pause 0m",
    "pause soon",
    "lockdown yes",
    "confirm it",
    "profile define",
    "profile define none",
    "profile define home --vpn maybe",
    "profile remove",
    "learn",
    "learn forget",
    "learn review 1a2b3c4d",
    "learn review --accept 1a2b3c4d --reject 5e6f7a8b 9c0d1e2f",
    "learn review --mode maybe",
  ])("%s is a usage error, and nothing is called", async (words) => {
    const before = helper.calls.length;
    expect((await say(words)).code).toBe(2);
    expect(helper.calls.length).toBe(before);
  });
});

describe("what a person should know", () => {
  it("profile remove names the rules that stay", async () => {
    expect((await say("profile remove home")).stdout).toBe(
      "removed home; its rules stay, and count again once it is defined again: 4, 7\n",
    );
  });

  it("a pause says that lockdown comes first", async () => {
    const over = await startStubHelper({ status, pause: { ...standing, override: { kind: "lockdown", ends: null } } });
    try {
      expect((await picket(["pause", "10m"], over.socket)).stderr).toContain("lockdown comes first");
      expect((await picket(["pause", "off"], over.socket)).stderr).not.toContain("lockdown comes first");
    } finally {
      await over.stop();
    }
    expect((await say("pause 10m")).stderr).not.toContain("lockdown");
  });
});

describe("without an argument", () => {
  it.each(["mode", "pause", "lockdown"])("%s shows what is", async (word) => {
    const { code, stdout } = await say(word);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^mode +block$/m);
    expect(stdout).toMatch(/^override +paused, \d+m left: everything is allowed$/m);
    expect(stdout).toMatch(/^profile +home, by hand$/m);
    expect(stdout).toMatch(/^on trial +Mode block\. Taken back in \d+ s \(picket confirm\)$/m);
    expect(JSON.parse((await say(`${word} --json`)).stdout)).toEqual(standing);
  });

  it("profile shows all of them, and where this computer is", async () => {
    const { stdout } = await say("profile");
    expect(stdout).toMatch(/^home +yes +Café +any +yes$/m);
    expect(stdout).toMatch(
      /^Now: Café, 192\.0\.2\.9 \(52:54:00:12:34:56\)\. Chosen by hand \(picket profile auto\)\.$/m,
    );
    known = { profiles: [], networks: null };
    expect((await say("profile")).stdout).toMatch(/^NetworkManager does not run: profiles change by hand only\.$/m);
  });

  it("learn review shows proposals, whatever an app's path tries", async () => {
    const { stdout } = await say("learn review");
    expect(stdout).toMatch(/^1a2b3c4d +12 +\/tmp\/.* +outbound +\*\.example\.org +any +any$/m);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse((await say("learn review --json")).stdout).proposals).toEqual([proposal]);
  });
});
