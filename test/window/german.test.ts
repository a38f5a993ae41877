// In German nothing of the English catalogue is left to be seen or heard, anywhere in the real app; the language is the desktop's, or the one
// that was chosen.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { de } from "../../renderer/text/de/de.ts";
import { en } from "../../renderer/text/en/en.ts";
import { App, patience } from "./app.ts";
import { catalogueWords, wordsOf } from "./catalogue-words.ts";
import { anEndpoint, aPrompt, curl } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { furnish, Tour } from "./tour.ts";
import { wordsShown } from "./words-shown.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
let helper: ScenarioHelper;
let app: App;

const german = catalogueWords(de);
/** The last ones are not the catalogue's but react-aria's. */
const english = new Set(
  [...catalogueWords(en), "dismiss", "suggestions", "options", "available", "press"].filter(
    (word) => !german.has(word),
  ),
);
/** What people, programs and places of the scenario are called, and what a person noted: nobody translates that. */
const names = new Set(
  wordsOf(
    "firefox esr thunderbird nextcloud gimp curl chronyd updater tool home alice share local usr bin lib sbin example org com net www " +
      "serve python site systemd café make downloads install fssl https check channel stable cdn autoconfig telemetry mail imap " +
      "maple street phone wired tracker trackers releases news video cloud ntp fetcher deepcurl",
  ),
);

/** What a person noted, what networks and groups of programs are called, and codes in small print. */
const theirs = [
  "Your answer to its first question",
  "The mail provider",
  "A picture editor needs no network",
  "Wired connection 1",
  "user.slice",
  "(no_helper)",
];

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  furnish(helper);
  app = await App.start(helper.socketPath, undefined, undefined, undefined, {
    env: { LANGUAGE: "de_AT:en", LANG: "en_US.UTF-8", LC_ALL: "" },
  });
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("in German", () => {
  const left: string[] = [];
  const look = async (page: typeof app.main, name: string): Promise<void> => {
    for (const shown of await wordsShown(page)) {
      const text = theirs.reduce((rest, note) => rest.replaceAll(note, ""), shown);
      const words = wordsOf(text).filter((word) => english.has(word) && !names.has(word));
      if (words.length > 0) left.push(`${name}: ${words.join(" ")} in “${text}”`);
    }
  };

  test("the catalogues differ in enough words for this to prove anything", () => {
    expect(english.size).toBeGreaterThan(300);
    for (const word of ["rules", "allow", "connections", "where"]) expect(english).toContain(word);
  });

  test("every page says that it is German", async () => {
    for (const page of [app.main, app.prompt]) expect(await page.locator("html").getAttribute("lang")).toBe("de");
    expect(await app.prompt.title()).toBe("Picket fragt");
  });

  test("no English is left in the main window", { timeout: 240_000 }, async () => {
    await new Tour(app, helper, look).main();
    expect([...new Set(left)]).toEqual([]);
  });

  test("nor on the card", { timeout: 240_000 }, async () => {
    left.length = 0;
    await new Tour(app, helper, look).prompt();
    expect([...new Set(left)]).toEqual([]);
  });

  test("numbers and days are written as Germans write them", async () => {
    const text = (await wordsShown(app.main)).join("\n");
    expect(text).not.toMatch(/\d\.\d+ [kMG]B/u);
    await app.main.locator(".nav [data-key=history]").click();
    await app.main.locator(".history-rows .row[data-id]").first().waitFor();
    expect((await wordsShown(app.main)).join("\n")).toMatch(/\d,\d+ [kMG]B/u);
    await app.main.locator(".history-by .choice-item").nth(3).click({ force: true });
    await app.main.getByText("Deutschland").first().waitFor();
  });
});

describe("another language", () => {
  test("is spoken as soon as it is chosen, with the question still open, and kept", async () => {
    helper.put("prompts", aPrompt("g1", curl, anEndpoint("192.0.2.7")));
    await app.liveCard("g1");
    const choose = (choice: string) =>
      app.main.evaluate(
        (choice) => window.picket.shell({ do: "prefer", change: { language: choice as "en" } }),
        choice,
      );
    await choose("en");
    await app.liveCard("g1");
    await waitFor(async () =>
      expect(await app.prompt.locator("h1").textContent()).toBe("curl wants to reach 192.0.2.7"),
    );
    await waitFor(async () => expect(await app.main.locator("html").getAttribute("lang")).toBe("en"));
    await app.main.getByRole("tab", { name: "Rules" }).waitFor();
    await app.main.reload();
    await app.main.getByRole("tab", { name: "Rules" }).waitFor();
    await choose("system");
    await app.main.getByRole("tab", { name: "Regeln" }).waitFor();
    await waitFor(async () =>
      expect(await app.prompt.locator("h1").textContent()).toBe("curl möchte 192.0.2.7 erreichen"),
    );
    helper.drop("prompts", "g1");
  });
});
