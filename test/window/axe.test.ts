// axe finds nothing serious in anything the windows can show: each view, dialog, menu and card, light and dark.
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

test.each(["light", "dark"] as const)(
  "nothing serious in any view or card, %s",
  { timeout: 300_000 },
  async (scheme) => {
    await app.main.emulateMedia({ colorScheme: scheme });
    await app.prompt.emulateMedia({ colorScheme: scheme });
    const found: string[] = [];
    const tour = new Tour(app, helper, async (page, name) => {
      for (const violation of await seriousViolations(page)) found.push(`${name}: ${violation}`);
    });
    await tour.main();
    await tour.prompt();
    expect(found).toEqual([]);
  },
);
