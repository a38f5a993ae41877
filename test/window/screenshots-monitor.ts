// Pictures of the monitor: the tree with real-looking traffic, the list by time, and a rule about to be made.
import type { Page } from "playwright-core";
import { aFlow, ago, anEndpoint, firefox, nextcloud, thunderbird } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

const named = (host: string, address: string, port = 443) =>
  anEndpoint(address, port, { host, names: [{ name: host, source: "query", trusted: true }] });

const rule = {
  layer: "rule",
  rule: "r1",
  reason: "Your rule allows this app to any host of example.org, port 443 over TCP.",
} as const;

const busy: [id: string, ...(Parameters<typeof aFlow> extends [string, ...infer Rest] ? Rest : never)][] = [
  ["m1", firefox, named("www.example.org", "203.0.113.34"), { time: ago(0.5), ...rule, live: true }],
  ["m2", firefox, named("www.example.org", "203.0.113.34"), { time: ago(0.4), ...rule, live: true }],
  ["m3", firefox, named("cdn.example.org", "203.0.113.35"), { time: ago(0.3), ...rule, live: true }],
  [
    "m4",
    firefox,
    named("pixel.tracker.test", "203.0.113.201"),
    {
      time: ago(0.2),
      verdict: "block",
      layer: "blocklist",
      reason: "The blocklist “Trackers” has any host of tracker.test.",
    },
  ],
  ["m5", nextcloud, named("cloud.example.net", "198.51.100.80"), { time: ago(6), ...rule, live: true }],
  ["m6", thunderbird, named("imap.example.com", "198.51.100.25", 993), { time: ago(9), ...rule, live: true }],
];

/** Bytes a second in and out of each, as they come and go over half a minute. */
const speeds: Record<string, (second: number) => [number, number]> = {
  m1: (t) => [t % 9 < 4 ? 180_000 + 40_000 * Math.sin(t) : 4_000, 9_000],
  m2: (t) => [t > 20 ? 900_000 : 60_000, 12_000 + 3_000 * (t % 3)],
  m3: (t) => [250_000 + 120_000 * Math.sin(t / 3), 4_000],
  m5: (t) => [9_000, 1_400_000 + 300_000 * Math.cos(t / 4)],
  m6: (t) => [t % 12 === 0 ? 22_000 : 0, t % 12 === 0 ? 2_000 : 0],
};

/** As they are by now: counters only grow, from the light pictures to the dark ones. */
const flows = new Map(busy.map(([id, ...parts]) => [id, aFlow(id, ...parts)]));

/** Half a minute goes by at once; what is fast is drawn when this is over, on the page that shows the tree. */
export async function play(helper: ScenarioHelper, main: Page): Promise<void> {
  for (let second = 0; second < 30; second++) {
    for (const [id, speed] of Object.entries(speeds)) {
      const flow = flows.get(id);
      if (flow === undefined) continue;
      const [down, up] = speed(second);
      const next = { ...flow, bytesIn: flow.bytesIn + Math.round(down), bytesOut: flow.bytesOut + Math.round(up) };
      flows.set(id, next);
      helper.put("flows", next);
    }
    helper.passSecond();
  }
  await main.locator(".monitor .row svg.sparkline").first().waitFor();
  await main.locator(".summary svg.sparkline").waitFor();
}

export async function shootMonitor(
  main: Page,
  helper: ScenarioHelper,
  shoot: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  await main.getByRole("tab", { name: /Monitor/ }).click();
  helper.put("flows", ...flows.values());
  const row = (text: string) => main.locator(".monitor .row[data-id]").filter({ hasText: text }).first();
  await row("Firefox").waitFor();
  await play(helper, main);
  if ((await row("Firefox").getAttribute("aria-expanded")) === "false") await row("Firefox").click();
  await row("example.org").waitFor();
  if ((await row("example.org").getAttribute("aria-expanded")) === "false") await row("example.org").click();
  await row("www.example.org").waitFor();
  await main.mouse.move(1, 1);
  await shoot(main, "monitor");
  await row("example.org").locator("[data-menu]").click();
  await main.getByRole("menu").waitFor();
  await shoot(main, "monitor-menu");
  await main.getByRole("menuitem", { name: "Block…" }).click();
  await main.getByRole("dialog").waitFor();
  await shoot(main, "monitor-rule");
  await main.keyboard.press("Escape");
  await main.getByRole("radio", { name: "By time" }).click({ force: true });
  await main.locator(".monitor .row[data-kind=flow]").first().waitFor();
  await shoot(main, "monitor-time");
  await row("imap.example.com").click({ button: "right" });
  await main.getByRole("menu").waitFor();
  await shoot(main, "monitor-connection-menu");
  await main.keyboard.press("Escape");
  await main.getByRole("menu").waitFor({ state: "detached" });
  await main.getByRole("radio", { name: "By app" }).click({ force: true });
}
