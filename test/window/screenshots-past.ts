// Pictures of what is past: the shortest and the longest history and one with nothing in it, what can be done with it, and the summary after a
// quiet time.
import type { Page } from "playwright-core";
import type { QuietReason } from "../../contract/bridge.ts";
import { channels } from "../../contract/bridge.ts";
import type { App } from "./app.ts";
import { ago, anEndpoint, aPrompt, gimp, thunderbird, updater } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

type Shoot = (page: Page, name: string) => Promise<void>;

const row = (main: Page, name: string) => main.locator(".history-rows .row[data-id]").filter({ hasText: name });
const choose = (main: Page, name: string) => main.getByRole("radio", { name, exact: true }).click({ force: true });
const act = async (main: Page, name: string | RegExp) => {
  await main.getByRole("button", { name: "More about this history" }).click();
  await main.getByRole("menuitem", { name }).click();
};

/** The menu and what it leads to. */
export async function shootKept(main: Page, shoot: Shoot): Promise<void> {
  await main.getByRole("tab", { name: "History" }).click();
  await choose(main, "24 h");
  await row(main, "Firefox").getByRole("button").click();
  await main.locator(".trail-here").waitFor();
  await main.getByRole("button", { name: "More about this history" }).click();
  await main.getByRole("menu").waitFor();
  await shoot(main, "history-menu");
  await main.getByRole("menuitem", { name: /Stop remembering/ }).click();
  await main.getByRole("alertdialog").waitFor();
  await shoot(main, "history-private");
  await main.keyboard.press("Escape");
  await act(main, "Delete history…");
  await main.getByRole("alertdialog").waitFor();
  await shoot(main, "history-delete");
  await main.keyboard.press("Escape");
  await act(main, "What Picket remembers…");
  await main.getByText("on the disk").waitFor();
  await shoot(main, "history-kept");
  await main.locator(".pick").filter({ hasText: "quarter hour" }).getByRole("button").click();
  await main.getByRole("option", { name: "30 days" }).click();
  await main.getByText("deleted at once").waitFor();
  await shoot(main, "history-kept-shorter");
  await main.keyboard.press("Escape");
  await main.getByRole("dialog").waitFor({ state: "detached" });
  await main.getByRole("button", { name: "Everything" }).click();
  await row(main, "Firefox").waitFor();
}

export async function shootLengths(main: Page, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  await main.getByRole("tab", { name: "History" }).click();
  const lengths = { "10 min": "10m", "1 year": "1y" };
  const drawn = async (name: string) => {
    await choose(main, "1 h");
    await choose(main, name);
    await main.waitForTimeout(700);
  };
  for (const [name, short] of Object.entries(lengths)) {
    await drawn(name);
    await shoot(main, `history-${short}`);
  }
  helper.history.empty = true;
  await drawn("24 h");
  await shoot(main, "history-empty");
  helper.history.empty = false;
  await drawn("24 h");
}

const missed = [
  aPrompt("b1", updater, anEndpoint("203.0.113.9", 8443), { opened: ago(18) }),
  aPrompt("b2", gimp, anEndpoint("198.51.100.15"), { opened: ago(11), state: "inbox" }),
  aPrompt("b3", thunderbird, anEndpoint("192.0.2.44"), { opened: ago(6), state: "inbox" }),
  aPrompt("b4", thunderbird, anEndpoint("192.0.2.47"), { opened: ago(3) }),
];

/** The desktop is quiet, as its own programs would say, or is no more. */
async function quiet(app: App, why: QuietReason | null): Promise<void> {
  const attention = { quiet: why && { why, since: ago(24) }, snoozed: [] };
  const told = [channels.update, { kind: "attention", attention }] as const;
  await app.electron.evaluate(({ BrowserWindow }, [channel, update]) => {
    for (const window of BrowserWindow.getAllWindows()) window.webContents.send(channel, update);
  }, told);
}

export async function shootBack(app: App, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  const { prompt } = app;
  for (const [why, name] of [
    ["fullscreen", "prompt-back"],
    ["locked", "prompt-back-inbox"],
  ] as const) {
    await quiet(app, why);
    helper.put("prompts", ...missed.filter(({ state }) => name === "prompt-back" || state === "inbox"));
    // The page hears of them a moment later: what came is told only if it came in the quiet time.
    await prompt.waitForTimeout(500);
    await quiet(app, null);
    await prompt.locator('.back[data-live="true"]').waitFor();
    await shoot(prompt, name);
    await prompt.getByRole("button", { name: "Later" }).click();
    await prompt.locator(".back").waitFor({ state: "detached" });
    helper.drop("prompts", ...missed.map(({ id }) => id));
  }
}
