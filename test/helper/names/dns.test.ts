// DNS messages: real answers of a real server, and such that no server should send.
import { type Answer as DnsRecord, encode } from "dns-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, parseDns } from "../../../helper/names/dns.ts";
import { addressHex } from "../../../helper/policy/address.ts";
import { DnsServer, question } from "../../network/dns-server.ts";

let server: DnsServer;
beforeAll(async () => {
  server = await DnsServer.start();
});
afterAll(() => server?.stop());

function answerIn(bytes: Buffer): Answer {
  const message = parseDns(bytes);
  if (message === null || !("answer" in message)) throw new Error("no answer");
  return message.answer;
}

const hex = (...addresses: string[]) => addresses.map(addressHex);
const addressesOf = ({ addresses }: Answer) => addresses.map(({ address }) => address);

describe("a real server's answer", () => {
  it.each([
    ["plain.example", "A", ["198.51.100.7"]],
    ["plain.example", "AAAA", ["2001:db8:7::7"]],
    ["PLAIN.Example", "A", ["198.51.100.7"]],
    ["xn--bcher-kva.example", "A", ["198.51.100.11"]],
  ])("names the addresses of %s (%s)", async (name, type, addresses) => {
    const answer = answerIn(await server.ask(name, type, 77));
    expect(answer).toMatchObject({ id: 77, host: name.toLowerCase(), chain: [] });
    expect(addressesOf(answer)).toEqual(hex(...addresses));
    expect(answer.addresses[0]?.ttl).toBe(300);
  });

  it("keeps the name that was asked for, and its aliases beside it", async () => {
    const answer = answerIn(await server.ask("shop.example", "A"));
    expect(answer).toMatchObject({ host: "shop.example", chain: ["edge.cdn.example", "real.cdn.example"] });
    expect(addressesOf(answer)).toEqual(hex("198.51.100.8"));
  });

  it("gives the hints of an HTTPS record", async () => {
    const answer = answerIn(await server.ask("modern.example", 65));
    expect(answer.host).toBe("modern.example");
    expect(addressesOf(answer)).toEqual(hex("198.51.100.12"));
  });

  it("tells under which name clients may hide the one they mean", async () => {
    expect(answerIn(await server.ask("hidden.example", 65)).publicNames).toEqual(["public.example"]);
  });

  it("repeats the question as the query put it", async () => {
    const query = parseDns(question("plain.example", "A", 5));
    const answer = answerIn(await server.ask("plain.example", "A", 5));
    expect(query).toEqual({ query: { id: 5, question: answer.question, host: "plain.example" } });
    expect(answerIn(await server.ask("plain.example", "AAAA", 5)).question).not.toBe(answer.question);
  });

  it("of a name that is not there has no addresses", async () => {
    expect(answerIn(await server.ask("nobody.example", "A")).addresses).toEqual([]);
  });
});

type Records = { name: string; type: string; ttl?: number; data: unknown }[];

/** An answer that nobody's server gave. */
function made(name: string, answers: Records, more: { additionals?: Records } = {}): Buffer {
  const list = (records: Records) => records.map((record) => ({ ttl: 60, ...record })) as DnsRecord[];
  return encode({
    type: "response",
    id: 1,
    questions: [{ type: "A", name }],
    answers: list(answers),
    additionals: list(more.additionals ?? []),
  });
}

describe("a hostile answer", () => {
  const address = "192.0.2.66";

  it("names nothing that was not asked for", () => {
    const others = [
      { name: "bank.example", type: "A", data: address },
      { name: "bank.example", type: "CNAME", data: "evil.example" },
    ];
    expect(answerIn(made("evil.example", others)).addresses).toEqual([]);
    const beside = { additionals: [{ name: "evil.example", type: "A", data: address }] };
    expect(answerIn(made("evil.example", [], beside)).addresses).toEqual([]);
  });

  it("that leads in a circle ends", () => {
    const circle = [
      { name: "a.example", type: "CNAME", data: "b.example" },
      { name: "b.example", type: "CNAME", data: "a.example" },
    ];
    expect(answerIn(made("a.example", circle))).toMatchObject({ chain: ["b.example"], addresses: [] });
  });

  it("that leads on and on is not followed to its end", () => {
    const far = Array.from({ length: 60 }, (_, at) => ({ name: `n${at}.e`, type: "CNAME", data: `n${at + 1}.e` }));
    const answer = answerIn(made("n0.e", [...far, { name: "n60.e", type: "A", data: address }]));
    expect(answer.addresses).toEqual([]);
    expect(answer.chain.length).toBeLessThan(20);
  });

  it("lives as long as the shortest-lived record on its way", () => {
    const way = [
      { name: "a.example", type: "CNAME", ttl: 30, data: "b.example" },
      { name: "b.example", type: "A", ttl: 600, data: address },
    ];
    expect(answerIn(made("a.example", way)).addresses).toEqual([{ address: addressHex(address), ttl: 30 }]);
  });

  it("with a dot within a label is of no host", () => {
    const bytes = made("www-bank.example", [{ name: "www-bank.example", type: "A", data: address }]);
    bytes.writeUInt8(".".charCodeAt(0), bytes.indexOf("-bank"));
    expect(answerIn(bytes)).toMatchObject({ host: null, addresses: [] });
  });

  it.each(["192.0.2.1", "a b.example", "a.example-", `${"x".repeat(64)}.example`, "täst.example"])(
    "about %j is about no host",
    (name) => {
      const message = parseDns(question(name, "A", 1));
      expect(message === null || ("query" in message && message.query.host === null)).toBe(true);
    },
  );

  it("in pointers that point at one another is none", () => {
    const bytes = made("a.example", [{ name: "b.example", type: "A", data: address }]);
    const owner = 12 + 11 + 4; // behind the question
    bytes.writeUInt16BE(0xc000 | owner, owner);
    expect(parseDns(bytes)).toBeNull();
  });

  it("that is cut short, asks several questions or says to have very many records is none", () => {
    const bytes = made("a.example", [{ name: "a.example", type: "A", data: address }]);
    expect(addressesOf(answerIn(bytes))).toEqual(hex(address));
    for (let end = 0; end < bytes.length; end++) expect(parseDns(bytes.subarray(0, end))).toBeNull();
    for (const [at, count] of [
      [4, 0],
      [4, 2],
      [6, 5000],
    ] as const) {
      const other = Buffer.from(bytes);
      other.writeUInt16BE(count, at);
      expect(parseDns(other)).toBeNull();
    }
  });
});
