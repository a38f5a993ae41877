// The tray over a real session bus: somebody who watches for icons reads ours, opens its menu and presses what is there. Asserted at the helper.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { seriousViolations } from "./axe.ts";
import { anEndpoint, aPrompt, curl } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { TrayDesktop } from "./tray-desktop.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
let helper: ScenarioHelper;
let desktop: TrayDesktop;
let app: App;

const line = async () => String(((await desktop.property("ToolTip")) as unknown[])[2]);
const picture = async () => JSON.stringify(await desktop.property("IconPixmap"));
const entry = async (label: string) => (await desktop.all()).find((each) => each.label === label);
const mainIsOpen = () =>
  app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().some((each) => each.isVisible() && each.webContents.getURL().endsWith("window.html")),
  );

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  desktop = await TrayDesktop.start();
  await desktop.show();
  app = await App.start(helper.socketPath, undefined, undefined, undefined, {
    env: { DBUS_SESSION_BUS_ADDRESS: desktop.address },
  });
  await app.main.locator("[data-health=up]").waitFor();
  await waitFor(async () => expect(await line()).toContain("asks first"));
});
beforeEach(async () => {
  helper.refuseWith = null;
  helper.setStatus({ mode: "ask", override: null });
  await waitFor(async () => expect(await line()).toContain("asks first"));
  helper.called.length = 0;
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
  await desktop?.stop();
});

describe("the tray", () => {
  test("has one icon, and blocks", async () => {
    expect(desktop.items).toHaveLength(1);
    await desktop.press("Block");
    await waitFor(async () => expect((await entry("Block"))?.on).toBe(true));
    expect((await entry("Ask me…"))?.on).toBe(false);
    expect(helper.asked("mode.set")).toEqual([{ mode: "block", confirmWithin: null }]);
    expect(await line()).toContain("Blocks what is new");
  });

  test("locks down, and ends a pause", async () => {
    helper.setStatus({ override: { kind: "pause", ends: null } });
    await desktop.press("End the pause");
    await waitFor(async () => expect(await line()).toContain("asks first"));
    await desktop.press("Lockdown");
    await waitFor(async () => expect((await entry("Lockdown…"))?.on).toBe(true));
    expect(helper.called).toEqual([
      { method: "pause", params: { for: null } },
      { method: "lockdown", params: { on: true } },
    ]);
  });

  test("lets nothing more through by itself, whoever on the bus presses: the window asks, and only a press there counts", async () => {
    helper.setStatus({ mode: "block", override: { kind: "lockdown", ends: null } });
    const asks = app.main.getByRole("alertdialog");
    for (const [pressed, asked, subject] of [
      ["Learn…", "Change what happens", "Learn"],
      ["Let through…", "Change what happens", "Let through"],
      ["Ask me…", "Change what happens", "Ask me"],
      ["For 1 hour…", "Pause Picket?", "1 hour"],
      ["Lockdown…", "End lockdown?", "Lockdown"],
    ] as const) {
      await desktop.press(pressed);
      await asks.getByRole("heading", { name: asked }).waitFor();
      expect(await seriousViolations(app.main)).toEqual([]);
      expect(await asks.locator(".dialog-subject").textContent()).toBe(subject);
      // Words that belong to another window reach what has the focus, and that is the answer that changes nothing.
      await app.main.keyboard.press("Enter");
      await app.main.waitForTimeout(600);
      await app.main.keyboard.press("Enter");
      await asks.waitFor({ state: "detached" });
    }
    expect(helper.called).toEqual([]);
    expect((await entry("Block"))?.on).toBe(true);
    await desktop.press("Let through…");
    await asks.waitFor();
    await app.main.waitForTimeout(600);
    await asks.getByRole("button", { name: "Change it" }).click();
    await waitFor(() =>
      expect(helper.called).toEqual([{ method: "mode.set", params: { mode: "allow", confirmWithin: null } }]),
    );
    await asks.waitFor({ state: "detached" });
  });

  test("tells its state by another picture: asking, a question, learning, paused, lockdown, no helper", async () => {
    const seen = [await picture()];
    const becomes = async (what: RegExp) => {
      await waitFor(async () => expect(await line()).toMatch(what));
      await waitFor(async () => expect(seen).not.toContain(await picture()));
      seen.push(await picture());
    };
    helper.put("prompts", aPrompt("t1", curl, anEndpoint("192.0.2.7")));
    await becomes(/asks first/);
    expect(await entry("1 question waits")).toBeDefined();
    helper.drop("prompts", "t1");
    helper.setStatus({ mode: "learn" });
    await becomes(/Learning/);
    helper.setStatus({ override: { kind: "pause", ends: null } });
    await becomes(/Paused/);
    helper.setStatus({ override: { kind: "lockdown", ends: null } });
    await becomes(/Lockdown/);
    await helper.vanish();
    await becomes(/not answering/);
    expect((await entry("New connections"))?.enabled).toBe(false);
    await helper.appear();
  });

  test("closing the window leaves the icon, which opens every view again", async () => {
    const main = await app.electron.browserWindow(app.main);
    await main.evaluate((window) => window.close());
    await waitFor(async () => expect(await mainIsOpen()).toBe(false));
    await desktop.press("History");
    const again = await waitFor(() => {
      const page = app.electron.windows().find((each) => each.url().endsWith("/window.html"));
      if (!page) throw new Error("no main window");
      return page;
    });
    await again.getByRole("heading", { name: "History", level: 1 }).waitFor();
    await desktop.press("Settings");
    await again.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    // What is set for desktops without a tray is not offered here.
    expect(await again.locator('[data-setting="closing"]').count()).toBe(0);
    await desktop.press("Monitor");
    await again.getByRole("heading", { name: "Monitor", level: 1 }).waitFor();
  });

  test("says in the window what the helper refused, and marks nothing that is not so", async () => {
    helper.refuseWith = "not_permitted";
    await desktop.press("Block");
    const page = app.electron.windows().find((each) => each.url().endsWith("/window.html"));
    await page?.getByText(/That needs the consent of an administrator/).waitFor();
    expect((await entry("Block"))?.on).toBe(false);
    expect((await entry("Ask me…"))?.on).toBe(true);
    await page?.keyboard.press("Escape");
  });

  test("shows the questions put aside", async () => {
    helper.put("prompts", aPrompt("t2", curl, anEndpoint("192.0.2.8")));
    await app.liveCard("t2");
    await app.prompt.keyboard.press("Escape");
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
    await desktop.press("Show waiting questions");
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
    helper.drop("prompts", "t2");
  });

  test("comes back with a panel that was restarted", async () => {
    const before = desktop.items.length;
    desktop.hide();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await desktop.show();
    await waitFor(() => expect(desktop.items.length).toBeGreaterThan(before));
    await waitFor(async () => expect(await line()).toContain("asks first"));
  });

  test("quits the window", async () => {
    const child = app.electron.process();
    const gone = new Promise((resolve) => child.once("exit", resolve));
    await desktop.press("Quit this window (the guard goes on)");
    await gone;
  });
});
