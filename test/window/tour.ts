// A walk through everything the windows can show, by what parts are and never by what they say: the same in every language. `visit` looks at
// the page as it is then; views that this file does not know are visited as they open.
import type { Page } from "playwright-core";
import type { Update } from "../../contract/bridge.ts";
import { aFlow, ago, anEndpoint, aPrompt, aRule, curl, firefox, thunderbird, updater } from "./scenario.ts";
import { fillWithADay, questions } from "./scenario-day.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { aProfile } from "./scenario-profiles.ts";

/** The app's two pages, in Electron or wherever else they run. */
export type Stage = {
  readonly main: Page;
  readonly prompt: Page;
  /** The card, once its dead time is over. */
  liveCard(id: string): Promise<void>;
  /** Tells the prompt's page, or another, what the shell would, where the desktop or a kernel is what it is about. */
  tell(update: Update, page?: Page): Promise<void>;
};

export type Visit = (page: Page, name: string) => Promise<void>;

/** What the walk needs to find: a day, hints, profiles, live traffic of a named host, answers. */
export function furnish(helper: ScenarioHelper): void {
  fillWithADay(helper);
  helper.profiles.known = [aProfile("Café"), aProfile("Home")];
  helper.remarks.set("r2", { hints: [{ kind: "unused", by: null, why: "It decided nothing for 41 days." }] });
  helper.remarks.set("r10", { hints: [{ kind: "redundant", by: "r1", why: "" }] });
  helper.put(
    "rules",
    aRule("r10", { created: ago(30), address: null, domain: "example.org", port: 443 }),
    aRule("r11", {
      app: null,
      address: null,
      zone: "local",
      direction: "both",
      portTo: 9000,
      port: 8000,
      via: curl.path,
    }),
  );
  helper.details = {
    processes: [
      { pid: 4121, path: firefox.path },
      { pid: 4011, path: updater.path },
      { pid: 1, path: "/usr/lib/systemd/systemd" },
    ],
    user: "alice",
    firstSeen: ago(60 * 24 * 23),
    today: { allowed: 1128, blocked: 3, destinations: 41, bytesIn: 48_120_331, bytesOut: 2_204_112 },
  };
  const live = aFlow("t1", firefox, named("www.example.org", "203.0.113.34"), {
    time: ago(0),
    reason: "Your rule allows this app to any address.",
    live: true,
    bytesIn: 1000,
    bytesOut: 1000,
  });
  helper.put("flows", live);
  helper.passSecond();
  helper.put("flows", { ...live, bytesIn: 1_234_567, bytesOut: 45_678 });
  helper.passSecond();
}

const named = (host: string, address: string) =>
  anEndpoint(address, 443, { host, names: [{ name: host, source: "query", trusted: true }] });

/** One of each kind of card. */
const cards = [
  aPrompt("t-named", { ...firefox, via: updater.path }, named("www.example.org", "203.0.113.34"), {
    endpoints: [named("www.example.org", "203.0.113.34"), named("cdn.example.org", "203.0.113.40")],
    domain: "example.org",
    attempts: 4,
    reason: "No rule covers it, so you are asked.",
  }),
  aPrompt("t-changed", { ...curl, via: "/usr/bin/make" }, named("downloads.example.com", "192.0.2.60"), {
    domain: "example.com",
    process: { pid: 822, uid: 0, command: "curl -fsSL https://downloads.example.com/install" },
    changed: { kind: "content", since: ago(60 * 30) },
    reason: "This program has changed since you allowed it.",
  }),
  ...Object.entries(questions.cards).flatMap(([name, card]) => (name === "prompt" ? [] : [card])),
];

export class Tour {
  private readonly app: Stage;
  private readonly helper: ScenarioHelper;
  private readonly visit: Visit;

  constructor(app: Stage, helper: ScenarioHelper, visit: Visit) {
    this.app = app;
    this.helper = helper;
    this.visit = visit;
  }

  /** The keys of all views, in their order. */
  async views(): Promise<string[]> {
    const keys = await this.app.main
      .locator(".nav [role=tab]")
      .evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute("data-key")));
    return keys.filter((key) => key !== null);
  }

  async open(view: string): Promise<void> {
    await this.app.main.locator(`.nav [role=tab][data-key=${view}]`).click();
    await this.app.main.locator(`.nav [role=tab][data-key=${view}][aria-selected=true]`).waitFor();
    await this.app.main.locator("[role=tabpanel] h1").first().waitFor();
    await settled(this.app.main);
  }

  /** Every view as it opens, and what can be opened in those that are known here. */
  async main(): Promise<void> {
    const known: Record<string, () => Promise<void>> = {
      monitor: () => this.monitor(),
      history: () => this.history(),
      rules: () => this.rules(),
      inbox: () => this.inbox(),
    };
    for (const view of await this.views()) {
      await this.open(view);
      await this.visit(this.app.main, view);
      await known[view]?.();
    }
    await this.firstRun();
    await this.standing();
  }

  private async monitor(): Promise<void> {
    const { main } = this.app;
    const row = (kind: string) => main.locator(`.monitor .row[data-kind=${kind}]`).first();
    for (const kind of ["app", "domain", "host"]) {
      await row(kind).waitFor();
      if ((await row(kind).getAttribute("aria-expanded")) === "false") await row(kind).click();
    }
    await row("flow").waitFor();
    await this.visit(main, "monitor-open");
    await row("host").locator("[data-menu]").click();
    await main.locator("[role=menu]").waitFor();
    await this.visit(main, "monitor-menu");
    await main.locator("[role=menuitem]").first().click();
    await main.locator("[role=dialog]").waitFor();
    await this.visit(main, "monitor-rule");
    await this.escape();
    await main
      .locator(".view-head [role=radiogroup] .choice-item, .view-head .choice-item")
      .last()
      .click({ force: true });
    await row("flow").waitFor();
    await this.visit(main, "monitor-time");
    await main.locator(".view-head .choice-item").first().click({ force: true });
    await main.locator(".search input").first().fill("zzzz");
    await main.locator(".row[data-kind]").first().waitFor({ state: "detached" });
    await settled(main);
    await this.visit(main, "monitor-nothing");
    await main.locator(".search input").first().fill("");
  }

  private async history(): Promise<void> {
    const { main } = this.app;
    const rows = main.locator(".history-rows .row[data-id]");
    await rows.first().waitFor();
    await this.visit(main, "history-rows");
    await main.locator(".happened").click();
    await main.locator("[role=dialog]").waitFor();
    await this.visit(main, "history-events");
    await this.escape();
    const by = main.locator(".history-by .choice-item");
    for (const [at, name] of ["app", "domain", "host", "country", "protocol", "network"].entries()) {
      await by.nth(at).click({ force: true });
      await settled(main);
      await this.visit(main, `history-${name}`);
    }
    await by.nth(0).click({ force: true });
    await rows.first().waitFor();
    await rows.first().locator(".row-open").click();
    await main.locator(".trail").waitFor();
    await settled(main);
    await this.visit(main, "history-detail");
    await main.locator(".trail button").first().click();
  }

  private async rules(): Promise<void> {
    const { main } = this.app;
    await main.locator('[data-id="r10"] .rule-hint').waitFor();
    await this.visit(main, "rules-hints");
    // By key: hints that come may move it from under the pointer.
    const chosen = main.locator('[data-id="r10"] input[type=checkbox]').first();
    await chosen.press("Space");
    await main.locator(".rule-bulk-acts").waitFor();
    await this.visit(main, "rules-chosen");
    await chosen.press("Space");
    await main.locator('[data-id="r9"] .switch').click();
    await main.locator(".undo-line").waitFor();
    await this.visit(main, "rules-undo");
    await main.locator(".undo-line button").first().click();
    await main.locator('[data-id="r10"] .rule-acts button').first().click();
    await main.locator("[role=dialog]").waitFor();
    await this.visit(main, "rules-editor");
    await this.escape();
    await main.locator('[data-id="r10"] .rule-acts button').last().click();
    await main.locator("[role=alertdialog]").waitFor();
    await this.visit(main, "rules-delete");
    await this.escape();
  }

  private async inbox(): Promise<void> {
    const { main } = this.app;
    await this.visit(main, "inbox-empty");
    const old = { state: "inbox", opened: ago(60 * 24 * 30) } as const;
    // An app that asks again while an older question of its has no answer is there twice.
    const again = aPrompt("q8", questions.unanswered[0]?.app ?? curl, anEndpoint("192.0.2.201", 80));
    const all = [...questions.unanswered, again, aPrompt("q9", curl, anEndpoint("192.0.2.200", 80), old)];
    this.helper.put("prompts", ...all);
    await main.locator('.view[data-live="true"] .question-row').first().waitFor();
    await this.visit(main, "inbox-questions");
    // Only rows near what is in view exist, and in a low window the last is not among them.
    const box = main.locator(".inbox-scroll");
    await box.evaluate((each) => each.scrollTo(0, each.scrollHeight));
    await main.locator(".fold-button").click();
    await box.evaluate((each) => each.scrollTo(0, 0));
    await settled(main);
    await main.locator(".question-row summary").first().click();
    await settled(main);
    await this.visit(main, "inbox-details");
    await main.locator(".question-row summary").first().click();
    await main.locator('.view[data-live="true"] .question-row').first().waitFor();
    await main.locator(".question-row .button-allow").first().click();
    await main.locator(".fold summary").click();
    await main.locator(".recent-row").first().waitFor();
    await this.visit(main, "inbox-recent");
    this.helper.drop("prompts", ...all.map(({ id }) => id));
  }

  /** The first steps, as they end for whoever learns, and all that is said of the example. */
  private async firstRun(): Promise<void> {
    const { app, helper } = this;
    const { main } = app;
    helper.setStatus({ mode: "learn" });
    await this.open("settings");
    await main.locator("[data-setting=firstRun] button").click();
    for (const step of ["what", "learn", "card"]) {
      await main.locator(`.first-run [data-step=${step}]`).waitFor();
      await settled(main);
      await this.visit(main, `first-run-${step}`);
      if (step !== "card") await main.locator(".first-run-foot .button-main").click();
    }
    for (const example of [
      { state: "asking" },
      { state: "allowed" },
      { state: "failed", why: "silent", detail: "" },
    ] as const) {
      await app.tell({ kind: "example", example }, main);
      await main.locator(`[data-example=${example.state}]`).waitFor();
      await settled(main);
      await this.visit(main, `first-run-${example.state}`);
    }
    await app.tell({ kind: "example", example: { state: "none" } }, main);
    await this.escape();
    helper.setStatus({ mode: "ask" });
  }

  /** What the frame says when not all is as usual. */
  private async standing(): Promise<void> {
    const { main } = this.app;
    const { helper } = this;
    helper.setStatus({
      mode: "learn",
      override: { kind: "pause", ends: ago(-60) },
      profile: "Home",
      trial: { what: "A new rule.", ends: ago(-1) },
      degraded: [{ code: "logFull", message: "Connections are missing from the list: too many at once. (1234)" }],
    });
    await main.locator("[data-health=degraded]").waitFor();
    await this.visit(main, "degraded");
    helper.setStatus({
      mode: "ask",
      override: { kind: "lockdown", ends: null },
      profile: null,
      trial: null,
      degraded: [],
    });
    await main.locator("[data-health=up]").waitFor();
    await this.visit(main, "lockdown");
    helper.setStatus({ override: null });
    await helper.vanish();
    await main.locator("[data-health=away]").waitFor();
    await this.visit(main, "away");
    await helper.appear();
    await main.locator("[data-health=up]").waitFor();
  }

  /** The card in every shape, its fold and menu, what follows an answer, and the summary after a quiet time. */
  async prompt(): Promise<void> {
    const { app, helper, visit } = this;
    const { prompt } = app;
    for (const card of cards) {
      helper.put("prompts", card);
      await app.liveCard(card.id);
      await fits(prompt);
      await visit(prompt, card.id);
      await prompt.locator("summary").first().click();
      await settled(prompt);
      await fits(prompt);
      await visit(prompt, `${card.id}-details`);
      await prompt.locator("summary").first().click();
      helper.drop("prompts", card.id);
      await prompt.locator(".card").waitFor({ state: "detached" });
    }
    const card = cards[0] as (typeof cards)[number];
    helper.put("prompts", card, { ...questions.nextInLine, id: "t-next" });
    await app.liveCard(card.id);
    await prompt.keyboard.press("Alt+KeyS");
    await prompt.locator("[role=menu]").waitFor();
    await visit(prompt, "snooze");
    await prompt.keyboard.press("Escape");
    await prompt.locator("[role=menu]").waitFor({ state: "detached" });
    helper.put("prompts", { ...card, state: "inbox" });
    await prompt.locator(".notice").waitFor();
    await app.liveCard(card.id);
    await fits(prompt);
    await visit(prompt, "over");
    await prompt.locator(".button-allow").click();
    await prompt.locator('.undo[data-live="true"]').waitFor();
    await fits(prompt);
    await visit(prompt, "undo");
    helper.drop("prompts", "t-next");
    await app.tell({ kind: "attention", attention: { quiet: { why: "locked", since: ago(5) }, snoozed: [] } });
    helper.put("prompts", aPrompt("t-missed", thunderbird, anEndpoint("192.0.2.9")));
    await app.main.locator(".nav-count").waitFor();
    await app.tell({ kind: "attention", attention: { quiet: null, snoozed: [] } });
    await prompt.locator('.back[data-live="true"]').waitFor();
    await fits(prompt);
    await visit(prompt, "back");
    await prompt.keyboard.press("Escape");
    helper.drop("prompts", "t-missed");
  }

  private async escape(): Promise<void> {
    await this.app.main.keyboard.press("Escape");
    await this.app.main.locator("[role=dialog], [role=alertdialog]").waitFor({ state: "detached" });
  }
}

/** Two frames without a change of what is there: what was asked of the helper has come and is drawn. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    let last = "";
    for (let calm = 0, round = 0; calm < 4 && round < 200; round++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      await frame();
      const now = document.body.innerHTML;
      calm = now === last ? calm + 1 : 0;
      last = now;
    }
  });
}

/** The prompt's window has the size that its page asked for. */
async function fits(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const root = document.getElementById("root") as HTMLElement;
    return root.scrollHeight <= root.clientHeight + 1;
  });
}
