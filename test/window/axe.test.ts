// axe finds nothing serious in anything the windows can show: each view, dialog, menu and card, in the dark. In the light it looks at them in
// Chromium (chromium.slow.test.ts). And nothing where the system asks for more contrast, or has the pages drawn in its own colours.
import { afterAll, beforeAll, expect, test } from "vitest";
import { App } from "./app.ts";
import { seriousViolations } from "./axe.ts";
import { questions } from "./scenario-day.ts";
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

test.each([
  ["prefers-contrast: more", { contrast: "more" }],
  ["forced-colors: active", { forcedColors: "active" }],
] as const)("nor with %s", async (query, wish) => {
  const { main, prompt } = app;
  for (const page of [main, prompt]) {
    await page.emulateMedia({ colorScheme: "light", contrast: null, forcedColors: null, ...wish });
    expect(await page.evaluate((query) => matchMedia(`(${query})`).matches, query)).toBe(true);
  }
  const found: string[] = [];
  const look = async (page: typeof main, name: string) => {
    for (const violation of await seriousViolations(page)) found.push(`${name}: ${violation}`);
  };
  const tour = new Tour(app, helper, look);
  for (const view of ["monitor", "rules"]) {
    await tour.open(view);
    await look(main, view);
  }
  // In whichever colours: on and off are told apart, and so is where the switch stands.
  await main.locator(".rule-row .switch").first().waitFor();
  const drawn = await main.locator(".switch").evaluateAll((all) =>
    all.map((each) => {
      const color = (part: string) => getComputedStyle(each.querySelector(part) as Element).backgroundColor;
      return [color(".switch-track"), color(".switch-thumb")];
    }),
  );
  expect(drawn.length).toBeGreaterThan(3);
  for (const [track, thumb] of drawn) expect(thumb).not.toBe(track);
  const card = questions.cards["prompt-unverified"];
  if (card === undefined) throw new Error("no card");
  helper.put("prompts", card);
  await app.liveCard(card.id);
  await look(prompt, "card");
  helper.drop("prompts", card.id);
  await prompt.locator(".card").waitFor({ state: "detached" });
  expect(found).toEqual([]);
});
