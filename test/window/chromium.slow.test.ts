// The pages in Debian's current Chromium, whose engine is that of the Electron that ships: every view and card draws itself without a word on
// the console, and axe finds nothing serious.
import { afterAll, beforeAll, expect, test } from "vitest";
import { seriousViolations } from "./axe.ts";
import { BrowserApp } from "./browser.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { furnish, Tour } from "./tour.ts";

let helper: ScenarioHelper;
let app: BrowserApp;

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  furnish(helper);
  app = await BrowserApp.start(helper.socketPath, "/usr/bin/chromium");
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

test("every view and card renders, silent and without a serious finding of axe's", { timeout: 300_000 }, async () => {
  expect(Number.parseInt(app.version, 10)).toBeGreaterThan(130);
  const found: string[] = [];
  const visited: string[] = [];
  const tour = new Tour(app, helper, async (page, name) => {
    visited.push(name);
    for (const violation of await seriousViolations(page)) found.push(`${name}: ${violation}`);
  });
  await tour.main();
  await tour.prompt();
  expect(visited.length).toBeGreaterThan(30);
  expect(found).toEqual([]);
  expect(app.complaints).toEqual([]);
});
