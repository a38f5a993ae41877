// Whether a window fills the screen, as a real window manager says it: at first, when it begins and ends, and when such a window goes.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Fullscreen } from "../../main/window/quiet/fullscreen.ts";
import { openScreen, type Screen } from "./screen.ts";
import { Programs } from "./typed.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 50 });
let screen: Screen;
let programs: Programs;

beforeAll(async () => {
  screen = await openScreen();
  programs = new Programs({ DISPLAY: screen.display });
  programs.start("openbox", "--sm-disable");
  await waitFor(async () => expect(await programs.ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")).toContain("#"));
});
afterAll(async () => {
  await programs.end();
  screen.end();
});

test("is told of the window in use, whichever that is", async () => {
  const told: boolean[] = [];
  const watch = new Fullscreen(screen.display, (is) => told.push(is));
  try {
    const terminal = programs.start("xterm", "-class", "Film");
    const film = await waitFor(async () => {
      const id = await programs.ask("xdotool", "search", "--onlyvisible", "--class", "Film");
      expect(id).toMatch(/^\d+$/);
      return id;
    });
    await programs.ask("xdotool", "windowactivate", "--sync", film);
    await waitFor(() => expect(told.at(-1)).toBe(false));
    await programs.ask("wmctrl", "-i", "-r", film, "-b", "add,fullscreen");
    await waitFor(() => expect(told.at(-1)).toBe(true));
    // Who comes later hears what is.
    const late: boolean[] = [];
    const second = new Fullscreen(screen.display, (is) => late.push(is));
    await waitFor(() => expect(late).toEqual([true]));
    second.close();
    await programs.ask("wmctrl", "-i", "-r", film, "-b", "remove,fullscreen");
    await waitFor(() => expect(told.at(-1)).toBe(false));
    await programs.ask("wmctrl", "-i", "-r", film, "-b", "add,fullscreen");
    await waitFor(() => expect(told.at(-1)).toBe(true));
    terminal.kill();
    await waitFor(() => expect(told.at(-1)).toBe(false));
  } finally {
    watch.close();
  }
});

test("hears nothing where there is no display, and fails nobody", async () => {
  const told: boolean[] = [];
  const watch = new Fullscreen(":4242", (is) => told.push(is));
  await new Promise((resolve) => setTimeout(resolve, 300));
  watch.close();
  expect(told).toEqual([]);
});
