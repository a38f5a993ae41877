// The pages with the React that says what is wrong with them, which the one that ships does not: two neighbours with one key once left dead
// cards on the screen.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildWindow } from "../../build/window.ts";
import { App } from "./app.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { furnish, Tour } from "./tour.ts";

let folder: string;
let helper: ScenarioHelper;
let app: App;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "picket-react-"));
  await buildWindow(folder, "development");
  helper = await ScenarioHelper.start();
  furnish(helper);
  app = await App.start(helper.socketPath, undefined, undefined, folder);
  await app.main.locator("[data-health=up]").waitFor();
}, 300_000);
afterAll(async () => {
  await app?.end();
  await helper?.end();
  await rm(folder, { recursive: true, force: true });
});

test("React has nothing to say of any view or card", { timeout: 300_000 }, async () => {
  const scripts = join(folder, "renderer/assets");
  const sources = await Promise.all((await readdir(scripts)).map((name) => readFile(join(scripts, name), "latin1")));
  expect(sources.join()).toContain("two children with the same key");
  const visited: string[] = [];
  const tour = new Tour(app, helper, async (_, name) => {
    visited.push(name);
  });
  await tour.main();
  await tour.prompt();
  expect(visited.length).toBeGreaterThan(30);
  expect([...new Set(app.complaints)]).toEqual([]);
});
