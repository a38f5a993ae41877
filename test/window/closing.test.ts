// Closing the main window where no tray shows the way back, under a real X11 window manager: it is explained, and what is chosen is kept.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { seriousViolations } from "./axe.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { Programs } from "./typed.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
let helper: ScenarioHelper;
let app: App;
let programs: Programs;

const dialog = () => app.main.getByRole("alertdialog");
const mainWindow = () => app.electron.browserWindow(app.main);
const close = async () => (await mainWindow()).evaluate((window) => window.close());
const minimised = async () => (await mainWindow()).evaluate((window) => window.isMinimized());
const kept = () => JSON.parse(readFileSync(join(app.home, "Picket/preferences.json"), "utf8")).closing;

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath, undefined, undefined, undefined, {
    prepare: async (display) => {
      programs = new Programs({ DISPLAY: display });
      programs.start("openbox", "--sm-disable");
      await waitFor(async () =>
        expect(await programs.ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")).toContain("#"),
      );
    },
  });
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  programs?.end();
  await helper?.end();
});

describe("closing the main window without a tray", () => {
  test("explains first, and Escape leaves everything as it is", async () => {
    await close();
    await dialog().getByText("Picket goes on watching").waitFor();
    expect(await seriousViolations(app.main)).toEqual([]);
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    expect(await minimised()).toBe(false);
  });

  test("minimises it when that is chosen, and from then on without a question", async () => {
    await close();
    await dialog().waitFor();
    // What can be found again has the focus.
    await app.main.keyboard.press("Enter");
    await waitFor(async () => expect(await minimised()).toBe(true));
    expect(kept()).toBe("minimise");
    await (await mainWindow()).evaluate((window) => window.restore());
    await waitFor(async () => expect(await minimised()).toBe(false));
    await close();
    await waitFor(async () => expect(await minimised()).toBe(true));
    await (await mainWindow()).evaluate((window) => window.restore());
  });

  test("asks again when the settings say so, and closes for good when that is chosen; a second start brings it back", async () => {
    await app.main.getByRole("tab", { name: "Settings" }).click();
    await app.main.locator('[data-setting="closing"]').getByRole("button").click();
    await app.main.getByRole("option", { name: "Ask me", exact: true }).click();
    await waitFor(() => expect(kept()).toBe("ask"));
    await close();
    // The page may be gone before its click is told to be done.
    await dialog()
      .getByRole("button", { name: "Close it" })
      .click()
      .catch(() => {});
    await waitFor(() => expect(app.electron.windows().some((page) => page.url().endsWith("/window.html"))).toBe(false));
    expect(kept()).toBe("close");
    // Questions come up all the same.
    await app.electron.evaluate(({ app }) => app.emit("second-instance"));
    await waitFor(() => expect(app.electron.windows().some((page) => page.url().endsWith("/window.html"))).toBe(true));
  });

  test("brings it back also where Chromium never says that it has painted", async () => {
    await app.electron.evaluate(async ({ app, BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows())
        if (window.webContents.getURL().endsWith("/window.html")) window.destroy();
      app.once("browser-window-created", (_, window) => {
        const emit = window.emit.bind(window) as (name: string, ...words: unknown[]) => boolean;
        window.emit = (name: string, ...words: unknown[]) => name !== "ready-to-show" && emit(name, ...words);
      });
      app.emit("second-instance");
    });
    const shown = () =>
      app.electron.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().some(
          (window) => window.webContents.getURL().endsWith("/window.html") && window.isVisible(),
        ),
      );
    await waitFor(async () => expect(await shown()).toBe(true));
  });
});
