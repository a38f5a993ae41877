// What was learned against a scripted helper: there only while there is something of it, accepted and rejected by all, app and row, and ended.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { curl, firefox, python } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { aProposal } from "./scenario-learning.ts";
import { violations } from "./violations.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const button = (name: string) => app.main.getByRole("button", { name, exact: true });
const tab = () => app.main.getByRole("tab", { name: "Learning" });
const row = (id: string) => app.main.locator(`[data-proposal="${id}"]`);
const undoLine = () => app.main.locator(".undo-line");
const gone = (...ids: string[]) => Promise.all(ids.map((id) => row(id).waitFor({ state: "detached" })));

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

const seen = () => [
  aProposal("1", firefox.path, { count: 90, endpoints: 40 }),
  aProposal("2", curl.path, { domain: "example.org", count: 12 }),
  aProposal("3", curl.path, { address: "192.0.2.7", port: 80, protocol: "tcp", count: 3 }),
  aProposal("4", curl.path, { domain: "example.net", count: 1 }),
  aProposal("5", python.path, { direction: "inbound", port: 3000, protocol: "tcp", count: 2 }),
];

test("the view is there while Picket learns or something is left of it", async () => {
  await app.main.getByRole("tab", { name: "Blocklists" }).waitFor();
  expect(await tab().count()).toBe(0);
  await app.main.locator(".health-up").getByText("On guard").waitFor();
  helper.setStatus({ mode: "learn" });
  // Nobody is on guard where all that is new goes.
  await app.main.locator(".health-lax").getByText("Allows and remembers new connections").waitFor();
  await tab().click();
  await app.main.getByText("Nothing new was seen yet").waitFor();
  expect(await violations(app.main)).toEqual([]);
});

test("what was seen appears by itself, by app, the busiest first, in words", async () => {
  helper.learning.proposals = seen();
  await app.main.getByText("5 proposed rules for 3 apps").waitFor();
  const apps = () =>
    app.main.locator("[data-app]").evaluateAll((all) => all.map((each) => (each as HTMLElement).dataset.app));
  expect(await apps()).toEqual([firefox.path, curl.path, python.path]);
  await row("1").getByText("may connect to any destination").waitFor();
  await row("1").getByText("It was seen with 40 destinations").waitFor();
  await row("2").getByText("may connect to any host of example.org").waitFor();
  await row("3").getByText("may connect to 192.0.2.7, port 80, over TCP").waitFor();
  await row("5").getByText("may be reached from anybody, on its port 3000, over TCP").waitFor();
  // What history knows of an app is what it is called; nobody vouches for the script.
  const head = (path: string) => app.main.locator(`[data-app="${path}"] .group-head`);
  await head(firefox.path).locator(".group-name").getByText("Firefox", { exact: true }).waitFor();
  await head(firefox.path).locator(".face:not(.face-unverified, .face-none)").waitFor();
  await head(python.path).locator(".face-unverified").waitFor();
  await row("4")
    .getByText(/Seen 1 time, last/)
    .waitFor();
});

test.each(["light", "dark"] as const)("axe finds nothing serious, %s", async (colorScheme) => {
  await app.main.emulateMedia({ colorScheme });
  expect(await violations(app.main)).toEqual([]);
});

test("one is accepted by keyboard, and its rule taken back", async () => {
  await row("2")
    .getByRole("button", { name: /^Accept/ })
    .focus();
  await app.main.keyboard.press("Enter");
  await gone("2");
  expect(helper.asked("learn.accept")).toEqual([{ ids: ["2"] }]);
  await undoLine().getByText("1 rule made.").waitFor();
  const { length } = helper.called;
  await undoLine().getByRole("button", { name: "Undo the rules" }).click();
  await undoLine().getByText("The rules are taken back.").waitFor();
  expect(helper.asked("rules.undo")).toEqual([{ change: length }]);
});

test("one is rejected: no rule, no question", async () => {
  await row("1")
    .getByRole("button", { name: /^Reject/ })
    .click();
  await gone("1");
  expect(helper.asked("learn.forget")).toEqual([{ ids: ["1"] }]);
  await undoLine().getByText("1 proposal rejected.").waitFor();
});

test("all of one app are accepted together", async () => {
  await button("Accept all 2: curl").click();
  await gone("3", "4");
  expect(helper.asked("learn.accept").at(-1)).toEqual({ ids: ["3", "4"] });
  await row("5").waitFor();
});

test("all are rejected only after a question", async () => {
  await button("Reject all…").click();
  const question = app.main.getByRole("alertdialog");
  await question.getByText("Reject 1 proposal?").waitFor();
  await app.main.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  await row("5").waitFor();
  await button("Reject all…").click();
  await question.getByRole("button", { name: "Reject all" }).click();
  await gone("5");
  expect(helper.asked("mode.set")).toEqual([]);
});

test("accepting everything ends learning with the mode that was chosen, and the view goes when it is left", async () => {
  helper.learning.proposals = seen();
  await app.main.getByText("5 proposed rules for 3 apps").waitFor();
  await app.main.getByRole("radio", { name: "Go on learning" }).click({ force: true });
  await button("Accept all 5 rules").waitFor();
  await app.main.getByRole("radio", { name: "Block what is new" }).click({ force: true });
  await app.main.getByText("What has no rule is blocked, without a question.").waitFor();
  await button("Accept all 5 rules and finish").click();
  await gone("1", "2", "3", "4", "5");
  expect(helper.asked("learn.accept").at(-1)).toEqual({ ids: ["1", "2", "3", "4", "5"] });
  expect(helper.asked("mode.set")).toEqual([{ mode: "block", confirmWithin: null }]);
  await undoLine().getByText("5 rules made. Learning is over.").waitFor();
  await app.main.getByText("Everything is decided").waitFor();
  await app.main.getByRole("tab", { name: "Monitor" }).click();
  await tab().waitFor({ state: "detached" });
});

test("what is left when learning ended some other way is still there, to be decided without a word on modes", async () => {
  helper.learning.proposals = seen().slice(0, 2);
  helper.setStatus({ mode: "ask" });
  await tab().click();
  await app.main.getByRole("heading", { name: "Learning is over" }).waitFor();
  expect(await app.main.getByRole("radio", { name: "Go on learning" }).count()).toBe(0);
  helper.refuseWith = "unknown_proposal";
  await button("Accept all 2 rules").click();
  await app.main.getByText("That proposal is gone already.").waitFor();
  helper.refuseWith = null;
  await waitFor(async () => expect(await row("1").count()).toBe(1));
  expect(app.complaints).toEqual([]);
});
