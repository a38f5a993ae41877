// Learning: what is new is allowed and noted; a review proposes rules, and takes them into the policy as one change.
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Proposal, Rule } from "../../contract/words.ts";
import { client, clientApp, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, picket, type Ran, start, TestHelper, until } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000 });

const ECONNREFUSED = 111;

const helper = new TestHelper();
let network: Network;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start("helper/main.ts", ["--mode", "learn"]);
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(helper.directory, { recursive: true, force: true });
});

async function said<T>(...words: string[]): Promise<T> {
  const ran: Ran = await start(picket, [...words, "--json"], { PICKET_SOCKET: helper.socket });
  expect(ran.code, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as T;
}

const review = () => said<{ since: string | null; proposals: Proposal[] }>("learn", "review");

async function connected(address: string): Promise<TcpResult> {
  return JSON.parse((await guarded(helper, network.near, client("tcp", address, 80))).stdout) as TcpResult;
}

test("a fresh folder begins with the mode it was given, allows, and proposes what was seen; a rule's flows are none of it", async () => {
  const began = Date.now();
  const [seen, ruled] = [network.address(4), network.address(6)];
  await (await helper.client()).call("rules.add", { app: null, action: "allow", address: ruled });
  for (const address of [seen, seen, ruled]) expect((await connected(address)).ok).toBe(true);
  const found = await until("the proposal", async () => {
    const { since, proposals } = await review();
    return proposals.some(({ count }) => count === 2) && { since, proposals };
  });
  expect(Math.abs(Date.parse(found.since ?? "") - began)).toBeLessThan(60_000);
  expect(found.proposals).toMatchObject([
    {
      app: clientApp("tcp"),
      direction: "outbound",
      domain: null,
      address: seen,
      port: 80,
      protocol: "tcp",
      endpoints: 1,
    },
  ]);
});

test("what was seen outlives a helper that is killed, and other words for its start change no mode", async () => {
  await helper.signal("SIGKILL");
  await helper.start("helper/main.ts", ["--mode", "block"]);
  expect((await (await helper.client()).call("status", {})).mode).toBe("learn");
  expect((await review()).proposals).toHaveLength(1);
});

test("accepted proposals are rules of the person's, made and taken back at once", async () => {
  const other = network.address(4);
  expect((await connected(other)).ok).toBe(true);
  await until("two proposals", async () => (await review()).proposals.length === 2);
  await said("mode", "block");
  expect((await connected(other)).errno).toBe(ECONNREFUSED);
  const unknown = await start(picket, ["learn", "review", "--accept", "00000000"], { PICKET_SOCKET: helper.socket });
  expect([unknown.code, unknown.stderr]).toEqual([1, "picket: There is no such proposal. (00000000)\n"]);
  const { rules, change } = await said<{ rules: Rule[]; change: number }>("learn", "review", "--accept", "all");
  expect(rules.map(({ origin, action, note }) => [origin, action, note])).toEqual([
    ["person", "allow", "Seen 2 times while learning."],
    ["person", "allow", "Seen once while learning."],
  ]);
  expect((await review()).proposals).toEqual([]);
  expect((await connected(other)).ok).toBe(true);
  await (await helper.client()).call("rules.undo", { change });
  expect((await connected(other)).errno).toBe(ECONNREFUSED);
});

test("what is rejected is forgotten without a rule; with the rest accepted the mode is what was asked for", async () => {
  await said("mode", "learn");
  const [taken, left] = [network.address(4), network.address(4)];
  for (const address of [taken, left]) expect((await connected(address)).ok).toBe(true);
  const { proposals } = await until("two proposals", async () => {
    const found = await review();
    return found.proposals.length === 2 && found;
  });
  const [one] = proposals.filter(({ address }) => address === taken);
  const ran = await start(picket, ["learn", "review", "--reject", "00000000"], { PICKET_SOCKET: helper.socket });
  expect([ran.code, ran.stderr]).toEqual([1, "picket: There is no such proposal. (00000000)\n"]);
  const words = ["--accept", one?.id ?? "", "--reject", "all", "--mode", "block"];
  const made = await said<{ rules: Rule[]; rejected: string[]; mode: string; change: number }>(
    "learn",
    "review",
    ...words,
  );
  expect([made.rules.map(({ address }) => address), made.rejected.length, made.mode]).toEqual([[taken], 1, "block"]);
  expect((await review()).proposals).toEqual([]);
  expect((await connected(taken)).ok).toBe(true);
  expect((await connected(left)).errno).toBe(ECONNREFUSED);
  await (await helper.client()).call("rules.undo", { change: made.change });
});

test("learning again begins anew, and a pause is no lesson", async () => {
  const [before, paused, after] = [network.address(4), network.address(4), network.address(4)];
  await said("mode", "learn");
  await connected(before);
  await until("a proposal", async () => (await review()).proposals.length === 1);
  await said("mode", "ask");
  expect((await review()).proposals).toHaveLength(1);
  await said("mode", "learn");
  await said("pause", "1h");
  await connected(paused);
  await said("pause", "off");
  await connected(after);
  await until("a proposal", async () => (await review()).proposals.length === 1);
  expect((await review()).proposals).toMatchObject([{ address: after, count: 1 }]);
});
