// The life of a card, over a real database file.
import { describe, expect, it } from "vitest";
import { maxReplyBytes } from "../../../contract/wire.ts";
import type { App, Endpoint, Prompt } from "../../../contract/words.ts";
import { type Attempt, endpointsPerCard } from "../../../helper/prompts/card.ts";
import { cardsInAll, cardsPerApp, flowsPerApp, Prompts } from "../../../helper/prompts/prompts.ts";
import { PromptRows } from "../../../helper/store/prompts.ts";
import { temporaryStore } from "../store/temporary.ts";

const { open } = temporaryStore();

const curl: App = { name: "/usr/bin/curl", path: "/usr/bin/curl", verified: false, icon: null, via: null };
const wget: App = { ...curl, name: "/usr/bin/wget", path: "/usr/bin/wget" };
const process = { pid: 100, uid: 1000, command: "curl" };
const noon = Date.UTC(2026, 10, 23, 12);
const v4: Endpoint = { host: null, address: "192.0.2.1", port: 443, protocol: "tcp" };
const v6: Endpoint = { ...v4, address: "2001:db8::1" };
const other: Endpoint = { ...v4, address: "192.0.2.9" };

const attempt = (flow: string, part: Partial<Attempt> = {}): Attempt => ({
  flow,
  app: curl,
  direction: "outbound",
  endpoint: v4,
  process,
  at: noon,
  resumed: false,
  ...part,
});

interface Change {
  id: string;
  prompt: Prompt | null;
}

function start(store = open()) {
  const changes: Change[] = [];
  /** Flows that policy or an answer released meanwhile. */
  const released = new Set<string>();
  const prompts = new Prompts({
    rows: new PromptRows(store),
    changed: (prompt, id) => changes.push({ id, prompt }),
    waits: (flow) => !released.has(flow),
    why: () => ({}),
  });
  return { store, prompts, changes, released, only: () => prompts.list()[0] as Prompt };
}

describe("a card", () => {
  it("opens with the first attempt and says everything about it", () => {
    const { prompts, changes, only } = start();
    prompts.ask(attempt("f1"));
    expect(only()).toEqual({
      id: expect.any(String),
      app: curl,
      domain: null,
      direction: "outbound",
      endpoint: v4,
      endpoints: [v4],
      attempts: 1,
      state: "held",
      opened: expect.stringMatching(/Z$/),
      last: expect.any(String),
      process,
    });
    expect(changes).toEqual([{ id: only().id, prompt: only() }]);
    expect(prompts.find(only().id)).toEqual({ prompt: only(), flows: ["f1"] });
    expect(prompts.count).toBe(1);
  });

  it("counts what joins it, and keeps its first endpoint and process", () => {
    const { prompts, changes, only } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f2", { process: { ...process, pid: 200 } }));
    prompts.ask(attempt("f3", { endpoint: v6, at: noon + 300 }));
    expect(only()).toMatchObject({ attempts: 3, endpoint: v4, endpoints: [v4, v6], process });
    expect(prompts.find(only().id).flows).toEqual(["f1", "f2", "f3"]);
    expect(changes.map(({ prompt }) => prompt?.attempts)).toEqual([1, 2, 3]);
  });

  it("is one of several: apps and endpoints wait side by side", () => {
    const { prompts } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f2", { app: wget }));
    prompts.ask(attempt("f3", { endpoint: other }));
    expect(prompts.list().map(({ app, endpoint }) => [app.path, endpoint.address])).toEqual([
      ["/usr/bin/curl", "192.0.2.1"],
      ["/usr/bin/wget", "192.0.2.1"],
      ["/usr/bin/curl", "192.0.2.9"],
    ]);
  });

  it("counts the window for a twin from its newest attempt", () => {
    const { prompts } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f2", { at: noon + 60_000 }));
    prompts.ask(attempt("f3", { at: noon + 62_000, endpoint: v6 }));
    expect(prompts.count).toBe(1);
    prompts.ask(attempt("f4", { at: noon + 62_100, endpoint: other }));
    prompts.ask(attempt("f5", { at: noon + 70_000, endpoint: { ...v6, address: "2001:db8::9" } }));
    expect(prompts.count).toBe(3);
  });

  it("does not count a flow again that an earlier helper held already", () => {
    const { prompts, only } = start();
    prompts.ask(attempt("f1"));
    prompts.flowEnded("f1");
    prompts.ask(attempt("f1", { resumed: true }));
    expect(only()).toMatchObject({ state: "held", attempts: 1 });
  });

  it("goes with its last flow when nobody can name the program: there is nothing left to answer", () => {
    const { prompts } = start();
    const nobody = { ...curl, name: "[curl]", path: "[curl]", verified: false };
    prompts.ask(attempt("f1", { app: nobody }));
    prompts.ask(attempt("f2", { app: nobody }));
    prompts.flowEnded("f1");
    expect(prompts.count).toBe(1);
    prompts.flowEnded("f2");
    expect(prompts.count).toBe(0);
  });

  it("moves to the inbox with its last flow, and back when the app tries again", () => {
    const { prompts, changes, only } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f2"));
    prompts.flowEnded("f1");
    expect(only().state).toBe("held");
    prompts.flowEnded("f2");
    expect(only()).toMatchObject({ state: "inbox", attempts: 2 });
    expect(changes.at(-1)?.prompt?.state).toBe("inbox");
    prompts.flowEnded("f2");
    prompts.flowEnded("unheard of");
    expect(changes).toHaveLength(4);
    const again = { ...process, pid: 300 };
    prompts.ask(attempt("f3", { process: again }));
    expect(only()).toMatchObject({ state: "held", attempts: 3, process: again });
    expect(prompts.count).toBe(1);
  });

  it("goes when it is closed, and its flows mean nothing any more", () => {
    const { prompts, changes, only } = start();
    prompts.ask(attempt("f1"));
    const { id } = only();
    prompts.close(id);
    expect(changes.at(-1)).toEqual({ id, prompt: null });
    expect(prompts.count).toBe(0);
    const known = changes.length;
    prompts.flowEnded("f1");
    prompts.close(id);
    expect(changes).toHaveLength(known);
    prompts.ask(attempt("f2"));
    expect(only().id).not.toBe(id);
  });

  it.each(["", "0", "99", "1e0", "01", "toString", "__proto__"])("is unknown under the id %j", (id) => {
    const { prompts } = start();
    prompts.ask(attempt("f1"));
    expect(() => prompts.find(id)).toThrow(expect.objectContaining({ code: "unknown_prompt" }));
  });
});

describe("cards and a policy that answers by now", () => {
  it("are settled when every endpoint is answered", () => {
    const { prompts, changes, only } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f2", { endpoint: v6 }));
    const { id } = only();
    expect(prompts.settle(() => true)).toEqual([id]);
    expect(prompts.count).toBe(0);
    expect(changes.at(-1)).toEqual({ id, prompt: null });
  });

  it("keep the endpoints that are still open", () => {
    const { prompts, changes, only } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f2", { endpoint: v6 }));
    expect(prompts.settle(({ endpoint }) => endpoint.address === v4.address)).toEqual([]);
    expect(only()).toMatchObject({ endpoint: v6, endpoints: [v6], attempts: 2, state: "held" });
    expect(changes.at(-1)?.prompt).toEqual(only());
    const { id } = only();
    expect(prompts.settle(() => true)).toEqual([id]);
  });

  it("are settled in the inbox too, and only those that are covered", () => {
    const { prompts } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f2", { app: wget }));
    prompts.flowEnded("f1");
    const [dead] = prompts.list();
    expect(prompts.settle(({ app }) => app.path === curl.path)).toEqual([dead?.id]);
    expect(prompts.list().map(({ app }) => app.path)).toEqual([wget.path]);
  });

  it("hear nothing when nothing is answered", () => {
    const { prompts, changes } = start();
    prompts.ask(attempt("f1"));
    expect(prompts.settle(() => false)).toEqual([]);
    expect(changes).toHaveLength(1);
  });
});

describe("cards over a restart of the helper", () => {
  it("start in the inbox, whole, under their ids", () => {
    const first = start();
    first.prompts.ask(attempt("f1"));
    first.prompts.ask(attempt("f2", { endpoint: v6 }));
    first.prompts.ask(attempt("f3", { app: wget }));
    const before = first.prompts.list();
    first.store.close();
    const { prompts, changes } = start();
    expect(prompts.list()).toEqual(before.map((prompt) => ({ ...prompt, state: "inbox" })));
    expect(changes).toEqual([]);
  });

  it("take the same flow up again when the kernel reports it again", () => {
    const first = start();
    first.prompts.ask(attempt("f1"));
    const { id } = first.only();
    first.store.close();
    const { prompts, only } = start();
    prompts.ask(attempt("f1", { at: noon + 2000 }));
    expect(only()).toMatchObject({ id, state: "held" });
    expect(prompts.count).toBe(1);
  });

  it("do not take a stranger for a twin: nobody knows when the last attempt was", () => {
    const first = start();
    first.prompts.ask(attempt("f1"));
    first.store.close();
    const { prompts } = start();
    prompts.ask(attempt("f2", { endpoint: v6, at: noon + 100 }));
    expect(prompts.count).toBe(2);
  });

  it("stay gone once closed or settled", () => {
    const first = start();
    first.prompts.ask(attempt("f1"));
    first.prompts.ask(attempt("f2", { app: wget }));
    first.prompts.close(first.only().id);
    first.prompts.settle(({ app }) => app.path === wget.path);
    first.store.close();
    expect(start().prompts.list()).toEqual([]);
  });
});

it("looking at cards and flows that end write nothing", () => {
  const { store, prompts, only } = start();
  prompts.ask(attempt("f1"));
  const written = () => store.prepare("SELECT total_changes()").pluck().get();
  const before = written();
  prompts.list();
  prompts.find(only().id);
  prompts.settle(() => false);
  prompts.flowEnded("f1");
  expect(prompts.count).toBe(1);
  expect(written()).toBe(before);
  expect(store.prepare("SELECT count(*) FROM rules WHERE origin = 'person'").pluck().get()).toBe(0);
});

describe("an app that asks for very much", () => {
  const remote = (number: number, app = curl): Partial<Attempt> => ({
    app,
    endpoint: { ...v4, address: `198.51.${number >> 8}.${number & 255}` },
  });
  /** `count` first attempts to as many remotes; returns how many were asked about. */
  const flood = (prompts: Prompts, count: number, app = curl, first = 0) =>
    Array.from({ length: count }, (_, index) =>
      prompts.ask(attempt(`${app.path}${first + index}`, remote(first + index, app))),
    ).filter(Boolean).length;

  it("folds: its newest card takes further endpoints, then a line forms behind it", () => {
    const { prompts } = start();
    expect(flood(prompts, cardsPerApp + endpointsPerCard + 100)).toBe(cardsPerApp + endpointsPerCard + 100);
    const cards = prompts.list();
    expect(cards).toHaveLength(cardsPerApp);
    expect(cards.map(({ endpoints }) => endpoints.length)).toEqual([
      ...Array(cardsPerApp - 1).fill(1),
      endpointsPerCard,
    ]);
    const newest = cards.at(-1) as Prompt;
    expect(newest).toMatchObject({ attempts: endpointsPerCard + 101, behind: 101, state: "held" });
    expect(prompts.find(newest.id).flows).toHaveLength(endpointsPerCard);
    expect(cards[0]).not.toHaveProperty("behind");
  });

  it("is asked about what waits in the line once its newest card is answered", () => {
    const { prompts, released } = start();
    flood(prompts, cardsPerApp + endpointsPerCard + 9);
    const last = () => prompts.list().at(-1) as Prompt;
    const { id } = last();
    for (const flow of prompts.find(id).flows) released.add(flow);
    released.add("/usr/bin/curl85"); // decided meanwhile, as by an answer for any destination
    prompts.close(id);
    expect(prompts.count).toBe(cardsPerApp);
    expect(last()).toMatchObject({ state: "held", attempts: 9 });
    expect(last()).not.toHaveProperty("behind");
    expect(last().endpoints.map(({ address }) => address)).not.toContain("198.51.0.85");
  });

  it("moves up in the line as flows end and policy answers", () => {
    const { prompts } = start();
    flood(prompts, cardsPerApp + endpointsPerCard + 1);
    const last = () => prompts.list().at(-1) as Prompt;
    expect(last().behind).toBe(2);
    // A question that nobody waits for any more gives way to one that somebody does, and that is counted.
    prompts.flowEnded(prompts.find(last().id).flows[0] as string);
    expect(last().behind).toBe(1);
    expect(prompts.forgotten).toBe(1);
    prompts.settle(({ endpoint: { address } }) => address === last().endpoints[5]?.address);
    expect(last()).not.toHaveProperty("behind");
    expect(last().endpoints).toHaveLength(endpointsPerCard);
    expect(new Set(last().endpoints.map(({ address }) => address)).size).toBe(endpointsPerCard);
  });

  it("has a bound on what waits, says so, and takes no other app's room", () => {
    const { prompts } = start();
    expect(flood(prompts, flowsPerApp + 500)).toBe(flowsPerApp);
    expect(prompts.unasked).toBe(500);
    expect(prompts.roomForMore).toBe(false);
    expect(flood(prompts, 3, wget)).toBe(3);
    prompts.flowEnded("/usr/bin/curl3");
    expect([prompts.roomForMore, prompts.roomForMore]).toEqual([true, false]);
    expect(flood(prompts, 2, curl, 5000)).toBe(1);
  });

  it("leaves no trace when its flows are gone and its cards are answered", () => {
    const { store, prompts, only } = start();
    flood(prompts, 500);
    for (let index = 0; index < 500; index++) prompts.flowEnded(`/usr/bin/curl${index}`);
    expect(prompts.list().every(({ state }) => state === "inbox")).toBe(true);
    while (prompts.count > 0) prompts.close(only().id);
    expect(store.prepare("SELECT count(*) FROM prompts").pluck().get()).toBe(0);
    expect(flood(prompts, flowsPerApp)).toBe(flowsPerApp);
  });

  it("is on the disk as it is in the window, after a flood too", () => {
    const { store, prompts } = start();
    flood(prompts, 200);
    prompts.flush();
    const shown = prompts.list().map(({ behind, ...prompt }) => ({ ...prompt, state: "inbox" }));
    store.close();
    expect(start().prompts.list()).toEqual(shown);
  });

  it("joins the flow it has when the kernel reports it twice", () => {
    const { prompts, only } = start();
    prompts.ask(attempt("f1"));
    prompts.ask(attempt("f1"));
    prompts.flowEnded("f1");
    expect(only()).toMatchObject({ state: "inbox" });
  });
});

it("very many apps: the oldest question nobody waits for makes room, and without one nothing new is asked", () => {
  const { prompts } = start();
  const appNumber = (number: number): App => ({ ...curl, path: `/opt/${number}`, name: `/opt/${number}` });
  for (let number = 0; number < cardsInAll; number++) prompts.ask(attempt(`f${number}`, { app: appNumber(number) }));
  expect([prompts.count, prompts.unasked]).toEqual([cardsInAll, 0]);
  expect(prompts.ask(attempt("more", { app: wget }))).toBe(false);
  expect(prompts.unasked).toBe(1);
  prompts.flowEnded("f7");
  prompts.flowEnded("f3");
  expect(prompts.ask(attempt("more", { app: wget }))).toBe(true);
  expect([prompts.count, prompts.forgotten]).toEqual([cardsInAll, 1]);
  expect(prompts.list().map(({ app }) => app.path)).not.toContain("/opt/7");
  // All of them fit into one reply.
  expect(JSON.stringify(prompts.list()).length).toBeLessThan(maxReplyBytes / 2);
});
