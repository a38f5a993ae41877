// How much room rules take in what clients are told of them, and when there is none left.
import { expect, it } from "vitest";
import { maxReplyBytes } from "../../../contract/wire.ts";
import type { Rule } from "../../../contract/words.ts";
import { RuleRoom, weigh } from "../../../helper/store/rule-room.ts";
import type { RuleRow } from "../../../helper/store/rules.ts";

const row = { user: null, app: "/usr/bin/curl", note: "" } as RuleRow;
const full = expect.objectContaining({ code: "too_many_rules" });
const bytes = (weight: number, user: number | null = null) => ({ user, weight });

it("a rule weighs no less than what is told of it at most", () => {
  const text = "\u0001ä\u{1f600}".repeat(30);
  const texts = {
    app: text,
    via: text,
    address: text,
    host: text,
    domain: text,
    profile: text,
    note: text,
    source: text,
  };
  const time = new Date(0).toISOString();
  const why =
    "It never decides: rule 1234567 is about exactly the same, says block and comes first, as your rules come before imported ones, and those before the factory's.";
  const told = {
    id: "1234567",
    ...texts,
    zone: "resolvers",
    user: 2 ** 32 - 1,
    action: "block",
    port: 65534,
    portTo: 65535,
    protocol: "other",
    direction: "outbound",
    lifetime: "restart",
    origin: "factory",
    expires: time,
    enabled: false,
    created: time,
    hints: [{ kind: "conflicting", by: "1234567", why }],
    lastUsed: time,
    uses: 1_000_000_000,
  } as unknown as Rule;
  const { weight } = weigh({ ...row, ...texts, zone: "resolvers" } as RuleRow);
  expect(weight).toBeGreaterThan(Buffer.byteLength(JSON.stringify(told)));
});

it("ten thousand rules have room, one person's too", () => {
  const { weight } = weigh({ ...row, user: 1000, host: "host1234.example.org", note: "n".repeat(200) } as RuleRow);
  expect(() => new RuleRoom().check([[undefined, bytes(10_000 * weight, 1000)]])).not.toThrow();
});

it("is bounded in all by one answer, and of one user by less", () => {
  const room = new RuleRoom();
  const most = maxReplyBytes - 64 * 1024;
  expect(() => room.check([[undefined, bytes(most)]])).not.toThrow();
  expect(() => room.check([[undefined, bytes(most + 1)]])).toThrow(full);
  room.note([undefined, bytes(most * 0.75, 5)]);
  expect(() => room.check([[undefined, bytes(1, 5)]])).toThrow(full);
  for (const other of [6, null]) expect(() => room.check([[undefined, bytes(most * 0.25, other)]])).not.toThrow();
  expect(() => room.check([[bytes(2, 5), bytes(2, 5)]])).not.toThrow();
  room.note([bytes(most * 0.75, 5), bytes(10, 5)]);
  expect(() => room.check([[undefined, bytes(most / 2, 5)]])).not.toThrow();
});

it("what leaves no more behind than there was is never refused", () => {
  const room = new RuleRoom();
  room.note([undefined, bytes(2 * maxReplyBytes, 5)]);
  expect(() => room.check([[bytes(10, 5), bytes(10, 5)]])).not.toThrow();
  expect(() => room.check([[bytes(10, 5), undefined]])).not.toThrow();
  expect(() => room.check([[undefined, bytes(1)]])).toThrow(full);
});
