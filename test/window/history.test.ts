// The history against a scripted helper: what is asked for each choice, a time that is dragged over, the way into an app and back, and
// that nothing is asked while nobody sees it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HistoryEvent } from "../../contract/history.ts";
import { App, patience } from "./app.ts";
import { dragOver } from "./chart.ts";
import { firefox } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { anEvent } from "./scenario-history.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const choose = (name: string) => app.main.getByRole("radio", { name, exact: true }).click({ force: true });
const rows = () => app.main.locator(".history-rows .row[data-id]");
const row = (name: string) => rows().filter({ hasText: name });
const names = () => rows().locator(".row-name").allTextContents();
/** The last question, whatever was asked meanwhile to refresh. */
const asked = () => helper.history.asked.at(-1);
const askedFor = (what: object) => waitFor(() => expect(asked()).toMatchObject(what));
const dateOf = (iso: string | undefined) => Date.parse(iso ?? "");

const drag = (from: number, to: number) => dragOver(app.main, from, to);
/** Flags that are drawn: the pieces of ink above the chart itself, where nothing else is. */
const flags = () =>
  app.main.locator(".chart-box canvas").evaluate((canvas: HTMLCanvasElement) => {
    const over = canvas.parentElement?.querySelector(".u-over") as HTMLElement;
    const ratio = canvas.width / canvas.clientWidth;
    // Half a flag may stand beside the chart.
    const left = Math.round((over.offsetLeft - 4) * ratio);
    const width = Math.round((over.offsetWidth + 8) * ratio);
    const height = Math.round(over.offsetTop * ratio) - 2;
    // A copy: whoever reads the chart's own canvas slows it down.
    const copy = document.createElement("canvas");
    Object.assign(copy, { width, height });
    const context = copy.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    context.drawImage(canvas, -left, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const inked = new Uint8Array(width);
    for (let at = 3; at < data.length; at += 4) if (data[at]) inked[((at - 3) / 4) % width] = 1;
    return inked.filter((ink, x) => ink === 1 && inked[x - 1] !== 1).length;
  });
const chip = () => app.main.locator(".time-chip");

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.getByRole("tab", { name: "History" }).click();
  await row("Firefox").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("what is asked", () => {
  test("begins with the apps of the last day, in the days of this place", async () => {
    const { timeZone } = await app.main.evaluate(() => Intl.DateTimeFormat().resolvedOptions());
    expect(asked()).toMatchObject({ by: "app", range: "24h", filter: {}, zone: timeZone });
    expect((await names())[0]).toBe("Firefox");
    expect(await row("updater").textContent()).toContain("Unverified");
    expect(await row("serve.py").textContent()).toContain("Private");
  });

  test.each([
    ["10 min", "10m", "each second"],
    ["1 h", "1h", "each minute"],
    ["7 days", "7d", "each hour"],
    ["30 days", "30d", "each day"],
    ["1 year", "1y", "each day"],
    ["24 h", "24h", "each quarter of an hour"],
  ])("%s, and the chart says how fine it is", async (name, range, bucket) => {
    await choose(name);
    await askedFor({ range });
    await app.main.locator(".chart-line").getByText(`Average speed in ${bucket}`).waitFor();
  });

  test("by network marks what is metered, by country says whose data it is", async () => {
    await choose("Networks");
    await askedFor({ by: "network" });
    await row("Alice’s phone").waitFor();
    expect(await row("Alice’s phone").textContent()).toContain("Metered");
    expect(await row("Maple Street").textContent()).not.toContain("Metered");
    // Which apps used the mobile data.
    await row("Alice’s phone").getByRole("button").click();
    await askedFor({ by: "app", filter: { network: "phone" } });
    await waitFor(async () => expect(await names()).toEqual(["Firefox", "Nextcloud"]));
    await app.main.getByRole("button", { name: "Everything" }).click();
    await row("Maple Street").waitFor();
    await choose("Countries");
    await row("Germany").waitFor();
    await app.main.getByText("IP Geolocation by DB-IP").waitFor();
    await choose("Apps");
    await row("Firefox").waitFor();
    expect(await app.main.getByText("IP Geolocation by DB-IP").count()).toBe(0);
  });

  test("by protocol says in plain words what each is for, and leads to the apps that spoke it", async () => {
    await choose("Protocols");
    await askedFor({ by: "protocol" });
    await row("UDP").getByText("Name look-ups").waitFor();
    expect((await names()).toSorted()).toEqual(["TCP", "UDP"]);
    await row("UDP").getByRole("button").click();
    await askedFor({ by: "app", filter: { protocol: "udp" } });
    await waitFor(async () => expect(await names()).toEqual(["Firefox", "chronyd"]));
    await app.main.getByRole("button", { name: "Everything" }).click();
    await row("UDP").waitFor();
    await choose("Apps");
    await row("Firefox").waitFor();
  });

  test("speed and amount are the same answer, drawn differently", async () => {
    const slider = app.main.getByRole("slider");
    expect(await slider.getAttribute("aria-valuetext")).toContain("/s received");
    await choose("Amount");
    await app.main.getByText("Amount in each quarter of an hour").waitFor();
    expect(await slider.getAttribute("aria-valuetext")).not.toContain("/s");
    await choose("Speed");
  });
});

describe("a part of the time", () => {
  test("dragged over narrows the rows and the sums, to whole points of the chart, and is taken back", async () => {
    const whole = await app.main.locator(".amount-came dd").textContent();
    await drag(0.25, 0.5);
    await chip().waitFor();
    await waitFor(() => expect(asked()?.from).toBeDefined());
    const [from, to] = [dateOf(asked()?.from), dateOf(asked()?.to)];
    expect([from % 900_000, to % 900_000]).toEqual([0, 0]);
    expect(Math.abs((to - from) / 3_600_000 - 6)).toBeLessThanOrEqual(0.5);
    // Began when three quarters of the day were still to come.
    expect(Math.abs((Date.now() - from) / 3_600_000 - 18)).toBeLessThanOrEqual(0.6);
    await waitFor(async () => expect(await app.main.locator(".amount-came dd").textContent()).not.toBe(whole));
    // The chart still shows the day.
    expect(helper.history.asked.at(-2)).toMatchObject({ range: "24h", limit: 0 });
    const part = await app.main.locator(".amount-came dd").textContent();
    await chip().click();
    await chip().waitFor({ state: "detached" });
    await waitFor(async () =>
      expect(await app.main.locator(".chart-box .u-select").evaluate((mark) => mark.clientWidth)).toBe(0),
    );
    await waitFor(async () => expect(await app.main.locator(".amount-came dd").textContent()).not.toBe(part));
  });

  test("is chosen by keyboard as well, and Escape takes it back", async () => {
    const slider = app.main.getByRole("slider");
    await app.main.mouse.move(1, 1);
    await slider.focus();
    await app.main.keyboard.press("Home");
    const first = await slider.getAttribute("aria-valuetext");
    for (let i = 0; i < 4; i++) await app.main.keyboard.press("Shift+ArrowRight");
    await chip().waitFor();
    expect(await slider.getAttribute("aria-valuenow")).toBe("4");
    expect(await slider.getAttribute("aria-valuetext")).not.toBe(first);
    await waitFor(() => expect(dateOf(asked()?.to) - dateOf(asked()?.from)).toBe(5 * 900_000));
    await app.main.keyboard.press("Escape");
    await chip().waitFor({ state: "detached" });
  });

  test("by keyboard stays the second that was said, though seconds go by below it", async () => {
    await choose("10 min");
    await askedFor({ range: "10m" });
    const slider = app.main.getByRole("slider");
    const said = async () => (await slider.getAttribute("aria-valuetext"))?.match(/\d\d:\d\d:\d\d/)?.[0];
    await waitFor(async () => expect(await said()).toBeDefined());
    await app.main.mouse.move(1, 1);
    await slider.focus();
    for (const key of ["End", "PageDown", "PageDown"]) await app.main.keyboard.press(key);
    const [before, place] = [await said(), await slider.getAttribute("aria-valuenow")];
    await waitFor(async () => expect(Number(await slider.getAttribute("aria-valuenow"))).toBeLessThan(Number(place)));
    expect(await said()).toBe(before);
    // The line in the chart went along.
    const line = () => app.main.locator(".u-cursor-x").evaluate((each) => each.getBoundingClientRect().left);
    const was = await line();
    await waitFor(async () => expect(await line()).toBeLessThan(was));
    await app.main.keyboard.press("Shift+ArrowRight");
    await chip().waitFor();
    await waitFor(() => expect(dateOf(asked()?.to) - dateOf(asked()?.from)).toBe(2000));
    await app.main.keyboard.press("Escape");
    await chip().waitFor({ state: "detached" });
    await choose("24 h");
    await askedFor({ range: "24h" });
  });

  test("another range is another time", async () => {
    await drag(0.4, 0.6);
    await chip().waitFor();
    await choose("7 days");
    await chip().waitFor({ state: "detached" });
    await choose("24 h");
    await askedFor({ range: "24h" });
  });
});

describe("the search", () => {
  const box = () => app.main.getByRole("searchbox", { name: "Search this list" });

  test("finds an app by its name or file, however little it used, and says when there is none", async () => {
    const rest = await rows().count();
    await box().fill("chro");
    await waitFor(async () => expect(await names()).toEqual(["chronyd"]));
    await askedFor({ by: "app", limit: 20_000 });
    await box().fill("sbin chronyd");
    await waitFor(async () => expect(await names()).toEqual(["chronyd"]));
    await box().fill("zzzz");
    await app.main.getByText("Nothing matches").waitFor();
    await app.main.getByRole("button", { name: "Show everything" }).click();
    await waitFor(async () => expect(await rows().count()).toBe(rest));
    await askedFor({ by: "app", limit: 500 });
  });

  test("goes on in another list, and ends with what it found", async () => {
    await choose("Hosts");
    await box().fill("cloud");
    await waitFor(async () => expect(await names()).toEqual(["cloud.example.de"]));
    await row("cloud.example.de").getByRole("button").click();
    await waitFor(async () => expect(await names()).toEqual(["Nextcloud"]));
    expect(await box().inputValue()).toBe("");
    await app.main.getByRole("button", { name: "Everything" }).click();
    await choose("Apps");
    await row("Firefox").waitFor();
  });
});

describe("the way into a row", () => {
  const trail = () => app.main.getByRole("navigation", { name: "What is shown" });

  test("leads from an app to its domains and hosts, and back by the trail", async () => {
    await row("Firefox").getByRole("button").click();
    await askedFor({ by: "domain", filter: { app: firefox.path } });
    await row("example.net").waitFor();
    expect(await names()).not.toContain("Nextcloud");
    await row("example.org").getByRole("button").click();
    await askedFor({ by: "host", filter: { app: firefox.path, domain: "example.org" } });
    await row("video.example.org").waitFor();
    expect(await trail().textContent()).toBe("EverythingFirefoxexample.org");
    await trail().getByRole("button", { name: "Firefox" }).click();
    await askedFor({ by: "domain", filter: { app: firefox.path } });
    await row("example.net").waitFor();
    await trail().getByRole("button", { name: "Everything" }).click();
    await row("Nextcloud").waitFor();
    expect(asked()?.filter).toEqual({});
  });

  test("by keyboard, and a host of everything to the apps that talked to it", async () => {
    await choose("Hosts");
    await row("cloud.example.de").waitFor();
    await row("cloud.example.de").getByRole("button").focus();
    await app.main.keyboard.press("Enter");
    await askedFor({ by: "app", filter: { host: "cloud.example.de" } });
    await waitFor(async () => expect(await names()).toEqual(["Nextcloud"]));
    await trail().getByRole("button", { name: "Everything" }).click();
    await row("video.example.org").waitFor();
    await choose("Apps");
    await row("Firefox").waitFor();
  });

  test("marks what happened to that app only", async () => {
    const happened = () => app.main.locator(".happened");
    // Sleep is a shade: a start, a network, a new app, a changed one and a mode have a flag each.
    await waitFor(async () => expect(await flags()).toBe(5));
    expect(await happened().textContent()).toBe("6 events");
    await happened().click();
    await app.main.getByRole("dialog").getByText("updater was seen for the first time").waitFor();
    await app.main.keyboard.press("Escape");
    await row("Firefox").getByRole("button").click();
    await row("example.net").waitFor();
    await waitFor(async () => expect(await flags()).toBe(3));
    await happened().click();
    await app.main.getByRole("dialog").getByText("Network: Alice’s phone").waitFor();
    expect(await app.main.getByRole("dialog").getByText("updater").count()).toBe(0);
    await app.main.keyboard.press("Escape");
    await trail().getByRole("button", { name: "Everything" }).click();
    await row("Nextcloud").waitFor();
  });
});

describe("what happened", () => {
  const happened = () => app.main.locator(".happened");
  const listed = () => app.main.getByRole("dialog").getByRole("listitem");

  test("is listed for the time that is dragged over; the chart still marks all of it", async () => {
    await waitFor(async () => expect(await happened().textContent()).toBe("6 events"));
    // 8.4 to 6 hours ago: another network.
    await drag(0.65, 0.75);
    await chip().waitFor();
    await waitFor(async () => expect(await happened().textContent()).toBe("1 event"));
    await happened().click();
    await app.main.getByRole("dialog").getByText("Network: Alice’s phone").waitFor();
    await app.main.keyboard.press("Escape");
    expect(await flags()).toBe(5);
    await chip().click();
    await waitFor(async () => expect(await happened().textContent()).toBe("6 events"));
  });

  test("in a year is asked for as far as one answer reaches; what happened to an app, however long ago", async () => {
    const before = helper.history.events;
    const day = (days: number, kind: HistoryEvent["kind"], path: string | null) =>
      anEvent(`${kind} ${days}`, days * 1440, kind, { app: path, to: path === null ? "Somewhere" : null });
    helper.history.events = [
      day(300, "appNew", firefox.path),
      ...Array.from({ length: 5200 }, (_, at) => day(100 + at / 100, "appNew", `/opt/app-${at}`)),
      ...Array.from({ length: 300 }, (_, at) => day(99 - at / 4, "network", null)),
    ];
    await choose("1 year");
    await waitFor(async () => expect(await happened().textContent()).toBe("5,000 events"));
    // Only those in view exist.
    await happened().click();
    await listed().first().waitFor();
    expect(await listed().count()).toBeLessThan(60);
    expect(await listed().first().getAttribute("aria-setsize")).toBe("5000");
    await app.main.keyboard.press("Escape");
    await row("Firefox").getByRole("button").click();
    await waitFor(() =>
      expect(helper.history.askedEvents.at(-1)).toEqual({ range: "1y", limit: 5000, app: firefox.path }),
    );
    await waitFor(async () => expect(await happened().textContent()).toBe("301 events"));
    await happened().click();
    await listed().first().waitFor();
    await app.main.locator(".happened-list").focus();
    await app.main.keyboard.press("End");
    await listed().getByText("firefox-esr was seen for the first time").waitFor();
    expect(await listed().last().getAttribute("aria-posinset")).toBe("301");
    await app.main.keyboard.press("Escape");
    helper.history.events = before;
    await app.main.getByRole("button", { name: "Everything" }).click();
    await choose("24 h");
    await row("Nextcloud").waitFor();
    await waitFor(async () => expect(await happened().textContent()).toBe("6 events"));
  });
});

describe("in another time zone", () => {
  test("than the page began in, all times are of the new one, as the days of the chart", async () => {
    const session = await app.main.context().newCDPSession(app.main);
    const slider = app.main.getByRole("slider");
    const timeZone = "Pacific/Chatham";
    const at = (time: number) =>
      new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(new Date(time));
    await session.send("Emulation.setTimezoneOverride", { timezoneId: timeZone });
    await choose("1 h");
    await askedFor({ range: "1h", zone: timeZone });
    await slider.focus();
    await app.main.keyboard.press("Home");
    // The first minute of the hour.
    await waitFor(async () => {
      const minutes = [0, 60_000].map((earlier) => at(Date.now() - 3_600_000 - earlier));
      const [, said] = (await slider.getAttribute("aria-valuetext"))?.match(/(\d\d:\d\d): /) ?? [];
      expect(minutes).toContain(said);
    });
    await choose("24 h");
    await waitFor(async () => expect(await app.main.locator(".happened").textContent()).toBe("6 events"));
    await app.main.locator(".happened").click();
    const time = app.main.getByRole("listitem").filter({ hasText: "Network: Alice" }).locator("time");
    expect((await time.textContent())?.slice(-5)).toBe(at(dateOf((await time.getAttribute("datetime")) ?? "")));
    await app.main.keyboard.press("Escape");
    await session.send("Emulation.setTimezoneOverride", { timezoneId: "" });
    await session.detach();
    await row("Firefox").waitFor();
  });
});

describe("while nobody sees it", () => {
  test("nothing is asked; and it is asked again by itself while somebody does", async () => {
    await choose("10 min");
    await askedFor({ range: "10m" });
    const before = helper.history.asked.length;
    await waitFor(() => expect(helper.history.asked.length).toBeGreaterThan(before + 1));
    const window = await app.electron.browserWindow(app.main);
    await window.evaluate((browserWindow) => browserWindow.hide());
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const hidden = helper.history.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(helper.history.asked.length).toBe(hidden);
    await window.evaluate((browserWindow) => browserWindow.show());
    await waitFor(() => expect(helper.history.asked.length).toBeGreaterThan(hidden));
    await choose("24 h");
    await row("Firefox").waitFor();
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

  test("axe finds nothing serious in chart and rows, in the light", async () => {
    await app.main.emulateMedia({ colorScheme: "light" });
    await row("Firefox").getByRole("button").click();
    await row("example.net").waitFor();
    await drag(0.3, 0.6);
    await chip().waitFor();
    expect(await seriousViolations()).toEqual([]);
    await app.main.locator(".happened").click();
    await app.main.getByRole("dialog").waitFor();
    expect(await seriousViolations()).toEqual([]);
    await app.main.keyboard.press("Escape");
    await chip().click();
    await app.main.getByRole("button", { name: "Everything" }).click();
    await row("Nextcloud").waitFor();
  });

  test("the pages broke none of their own policies", () => {
    expect(app.complaints).toEqual([]);
  });
});

describe("nothing", () => {
  test("remembered yet is said, and that recording is off", async () => {
    helper.history.empty = true;
    helper.history.recording = false;
    await choose("1 h");
    await app.main.getByText("Nothing remembered yet").waitFor();
    await app.main.getByText("History is switched off").waitFor();
  });
});
