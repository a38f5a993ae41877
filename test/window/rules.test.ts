// The rules against a scripted helper: found by words and facets, written, changed, switched and deleted, one or many, and taken back.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Rule } from "../../contract/words.ts";
import { App, patience } from "./app.ts";
import { layoutFaults } from "./layout.ts";
import { ago, aRule, curl, firefox, loopbackRule, python } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { aProfile } from "./scenario-profiles.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const row = (id: string) => app.main.locator(`.row[data-id="${id}"]`);
const ids = () =>
  app.main.locator(".row[data-id]").evaluateAll((all) => all.map((each) => (each as HTMLElement).dataset.id));
const shows = (...wanted: string[]) => waitFor(async () => expect(await ids()).toEqual(wanted));
const button = (name: string | RegExp) => app.main.getByRole("button", { name });
const choose = (name: string) => app.main.getByRole("radio", { name, exact: true }).click({ force: true });
/** Opens a list by the label it says, and takes what is called so. */
const pick = async (label: string, option: string, within = app.main.locator(".filters")) => {
  const list = within.locator(".pick").filter({ has: app.main.getByText(label, { exact: true }) });
  await list.locator("button").click();
  await app.main.getByRole("option", { name: option, exact: true }).click();
};
const undoLine = () => app.main.locator(".undo-line");
const dialog = () => app.main.getByRole("dialog");

const all = ["r1", "r2", "r3", "r4", "factory:loopback"];

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  helper.profiles.known = [aProfile("work")];
  helper.put(
    "rules",
    aRule("r1", { created: ago(10), note: "Asked on a card.\nThe second line.\nThe third.\nThe fourth." }),
    aRule("r2", { created: ago(20), app: curl.path, action: "block", address: null, port: null, protocol: null }),
    aRule("r3", { created: ago(30), app: curl.path, action: "block", address: null, host: "ads.example.org" }),
    aRule("r4", { created: ago(40), origin: "import", address: null, domain: "example.com", profile: "work" }),
    loopbackRule,
  );
  helper.remarks.set("r3", { hints: [{ kind: "shadowed", by: "r2", why: "It never decides: rule r2 comes first." }] });
  helper.remarks.set("r4", { hints: [{ kind: "unused", by: null, why: "It decided nothing for 41 days." }] });
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.getByRole("tab", { name: "Rules" }).click();
  await shows(...all);
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("the list", () => {
  test("says of a rule that does nothing which one decides in its place, and of an idle one how long", async () => {
    await row("r3").getByText("Does nothing: “curl may not connect to any destination” decides first").waitFor();
    await row("r4").getByText("It decided nothing for 41 days.").waitFor();
    expect(await row("r2").locator(".rule-hint").count()).toBe(0);
  });

  test("asks again for what is to be said once rules changed", async () => {
    helper.remarks.set("r2", { hints: [{ kind: "redundant", by: "r1", why: "…" }] });
    helper.put("rules", aRule("r9", { created: ago(1) }));
    await row("r2")
      .getByText(/Not needed: “Firefox may connect to 192.0.2.80/)
      .waitFor();
    helper.remarks.delete("r2");
    helper.drop("rules", "r9");
    await row("r2").locator(".rule-hint").waitFor({ state: "detached" });
  });

  test("shows a note line by line, in a row as high as it needs", async () => {
    const lines = await row("r1").locator(".two-lines").first().locator(".line").allTextContents();
    expect(lines.map((line) => line.trim())).toEqual([
      "Asked on a card.",
      "The second line.",
      "The third. …",
      firefox.path,
    ]);
    const [first, second] = [await row("r1").boundingBox(), await row("r2").boundingBox()];
    expect(second?.y).toBeCloseTo((first?.y ?? 0) + (first?.height ?? 0), 0);
    expect(first?.height).toBeGreaterThan((second?.height ?? 0) + 40);
  });

  test("calls apps by their names and shows their faces where these are known, else by their files", async () => {
    await row("r1").locator(".app-name").getByText("Firefox", { exact: true }).waitFor();
    await row("r1").locator(".face:not(.face-none)").waitFor();
    await row("factory:loopback").locator(".face-none .icon").waitFor();
    helper.put("rules", aRule("r9", { created: ago(1), app: "/opt/never/met" }));
    await row("r9").locator(".app-name").getByText("met", { exact: true }).waitFor();
    expect(await row("r9").locator(".face").textContent()).toBe("");
    helper.drop("rules", "r9");
    await shows(...all);
  });

  test("ends with dots what there is no room for in a small window", async () => {
    const window = await app.electron.browserWindow(app.main);
    const size = await window.evaluate((main) => main.getContentSize());
    const resize = ([width = 0, height = 0]: number[]) =>
      window.evaluate((main, [width, height]) => main.setContentSize(width, height), [width, height] as const);
    await resize([800, 600]);
    await waitFor(async () => expect(await app.main.evaluate(() => innerWidth)).toBe(800));
    const hint = row("r3").locator(".rule-hint");
    expect(await hint.evaluate((each) => each.scrollWidth > each.clientWidth)).toBe(true);
    expect(await hint.evaluate((each) => each.clientHeight)).toBeLessThan(25);
    expect(await layoutFaults(app.main)).toEqual([]);
    await resize(size);
    await waitFor(async () => expect(await app.main.evaluate(() => innerWidth)).toBe(size[0]));
  });

  test("says of a script where it is, and what runs it", async () => {
    helper.put("rules", aRule("r9", { created: ago(1), app: python.path }));
    await row("r9").getByText("/home/alice/site/serve.py (python3.11)", { exact: true }).waitFor();
    expect(await row("r9").textContent()).not.toContain("//");
    helper.drop("rules", "r9");
    await shows(...all);
  });

  test("has a whole sentence in each row, on several lines where it is long", async () => {
    const host = `${"a-rather-long-name.".repeat(8)}example.org`;
    helper.put("rules", aRule("r9", { created: ago(1), address: null, host }));
    const sentence = row("r9").locator(".sentence");
    await waitFor(async () =>
      expect(await sentence.textContent()).toContain(`Firefox may connect to ${host}, port 443`),
    );
    const room = await sentence.evaluate((each) => [each.scrollWidth, each.clientWidth, each.clientHeight]);
    expect(room[0]).toBeLessThanOrEqual(room[1] as number);
    expect(room[2]).toBeGreaterThan(30);
    const next = await row("r1").boundingBox();
    const box = await row("r9").boundingBox();
    expect(next?.y).toBeCloseTo((box?.y ?? 0) + (box?.height ?? 0), 0);
    expect(box?.height).toBeGreaterThan(room[2] as number);
    helper.drop("rules", "r9");
    await shows(...all);
  });

  test("is narrowed by words, app, action, state, origin and profile", async () => {
    await app.main.getByRole("searchbox").fill("curl ads");
    await shows("r3");
    await app.main.getByRole("searchbox").fill("");
    await app.main.getByRole("searchbox").fill("Firefox 192");
    await shows("r1");
    await app.main.getByRole("searchbox").fill("");
    await pick("App", "curl");
    await shows("r2", "r3");
    await pick("App", "Firefox");
    await shows("r1", "r4");
    await pick("App", "For every app");
    await shows("factory:loopback");
    await pick("App", "Any app");
    await choose("Block");
    await shows("r2", "r3");
    await choose("All");
    await pick("State", "Does nothing (1)");
    await shows("r3");
    await pick("State", "Unused (1)");
    await shows("r4");
    await pick("State", "Any state");
    await pick("Origin", "Built in");
    await shows("factory:loopback");
    await pick("Origin", "Any origin");
    await pick("Profile", "in profile “work”");
    await shows("r4");
    await choose("Block");
    await app.main.getByText("No rule matches").waitFor();
    await button("Show all rules").click();
    await shows(...all);
  });
});

describe("one rule", () => {
  test("is switched off, and that is taken back", async () => {
    await row("r1").locator(".switch").click();
    await undoLine().getByText("Switched off: Firefox may connect to 192.0.2.80, port 443, over TCP").waitFor();
    await row("r1").getByText("Switched off", { exact: true }).waitFor();
    const change = helper.called.length;
    await undoLine().getByRole("button", { name: "Undo" }).click();
    await undoLine().getByText("Taken back.").waitFor();
    expect(helper.asked("rules.undo")).toEqual([{ change }]);
    await waitFor(async () => expect(await row("r1").getByRole("switch").isChecked()).toBe(true));
  });

  test("is written in a form that says what it means, and is not sent before it can be one", async () => {
    await button("Add rule").click();
    await dialog().waitFor();
    await choose("Outgoing");
    await dialog().getByRole("radio", { name: "Block" }).click({ force: true });
    await button("Save rule").click();
    await dialog().getByText("The full path of a program, such as /usr/bin/curl").waitFor();
    expect(helper.asked("rules.add")).toEqual([]);
    await dialog().getByRole("combobox", { name: "Its program file" }).fill("/usr/bin/wget");
    await pick("Where", "A domain", dialog());
    await dialog().getByRole("textbox", { name: "Domain" }).fill("example.org");
    await pick("Protocol", "TCP", dialog());
    await dialog().getByRole("textbox", { name: "Port" }).fill("8000-8100");
    await pick("How long", "1 hour", dialog());
    await pick("Profile", "work", dialog());
    await dialog().getByRole("combobox", { name: "Only when started by" }).fill("/usr/bin/make");
    await dialog().getByRole("textbox", { name: "Note" }).fill("One line,\nand another.");
    const sentence =
      "wget may not connect to any host of example.org, ports 8000 to 8100, over TCP, when started by make, in profile “work”, for 1 hour.";
    await dialog().getByText(sentence).waitFor();
    await button("Save rule").click();
    await dialog().waitFor({ state: "detached" });
    expect(helper.asked("rules.add")).toEqual([
      {
        app: "/usr/bin/wget",
        via: "/usr/bin/make",
        user: null,
        action: "block",
        address: null,
        host: null,
        domain: "example.org",
        zone: null,
        port: 8000,
        portTo: 8100,
        protocol: "tcp",
        direction: "outbound",
        profile: "work",
        lifetime: "1h",
        note: "One line,\nand another.",
      },
    ]);
    await undoLine().getByText(`Saved: ${sentence}`).waitFor();
    await undoLine().getByRole("button", { name: "Undo" }).click();
    await shows(...all);
  });

  test("is changed: the old one goes where another came, and both are taken back, the newest first", async () => {
    await row("r3")
      .getByRole("button", { name: /^Change the rule/ })
      .click();
    const name = dialog().getByRole("textbox", { name: "Host name" });
    expect(await name.inputValue()).toBe("ads.example.org");
    await name.fill("pixel.example.org");
    await button("Save rule").click();
    await dialog().waitFor({ state: "detached" });
    await row("r3").waitFor({ state: "detached" });
    expect(helper.asked("rules.add").at(-1)).toMatchObject({ host: "pixel.example.org", action: "block" });
    const change = helper.called.length;
    await undoLine().getByRole("button", { name: "Undo" }).click();
    await shows(...all);
    expect(helper.asked("rules.undo").slice(-2)).toEqual([{ change }, { change: change - 1 }]);
  });

  /** Opens the form of r3, and writes another host into it. */
  const changeHost = async (): Promise<void> => {
    await row("r3")
      .getByRole("button", { name: /^Change the rule/ })
      .click();
    await dialog().getByRole("textbox", { name: "Host name" }).fill("pixel.example.org");
  };

  test("is saved also where the old one ended while it was changed", async () => {
    await changeHost();
    const [old] = [...helper.rules].filter(({ id }) => id === "r3");
    helper.drop("rules", "r3");
    await button("Save rule").click();
    await undoLine()
      .getByText(/^Saved: .*pixel/)
      .waitFor();
    await dialog().waitFor({ state: "detached" });
    await undoLine().getByRole("button", { name: "Undo" }).click();
    await shows("r1", "r2", "r4", "factory:loopback");
    helper.put("rules", old as Rule);
    await shows(...all);
  });

  test("is taken back where the old one may not go: what was said to be unchanged is", async () => {
    helper.removalRefused = "not_permitted";
    await changeHost();
    const before = helper.called.length;
    await button("Save rule").click();
    await dialog()
      .getByText(/Nothing was changed\./)
      .waitFor();
    helper.removalRefused = null;
    expect([...helper.rules].map(({ id }) => id).sort()).toEqual([...all].sort());
    expect(helper.called.slice(before).map(({ method }) => method)).toEqual([
      "rules.add",
      "rules.remove",
      "rules.undo",
    ]);
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  test("that the helper refuses stays in its form, with the reason, whatever it is about", async () => {
    await row("r3")
      .getByRole("button", { name: /^Change the rule/ })
      .click();
    helper.refuseWith = "bad_matcher";
    await button("Save rule").click();
    await dialog().getByText("These parts of a rule do not go together.").waitFor();
    helper.refuseWith = null;
    // The button that was pressed has the focus still.
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  test("that the helper refuses because of a field leads there", async () => {
    await row("r3")
      .getByRole("button", { name: /^Change the rule/ })
      .click();
    helper.refuseWith = "bad_name";
    await button("Save rule").click();
    await dialog().getByText("That is not a host name.").waitFor();
    helper.refuseWith = null;
    // Whoever cannot see the form is at what is wrong with it, and Escape still leaves it.
    const name = dialog().getByRole("textbox", { name: "Host name" });
    await waitFor(async () => expect(await name.evaluate((each) => each === document.activeElement)).toBe(true));
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    await row("r3").waitFor();
  });
});

describe("several rules", () => {
  const select = async (id: string) => {
    await row(id).getByRole("checkbox").focus();
    await app.main.keyboard.press("Space");
  };

  test("are chosen by keyboard, switched off together and on again by one undo", async () => {
    await select("r1");
    await select("r2");
    await app.main.getByText("2 selected").waitFor();
    await button("Switch off").click();
    await undoLine().getByText("2 rules switched off").waitFor();
    // One change, however many they are: of so many apiece the helper would not keep all.
    expect(helper.asked("rules.enable").at(-1)).toEqual({ ids: ["r1", "r2"], enabled: false });
    const change = helper.called.length;
    await undoLine().getByRole("button", { name: "Undo" }).click();
    await undoLine().getByText("Taken back.").waitFor();
    expect(helper.called.slice(change)).toEqual([{ method: "rules.undo", params: { change } }]);
    await waitFor(async () => expect(await row("r2").getByRole("switch").isChecked()).toBe(true));
    expect(await row("r1").getByRole("switch").isChecked()).toBe(true);
  });

  test("all are deleted after a question, built-in ones aside; what is out of sight stays", async () => {
    await choose("Allow");
    await shows("r1", "r4", "factory:loopback");
    await app.main.getByRole("checkbox", { name: "Select all" }).focus();
    await app.main.keyboard.press("Space");
    await app.main.getByText("3 selected").waitFor();
    await button("Delete…").click();
    const question = app.main.getByRole("alertdialog");
    await question.getByText("Delete 2 rules?").waitFor();
    await question.getByRole("button", { name: "Delete 2 rules" }).click();
    await undoLine().getByText("2 rules deleted").waitFor();
    expect(helper.asked("rules.remove").at(-1)).toEqual({ ids: ["r1", "r4"] });
    const change = helper.called.length;
    await choose("All");
    await shows("r2", "r3", "factory:loopback");
    await undoLine().getByRole("button", { name: "Undo" }).click();
    await shows(...all);
    expect(helper.called.slice(change)).toEqual([{ method: "rules.undo", params: { change } }]);
  });
});

describe("accessibility", () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const violations = async (): Promise<string[]> => {
    const results = (await app.main.evaluate(
      `${axe}; axe.run(document, { resultTypes: ["violations"] })`,
    )) as AxeResults;
    expect(results.passes.length).toBeGreaterThan(5);
    const serious = results.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  };

  test("axe finds nothing serious in list and form, reached by keyboard, in the light", async () => {
    await app.main.emulateMedia({ colorScheme: "light" });
    expect(await violations()).toEqual([]);
    await button("Add rule").focus();
    await app.main.keyboard.press("Enter");
    await dialog().waitFor();
    await button("Save rule").focus();
    await app.main.keyboard.press("Enter");
    await dialog().getByText("The full path of a program, such as /usr/bin/curl").waitFor();
    const path = dialog().getByRole("combobox", { name: "Its program file" });
    expect(await path.evaluate((each) => each === document.activeElement)).toBe(true);
    expect(await violations()).toEqual([]);
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    // Whoever closes it is back where it was opened.
    expect(await button("Add rule").evaluate((each) => each === document.activeElement)).toBe(true);
    expect(app.complaints).toEqual([]);
  });
});
