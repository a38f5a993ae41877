// A second person at a computer whose Picket knew one only: the state of an older version, opened by this one. What was everybody's stays
// so, what waited for an answer is its person's, and whatever is made from now on is for whoever makes it.
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate, readMigrations } from "../../helper/store/database.ts";
import type { HelperClient } from "../../main/client/client.ts";
import { client, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { asUser, connectAs } from "./as-user.ts";
import { guarded, picket, start, TestHelper, until } from "./helper-process.ts";

const [alice, bob] = [1000, 1001];
const refused = 111;
/** The newest database that knows nothing of people. */
const before = 12;
const helper = new TestHelper();
const programs = mkdtempSync(join(tmpdir(), "picket-programs-"));
const app = join(programs, "old-friend");
let network: Network;
let [open, shut, later]: string[] = [];
let root: HelperClient;
let alices: HelperClient;
let bobs: HelperClient;

/** What a helper of that time left behind: rules, one of them temporary and one for a user, proposals, and two questions. */
function leaveState(): void {
  const store = new Database(join(helper.state, "picket.sqlite"));
  const migrations = readMigrations(join(import.meta.dirname, "../../helper/store/migrations"));
  migrate(store, migrations.slice(0, before));
  const rule = store.prepare(
    `INSERT INTO rules (app, user, action, address, direction, lifetime, boot, enabled, origin, note, created)
     VALUES (@app, @user, @action, @address, 'outbound', @lifetime, @boot, 1, 'person', @note, 1)`,
  );
  const plain = { app, user: null, lifetime: "forever", boot: null, note: "" };
  rule.run({ ...plain, action: "allow", address: open });
  rule.run({ ...plain, action: "block", address: shut });
  rule.run({ ...plain, action: "block", address: "192.0.2.231", user: bob, note: "his" });
  rule.run({ ...plain, action: "allow", address: "192.0.2.232", lifetime: "restart", boot: "another boot" });
  store.exec(`INSERT INTO rule_changes (made, before, after) VALUES (1, '[]', '[${root1(store)}]')`);
  const seen = store.prepare("INSERT INTO seen VALUES (?, 'outbound', '', '192.0.2.240', 443, 'tcp', 3, 1)");
  seen.run(app);
  const asked = { name: app, path: app, verified: false, icon: null };
  const prompt = store.prepare("INSERT INTO prompts (app, process, attempts, opened) VALUES (?, ?, 1, 5)");
  const endpoint = store.prepare("INSERT INTO prompt_endpoints VALUES (?, 0, NULL, ?, 443, 'tcp', NULL)");
  for (const [uid, address] of [
    [alice, "192.0.2.250"],
    [bob, "192.0.2.251"],
    [33, "192.0.2.252"],
  ] as const) {
    const { lastInsertRowid } = prompt.run(JSON.stringify(asked), JSON.stringify({ pid: 1, uid, command: "x" }));
    endpoint.run(lastInsertRowid, address);
  }
  store.prepare("INSERT INTO settings VALUES ('learningSince', '1')").run();
  expect(store.pragma("user_version", { simple: true })).toBe(before);
  store.close();
}

/** The number of the first rule that is a person's. */
const root1 = (store: Database.Database) =>
  store.prepare("SELECT min(number) FROM rules WHERE origin = 'person'").pluck().get();

beforeAll(async () => {
  chmodSync(programs, 0o755);
  copyFileSync("/usr/bin/python3", app);
  network = await createNetwork();
  [open, shut, later] = [network.address(4), network.address(4), network.address(4)];
  leaveState();
  await helper.start("helper/main.ts", ["--people", "everyone", "--owner", String(alice)]);
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

/** The error of a connection attempt of the user's; 0: it was established. */
async function attempt(uid: number, address = ""): Promise<number> {
  const [, ...args] = client("tcp", address, 80);
  const { stdout, stderr } = await guarded(helper, network.near, asUser(uid, [app, ...args]));
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as TcpResult).errno;
}
const rulesOf = async (api: HelperClient) =>
  (await api.call("rules.list", {})).filter(({ origin }) => origin === "person");

test("rules from before stay everybody's: both see them, they count for both, also while no helper answers", async () => {
  const everybodys = [
    { app, user: null, action: "allow", address: open },
    { app, user: null, action: "block", address: shut },
  ];
  expect(await rulesOf(root)).toMatchObject([...everybodys, { user: bob, note: "his" }]);
  expect(await rulesOf(alices)).toMatchObject(everybodys);
  expect(await rulesOf(bobs)).toMatchObject([...everybodys, { user: bob, note: "his" }]);
  for (const uid of [alice, bob]) {
    expect(await attempt(uid, open)).toBe(0);
    expect(await attempt(uid, shut)).toBe(refused);
  }
  await helper.signal("SIGSTOP");
  try {
    for (const uid of [alice, bob]) {
      expect(await attempt(uid, open)).toBe(0);
      expect(await attempt(uid, shut)).toBe(refused);
    }
  } finally {
    await helper.signal("SIGCONT");
  }
});

test("the second person changes none of them, nor takes the change back that made them; what he makes is his own", async () => {
  const [first] = await rulesOf(bobs);
  const id = first?.id ?? "";
  await expect(bobs.call("rules.remove", { ids: [id] })).rejects.toMatchObject({ code: "not_permitted" });
  await expect(bobs.call("rules.enable", { ids: [id], enabled: false })).rejects.toMatchObject({
    code: "not_permitted",
  });
  await expect(bobs.call("rules.undo", {})).rejects.toMatchObject({ code: "nothing_to_undo" });
  // The same matcher but for whom: it stands beside the old one and goes before it, for him.
  const own = await bobs.call("rules.add", { app, action: "block", address: open, port: null });
  expect(own).toMatchObject({ user: bob, replaced: null });
  expect(await attempt(bob, open)).toBe(refused);
  expect(await attempt(alice, open)).toBe(0);
  await bobs.call("rules.remove", { ids: [own.id] });
  expect(await attempt(bob, open)).toBe(0);
});

test("questions from before are whose their process was, and an answer now is for its person alone", async () => {
  const asked = async (api: HelperClient) =>
    (await api.call("prompts.list", {})).map(({ endpoint }) => endpoint.address).sort();
  expect(await asked(alices)).toEqual(["192.0.2.250", "192.0.2.252"]);
  expect(await asked(bobs)).toEqual(["192.0.2.251"]);
  expect(await asked(root)).toHaveLength(3);
  for (const [api, uid, address] of [
    [alices, alice, "192.0.2.250"],
    [bobs, bob, "192.0.2.251"],
  ] as const) {
    const [prompt] = (await api.call("prompts.list", {})).filter(({ endpoint }) => endpoint.address === address);
    const { rules } = await api.call("prompts.answer", {
      ...{ id: prompt?.id ?? "", action: "allow", scope: "endpoint", lifetime: "forever" },
    });
    expect((await root.call("rules.list", {})).find(({ id }) => id === rules[0])).toMatchObject({ user: uid });
  }
});

test("what was learned before is proposed to who was there, and to nobody else", async () => {
  const proposed = async (api: HelperClient) => (await api.call("learn.review", {})).proposals.map(({ app }) => app);
  expect(await proposed(alices)).toEqual([app]);
  expect(await proposed(bobs)).toEqual([]);
  const { proposals } = await alices.call("learn.review", {});
  const { rules } = await alices.call("learn.accept", { ids: proposals.map(({ id }) => id) });
  expect(rules).toMatchObject([{ user: alice, address: "192.0.2.240" }]);
});

test("the command line says whose each rule is, and who is asked about what", async () => {
  const say = async (...words: string[]) => (await start(picket, words, { PICKET_SOCKET: helper.socket })).stdout;
  const name = async (uid: number) => (await start("getent", ["passwd", String(uid)])).stdout.split(":")[0] || `${uid}`;
  const lines = (await say("rules", "list")).split("\n");
  const [head = ""] = lines;
  const whose = (what: string) =>
    lines
      .filter((line) => line.split(/\s+/).includes(what))
      .map((line) => line.slice(head.indexOf("FOR")).split(" ")[0])
      .sort();
  expect(whose(open ?? "")).toEqual(["everybody"]);
  expect(whose("192.0.2.231")).toEqual([await name(bob)]);
  expect(whose("192.0.2.250")).toEqual([await name(alice)]);
  expect(await say("status")).toMatch(
    new RegExp(`^people +everybody is asked about their own; ${await name(alice)} looks after what is nobody's$`, "m"),
  );
});

test("one person alone again: nothing is lost, and new rules are everybody's", async () => {
  const ids = async () => (await rulesOf(root)).map(({ id }) => id);
  const had = await ids();
  for (const each of [alices, bobs]) each.close();
  await helper.signal("SIGTERM");
  await helper.start("helper/main.ts", ["--people", "owner", "--owner", String(alice)]);
  [root, alices] = [await helper.client(), await connectAs(alice, helper)];
  expect(await ids()).toEqual(had);
  await expect(connectAs(bob, helper)).rejects.toMatchObject({ code: "not_permitted" });
  const running = attempt(bob, later);
  const prompt = await until("a question about him", async () =>
    (await alices.call("prompts.list", {})).find(({ endpoint }) => endpoint.address === later),
  );
  expect(prompt.process.person).toBeUndefined();
  const { rules } = await alices.call("prompts.answer", {
    ...{ id: prompt.id, action: "block", scope: "endpoint", lifetime: "forever" },
  });
  expect(await running).toBe(refused);
  expect((await rulesOf(root)).find(({ id }) => id === rules[0])).toMatchObject({ user: null });
});
