// Where the accessibility bus is said in the environment, the app asks nobody else for it: any program of the person's could answer, and what it
// answers may be a program to run (docs/decisions/0015-the-window-s-group.md).
import { afterEach, expect, test } from "vitest";
import { App, patience } from "./app.ts";
import { Desktop } from "./desktop-bus.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("the app asks where the accessibility bus is only where its environment does not say so", async () => {
  const helper = await ScenarioHelper.start();
  ends.push(() => helper.end());
  const desktop = await Desktop.start();
  ends.push(() => desktop.stop());
  const asked = await desktop.accessibility("unix:path=/dev/null");
  /** With a screen reader, until the app has gone to its helper: what asks is begun before that. */
  const run = async (env: Record<string, string>): Promise<number> => {
    const before = asked();
    const app = await App.start(helper.socketPath, undefined, undefined, undefined, {
      env: { DBUS_SESSION_BUS_ADDRESS: desktop.address, ACCESSIBILITY_ENABLED: "1", ...env },
    });
    await expect.poll(() => helper.topics, { timeout: patience }).toContain("prompts");
    await app.end();
    await expect.poll(() => helper.topics).toEqual([]);
    return asked() - before;
  };
  expect(await run({})).toBeGreaterThan(0);
  expect(await run({ AT_SPI_BUS_ADDRESS: "unix:path=/dev/null" })).toBe(0);
});
