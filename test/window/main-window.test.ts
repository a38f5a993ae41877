// The main window against a scripted helper: rules, the inbox, and what it shows when something is wrong.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { readRecording, replay } from "./recording.ts";
import { aFlow, ago, anEndpoint, aPrompt, aRule, curl, firefox, loopbackRule } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const open = (view: string) => app.main.getByRole("tab", { name: new RegExp(view) }).click();
const row = (id: string) => app.main.locator(`[data-id="${id}"]`);

const firefoxRule = aRule("r1", { note: "Answered on a card." });

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  helper.put(
    "rules",
    firefoxRule,
    aRule("r2", { app: curl.path, action: "block", address: null, port: null }),
    loopbackRule,
  );
  helper.put(
    "flows",
    aFlow("f1", firefox, anEndpoint("192.0.2.80"), {
      time: ago(3),
      bytesIn: 1_234_567,
      bytesOut: 999,
      rule: "r1",
      live: true,
    }),
  );
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("rules", () => {
  test("read as sentences, with their origin; built-in ones cannot be deleted", async () => {
    await open("Rules");
    await waitFor(async () =>
      expect(await row("r1").textContent()).toContain("Firefox may connect to 192.0.2.80, port 443, over TCP"),
    );
    expect(await row("r2").textContent()).toContain("curl may not connect to any destination");
    expect(await row("factory:loopback").textContent()).toContain("Built in");
    expect(await row("factory:loopback").getByRole("button").count()).toBe(0);
    expect(
      await row("r1")
        .getByRole("button", { name: /^Delete the rule/ })
        .count(),
    ).toBe(1);
  });

  test("are switched off and on again", async () => {
    const toggle = row("factory:loopback").getByRole("switch");
    await toggle.focus();
    await app.main.keyboard.press("Space");
    await waitFor(async () => expect(await toggle.isChecked()).toBe(false));
    await row("factory:loopback").locator(".switch").click();
    await waitFor(async () => expect(await toggle.isChecked()).toBe(true));
    expect(helper.asked("rules.enable")).toEqual([
      { ids: ["factory:loopback"], enabled: false },
      { ids: ["factory:loopback"], enabled: true },
    ]);
  });

  test("are deleted only after a question whose safe answer has the focus", async () => {
    await row("r2")
      .getByRole("button", { name: /^Delete/ })
      .click();
    const dialog = app.main.getByRole("alertdialog");
    await dialog.waitFor();
    expect(await dialog.textContent()).toContain("curl may not connect to any destination");
    await app.main.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    expect(helper.asked("rules.remove")).toEqual([]);
    await row("r2")
      .getByRole("button", { name: /^Delete/ })
      .click();
    await dialog.getByRole("button", { name: "Delete rule" }).click();
    await row("r2").waitFor({ state: "detached" });
    expect(helper.asked("rules.remove")).toEqual([{ ids: ["r2"] }]);
  });
});

describe("the inbox", () => {
  test("keeps unanswered questions by app and answers them for good in one click, or for the whole app", async () => {
    helper.put(
      "prompts",
      aPrompt("i1", curl, anEndpoint("192.0.2.7"), { state: "inbox", attempts: 3 }),
      aPrompt("i2", firefox, anEndpoint("192.0.2.8"), { state: "inbox" }),
    );
    await open("Inbox");
    const live = app.main.locator('.view[data-live="true"]');
    await live.locator(row("i1")).waitFor();
    expect(await row("i1").textContent()).toContain("192.0.2.7 port 443 (TCP)");
    await app.main.getByRole("button", { name: "Block everything: curl to any destination" }).click();
    await row("i1").waitFor({ state: "detached" });
    await row("i2")
      .getByRole("button", { name: /Always allow Firefox/ })
      .click();
    await row("i2").waitFor({ state: "detached" });
    expect(helper.asked("prompts.answer")).toEqual([
      { id: "i1", action: "block", scope: "any", lifetime: "forever" },
      { id: "i2", action: "allow", scope: "endpoint", lifetime: "forever" },
    ]);
    expect(await app.promptIsVisible()).toBe(false);
  });
});

describe("what is wrong", () => {
  test("a degraded helper is not silent, and saying so moves nothing that is being read or pressed", async () => {
    await open("Monitor");
    const places = async () => {
      const each = [
        app.main.getByRole("heading", { level: 1 }),
        app.main.locator(".rows"),
        app.main.getByRole("tablist"),
      ];
      return Promise.all(each.map((part) => part.boundingBox()));
    };
    const before = await places();
    const message = "Look-ups went by unread: their apps asked too much at once. Some addresses have no name. (7)";
    const another = "Not all guarded processes could be looked at for sockets that Picket cannot see into.";
    const degraded = [
      { code: "namesLost", message },
      { code: "unsearched", message: another },
    ];
    helper.setStatus({ degraded });
    await app.main.getByText(message).waitFor();
    await app.main.locator("[data-health=degraded]").waitFor();
    expect(await places()).toEqual(before);
    // One is told from the next.
    const [first, second] = await app.main
      .locator(".notice li")
      .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().toJSON() as DOMRect));
    expect((second?.top ?? 0) - (first?.bottom ?? 0)).toBeGreaterThanOrEqual(4);
    await helper.vanish();
    await app.main.getByText("Picket’s helper is not answering").waitFor();
    expect(await places()).toEqual(before);
    await helper.appear();
    helper.setStatus({ degraded: [] });
    await app.main.locator("[data-health=up]").waitFor();
  });

  test("a helper that goes is shown as gone, nothing can be changed meanwhile, and its return is noticed", async () => {
    await open("Rules");
    helper.put("prompts", aPrompt("h1", curl, anEndpoint("192.0.2.7")));
    await app.liveCard("h1");
    await helper.vanish();
    await app.main.locator("[data-health=away]").waitFor();
    await app.main.getByText("Picket’s helper is not answering").waitFor();
    expect(await row("r1").getByRole("switch").isDisabled()).toBe(true);
    await app.prompt.getByText("The helper is not answering").waitFor();
    expect(await app.prompt.getByRole("button", { name: "Allow" }).isDisabled()).toBe(true);
    // What changed while it was away must be true of the window afterwards.
    helper.drop("rules", "r1");
    helper.put("rules", aRule("r9", { note: "Made while nobody looked." }));
    await helper.appear();
    await app.main.locator("[data-health=up]").waitFor();
    await row("r9").waitFor();
    expect(await row("r1").count()).toBe(0);
    await app.liveCard("h1");
    await waitFor(async () => expect(await app.prompt.getByRole("button", { name: "Allow" }).isDisabled()).toBe(false));
    helper.drop("prompts", "h1");
  });
});

describe("accessibility", () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

  /** In an isolated world's stead: the pages' policy refuses added scripts, so axe is evaluated by the debugger. */
  async function seriousViolations(page: Page): Promise<string[]> {
    const results = (await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`)) as AxeResults;
    expect(results.passes.length).toBeGreaterThan(5);
    const serious = results.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  }

  test("axe finds nothing serious in any view, in the light", async () => {
    await app.main.emulateMedia({ colorScheme: "light" });
    await app.prompt.emulateMedia({ colorScheme: "light" });
    helper.put(
      "prompts",
      aPrompt("a1", curl, anEndpoint("192.0.2.7"), { attempts: 3 }),
      aPrompt("a2", firefox, anEndpoint("192.0.2.8"), { state: "inbox" }),
    );
    await app.liveCard("a1");
    expect(await seriousViolations(app.prompt)).toEqual([]);
    for (const view of ["Monitor", "Rules", "Inbox"]) {
      await open(view);
      await app.main.getByRole("heading", { name: view, level: 1 }).waitFor();
      expect(await seriousViolations(app.main)).toEqual([]);
    }
    await open("Rules");
    await row("r9")
      .getByRole("button", { name: /^Delete/ })
      .click();
    await app.main.getByRole("alertdialog").waitFor();
    expect(await seriousViolations(app.main)).toEqual([]);
    await app.main.keyboard.press("Escape");
    helper.drop("prompts", "a1", "a2");
  });
});

test("what a real helper said is shown whole: its question, what is in the inbox, flows, rules and limits", async () => {
  const { events, results } = replay(readRecording(Date.now()), helper);
  const [held] = events.prompts.changed.filter(({ state }) => state === "held");
  const [left] = events.prompts.changed.filter(({ state }) => state === "inbox");
  if (!held || !left || held.endpoint.host === null) throw new Error("the recording has no such questions");
  await app.liveCard(held.id);
  const card = app.prompt.locator(".card");
  expect(await card.locator("h1").textContent()).toBe(`${held.app.name} wants to reach ${held.endpoint.host}`);
  await app.prompt.keyboard.press("Alt+KeyD");
  await card.getByText(`${results["prompts.details"].user} (user ${held.process.uid})`).waitFor();
  await card.getByText("the answer came from your name server").waitFor();
  await open("Inbox");
  await row(left.id).getByText(left.endpoint.address, { exact: true }).waitFor();
  await open("Rules");
  const [rule] = events.rules.changed.filter(({ domain }) => domain !== null);
  await row(rule?.id ?? "")
    .getByText(`any host of ${rule?.domain}`)
    .waitFor();
  await open("Monitor");
  for (const { message } of events.status.degraded) await app.main.getByText(message).waitFor();
  await app.main.getByRole("radio", { name: "By time" }).click({ force: true });
  for (const { id, endpoint } of events.flows.changed) {
    const shown = app.main.locator(`.row[data-kind=flow][data-id$="${id}"]`);
    await shown
      .getByText(endpoint.host ?? endpoint.address)
      .first()
      .waitFor();
  }
  expect(app.complaints).toEqual([]);
});
