// With a screen reader and a keyboard, and nothing else: the real app's accessibility tree through at-spi2 under a real window manager, real
// keys, and what the helper hears of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { App } from "./app.ts";
import { Desktop } from "./desktop-bus.ts";
import { anEndpoint, aPrompt, curl, firefox, gimp, thunderbird } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { aBlocklist } from "./scenario-lists.ts";
import { type Focus, ScreenReader } from "./screen-reader.ts";
import { furnish } from "./tour.ts";
import { Programs } from "./typed.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 50 });
const folder = mkdtempSync(join(tmpdir(), "picket-reader-"));
let helper: ScenarioHelper;
let desktop: Desktop;
let programs: Programs;
let app: App;
let reader: ScreenReader;

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  furnish(helper);
  desktop = await Desktop.start();
  app = await App.start(helper.socketPath, ["--no-sandbox", "--force-renderer-accessibility"], undefined, undefined, {
    env: { DBUS_SESSION_BUS_ADDRESS: desktop.address, ACCESSIBILITY_ENABLED: "1" },
    prepare: async (display) => {
      programs = new Programs({ DISPLAY: display, HOME: folder, DBUS_SESSION_BUS_ADDRESS: desktop.address });
      programs.start("openbox", "--sm-disable");
      programs.start("/usr/libexec/at-spi-bus-launcher", "--launch-immediately");
      await waitFor(async () =>
        expect(await programs.ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK", "AT_SPI_BUS")).toMatch(/#.*unix:/s),
      );
    },
  });
  await app.main.locator("[data-health=up]").waitFor();
  reader = await ScreenReader.start(programs.env, app.electron.process().pid ?? 0);
  await waitFor(async () => expect(await reader.find("page tab", "Rules")).toHaveLength(1));
});
afterEach(async () => {
  helper.drop("prompts", "a1", "k1", "k3", "k4", "k5");
  await app.main.keyboard.press("Escape");
  await app.main.locator("[role=dialog]").waitFor({ state: "detached" });
});
afterAll(async () => {
  reader?.end();
  await app?.end();
  await programs?.end();
  await desktop?.stop();
  await helper?.end();
  rmSync(folder, { recursive: true, force: true });
});

const active = () => programs.ask("xdotool", "getactivewindow");
const key = (...keys: string[]) => programs.ask("xdotool", "key", ...keys);
/** What had the focus before may be told late: it says that it has none any more. */
const has = (focus: Focus | null): focus is Focus => focus?.states.includes("focused") === true;
const is = (focus: Focus, role: RegExp, name: RegExp): boolean =>
  has(focus) && role.test(focus.role) && name.test(focus.name);

/** Until the focus is on such a node. */
async function focusComes(role: RegExp, name: RegExp) {
  const look = async () => {
    const focus = await reader.focus();
    if (!focus || !is(focus, role, name)) throw new Error(`the focus is on ${JSON.stringify(focus)}`);
    return focus;
  };
  return vi.waitFor(look, { timeout: 20_000, interval: 50 });
}

/** Somewhere in the tree, whatever it is. */
async function present(name: string | RegExp) {
  await waitFor(async () => {
    const names = (await reader.nodes()).map((node) => `${node.role} ${node.name}`);
    const found = names.some((each) => (typeof name === "string" ? ` ${each}`.endsWith(` ${name}`) : name.test(each)));
    if (!found) throw new Error(`no ${name} in ${names.filter((each) => /\S \S/.test(each)).join(" | ")}`);
  });
}

/**
 * Where the focus has come to rest. A press is told in parts: the one node loses the focus, another gets it, and that one may hand it on.
 * Whoever presses again in between passes by what they look for. `from`: where it is to have left; the last resort is where it stays.
 */
async function resting(from: Focus | null): Promise<Focus | null> {
  const patience = performance.now() + 4000;
  let before: Focus | null = null;
  for (;;) {
    const focus = await reader.focus();
    if (performance.now() > patience) return focus;
    if (has(focus) && focus.id !== from?.id && focus.id === before?.id) return focus;
    before = has(focus) ? focus : null;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Presses a key until the focus is on such a node. */
async function walk(press: string, role: RegExp, name: RegExp, most = 60): Promise<Focus> {
  const passed: string[] = [];
  let focus = await resting(null);
  for (let presses = 0; presses <= most; presses++) {
    if (focus && is(focus, role, name)) return focus;
    passed.push(`${focus?.role} ${focus?.name}`);
    await key(press);
    focus = await resting(focus);
  }
  throw new Error(`no ${role} ${name} in ${passed.join(" | ")}`);
}
/** What has the focus gets there: a page says so a moment after the key. */
const becomes = (state: string) => waitFor(async () => expect((await reader.focus())?.states).toContain(state));
const tabTo = (role: RegExp, name: RegExp) => walk("Tab", role, name);

/** As a person changes windows; the rest is keys. */
async function atMain(): Promise<void> {
  const window = await programs.ask("xdotool", "search", "--onlyvisible", "--name", "^Picket$");
  await programs.ask("xdotool", "windowactivate", "--sync", window);
  await waitFor(async () => expect(await active()).toBe(window));
}

/** Along the views, whatever stands in them, to one by its name. */
async function openView(name: string): Promise<void> {
  await atMain();
  await tabTo(/^page tab$/, /./);
  const tab = await walk("Down", /^page tab$/, new RegExp(`^${name}`), 8);
  expect(tab.name).toMatch(new RegExp(`^${name}`));
  await waitFor(async () => {
    const [shown] = await reader.find("page tab", new RegExp(`^${name}`));
    expect(shown?.states).toContain("selected");
  });
}

/** The card is asked for by its shortcut and is live. */
async function atCard(id: string): Promise<void> {
  await app.liveCard(id);
  await key("ctrl+alt+p");
  await focusComes(/landmark/, /Question about a connection/);
  // The focus makes it dead once more, for half a second.
  await new Promise((resolve) => setTimeout(resolve, 800));
  await app.liveCard(id);
}

const named = { ...anEndpoint("192.0.2.7"), host: "www.example.org" };
const answers = () => helper.asked("prompts.answer");

describe("a new card", () => {
  test("is announced, while the active window and the focus stay where they are", async () => {
    await atMain();
    const before = await active();
    await tabTo(/entry/, /Search connections/);
    await reader.events();
    helper.put("prompts", aPrompt("a1", firefox, named, { domain: "example.org" }));
    await app.liveCard("a1");
    const told: Awaited<ReturnType<typeof reader.events>> = [];
    await waitFor(async () => {
      told.push(...(await reader.events()));
      const loud = told.filter((event) => event["container-live"] === "assertive");
      expect(loud.map(({ text }) => text)).toContain("Firefox wants to reach www.example.org.");
    });
    expect(await active()).toBe(before);
    const [prompt] = await reader.find("frame", "Picket asks");
    expect(prompt?.states).toContain("showing");
    expect(prompt?.states).not.toContain("active");
    await programs.ask("xdotool", "type", "--delay", "20", "thun");
    expect((await reader.focus())?.name).toBe("Search connections");
    await waitFor(async () => expect(await app.main.locator(".search input").first().inputValue()).toBe("thun"));
    await key("BackSpace", "BackSpace", "BackSpace", "BackSpace");
    expect(answers()).toEqual([]);
    helper.drop("prompts", "a1");
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
  });
});

describe("by keyboard alone", { timeout: 120_000 }, () => {
  test("1: an app is allowed to reach a whole domain for good", async () => {
    helper.put("prompts", aPrompt("k1", firefox, named, { domain: "example.org" }));
    await atCard("k1");
    expect((await tabTo(/radio button/, /^Any host of example\.org$/)).states).toContain("checked");
    expect((await tabTo(/radio button/, /^For good$/)).states).toContain("checked");
    await tabTo(/push button/, /^Allow/);
    await key("space");
    await waitFor(() =>
      expect(answers()).toEqual([{ id: "k1", action: "allow", scope: "domain", lifetime: "forever" }]),
    );
  });

  test("2: that answer is undone", async () => {
    await app.prompt.locator('.undo[data-live="true"]').waitFor();
    expect(
      (await reader.find("static", /^Firefox may reach any host of example\.org from now on\.$/)).length,
    ).toBeGreaterThan(0);
    await tabTo(/push button/, /^Undo/);
    await key("Return");
    await waitFor(() => expect(helper.asked("rules.undo")).toHaveLength(1));
    await waitFor(async () => expect((await reader.find("static", /^Taken back/)).length).toBeGreaterThan(0));
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
  });

  test("3: an app is blocked once", async () => {
    helper.called.length = 0;
    helper.put("prompts", aPrompt("k3", curl, anEndpoint("192.0.2.8")));
    await atCard("k3");
    await tabTo(/radio button/, /^For good$/);
    await walk("Right", /radio button/, /^This time$/, 2);
    await becomes("checked");
    await app.liveCard("k3");
    await tabTo(/push button/, /^Block/);
    await key("space");
    await waitFor(() =>
      expect(answers()).toEqual([{ id: "k3", action: "block", scope: "endpoint", lifetime: "once" }]),
    );
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
  });

  test("4: an app is snoozed from its card", async () => {
    helper.put("prompts", aPrompt("k4", thunderbird, anEndpoint("192.0.2.9")));
    await atCard("k4");
    await key("alt+s");
    await focusComes(/menu/, /./);
    await walk("Down", /menu item/, /^1 hour/, 3);
    await key("Return");
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
    helper.drop("prompts", "k4");
  });

  test("5: a question that nobody answered is answered from the inbox", async () => {
    helper.called.length = 0;
    helper.put("prompts", aPrompt("k5", curl, anEndpoint("192.0.2.44", 8443), { state: "inbox", attempts: 3 }));
    await openView("Inbox");
    await app.main.locator('.view[data-live="true"] .question-row').waitFor();
    await tabTo(/push button/, /^Always block curl to 192\.0\.2\.44, port 8443/);
    await key("Return");
    await waitFor(() =>
      expect(answers()).toEqual([{ id: "k5", action: "block", scope: "endpoint", lifetime: "forever" }]),
    );
    await present("Nothing is waiting for you");
  });

  test("6: an app is found in the monitor, and a rule made from its row", async () => {
    helper.called.length = 0;
    await openView("Monitor");
    await tabTo(/entry/, /Search connections/);
    await programs.ask("xdotool", "type", "--delay", "20", "gimp");
    await waitFor(async () => expect(await reader.find("table row", /./)).toHaveLength(1));
    await tabTo(/table row/, /^GIMP .* 1 blocked/);
    await key("Return");
    await focusComes(/menu item/, /^Allow…$/);
    await walk("Down", /menu item/, /^Block…$/, 2);
    await key("Return");
    await focusComes(/push button/, /^Cancel$/);
    await present("dialog Block GIMP with a rule");
    await tabTo(/push button/, /^Save rule$/);
    await key("Return");
    await waitFor(() => expect(helper.asked("rules.add")).toMatchObject([{ app: gimp.path, action: "block" }]));
  });

  test("7: a rule is changed", async () => {
    helper.called.length = 0;
    await openView("Rules");
    await tabTo(/push button/, /^Change the rule: curl may connect to 203\.0\.113\.7/);
    await key("Return");
    await present("dialog Change rule");
    const action = await tabTo(/radio button/, /^(Allow|Block|Ask)$/);
    expect(action).toMatchObject({ name: "Allow", states: expect.arrayContaining(["checked"]) });
    await walk("Right", /radio button/, /^Block$/, 2);
    await becomes("checked");
    await tabTo(/push button/, /^Save rule$/);
    await key("Return");
    await waitFor(() =>
      expect(helper.asked("rules.add")).toMatchObject([{ app: curl.path, action: "block", address: "203.0.113.7" }]),
    );
    await waitFor(async () => expect(await reader.find("dialog", "Change rule")).toHaveLength(0));
  });

  test("8: a rule is switched off", async () => {
    helper.called.length = 0;
    await openView("Rules");
    const toggle = await tabTo(/switch|toggle button|check box/, /^In force: Thunderbird|^In force: thunderbird/);
    expect(toggle.states.some((state) => state === "checked" || state === "pressed")).toBe(true);
    await key("space");
    await waitFor(() => expect(helper.asked("rules.enable")).toEqual([{ ids: ["r3"], enabled: false }]));
    await waitFor(async () => {
      const [now] = await reader.find(toggle.role, toggle.name);
      expect(now?.states).not.toContain("checked");
      expect(now?.states).not.toContain("pressed");
    });
  });

  test("9: an app's bytes are read in the history", async () => {
    await openView("History");
    await tabTo(/push button/, /^Show only Firefox$/);
    await key("Return");
    await waitFor(async () => expect((await reader.find("static", "example.org")).length).toBeGreaterThan(0));
    const texts = (await reader.nodes()).map(({ name }) => name);
    const shown = await app.main
      .locator(".amounts .amount-received dd, .amounts .amount-came dd, .amounts dd")
      .first()
      .textContent();
    expect(shown).toMatch(/^[\d.]+ [kMG]B$/);
    expect(texts).toContain(shown);
  });

  test("10: an app is searched for in the history", async () => {
    await openView("History");
    await tabTo(/push button/, /^Everything$/);
    await key("Return");
    await tabTo(/entry/, /^Search this list/);
    await programs.ask("xdotool", "type", "--delay", "20", "chrony");
    await waitFor(async () => expect(await reader.find("push button", /^Show only /)).toHaveLength(1));
    await tabTo(/push button/, /^Show only chronyd$/);
    await key("Return");
    await waitFor(async () => expect((await reader.find("static", "example.net")).length).toBeGreaterThan(0));
    expect(await reader.find("static", "example.org")).toEqual([]);
  });

  test("11: a blocklist is switched off", async () => {
    helper.put("blocklists", aBlocklist("trackers"), aBlocklist("malware"));
    await openView("Blocklists");
    const toggle = await tabTo(/switch|toggle button|check box/, /^In force: trackers$/);
    await key("space");
    await waitFor(() => expect(helper.asked("blocklists.enable")).toEqual([{ name: "trackers", enabled: false }]));
    await waitFor(async () => {
      const [now] = await reader.find(toggle.role, toggle.name);
      expect(now?.states).not.toContain("checked");
      expect(now?.states).not.toContain("pressed");
    });
    const [other] = await reader.find(toggle.role, "In force: malware");
    expect(other?.states.some((state) => state === "checked" || state === "pressed")).toBe(true);
  });

  test("12: what happens to new connections is changed", async () => {
    await atMain();
    await tabTo(/push button/, /^Asks first\. Change what happens to new connections$/);
    await key("Return");
    await focusComes(/dialog/, /^New connections$/);
    await tabTo(/list item/, /^Ask me/);
    await becomes("selected");
    await walk("Down", /list item/, /^Block/, 3);
    expect(helper.asked("mode.set")).toEqual([]);
    await key("Return");
    await waitFor(() => expect(helper.asked("mode.set")).toMatchObject([{ mode: "block" }]));
    await key("Escape");
    await focusComes(/push button/, /^Blocks what is new\. Change what happens to new connections$/);
  });
});
