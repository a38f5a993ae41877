// Learning and profiles in the real window with the real helper: what was allowed while learning becomes rules there, and profiles decide
// which rules count.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { client, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { App, patience } from "../window/app.ts";
import { guarded, TestHelper } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000 });
const ECONNREFUSED = 111;

const helper = new TestHelper();
let network: Network;
let app: App;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start("helper/main.ts", ["--mode", "learn"]);
  app = await App.start(helper.socket);
  await app.main.locator("[data-health=up]").waitFor();
});

afterAll(async () => {
  await app?.end();
  await helper.stop();
  network.destroy();
});

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const button = (name: string) => app.main.getByRole("button", { name, exact: true });

async function connected(address: string): Promise<TcpResult> {
  return JSON.parse((await guarded(helper, network.near, client("tcp", address, 80, 5))).stdout) as TcpResult;
}

describe("learning", () => {
  test("shows what it allowed; one is rejected, the rest accepted, and only that goes on when what is new is blocked", async () => {
    const [taken, left] = [network.address(4), network.address(6)];
    await app.main.getByRole("tab", { name: "Learning" }).click();
    for (const address of [taken, left]) expect((await connected(address)).ok).toBe(true);
    const row = (address: string) => app.main.locator("[data-proposal]").filter({ hasText: address });
    await row(taken).getByText(`may connect to ${taken}, port 80, over TCP`).waitFor();
    await row(left)
      .getByRole("button", { name: /^Reject/ })
      .click();
    await row(left).waitFor({ state: "detached" });
    await app.main.getByRole("radio", { name: "Block what is new" }).click({ force: true });
    await button("Accept the rule and finish").click();
    await app.main.getByText("1 rule made. Learning is over.").waitFor();
    // It would go in ten seconds, but for whoever has it focused.
    await button("Undo the rules").focus();
    const api = await helper.client();
    expect((await api.call("status", {})).mode).toBe("block");
    expect((await api.call("learn.review", {})).proposals).toEqual([]);
    expect((await connected(taken)).ok).toBe(true);
    expect((await connected(left)).errno).toBe(ECONNREFUSED);
    await button("Undo the rules").click();
    await waitFor(async () => expect((await connected(taken)).errno).toBe(ECONNREFUSED));
    expect(app.complaints).toEqual([]);
  });
});

describe("a profile", () => {
  test("that is defined, chosen and removed in the window decides whether its rules count", async () => {
    const api = await helper.client();
    const address = network.address(4);
    expect((await api.call("status", {})).mode).toBe("block");
    await app.main.getByRole("tab", { name: "Profiles" }).click();
    await button("Add profile").click();
    const dialog = app.main.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("Work");
    await dialog.getByRole("combobox", { name: "Router" }).fill("192.0.2.1/24");
    await button("Save profile").click();
    await dialog.getByText("That is neither an address nor a hardware address").waitFor();
    await dialog.getByRole("combobox", { name: "Router" }).fill("52-54-00-12-34-56");
    await button("Save profile").click();
    await dialog.waitFor({ state: "detached" });
    const work = app.main.locator('[data-profile="Work"]');
    await work.getByText("Active behind the router 52:54:00:12:34:56").waitFor();
    await api.call("rules.add", { app: null, action: "allow", address, profile: "Work" });
    await work.getByText("1 rule").waitFor();
    expect((await connected(address)).errno).toBe(ECONNREFUSED);
    await button("Use: Work").click();
    await app.main.getByText("Active now: Work").waitFor();
    expect((await connected(address)).ok).toBe(true);
    await button("Remove: Work").click();
    await app.main.getByRole("alertdialog").getByText("Its rule stays in the list").waitFor();
    await button("Remove profile").click();
    await work.getByText("Removed").waitFor();
    await waitFor(async () => expect((await connected(address)).errno).toBe(ECONNREFUSED));
    expect(app.complaints).toEqual([]);
  });
});
