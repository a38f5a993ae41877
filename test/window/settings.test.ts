// Settings: found by any word for them, and each one does what it says. Against a scripted helper.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { seriousViolations } from "./axe.ts";
import { anEndpoint, aPrompt, curl } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
let helper: ScenarioHelper;
let app: App;
const setting = (id: string) => app.main.locator(`[data-setting="${id}"]`);
const search = (words: string) => app.main.getByRole("searchbox", { name: "Search settings" }).fill(words);
const shown = () => app.main.locator("[data-setting]").evaluateAll((all) => all.map((each) => each.dataset.setting));
const kept = () => JSON.parse(readFileSync(join(app.home, "Picket/preferences.json"), "utf8"));
const ground = () => app.main.evaluate(() => getComputedStyle(document.body).backgroundColor);

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath, undefined, undefined, undefined, {
    // What nobody of ours wrote is what it is at first.
    preferences: { introduced: true, theme: "pink" as never, lifetime: "once" },
  });
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.getByRole("tab", { name: "Settings" }).click();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("settings", () => {
  test("are found by their own words and by others, and say when there are none", async () => {
    await search("night");
    expect(await shown()).toEqual(["theme"]);
    await search("snooze app");
    expect(await shown()).toEqual(["snoozed"]);
    await search("licence");
    expect(await shown()).toEqual(["about"]);
    await search("xyzzy");
    await app.main.getByText("No setting is called that").waitFor();
    await app.main.getByRole("button", { name: "Clear search" }).click();
    expect((await shown()).length).toBeGreaterThan(8);
  });

  test("make the windows dark and light, whatever the desktop is", async () => {
    // Playwright's own notion of light would come before the app's.
    await app.main.emulateMedia({ colorScheme: null });
    const first = await ground();
    await setting("theme").getByText("Dark").click();
    await waitFor(async () => expect(await ground()).not.toBe(first));
    expect(kept().theme).toBe("dark");
    await setting("theme").getByText("Light").click();
    await waitFor(async () => expect(await ground()).toBe(first));
    await setting("theme").getByText("As the desktop").click();
    await waitFor(() => expect(kept().theme).toBe("system"));
  });

  test("make everything in both windows larger, as the keys for it do, and keep it", async () => {
    const zoom = async (page: typeof app.main) =>
      (await app.electron.browserWindow(page)).evaluate((window) =>
        Math.round(window.webContents.getZoomFactor() * 100),
      );
    await setting("textSize").getByRole("button").click();
    await app.main.getByRole("option", { name: "125%" }).click();
    for (const page of [app.main, app.prompt]) await waitFor(async () => expect(await zoom(page)).toBe(125));
    expect(kept().textSize).toBe(1.25);
    // Keys go past the page: the main process has them first.
    const press = async (keyCode: string) =>
      (await app.electron.browserWindow(app.main)).evaluate(
        (window, keyCode) => window.webContents.sendInputEvent({ type: "keyDown", keyCode, modifiers: ["control"] }),
        keyCode,
      );
    await press("-");
    await setting("textSize").locator(".pick-button").getByText("110%").waitFor();
    await press("0");
    for (const page of [app.main, app.prompt]) await waitFor(async () => expect(await zoom(page)).toBe(100));
    expect(kept().textSize).toBe(1);
  });

  test("lead to what has a view of its own", async () => {
    for (const view of ["Profiles", "Blocklists", "Learning"]) {
      await app.main.getByRole("button", { name: `Open ${view}` }).click();
      await app.main.getByRole("tab", { name: view, selected: true }).waitFor();
      await app.main.getByRole("tab", { name: "Settings" }).click();
    }
    await search("ads");
    expect(await shown()).toEqual(["view-blocklists"]);
    await search("");
  });

  test("give both windows more contrast", async () => {
    const ink = (page: typeof app.main) =>
      page.evaluate(() => {
        const style = getComputedStyle(document.documentElement);
        return style.getPropertyValue("--ink-second") === style.getPropertyValue("--ink");
      });
    expect(await ink(app.main)).toBe(false);
    await setting("contrast").locator(".switch").click();
    for (const page of [app.main, app.prompt]) await waitFor(async () => expect(await ink(page)).toBe(true));
    await setting("contrast").locator(".switch").click();
    await waitFor(async () => expect(await ink(app.prompt)).toBe(false));
  });

  test("choose beforehand how far and how long an answer on a card reaches", async () => {
    const chosen = () =>
      app.prompt
        .getByRole("radio")
        .evaluateAll((all) => all.filter((each) => (each as HTMLInputElement).checked).length);
    const answer = async (id: string) => {
      helper.put("prompts", aPrompt(id, curl, anEndpoint("192.0.2.7")));
      await app.liveCard(id);
      expect(await chosen()).toBe(2);
      await app.prompt.getByRole("button", { name: "Allow" }).click();
      await waitFor(() => expect(helper.asked("prompts.answer").at(-1)).toMatchObject({ id }));
      return helper.asked("prompts.answer").at(-1);
    };
    expect(await answer("s1")).toMatchObject({ scope: "endpoint", lifetime: "once" });
    await setting("lifetime").getByRole("button").click();
    await app.main.getByRole("option", { name: "1 hour" }).click();
    await setting("scope").getByRole("button").click();
    await app.main.getByRole("option", { name: "Anything the app wants" }).click();
    await waitFor(() => expect(kept()).toMatchObject({ lifetime: "1h", scope: "any" }));
    expect(await answer("s2")).toMatchObject({ scope: "any", lifetime: "1h" });
  });

  test("list the apps that sleep, and wake them", async () => {
    helper.put("prompts", aPrompt("s3", curl, anEndpoint("192.0.2.7")));
    await app.liveCard("s3");
    await app.prompt.getByRole("button", { name: /^Snooze/ }).click();
    await app.prompt.getByRole("menuitem").first().click();
    await setting("snoozed").getByText(curl.path).waitFor();
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
    await setting("snoozed")
      .getByRole("button", { name: `Ask again about ${curl.path}` })
      .click();
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
    helper.drop("prompts", "s3");
  });

  test("change the mode, and say what this Picket is", async () => {
    await setting("mode")
      .getByRole("option", { name: /^Block/ })
      .click();
    await waitFor(() => expect(helper.asked("mode.set")).toEqual([{ mode: "block", confirmWithin: null }]));
    helper.setStatus({
      countries: {
        name: "DB-IP",
        version: "1",
        date: "2026-06-01T20:32:58.000Z",
        licence: "CC-BY-4.0",
        attribution: "IP by DB-IP.com",
      },
    });
    await setting("about").getByText("IP by DB-IP.com · CC-BY-4.0").waitFor();
    expect(await setting("about").textContent()).toContain("helper 0.1.0");
    expect(await setting("about").textContent()).toContain("DB-IP, 2026-06-01IP by");
  });

  test.each(["light", "dark"] as const)("axe finds nothing serious in them, %s", async (colorScheme) => {
    await app.main.emulateMedia({ colorScheme });
    expect(await seriousViolations(app.main)).toEqual([]);
  });
});
