// What goes on around a card: snoozing an app, the way back from an answer, the details, ten apps at once; and the inbox's search, archive,
// dismissal and recent answers.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { App as AppWord } from "../../contract/words.ts";
import { App, patience } from "./app.ts";
import { ago, anEndpoint, aPrompt, curl, firefox, thunderbird } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const visible = (is: boolean) => waitFor(async () => expect(await app.promptIsVisible()).toBe(is));
const answers = () => helper.asked("prompts.answer");
const button = (name: string) => app.prompt.getByRole("button", { name });
const row = (id: string) => app.main.locator(`[data-id="${id}"]`);
const used = new Set<string>();
const put = (...prompts: ReturnType<typeof aPrompt>[]): void => {
  for (const { id } of prompts) used.add(id);
  helper.put("prompts", ...prompts);
};

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  // Shorter than a test: what was waited for in vain is said.
  for (const page of [app.main, app.prompt]) page.setDefaultTimeout(25_000);
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.getByRole("tab", { name: /Inbox/ }).click();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});
afterEach(async () => {
  helper.drop("prompts", ...used);
  used.clear();
  helper.called.length = 0;
  await app.prompt.locator(".card").waitFor({ state: "detached" });
  await app.prompt.keyboard.press("Escape");
  await visible(false);
});

const host = { ...anEndpoint("192.0.2.7"), host: "www.example.org" };
const first = aPrompt("q1", curl, host, { domain: "example.org", opened: ago(3) });
const second = aPrompt("q2", firefox, anEndpoint("192.0.2.8"), { opened: ago(2) });

describe("snoozing", () => {
  test("an app puts its card and its arrivals aside, others go on, and the main window wakes it", async () => {
    put(first, second);
    await app.liveCard("q1");
    await app.prompt.keyboard.press("Alt+KeyS");
    await app.prompt.getByRole("menuitem", { name: "1 hour" }).click();
    await app.liveCard("q2");
    put(aPrompt("q3", curl, anEndpoint("192.0.2.9")));
    await app.main.locator(".nav-count", { hasText: "3" }).waitFor();
    expect(await app.prompt.locator(".queue").count()).toBe(0);
    helper.drop("prompts", "q2");
    await visible(false);
    await app.main.getByText(/curl is snoozed until (.+ )?\d\d:\d\d/).waitFor();
    await app.main.getByRole("button", { name: "Ask again now: curl", exact: true }).click();
    await app.liveCard("q1");
    expect(answers()).toEqual([]);
  });
});

describe("whoever asks for the questions gets them", () => {
  const show = () => app.main.getByRole("button", { name: "Show the question" }).first().click();

  test("also while the desktop is quiet, until none is left", async () => {
    const since = new Date().toISOString();
    const attention = { quiet: { why: "doNotDisturb" as const, since }, snoozed: [] };
    for (const page of [app.main, app.prompt]) await app.tell({ kind: "attention", attention }, page);
    put(first);
    await row("q1").waitFor();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await app.promptIsVisible()).toBe(false);
    await show();
    await app.liveCard("q1");
    await visible(true);
    await button("Block").click();
    await visible(false);
    put(second);
    await row("q2").waitFor();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await app.promptIsVisible()).toBe(false);
    helper.drop("prompts", "q2");
    const over = { quiet: null, snoozed: [] };
    for (const page of [app.main, app.prompt]) await app.tell({ kind: "attention", attention: over }, page);
  });

  test("and where only a snoozed app has one, it is awake", async () => {
    put(first);
    await app.liveCard("q1");
    await app.prompt.keyboard.press("Alt+KeyS");
    await app.prompt.getByRole("menuitem", { name: "1 hour" }).click();
    await visible(false);
    await app.main.getByText(/curl is snoozed until/).waitFor();
    await show();
    await app.liveCard("q1");
    await visible(true);
    expect(await app.main.getByText(/curl is snoozed until/).count()).toBe(0);
  });
});

describe("the way back", () => {
  test("of the same number as the question above it leaves no card of the past behind", async () => {
    const same = `${helper.nextChange}`;
    put(first, aPrompt(same, firefox, anEndpoint("192.0.2.8"), { opened: ago(2) }));
    await app.liveCard("q1");
    await button("Allow").click();
    await app.liveCard(same);
    await app.prompt.locator(".undo").waitFor();
    helper.drop("prompts", same);
    put(aPrompt("q3", thunderbird, anEndpoint("192.0.2.9")));
    await app.liveCard("q3");
    expect(await app.prompt.locator(".card").count()).toBe(1);
  });

  test("is below the next card, for an answer that became a rule, and takes back that very change", async () => {
    put(first, second);
    await app.liveCard("q1");
    await button("Allow").click();
    await app.liveCard("q2");
    expect(await app.prompt.locator(".undo").textContent()).toContain(
      "curl may reach any host of example.org from now on.",
    );
    const card = await app.prompt.locator(".card").boundingBox();
    const bar = await app.prompt.locator(".undo").boundingBox();
    expect(bar!.y).toBeGreaterThanOrEqual(card!.y + card!.height - 1);
    await app.prompt.locator('.undo[data-live="true"]').waitFor();
    await app.prompt.keyboard.press("Control+KeyZ");
    await app.prompt.getByText("Taken back.").waitFor();
    expect(helper.asked("rules.undo")).toEqual([{ change: helper.answers.length }]);
    await app.prompt.locator(".undo").waitFor({ state: "detached" });
    expect(await app.prompt.locator(".card").boundingBox()).toEqual(card);
  });

  test("stays ten seconds where no card follows, and there is none for an answer that made no rule", async () => {
    put(first);
    await app.liveCard("q1");
    await button("Block").click();
    await app.prompt.locator(".undo").waitFor();
    const begun = performance.now();
    await visible(false);
    expect(performance.now() - begun).toBeGreaterThan(8_000);
    expect(performance.now() - begun).toBeLessThan(30_000);
    put(second);
    await app.liveCard("q2");
    await app.prompt.getByText("This time").click();
    await button("Block").click();
    await visible(false);
    expect(await app.prompt.locator(".undo").count()).toBe(0);
  });
});

test("the details say who started it, whose it is, where its name comes from, and what the app did today", async () => {
  const content = "sha256:5f1c00d1e8b0a4";
  helper.details = {
    processes: [
      { pid: 4121, path: "/usr/bin/curl" },
      { pid: 4000, path: "/usr/bin/make\u202e" },
    ],
    user: "alice",
    firstSeen: ago(60 * 24 * 40),
    today: { allowed: 12, blocked: 1, destinations: 4, bytesIn: 48_120_331, bytesOut: 2_204 },
  };
  put({
    ...first,
    app: { ...curl, via: "/usr/bin/make", content, package: { manager: "dpkg", name: "curl", version: "7.88.1-10" } },
    endpoint: { ...host, names: [{ name: "www.example.org", source: "query", trusted: true }] },
    endpoints: [{ ...host, names: [{ name: "www.example.org", source: "query", trusted: true }] }],
    reason: "No rule covers it.",
  });
  await app.liveCard("q1");
  expect(await app.prompt.locator("h1").textContent()).toBe("curl via make wants to reach www.example.org");
  await app.prompt.keyboard.press("Alt+KeyD");
  await app.prompt.getByText("make\ufffd").waitFor();
  const text = await app.prompt.locator(".details").textContent();
  // What helps to decide stands first, what a person may want to look up after it.
  const labels = await app.prompt.locator(".details dt").allTextContents();
  expect(labels.slice(0, 3)).toEqual(["First seen", "Today", "Destination"]);
  const firstSeen = app.prompt.locator(".details dt", { hasText: "First seen" }).locator("+ dd");
  const day = String(new Date(helper.details.firstSeen as string).getDate());
  expect((await firstSeen.textContent())?.match(/\d+(?= |$)|\d\d:\d\d/g)?.sort()).toContain(day);
  for (const part of [
    "curl 7.88.1-10",
    `Fingerprint${content}`,
    "alice (user 1000)",
    "process 4000",
    "the program looked it up; the answer came from your name server",
    "12 connections allowed, 1 blocked, 4 destinations; 48.1 MB received, 2.20 kB sent",
    "No rule covers it.",
  ]) {
    expect(text).toContain(part);
  }
});

test("details that were unfolded while there was no helper come with the next one", async () => {
  put(first);
  await app.liveCard("q1");
  await helper.vanish();
  await app.main.locator("[data-health=away]").waitFor();
  // The card changed with it, and is dead for a moment.
  await app.prompt.locator(".preview-alarm").waitFor();
  await new Promise((resolve) => setTimeout(resolve, 700));
  await app.liveCard("q1");
  await app.prompt.keyboard.press("Alt+KeyD");
  await app.prompt.locator(".details[open]").waitFor();
  expect(await app.prompt.locator(".details").textContent()).not.toContain("alice");
  await helper.appear();
  await app.prompt.locator(".details").getByText("alice (user 1000)").waitFor();
});

test("ten apps with fifty places each are one window and ten cards, when each is answered for the whole app", async () => {
  const apps = Array.from(
    { length: 10 },
    (_, at): AppWord => ({ ...curl, verified: false, path: `/opt/app${at}/tool${at}` }),
  );
  const all = apps.flatMap((each, at) =>
    Array.from({ length: 50 }, (_, place) =>
      aPrompt(`t${at}-${place}`, each, anEndpoint(`198.51.${at}.${place + 1}`), { opened: ago(20 - at) }),
    ),
  );
  put(...all);
  for (let at = 0; at < 10; at++) {
    await app.liveCard(`t${at}-0`);
    if (at < 9) expect(await app.prompt.locator(".queue").textContent()).toBe(`1 of ${10 - at}`);
    expect(await app.prompt.locator(".subject").textContent()).toContain("49 more questions of this app");
    await app.prompt.getByText(`Everything tool${at} connects to`).click();
    await button("Block").click();
  }
  await waitFor(() => expect(answers()).toHaveLength(10));
  await app.prompt.locator(".card").waitFor({ state: "detached" });
  expect(app.electron.windows()).toHaveLength(2);
});

describe("the inbox", () => {
  test("has an app that asks again besides its older question, each in its own place", async () => {
    put(first, aPrompt("q5", curl, anEndpoint("192.0.2.10"), { state: "inbox", opened: ago(60) }));
    await row("q1").waitFor();
    await row("q5").waitFor();
    const pieces = app.main.locator(".inbox-piece");
    await waitFor(async () => {
      const edges = await pieces.evaluateAll((all) =>
        all.map((each) => each.getBoundingClientRect()).map(({ top, bottom }) => [Math.round(top), Math.round(bottom)]),
      );
      // Two headings, two groups, one below the other.
      expect(edges).toHaveLength(4);
      for (const [at, [top]] of edges.entries()) expect(top).toBeGreaterThanOrEqual(edges[at - 1]?.[1] ?? 0);
    });
    helper.drop("prompts", "q1");
    await waitFor(async () => expect(await pieces.count()).toBe(2));
    await row("q5").waitFor();
  });

  const inbox = (id: string, change = {}) =>
    aPrompt(id, curl, { ...host, address: "192.0.2.30" }, { state: "inbox", domain: "example.org", ...change });

  test("finds, folds what is quiet, answers for the domain in one click, and puts away without a rule", async () => {
    put(
      inbox("i1"),
      inbox("i2", { endpoint: anEndpoint("192.0.2.31"), endpoints: [anEndpoint("192.0.2.31")], domain: null }),
      aPrompt("i3", thunderbird, anEndpoint("192.0.2.32"), { state: "inbox", opened: ago(60 * 24 * 20) }),
    );
    await app.main.locator('.view[data-live="true"]').locator(row("i1")).waitFor();
    expect(await row("i3").count()).toBe(0);
    await app.main.getByRole("button", { name: "1 question nobody has asked again for two weeks" }).click();
    await row("i3").waitFor();
    // Letter by letter, as a person types: the rows move with each, and none is lost.
    await app.main.getByRole("searchbox").pressSequentially("thunder", { delay: 30 });
    expect(await app.main.getByRole("searchbox").inputValue()).toBe("thunder");
    await row("i1").waitFor({ state: "detached" });
    await row("i3").waitFor();
    await app.main.getByRole("searchbox").press("Escape");
    await app.main.locator('.view[data-live="true"]').locator(row("i1")).waitFor();
    // How far the buttons reach is there to be read, not only to be heard.
    expect(await row("i1").locator(".question-reach").textContent()).toBe(
      "Your answer holds for any host of example.org, always",
    );
    expect(await row("i2").locator(".question-reach").textContent()).toBe(
      "Your answer holds for 192.0.2.31, port 443 (TCP), always",
    );
    await row("i1").getByRole("button", { name: "Always allow curl to any host of example.org" }).click();
    await row("i1").waitFor({ state: "detached" });
    expect(answers()).toEqual([{ id: "i1", action: "allow", scope: "domain", lifetime: "forever" }]);
    const change = helper.answers[0]?.change;
    const wayBack = app.main.locator(".undo-line");
    expect(await wayBack.locator(".undo-words").textContent()).toBe(
      "curl may reach any host of example.org from now on.",
    );
    await app.main.locator('.view[data-live="true"]').waitFor();
    await wayBack.getByRole("button", { name: "Undo" }).click();
    await wayBack.getByText("Taken back. It is asked about again.").waitFor();
    expect(helper.asked("rules.undo")).toEqual([{ change }]);
    helper.called.length = 0;
    await app.main.locator('.view[data-live="true"]').locator(row("i2")).waitFor();
    await row("i2")
      .getByRole("button", { name: /Put away without a rule/ })
      .click();
    await row("i2").waitFor({ state: "detached" });
    expect(helper.asked("prompts.dismiss")).toEqual([{ id: "i2" }]);
  });

  test("has the recent answers, each with its way back", async () => {
    put(inbox("i4"));
    await app.main.locator('.view[data-live="true"]').locator(row("i4")).waitFor();
    await row("i4").getByRole("button", { name: "Always allow curl to any host of example.org" }).click();
    await row("i4").waitFor({ state: "detached" });
    await app.main.locator('.view[data-live="true"]').waitFor();
    const fold = app.main.locator(".fold");
    await fold.locator("summary").click();
    const answer = fold.locator('.recent-row[data-answer="i4"]');
    await fold.locator('.recent[data-live="true"]').waitFor();
    // Pressed twice: the second would only be told that there is nothing left to take back.
    await answer.getByRole("button", { name: "Undo: curl to any host of example.org from now on" }).dblclick();
    await answer.getByText("Taken back").waitFor();
    expect(helper.asked("rules.undo")).toHaveLength(1);

    // An answer given elsewhere moves the list under the hand: a press of that very moment takes nothing back.
    await fold.locator(".recent").evaluate((list) => {
      const press = (): void => list.querySelector<HTMLButtonElement>('[data-answer="elsewhere"] button')?.click();
      new MutationObserver(press).observe(list, { childList: true });
    });
    const made = helper.answers.find(({ id }) => id === "i4");
    if (!made) throw new Error("the helper knows no such answer");
    const elsewhere = { ...made, id: "elsewhere", change: helper.nextChange - 1, undone: false };
    helper.answers.unshift(elsewhere);
    // It is heard of in the midst of questions that stream in.
    let attempts = 0;
    const stream = setInterval(() => put(inbox("i5", { attempts: ++attempts })), 20);
    const there = fold.locator('[data-answer="elsewhere"]').waitFor();
    await there.finally(() => clearInterval(stream));
    await fold.locator('.recent[data-live="true"]').waitFor();
    expect(helper.asked("rules.undo")).toHaveLength(1);
    await fold.locator('[data-answer="elsewhere"] button').click();
    await waitFor(() => expect(helper.asked("rules.undo")).toHaveLength(2));
    helper.answers.shift();
  });
});

test("an app that root vouches for has its icon; one without stands by its letter; nothing is complained about", async () => {
  // A desktop entry may say where its picture lies: this one, root's own and of 24 pixels.
  const folder = mkdtempSync(join(tmpdir(), "picket-face-"));
  chmodSync(folder, 0o755);
  const icon = join(folder, "face.svg");
  writeFileSync(
    icon,
    `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><rect width="24" height="24"/></svg>`,
  );
  put({ ...second, app: { ...firefox, icon } });
  await app.liveCard("q2");
  await app.prompt.locator('.face-icon[data-state="there"]').waitFor();
  expect(await app.prompt.locator(".face-icon").evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(24);
  rmSync(folder, { recursive: true });
  helper.drop("prompts", "q2");
  put({ ...second, id: "q4", app: { ...firefox, icon: "no-such-icon" } });
  await app.liveCard("q4");
  await app.prompt.locator(".face-icon").waitFor({ state: "detached" });
  expect(await app.prompt.locator(".face").textContent()).toBe("F");
  expect(app.complaints).toEqual([]);
});
