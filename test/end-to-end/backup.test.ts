// Backups with a real helper: everything a person decided goes into one file and comes back, all or nothing, and can be taken back.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Backup, Restored } from "../../contract/backup.ts";
import type { FileRule } from "../../contract/rules-file.ts";
import { HelperClient } from "../../main/client/client.ts";
import { type Ended, picket as runPicket } from "../cli/picket-process.ts";
import { TestHelper } from "./helper-process.ts";

const helper = new TestHelper();
let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "picket-backup-"));
  file = join(folder, "all.picket");
  await helper.start();
});
afterAll(async () => {
  await helper.stop();
  rmSync(folder, { recursive: true, force: true });
});

const picket = (...words: string[]): Promise<Ended> => runPicket(words, helper.socket);
const api = () => helper.client();

/** All that a backup is about, without when it was made. */
async function everything(): Promise<Omit<Backup, "made">> {
  const { made: _, ...rest } = await (await api()).call("backup.read", {});
  return rest;
}

async function good(...words: string[]): Promise<string> {
  const ended = await picket(...words);
  expect(ended).toMatchObject({ code: 0, signal: null });
  return ended.stdout;
}

beforeEach(async () => {
  const client = await api();
  for (const rule of await client.call("rules.list", {}))
    if (rule.origin !== "factory") await client.call("rules.remove", { ids: [rule.id] });
  for (const { name } of (await client.call("profiles.list", {})).profiles)
    await client.call("profiles.remove", { name });
  for (const { name } of await client.call("blocklists.list", {})) await client.call("blocklists.remove", { name });
  await client.call("profiles.define", { name: "office", ssid: "corp", gateway: null, vpn: false });
  await client.call("rules.add", {
    app: "/usr/bin/curl",
    action: "allow",
    host: "kept.example",
    profile: "office",
    note: "n",
  });
  await client.call("rules.add", { app: null, action: "block", address: "192.0.2.0/24" });
  await client.call("blocklists.add", { name: "far", url: "http://127.0.0.1:9/none.txt" });
  await client.call("mode.set", { mode: "block" });
});

test("comes back as it was, and the restore can be taken back", async () => {
  const before = await everything();
  expect(before).toMatchObject({ mode: "block", profiles: [{ name: "office" }], blocklists: [{ name: "far" }] });
  expect(before.rules).toHaveLength(2);
  const { stderr } = await picket("backup", file);
  expect(stderr).toMatch(/2 rules, 1 profiles, 1 blocklists/);
  expect(stderr).toMatch(/^not in it: history, .*picket history --csv/m);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const client = await api();
  const [first] = (await client.call("rules.list", {})).filter(({ host }) => host === "kept.example");
  await client.call("rules.remove", { ids: [first?.id ?? ""] });
  await client.call("rules.enable", { ids: ["factory:dhcp"], enabled: false });
  await client.call("rules.add", { app: null, action: "allow", host: "later.example" });
  await client.call("profiles.remove", { name: "office" });
  await client.call("profiles.define", { name: "home", ssid: null, gateway: null, vpn: null });
  await client.call("blocklists.enable", { name: "far", enabled: false });
  await client.call("mode.set", { mode: "learn" });
  const changed = await everything();

  const dry = JSON.parse(await good("restore", file, "--dry-run", "--json")) as Restored;
  expect(dry).toEqual({
    rules: { added: 1, changed: 1, removed: 1 },
    profiles: { set: ["office"], removed: ["home"] },
    mode: "block",
    blocklists: { added: [], enabled: ["far"], disabled: [], missing: [] },
  });
  expect(await everything()).toEqual(changed);
  expect(await good("restore", file)).toMatch(
    /1 added, 1 changed, 1 removed\n[\s\S]*picket restore --undo takes it back/,
  );
  expect(await everything()).toEqual(before);
  expect(await client.call("status", {})).toMatchObject({ mode: "block" });
  await good("restore", "--undo");
  expect(await everything()).toEqual(changed);
  expect(await picket("restore", "--undo")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/nothing to take back/),
  });
  await client.call("rules.enable", { ids: ["factory:dhcp"], enabled: true });
});

test("goes to another computer: lists are added, those it does not know are switched off, texts are asked for", async () => {
  await good("backup", file);
  const backup = JSON.parse(readFileSync(file, "utf8")) as Backup;
  backup.blocklists = [
    { name: "new", url: "http://127.0.0.1:9/new.txt", enabled: false },
    { name: "by hand", url: null, enabled: true },
  ];
  writeFileSync(file, JSON.stringify(backup));
  expect(JSON.parse(await good("restore", file, "--json"))).toMatchObject({
    blocklists: { added: ["new"], enabled: [], disabled: ["far"], missing: ["by hand"] },
  });
  const lists = (await (await api()).call("blocklists.list", {})).map(({ name, enabled }) => ({ name, enabled }));
  expect(lists).toEqual([
    { name: "far", enabled: false },
    { name: "new", enabled: false },
  ]);
});

const damages: [string, (backup: Backup) => unknown, RegExp][] = [
  ["no JSON", () => "nonsense", /no backup that can be read/],
  ["of a newer version", (backup) => ({ ...backup, version: 2 }), /version 2/],
  ["with a field nobody knows", (backup) => ({ ...backup, exec: "/bin/sh" }), /no backup that can be read/],
  [
    "with a rule that cannot be",
    (backup) => ({ ...backup, rules: [...backup.rules, { action: "allow", address: "300.1.1.1" }] }),
    /rules\.2/,
  ],
  ["with a rule twice", (backup) => ({ ...backup, rules: [...backup.rules, backup.rules[0]] }), /rules\.2/],
  ["with a factory rule nobody knows", (backup) => ({ ...backup, factory: { "factory:none": true } }), /no such rule/],
  [
    "with a router that is none",
    (backup) => ({ ...backup, profiles: [{ ...backup.profiles[0], gateway: "x" }] }),
    /router/,
  ],
  [
    "with a list from a file path",
    (backup) => ({ ...backup, blocklists: [{ name: "x", url: "file:///etc/shadow", enabled: true }] }),
    /no backup that can be read/,
  ],
];

test.for(damages)("%s is refused, and nothing changes", async ([, damage, complaint]) => {
  await good("backup", file);
  const wrong = damage(JSON.parse(readFileSync(file, "utf8")) as Backup);
  await (await api()).call("mode.set", { mode: "ask" });
  const before = await everything();
  const text = typeof wrong === "string" ? wrong : JSON.stringify(wrong);
  writeFileSync(file, text);
  expect(await picket("restore", file)).toMatchObject({ code: 1, stderr: expect.stringMatching(complaint) });
  // The helper judges by itself: it does not trust that the command line did.
  const client = await api();
  await client.call("backup.append", { first: true, text });
  await expect(client.call("backup.restore", {})).rejects.toMatchObject({ message: expect.stringMatching(complaint) });
  expect(await everything()).toEqual(before);
});

test("survives the helper, and no path reaches it", async () => {
  await good("backup", file);
  await (await api()).call("rules.add", { app: null, action: "allow", host: "later.example" });
  await good("restore", file);
  const after = await everything();
  await helper.signal("SIGKILL");
  await helper.start();
  expect(await everything()).toEqual(after);
  await good("restore", "--undo");
  expect((await everything()).rules.map(({ host }) => host)).toContain("later.example");
  await expect((await api()).call("backup.restore", { path: "/etc/shadow" } as never)).rejects.toMatchObject({
    code: "bad_params",
  });
});

test("deletes nothing from history, which is not in it, and lets temporary rules be", async () => {
  const client = await api();
  const temporary = await client.call("rules.add", { app: null, action: "block", host: "now.example", lifetime: "1h" });
  const happened = async () => (await client.call("history.events", { range: "24h", limit: 1000 })).events;
  const before = await happened();
  expect(before.length).toBeGreaterThan(0);
  await client.call("history.configure", { minutes: 48 });
  await good("backup", file);
  await client.call("history.configure", { minutes: 72 });
  await good("restore", file);
  // Kept for as long as was said last: what is longer than the file says is not cut.
  expect(await client.call("history.settings", {})).toMatchObject({ minutes: 72 });
  await good("restore", "--undo");
  expect(await happened()).toEqual(expect.arrayContaining(before));
  expect((await client.call("rules.list", {})).map(({ id }) => id)).toContain(temporary.id);
});

test("one that two hand over at once is the last one's, and ends with its connection", async () => {
  const client = await api();
  const other = await HelperClient.connect(helper.socket, "other");
  await client.call("backup.append", { first: true, text: "{" });
  await other.call("backup.append", { first: true, text: "{" });
  await expect(client.call("backup.append", { first: false, text: "}" })).rejects.toMatchObject({ code: "bad_backup" });
  await expect(client.call("backup.restore", {})).rejects.toMatchObject({ code: "bad_backup" });
  other.close();
});

test("a backup larger than any is refused while it comes", async () => {
  const client = await api();
  const text = "x".repeat(12_000);
  let code = "";
  for (let at = 0; at < 1600 && code === ""; at++)
    await client.call("backup.append", { first: at === 0, text }).catch((error) => {
      code = error.code;
    });
  expect(code).toBe("too_large");
});

test("13,000 rules are exported, applied, backed up and restored like few, and a restore over them is taken back", async () => {
  const client = await api();
  const small = join(folder, "small.picket");
  await good("backup", small);
  const half = (source: string) =>
    Array.from({ length: 6500 }, (_, at) => ({
      action: "block",
      origin: "import",
      source,
      host: `h${at}.${source}.test`,
    }));
  for (const source of ["one", "two"]) {
    const rules = half(source) as FileRule[];
    for (let at = 0; at < rules.length; at += 500)
      await client.call("rules.stage", { first: at === 0, rules: rules.slice(at, at + 500) });
    expect((await client.call("rules.apply", { source })).added).toHaveLength(6500);
  }
  const before = await everything();
  expect(before.rules.length).toBeGreaterThan(13_000);
  const exported = join(folder, "rules.json");
  writeFileSync(exported, await good("rules", "export"));
  expect(await good("rules", "apply", exported)).toBe("nothing to change\n");
  await good("backup", file);
  expect(await good("restore", small)).toContain("13000 removed");
  await good("restore", "--undo");
  expect(await everything()).toEqual(before);
  await good("restore", small);
  expect(await good("restore", file)).toContain("13000 added");
  expect(await everything()).toEqual(before);
  await client.call("rules.stage", { first: true, rules: [] });
  await client.call("rules.apply", {});
});

test("nothing is restored where what there is could not be brought back", async () => {
  await good("backup", file);
  await (await api()).call("rules.add", { app: null, action: "block", host: "more.example" });
  await helper.signal("SIGKILL");
  const store = new Database(join(helper.state, "picket.sqlite"));
  // As no Picket makes one.
  store.prepare("UPDATE rules SET note = ? WHERE host = 'more.example'").run("n".repeat(2000));
  store.close();
  await helper.start();
  const rules = async () => (await (await api()).call("rules.list", {})).map(({ id }) => id);
  const before = await rules();
  const ended = await picket("restore", file);
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toContain("could not be brought back");
  expect((await picket("restore", file, "--dry-run")).code).toBe(1);
  expect(await rules()).toEqual(before);
});
