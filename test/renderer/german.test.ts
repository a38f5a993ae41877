// German: every sentence of the helper's that the windows show has one, plural forms are right, and a language is found by what the desktop
// wants.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../build/paths.ts";
import { languageFor } from "../../contract/language.ts";
import { degradedCodes } from "../../helper/degraded.ts";
import { reasonOf } from "../../helper/policy/reason.ts";
import type { Destination, PolicyRule } from "../../helper/policy/rule.ts";
import { de } from "../../renderer/text/de/de.ts";

/** Words that no German sentence has. */
const english = /\b(the|any|this|rule|blocklist|of|over|started by|allows|blocks|profile|wants|decided|and)\b/i;

describe("what the helper says", () => {
  const destinations: Destination[] = [
    { kind: "any" },
    { kind: "host", name: "www.example.org" },
    { kind: "domain", name: "example.org" },
    { kind: "prefix", prefix: { hex: "0".repeat(32), bits: 128 } },
    { kind: "prefix", prefix: { hex: "0".repeat(32), bits: 64 } },
    ...(["loopback", "resolvers", "local", "internet"] as const).map((zone) => ({ kind: "zone", zone }) as const),
  ];
  const plainRule = {
    app: null,
    via: null,
    user: null,
    profile: null,
    port: null,
    portTo: null,
    protocol: null,
  } as const;
  const shapes: Partial<PolicyRule>[] = [
    plainRule,
    { ...plainRule, app: "/usr/bin/curl", via: "/usr/bin/make", user: 1000 },
    { ...plainRule, port: 443, protocol: "tcp", profile: "Café" },
    { ...plainRule, app: "/usr/bin/curl", port: 8000, portTo: 9000 },
  ];
  const sentences = destinations.flatMap((destination) =>
    (["person", "import", "factory", "subscription"] as const).flatMap((origin) =>
      (["outbound", "inbound", "both"] as const).flatMap((direction) =>
        (["allow", "block", "ask"] as const).flatMap((action) =>
          shapes.map((shape) =>
            reasonOf({ id: "Trackers", origin, direction, action, destination, ...shape } as PolicyRule),
          ),
        ),
      ),
    ),
  );

  test("of rules is said in German, with all that is in it", () => {
    expect(new Set(sentences).size).toBeGreaterThan(200);
    const left = sentences.map((sentence) => de.helper.reason(sentence)).filter((said) => english.test(said));
    expect(left).toEqual([]);
    expect(
      de.helper.reason(
        "Your rule allows this app started by /usr/bin/make of this user to any host of example.org, port 443 over TCP in profile “Café”.",
      ),
    ).toBe(
      "Deine Regel erlaubt: diese App (gestartet von /usr/bin/make) dieses Benutzers, Ziel: jeden Host von example.org, Port 443, über TCP, im Profil „Café“.",
    );
  });

  test("without rules as well", () => {
    const source = [
      "policy/decide.ts",
      "answers.ts",
      "flow-listing.ts",
      "older-sockets.ts",
      "enforced-policy.ts",
      "ending.ts",
    ]
      .map((file) => readFileSync(join(root, "helper", file), "utf8"))
      .join("\n");
    const said = [
      ...source.matchAll(/\b(?:reason|ended)(?::| =)[^"\n]*?"([A-Z][^"]+\.)"(?:[^"\n]*"([A-Z][^"]+\.)")?/g),
    ];
    const fixed = said.flatMap(([, first, second]) => [first, second]).filter((sentence) => sentence !== undefined);
    expect(fixed.length).toBeGreaterThan(10);
    expect(fixed.filter((sentence) => de.helper.reason(sentence) === sentence)).toEqual([]);
  });

  test("of what does not work is said by its code", () => {
    expect(degradedCodes.length).toBeGreaterThan(30);
    expect(degradedCodes.filter((code) => de.helper.degraded(code, "English") === "English")).toEqual([]);
    expect(de.helper.degraded("logFull", "Connections are missing from the list: too many at once. (1234)")).toBe(
      "In der Liste fehlen Verbindungen: zu viele auf einmal. (1.234)",
    );
    expect(de.helper.degraded("guardFailed", "Could not be guarded: user.slice, a.slice.")).toBe(
      "Ließ sich nicht überwachen: user.slice, a.slice",
    );
    expect(de.helper.degraded("from-tomorrow", "A new thing.")).toBe("A new thing.");
  });
});

describe("German sentences", () => {
  test("count as Germans do", () => {
    expect(de.rules.total(1)).toBe("1 Regel");
    expect(de.rules.total(0)).toBe("0 Regeln");
    expect(de.rules.total(12_345)).toBe("12.345 Regeln");
    expect(de.rules.ends("1h", 91 * 60_000)).toBe("Noch 2 Stunden");
    expect(de.blocklists.skipped.why.redirect(1)).toBe("1 Zeile, die einen Namen umleitet, statt ihn zu blockieren");
    expect(de.blocklists.skipped.why.unreadable(1200)).toBe("1.200 unlesbare Zeilen");
    expect(de.inbox.quiet(1)).toBe("1 Frage, die seit zwei Wochen nicht mehr gestellt wurde");
    expect(de.inbox.quiet(2)).toBe("2 Fragen, die seit zwei Wochen nicht mehr gestellt wurden");
  });
});

describe("the language", () => {
  test("is the first of the desktop's that there is, else English", () => {
    expect(languageFor("system", ["de-AT", "en"])).toBe("de");
    expect(languageFor("system", ["de_DE.UTF-8"])).toBe("de");
    expect(languageFor("system", ["fr-FR", "de", "en"])).toBe("de");
    expect(languageFor("system", ["en-GB", "de"])).toBe("en");
    expect(languageFor("system", ["C", "den"])).toBe("en");
    expect(languageFor("system", [])).toBe("en");
  });

  test("is what the person chose, whatever the desktop wants", () => {
    expect(languageFor("en", ["de-DE"])).toBe("en");
    expect(languageFor("de", ["C"])).toBe("de");
  });
});
