// axe finds nothing serious in anything the windows can show: each view, dialog, menu and card, in the dark. In the light it looks at them in
// Chromium (chromium.slow.test.ts).
import { afterAll, beforeAll, expect, test } from "vitest";
import { App } from "./app.ts";
import { seriousViolations } from "./axe.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { furnish, Tour } from "./tour.ts";

let helper: ScenarioHelper;
let app: App;

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  furnish(helper);
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

test("nothing serious in any view or card", { timeout: 300_000 }, async () => {
  await app.main.emulateMedia({ colorScheme: "dark" });
  await app.prompt.emulateMedia({ colorScheme: "dark" });
  const found: string[] = [];
  const tour = new Tour(app, helper, async (page, name) => {
    for (const violation of await seriousViolations(page)) found.push(`${name}: ${violation}`);
  });
  await tour.main();
  await tour.prompt();
  expect(found).toEqual([]);
});
