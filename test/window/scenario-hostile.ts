// Names as long as they may be, without a place to break them, and such as are written from right to left or pretend to be.
import { aFlow, ago, anEndpoint, aPrompt, aRule } from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

const longName = `Unbreakable${"Name".repeat(40)}`;
const longPath = `/home/alice/${`${"d".repeat(80)}/`.repeat(4)}tool-${"x".repeat(120)}`;
const longHost = `${"label-that-is-long-".repeat(3)}.${"w".repeat(63)}.${"v".repeat(40)}.example.org`;
const rightToLeft = "\u0645\u062a\u0635\u0641\u062d \u0627\u0644\u0648\u064a\u0628";
const posing = "Fire\u202exof\u202c \u2067gpj.exe";

const long = { name: longName, path: longPath, verified: true, icon: null, via: null };
const arabic = { name: rightToLeft, path: `/opt/${rightToLeft}/bin/run`, verified: true, icon: null, via: longPath };
const poser = { name: posing, path: `/opt/${posing}`, verified: false, icon: null, via: null };

const named = (host: string, address: string) =>
  anEndpoint(address, 65_535, { host, names: [{ name: host, source: "query", trusted: true }] });

export function hostileNames(helper: ScenarioHelper): void {
  helper.put(
    "flows",
    aFlow("h1", long, named(longHost, "2001:db8:1234:5678:9abc:def0:1234:5678"), {
      time: ago(2),
      live: true,
      bytesIn: 999_999_999,
      bytesOut: 999_999_999,
    }),
    aFlow("h2", arabic, named(`${"\u05d0".repeat(30)}.example.org`, "192.0.2.61"), { time: ago(3), verdict: "block" }),
    aFlow("h3", poser, named("www.example.org", "192.0.2.62"), { time: ago(4), direction: "inbound" }),
  );
  helper.put(
    "rules",
    aRule("h1", {
      app: longPath,
      via: longPath,
      address: null,
      host: longHost,
      note: "w".repeat(300),
      user: 4_294_967,
      created: ago(25),
    }),
    aRule("h2", {
      app: arabic.path,
      address: null,
      domain: "example.org",
      note: `${rightToLeft}\n${"word ".repeat(80)}`,
      created: ago(26),
    }),
    aRule("h3", { app: poser.path, action: "block", profile: `Profile${"X".repeat(50)}`, created: ago(27) }),
  );
  const old = { state: "inbox", attempts: 123_456, opened: ago(60 * 24 * 40) } as const;
  helper.put(
    "prompts",
    aPrompt("h1", long, named(longHost, "192.0.2.60"), { ...old, domain: "example.org" }),
    aPrompt("h2", arabic, named("www.example.org", "192.0.2.61"), { ...old, domain: "example.org" }),
    aPrompt("h3", poser, anEndpoint("2001:db8:1234:5678:9abc:def0:1234:5678", 65_535, { protocol: "udp" }), old),
  );
}
