// Under a real X11 window manager: a card comes up on top and takes nothing of what is being typed elsewhere; while a window fills the screen
// or the screen is locked nothing comes up, and one summary without any name follows.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { Desktop } from "./desktop-bus.ts";
import { anEndpoint, aPrompt, curl, firefox } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { Programs, sentence } from "./typed.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const folder = mkdtempSync(join(tmpdir(), "picket-x11-"));
const typed = join(folder, "typed");
let helper: ScenarioHelper;
let desktop: Desktop;
let programs: Programs;
let lock: (locked: boolean) => void;
/** As a desktop says that it shows no notifications. */
const inhibited = { is: false };
const doNotDisturb = (is: boolean): void => {
  inhibited.is = is;
  desktop.tellInhibited();
};
let app: App;
let terminal: string;

const active = () => programs.ask("xdotool", "getactivewindow");
const question = (id: string, who = curl, ago = 0) =>
  aPrompt(
    id,
    who,
    { ...anEndpoint("192.0.2.7"), host: "secret.example.org" },
    { opened: new Date(Date.now() - ago).toISOString() },
  );

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  desktop = await Desktop.start();
  lock = await desktop.screenSaver();
  await desktop.showNotices(inhibited);
  app = await App.start(helper.socketPath, ["--no-sandbox"], undefined, undefined, {
    env: { DBUS_SESSION_BUS_ADDRESS: desktop.address },
    prepare: async (display) => {
      programs = new Programs({ DISPLAY: display, HOME: folder });
      programs.start("openbox", "--sm-disable");
      await waitFor(async () =>
        expect(await programs.ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")).toContain("#"),
      );
    },
  });
  await app.main.locator("[data-health=up]").waitFor();
  programs.start("xterm", "-class", "Typing", "-e", "sh", "-c", `cat > ${typed}`);
  terminal = await waitFor(async () => {
    const id = await programs.ask("xdotool", "search", "--onlyvisible", "--class", "Typing");
    expect(id).toMatch(/^\d+$/);
    return id;
  });
  await programs.ask("xdotool", "windowactivate", "--sync", terminal);
});
afterEach(async () => {
  helper.drop("prompts", "x1", "x2", "x3");
  helper.called.length = 0;
  await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
});
afterAll(async () => {
  await programs?.end();
  await app?.end();
  await desktop?.stop();
  await helper?.end();
  rmSync(folder, { recursive: true, force: true });
});

describe("a card that comes up", () => {
  test("is on top, and leaves the active window and the typed text as they are", async () => {
    expect(await active()).toBe(terminal);
    const typing = programs.ask("xdotool", "type", "--delay", "25", sentence);
    helper.put("prompts", question("x1"), question("x2", firefox));
    await app.liveCard("x1");
    expect(await active()).toBe(terminal);
    await typing;
    await programs.ask("xdotool", "key", "Return");
    await waitFor(() => expect(readFileSync(typed, "utf8")).toBe(`${sentence}\n`));
    expect(await active()).toBe(terminal);
    const stacked = (await programs.ask("xprop", "-root", "_NET_CLIENT_LIST_STACKING")).match(/0x[0-9a-f]+/g) ?? [];
    expect(await programs.ask("xprop", "-id", stacked.at(-1) ?? "", "WM_NAME", "_NET_WM_STATE")).toMatch(
      /Picket asks.*_NET_WM_STATE_ABOVE/s,
    );
    expect(helper.asked("prompts.answer")).toEqual([]);
  });

  test("gets the keys when its shortcut asks for it; they and the pointer are dead at first", async () => {
    // When the focus came, as the shell saw it. The page itself always has it, as far as playwright lets it know.
    const shell = await app.electron.browserWindow(app.prompt);
    await shell.evaluate((prompt) => {
      const seen = Object.assign(globalThis, { focusedAt: 0 });
      prompt.on("focus", () => {
        seen.focusedAt = Date.now();
      });
    });
    // On a busy machine the presses may come too late to prove anything; then once more.
    for (let left = 5; ; left--) {
      helper.put("prompts", question("x1"));
      await app.liveCard("x1");
      const [x, y] = await onScreen("Allow");
      await programs.ask("xdotool", "key", "ctrl+alt+p");
      await vi.waitFor(async () => expect(await active()).not.toBe(terminal), { timeout: 15_000, interval: 10 });
      await programs.ask("xdotool", "key", "alt+a", "mousemove", x, y, "click", "1");
      const pressed = Date.now();
      const waited = pressed - (await app.electron.evaluate(() => (globalThis as unknown as Seen).focusedAt));
      await new Promise((resolve) => setTimeout(resolve, 700));
      if (waited < 480) break;
      expect(left, `the presses came ${waited} ms after the focus`).toBeGreaterThan(1);
      helper.drop("prompts", "x1");
      await backToTerminal();
    }
    expect(helper.asked("prompts.answer")).toEqual([]);
    await vi.waitFor(
      async () => {
        if (helper.asked("prompts.answer").length === 0) await programs.ask("xdotool", "key", "alt+b");
        expect(helper.asked("prompts.answer")).toMatchObject([{ action: "block" }]);
      },
      { timeout: 15_000, interval: 300 },
    );
    await backToTerminal();
  });

  test("is answered by one click, which brings the focus as well", async () => {
    helper.put("prompts", question("x1"));
    await app.liveCard("x1");
    expect(await active()).toBe(terminal);
    await programs.ask("xdotool", "mousemove", ...(await onScreen("Allow")), "click", "1");
    await waitFor(() => expect(helper.asked("prompts.answer")).toMatchObject([{ id: "x1", action: "allow" }]));
    await waitFor(async () => expect(await active()).not.toBe(terminal));
    await backToTerminal();
  });
});

type Seen = { focusedAt: number };

/** Where the middle of a button of the card is, as xdotool wants it. */
async function onScreen(name: string): Promise<[x: string, y: string]> {
  const box = await app.prompt.getByRole("button", { name }).boundingBox();
  const shell = await app.electron.browserWindow(app.prompt);
  const { x, y } = await shell.evaluate((prompt) => prompt.getContentBounds());
  if (!box) throw new Error(`no ${name}`);
  return [Math.round(x + box.x + box.width / 2), Math.round(y + box.y + box.height / 2)].map(String) as [
    string,
    string,
  ];
}

/** The way back from the last answer goes as well: it would stay for its ten seconds. */
async function backToTerminal(): Promise<void> {
  await app.prompt.keyboard.press("Escape");
  await programs.ask("xdotool", "mousemove", "1", "1", "windowactivate", "--sync", terminal);
}

describe("nothing comes up", () => {
  /** What the window shows once it may again. */
  const summary = async (title: string): Promise<void> => {
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
    const text = await app.prompt.locator(".card").textContent();
    expect(text).toContain(title);
    expect(text).toContain("2 apps asked 3 questions. 2 still wait.");
    expect(text).not.toMatch(/secret|192\.0\.2|curl|Firefox/);
    await app.prompt.locator('.back[data-live="true"]').waitFor();
    await app.prompt.getByRole("button", { name: "Show what waits" }).click();
    await app.liveCard("x1");
  };
  const arrive = async (): Promise<void> => {
    helper.put("prompts", question("x1"), question("x2", firefox), { ...question("x3", firefox), state: "inbox" });
    // The pages have it by then.
    await app.main.locator(".nav-count", { hasText: "3" }).waitFor();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await app.promptIsVisible()).toBe(false);
    expect(await app.prompt.locator("body").textContent()).not.toContain("secret");
  };

  test("while a window fills the screen", async () => {
    await programs.ask("wmctrl", "-i", "-r", terminal, "-b", "add,fullscreen");
    await waitFor(async () =>
      expect(await programs.ask("xprop", "-id", terminal, "_NET_WM_STATE")).toContain("FULLSCREEN"),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await arrive();
    await programs.ask("wmctrl", "-i", "-r", terminal, "-b", "remove,fullscreen");
    await summary("While a window filled the screen");
    expect(await active()).toBe(terminal);
  });

  test("while the screen is locked; what was in view goes", async () => {
    helper.put("prompts", question("x1", curl, 60_000));
    await app.liveCard("x1");
    lock(true);
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
    await arrive();
    lock(false);
    await summary("While the screen was locked");
  });

  test("while notifications are switched off; what was in view goes", async () => {
    helper.put("prompts", question("x1", curl, 60_000));
    await app.liveCard("x1");
    doNotDisturb(true);
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
    await arrive();
    doNotDisturb(false);
    await summary("While you were not to be disturbed");
    expect(desktop.notices).toEqual([]);
  });
});
