// Pictures in German: the monitor, a day's history, a card.
import type { App } from "./app.ts";
import { questions } from "./scenario-day.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { play } from "./screenshots-monitor.ts";
import type { Shoot } from "./screenshots-prompt.ts";

export async function shootGerman(app: App, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  const { main, prompt } = app;
  const speak = async (language: "de" | "en") => {
    await main.evaluate((language) => window.picket.shell({ do: "prefer", change: { language } }), language);
    for (const page of [main, prompt]) await page.locator(`html[lang=${language}]`).waitFor();
    await main.locator("[data-health=up]").waitFor();
  };
  await speak("de");
  await main.locator(".nav [data-key=monitor]").click();
  const firefox = main.locator(".monitor .row[data-kind=app]").filter({ hasText: "Firefox" });
  await firefox.waitFor();
  await play(helper, main);
  if ((await firefox.getAttribute("aria-expanded")) === "false") await firefox.click();
  await main.locator(".monitor .row[data-kind=domain]").first().waitFor();
  await shoot(main, "german-monitor");
  await main.locator(".nav [data-key=history]").click();
  await main.locator(".history-rows .row[data-id]").first().waitFor();
  await shoot(main, "german-history");
  const card = questions.cards.prompt;
  if (card === undefined) throw new Error("no card");
  helper.put("prompts", card);
  await app.liveCard(card.id);
  await shoot(prompt, "german-prompt");
  helper.drop("prompts", card.id);
  await prompt.locator(".card").waitFor({ state: "detached" });
  await speak("en");
}
