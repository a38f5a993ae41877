// The first run with the real helper: its live example is held by the real kernel, asked about on a real card, and goes where the answer says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exampleAddress } from "../../contract/bridge.ts";
import { App, patience } from "../window/app.ts";
import { TestHelper } from "./helper-process.ts";

const helper = new TestHelper();
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const dialog = () => app.main.getByRole("dialog", { name: "First steps" });
const example = (state: string) => app.main.locator(`[data-example=${state}]`);
const press = (name: string) => dialog().getByRole("button", { name, exact: true }).click();
const left = async () =>
  (await (await helper.client()).call("rules.list", {})).filter(({ address }) => address === exampleAddress);

beforeAll(async () => {
  await helper.start("helper/main.ts", ["--mode", "learn"]);
  app = await App.start(helper.socket, undefined, undefined, undefined, { preferences: null });
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper.stop();
});

describe("the first run", () => {
  test("comes up by itself and explains that Picket learns", async () => {
    await dialog().getByText("Picket asks before apps connect").waitFor();
    await press("Next");
    await dialog().getByText("At first, Picket only watches").waitFor();
    await press("Next");
    await dialog().getByText("Try it with a real question").waitFor();
  });

  test("its example waits for the card though Picket learns, gets through once it is allowed, and leaves no rule", async () => {
    await press("Try it");
    await example("asking").waitFor();
    const { id, endpoint } = await helper.prompt(exampleAddress);
    expect(endpoint).toMatchObject({ address: exampleAddress, protocol: "tcp" });
    expect(await left()).toMatchObject([{ action: "ask", app: null, port: endpoint.port }]);
    await app.liveCard(id);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await example("asking").count()).toBe(1);
    await app.prompt.getByRole("button", { name: "Allow" }).click();
    await example("allowed").waitFor();
    await waitFor(async () => expect(await left()).toEqual([]));
  });

  test("the same example is refused when it is blocked", async () => {
    await press("Try it again");
    await example("asking").waitFor();
    const { id } = await helper.prompt(exampleAddress);
    await app.liveCard(id);
    await app.prompt.getByRole("button", { name: "Block" }).click();
    await example("blocked").waitFor();
    await waitFor(async () => expect(await left()).toEqual([]));
  });

  test("says why nothing is asked while Picket is paused", async () => {
    const api = await helper.client();
    await api.call("pause", { for: "10m" });
    await app.main.locator(".standing-warn").waitFor();
    await press("Try it again");
    await dialog().getByText("Picket is paused").waitFor();
    await api.call("pause", { for: null });
    await app.main.locator(".standing-note").first().waitFor();
  });

  test("given up as it begins and begun anew at once, the second is answered", async () => {
    await app.main.evaluate(async () => {
      for (const on of [true, false, true]) void window.picket.shell({ do: "example", on });
    });
    await example("asking").waitFor();
    const { id } = await helper.prompt(exampleAddress);
    await app.liveCard(id);
    // What the first one leaves behind is gone by then.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await app.prompt.getByRole("button", { name: "Allow" }).click();
    await example("allowed").waitFor();
    await waitFor(async () => expect(await left()).toEqual([]));
  });

  test("given up in the midst it leaves nothing", async () => {
    await press("Try it again");
    await example("asking").waitFor();
    await press("Back");
    await press("Next");
    // The example goes on where the person only looked back.
    await example("asking").waitFor();
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    await waitFor(async () => expect(await left()).toEqual([]));
    const api = await helper.client();
    await waitFor(async () => expect(await api.call("prompts.list", {})).toEqual([]));
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
  });

  test("can be seen again from the settings, and ends learning when the person is ready", async () => {
    await app.main.getByRole("tab", { name: "Settings" }).click();
    await app.main.getByRole("searchbox", { name: "Search settings" }).fill("tutorial");
    await app.main.getByRole("button", { name: "Show first steps" }).click();
    await press("Next");
    await press("Next");
    await dialog()
      .getByRole("button", { name: /^Ask from now on/ })
      .click();
    await dialog().waitFor({ state: "detached" });
    expect((await (await helper.client()).call("status", {})).mode).toBe("ask");
    await app.main.locator(".standing-button").getByText("Asks first").waitFor();
  });

  test("is remembered, so that it comes up by itself no more", async () => {
    const kept = JSON.parse(readFileSync(join(app.home, "Picket/preferences.json"), "utf8"));
    expect(kept.introduced).toBe(true);
    expect(app.complaints).toEqual([]);
  });
});
