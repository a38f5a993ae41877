// What is said of a destination besides its name, on the card and in the monitor: its country, look-ups past this computer's name server, and a
// host that the app hides.
import { afterAll, beforeAll, expect, test } from "vitest";
import { App } from "./app.ts";
import { aFlow, ago, anEndpoint, aPrompt, curl, firefox } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { violations } from "./violations.ts";

let helper: ScenarioHelper;
let app: App;

const german = anEndpoint("203.0.113.34", 443, { host: "www.example.org", country: "DE" });
const lookUp = anEndpoint("192.0.2.8", 443, { host: "dns.example", bypass: "doh", country: "US" });
const hidden = anEndpoint("198.51.100.7", 443, {
  country: "NL",
  names: [{ name: "front.cdn.example", source: "sni", trusted: false, ech: true }],
});

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  helper.setStatus({
    countries: {
      name: "Lite",
      version: "1",
      date: "2026-06-01T20:32:58.000Z",
      licence: "CC BY 4.0",
      attribution: "IP Geolocation by DB-IP",
    },
  });
  helper.put(
    "flows",
    aFlow("f1", firefox, german, { live: true, time: ago(3) }),
    aFlow("f2", firefox, lookUp, { live: true, time: ago(2) }),
    aFlow("f3", firefox, hidden, { live: true, time: ago(1) }),
    aFlow("f4", curl, anEndpoint("192.168.1.9", 80, { country: null }), { live: true, time: ago(4) }),
  );
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

const row = (kind: string, words: string) =>
  app.main.locator(`.monitor .row[data-kind="${kind}"]`).filter({ hasText: words }).first();

test("by time, each connection says its country, and what it hides", async () => {
  await app.main.getByRole("radio", { name: "By time" }).click({ force: true });
  await row("flow", "www.example.org").getByText("port 443 (TCP) · Germany · A rule allows it.").waitFor();
  const doh = row("flow", "dns.example").locator("[data-remark=bypass]");
  expect(await doh.textContent()).toBe("Encrypted look-up");
  expect(await doh.getAttribute("title")).toContain("DNS over HTTPS");
  const ech = row("flow", "198.51.100.7").locator("[data-remark=ech]");
  expect(await ech.getAttribute("title")).toContain("only says front.cdn.example");
  expect(await row("flow", "www.example.org").locator("[data-remark]").count()).toBe(0);
  await row("flow", "192.168.1.9").getByText("port 80 (TCP) · A rule allows it.").waitFor();
  expect(await violations(app.main)).toEqual([]);
});

test("by app, so do hosts; a name that becomes known as a stand-in later is told then", async () => {
  await app.main.getByRole("radio", { name: "By app" }).click({ force: true });
  await row("app", "Firefox").click();
  await row("domain", "example.org").click();
  await row("host", "www.example.org").getByText("203.0.113.34 · Germany").waitFor();
  await row("host", "198.51.100.7").getByText("Netherlands").waitFor();
  await row("host", "198.51.100.7").locator("[data-remark=ech]").waitFor();
  const plain = anEndpoint("198.51.100.99", 443);
  helper.put("flows", aFlow("f5", firefox, plain, { live: true, time: ago(0) }));
  await row("host", "198.51.100.99").waitFor();
  expect(await row("host", "198.51.100.99").locator("[data-remark]").count()).toBe(0);
  helper.put("flows", aFlow("f5", firefox, { ...plain, names: hidden.names }, { live: true, time: ago(0) }));
  await row("host", "198.51.100.99").locator("[data-remark=ech]").waitFor();
});

test("a card says it at once, and in full among its details, with whose data it is", async () => {
  helper.put("prompts", aPrompt("p1", firefox, lookUp, { domain: "dns.example" }));
  await app.liveCard("p1");
  const card = app.prompt.locator(".card");
  await card.getByText("Encrypted look-up", { exact: true }).waitFor();
  await app.prompt.keyboard.press("Alt+KeyD");
  await card.getByText("United States").waitFor();
  await card.getByText(/It looks names up by itself, encrypted \(DNS over HTTPS\)/).waitFor();
  await card.getByText("IP Geolocation by DB-IP").waitFor();
  helper.drop("prompts", "p1");
  helper.put("prompts", aPrompt("p2", firefox, hidden));
  await app.liveCard("p2");
  await card.getByText("Host hidden", { exact: true }).waitFor();
  await app.prompt.keyboard.press("Alt+KeyD");
  await card.getByText(/only says front\.cdn\.example, which stands for many/).waitFor();
  expect(await violations(app.prompt)).toEqual([]);
  helper.drop("prompts", "p2");
  helper.put("prompts", aPrompt("p3", firefox, german, { domain: "example.org" }));
  await app.liveCard("p3");
  expect(await card.locator("[data-remark]").count()).toBe(0);
  expect(app.complaints).toEqual([]);
});
