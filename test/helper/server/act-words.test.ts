// What a person reads before they consent: who wants what, in words that no app can bend.
import { expect, test } from "vitest";
import type { MethodName, ParsedParams } from "../../../contract/methods.ts";
import type { Prompt, Scope } from "../../../contract/words.ts";
import { actWords, question } from "../../../helper/server/act-words.ts";

const prompt = {
  app: { name: "curl", path: "/usr/bin/curl" },
  direction: "outbound",
  endpoint: {
    host: "www.example.org",
    address: "192.0.2.7",
    port: 443,
    protocol: "tcp",
    names: [{ name: "www.example.org", trusted: true }],
  },
  domain: "example.org",
} as unknown as Prompt;
prompt.endpoints = [prompt.endpoint];
const answer = { id: "1", action: "allow", scope: "endpoint", lifetime: "once" } as const;

test("an answer is told with its app, how far it goes and how long it holds", () => {
  expect(actWords("prompts.answer", answer, prompt)).toBe("let “curl” connect to www.example.org, port 443, this once");
  const wide = { ...answer, scope: "any", lifetime: "forever" } as const;
  expect(actWords("prompts.answer", wide, prompt)).toBe("let “curl” connect to anywhere, for good");
  const domain = { ...answer, scope: "domain", lifetime: "1h" } as const;
  expect(actWords("prompts.answer", domain, prompt)).toBe("let “curl” connect to example.org, for 1h");
  const inbound = { ...prompt, direction: "inbound", endpoint: { ...prompt.endpoint, host: null } } as Prompt;
  expect(actWords("prompts.answer", answer, inbound)).toBe("let “curl” be reached from 192.0.2.7, port 443, this once");
  expect(actWords("prompts.answer", answer)).toBe("answer a question");
});

test("an answer that covers several places says how many", () => {
  const at = (host: string | null, address: string) => ({
    ...{ host, address, port: 443, protocol: "tcp" as const },
    names: host === null ? [] : [{ name: host, trusted: true }],
  });
  const endpoints = [
    at("www.example.org", "192.0.2.7"),
    at("www.example.org", "192.0.2.8"),
    at("cdn.example.org", "192.0.2.9"),
    at("ads.example.net", "192.0.2.10"),
  ];
  const several = { ...prompt, endpoint: endpoints[0], endpoints, domain: null } as unknown as Prompt;
  const said = (scope: Scope, asked = several) => actWords("prompts.answer", { ...answer, scope }, asked);
  expect(said("endpoint")).toBe("let “curl” connect to www.example.org, port 443, and 2 other places, this once");
  expect(said("host")).toBe("let “curl” connect to www.example.org and 2 other places, this once");
  expect(said("domain")).toBe("let “curl” connect to example.org and 1 other place, this once");
  expect(said("any")).toBe("let “curl” connect to anywhere, this once");
  const nameless = [at(null, "192.0.2.7"), at(null, "192.0.2.8")];
  expect(said("endpoint", { ...several, endpoint: nameless[0], endpoints: nameless } as unknown as Prompt)).toBe(
    "let “curl” connect to 192.0.2.7, port 443, and 1 other place, this once",
  );
});

test("what opens everything says so", () => {
  const said = <M extends MethodName>(method: M, params: unknown) => actWords(method, params as ParsedParams<M>);
  expect(said("mode.set", { mode: "allow", confirmWithin: null })).toBe("let all new connections through");
  expect(said("pause", { for: "8h" })).toBe("let everything through for 8h");
  expect(said("lockdown", { on: false })).toBe("end lockdown");
  expect(said("rules.add", { app: null, action: "allow" })).toBe("add a rule that says allow for every app");
  expect(said("rules.add", { app: "/usr/bin/curl", action: "allow" })).toContain("“/usr/bin/curl”");
  expect(said("rules.remove", { ids: ["7"] })).toBe("remove a rule");
  expect(said("rules.remove", { ids: ["7", "8"] })).toBe("remove 2 rules");
  expect(said("rules.enable", { ids: ["7", "8"], enabled: false })).toBe("switch 2 rules off");
  expect(said("blocklists.add", { name: "Ads", url: "https://lists.example/a?b=c" })).toContain(
    "from “https://lists.example/a?b=c”",
  );
  expect(said("blocklists.refresh", { name: "Ads" })).toContain("fetch the blocklist “Ads” again");
  expect(said("confirm", {})).toBe("keep a change that would take itself back");
  const kept = actWords("confirm", {}, undefined, false, "Mode “allow”.");
  expect(kept).toBe("keep what would take itself back: “Mode 'allow'.” and all else that is on trial with it");
  expect(said("mode.set", { mode: "block", confirmWithin: 60 })).toBe(
    "block all new connections, and have that and all else that is on trial take itself back in 60 s",
  );
  expect(said("helper.stop", {})).toBe("change something (helper.stop)");
});

test("a block says that another would end sooner for it, where that is why it is asked", () => {
  const block = { ...answer, action: "block", lifetime: "1m" } as const;
  const instead = "for 1m, instead of a rule that may hold for longer";
  expect(actWords("prompts.answer", block, prompt)).toBe(
    `not let “curl” connect to www.example.org, port 443, ${instead}`,
  );
  expect(actWords("prompts.answer", block, prompt, true)).not.toContain("instead");
  const rule = { app: "/usr/bin/curl", action: "block", lifetime: "1m" } as unknown as ParsedParams<"rules.add">;
  expect(actWords("rules.add", rule)).toBe(`add a rule that says block for “/usr/bin/curl”, ${instead}`);
});

test("no name ends the quotation, puts words of polkit's in, begins a line or fills the question", () => {
  const name = `x” and nothing else. ${"$"}(user) \u202e\n${"y".repeat(400)}`;
  const asked = question(
    `/home/a/${name}`,
    7,
    actWords("prompts.answer", answer, { ...prompt, app: { ...prompt.app, name } }),
  );
  expect(asked).not.toMatch(/[$\n\u202e]/);
  expect(asked.match(/“/g)).toHaveLength(asked.match(/”/g)?.length ?? 0);
  expect(asked.length).toBeLessThan(500);
  expect(asked).toMatch(/^The program “\/home\/a\/x' and nothing else/);
  expect(asked).toMatch(/Picket does that only if you agree\.$/);
});
