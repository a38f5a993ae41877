// Two people at one computer: each sees and answers what is theirs, and hears nothing of the other.
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Events, Topic } from "../../contract/methods.ts";
import type { Prompt } from "../../contract/words.ts";
import type { HelperClient } from "../../main/client/client.ts";
import { client, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { asUser, connectAs } from "./as-user.ts";
import { guarded, picket, type Ran, start, TestHelper, until } from "./helper-process.ts";

const [alice, bob] = [1000, 1001];
const refused = 111;
const helper = new TestHelper();
const programs = mkdtempSync(join(tmpdir(), "picket-programs-"));
const lock = join(programs, "locked");
const options = ["--people", "everyone", "--owner", String(alice), "--lock", lock];
let network: Network;
let root: HelperClient;
let alices: HelperClient;
let bobs: HelperClient;

beforeAll(async () => {
  chmodSync(programs, 0o755);
  network = await createNetwork();
  await helper.start("helper/main.ts", options);
  root = await helper.client();
  alices = await connectAs(alice, helper);
  bobs = await connectAs(bob, helper);
});
afterAll(async () => {
  for (const each of [alices, bobs]) each?.close();
  await helper.stop();
  network.destroy();
  rmSync(programs, { recursive: true, force: true });
});

/** An app that both can run. */
function ownApp(name: string): string {
  const path = join(programs, name);
  copyFileSync("/usr/bin/python3", path);
  return path;
}

/** A connection attempt of the user's, in the guard. */
function attempt(uid: number, app: string, address: string, login?: number): Promise<Ran> {
  const [, ...args] = client("tcp", address, 80);
  return guarded(helper, network.near, asUser(uid, [app, ...args], login));
}

const outcome = async (ran: Promise<Ran>): Promise<number> => {
  const { stdout, stderr } = await ran;
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as TcpResult).errno;
};
const held = (api: HelperClient, address: string): Promise<Prompt> =>
  until(`a question about ${address}`, async () =>
    (await api.call("prompts.list", {})).find(
      ({ state, endpoint }) => state === "held" && endpoint.address === address,
    ),
  );

interface Heard {
  events: { topic: Topic; data: Events[Topic] }[];
  text(): string;
}

async function listen(uid: number): Promise<{ heard: Heard; api: HelperClient }> {
  const api = await connectAs(uid, helper);
  const events: Heard["events"] = [];
  await api.watch(["status", "prompts", "flows", "rules", "blocklists"], (topic, data) => events.push({ topic, data }));
  await until("five snapshots", () => events.length >= 5);
  events.length = 0;
  return { heard: { events, text: () => JSON.stringify(events) }, api };
}

describe("two people at once", () => {
  test("each is asked about their own, answers it, and hears nothing of the other's, not even when", async () => {
    const app = ownApp("both");
    const hers = network.address(4);
    const { heard: bobHeard, api: bobWatches } = await listen(bob);
    const running = attempt(alice, app, hers);
    const prompt = await held(alices, hers);
    expect(prompt.process).toMatchObject({ uid: alice, person: alice });
    expect(await bobs.call("prompts.list", {})).toEqual([]);
    expect((await bobs.call("status", {})).prompts).toBe(0);
    expect((await alices.call("status", {})).prompts).toBe(1);
    for (const method of ["prompts.details", "prompts.dismiss"] as const)
      await expect(bobs.call(method, { id: prompt.id })).rejects.toMatchObject({ code: "unknown_prompt" });
    const answer = { id: prompt.id, action: "allow", scope: "endpoint", lifetime: "forever" } as const;
    await expect(bobs.call("prompts.answer", answer)).rejects.toMatchObject({ code: "unknown_prompt" });
    const given = await alices.call("prompts.answer", answer);
    expect(await outcome(running)).toBe(0);
    // Answered or not: to him there never was one.
    await expect(bobs.call("prompts.answer", answer)).rejects.toMatchObject({ code: "unknown_prompt" });
    await expect(alices.call("prompts.answer", answer)).rejects.toMatchObject({ code: "already_answered" });
    expect(await bobs.call("answers.list", {})).toEqual([]);
    expect(await alices.call("answers.list", {})).toHaveLength(1);
    await until("her flow's end", async () => (await alices.call("flows.list", {})).some(({ live }) => !live));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(bobHeard.text()).toBe("[]");

    // The very same app and place: his own question, which her rule says nothing about.
    const { heard: aliceHeard, api: aliceWatches } = await listen(alice);
    const again = attempt(bob, app, hers);
    const second = await held(bobs, hers);
    // What the app did for her is not on his card.
    expect((await bobs.call("prompts.details", { id: second.id })).today).toMatchObject({ allowed: 0, bytesIn: 0 });
    expect((await alices.call("prompts.list", {})).map(({ id }) => id)).not.toContain(second.id);
    expect((await root.call("prompts.list", {})).map(({ id }) => id)).toContain(second.id);
    await bobs.call("prompts.answer", { ...answer, id: second.id, action: "block" });
    expect(await outcome(again)).toBe(refused);
    expect(await outcome(attempt(alice, app, hers))).toBe(0);
    expect(await outcome(attempt(bob, app, hers))).toBe(refused);
    expect(bobHeard.text()).toContain(second.id);
    bobWatches.close();
    // She looks after what is nobody's, and hears no more of him for that.
    const aboutQuestions = aliceHeard.events.filter(({ topic }) => topic === "prompts");
    expect(aboutQuestions).toEqual([]);
    expect(aliceHeard.text()).not.toContain(`"person":${bob}`);
    expect(aliceHeard.text()).toContain(`"person":${alice}`);
    aliceWatches.close();

    const rulesOf = async (api: HelperClient) =>
      (await api.call("rules.list", {})).filter((rule) => rule.app === app).map(({ id, user }) => ({ id, user }));
    const [herRule] = given.rules;
    expect(await rulesOf(alices)).toEqual([{ id: herRule, user: alice }]);
    expect(await rulesOf(bobs)).toEqual([{ id: expect.any(String), user: bob }]);
    expect(await rulesOf(root)).toHaveLength(2);
    const users = async (api: HelperClient) =>
      new Set((await api.call("flows.list", {})).map(({ user, person }) => `${user} ${person}`));
    expect(await users(alices)).toEqual(new Set([`${alice} ${alice}`]));
    expect(await users(bobs)).toEqual(new Set([`${bob} ${bob}`]));
    expect(await users(root)).toEqual(new Set([`${alice} ${alice}`, `${bob} ${bob}`]));
  });

  test("an answer lets go on what is one's own, also where another's same app waits for the same place", async () => {
    const [app, address] = [ownApp("side-by-side"), network.address(4)];
    const [running, his] = [attempt(alice, app, address), attempt(bob, app, address)];
    const [prompt, other] = [await held(alices, address), await held(bobs, address)];
    await alices.call("prompts.answer", { id: prompt.id, action: "allow", scope: "any" });
    expect(await outcome(running)).toBe(0);
    expect((await held(bobs, address)).id).toBe(other.id);
    await bobs.call("prompts.answer", { id: other.id, action: "block" });
    expect(await outcome(his)).toBe(refused);
  });

  test("an exception to a blocklist is for one's own processes", async () => {
    const address = network.address(4);
    const { upload } = await root.call("blocklists.begin", { name: "listed" });
    const data = Buffer.from(`${address}\n`).toString("base64");
    await root.call("blocklists.append", { upload, data });
    // Nobody else's to go on with: no administrator is asked.
    for (const name of ["append", "commit"] as const)
      await expect(
        bobs.call(`blocklists.${name}`, { upload, ...(name === "append" && { data }) } as never),
      ).rejects.toMatchObject({
        code: "unknown_upload",
      });
    await root.call("blocklists.commit", { upload });
    const app = ownApp("listed");
    expect(await outcome(attempt(bob, app, address))).toBe(refused);
    // The kernel refuses it by itself, and tells of it.
    const flow = await until("his flow", async () =>
      (await bobs.call("flows.list", {})).find(({ endpoint }) => endpoint.address === address),
    );
    expect(flow.layer).toBe("blocklist");
    for (const everybody of [false, true]) {
      const { rules } = await bobs.call("rules.except", { flow: flow.id, everybody });
      expect(rules).toMatchObject([{ user: bob }]);
    }
    expect(await outcome(attempt(bob, app, address))).toBe(0);
    expect(await outcome(attempt(alice, app, address))).toBe(refused);
    await root.call("blocklists.remove", { name: "listed" });
  });

  test("nobody but root stops the helper", async () => {
    for (const api of [alices, bobs])
      await expect(api.call("helper.stop", {})).rejects.toMatchObject({ code: "not_permitted" });
  });

  test("nobody changes another's rules or takes their changes back, nor those that are everybody's", async () => {
    const add = (api: HelperClient, address: string, user?: number) =>
      api.call("rules.add", { app: null, action: "block", address, ...(user === undefined ? {} : { user }) });
    const everybodys = await add(root, "192.0.2.200");
    const hers = await add(alices, "192.0.2.201");
    expect([everybodys.user, hers.user]).toEqual([null, alice]);
    await expect(add(bobs, "192.0.2.202", alice)).rejects.toMatchObject({ code: "not_permitted" });
    const ids = async (api: HelperClient) => (await api.call("rules.list", {})).map(({ id }) => id);
    expect(await ids(bobs)).toContain(everybodys.id);
    expect(await ids(bobs)).not.toContain(hers.id);
    await expect(bobs.call("rules.remove", { ids: [hers.id] })).rejects.toMatchObject({ code: "unknown_rule" });
    await expect(bobs.call("rules.enable", { ids: [hers.id], enabled: false })).rejects.toMatchObject({
      code: "unknown_rule",
    });
    await expect(bobs.call("rules.remove", { ids: [everybodys.id] })).rejects.toMatchObject({ code: "not_permitted" });
    await expect(bobs.call("rules.undo", { change: hers.change })).rejects.toMatchObject({ code: "nothing_to_undo" });
    const his = await add(bobs, "192.0.2.203");
    // The newest of all is his; the newest of hers is another.
    expect((await alices.call("rules.undo", {})).removed.map(({ id }) => id)).toEqual([hers.id]);
    expect(await ids(bobs)).toContain(his.id);
  });

  test("nobody's changes push out what another may take back", async () => {
    const block = (api: HelperClient, address: string) =>
      api.call("rules.add", { app: null, action: "block", address });
    const { id, change } = await block(alices, "192.0.2.204");
    for (let turn = 0; turn < 201; turn++) await block(bobs, "192.0.2.205");
    expect((await alices.call("rules.undo", { change })).removed.map((rule) => rule.id)).toEqual([id]);
  });

  test("a file of rules replaces one's own and no others", async () => {
    const before = await root.call("rules.list", {});
    await bobs.call("rules.stage", { first: true, rules: [{ action: "block", address: "192.0.2.210" }] });
    const { added, removed } = await bobs.call("rules.apply", { factory: { "factory:loopback": false } });
    expect(added).toHaveLength(1);
    const after = await root.call("rules.list", {});
    const others = (rules: typeof before) =>
      rules.filter(({ user }) => user !== bob).map(({ id, enabled }) => [id, enabled]);
    expect(others(after)).toEqual(others(before));
    expect(removed).toEqual(before.filter(({ user }) => user === bob).map(({ id }) => id));
    const staged = { first: true, rules: [{ action: "allow", app: "/usr/bin/curl", user: alice } as const] };
    await expect(bobs.call("rules.stage", staged)).rejects.toMatchObject({ code: "not_permitted" });
  });

  test("what is everybody's is changed by root and by who looks after it", async () => {
    const refuses = { code: "not_permitted" };
    await expect(bobs.call("mode.set", { mode: "allow" })).rejects.toMatchObject(refuses);
    await expect(bobs.call("mode.set", { mode: "block" })).rejects.toMatchObject(refuses);
    await expect(bobs.call("pause", { for: "10m" })).rejects.toMatchObject(refuses);
    await expect(bobs.call("lockdown", { on: true })).rejects.toMatchObject(refuses);
    await expect(bobs.call("profile.set", { name: null })).rejects.toMatchObject(refuses);
    await expect(bobs.call("blocklists.add", { name: "b", url: "http://192.0.2.1/" })).rejects.toMatchObject(refuses);
    await expect(bobs.call("history.delete", {})).rejects.toMatchObject(refuses);
    expect(await alices.call("mode.set", { mode: "ask" })).toMatchObject({ mode: "ask" });
    const trial = await alices.call("mode.set", { mode: "block", confirmWithin: 60 });
    expect(trial.trial).not.toBeNull();
    expect((await bobs.call("status", {})).trial).toBeNull();
    await expect(bobs.call("confirm", {})).rejects.toMatchObject({ code: "nothing_to_confirm" });
    await alices.call("mode.set", { mode: "ask" });
  });

  test("history and the monitor show one's own; explain answers for oneself", async () => {
    await until("her amounts", async () => {
      const { rows } = await alices.call("history.query", { by: "user", range: "1h" });
      return rows.length > 0 && rows.every(({ key }) => key === String(alice));
    });
    expect((await root.call("history.query", { by: "user", range: "1h" })).rows.length).toBeGreaterThan(1);
    const his = await bobs.call("history.query", { by: "user", range: "1h" });
    expect(new Set(his.rows.map(({ key }) => key))).toEqual(new Set([String(bob)]));
    await expect(bobs.call("history.query", { by: "app", range: "1h", filter: { user: alice } })).rejects.toMatchObject(
      { code: "not_permitted" },
    );
    const filter = { words: "", verdict: null, liveOnly: false, protocol: null, direction: null };
    const seen: string[] = [];
    bobs.onView(({ rows }) => seen.push(...rows.map((row) => (row.kind === "flow" ? `${row.flow.person}` : "?"))));
    await bobs.call("monitor.watch", {
      ...{ number: 1, by: "time", order: "recent", still: false, expanded: [], filter, from: 0, rows: 50 },
    });
    await until("his view", () => seen.length > 0);
    expect(new Set(seen)).toEqual(new Set([String(bob)]));
    await bobs.call("monitor.leave", {});
    const asked = { app: join(programs, "both"), address: network.address(4), port: 80 };
    await expect(bobs.call("explain", { ...asked, user: alice })).rejects.toMatchObject({ code: "not_permitted" });
    const [flow] = (await root.call("flows.list", {})).filter(({ user }) => user === alice);
    await expect(bobs.call("flows.end", { id: flow?.id ?? "" })).rejects.toMatchObject({ code: "unknown_flow" });
    await expect(bobs.call("rules.except", { flow: flow?.id ?? "" })).rejects.toMatchObject({ code: "unknown_flow" });
  });

  test("what sudo runs is asked of who logged in: for now, not for good", async () => {
    const app = ownApp("as-root");
    const address = network.address(4);
    const running = attempt(0, app, address, bob);
    const prompt = await held(bobs, address);
    expect(prompt.process).toMatchObject({ uid: 0, person: bob });
    expect((await alices.call("prompts.list", {})).map(({ id }) => id)).not.toContain(prompt.id);
    const answer = { id: prompt.id, action: "allow", scope: "endpoint" } as const;
    for (const lifetime of ["forever", "1h", "restart"] as const)
      await expect(bobs.call("prompts.answer", { ...answer, lifetime })).rejects.toMatchObject({
        code: "not_permitted",
      });
    await bobs.call("prompts.answer", { ...answer, lifetime: "quit" });
    expect(await outcome(running)).toBe(0);
  });

  test("what belongs to nobody is asked of who looks after the computer, and of nobody else", async () => {
    const app = ownApp("service");
    const address = network.address(4);
    const running = attempt(33, app, address);
    const prompt = await held(alices, address);
    expect(prompt.process).toMatchObject({ uid: 33, person: null });
    expect(await bobs.call("prompts.list", {})).toEqual([]);
    await alices.call("prompts.answer", { id: prompt.id, action: "block", lifetime: "forever" });
    expect(await outcome(running)).toBe(refused);
    const rule = (await root.call("rules.list", {})).find((each) => each.app === app);
    expect(rule).toMatchObject({ user: 33, action: "block" });
  });

  test("proposals are of one's own apps, and become one's own rules", async () => {
    await root.call("mode.set", { mode: "learn" });
    const [hers, his] = [ownApp("hers"), ownApp("his")];
    const address = network.address(4);
    expect(await outcome(attempt(alice, hers, address))).toBe(0);
    expect(await outcome(attempt(bob, his, address))).toBe(0);
    const apps = async (api: HelperClient) => (await api.call("learn.review", {})).proposals.map(({ app }) => app);
    await until("both proposals", async () => (await apps(root)).length === 2);
    expect(await apps(alices)).toEqual([hers]);
    expect(await apps(bobs)).toEqual([his]);
    const { proposals } = await bobs.call("learn.review", {});
    const { rules } = await bobs.call("learn.accept", { ids: proposals.map(({ id }) => id) });
    expect(rules).toMatchObject([{ app: his, user: bob }]);
    expect(await apps(alices)).toEqual([hers]);
    // One app and place of both, and what sudo ran.
    const [shared, place, sudo] = [ownApp("shared"), network.address(4), ownApp("sudo")];
    for (const uid of [alice, bob]) expect(await outcome(attempt(uid, shared, place))).toBe(0);
    expect(await outcome(attempt(0, sudo, place, bob))).toBe(0);
    await until("all proposals", async () => (await apps(root)).length === 3);
    const [again] = (await bobs.call("learn.review", {})).proposals.map(({ app, id }) => ({ app, id }));
    expect(again?.app).toBe(shared);
    await bobs.call("learn.forget", { ids: [again?.id ?? ""] });
    expect(await apps(bobs)).toEqual([]);
    expect((await apps(alices)).sort()).toEqual([hers, shared]);
    expect(await apps(root)).toContain(sudo);
    await root.call("mode.set", { mode: "ask" });
  });

  test("the kernel decides by the owner's own rules without the helper, and lets nobody else through by them", async () => {
    const app = ownApp("alone");
    const [open, shut] = [network.address(4), network.address(4)];
    await alices.call("rules.add", { app, action: "allow", address: open });
    await alices.call("rules.add", { app, action: "block", address: shut });
    // Now the kernel has a name for the program.
    expect(await outcome(attempt(alice, app, open))).toBe(0);
    await helper.signal("SIGSTOP");
    let isOver = false;
    try {
      expect(await outcome(attempt(alice, app, open))).toBe(0);
      expect(await outcome(attempt(alice, app, shut))).toBe(refused);
      const his = attempt(bob, app, open).finally(() => {
        isOver = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(isOver).toBe(false);
      await helper.signal("SIGCONT");
      const prompt = await held(bobs, open);
      await bobs.call("prompts.answer", { id: prompt.id, action: "block" });
      expect(await outcome(his)).toBe(refused);
    } finally {
      await helper.signal("SIGCONT");
    }
  });

  test("what root locks nobody else changes, everybody sees, and answers for now go on", async () => {
    writeFileSync(lock, "mode rules answers\n", { mode: 0o644 });
    const locked = { code: "locked" };
    await expect(alices.call("mode.set", { mode: "block" })).rejects.toMatchObject(locked);
    await expect(alices.call("lockdown", { on: true })).rejects.toMatchObject(locked);
    await expect(bobs.call("rules.add", { app: null, action: "block", address: "192.0.2.220" })).rejects.toMatchObject(
      locked,
    );
    expect((await bobs.call("status", {})).locked).toEqual(["rules", "answers", "mode"]);
    const address = network.address(4);
    const running = attempt(bob, ownApp("while-locked"), address);
    const { id } = await held(bobs, address);
    const answer = { id, action: "allow" } as const;
    await expect(bobs.call("prompts.answer", { ...answer, lifetime: "forever" })).rejects.toMatchObject(locked);
    await bobs.call("prompts.answer", answer);
    expect(await outcome(running)).toBe(0);
    // In plain words on the command line.
    const env = { PICKET_SOCKET: helper.socket };
    const said = await start(
      "setpriv",
      ["--reuid=1000", "--regid=1000", "--clear-groups", picket, "mode", "allow"],
      env,
    );
    expect(said).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("An administrator has locked this setting"),
    });
    expect((await start(picket, ["status"], env)).stdout).toContain("rules answers mode (only root may change it)");
    expect(await root.call("mode.set", { mode: "ask" })).toMatchObject({ mode: "ask" });
    rmSync(lock);
    await alices.call("mode.set", { mode: "ask" });
  });

  test("users who are no people are not served", async () => {
    await expect(connectAs(33, helper)).rejects.toMatchObject({ code: "not_permitted" });
    await expect(connectAs(65_534, helper)).rejects.toMatchObject({ code: "not_permitted" });
  });

  test("questions outlive the helper and stay whose they were", async () => {
    const address = network.address(4);
    const app = ownApp("outlives");
    const running = attempt(bob, app, address);
    const { id } = await held(bobs, address);
    for (const each of [alices, bobs]) each.close();
    await helper.signal("SIGKILL");
    await helper.start("helper/main.ts", options);
    [root, alices, bobs] = [await helper.client(), await connectAs(alice, helper), await connectAs(bob, helper)];
    const ids = async (api: HelperClient) => (await api.call("prompts.list", {})).map((prompt) => prompt.id);
    expect(await ids(bobs)).toContain(id);
    expect(await ids(alices)).not.toContain(id);
    const prompt = await held(bobs, address);
    await bobs.call("prompts.answer", { id: prompt.id, action: "allow" });
    expect(await outcome(running)).toBe(0);
  });
});
