// Blocklists in the real window with the real helper: a list from a file and one from a web server block a real app, an exception lets it
// pass, and all of it is seen and taken back there.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { page, startWeb, type Web } from "../helper/blocklists/web.ts";
import { client, clientApp, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { App, patience } from "../window/app.ts";
import { guarded, TestHelper } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000 });
const ECONNREFUSED = 111;

const helper = new TestHelper();
let network: Network;
let app: App;
let web: Web;

beforeAll(async () => {
  network = await createNetwork();
  web = await startWeb();
  await helper.start();
  app = await App.start(helper.socket);
  await app.main.locator("[data-health=up]").waitFor();
});

afterAll(async () => {
  await app?.end();
  await helper.stop();
  await web.stop();
  network.destroy();
});

const view = (name: string) => app.main.getByRole("tab", { name }).click();
const button = (name: string) => app.main.getByRole("button", { name, exact: true });
const list = (name: string) => app.main.locator(`[data-list="${name}"]`);
const dialog = () => app.main.getByRole("dialog");

async function connected(address: string): Promise<TcpResult> {
  return JSON.parse((await guarded(helper, network.near, client("tcp", address, 80, 5))).stdout) as TcpResult;
}

describe("a blocklist", () => {
  const listed = { address: "" };

  test("from a file blocks an app that a rule allows, and says how often", async () => {
    listed.address = network.address(4);
    const rule = { app: clientApp("tcp"), action: "allow", note: "Anywhere." } as const;
    await (await helper.client()).call("rules.add", rule);
    const path = join(helper.directory, "bad places.txt");
    writeFileSync(path, `# bad\n${listed.address}\n198.51.100.0/24\nads.example.org\n`);
    await app.electron.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
    }, path);
    await view("Blocklists");
    await button("Add list").click();
    await dialog().getByRole("radio", { name: "From a file" }).click({ force: true });
    await dialog().getByRole("button", { name: "Choose a file…" }).click();
    await dialog().getByText("bad places.txt").waitFor();
    await dialog().getByRole("button", { name: "Add list" }).click();
    await dialog().waitFor({ state: "detached" });
    await app.main.getByText("1 list, 3 entries in force").waitFor();
    expect((await connected(listed.address)).errno).toBe(ECONNREFUSED);
    await button("Details of bad places").click();
    await list("bad places").locator(".list-hits").getByText(listed.address).waitFor();
    await list("bad places").locator(".list-hits").getByText("1 time").waitFor();
  });

  test("is gone past with one click in the monitor; the exception is listed, and without it the app is blocked again", async () => {
    await view("Monitor");
    await app.main.getByRole("radio", { name: "By time" }).click({ force: true });
    const row = app.main.getByRole("row").filter({ hasText: listed.address }).filter({ hasText: "Blocked" }).first();
    await row.locator("[data-menu]").click();
    await app.main.getByRole("menuitem", { name: "Allow despite blocklists" }).click();
    await app.main.getByText(/Blocklists let .* reach/).waitFor();
    expect((await connected(listed.address)).ok).toBe(true);
    await view("Blocklists");
    const exception = app.main.locator(".exception").filter({ hasText: listed.address });
    await exception.getByRole("button").click();
    await exception.waitFor({ state: "detached" });
    expect((await connected(listed.address)).errno).toBe(ECONNREFUSED);
  });

  test("from a web server is fetched when it is added and when it is asked for, and waits where it shrank", async () => {
    web.pages.set("/list", page("a.example\nb.example\nc.example\n", '"1"'));
    await button("Add list").click();
    await dialog().getByRole("textbox", { name: "Address of the list" }).fill(`${web.url}/list`);
    await dialog().getByRole("textbox", { name: "Name" }).fill("web");
    await dialog().getByRole("button", { name: "Add list" }).click();
    await list("web")
      .getByText(/refreshed \d\d:\d\d/)
      .waitFor();
    await app.main.getByText("2 lists, 6 entries in force").waitFor();
    web.pages.set("/list", page("a.example\n", '"2"'));
    await button("Refresh: web").click();
    await list("web").getByText("A new version has only 1 entry").waitFor();
    await app.main.getByText("2 lists, 6 entries in force").waitFor();
    await button("Use the new version").click();
    await app.main.getByText("2 lists, 4 entries in force").waitFor();
  });

  test("that is none says so, and one that is switched off or removed blocks nothing", async () => {
    web.pages.set("/list", page("<html><p>sign in</p></html>", '"3"'));
    await button("Refresh: web").click();
    await list("web").getByText("Nothing in there reads like a blocklist.").waitFor();
    await list("bad places").locator(".switch").click();
    await app.main.getByText("1 list, 1 entry in force").waitFor();
    expect((await connected(listed.address)).ok).toBe(true);
    await list("bad places").locator(".switch").click();
    await vi.waitFor(async () => expect((await connected(listed.address)).errno).toBe(ECONNREFUSED), {
      timeout: patience,
      interval: 200,
    });
    await button("Remove: bad places").click();
    await app.main.getByRole("alertdialog").getByRole("button", { name: "Remove list" }).click();
    await list("bad places").waitFor({ state: "detached" });
    expect((await connected(listed.address)).ok).toBe(true);
    expect(app.complaints).toEqual([]);
  });
});
