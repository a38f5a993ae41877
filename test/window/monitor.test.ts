// The monitor against a scripted helper whose rows the real aggregator makes: the tree, its filters, what is done from a row, and that
// nothing is asked for while nobody sees it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Flow } from "../../contract/words.ts";
import { App, patience } from "./app.ts";
import { aFlow, ago, anEndpoint, aRule, curl, firefox, thunderbird } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { violations } from "./violations.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const rows = () => app.main.locator(".monitor .row[data-id]");
/** By the first words it shows, hidden ones aside. */
const row = (kind: string, name: string) =>
  app.main.locator(`.monitor .row[data-kind="${kind}"]`).filter({ has: app.main.getByText(name, { exact: true }) });
const choose = (name: string) => app.main.getByRole("radio", { name, exact: true }).click({ force: true });
const menuOf = async (kind: string, name: string, item: string | RegExp) => {
  await row(kind, name).locator("[data-menu]").click();
  await app.main.getByRole("menuitem", { name: item }).click();
};
/** Opens a row that is closed. */
const open = async (kind: string, name: string) => {
  await row(kind, name).waitFor();
  if ((await row(kind, name).getAttribute("aria-expanded")) === "true") return;
  await row(kind, name).click();
  await waitFor(async () => expect(await row(kind, name).getAttribute("aria-expanded")).toBe("true"));
};
const openExample = async () => {
  await open("app", "Firefox");
  await open("domain", "example.org");
};
const search = (words: string) => app.main.getByRole("searchbox").fill(words);
const texts = () => rows().evaluateAll((all) => all.map((each) => (each as HTMLElement).dataset.kind));

const web = (id: string, host: string, change: Partial<Flow> = {}) =>
  aFlow(id, firefox, anEndpoint("192.0.2.80", 443, { host }), { live: true, time: ago(1), ...change });

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  helper.put(
    "flows",
    web("f1", "www.example.org", { bytesIn: 1_234_567, bytesOut: 999 }),
    web("f2", "cdn.example.org"),
    web("f3", "tracker.test", {
      time: ago(2),
      verdict: "block",
      live: false,
      reason: "A blocklist has this name.",
    }),
    aFlow("f4", curl, anEndpoint("2001:db8::1", 80), { time: ago(5), verdict: "held", live: true }),
    aFlow("f5", thunderbird, anEndpoint("192.0.2.25", 993), { time: ago(9), direction: "inbound", live: true }),
  );
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
  await row("app", "Firefox").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("the tree", () => {
  test("shows apps with how many of their connections are allowed, blocked and waiting, in words", async () => {
    expect(await texts()).toEqual(["app", "app", "app"]);
    const firefoxRow = await row("app", "Firefox").textContent();
    for (const words of ["2 allowed", "1 blocked", "2 live", "1.23 MB received"]) expect(firefoxRow).toContain(words);
    expect(await row("app", "curl").textContent()).toContain("1 waiting");
    expect(await app.main.locator(".summary").textContent()).toContain("4 of 5 connections live");
  });

  test("opens by a click, down to the connection and why it was decided", async () => {
    await openExample();
    await open("host", "www.example.org");
    await row("flow", "port 443 (TCP)").waitFor();
    expect(await row("flow", "port 443 (TCP)").textContent()).toContain("A rule allows it.");
    expect(await row("host", "www.example.org").getAttribute("aria-level")).toBe("3");
    await row("app", "Firefox").click();
    await waitFor(async () => expect(await texts()).toEqual(["app", "app", "app"]));
  });

  test("is walked by keyboard: arrows move, open and close, Enter lists what can be done", async () => {
    const grid = app.main.getByRole("treegrid");
    const active = async () => {
      const id = await grid.getAttribute("aria-activedescendant");
      return id === null ? "" : app.main.locator(`[id="${id}"]`).getAttribute("data-kind");
    };
    const press = (key: string) => app.main.keyboard.press(key);
    await app.main.mouse.move(1, 1);
    await grid.focus();
    await press("Home");
    await press("ArrowRight");
    await row("domain", "example.org").waitFor();
    await press("ArrowDown");
    await waitFor(async () => expect(await active()).toBe("domain"));
    if ((await row("domain", "example.org").getAttribute("aria-expanded")) === "true") await press("ArrowLeft");
    await waitFor(async () => expect(await row("domain", "example.org").getAttribute("aria-expanded")).toBe("false"));
    await press("ArrowLeft");
    await waitFor(async () => expect(await active()).toBe("app"));
    await press("ArrowLeft");
    await waitFor(async () => expect(await texts()).toEqual(["app", "app", "app"]));
    await press("End");
    await press("Enter");
    await app.main.getByRole("menu").waitFor();
    await press("Escape");
    await app.main.getByRole("menu").waitFor({ state: "detached" });
  });

  test("keeps the order under the pointer: what is new comes last until it leaves", async () => {
    const order = () => rows().evaluateAll((all) => all.map((each) => each.querySelector(".app-name")?.textContent));
    await app.main.getByRole("heading", { level: 1 }).click();
    await row("app", "Firefox").hover();
    const before = await order();
    await waitFor(() => expect(helper.view?.still).toBe(true));
    helper.put(
      "flows",
      aFlow("f6", { ...curl, path: "/usr/bin/wget", name: "wget" }, anEndpoint("192.0.2.9"), { time: ago(0) }),
    );
    await row("app", "wget").waitFor();
    expect(await order()).toEqual([...before, "wget"]);
    await app.main.mouse.move(1, 1);
    await waitFor(async () => expect((await order())[0]).toBe("wget"));
    helper.drop("flows", "f6");
  });
});

describe("search and filters", () => {
  test("narrow the tree and its sums, and can be taken back at once", async () => {
    await waitFor(async () => expect(await texts()).toEqual(["app", "app", "app"]));
    await search("firefox example.org");
    await waitFor(async () =>
      expect(await app.main.locator(".summary").textContent()).toContain("2 of 2 connections live"),
    );
    expect(await rows().count()).toBe(1);
    await search("");
    await choose("Blocked");
    await waitFor(async () =>
      expect(await app.main.locator(".summary").textContent()).toContain("0 of 1 connection live"),
    );
    await app.main.getByRole("button", { name: "Live only" }).click();
    await app.main.getByText("Nothing matches").waitFor();
    await app.main.getByRole("button", { name: "Show everything" }).click();
    await waitFor(async () => expect(await rows().count()).toBe(3));
    await app.main.getByRole("button", { name: /Both directions/ }).click();
    await app.main.getByRole("option", { name: "Incoming" }).click();
    await waitFor(async () => expect(await rows().count()).toBe(1));
    await row("app", "Thunderbird").waitFor();
    await app.main.getByRole("button", { name: /Incoming/ }).click();
    await app.main.getByRole("option", { name: "Both directions" }).click();
    await waitFor(async () => expect(await rows().count()).toBe(3));
  });

  test("by time lists connections alone, newest first, with their app", async () => {
    await choose("By time");
    await waitFor(async () => expect(new Set(await texts())).toEqual(new Set(["flow"])));
    expect(await rows().count()).toBe(5);
    expect(await rows().last().textContent()).toContain("Thunderbird");
    expect(await rows().last().textContent()).toContain("from 192.0.2.25");
    await choose("By app");
    await waitFor(async () => expect(await texts()).toEqual(["app", "app", "app"]));
  });
});

describe("from a row", () => {
  test("a rule is made, with a sentence of what it will mean, and taken back", async () => {
    await openExample();
    await menuOf("domain", "example.org", "Block…");
    const dialog = app.main.getByRole("dialog");
    await dialog.getByRole("heading", { name: "Block example.org for Firefox" }).waitFor();
    await dialog.getByText("Firefox may not connect to any host of example.org, from now on.").waitFor();
    await dialog.getByRole("radio", { name: "1 hour" }).click({ force: true });
    await dialog.getByText(/any host of example.org, for 1 hour\. .*end at once/).waitFor();
    await dialog.getByRole("radio", { name: "Any destination" }).click({ force: true });
    await dialog.getByText(/Firefox may not connect to any destination, for 1 hour/).waitFor();
    await dialog.getByRole("heading", { name: "Block Firefox with a rule" }).waitFor();
    await dialog.getByRole("radio", { name: "Any host of example.org" }).click({ force: true });
    await dialog.getByRole("button", { name: "Save rule" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(helper.asked("rules.add")).toMatchObject([
      { app: firefox.path, action: "block", domain: "example.org", host: null, lifetime: "1h", direction: "outbound" },
    ]);
    const change = helper.called.length;
    await app.main.getByText(/Rule saved: Firefox may not connect/).waitFor();
    await app.main.getByRole("button", { name: "Undo" }).click();
    await app.main.getByText("Rule taken back.").waitFor();
    expect(helper.asked("rules.undo")).toEqual([{ change }]);
  });

  test("what a blocklist blocked can be let past the lists, for its app and that host alone, and that taken back", async () => {
    const listed = { verdict: "block", layer: "blocklist", reason: "The blocklist “Trackers” has this name." } as const;
    const tracker = anEndpoint("203.0.113.201", 443, {
      host: "pixel.tracker.test",
      names: [{ name: "pixel.tracker.test", source: "query", trusted: true }],
    });
    await openExample();
    helper.put("flows", aFlow("listed", firefox, tracker, { ...listed, live: false }));
    await choose("By time");
    await menuOf("flow", "pixel.tracker.test", "Allow despite blocklists");
    await app.main.getByText(/Blocklists let firefox-esr reach pixel\.tracker\.test from now on/).waitFor();
    expect(helper.asked("rules.except")).toEqual([{ flow: "listed", everybody: false }]);
    await app.main.getByRole("button", { name: "Undo" }).click();
    await app.main.getByText("Rule taken back.").waitFor();
    await choose("By app");
  });

  test("a connection's rule begins with its host and can be as narrow as its port", async () => {
    await openExample();
    await open("host", "www.example.org");
    await menuOf("flow", "port 443 (TCP)", "Allow…");
    const dialog = app.main.getByRole("dialog");
    await dialog.getByText("Firefox may connect to www.example.org, from now on. Blocklists still apply.").waitFor();
    await dialog.getByRole("radio", { name: "This port 443 (TCP) only" }).click({ force: true });
    await dialog.getByText(/may connect to www.example.org, port 443, over TCP, from now on/).waitFor();
    await app.main.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("a rule can be anything else a rule can be, in the same form; what is written by hand is none of the choices", async () => {
    await menuOf("app", "curl", "Block…");
    const dialog = app.main.getByRole("dialog");
    expect(await dialog.getByRole("radio", { name: "Any destination" }).isChecked()).toBe(true);
    await dialog.getByText("Everything else about the rule").click();
    await dialog.getByRole("textbox", { name: "Port" }).fill("x");
    await dialog.getByRole("button", { name: "Save rule" }).click();
    const port = dialog.getByRole("textbox", { name: "Port" });
    await waitFor(async () => expect(await port.evaluate((each) => each === document.activeElement)).toBe(true));
    await port.fill("8000-8100");
    await dialog.getByText("curl may not connect to any destination, ports 8000 to 8100, from now on.").waitFor();
    expect(await dialog.getByRole("radio", { name: "Any destination" }).isChecked()).toBe(false);
    await dialog.getByRole("button", { name: "Save rule" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(helper.asked("rules.add").at(-1)).toMatchObject({
      app: curl.path,
      action: "block",
      port: 8000,
      portTo: 8100,
    });
    await app.main.getByRole("button", { name: "Undo" }).click();
    await app.main.getByText("Rule taken back.").waitFor();
  });

  test("a refused rule says why and keeps the dialog", async () => {
    helper.refuseWith = "interpreter_alone";
    await menuOf("app", "curl", "Allow…");
    const dialog = app.main.getByRole("dialog");
    await dialog.getByRole("button", { name: "Save rule" }).click();
    // What is wrong is unfolded, and has the focus.
    await dialog.getByText("That is an interpreter. A rule needs to name the script that it runs.").waitFor();
    const path = dialog.getByRole("combobox", { name: "Its program file" });
    await waitFor(async () => expect(await path.evaluate((each) => each === document.activeElement)).toBe(true));
    helper.refuseWith = null;
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  const item = (name: string) => app.main.getByRole("menuitem", { name, exact: true });
  const copied = () => app.electron.evaluate(({ clipboard }) => clipboard.readText());

  test("a right click lists the same, where the pointer is, and the keys do it too", async () => {
    await openExample();
    const box = await row("host", "www.example.org").boundingBox();
    if (!box) throw new Error("it is not drawn");
    const [x, y] = [box.x + 200, box.y + box.height / 2];
    await app.main.mouse.click(x, y, { button: "right" });
    const menu = await app.main.getByRole("menu", { name: "Actions for www.example.org" }).boundingBox();
    expect(Math.abs((menu?.x ?? 0) - x)).toBeLessThan(12);
    expect(Math.abs((menu?.y ?? 0) - y)).toBeLessThan(12);
    // What it is about stands out, though nothing points at it.
    const background = (kind: string, name: string) =>
      row(kind, name).evaluate((each) => getComputedStyle(each).backgroundColor);
    expect(await background("host", "www.example.org")).not.toBe(await background("host", "cdn.example.org"));
    // Another right click takes it away, as a left one does.
    await app.main.mouse.click(1, 300, { button: "right" });
    await app.main.getByRole("menu").waitFor({ state: "detached" });
    await app.main.getByRole("treegrid").focus();
    await app.main.keyboard.press("Shift+F10");
    await app.main.getByRole("menu", { name: "Actions for www.example.org" }).waitFor();
    await app.main.keyboard.press("Escape");
    await app.main.getByRole("menu").waitFor({ state: "detached" });
    await waitFor(async () =>
      expect(await app.main.getByRole("treegrid").evaluate((each) => each === document.activeElement)).toBe(true),
    );
    expect(await row("host", "www.example.org").getAttribute("aria-selected")).toBe("true");
  });

  test("its name and its address are copied; what has no name has none to copy", async () => {
    await row("host", "www.example.org").click({ button: "right" });
    await item("Copy name").click();
    await app.main.getByText("Copied: www.example.org").waitFor();
    expect(await copied()).toBe("www.example.org");
    await row("host", "www.example.org").click({ button: "right" });
    await app.main.keyboard.press("C");
    await app.main.keyboard.press("ArrowDown");
    await app.main.keyboard.press("Enter");
    await app.main.getByText("Copied: 192.0.2.80").waitFor();
    expect(await copied()).toBe("192.0.2.80");
    await open("app", "curl");
    await row("host", "2001:db8::1").click({ button: "right" });
    expect(await item("Copy name").getAttribute("aria-disabled")).toBe("true");
    await app.main.keyboard.press("Escape");
    await row("app", "curl").click({ button: "right" });
    await item("Block…").waitFor();
    expect(await item("Copy address").count()).toBe(0);
    await app.main.keyboard.press("Escape");
  });

  test("the rule that decided is shown among all of them, chosen and in sight; where none did there is none", async () => {
    const others = Array.from({ length: 60 }, (_, index) => aRule(`other${index}`, { created: ago(index) }));
    helper.put("rules", ...others, aRule("decided", { host: "www.example.org", address: null, created: ago(30.5) }));
    helper.put("flows", web("by-rule", "www.example.org", { layer: "rule", rule: "decided", time: ago(0) }));
    helper.put("flows", web("by-gone", "gone.example.org", { layer: "rule", rule: "gone", time: ago(0) }));
    await choose("By time");
    for (const none of ["2001:db8::1", "gone.example.org"]) {
      await row("flow", none).click({ button: "right" });
      expect(await item("Show the rule that decided").getAttribute("aria-disabled")).toBe("true");
      await app.main.keyboard.press("Escape");
      await app.main.getByRole("menu").waitFor({ state: "detached" });
    }
    await app.main.locator('[data-id="by-rule"]').click({ button: "right" });
    await item("Show the rule that decided").click();
    await app.main.getByRole("heading", { name: "Rules", level: 1 }).waitFor();
    const tick = app.main.locator('.row[data-id="decided"]').getByRole("checkbox", { name: /^Select/ });
    await waitFor(async () => expect(await tick.evaluate((each) => each === document.activeElement)).toBe(true));
    expect(await tick.isChecked()).toBe(true);
    expect(await app.main.locator(".rows-box").evaluate((box) => box.scrollTop)).toBeGreaterThan(0);
    await app.main.getByText("1 selected").waitFor();
    // Once: whoever comes back to the rules finds none chosen.
    await app.main.getByRole("tab", { name: /Monitor/ }).click();
    await app.main.getByRole("tab", { name: /Rules/ }).click();
    await app.main.getByRole("heading", { name: "Rules", level: 1 }).waitFor();
    expect(await app.main.getByText("1 selected").count()).toBe(0);
    await app.main.getByRole("tab", { name: /Monitor/ }).click();
    helper.drop("rules", "decided", ...others.map(({ id }) => id));
    helper.drop("flows", "by-rule", "by-gone");
    await choose("By app");
  });

  test("its live connections are ended, and what waits is left to its answer", async () => {
    await menuOf("domain", "example.org", "End 2 connections");
    await app.main.getByText("2 connections ended").waitFor();
    await waitFor(async () => expect(await row("domain", "example.org").textContent()).toContain("Ended"));
    await open("app", "curl");
    await open("host", "2001:db8::1");
    await row("flow", "port 80 (TCP)").locator("[data-menu]").click();
    expect(await app.main.getByRole("menuitem", { name: /End/ }).getAttribute("aria-disabled")).toBe("true");
    await app.main.keyboard.press("Escape");
  });
});

describe("the connection over which somebody works", () => {
  const sshd = { ...curl, name: "sshd", path: "/usr/sbin/sshd" };
  const mine = () => aFlow("ssh", sshd, anEndpoint("192.0.2.200", 22), { direction: "inbound", live: true });
  const question = () => app.main.getByRole("alertdialog", { name: "End the connection you are working over?" });

  test("ends only after a second word, and keeping it is the answer that has the focus", async () => {
    helper.own.add("ssh");
    helper.put("flows", mine());
    helper.called.length = 0;
    await menuOf("app", "sshd", "End connection");
    await question().getByText("You are working on this computer from elsewhere, over this very connection.").waitFor();
    expect(await violations(app.main)).toEqual([]);
    await app.main.keyboard.press("Enter");
    await question().waitFor({ state: "detached" });
    expect(helper.asked("monitor.end")).toMatchObject([{ confirm: false }]);
    expect(await row("app", "sshd").textContent()).toContain("1 live");

    await menuOf("app", "sshd", "End connection");
    await question().getByRole("button", { name: "End it anyway" }).click();
    await app.main.getByText("1 connection ended").waitFor();
    await question().waitFor({ state: "detached" });
    expect(helper.asked("monitor.end").at(-1)).toMatchObject({ confirm: true });
    await waitFor(async () => expect(await row("app", "sshd").textContent()).toContain("Ended"));
    helper.drop("flows", "ssh");
  });

  test("among others is asked about with all of them", async () => {
    helper.own.add("ssh2");
    const inbound = { direction: "inbound", live: true } as const;
    helper.put("flows", aFlow("ssh2", sshd, anEndpoint("192.0.2.201", 22), inbound));
    helper.put("flows", aFlow("ssh3", sshd, anEndpoint("192.0.2.202", 22), inbound));
    await waitFor(async () => expect(await row("app", "sshd").textContent()).toContain("2 live"));
    await menuOf("app", "sshd", "End 2 connections");
    await question()
      .getByText(/^2 connections would end, and over one of them/)
      .waitFor();
    await app.main.keyboard.press("Escape");
    await question().waitFor({ state: "detached" });
    expect(await row("app", "sshd").textContent()).toContain("2 live");
    await menuOf("app", "sshd", "End 2 connections");
    await question().getByRole("button", { name: "End them anyway" }).click();
    await app.main.getByText("2 connections ended").waitFor();
    helper.drop("flows", "ssh2", "ssh3");
  });
});

describe("a page that nobody sees", () => {
  const hidden = async (how: "hide" | "show") => {
    const window = await app.electron.browserWindow(app.main);
    await window.evaluate((browserWindow, how) => browserWindow[how](), how);
  };

  test("asks for nothing: hidden, or with another view open; and what was open is open again", async () => {
    await openExample();
    expect(helper.monitor.isWatched).toBe(true);
    await hidden("hide");
    await waitFor(() => expect(helper.monitor.isWatched).toBe(false));
    helper.put("flows", web("f7", "late.example.org"));
    await hidden("show");
    await waitFor(() => expect(helper.monitor.isWatched).toBe(true));
    await row("host", "late.example.org").waitFor();
    await app.main.getByRole("tab", { name: /Rules/ }).click();
    await waitFor(() => expect(helper.monitor.isWatched).toBe(false));
    await app.main.getByRole("tab", { name: /Monitor/ }).click();
    await row("host", "late.example.org").waitFor();
    expect(helper.topics).not.toContain("flows");
  });

  test("finds its rows again with a helper that comes back", async () => {
    await helper.vanish();
    await app.main.locator("[data-health=away]").waitFor();
    helper.put("flows", web("f8", "later.example.org"));
    await helper.appear();
    await row("host", "later.example.org").waitFor();
  });

  test("is not held up by what the page before it had asked for", async () => {
    const before = (await app.main.locator(".monitor .row").count()) > 0 ? (helper.view?.number ?? 0) + 50 : 0;
    expect(before).toBeGreaterThan(0);
    const none = { connections: 0, live: 0, allow: 0, block: 0, held: 0, inbound: 0 };
    const all = { figures: { ...none, bytesIn: 0, bytesOut: 0, rateIn: 0, rateOut: 0 }, history: [] };
    helper.tellView({ view: before, seq: 0, total: 0, from: 0, ids: [], rows: [], all });
    helper.put("flows", web("g0", "still.example.org"));
    await row("host", "still.example.org").waitFor();
  });

  test("notices that an update got lost, and asks for the whole", async () => {
    const asked = helper.views;
    helper.losing = 1;
    helper.put("flows", web("f9", "lost.example.org"));
    await waitFor(() => expect(helper.losing).toBe(0));
    helper.put("flows", web("g1", "found.example.org"));
    await row("host", "found.example.org").waitFor();
    await row("host", "lost.example.org").waitFor();
    expect(helper.views).toBeGreaterThan(asked);
  });
});

describe("ten thousand live connections", () => {
  test("are rows only where they are in view, wherever that is", async () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      web(`n${index}`, `host${index}.example.net`, { time: ago(100 + index / 60) }),
    );
    helper.put("flows", ...many);
    await search("example.net");
    await open("app", "Firefox");
    await open("domain", "example.net");
    await row("host", "host0.example.net").waitFor();
    expect(Number(await app.main.getByRole("treegrid").getAttribute("aria-rowcount"))).toBe(10_002);
    expect(await app.main.locator(".monitor .row").count()).toBeLessThan(60);
    await app.main.locator(".rows-box").evaluate((box) => box.scrollTo({ top: box.scrollHeight / 2 }));
    await row("host", "host5000.example.net").waitFor();
    await app.main.getByRole("treegrid").focus();
    await app.main.keyboard.press("End");
    await row("host", "host9999.example.net").waitFor();
    await search("");
    helper.drop("flows", ...many.map(({ id }) => id));
  });
});

describe("where there is little room", () => {
  test("names, verdicts and actions stay in view, nothing spills over", async () => {
    const window = await app.electron.browserWindow(app.main);
    await window.evaluate((browserWindow) => browserWindow.setSize(760, 480));
    await app.main.waitForFunction(() => innerWidth <= 760);
    await app.main.locator(".rows-box").evaluate((box) => box.scrollTo({ top: 0 }));
    await row("app", "Firefox").waitFor();
    const faults = await app.main.evaluate(() => {
      const box = document.querySelector(".monitor") as HTMLElement;
      const edge = box.getBoundingClientRect().right;
      const parts = [...box.querySelectorAll<HTMLElement>(".row[data-id] :is(.cell-name, .cell-verdict, .row-menu)")];
      const out = parts.filter((part) => part.getBoundingClientRect().right > edge);
      const narrow = parts.filter((part) => part.matches(".cell-name") && part.clientWidth < 120);
      return [parts.length === 0, out.length, narrow.length, document.body.scrollWidth > innerWidth];
    });
    await window.evaluate((browserWindow) => browserWindow.setSize(1180, 760));
    await app.main.waitForFunction(() => innerWidth > 1000);
    expect(faults).toEqual([false, 0, 0, false]);
  });
});

describe("what is drawn", () => {
  const color = (selector: string) =>
    app.main
      .locator(selector)
      .first()
      .evaluate((mark) => getComputedStyle(mark).color);
  /** As a browser reads a colour of tokens.css. */
  const token = (name: string) =>
    app.main.evaluate((name) => {
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.color = `var(--${name})`;
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    }, name);

  test("is each verdict in its own colour", async () => {
    await app.main.emulateMedia({ colorScheme: "light" });
    await row("app", "curl").waitFor();
    const marks = { allow: "allow", block: "block", held: "hold" };
    for (const [mark, name] of Object.entries(marks))
      expect(await color(`.monitor .row .mark-${mark}`)).toBe(await token(name));
    expect(new Set(await Promise.all(Object.values(marks).map(token))).size).toBe(3);
  });

  test("is the last half minute of a row: what comes now stands at its right end, what stopped at the left of that", async () => {
    /** The line's heights, 0 at the bottom and 1 for the most, the oldest first. */
    const line = async (): Promise<number[]> => {
      const path = await row("app", "Firefox").locator(".sparkline-line").getAttribute("d");
      return [...(path ?? "").matchAll(/[ML][\d.]+,([\d.]+)/g)].map(([, y]) => 1 - (Number(y) - 1) / 9);
    };
    const flow = web("f1", "www.example.org", { bytesIn: 1_234_567, bytesOut: 999 });
    const pass = (bytesIn: number) => {
      flow.bytesIn += bytesIn;
      helper.put("flows", { ...flow });
      helper.passSecond();
    };
    for (const each of [0, 10_000, 40_000]) pass(each);
    await waitFor(async () => expect((await line()).slice(-3)).toEqual([0, 0.25, 1].map((y) => expect.closeTo(y, 1))));
    for (const each of [80_000, 0]) pass(each);
    await waitFor(async () =>
      expect((await line()).slice(-4)).toEqual([0.125, 0.5, 1, 0].map((y) => expect.closeTo(y, 1))),
    );
  });
});

describe("accessibility", () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const seriousViolations = async () => {
    const run = `${axe}; axe.run(document, { resultTypes: ["violations"] })`;
    const results = (await app.main.evaluate(run)) as AxeResults;
    return results.violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  };

  test("axe finds nothing serious in the tree, its menu and dialog, in the light", async () => {
    await app.main.emulateMedia({ colorScheme: "light" });
    await row("app", "Firefox").waitFor();
    expect(await seriousViolations()).toEqual([]);
    await row("app", "Firefox").locator("[data-menu]").click();
    await app.main.getByRole("menu").waitFor();
    expect(await seriousViolations()).toEqual([]);
    await app.main.getByRole("menuitem", { name: "Allow…" }).click();
    await app.main.getByRole("dialog").waitFor();
    expect(await seriousViolations()).toEqual([]);
    await app.main.keyboard.press("Escape");
  });

  test("the pages broke none of their own policies", () => {
    expect(app.complaints).toEqual([]);
  });
});
