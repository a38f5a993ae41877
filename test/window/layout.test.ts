// Nothing is cut off and nothing overlaps, in any view and on any card: in small and large windows, with text twice as large, in German, and
// with names that are long or want to be read from right to left.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { layoutFaults } from "./layout.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { hostileNames } from "./scenario-hostile.ts";
import { furnish, settled, Tour } from "./tour.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
/** `text`: of the usual size. */
const screens = [
  { width: 800, height: 600, text: 1 },
  { width: 1180, height: 760, text: 1 },
  { width: 1180, height: 760, text: 2 },
  { width: 1900, height: 1200, text: 2 },
];

describe.each(["en", "de"])("in %s", (language) => {
  let helper: ScenarioHelper;
  let app: App;

  beforeAll(async () => {
    helper = await ScenarioHelper.start();
    furnish(helper);
    hostileNames(helper);
    app = await App.start(helper.socketPath, undefined, undefined, undefined, { env: { LANGUAGE: language } });
    await app.main.locator("[data-health=up]").waitFor();
  });
  afterAll(async () => {
    await app?.end();
    await helper?.end();
  });

  const size = async (width: number, height: number, text: number): Promise<void> => {
    const window = await app.electron.browserWindow(app.main);
    await window.evaluate(
      (main, [width, height]) => main.setContentSize(width as number, height as number),
      [width, height],
    );
    await waitFor(async () => expect(await app.main.evaluate(() => innerWidth)).toBe(width));
    for (const page of [app.main, app.prompt])
      await page.evaluate((text) => {
        document.documentElement.style.fontSize = `${text * 100}%`;
        dispatchEvent(new Event("resize"));
      }, text);
    await settled(app.main);
  };

  test.each(screens)(
    "nothing is cut off or overlaps at $width × $height, text × $text",
    { timeout: 300_000 },
    async ({ width, height, text }) => {
      await size(width, height, text);
      const faults: string[] = [];
      const tour = new Tour(app, helper, async (page, name) => {
        for (const fault of await layoutFaults(page)) faults.push(`${name}: ${fault}`);
      });
      await tour.main();
      await tour.prompt();
      expect(faults).toEqual([]);
    },
  );
});
