// Questions of several people: none joins another's, and nobody's many keep another from being asked.
import { describe, expect, it } from "vitest";
import type { App, Endpoint } from "../../../contract/words.ts";
import { flowsInAll, flowsPerApp, Prompts } from "../../../helper/prompts/prompts.ts";
import { PromptRows } from "../../../helper/store/prompts.ts";
import { temporaryStore } from "../store/temporary.ts";

const { open } = temporaryStore();
const [alice, bob] = [1000, 1001];
const endpoint: Endpoint = { host: null, address: "192.0.2.1", port: 443, protocol: "tcp" };
const app = (path: string): App => ({ name: path, path, verified: false, icon: null, via: null });

function start(store = open()) {
  const told: [id: string, person: number | null | undefined][] = [];
  const prompts = new Prompts({
    rows: new PromptRows(store),
    changed: (_, id, person) => told.push([id, person]),
    waits: () => true,
    why: () => ({}),
  });
  const ask = (flow: string, person: number | null | undefined, uid: number, path = "/usr/bin/curl") =>
    prompts.ask({
      ...{ flow, app: app(path), direction: "outbound", endpoint, at: 0, resumed: false },
      process: { pid: 1, uid, command: "x", ...(person === undefined ? {} : { person }) },
    });
  return { store, prompts, told, ask };
}

describe("questions", () => {
  it("of two people are two, and so are one person's own and what runs as root", () => {
    const { prompts, told, ask } = start();
    ask("f1", alice, alice);
    ask("f2", bob, bob);
    ask("f3", alice, 0);
    ask("f4", null, 0);
    ask("f5", alice, alice);
    expect(prompts.list().map(({ process: { person, uid }, attempts }) => [person, uid, attempts])).toEqual([
      [alice, alice, 2],
      [bob, bob, 1],
      [alice, 0, 1],
      [null, 0, 1],
    ]);
    expect(told.map(([, person]) => person)).toEqual([alice, bob, alice, null, alice]);
    const [hers] = prompts.list();
    prompts.close(hers?.id ?? "");
    expect(told.at(-1)).toEqual([hers?.id, alice]);
  });

  it("are one where the helper tells nobody apart", () => {
    const { prompts, ask } = start();
    ask("f1", undefined, alice);
    ask("f2", undefined, bob);
    expect(prompts.count).toBe(1);
  });

  it("are whose they were for the next helper", () => {
    const { store, prompts, ask } = start();
    ask("f1", bob, 0);
    prompts.flush();
    expect(start(store).prompts.list()[0]?.process).toMatchObject({ person: bob, uid: 0 });
  });

  it("of one person do not use up what there is for all", () => {
    const { prompts, ask } = start();
    const apps = flowsInAll / 4 / flowsPerApp;
    for (let at = 0; at < apps; at++)
      for (let flow = 0; flow < flowsPerApp; flow++) expect(ask(`${at} ${flow}`, alice, alice, `/a/${at}`)).toBe(true);
    expect(ask("one more", alice, alice, "/a/more")).toBe(false);
    expect(ask("his", bob, bob, "/a/more")).toBe(true);
    prompts.close(prompts.list()[0]?.id ?? "");
    expect(ask("one more", alice, alice, "/a/more")).toBe(true);
  });
});
