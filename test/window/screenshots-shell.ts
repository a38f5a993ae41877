// Pictures of the window's frame: the control and its panel, settings, and the first run.
import type { Page } from "playwright-core";
import type { App } from "./app.ts";
import { ago } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { aProfile } from "./scenario-profiles.ts";

export async function shootShell(
  helper: ScenarioHelper,
  app: App,
  shoot: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const { main } = app;
  helper.profiles.known = [aProfile("Café"), aProfile("Home")];
  helper.setStatus({ profile: "Home" });
  await main.locator(".standing-button").click();
  await main.locator(".standing-panel .pick").waitFor();
  await shoot(main, "standing");
  await main.keyboard.press("Escape");
  helper.setStatus({ mode: "learn", override: { kind: "pause", ends: ago(-14) } });
  await main.locator(".standing-warn").waitFor();
  await main.locator(".standing-button").click();
  await shoot(main, "standing-paused");
  await main.keyboard.press("Escape");
  helper.setStatus({ override: { kind: "lockdown", ends: null } });
  await main.locator(".standing-alarm").waitFor();
  await shoot(main, "lockdown");
  helper.setStatus({ mode: "learn", override: null });
  await main.locator(".standing-note").waitFor();
  await shoot(main, "learning");
  await main.getByRole("tab", { name: "Settings" }).click();
  await main.getByRole("button", { name: "Show first steps" }).click();
  for (const step of ["what", "learn", "card"]) {
    await main.locator(`[data-step=${step}]`).waitFor();
    await shoot(main, `first-run-${step}`);
    if (step !== "card") await main.getByRole("button", { name: "Next" }).click();
  }
  await main.keyboard.press("Escape");
  await main.getByRole("dialog").waitFor({ state: "detached" });
  helper.setStatus({ mode: "ask", profile: null });
  helper.profiles.known = [];
  await shoot(main, "settings");
  await main.locator(".settings").evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await shoot(main, "settings-end");
  await main.getByRole("searchbox", { name: "Search settings" }).fill("dark");
  await shoot(main, "settings-found");
  await main.getByRole("searchbox", { name: "Search settings" }).fill("");
}
