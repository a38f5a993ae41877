// Which card an attempt belongs to.
import { describe, expect, it } from "vitest";
import type { App, Direction, Endpoint, Prompt } from "../../../contract/words.ts";
import { type Asked, joins } from "../../../helper/prompts/join.ts";

const appAt = (path: string): App => ({ name: path, path, verified: false, icon: null, via: null });
const curl = appAt("/usr/bin/curl");
const process: Prompt["process"] = { pid: 100, uid: 1000, command: "curl" };

/** "tcp 192.0.2.1 443", and behind it a name that a resolver gave */
function endpoint(text: string): Endpoint {
  const [protocol, address = "", port, host = null] = text.split(" ");
  const names = host === null ? [] : [{ name: host, source: "query", trusted: true } as const];
  return { host, address, port: Number(port), protocol: protocol as Endpoint["protocol"], names };
}

interface Case {
  card: string[];
  attempt: string;
  app?: App;
  /** The card's. */
  of?: Direction;
  direction?: Direction;
  pid?: number;
  /** Milliseconds since the card's newest attempt. */
  after?: number;
}

function joinsCard({
  card,
  attempt,
  app = curl,
  of = "outbound",
  direction = of,
  pid = 100,
  after = 10,
}: Case): boolean {
  const asked: Asked = { app: curl, direction: of, process, endpoints: card.map(endpoint) };
  const attempted = { app, direction, endpoint: endpoint(attempt), process: { ...process, pid }, at: 5000 + after };
  return joins(asked, 5000, attempted);
}

const v4 = "tcp 192.0.2.1 443";
const v6 = "tcp 2001:db8::1 443";

describe("an attempt joins a card", () => {
  it.each<[string, Case]>([
    ["that asks for the same endpoint", { card: [v4], attempt: v4 }],
    ["however late", { card: [v4], attempt: v4, after: 86_400_000 }],
    ["from another process of the app", { card: [v4], attempt: v4, pid: 101 }],
    ["to another host of the domain", { card: [`${v4} www.example.org`], attempt: "tcp 192.0.2.9 80 cdn.example.org" }],
    [
      "to a host of the domain, long after",
      { card: [`${v4} example.org`], attempt: `${v6} a.example.org`, after: 1e7 },
    ],
    ["that asks for the endpoint among others", { card: ["tcp 192.0.2.9 80", v4], attempt: v4 }],
    ["for the other transport of one service", { card: [v4], attempt: "udp 192.0.2.1 443" }],
    ["for the other transport, started by UDP", { card: ["udp 192.0.2.1 443"], attempt: v4 }],
    ["for the other transport, however late", { card: [v4], attempt: "udp 192.0.2.1 443", after: 60_000 }],
    ["for the other family right after", { card: [v4], attempt: v6 }],
    ["for the other family, started by IPv6", { card: [v6], attempt: v4 }],
    ["for the other family up to 3 s later", { card: [v4], attempt: v6, after: 3000 }],
    ["for the other family and transport at once", { card: [v4, "udp 192.0.2.1 443"], attempt: v6 }],
    ["for the twin's other transport", { card: [v4, v6], attempt: "udp 2001:db8::1 443" }],
    ["of the same caller at the same port", { card: [v4], attempt: v4, of: "inbound" }],
    ["that has its twin already", { card: [v4, v6], attempt: v6, after: 60_000 }],
  ])("%s", (_, attempt) => {
    expect(joinsCard(attempt)).toBe(true);
  });
});

describe("an attempt opens its own card", () => {
  it.each<[string, Case]>([
    ["whose host is of another domain", { card: [`${v4} www.example.org`], attempt: `${v6} www.example.net` }],
    [
      "whose host is another customer's of a shared domain",
      { card: [`${v4} a.github.io`], attempt: `${v6} b.github.io` },
    ],
    ["without a name, where the card has one", { card: [`${v4} www.example.org`], attempt: v6 }],
    ["for another app, same endpoint", { card: [v4], attempt: v4, app: appAt("/usr/bin/wget") }],
    ["for another app, other family", { card: [v4], attempt: v6, app: appAt("/usr/bin/wget") }],
    ["for another address of the same family", { card: [v4], attempt: "tcp 192.0.2.2 443" }],
    ["for another IPv6 address", { card: [v6], attempt: "tcp 2001:db8::2 443" }],
    ["for the other direction", { card: [v4], attempt: v4, direction: "inbound" }],
    ["of another caller", { card: [v4], attempt: "tcp 192.0.2.2 443", of: "inbound" }],
    [
      "of another caller of the other family: nobody says that it is the same one",
      { card: [v4], attempt: v6, of: "inbound" },
    ],
    ["for another port", { card: [v4], attempt: "tcp 192.0.2.1 80" }],
    ["for another port in the other family", { card: [v4], attempt: "tcp 2001:db8::1 80" }],
    ["for the other transport of another port", { card: [v4], attempt: "udp 192.0.2.1 53" }],
    ["for the other transport of another address", { card: [v4], attempt: "udp 192.0.2.2 443" }],
    ["for the other family, too late", { card: [v4], attempt: v6, after: 3001 }],
    ["for the other family, by another process", { card: [v4], attempt: v6, pid: 101 }],
    ["for a second address of the other family", { card: [v4, v6], attempt: "tcp 2001:db8::2 443" }],
    ["for a second address of its own family", { card: [v4, v6], attempt: "tcp 192.0.2.2 443" }],
    ["for a ping beside a connection", { card: [v4], attempt: "icmp 192.0.2.1 443" }],
    [
      "for a ping of the other family: it has no port to tell",
      { card: ["icmp 192.0.2.1 0"], attempt: "icmp 2001:db8::1 0" },
    ],
    ["for another protocol, same address", { card: ["other 192.0.2.1 0"], attempt: "icmp 192.0.2.1 0" }],
  ])("%s", (_, attempt) => {
    expect(joinsCard(attempt)).toBe(false);
  });

  it("instead of growing a chain of twins", () => {
    const card = [v4];
    // Each of these is a twin of one before it; only the first's own twins may come in.
    for (const attempt of ["tcp 2001:db8::1 443", "tcp 192.0.2.2 443", "tcp 2001:db8::2 443", "udp 192.0.2.3 443"]) {
      if (joinsCard({ card, attempt })) card.push(attempt);
    }
    expect(card).toEqual([v4, "tcp 2001:db8::1 443"]);
  });
});

describe("a program nobody can be sure of", () => {
  const nobody = appAt("[/usr/bin/python3.11 (with piped code)]");
  const asked: Asked = { app: nobody, direction: "outbound", process, endpoints: [endpoint(v4)] };
  const attempt = { app: nobody, direction: "outbound", endpoint: endpoint(v4), at: 5000 } as const;

  it("joins what the same process asked, and no other's card", () => {
    expect(joins(asked, 5000, { ...attempt, process })).toBe(true);
    expect(joins(asked, 5000, { ...attempt, process: { ...process, pid: 101 } })).toBe(false);
  });
});
