// The blocklists against a scripted helper: added from the internet and from a file, refreshed, switched, removed; what they did, what is wrong
// with them, and what is let past them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { exceptionNote } from "../../contract/blocklists.ts";
import { App, patience } from "./app.ts";
import { ago, aRule } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { aBlocklist } from "./scenario-lists.ts";
import { violations } from "./violations.ts";

let helper: ScenarioHelper;
let app: App;
const folder = mkdtempSync(join(tmpdir(), "picket-lists-"));
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const button = (name: string | RegExp) => app.main.getByRole("button", { name, exact: true });
const list = (name: string) => app.main.locator(`[data-list="${name}"]`);
const dialog = () => app.main.getByRole("dialog");
const field = (name: string) => dialog().getByRole("textbox", { name });
const save = () => dialog().getByRole("button", { name: "Add list" }).click();

/** The system's dialog answers with this file, or is cancelled. */
const chooses = (path: string | null) =>
  app.electron.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = async () => ({ canceled: path === null, filePaths: path === null ? [] : [path] });
  }, path);

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.getByRole("tab", { name: "Blocklists" }).click();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
  rmSync(folder, { recursive: true, force: true });
});

describe("without any", () => {
  test("the view says what a blocklist is, and that it only blocks", async () => {
    await app.main.getByText("No blocklists yet").waitFor();
    await app.main.getByText(/list of addresses that somebody else keeps/).waitFor();
    await app.main.getByText(/it never allows anything/).waitFor();
    expect(await violations(app.main)).toEqual([]);
  });
});

describe("a list from the internet", () => {
  test("is added by its address, by keyboard alone, and shows that it is fetched", async () => {
    await button("Add list").focus();
    await app.main.keyboard.press("Enter");
    await dialog().waitFor();
    await save();
    await dialog().getByText("without a password").waitFor();
    expect(helper.asked("blocklists.add")).toEqual([]);
    await field("Address of the list").fill("lists.example.org/ads-and-trackers.txt");
    expect(await field("Name").inputValue()).toBe("ads-and-trackers");
    await field("Name").fill("Ads");
    await field("Address of the list").fill("lists.example.org/ads.txt");
    await field("Name").press("Tab");
    await app.main.keyboard.press("Tab");
    await app.main.keyboard.press("Enter");
    await dialog().waitFor({ state: "detached" });
    expect(helper.asked("blocklists.add")).toEqual([{ name: "Ads", url: "https://lists.example.org/ads.txt" }]);
    await list("Ads").getByRole("progressbar", { name: "Fetching…" }).waitFor();
    helper.put("blocklists", aBlocklist("Ads", { domains: 41_200, hits: 7 }));
    await list("Ads").getByRole("progressbar").waitFor({ state: "detached" });
    await list("Ads").getByText("41,200").waitFor();
    await app.main.getByText("1 list, 41,200 entries in force").waitFor();
  });

  test("of a name that is taken stays in its form, with the reason", async () => {
    await button("Add list").click();
    await field("Address of the list").fill("https://other.example/ads.txt");
    await field("Name").fill("Ads");
    await save();
    await dialog().getByText("There is a blocklist of that name already.").waitFor();
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  test("is fetched again, alone and with all others", async () => {
    await button("Refresh: Ads").click();
    await list("Ads").getByText("Fetching…").waitFor();
    helper.put("blocklists", aBlocklist("Ads", { domains: 41_200 }));
    await button("Refresh all").click();
    await waitFor(() =>
      expect(helper.asked("blocklists.refresh")).toEqual([
        { name: "Ads", acceptShrunk: false },
        { name: null, acceptShrunk: false },
      ]),
    );
  });

  test("that could not be fetched says so in plain words, and when it was tried", async () => {
    const error = { code: "fetch_failed", message: "ECONNREFUSED", time: ago(3) };
    helper.put("blocklists", aBlocklist("Ads", { error }));
    await list("Ads").getByText("The blocklist could not be fetched. The last good one goes on.").waitFor();
    await list("Ads")
      .getByText(/^Last tried \d\d:\d\d\.$/)
      .waitFor();
  });

  test("whose new version has less than half waits for the person's word", async () => {
    const error = { code: "blocklist_shrunk", message: "", time: ago(3) };
    helper.put("blocklists", aBlocklist("Ads", { error, aside: { entries: 12, time: ago(3) } }));
    await list("Ads").getByText("A new version has only 12 entries").waitFor();
    await list("Ads").getByText("less than half of the 1,000 in force").waitFor();
    await button("Use the new version").click();
    await list("Ads").getByText("A new version").waitFor({ state: "detached" });
    expect(helper.asked("blocklists.refresh").at(-1)).toEqual({ name: "Ads", acceptShrunk: true });
    await list("Ads").getByText("12", { exact: true }).waitFor();
  });
});

describe("a list from a file", () => {
  test("is chosen with the system's dialog, and its whole text is handed over by the window", async () => {
    const text = Array.from({ length: 9000 }, (_, at) => `n${at}.tracker.example`).join("\n");
    writeFileSync(join(folder, "my list.txt"), text);
    await button("Add list").click();
    await dialog().getByRole("radio", { name: "From a file" }).click({ force: true });
    await save();
    await dialog().getByText("Choose a file first").waitFor();
    await chooses(null);
    await dialog().getByRole("button", { name: "Choose a file…" }).click();
    await dialog().getByText("None chosen yet").waitFor();
    await chooses(join(folder, "my list.txt"));
    await dialog().getByRole("button", { name: "Choose a file…" }).click();
    await dialog().getByText("my list.txt").waitFor();
    expect(await field("Name").inputValue()).toBe("my list");
    await save();
    await dialog().waitFor({ state: "detached" });
    await list("my list").getByText("9,000").waitFor();
    expect(helper.lists.text).toBe(text);
    expect(helper.asked("blocklists.begin")).toEqual([{ name: "my list", replace: false }]);
    // 180 kB do not fit one request.
    expect(helper.asked("blocklists.append").length).toBeGreaterThan(3);
  });

  test("is renewed from another file; one that is gone, a folder and a FIFO are said to be unreadable", async () => {
    writeFileSync(join(folder, "newer.txt"), "example.org\nexample.net");
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    await chooses(join(folder, "newer.txt"));
    await button("New file for: my list").click();
    await list("my list").getByText("2", { exact: true }).waitFor();
    expect(helper.asked("blocklists.begin").at(-1)).toEqual({ name: "my list", replace: true });
    for (const path of [join(folder, "gone.txt"), folder, fifo]) {
      await chooses(path);
      await button("New file for: my list").click();
      await list("my list").getByText("That file cannot be read.").waitFor();
      await chooses(join(folder, "newer.txt"));
      await button("New file for: my list").click();
      await list("my list").getByText("That file cannot be read.").waitFor({ state: "detached" });
    }
  });

  test("cannot be handed over by a page that nobody chose a file for", async () => {
    const outcome = await app.main.evaluate(() =>
      window.picket.listFile({ do: "hand-over", name: "sneaked", replace: false }),
    );
    expect(outcome).toMatchObject({ ok: false, code: "file_unreadable" });
    const fromCard = await app.prompt.evaluate(() => window.picket.listFile({ do: "choose", title: "x" }));
    expect(fromCard).toMatchObject({ ok: false, code: "not_permitted" });
  });
});

describe("any list", () => {
  test("is switched off and on", async () => {
    await list("Ads").locator(".switch").click();
    await list("Ads").getByText("Switched off").waitFor();
    // The other one is.
    await app.main.getByText("1 list, 2 entries in force").waitFor();
    await list("Ads").locator(".switch").click();
    await list("Ads").getByText("Switched off").waitFor({ state: "detached" });
    expect(helper.asked("blocklists.enable")).toEqual([
      { name: "Ads", enabled: false },
      { name: "Ads", enabled: true },
    ]);
  });

  test("tells what it blocked most, and again once it blocked more; and what it has and had not", async () => {
    helper.lists.hits.set("Ads", [{ entry: "ads.example.org", hits: 5, last: ago(1) }]);
    helper.put(
      "blocklists",
      aBlocklist("Ads", {
        hits: 5,
        hosts: 3,
        skipped: [{ reason: "public_suffix", count: 2, first: [{ line: 8, text: "co.uk" }] }],
      }),
    );
    await button("Details of Ads").click();
    await list("Ads").getByText("ads.example.org").waitFor();
    await list("Ads").getByText("5 times").waitFor();
    await list("Ads").getByText("3 hosts, 1,000 domains with every host in them").waitFor();
    const skipped = list("Ads").getByText("2 endings that strangers share, such as “co.uk”");
    expect(await skipped.getAttribute("title")).toBe("line 8: co.uk");
    helper.lists.hits.set("Ads", [{ entry: "ads.example.org", hits: 6, last: ago(0) }]);
    helper.put("blocklists", aBlocklist("Ads", { hits: 6 }));
    await list("Ads").getByText("6 times").waitFor();
    await button("Details of Ads").click();
    await list("Ads").getByText("6 times").waitFor({ state: "detached" });
  });

  test("is removed only after a question, whose safe answer has the focus", async () => {
    await button("Remove: my list").click();
    const question = app.main.getByRole("alertdialog");
    await question.getByText("Remove this blocklist?").waitFor();
    expect(
      await question.getByRole("button", { name: "Keep list" }).evaluate((it) => it === document.activeElement),
    ).toBe(true);
    await app.main.keyboard.press("Enter");
    await question.waitFor({ state: "detached" });
    expect(helper.asked("blocklists.remove")).toEqual([]);
    await button("Remove: my list").click();
    await question.getByRole("button", { name: "Remove list" }).click();
    await list("my list").waitFor({ state: "detached" });
    expect(helper.asked("blocklists.remove")).toEqual([{ name: "my list" }]);
  });
});

describe("what is let past the lists", () => {
  test("is told apart from other rules, removed, and taken back", async () => {
    await app.main.getByText("Nothing is let past the lists.").waitFor();
    const exception = { address: null, port: null, protocol: null, note: exceptionNote } as const;
    helper.put(
      "rules",
      aRule("r1", { host: "www.example.org", address: null }),
      aRule("e1", { ...exception, host: "cdn.example.org" }),
      aRule("e2", { ...exception, app: null, host: "pay.example.org", enabled: false }),
    );
    const shown = () => app.main.locator(".exception");
    await waitFor(async () => expect(await shown().count()).toBe(2));
    await shown()
      .getByText(/Firefox may connect to cdn\.example\.org/)
      .waitFor();
    await shown()
      .getByText(/switched off/)
      .waitFor();
    expect(await violations(app.main)).toEqual([]);
    await button("Remove: Firefox may connect to cdn.example.org").click();
    await waitFor(async () => expect(await shown().count()).toBe(1));
    expect(helper.asked("rules.remove")).toEqual([{ ids: ["e1"] }]);
    await app.main.locator(".undo-line").getByRole("button", { name: "Undo" }).click();
    await waitFor(async () => expect(await shown().count()).toBe(2));
  });
});

test("while the helper is away nothing can be pressed, and nothing is lost from sight", async () => {
  await helper.vanish();
  await app.main.locator("[data-health=away]").waitFor();
  expect(await button("Add list").isDisabled()).toBe(true);
  expect(await button("Refresh: Ads").isDisabled()).toBe(true);
  await list("Ads").waitFor();
  await helper.appear();
  await app.main.locator("[data-health=up]").waitFor();
  expect(app.complaints).toEqual([]);
});

test.each(["light", "dark"] as const)(
  "axe finds nothing serious in list, details and form, %s",
  async (colorScheme) => {
    await app.main.emulateMedia({ colorScheme });
    await button("Details of Ads").click();
    expect(await violations(app.main)).toEqual([]);
    await button("Add list").click();
    await save();
    await dialog().getByText("without a password").waitFor();
    expect(await violations(app.main)).toEqual([]);
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  },
);
