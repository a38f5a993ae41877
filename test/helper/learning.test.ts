// Whose what was seen while Picket learned is: one's own apps' is one's own, what runs as somebody else is nobody's to make rules of.
import { expect, it } from "vitest";
import type { Flow } from "../../contract/words.ts";
import { Learning } from "../../helper/learning.ts";
import { logged } from "../../helper/log.ts";
import { Settings } from "../../helper/store/settings.ts";
import { temporaryStore } from "./store/temporary.ts";

const { open } = temporaryStore();
const [alice, bob] = [1000, 1001];

function start(store = open(), owner: number | null = alice) {
  const made: (number | null | undefined)[] = [];
  const learning = new Learning({
    ...{ store, settings: new Settings(store), owner },
    modes: { situation: { mode: "learn", override: null } as never },
    addRules: (rules) => {
      made.push(...rules.map(({ user }) => user));
      return { rules: [], change: null };
    },
  });
  let id = 0;
  const see = (path: string, user: number, person: number | null | undefined) =>
    learning.note(
      {
        app: { name: path, path, verified: true, icon: null, via: null },
        ...{ direction: "outbound", verdict: "allow", layer: "mode", user },
        ...(person === undefined ? {} : { person }),
        endpoint: { host: null, address: "192.0.2.1", port: 443, protocol: "tcp" },
      } as Flow,
      String(id++),
    );
  const apps = (person: number | null) => learning.review(person).proposals.map(({ app }) => app);
  return { store, learning, made, see, apps };
}

it("each person's own is proposed to them; what sudo ran, and services, to root alone", () => {
  const { see, apps } = start();
  see("/hers", alice, alice);
  see("/his", bob, bob);
  see("/sudo", 0, bob);
  see("/service", 33, null);
  expect(apps(alice)).toEqual(["/hers"]);
  expect(apps(bob)).toEqual(["/his"]);
  expect(apps(null).sort()).toEqual(["/hers", "/his", "/service", "/sudo"]);
});

it("the same app of two people is proposed to both; one accepts or forgets their own", () => {
  const { learning, made, see, apps } = start();
  for (const person of [alice, bob]) see("/both", person, person);
  const ids = learning.review(bob).proposals.map(({ id }) => id);
  learning.forget(ids, bob);
  expect([apps(alice), apps(bob)]).toEqual([["/both"], []]);
  learning.accept(ids, alice);
  expect(made).toEqual([alice]);
  expect(apps(alice)).toEqual([]);
  // What is another's is not there.
  expect(() => learning.forget(ids, bob)).toThrow(expect.objectContaining({ code: "unknown_proposal" }));
});

it("what was seen before people were told apart is the owner's from then on, added to what is theirs already", () => {
  const before = start(open(), null);
  before.see("/old", alice, undefined);
  before.see("/both", alice, undefined);
  before.learning.close();
  const after = start(before.store);
  after.see("/both", alice, alice);
  expect(after.apps(alice).sort()).toEqual(["/both", "/old"]);
  expect(after.learning.review(alice).proposals.find(({ app }) => app === "/both")?.count).toBe(2);
  expect(after.apps(bob)).toEqual([]);
});

it("what waits for room on the disk is bounded, and told of once", () => {
  const { store, see, apps } = start();
  store.pragma("query_only = ON");
  const warned = logged.warn;
  for (let at = 0; at < 10_050; at++) see(`/app${at}`, alice, alice);
  see("/his", bob, bob);
  expect(logged.warn).toBe(warned + 1);
  store.pragma("query_only = OFF");
  expect(apps(bob)).toEqual(["/his"]);
  see("/later", alice, alice);
  expect(apps(alice)).toContain("/later");
  expect(apps(alice)).not.toContain("/app10000");
});
