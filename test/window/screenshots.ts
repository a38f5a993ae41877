// Makes every picture of the documentation from the real app and a scripted helper: each view, light and dark, into docs/images.
// usage: npm run screenshots [-- FOLDER [VIEW]]: only that view's ("questions"), elsewhere
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../build/paths.ts";
import { App } from "./app.ts";
import { fillWithADay } from "./scenario-day.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { shootContrast } from "./screenshots-contrast.ts";
import { shootGerman } from "./screenshots-german.ts";
import { shootHistory } from "./screenshots-history.ts";
import { play, shootMonitor } from "./screenshots-monitor.ts";
import { shootBack, shootKept, shootLengths } from "./screenshots-past.ts";
import { shootQuestions } from "./screenshots-prompt.ts";
import { shootBlocklists, shootLearning, shootProfiles, shootRemarks } from "./screenshots-rooms.ts";
import { shootRules } from "./screenshots-rules.ts";
import { shootShell } from "./screenshots-shell.ts";

const [elsewhere, only] = process.argv.slice(2);
const folder = elsewhere ?? join(root, "docs/images");
mkdirSync(folder, { recursive: true });
const helper = await ScenarioHelper.start();
helper.setStatus({ countries: helper.history.settings.countries });
// More pixels than a page shows, so that the pictures are sharp on the screens people read them on.
const app = await App.start(helper.socketPath, ["--no-sandbox", "--force-device-scale-factor=1.5"]);
const { main, prompt } = app;
// Where apps have pictures: the theme is read with the first of them.
mkdirSync(join(app.home, "gtk-3.0"));
writeFileSync(join(app.home, "gtk-3.0/settings.ini"), "[Settings]\ngtk-icon-theme-name=Adwaita\n");
fillWithADay(helper);

try {
  await main.locator("[data-health=up]").waitFor();
  for (const colorScheme of ["light", "dark"] as const) {
    await main.emulateMedia({ colorScheme });
    await prompt.emulateMedia({ colorScheme });
    const shoot = async (page: typeof main, name: string): Promise<void> => {
      // A pointer at rest in a corner hovers over nothing.
      await page.mouse.move(1, 1);
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), animations: "disabled" });
    };
    const view = async (name: string): Promise<void> => {
      await main.getByRole("tab", { name: new RegExp(name) }).click();
      await main.getByRole("heading", { name, level: 1 }).waitFor();
    };

    if (only === "questions") {
      await shootQuestions(helper, app, shoot);
      continue;
    }
    if (only === "history") {
      await shootHistory(main, shoot);
      continue;
    }
    if (only === "shell") {
      await shootShell(helper, app, shoot);
      continue;
    }
    if (only === "past") {
      await shootLengths(main, helper, shoot);
      await shootKept(main, shoot);
      await shootBack(app, helper, shoot);
      await shootMonitor(main, helper, shoot);
      continue;
    }
    if (only === "rules") {
      await shootRules(main, helper, shoot);
      continue;
    }
    if (only === "blocklists") {
      await shootBlocklists(main, helper, shoot);
      continue;
    }
    if (only === "remarks") {
      await shootRemarks(app, helper, shoot);
      continue;
    }
    if (only === "profiles") {
      await shootProfiles(main, helper, shoot);
      continue;
    }
    if (only === "learning") {
      await shootLearning(main, helper, shoot);
      continue;
    }
    if (only === "contrast") {
      for (const forced of [false, true]) await shootContrast(app, helper, forced, shoot);
      continue;
    }
    await shootMonitor(main, helper, shoot);
    if (only === "german") await shootGerman(app, helper, shoot);
    if (only === "monitor" || only === "german") continue;
    await shootHistory(main, shoot);
    await shootLengths(main, helper, shoot);
    await shootKept(main, shoot);
    await shootRules(main, helper, shoot);
    await shootBlocklists(main, helper, shoot);
    await shootProfiles(main, helper, shoot);
    await shootLearning(main, helper, shoot);
    await shootBack(app, helper, shoot);
    await shootQuestions(helper, app, shoot);
    await shootShell(helper, app, shoot);

    await shootRemarks(app, helper, shoot);
    await shootContrast(app, helper, false, shoot);
    // Once each: which colours the system has, and how the page is in another language, is the same by day and by night.
    if (colorScheme === "light") await shootGerman(app, helper, shoot);
    else await shootContrast(app, helper, true, shoot);

    const message = "The configured resolvers are not known, so that every app's look-ups are asked about.";
    helper.setStatus({ degraded: [{ code: "resolvers", message }] });
    await main.locator("[data-health=degraded]").waitFor();
    await view("Monitor");
    await main.getByRole("radio", { name: "By app" }).click({ force: true });
    await play(helper, main);
    await shoot(main, "degraded");
    helper.setStatus({ degraded: [] });
    await helper.vanish();
    await main.locator("[data-health=away]").waitFor();
    await shoot(main, "helper-away");
    await helper.appear();
    await main.locator("[data-health=up]").waitFor();
  }
} finally {
  await app.end();
  await helper.end();
}
