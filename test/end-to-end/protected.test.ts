// At level "protected", what a program of the person's may not do at the helper by words that sound harmless. The real helper decides; no
// polkit runs here, so nobody consents.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { HelperClient } from "../../main/client/client.ts";
import { page, startWeb, type Web } from "../helper/blocklists/web.ts";
import { asUser, connectAs } from "./as-user.ts";
import { picket, slowness, start, until } from "./helper-process.ts";
import { alice, bob, Storming, windowGroup } from "./storming.ts";

vi.setConfig({ testTimeout: 60_000 * slowness });

const refused = { code: "not_permitted" };
let field: Storming;
let web: Web;
/** The installed window, and any program, a blocked one too. */
let person: HelperClient;
let program: HelperClient;

beforeAll(async () => {
  [field, web] = [await Storming.create(), await startWeb()];
  person = await connectAs(alice, field.helper, windowGroup);
  program = await connectAs(alice, field.helper);
}, 60_000 * slowness);
afterAll(async () => {
  person?.close();
  program?.close();
  await field?.destroy();
  await web?.stop();
});

const own = async () => (await person.call("rules.list", {})).filter(({ origin }) => origin === "person");

test("a temporary block is not ended by another that is over sooner; a longer one may take its place", async () => {
  const block = { app: "/usr/bin/true", action: "block", address: "192.0.2.1" } as const;
  const made = await person.call("rules.add", { ...block, lifetime: "8h" });
  for (const lifetime of ["1m", "7h"] as const)
    await expect(program.call("rules.add", { ...block, lifetime }), lifetime).rejects.toMatchObject(refused);
  expect((await own()).map(({ id }) => id)).toEqual([made.id]);
  const longer = await program.call("rules.add", { ...block, lifetime: "restart" });
  expect(longer.replaced).toBe(made.id);
  for (const lifetime of ["7d", "1m"] as const)
    await expect(program.call("rules.add", { ...block, lifetime }), lifetime).rejects.toMatchObject(refused);
  // Beside what is temporary, and what nothing of the kind stands in the way of.
  expect((await program.call("rules.add", { ...block, lifetime: "forever" })).replaced).toBe(null);
  expect((await program.call("rules.add", { ...block, port: 1, lifetime: "1m" })).replaced).toBe(null);
  // The person's own wish.
  expect((await person.call("rules.add", { ...block, lifetime: "1m" })).replaced).toBe(longer.id);
  for (const { id } of await own()) await person.call("rules.remove", { ids: [id] });
});

test("nor by an answer to another question of the same app", async () => {
  const address = field.network.address(4);
  const id = await field.question(alice, address);
  const asked = (await person.call("prompts.list", {})).find((prompt) => prompt.id === id);
  const app = asked?.app.path ?? "";
  const ask = await person.call("rules.add", { app, action: "ask", address });
  const made = await person.call("rules.add", { app, action: "block", direction: "outbound", lifetime: "8h" });
  expect((await program.call("prompts.list", {})).map((prompt) => prompt.id)).toEqual([id]);
  const answer = { id, action: "block", scope: "any" } as const;
  await expect(program.call("prompts.answer", { ...answer, lifetime: "1m" })).rejects.toMatchObject(refused);
  expect((await own()).map((rule) => rule.id).sort()).toEqual([ask.id, made.id].sort());
  const { rules } = await program.call("prompts.answer", { ...answer, lifetime: "9h" });
  expect(rules).toHaveLength(1);
  for (const rule of await own()) await person.call("rules.remove", { ids: [rule.id] });
});

test("no place is told anything by way of a blocklist's address: to add one takes consent, and so does to fetch one again and again", async () => {
  web.pages.set("/list", page("||bad.example^\n"));
  await expect(program.call("blocklists.add", { name: "out", url: `${web.url}/secret` })).rejects.toMatchObject(
    refused,
  );
  expect(await person.call("blocklists.list", {})).toEqual([]);
  const settled = () =>
    until("the list", async () => {
      const [list] = await person.call("blocklists.list", {});
      return list?.busy === null && list;
    });
  await person.call("blocklists.add", { name: "mine", url: `${web.url}/list` });
  expect(await settled()).toMatchObject({ domains: 1, error: null });
  expect(web.asked.map(({ url }) => url)).toEqual(["/list"]);
  for (const name of ["mine", null])
    await expect(program.call("blocklists.refresh", { name })).rejects.toMatchObject(refused);
  // The window's button is the person's.
  await person.call("blocklists.refresh", { name: "mine" });
  await settled();
  expect(web.asked).toHaveLength(2);
  await person.call("lockdown", { on: true });
  await person.call("blocklists.refresh", { name: "mine" });
  expect((await settled()).error).toMatchObject({ code: "fetch_failed", message: expect.stringContaining("lockdown") });
  expect(web.asked).toHaveLength(2);
  await person.call("lockdown", { on: false });
  await person.call("blocklists.refresh", { name: "mine" });
  expect((await settled()).error).toBe(null);
  expect(web.asked).toHaveLength(3);
  await person.call("blocklists.remove", { name: "mine" });
});

test("what a person tries is not made to stay, where it lets more through", async () => {
  await person.call("mode.set", { mode: "allow", confirmWithin: 600 });
  await expect(program.call("confirm", {})).rejects.toMatchObject(refused);
  expect((await person.call("status", {})).trial).not.toBe(null);
  expect((await person.call("confirm", {})).trial).toBe(null);
  await program.call("mode.set", { mode: "block", confirmWithin: 600 });
  expect(await program.call("confirm", {})).toMatchObject({ mode: "block", trial: null });
});

test("a file that is no list is complained about and leaves nothing, without a question to anybody", async () => {
  const page = join(field.programs, "page.txt");
  writeFileSync(page, "<html>\n<p>sign in</p>\n");
  const [program = "", ...words] = asUser(alice, [picket, "blocklists", "add", page]);
  expect(await start(program, words, { PICKET_SOCKET: field.helper.socket })).toMatchObject({
    ...{ code: 1, stdout: "" },
    stderr: expect.stringMatching(/^picket: page: That is no blocklist[^\n]*\n$/),
  });
  await until("the list's end", async () => (await person.call("blocklists.list", {})).length === 0);
});

test("what no consent would have carried out is refused before anybody is asked", async () => {
  const backup = await person.call("backup.read", {});
  const restore = async (rules: typeof backup.rules) => {
    await program.call("backup.append", { first: true, text: JSON.stringify({ ...backup, rules }) });
    return program.call("backup.restore", {});
  };
  // Nobody consents here: what gets as far as to be asked about is refused for want of the window.
  const asked = { ...refused, message: expect.stringMatching(/Picket's window/) };
  await expect(restore([])).rejects.toMatchObject(asked);
  const rule = { action: "allow", address: "192.0.2.9" } as const;
  const say = (command: string) => ({ ...refused, message: expect.stringMatching(new RegExp(`sudo ${command}\\)`)) });
  await expect(restore([rule])).rejects.toMatchObject(say("picket restore"));
  await expect(program.call("backup.undo", {})).rejects.toMatchObject({ code: "nothing_to_undo" });
  const root = await field.helper.client();
  const clear = async () => {
    await root.call("backup.append", { first: true, text: JSON.stringify({ ...backup, rules: [] }) });
    await root.call("backup.restore", {});
  };
  await clear();
  await expect(program.call("backup.undo", {})).rejects.toMatchObject(asked);
  await root.call("rules.add", { app: null, action: "block", address: "192.0.2.9", user: bob });
  await clear();
  await expect(program.call("backup.undo", {})).rejects.toMatchObject(say("picket restore --undo"));
});

test("what another has on trial is not told with what one sets, and when one's own ends moves with the right to alone", async () => {
  const root = await field.helper.client();
  await root.call("mode.set", { mode: "ask" });
  await root.call("mode.set", { mode: "block", confirmWithin: 600 });
  expect((await person.call("lockdown", { on: false })).trial).toBe(null);
  await root.call("confirm", {});
  await person.call("mode.set", { mode: "allow", confirmWithin: 600 });
  const { trial } = await person.call("status", {});
  for (const confirmWithin of [5, 3600])
    await expect(program.call("mode.set", { mode: "block", confirmWithin })).rejects.toMatchObject(refused);
  expect((await person.call("status", {})).trial?.what).toBe(trial?.what);
  await person.call("confirm", {});
});

test("nobody is kept from listing and removing rules by rules without number", async () => {
  const odd = "\u0001".repeat(3900);
  const add = (at: number) => program.call("rules.add", { app: `/${odd}`, via: `/${odd}`, action: "block", port: at });
  let made = 0;
  await expect(
    (async () => {
      for (; made < 400; made++) await add(made + 1);
    })(),
  ).rejects.toMatchObject({ code: "too_many_rules" });
  expect(made).toBeGreaterThan(100);
  // Whoever comes anew is told all of them, and so is who looks at everybody's.
  const other = await connectAs(alice, field.helper, windowGroup);
  const rules = await other.call("rules.list", {});
  expect(rules.filter(({ origin }) => origin === "person")).toHaveLength(made);
  for (const api of [other, await field.helper.client()]) await api.call("watch", { topics: ["rules"] });
  const [first] = rules.filter(({ origin }) => origin === "person");
  await other.call("rules.remove", { ids: [first?.id ?? ""] });
  await add(made + 1);
  other.close();
});
