// Pictures for whoever wants more contrast, or has the system's colours instead of the app's: the monitor, the rules, a card.
import type { App } from "./app.ts";
import { questions } from "./scenario-day.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { play } from "./screenshots-monitor.ts";
import type { Shoot } from "./screenshots-prompt.ts";

export async function shootContrast(app: App, helper: ScenarioHelper, forced: boolean, shoot: Shoot): Promise<void> {
  const { main, prompt } = app;
  const name = forced ? "forced" : "contrast";
  const wish = forced ? ({ forcedColors: "active" } as const) : ({ contrast: "more" } as const);
  for (const page of [main, prompt]) await page.emulateMedia(wish);
  for (const view of ["monitor", "rules"]) {
    await main.locator(`.nav [data-key=${view}]`).click();
    await main.locator(".row[data-id], [data-id] .switch").first().waitFor();
    if (view === "monitor") await play(helper, main);
    await shoot(main, `${name}-${view}`);
  }
  const card = questions.cards.prompt;
  if (card === undefined) throw new Error("no card");
  helper.put("prompts", card);
  await app.liveCard(card.id);
  await shoot(prompt, `${name}-prompt`);
  helper.drop("prompts", card.id);
  await prompt.locator(".card").waitFor({ state: "detached" });
  for (const page of [main, prompt]) await page.emulateMedia({ forcedColors: null, contrast: null });
}
