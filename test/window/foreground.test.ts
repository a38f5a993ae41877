// Closing the main window: the end of a foreground run (`npm start`), and nothing but a closed window otherwise.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { electronPath } from "../../build/electron.ts";
import { dist } from "../../build/paths.ts";
import { run } from "../build/process.ts";

/** Runs under xvfb-run: opens the app, closes its main window, and says whether the app ended within five seconds. */
const script = `
  const { _electron } = await import("playwright-core");
  const app = await _electron.launch({
    executablePath: ${JSON.stringify(electronPath())},
    args: ["--no-sandbox", ${JSON.stringify(join(dist, "window"))}],
  });
  const child = app.process();
  const ended = new Promise((resolve) => child.once("exit", () => resolve("ended")));
  const isMain = (page) => page.url().endsWith("window.html");
  while (!app.windows().some(isMain)) await app.waitForEvent("window");
  const main = await app.browserWindow(app.windows().find(isMain));
  await main.evaluate((window) => window.close()).catch(() => {});
  const outcome = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5_000, "stays"))]);
  console.log("the app " + outcome);
  child.kill("SIGKILL");
  process.exit(0);
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "picket-home-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function closeMainWindow(foreground: string): Promise<string> {
  const env = { ...process.env, HOME: home, PICKET_SOCKET: join(home, "none.sock"), PICKET_FOREGROUND: foreground };
  const words = ["xvfb-run", "-a", process.execPath, "--input-type=module", "-e", script];
  const { out, err } = await run(words, { env });
  return /^the app \w+$/m.exec(out)?.[0] ?? `${out}\n${err}`;
}

describe("closing the main window", () => {
  test("ends a foreground run", async () => {
    expect(await closeMainWindow("1")).toBe("the app ended");
  });

  test("leaves the installed app on watch", async () => {
    expect(await closeMainWindow("")).toBe("the app stays");
  });
});
