// The whole product: a real app is held by the real kernel, the real window asks, a click answers, and the lists show it.

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { client, clientApp, type StreamResult, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { App, patience } from "../window/app.ts";
import { guarded, type Ran, TestHelper } from "./helper-process.ts";
import { InstalledApp } from "./installed-app.ts";

const ECONNABORTED = 103;
const ECONNREFUSED = 111;

const helper = new TestHelper();
let network: Network;
let app: App;
let installed: InstalledApp;

beforeAll(async () => {
  // Before the helper, which reads desktop entries now and then.
  installed = new InstalledApp("Reach");
  network = await createNetwork();
  await helper.start();
  app = await App.start(helper.socket);
  await app.main.locator("[data-health=up]").waitFor();
});

afterAll(async () => {
  await app?.end();
  await helper.stop();
  network.destroy();
  installed.remove();
});

const json = <T>(ran: Ran): T => JSON.parse(ran.stdout) as T;
const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";
const visible = (is: boolean) =>
  vi.waitFor(async () => expect(await app.promptIsVisible()).toBe(is), { timeout: patience, interval: 50 });

async function choose(name: string): Promise<void> {
  await app.prompt.getByRole("radio", { name, exact: true }).click({ force: true });
}

describe("a question in the window", () => {
  test("opens by itself; Allow for good lets the app go on and leaves a rule", async () => {
    const address = network.address(4);
    const running = guarded(helper, network.near, client("tcp", address, 80));
    const { id } = await helper.prompt(address);
    await visible(true);
    await app.liveCard(id);
    expect(await app.prompt.locator(".card").textContent()).toContain(address);
    expect(await network.arrived("tcp", address, 80)).toBe(0);

    await app.prompt.getByRole("button", { name: "Allow" }).click();
    expect(json<TcpResult>(await running).ok).toBe(true);
    expect(await network.arrived("tcp", address, 80)).toBeGreaterThan(0);
    await visible(false);
    const rules = await (await helper.client()).call("rules.list", {});
    expect(rules.filter((rule) => rule.address === address)).toMatchObject([
      { action: "allow", port: 80, protocol: "tcp" },
    ]);
  });

  test("Block, this time only, refuses the app and leaves no rule", async () => {
    const address = network.address(6);
    const running = guarded(helper, network.near, client("tcp", address, 80));
    const { id } = await helper.prompt(address);
    await app.liveCard(id);
    await choose("This time");
    // A change under the hand makes the card dead for a moment.
    await app.liveCard(id);
    await app.prompt.getByRole("button", { name: "Block" }).click();
    expect(json<TcpResult>(await running).errno).toBe(ECONNREFUSED);
    expect(await network.arrived("tcp", address, 80)).toBe(0);
    expect((await (await helper.client()).call("rules.list", {})).filter((rule) => rule.address === address)).toEqual(
      [],
    );
  });

  test("closing the window answers nothing: the app is still held, and the question is in the list", async () => {
    const address = network.address(4);
    const running = guarded(helper, network.near, client("tcp", address, 80));
    const { id } = await helper.prompt(address);
    await app.liveCard(id);
    await app.prompt.keyboard.press("Escape");
    await visible(false);
    const api = await helper.client();
    expect((await helper.prompt(address)).id).toBe(id);
    expect((await api.call("rules.list", {})).filter((rule) => rule.address === address)).toEqual([]);
    await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect(json<TcpResult>(await running).ok).toBe(true);
  });
});

test("an app that root put there is asked about by its name, with its picture, both of its desktop entry", async () => {
  const address = network.address(4);
  const [, ...script] = client("tcp", address, 80);
  const running = guarded(helper, network.near, [installed.program, ...script]);
  const { id } = await helper.prompt(address);
  await app.liveCard(id);
  expect(await app.prompt.locator("h1").textContent()).toBe(`Reach wants to reach ${address}`);
  const face = app.prompt.locator('.card .face-icon[data-state="there"]');
  await face.waitFor();
  expect(await face.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(installed.pixels);
  await (await helper.client()).call("prompts.answer", { id, action: "block", lifetime: "once" });
  expect(json<TcpResult>(await running).errno).toBe(ECONNREFUSED);
});

describe("an answer", () => {
  test("says beforehand who asks, and is taken back by its undo: the rule goes, and the next attempt is asked about", async () => {
    const address = network.address(4);
    const running = guarded(helper, network.near, client("tcp", address, 80));
    const { id, process: asker } = await helper.prompt(address);
    await app.liveCard(id);
    await app.prompt.keyboard.press("Alt+KeyD");
    const tree = app.prompt.locator(".tree");
    await tree.getByText(`process ${asker.pid}`).waitFor();
    // What started it is there as well, down from the first process.
    expect(await tree.locator("li").count()).toBeGreaterThan(1);
    expect(await app.prompt.locator(".details").textContent()).toContain("root (user 0)");
    await app.prompt.getByRole("button", { name: "Allow" }).click();
    expect(json<TcpResult>(await running).ok).toBe(true);
    const api = await helper.client();
    const own = async () => (await api.call("rules.list", {})).filter((rule) => rule.address === address);
    const [made] = await own();
    expect(made).toMatchObject({ action: "allow" });
    await app.prompt.locator('.undo[data-live="true"]').waitFor();
    await app.prompt.getByRole("button", { name: "Undo" }).click();
    await vi.waitFor(async () => expect(await own()).toEqual([]), { timeout: patience, interval: 50 });
    expect((await api.call("answers.list", {}))[0]).toMatchObject({ id, action: "allow", undone: true, change: null });

    const again = guarded(helper, network.near, client("tcp", address, 80));
    const next = await helper.prompt(address);
    expect((await api.call("prompts.details", { id: next.id })).today.allowed).toBeGreaterThan(0);
    expect((await api.call("prompts.details", { id: next.id })).firstSeen).not.toBeNull();
    await api.call("prompts.answer", { id: next.id, action: "allow", lifetime: "once" });
    expect(json<TcpResult>(await again).ok).toBe(true);
  });
});

describe("the main window", () => {
  test("lists the flows with verdict and rule, and a rule switched off there asks again", async () => {
    const api = await helper.client();
    const address = network.address(4);
    const rule = await api.call("rules.add", { app: null, action: "block", address });
    expect(json<TcpResult>(await guarded(helper, network.near, client("tcp", address, 80, 5))).errno).toBe(
      ECONNREFUSED,
    );
    await app.main.getByRole("radio", { name: "By time" }).click({ force: true });
    const row = app.main.getByRole("row").filter({ hasText: address });
    await row.first().waitFor();
    await row.filter({ hasText: "Blocked" }).first().waitFor();

    await app.main.getByRole("tab", { name: "Rules" }).click();
    const sentence = app.main.locator(`[data-id="${rule.id}"]`);
    await sentence.getByRole("switch").click({ force: true });
    await vi.waitFor(
      async () => {
        const stored = (await api.call("rules.list", {})).find(({ id }) => id === rule.id);
        expect(stored?.enabled).toBe(false);
      },
      { timeout: patience, interval: 50 },
    );
    const running = guarded(helper, network.near, client("tcp", address, 80));
    const { id } = await helper.prompt(address);
    await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect(json<TcpResult>(await running).ok).toBe(true);
  });

  test("makes a rule of a row, and answers for good what was left in the inbox: the app hears of both", async () => {
    const api = await helper.client();
    const [refused, left] = [network.address(4), network.address(4)];
    const { id: pass } = await api.call("rules.add", { app: null, action: "allow", address: refused });
    expect(json<TcpResult>(await guarded(helper, network.near, client("tcp", refused, 80))).ok).toBe(true);
    await api.call("rules.remove", { ids: [pass] });
    await app.main.getByRole("tab", { name: "Monitor" }).click();
    await app.main.getByRole("radio", { name: "By time" }).click({ force: true });
    const row = app.main.getByRole("row").filter({ hasText: refused }).first();
    await row.locator("[data-menu]").click();
    await app.main.getByRole("menuitem", { name: "Block…" }).click();
    const dialog = app.main.getByRole("dialog");
    await dialog.getByRole("button", { name: "Save rule" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(json<TcpResult>(await guarded(helper, network.near, client("tcp", refused, 80, 5))).errno).toBe(
      ECONNREFUSED,
    );
    await guarded(helper, network.near, client("tcp", left, 80, 0.5));
    const { id } = await helper.prompt(left, "inbox");
    await app.main.getByRole("tab", { name: /Inbox/ }).click();
    await app.main.locator(`.view[data-live="true"] .question-row[data-id="${id}"] .button-allow`).click();
    await app.main.locator(`.question-row[data-id="${id}"]`).waitFor({ state: "detached" });
    expect(json<TcpResult>(await guarded(helper, network.near, client("tcp", left, 80, 5))).ok).toBe(true);
    const mine = (await api.call("rules.list", {})).filter(({ app }) => app === clientApp("tcp"));
    expect(mine.find(({ address }) => address === refused)).toMatchObject({ action: "block", lifetime: "forever" });
    expect(mine.find(({ address }) => address === left)).toMatchObject({ action: "allow", lifetime: "forever" });
  });

  test("shows real traffic in its tree, and a connection ended there ends for its app", async () => {
    const api = await helper.client();
    const address = network.address(4);
    await api.call("rules.add", { app: clientApp("stream"), action: "allow", address });
    await app.main.getByRole("tab", { name: "Monitor" }).click();
    await app.main.getByRole("radio", { name: "By app" }).click({ force: true });
    const running = guarded(helper, network.near, client("stream", "tcp", address, 7777, 45));
    const row = app.main.locator(".monitor .row[data-kind=app]").filter({ hasText: "stream.py" });
    await row.getByText(/receives .* a second/).waitFor({ state: "attached" });
    await row.click();
    const host = app.main.locator(".monitor .row[data-kind=host]").filter({ hasText: address });
    await host.locator("[data-menu]").click();
    await app.main.getByRole("menuitem", { name: "End connection" }).click();
    expect(json<StreamResult>({ ...(await running), stdout: lastLine((await running).stdout) }).errno).toBe(
      ECONNABORTED,
    );
    await host.getByText("ended").waitFor();
  });
});
