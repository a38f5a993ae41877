// History in the real window, of what the real helper counted: its rows, its sums, a part of the time, and the way into an app.
import { basename } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { humanBytes } from "../../renderer/format.ts";
import { client, clientApp } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { App, patience } from "../window/app.ts";
import { dragOver } from "../window/chart.ts";
import { guarded, TestHelper, until } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000 });

const path = clientApp("bulk");
const helper = new TestHelper();
let network: Network;
let address: string;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const row = (name: string) => app.main.locator(".history-rows .row[data-id]").filter({ hasText: name });
const choose = (name: string) => app.main.getByRole("radio", { name, exact: true }).click({ force: true });

const drag = (from: number, to: number) => dragOver(app.main, from, to);

beforeAll(async () => {
  network = await createNetwork();
  address = network.address(4);
  await helper.start();
  const api = await helper.client();
  await api.call("rules.add", { app: path, action: "allow", direction: "both" });
  const ran = await guarded(helper, network.near, client("bulk", "tcp", address, 7777, 20));
  expect(ran.code, ran.stderr).toBe(0);
  await until("the end of its flow", async () =>
    (await api.call("flows.list", {})).every(({ live, endpoint }) => !live || endpoint.protocol !== "tcp"),
  );
  app = await App.start(helper.socket);
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.getByRole("tab", { name: "History" }).click();
});
afterAll(async () => {
  await app?.end();
  await helper.stop();
  network.destroy();
});

test("an app's row and the sums above it are what the helper counted", async () => {
  const api = await helper.client();
  const { rows, total } = await api.call("history.query", { by: "app", range: "24h" });
  const counted = rows.find(({ key }) => key === path);
  expect(counted?.bytesOut).toBeGreaterThan(20 << 20);
  await waitFor(async () => {
    const shown = await row(basename(path)).textContent();
    expect(shown).toContain(humanBytes(counted?.bytesOut ?? 0));
    expect(shown).toContain(humanBytes(counted?.bytesIn ?? 0));
    expect(await app.main.locator(".amount-went dd").textContent()).toContain(humanBytes(total.bytesOut));
  });
});

test("a part of the time without traffic has no row of it, and the part with it has", async () => {
  await choose("10 min");
  // Until then the chart, and the row, are those of the day.
  await app.main.getByText("Average speed in each second").waitFor();
  await row(basename(path)).waitFor();
  await drag(0.05, 0.3);
  await app.main.locator(".time-chip").waitFor();
  await row(basename(path)).waitFor({ state: "detached" });
  await app.main.locator(".time-chip").click();
  await row(basename(path)).waitFor();
  await drag(0.3, 0.999);
  await app.main.locator(".time-chip").waitFor();
  await row(basename(path)).waitFor();
  await app.main.locator(".time-chip").click();
});

test("the way into the app leads to where it talked to, and when it was first seen", async () => {
  await choose("24 h");
  await row(basename(path)).getByRole("button").click();
  await row(address).waitFor();
  await app.main.locator(".happened").click();
  await app.main
    .locator(".happened-list")
    .getByText(/new app|first/i)
    .waitFor();
});
