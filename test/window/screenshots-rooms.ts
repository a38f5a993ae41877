// Pictures of blocklists, profiles and what was learned.
import type { Page } from "playwright-core";
import type { App } from "./app.ts";
import { aFlow, ago, anEndpoint, aPrompt, aRule, chronyd, curl, firefox, python, thunderbird } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { aProposal } from "./scenario-learning.ts";
import { aProfile } from "./scenario-profiles.ts";
import { fillWithLists } from "./scenario-rooms-day.ts";

type Shoot = (page: Page, name: string) => Promise<void>;

export async function shootBlocklists(main: Page, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  const ids = [...helper.blocklists.keys()];
  if (ids.length > 0) helper.drop("blocklists", ...ids);
  helper.drop("rules", "e1", "e2");
  await main.getByRole("tab", { name: "Blocklists" }).click();
  await main.getByText("No blocklists yet").waitFor();
  await shoot(main, "blocklists-none");
  fillWithLists(helper);
  await main.locator('[data-list="Phishing"] .notice').waitFor();
  await shoot(main, "blocklists");
  await main.getByRole("button", { name: "Details of Ads and trackers" }).click();
  await main.getByText("metrics.example.com").waitFor();
  await shoot(main, "blocklists-details");
  await main.getByRole("button", { name: "Add list" }).click();
  await main.getByRole("textbox", { name: "Address of the list" }).fill("lists.example.org/ads.txt");
  await shoot(main, "blocklists-add");
  await main.keyboard.press("Escape");
  await main.getByRole("dialog").waitFor({ state: "detached" });
}

export async function shootLearning(main: Page, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  helper.learning.proposals = [];
  helper.setStatus({ mode: "learn" });
  await main.getByRole("tab", { name: "Learning" }).click();
  await main.getByText("Nothing new was seen yet").waitFor();
  await shoot(main, "learning-none");
  helper.learning.proposals = [
    aProposal("1", firefox.path, { count: 1204, endpoints: 61 }),
    aProposal("2", thunderbird.path, { domain: "mail.example", count: 88 }),
    aProposal("3", thunderbird.path, { address: "198.51.100.26", port: 587, protocol: "tcp", count: 12 }),
    aProposal("4", thunderbird.path, { domain: "addons.example.net", count: 2 }),
    aProposal("5", chronyd.path, { address: "192.0.2.123", port: 123, protocol: "udp", count: 40 }),
    aProposal("6", python.path, { direction: "inbound", port: 3000, protocol: "tcp", count: 7, endpoints: 1 }),
    aProposal("7", curl.path, { domain: "packages.example.net", count: 1 }),
  ];
  await main.getByText("7 proposed rules for 5 apps").waitFor();
  await shoot(main, "learning");
  helper.setStatus({ mode: "ask" });
  await main.getByText("Learning is over").waitFor();
  await main.getByRole("button", { name: "Reject all…" }).click();
  await shoot(main, "learning-over");
  await main.keyboard.press("Escape");
  helper.learning.proposals = [];
}

export async function shootProfiles(main: Page, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  const { profiles } = helper;
  profiles.known = [];
  profiles.networks = null;
  helper.drop("rules", "r11", "r12", "r13", "r14");
  helper.setStatus({ profile: null, automatic: true });
  await main.getByRole("tab", { name: "Profiles" }).click();
  await main.getByText("No profiles yet").waitFor();
  await shoot(main, "profiles-none");
  profiles.networks = {
    ssids: ["Seagull"],
    gateways: [{ address: "192.0.2.1", mac: "52:54:00:12:34:56" }],
    vpn: false,
  };
  profiles.known = [
    aProfile("Café", { vpn: false }),
    aProfile("Home", { ssid: "Seagull", gateway: "52:54:00:12:34:56" }),
    aProfile("Presenting"),
    aProfile("Work", { vpn: true }),
  ];
  const inside = (id: string, profile: string) => aRule(id, { profile, address: null, domain: `${id}.example` });
  helper.put("rules", inside("r12", "Home"), inside("r13", "Home"), inside("r14", "Old office"));
  helper.setStatus({ profile: "Home" });
  await main.getByText("Active now: Home").waitFor();
  await main.getByText("Presenting").waitFor();
  await shoot(main, "profiles");
  await main.getByRole("button", { name: "Change: Home" }).click();
  await shoot(main, "profiles-editor");
  await main.keyboard.press("Escape");
  helper.drop("rules", "r12", "r13", "r14");
  helper.setStatus({ profile: null });
}

/** What is said of destinations, in the monitor and on a card. */
export async function shootRemarks(app: App, helper: ScenarioHelper, shoot: Shoot): Promise<void> {
  const { main, prompt } = app;
  const lookUp = anEndpoint("192.0.2.8", 443, { host: "dns.example", bypass: "doh", country: "US" });
  const hidden = anEndpoint("198.51.100.7", 443, {
    country: "NL",
    names: [{ name: "front.cdn.example", source: "sni", trusted: false, ech: true }],
  });
  helper.put(
    "flows",
    aFlow("x1", firefox, anEndpoint("203.0.113.34", 443, { host: "www.example.org", country: "DE" }), { live: true }),
    aFlow("x2", firefox, lookUp, { live: true }),
    aFlow("x3", firefox, hidden, { live: true }),
  );
  await main.getByRole("tab", { name: "Monitor" }).click();
  await main.getByRole("radio", { name: "By time" }).click({ force: true });
  await main.getByText("Host hidden").first().waitFor();
  await shoot(main, "remarks-monitor");
  helper.details = {
    processes: [
      { pid: 4121, path: firefox.path },
      { pid: 1802, path: "/usr/lib/systemd/systemd" },
    ],
    user: "alice",
    firstSeen: ago(60 * 24 * 23),
    today: { allowed: 128, blocked: 3, destinations: 41, bytesIn: 48_120_331, bytesOut: 2_204_112 },
  };
  helper.put("prompts", aPrompt("x4", firefox, lookUp, { endpoints: [lookUp, hidden], domain: null }));
  await app.liveCard("x4");
  await prompt.keyboard.press("Alt+KeyD");
  await prompt.getByText("United States").waitFor();
  await shoot(prompt, "remarks-card");
  await main.getByRole("radio", { name: "By app" }).click({ force: true });
  helper.drop("prompts", "x4");
  helper.drop("flows", "x1", "x2", "x3");
}
