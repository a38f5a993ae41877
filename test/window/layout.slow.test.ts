// Nothing is cut off, nothing overlaps, and where motion is not wanted nothing moves, in any view and on any card: in small and large
// windows, with everything twice as large, in German, and with names that are long or want to be read from right to left.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { layoutFaults, motions } from "./layout.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { hostileNames } from "./scenario-hostile.ts";
import { furnish, settled, Tour } from "./tour.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
/** Of the window in pixels of the screen. `size`: of the text and all else, as Ctrl with + makes it. */
const screens = {
  en: [
    { width: 800, height: 600, size: 1 },
    { width: 1600, height: 1200, size: 2 },
    { width: 2400, height: 1600, size: 1 },
  ],
  de: [
    { width: 800, height: 600, size: 1 },
    { width: 1180, height: 760, size: 1 },
    { width: 1600, height: 1200, size: 2 },
  ],
};

describe.each(["en", "de"] as const)("in %s", (language) => {
  let helper: ScenarioHelper;
  let app: App;

  beforeAll(async () => {
    helper = await ScenarioHelper.start();
    furnish(helper);
    hostileNames(helper);
    app = await App.start(helper.socketPath, undefined, undefined, undefined, { env: { LANGUAGE: language } });
    await app.main.locator("[data-health=up]").waitFor();
    // The control: whoever does not mind sees something move.
    await app.main.locator(".nav [role=tab][data-key=rules]").click();
    await app.main.locator(".switch").first().waitFor();
    expect(await motions(app.main)).not.toEqual([]);
    for (const page of [app.main, app.prompt]) await page.emulateMedia({ reducedMotion: "reduce" });
  });
  afterAll(async () => {
    await app?.end();
    await helper?.end();
  });

  const become = async (width: number, height: number, size: number): Promise<void> => {
    const window = await app.electron.browserWindow(app.main);
    await window.evaluate((main, [width, height]) => main.setContentSize(width, height), [width, height] as const);
    const now = async () => (await app.main.evaluate(() => innerWidth)) / width;
    // As the window hears keys: playwright's own go past it, to the page.
    const press = (keyCode: string) =>
      window.evaluate((main, keyCode) => {
        for (const type of ["keyDown", "keyUp"] as const)
          main.webContents.sendInputEvent({ type, keyCode, modifiers: ["control"] });
      }, keyCode);
    await press("0");
    await waitFor(async () => expect(await now()).toBeCloseTo(1));
    for (let presses = 0; presses < 5 && size === 2; presses++) await press("=");
    await waitFor(async () => expect(await now()).toBeCloseTo(1 / size));
    await settled(app.main);
  };

  test.each(screens[language])(
    "nothing is cut off or overlaps at $width × $height, size × $size",
    { timeout: 300_000 },
    async ({ width, height, size }) => {
      await become(width, height, size);
      const faults: string[] = [];
      const tour = new Tour(app, helper, async (page, name) => {
        for (const fault of [...(await layoutFaults(page)), ...(await motions(page))]) faults.push(`${name}: ${fault}`);
      });
      await tour.main();
      await tour.prompt();
      expect(faults).toEqual([]);
    },
  );
});
