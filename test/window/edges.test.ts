// What is in a view begins and ends where its head does, also where it scrolls; and of a helper that is away nothing looks live.
import { afterAll, beforeAll, expect, test } from "vitest";
import { App } from "./app.ts";
import { aFlow, ago, anEndpoint, aPrompt, curl, firefox } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { aProposal } from "./scenario-learning.ts";
import { aProfile } from "./scenario-profiles.ts";
import { fillWithLists } from "./scenario-rooms-day.ts";

let helper: ScenarioHelper;
let app: App;

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  fillWithLists(helper);
  helper.profiles.known = [aProfile("Home"), aProfile("Work")];
  helper.setStatus({ mode: "learn" });
  helper.learning.proposals = [aProposal("1", curl.path, { domain: "example.org" })];
  const apps = Array.from({ length: 12 }, (_, at) => ({ ...curl, path: `/usr/bin/tool${at}` }));
  helper.put(
    "prompts",
    ...apps.map((each, at) => aPrompt(`e${at}`, each, anEndpoint("192.0.2.7"), { state: "inbox", opened: ago(9) })),
  );
  helper.put("flows", aFlow("f1", firefox, anEndpoint("192.0.2.80"), { live: true }));
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

test.each([
  ["Inbox", ".group", true],
  ["Learning", ".group, .learning-head", false],
  ["Blocklists", ".panel-list", false],
  ["Profiles", ".panel-list, .profile-now", false],
  ["Settings", ".settings-box", true],
])("what is in %s has the view's edges", async (view, pieces, scrolls) => {
  await app.main.getByRole("tab", { name: new RegExp(view) }).click();
  await app.main.locator(pieces).first().waitFor();
  const seen = await app.main.evaluate((pieces) => {
    const edges = (element: Element): [number, number] => {
      const { left, right } = element.getBoundingClientRect();
      return [Math.round(left), Math.round(right)];
    };
    const box = document.querySelector(".view-scroll") as HTMLElement;
    return {
      view: edges(document.querySelector(".view") as Element),
      pieces: [...document.querySelectorAll(pieces)].map(edges),
      scrolls: box.scrollHeight > box.clientHeight,
    };
  }, pieces);
  expect(seen.pieces.length).toBeGreaterThan(0);
  for (const piece of seen.pieces) expect(piece).toEqual(seen.view);
  if (scrolls) expect(seen.scrolls).toBe(true);
});

test("what was live looks live no more when the helper is away", async () => {
  await app.main.getByRole("tab", { name: "Monitor" }).click();
  const live = app.main.locator(".monitor .live").first();
  await live.waitFor();
  const [was, second] = await app.main.evaluate(() => [
    getComputedStyle(document.querySelector(".monitor .live") as Element).color,
    getComputedStyle(document.querySelector(".view-count") as Element).color,
  ]);
  expect(was).not.toBe(second);
  await helper.vanish();
  await app.main.locator("[data-health=away]").waitFor();
  const is = await app.main.evaluate(() => [
    getComputedStyle(document.querySelector(".monitor .live") as Element).color,
    getComputedStyle(document.querySelector(".monitor") as Element).filter,
  ]);
  expect(is).toEqual([second, "grayscale(1)"]);
});
