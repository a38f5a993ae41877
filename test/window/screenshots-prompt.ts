// Pictures of the card, its fold, its menu, the way back, the summary after a quiet time, and the inbox.
import type { Page } from "playwright-core";
import type { Endpoint, Prompt } from "../../contract/words.ts";
import type { App } from "./app.ts";
import { ago, anEndpoint, aPrompt, curl, firefox, gimp, thunderbird, updater } from "./scenario.ts";
import { questions } from "./scenario-day.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

export type Shoot = (page: Page, name: string) => Promise<void>;

const named = (host: string, address: string, change: Partial<Endpoint> = {}): Endpoint =>
  anEndpoint(address, 443, { host, names: [{ name: host, source: "query", trusted: true }], ...change });

const web = named("www.example.org", "203.0.113.34");
const question = aPrompt(
  "n1",
  { ...firefox, via: updater.path, package: { manager: "dpkg", name: "firefox-esr", version: "128.5.0esr-1" } },
  web,
  {
    endpoints: [
      web,
      named("www.example.org", "2001:db8:34::1"),
      named("cdn.example.org", "203.0.113.40", { protocol: "udp" }),
    ],
    domain: "example.org",
    attempts: 4,
    reason: "No rule covers it, so you are asked.",
    process: { pid: 4121, uid: 1000, command: "/usr/lib/firefox-esr/firefox-esr https://www.example.org/" },
  },
);
const cards: Record<string, Prompt> = {
  ...questions.cards,
  prompt: question,
  "prompt-single": aPrompt("n2", thunderbird, named("imap.mail.example.net", "198.51.100.25", { port: 993 }), {
    domain: "example.net",
  }),
  "prompt-changed": aPrompt("n3", { ...curl, via: "/usr/bin/make" }, named("downloads.example.com", "192.0.2.60"), {
    domain: "example.com",
    process: { pid: 822, uid: 0, command: "curl -fsSL https://downloads.example.com/install" },
    changed: { kind: "content", since: ago(60 * 30) },
  }),
};

const unanswered: Prompt[] = [
  aPrompt("q1", updater, anEndpoint("203.0.113.9", 8443), {
    state: "inbox",
    attempts: 7,
    opened: ago(52),
    last: ago(4),
  }),
  aPrompt("q2", gimp, named("www.gimp.example", "198.51.100.15"), {
    state: "inbox",
    opened: ago(40),
    domain: "gimp.example",
  }),
  aPrompt("q3", thunderbird, named("autoconfig.example.net", "192.0.2.44"), {
    state: "inbox",
    attempts: 2,
    opened: ago(18),
    domain: "example.net",
    endpoints: [named("autoconfig.example.net", "192.0.2.44"), named("mx.example.net", "2001:db8::44")],
  }),
  aPrompt("q4", thunderbird, named("telemetry.example.com", "192.0.2.47"), {
    state: "inbox",
    attempts: 12,
    opened: ago(300),
    last: ago(9),
    domain: "example.com",
  }),
  aPrompt("q5", curl, anEndpoint("192.0.2.200", 80), { state: "inbox", opened: ago(60 * 24 * 30) }),
];

export async function shootQuestions(helper: ScenarioHelper, app: App, shoot: Shoot): Promise<void> {
  const { main, prompt } = app;
  helper.details = {
    processes: [
      { pid: 4121, path: "/usr/lib/firefox-esr/firefox-esr" },
      { pid: 4011, path: "/home/alice/.local/share/tool/updater" },
      { pid: 2210, path: "/usr/bin/bash" },
      { pid: 1, path: "/usr/lib/systemd/systemd" },
    ],
    user: "alice",
    firstSeen: ago(60 * 24 * 23),
    today: { allowed: 128, blocked: 3, destinations: 41, bytesIn: 48_120_331, bytesOut: 2_204_112 },
  };
  for (const [name, each] of Object.entries(cards)) {
    helper.put("prompts", each);
    if (name === "prompt") helper.put("prompts", questions.nextInLine);
    await app.liveCard(each.id);
    await shoot(prompt, name);
    if (name === "prompt" || name === "prompt-crowded") {
      const before = await prompt.evaluate(() => innerHeight);
      await prompt.getByText("Details").click();
      await prompt.waitForFunction((height) => {
        const root = document.getElementById("root") as HTMLElement;
        return innerHeight > height && root.scrollHeight <= root.clientHeight;
      }, before);
      await shoot(prompt, name === "prompt" ? "prompt-details" : "prompt-crowded-details");
    }
    if (name === "prompt") {
      await prompt.keyboard.press("Alt+KeyD");
      await prompt.keyboard.press("Alt+KeyS");
      await prompt.getByRole("menuitem", { name: "1 hour" }).waitFor();
      await shoot(prompt, "prompt-snooze");
      await prompt.keyboard.press("Escape");
      helper.put("prompts", { ...each, state: "inbox" });
      await prompt.getByText("The attempt is over").waitFor();
      await app.liveCard(each.id);
      await shoot(prompt, "prompt-over");
      await prompt.getByRole("button", { name: "Allow" }).click();
      await app.liveCard(questions.nextInLine.id);
      await prompt.locator('.undo[data-live="true"]').waitFor();
      await shoot(prompt, "prompt-undo-next");
      helper.drop("prompts", questions.nextInLine.id);
      await prompt.waitForFunction(() => innerHeight < 200);
      await shoot(prompt, "prompt-undo");
      await prompt.getByRole("button", { name: "Undo" }).click();
      await prompt.waitForFunction(() => document.querySelector(".undo") === null);
    }
    helper.drop("prompts", each.id);
  }
  helper.put("prompts", ...unanswered, { ...question, last: ago(0) });
  await app.liveCard("n1");
  await prompt.keyboard.press("Escape");
  await main.getByRole("tab", { name: /Inbox/ }).click();
  await main.locator('.view[data-live="true"] .question-row').first().waitFor();
  await shoot(main, "inbox");
  await main.locator(".fold summary").click();
  await main.getByRole("button", { name: /nobody has asked again/ }).click();
  helper.details = {
    processes: [
      { pid: 5177, path: "/home/alice/.local/share/tool/updater" },
      { pid: 2214, path: "/usr/bin/bash" },
      { pid: 2107, path: "/usr/libexec/gnome-terminal-server" },
      { pid: 1802, path: "/usr/lib/systemd/systemd" },
    ],
    user: "alice",
    firstSeen: ago(60 * 24 * 2),
    today: { allowed: 0, blocked: 7, destinations: 1, bytesIn: 0, bytesOut: 0 },
  };
  await main.locator(".question-row[data-id=q1] summary").click();
  await shoot(main, "inbox-open");
  await main.locator(".fold summary").click();
  helper.drop("prompts", "n1", ...unanswered.map(({ id }) => id));
  await main.getByText("Nothing is waiting for you").waitFor();
  await shoot(main, "inbox-empty");
}
