// What can be done with history from the window: saved to a file, deleted, an app hidden from it, and how long it is kept.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { picket } from "../cli/picket-process.ts";
import { App, patience } from "./app.ts";
import { firefox, nextcloud, python } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

let helper: ScenarioHelper;
let app: App;
let folder: string;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const row = (name: string) => app.main.locator(".history-rows .row[data-id]").filter({ hasText: name });
const choose = (name: string) => app.main.getByRole("radio", { name, exact: true }).click({ force: true });
const press = (name: string | RegExp) => app.main.getByRole("button", { name }).click();
const act = async (name: string | RegExp) => {
  await press("More about this history");
  await app.main.getByRole("menuitem", { name }).click();
};
const dialog = () => app.main.getByRole("alertdialog");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "picket-saved-"));
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.getByRole("tab", { name: "History" }).click();
  await row("Firefox").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
  rmSync(folder, { recursive: true, force: true });
});

/** The system's dialog, which no test can press: the person chooses `file`, or closes it. Returns what it was opened with. */
async function answerDialog(file: string | null): Promise<() => Promise<{ title?: string; defaultPath?: string }>> {
  await app.electron.evaluate(({ dialog }, path) => {
    const seen = globalThis as { opened?: object };
    dialog.showSaveDialog = (async (_window: unknown, options: object) => {
      seen.opened = options;
      return { canceled: path === null, filePath: path ?? "" };
    }) as typeof dialog.showSaveDialog;
  }, file);
  return () => app.electron.evaluate(() => (globalThis as { opened?: object }).opened ?? {});
}

describe("saving", () => {
  test.each([
    ["CSV", "csv", /CSV/],
    ["JSON", "json", /JSON/],
  ] as const)("as %s writes what the command line prints of the same", async (_name, format, item) => {
    const file = join(folder, `saved.${format}`);
    const opened = await answerDialog(file);
    await choose("Domains");
    await row("example.org").waitFor();
    await act(item);
    await app.main.getByText("Saved.").waitFor();
    expect((await opened()).defaultPath).toMatch(new RegExp(`^picket-history-\\d{4}-\\d\\d-\\d\\d\\.${format}$`));
    expect(helper.history.asked.findLast(({ limit }) => limit === 20_000)).toMatchObject({
      by: "domain",
      range: "24h",
    });
    const saved = readFileSync(file, "utf8");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const printed = await picket(["history", "--by", "domain", `--${format}`], helper.socketPath);
    // The last seconds have more bytes by now; what there is to tell is the same.
    const shape = (text: string) => text.replace(/\d{3,}/g, "N");
    expect(shape(saved)).toBe(shape(printed.stdout));
    expect(saved).toContain("example.org");
    await choose("Apps");
  });

  test("writes nothing where the person changes their mind, and says where it cannot", async () => {
    const file = join(folder, "not-saved.csv");
    await answerDialog(null);
    await act(/CSV/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(existsSync(file)).toBe(false);
    await answerDialog(join(folder, "no such folder", "x.csv"));
    await act(/CSV/);
    await app.main.getByText("could not be saved there").waitFor();
  });

  test("no page can say which file, nor ask in another's name", async () => {
    const outcome = await app.main.evaluate(() =>
      (window as unknown as { picket: { saveHistory(asked: unknown): Promise<unknown> } }).picket.saveHistory({
        format: "csv",
        query: { by: "app", range: "1h" },
        title: "x",
        file: "/tmp/x",
      }),
    );
    expect(outcome).toMatchObject({ ok: false, code: "bad_message" });
    const prompt = await app.prompt.evaluate(() =>
      (window as unknown as { picket: { saveHistory(asked: unknown): Promise<unknown> } }).picket.saveHistory({
        format: "csv",
        query: { by: "app", range: "1h" },
        title: "x",
      }),
    );
    expect(prompt).toMatchObject({ ok: false, code: "not_permitted" });
  });
});

describe("an app", () => {
  test("is hidden from now on, what is remembered of it only if the person says so, and comes back", async () => {
    await row("Nextcloud").getByRole("button").click();
    await app.main.locator(".trail-here").waitFor();
    await act(/Stop remembering/);
    await dialog().getByRole("checkbox").isVisible();
    expect(await dialog().getByRole("checkbox").isChecked()).toBe(false);
    await app.main.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
    expect(helper.history.private).not.toContain(nextcloud.path);
    await act(/Stop remembering/);
    await dialog().getByRole("button", { name: "Stop remembering" }).click();
    await waitFor(() => expect(helper.history.private).toContain(nextcloud.path));
    expect(helper.history.deleted).toEqual([]);
    await act(/Remember Nextcloud.* again/);
    await waitFor(() => expect(helper.history.private).not.toContain(nextcloud.path));
  });

  test("is forgotten in the same step", async () => {
    await act(/Stop remembering/);
    await dialog().getByText("Also delete what Picket remembers of it so far").click();
    await dialog().getByRole("button", { name: "Stop remembering" }).click();
    await waitFor(() => expect(helper.history.deleted).toEqual([{ app: nextcloud.path }]));
    await press("Everything");
    await row("Firefox").waitFor();
    await waitFor(async () => expect(await row("Nextcloud").count()).toBe(0));
  });
});

describe("deleting", () => {
  test("is of the app and the time that are shown, where nothing else is chosen; the safe answer has the focus", async () => {
    await row("Firefox").getByRole("button").click();
    await app.main.locator(".trail-here").waitFor();
    await act("Delete history…");
    await dialog().getByText("The history of Firefox for the last 24 hours will be deleted.").waitFor();
    await app.main.keyboard.press("Enter");
    await dialog().waitFor({ state: "detached" });
    expect(helper.history.deleted).toHaveLength(1);
    await act("Delete history…");
    await dialog().getByRole("button", { name: "Delete" }).click();
    await waitFor(() => expect(helper.history.deleted).toHaveLength(2));
    const { app: path, from = "", to = "" } = helper.history.deleted.at(-1) ?? {};
    expect(path).toBe(firefox.path);
    expect(Math.round((Date.parse(to) - Date.parse(from)) / 3_600_000)).toBe(24);
  });

  test("may be of everything, as a refusal is told", async () => {
    await press("Everything");
    await row("Firefox").waitFor();
    await act("Delete history…");
    await dialog().getByText("All of it").click();
    await dialog().getByText("The whole history of all apps will be deleted").waitFor();
    await dialog().getByRole("button", { name: "Delete" }).click();
    await waitFor(() => expect(helper.history.deleted.at(-1)).toEqual({}));
    await app.main.getByText("Nothing then").waitFor();
    helper.history.deleted.length = 0;
  });
});

describe("what is kept", () => {
  const kept = () => app.main.getByRole("dialog", { name: "What Picket remembers" });
  const pick = async (label: string, option: string) => {
    await kept().locator(".pick").filter({ hasText: label }).getByRole("button").click();
    await app.main.getByRole("option", { name: option, exact: true }).click();
  };

  test("longer at once, shorter after a question, and nothing at all", async () => {
    await act("What Picket remembers…");
    await pick("Keep totals by quarter hour", "2 years");
    await waitFor(() => expect(helper.history.kept.days).toBe(730));
    await pick("Keep totals by quarter hour", "30 days");
    await kept().getByText("What is older than 30 days is deleted at once").waitFor();
    expect(helper.history.kept.days).toBe(730);
    await kept().getByRole("button", { name: "Keep it" }).click();
    await pick("Keep totals by quarter hour", "30 days");
    await kept().getByRole("button", { name: "Delete what is older" }).click();
    await waitFor(() => expect(helper.history.kept.days).toBe(30));
    await kept().getByRole("switch").click({ force: true });
    await waitFor(() => expect(helper.history.recording).toBe(false));
    await kept().getByRole("switch").click({ force: true });
    await waitFor(() => expect(helper.history.recording).toBe(true));
    await kept()
      .getByRole("button", { name: /Remember again: .*serve.py/ })
      .click();
    await waitFor(() => expect(helper.history.private).not.toContain(python.path));
  });

  test.each(["light", "dark"] as const)("axe finds nothing serious, %s", async (colorScheme) => {
    await app.main.emulateMedia({ colorScheme });
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const run = `${axe}; axe.run(document, { resultTypes: ["violations"] })`;
    const { violations } = (await app.main.evaluate(run)) as AxeResults;
    expect(
      violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`),
    ).toEqual([]);
  });

  test("the pages broke none of their own policies", () => {
    expect(app.complaints).toEqual([]);
  });
});
