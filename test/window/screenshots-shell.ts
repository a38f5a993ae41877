// Pictures of the window's frame: the control and its panel, settings, and the first run.
import type { Page } from "playwright-core";
import type { Update } from "../../contract/bridge.ts";
import type { App } from "./app.ts";
import { ago } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { aProfile } from "./scenario-profiles.ts";

async function tell(app: App, update: Update): Promise<void> {
  const window = await app.electron.browserWindow(app.main);
  await window.evaluate((main, update) => main.webContents.send("picket:update", update), update);
}

/** Returns the size before. */
async function resize(app: App, [width, height]: [number, number]): Promise<[number, number]> {
  const window = await app.electron.browserWindow(app.main);
  const before = await window.evaluate((main) => main.getContentSize());
  await window.evaluate((main, size) => main.setContentSize(...size), [width, height] as [number, number]);
  await app.main.waitForFunction((width) => globalThis.innerWidth === width, width);
  return before as [number, number];
}

/** What Escape gave the focus back to, by key: nobody who only looks has a ring around it. */
async function unfocus({ main }: App): Promise<void> {
  await main.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
}

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
  await unfocus(app);
  await shoot(main, "lockdown");
  helper.setStatus({ mode: "learn", override: null });
  await main.locator(".standing-note").waitFor();
  await shoot(main, "standing-learning");
  await main.getByRole("tab", { name: "Settings" }).click();
  await main.getByRole("button", { name: "Show first steps" }).click();
  for (const step of ["what", "learn", "card"]) {
    await main.locator(`[data-step=${step}]`).waitFor();
    await shoot(main, `first-run-${step}`);
    if (step !== "card") await main.getByRole("button", { name: "Next" }).click();
  }
  // The example needs a kernel; what is said of it is told as the shell would.
  for (const state of ["asking", "allowed", "blocked"] as const) {
    await tell(app, { kind: "example", example: { state } });
    await main.locator(`[data-example=${state}]`).waitFor();
    await shoot(main, `first-run-${state}`);
  }
  await tell(app, { kind: "example", example: { state: "failed", why: "silent", detail: "" } });
  await main.locator("[data-example=failed]").waitFor();
  await shoot(main, "first-run-failed");
  const size = await resize(app, [760, 480]);
  await shoot(main, "first-run-small");
  await main.keyboard.press("Escape");
  await main.getByRole("dialog").waitFor({ state: "detached" });
  await tell(app, { kind: "closing" });
  await main.getByRole("alertdialog").waitFor();
  await shoot(main, "closing-small");
  await main.keyboard.press("Escape");
  await main.getByRole("alertdialog").waitFor({ state: "detached" });
  helper.setStatus({ override: { kind: "pause", ends: ago(-14) } });
  await main.locator(".standing-warn").waitFor();
  await main.locator(".standing-button").click();
  await main.locator(".standing-panel").waitFor();
  await shoot(main, "standing-small");
  await main.keyboard.press("Escape");
  await resize(app, size);
  helper.setStatus({ mode: "ask", profile: null, override: null });
  await main.locator(".settings").evaluate((box) => box.scrollTo(0, 0));
  helper.profiles.known = [];
  await unfocus(app);
  await shoot(main, "settings");
  await main.locator(".settings").evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await shoot(main, "settings-end");
  await main.getByRole("searchbox", { name: "Search settings" }).fill("dark");
  await shoot(main, "settings-found");
  await main.getByRole("searchbox", { name: "Search settings" }).fill("");
}
