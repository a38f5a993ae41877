// An ordinary day's blocklists, for the pictures.
import { exceptionNote } from "../../contract/blocklists.ts";
import { ago, aRule, firefox } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";
import { aBlocklist } from "./scenario-lists.ts";

export function fillWithLists(helper: ScenarioHelper): void {
  helper.put(
    "blocklists",
    aBlocklist("Ads and trackers", {
      hosts: 12_841,
      domains: 139_499,
      exceptions: 12,
      hits: 48_213,
      skipped: [
        { reason: "not_carried_over", count: 1204, first: [{ line: 17, text: "||example.org^$image" }] },
        { reason: "public_suffix", count: 2, first: [{ line: 803, text: "co.uk" }] },
      ],
    }),
    aBlocklist("Known bad networks", {
      url: "https://feeds.example.net/ipsets/level1.netset",
      domains: 0,
      addresses: 4_530,
      hits: 3,
      error: { code: "fetch_failed", message: "getaddrinfo EAI_AGAIN feeds.example.net", time: ago(12) },
      checked: ago(26 * 60),
      updated: ago(26 * 60),
    }),
    aBlocklist("Malware", { domains: 61_200, hits: 0, busy: "fetching" }),
    aBlocklist("Phishing", {
      domains: 8_911,
      hits: 12,
      aside: { entries: 310, time: ago(40) },
      error: { code: "blocklist_shrunk", message: "", time: ago(40) },
    }),
    aBlocklist("My own", { url: null, checked: null, domains: 14, hits: 210, enabled: false, updated: ago(3 * 1440) }),
  );
  helper.lists.hits.set("Ads and trackers", [
    { entry: "metrics.example.com", hits: 20_112, last: ago(1) },
    { entry: "ads.example.org", hits: 9_830, last: ago(4) },
    { entry: "telemetry.tool.example", hits: 3_311, last: ago(35) },
    { entry: "pixel.social.example", hits: 1_204, last: ago(2000) },
  ]);
  helper.put(
    "rules",
    aRule("e1", {
      app: firefox.path,
      address: null,
      host: "cdn.shop.example",
      port: null,
      protocol: null,
      note: exceptionNote,
      created: ago(45),
    }),
    aRule("e2", {
      app: null,
      address: "198.51.100.77",
      port: null,
      protocol: null,
      note: exceptionNote,
      created: ago(5000),
    }),
  );
}
