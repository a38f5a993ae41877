// Whose a backup is where several people use the computer: the owner's own while nothing in it is another person's, else an administrator's,
// of whom there is none here.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backup } from "../../contract/backup.ts";
import type { FileRule } from "../../contract/rules-file.ts";
import type { HelperClient } from "../../main/client/client.ts";
import { connectAs } from "./as-user.ts";
import { TestHelper } from "./helper-process.ts";

const [alice, bob, service] = [1000, 1001, 33];
const refuses = { code: "not_permitted" };
const helper = new TestHelper();
let root: HelperClient;
let alices: HelperClient;
let bobs: HelperClient;

beforeAll(async () => {
  await helper.start("helper/main.ts", ["--people", "everyone", "--owner", String(alice)]);
  [root, alices, bobs] = [await helper.client(), await connectAs(alice, helper), await connectAs(bob, helper)];
});
afterAll(async () => {
  for (const each of [alices, bobs]) each?.close();
  await helper.stop();
});

const block = (api: HelperClient, address: string, user: number | null = null) =>
  api.call("rules.add", { app: null, action: "block", address, user });
const rules = async () =>
  (await root.call("rules.list", {}))
    .filter(({ origin }) => origin !== "factory")
    .map(({ user, address, enabled }) => [user, address?.replace("/32", ""), enabled]);

async function restore(api: HelperClient, backup: Backup, dryRun = false) {
  await api.call("backup.append", { first: true, text: JSON.stringify(backup) });
  return api.call("backup.restore", { dryRun });
}

test("the owner alone reads it, restores it and takes that back, with rules for services, for root and for everybody in it", async () => {
  const hers = await block(alices, "192.0.2.1");
  await block(alices, "192.0.2.2", service);
  const everybodys = await block(root, "192.0.2.3");
  await block(root, "192.0.2.4", 0);
  const before = await rules();
  const backup = await alices.call("backup.read", {});
  expect(backup.rules).toHaveLength(4);
  await alices.call("rules.remove", { ids: [hers.id] });
  await alices.call("rules.enable", { ids: [everybodys.id], enabled: false });
  await block(alices, "192.0.2.5");
  const changed = await rules();
  expect(await restore(alices, backup)).toMatchObject({ rules: { added: 1, changed: 1, removed: 1 } });
  expect(await rules()).toEqual(expect.arrayContaining(before));
  expect(await rules()).toHaveLength(before.length);
  await alices.call("backup.undo", {});
  expect((await rules()).sort()).toEqual(changed.sort());
});

test("each person hands over their own: nobody's takes the place of another's, or is waited for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "picket-versions-"));
  const backup = await root.call("backup.read", {});
  // Not root's alone, so that a process has to look at each.
  const rules = Array.from({ length: 12 }, (_, at): FileRule => {
    return { action: "block", app: join(folder, `app-1.${at}/app`), user: alice };
  });
  const text = JSON.stringify({ ...backup, rules: [...backup.rules, ...rules] });
  for (const api of [root, alices, bobs]) await api.call("backup.append", { first: true, text });
  let isOver = false;
  const hers = Array.from({ length: 6 }, () =>
    alices.call("backup.restore", { dryRun: true }).then(() => {
      isOver = true;
    }),
  );
  await root.call("backup.restore", { dryRun: true });
  expect(isOver).toBe(false);
  await Promise.all(hers);
  // Only the text is his to hand over.
  await expect(bobs.call("backup.restore", { dryRun: true })).rejects.toMatchObject(refuses);
  rmSync(folder, { recursive: true });
});

test.for<[string, FileRule]>([
  ["root", { action: "allow", address: "192.0.2.10", user: 0 }],
  ["another person", { action: "allow", address: "192.0.2.10", user: bob }],
  ["everybody", { action: "allow", address: "192.0.2.10" }],
])("one with another rule for %s is not hers to restore, nor one without root's", async ([, rule]) => {
  const backup = await alices.call("backup.read", {});
  const before = await rules();
  for (const dryRun of [true, false])
    await expect(restore(alices, { ...backup, rules: [...backup.rules, rule] }, dryRun)).rejects.toMatchObject(refuses);
  const without = { ...backup, rules: backup.rules.filter(({ user }) => user !== 0) };
  await expect(restore(alices, without)).rejects.toMatchObject(refuses);
  expect(await rules()).toEqual(before);
});

test("with another person's rules it takes an administrator", async () => {
  const text = await alices.call("backup.read", {});
  await restore(alices, text);
  await block(bobs, "192.0.2.20");
  const before = await rules();
  for (const api of [alices, bobs]) await expect(api.call("backup.read", {})).rejects.toMatchObject(refuses);
  for (const dryRun of [true, false]) await expect(restore(alices, text, dryRun)).rejects.toMatchObject(refuses);
  await expect(alices.call("backup.undo", {})).rejects.toMatchObject(refuses);
  expect(await rules()).toEqual(before);
  const whole = await root.call("backup.read", {});
  expect(whole.rules.map(({ user }) => user)).toContain(bob);
  await restore(root, text);
  expect((await rules()).map(([user]) => user)).not.toContain(bob);
  // What is taken back would bring his rule back.
  await expect(alices.call("backup.undo", {})).rejects.toMatchObject(refuses);
  await root.call("backup.undo", {});
  expect(await rules()).toEqual(expect.arrayContaining(before));
});
