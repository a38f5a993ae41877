// An ordinary afternoon for the pictures: a handful of apps, their connections and rules, and a few questions.
import type { Flow, Prompt } from "../../contract/words.ts";
import {
  aCrowdedPrompt,
  aFlow,
  ago,
  anEndpoint,
  aPrompt,
  aRule,
  chronyd,
  curl,
  firefox,
  gimp,
  loopbackRule,
  nextcloud,
  python,
  thunderbird,
  updater,
} from "./scenario.ts";
import type { ScenarioHelper } from "./scenario-helper.ts";

const web = anEndpoint("203.0.113.34");
const mail = anEndpoint("198.51.100.25", 993);
const cloud = anEndpoint("198.51.100.80");
const quic = anEndpoint("2001:db8:40::a", 443, { protocol: "udp" });
const clock = anEndpoint("192.0.2.123", 123, { protocol: "udp" });
const tracker = anEndpoint("203.0.113.200");
const resolver = anEndpoint("192.0.2.53", 53, { protocol: "udp" });

const byRule = { layer: "rule", reason: "Your rule allows this app to any address." } as const;
const refused = { verdict: "block", layer: "rule", reason: "Your rule blocks this app to this address." } as const;
const builtIn = {
  layer: "factory",
  rule: "factory:dns-udp",
  reason: "A factory rule allows any app to and from the name servers of this computer, port 53 over UDP.",
} as const;

const day: Omit<
  Parameters<typeof aFlow>[3] & { app: Flow["app"]; endpoint: Flow["endpoint"]; minutes: number },
  "id"
>[] = [
  {
    app: updater,
    endpoint: anEndpoint("203.0.113.9", 8443),
    minutes: 0.1,
    verdict: "held",
    layer: "mode",
    reason: "No rule covers it, so you are asked.",
    live: true,
  },
  {
    app: python,
    direction: "inbound",
    endpoint: anEndpoint("192.0.2.7", 3000),
    minutes: 0.3,
    verdict: "allow",
    layer: "rule",
    reason: "Your rule allows this app from this address, port 3000 over TCP.",
    rule: "r9",
    bytesIn: 1_204,
    bytesOut: 48_310,
    live: true,
  },
  {
    app: firefox,
    endpoint: web,
    minutes: 0.4,
    ...byRule,
    rule: "r1",
    bytesIn: 4_812_330,
    bytesOut: 212_004,
    live: true,
  },
  {
    app: firefox,
    endpoint: quic,
    minutes: 0.5,
    ...byRule,
    rule: "r1",
    bytesIn: 18_204_112,
    bytesOut: 902_330,
    live: true,
  },
  { app: firefox, endpoint: tracker, minutes: 0.6, ...refused, rule: "r2" },
  { app: firefox, endpoint: resolver, minutes: 0.7, ...builtIn, bytesIn: 412, bytesOut: 118 },
  {
    app: thunderbird,
    endpoint: mail,
    minutes: 3,
    ...byRule,
    rule: "r3",
    bytesIn: 96_411,
    bytesOut: 12_770,
    live: true,
  },
  {
    app: nextcloud,
    endpoint: cloud,
    minutes: 6,
    ...byRule,
    rule: "r4",
    bytesIn: 1_204_551,
    bytesOut: 88_120_034,
    live: true,
  },
  {
    app: curl,
    endpoint: anEndpoint("203.0.113.7", 80),
    minutes: 11,
    verdict: "allow",
    layer: "answer",
    reason: "You allowed it once.",
    bytesIn: 15_332,
    bytesOut: 740,
  },
  { app: gimp, endpoint: anEndpoint("198.51.100.14"), minutes: 19, ...refused, rule: "r5" },
  { app: chronyd, endpoint: clock, minutes: 24, ...byRule, rule: "r6", bytesIn: 152, bytesOut: 152 },
  {
    app: thunderbird,
    endpoint: anEndpoint("198.51.100.26", 587),
    minutes: 31,
    ...byRule,
    rule: "r3",
    bytesIn: 5_120,
    bytesOut: 1_730_221,
  },
  {
    app: firefox,
    endpoint: anEndpoint("203.0.113.77"),
    minutes: 38,
    ...byRule,
    rule: "r1",
    bytesIn: 612_733,
    bytesOut: 40_019,
  },
  {
    app: updater,
    endpoint: anEndpoint("203.0.113.9", 8443),
    minutes: 52,
    verdict: "block",
    layer: "mode",
    reason: "No rule covers it, and the mode blocks the rest.",
  },
  { app: nextcloud, endpoint: cloud, minutes: 66, ...byRule, rule: "r4", bytesIn: 20_220, bytesOut: 8_144 },
];

export function fillWithADay(helper: ScenarioHelper): void {
  const flows = day.map(({ app, endpoint, minutes, ...rest }, index) =>
    aFlow(`f${index}`, app, endpoint, { time: ago(minutes), ...rest }),
  );
  helper.put("flows", ...flows);
  helper.put(
    "rules",
    aRule("r1", {
      app: firefox.path,
      address: null,
      port: null,
      protocol: null,
      note: "Your answer to its first question",
      created: ago(200),
    }),
    aRule("r2", {
      app: firefox.path,
      action: "block",
      address: tracker.address,
      port: null,
      protocol: null,
      created: ago(150),
    }),
    aRule("r3", {
      app: thunderbird.path,
      address: "198.51.100.0/24",
      port: null,
      protocol: "tcp",
      note: "The mail provider",
      created: ago(120),
    }),
    aRule("r4", { app: nextcloud.path, address: cloud.address, lifetime: "quit", created: ago(110) }),
    aRule("r5", {
      app: gimp.path,
      action: "block",
      address: null,
      port: null,
      protocol: null,
      note: "A picture editor needs no network",
      created: ago(90),
    }),
    aRule("r6", { app: chronyd.path, address: clock.address, port: 123, protocol: "udp", created: ago(80) }),
    aRule("r7", {
      app: curl.path,
      address: "203.0.113.7",
      port: 80,
      lifetime: "3h",
      expires: ago(-115),
      created: ago(65),
    }),
    aRule("r9", { app: python.path, address: "192.0.2.7", port: 3000, direction: "inbound", created: ago(1) }),
    aRule("r8", { app: null, action: "ask", address: "192.0.2.0/24", port: 22, created: ago(50) }),
    loopbackRule,
    aRule("factory:dns-udp", {
      ...loopbackRule,
      id: "factory:dns-udp",
      zone: "resolvers",
      port: 53,
      note: "Without name look-ups, nothing finds its way.",
    }),
  );
}

export const questions: { unanswered: Prompt[]; cards: Record<string, Prompt>; nextInLine: Prompt } = {
  unanswered: [
    aPrompt("q1", updater, anEndpoint("203.0.113.9", 8443), { state: "inbox", attempts: 7, opened: ago(52) }),
    aPrompt("q2", gimp, anEndpoint("198.51.100.15"), { state: "inbox", attempts: 1, opened: ago(40) }),
    aPrompt("q3", thunderbird, anEndpoint("192.0.2.44"), {
      state: "inbox",
      attempts: 2,
      opened: ago(18),
      endpoints: [anEndpoint("192.0.2.44"), anEndpoint("2001:db8::44")],
    }),
  ],
  cards: {
    prompt: aPrompt("c1", firefox, web, {
      endpoints: [web, anEndpoint("2001:db8:34::1"), anEndpoint("203.0.113.34", 443, { protocol: "udp" })],
      attempts: 4,
      process: { pid: 4121, uid: 1000, command: "/usr/lib/firefox-esr/firefox-esr https://example.org/" },
    }),
    "prompt-unverified": aPrompt("c2", updater, anEndpoint("203.0.113.9", 8443), {
      process: { pid: 5177, uid: 1000, command: "/home/alice/.local/share/tool/updater --check --channel stable" },
    }),
    // What a program might do to hide what it asks for.
    "prompt-crowded": aCrowdedPrompt("c4"),
    // Somebody else begins: a development server that is called from the local network.
    "prompt-inbound": aPrompt("c6", python, anEndpoint("192.0.2.7", 3000), {
      direction: "inbound",
      process: { pid: 7301, uid: 1000, command: "python3 serve.py" },
    }),
    "prompt-unidentified": aPrompt(
      "c5",
      { ...curl, verified: false, name: "[fetcher]", path: "[fetcher]" },
      anEndpoint("203.0.113.60"),
      {
        process: { pid: 6120, uid: 1000, command: "fetcher" },
      },
    ),
  },
  nextInLine: aPrompt("c3", thunderbird, mail, { opened: ago(0) }),
};
