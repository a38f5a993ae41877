// What of an event each client hears: nothing at all where nothing is theirs.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { Flow, Rule, Status } from "../../../contract/words.ts";
import type { World } from "../../../helper/people/scopes.ts";
import { Tailor, wholeFor } from "../../../helper/people/tailor.ts";
import { viewerOf } from "../../../helper/people/viewer.ts";
import type { Connection } from "../../../helper/server/connection.ts";

const [alice, bob] = [1000, 1001];
const clientOf = (uid: number) => ({ peer: { uid } }) as Connection;
const [roots, alices, bobs] = [0, alice, bob].map(clientOf) as [Connection, Connection, Connection];
const all = [roots, alices, bobs];
const world = {
  isPerson: (uid: number) => uid >= alice,
  countPrompts: ({ uid }: { uid: number }) => uid,
  trialOf: () => null,
} as unknown as World;
const made = () => new Tailor((uid) => viewerOf(uid, "everyone", alice), world);

it("changes of questions and flows: each their own, ends too, and the keeper what is nobody's", () => {
  const tailor = made();
  const changed = ["a", "b", "n"].map((id) => ({ id }) as Flow);
  const told = (removed: string[]) => ({ full: false as const, changed, removed });
  const whose = { changed: [alice, bob, null], removed: [alice, bob] };
  const heard = all.map((client) => tailor.changes(client, "flows", told(["c", "d"]), whose));
  expect(heard.map((each) => each?.changed.map((item) => (item as Flow).id))).toEqual([
    ["a", "b", "n"],
    ["a", "n"],
    ["b"],
  ]);
  expect(heard.map((each) => each?.removed)).toEqual([["c", "d"], ["c"], ["d"]]);
  const only = { full: false as const, changed: [{ id: "a" }], removed: ["c"] };
  const hers = { changed: [alice], removed: [alice] };
  expect(tailor.changes(bobs, "prompts", only, hers)).toBeNull();
  expect(tailor.changes(roots, "prompts", only, hers)).toBe(only);
});

it("rules: one's own and everybody's, new and gone", () => {
  const tailor = made();
  const rule = (id: string, user: number | null) => ({ id, user }) as Rule;
  const rules = [rule("a", alice), rule("b", bob), rule("every", null)];
  const heard = all.map((client) => tailor.rules(client, { changed: rules, removed: rules }));
  expect(heard.map((each) => each?.removed)).toEqual([
    ["a", "b", "every"],
    ["a", "every"],
    ["b", "every"],
  ]);
  expect(heard.map((each) => each?.changed.length)).toEqual([3, 2, 2]);
  expect(tailor.rules(bobs, { changed: [rule("a", alice)], removed: [rule("a", alice)] })).toBeNull();
});

it("the status and lists, only where they say something new to this client", () => {
  const tailor = made();
  const status = (ringFull: number) => ({ degraded: [], counters: { ringFull }, trial: null }) as unknown as Status;
  const first = all.map((client) => tailor.whole(client, "status", status(1)));
  expect(first.map((each) => [each?.counters, each?.prompts])).toEqual([
    [{ ringFull: 1 }, undefined],
    [{}, alice],
    [{}, bob],
  ]);
  // Somebody's app asked for too much: how often is nobody else's to know, nor when.
  expect(all.map((client) => tailor.whole(client, "status", status(2)) !== null)).toEqual([true, false, false]);
  tailor.remember(bobs, "blocklists", [{ id: "list", hits: 0 }] as never);
  const hit = { full: false as const, changed: [{ id: "list", hits: 7 }], removed: [] };
  const nobodys = { changed: [undefined], removed: [] };
  expect(tailor.changes(bobs, "blocklists", hit, nobodys)).toBeNull();
  expect(tailor.changes(roots, "blocklists", hit, nobodys)).toBe(hit);
  const renamed = { ...hit, changed: [{ id: "list", hits: 7, name: "new" }] };
  expect(tailor.changes(bobs, "blocklists", renamed, nobodys)?.changed).toEqual([{ id: "list", hits: 0, name: "new" }]);
  // What a client was told when it began to watch is no news either.
  const another = clientOf(bob);
  tailor.remember(another, "status", wholeFor(viewerOf(bob, "everyone", alice), "status", status(1), world));
  expect(tailor.whole(another, "status", status(2))).toBeNull();
});

it("what a crowd was told last takes no room", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const tailor = made();
  const crowd = Array.from({ length: 64 }, () => clientOf(bob));
  const rules = Array.from({ length: 2000 }, (_, at) => ({ id: `${at}`, user: bob, note: "n".repeat(1000) }) as Rule);
  const before = used();
  for (const client of crowd) tailor.remember(client, "rules", rules);
  // Each text is 2 MB.
  expect(used() - before).toBeLessThan(16 * 1024 * 1024);
  for (const client of crowd) expect(tailor.whole(client, "rules", rules)).toBeNull();
  expect(tailor.whole(crowd[0] as Connection, "rules", rules.slice(1))).toHaveLength(1999);
});
