// Makes every picture of the documentation from the real app and a scripted helper: each view, light and dark, into docs/images.
// usage: npm run screenshots [-- FOLDER [VIEW]]: only that view's ("questions"), elsewhere
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../build/paths.ts";
import { App } from "./app.ts";
import { fillWithADay } from "./scenario-day.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { shootHistory } from "./screenshots-history.ts";
import { shootMonitor } from "./screenshots-monitor.ts";
import { shootBack, shootKept, shootLengths } from "./screenshots-past.ts";
import { shootQuestions } from "./screenshots-prompt.ts";
import { shootBlocklists, shootLearning, shootProfiles, shootRemarks } from "./screenshots-rooms.ts";
import { shootRules } from "./screenshots-rules.ts";
import { shootShell } from "./screenshots-shell.ts";

const [elsewhere, only] = process.argv.slice(2);
const folder = elsewhere ?? join(root, "docs/images");
mkdirSync(folder, { recursive: true });
const helper = await ScenarioHelper.start();
fillWithADay(helper);
// More pixels than a page shows, so that the pictures are sharp on the screens people read them on.
const app = await App.start(helper.socketPath, ["--no-sandbox", "--force-device-scale-factor=1.5"]);
const { main, prompt } = app;

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
    await shootMonitor(main, helper, shoot);
    if (only === "monitor") continue;
    await shootHistory(main, shoot);
    await shootKept(main, shoot);
    await shootRules(main, helper, shoot);
    await shootBlocklists(main, helper, shoot);
    await shootProfiles(main, helper, shoot);
    await shootLearning(main, helper, shoot);
    await shootBack(app, helper, shoot);
    await shootQuestions(helper, app, shoot);
    await shootShell(helper, app, shoot);

    helper.setStatus({
      degraded: [
        {
          code: "resolvers_unknown",
          message: "The name servers could not be read; name look-ups will be asked about.",
        },
      ],
    });
    await main.locator("[data-health=degraded]").waitFor();
    await view("Monitor");
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
