// Questions in a real database file.
import { describe, expect, it } from "vitest";
import { PromptRows, type StoredPrompt } from "../../../helper/store/prompts.ts";
import { temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();

const fresh: Omit<StoredPrompt, "id"> = {
  app: { name: "Füßchen “quoted”", path: "/opt/a b/\u202ehidden", verified: false, icon: null, via: null },
  direction: "inbound",
  process: { pid: 4242, uid: 1000, command: "cmd'; --" },
  attempts: 1,
  opened: "2026-11-23T09:30:00.123Z",
  endpoints: [
    { host: null, address: "192.0.2.1", port: 443, protocol: "tcp" },
    { host: "example.org", address: "2001:db8::1", port: 443, protocol: "udp" },
  ],
};

function start(store = open()) {
  const rows = new PromptRows(store);
  const written = () => store.prepare("SELECT count(*) FROM prompts").pluck().get();
  /** A question under a new id. */
  const write = (part: Partial<StoredPrompt> = {}): StoredPrompt => {
    const prompt = { id: rows.nextId(), ...fresh, ...part };
    rows.write(prompt);
    return prompt;
  };
  return { store, rows, write, written };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("stored questions", () => {
  it("come back as they were, over restarts, oldest first", () => {
    const { store, write } = start();
    const first = write();
    const second = write({ attempts: 7, endpoints: fresh.endpoints.slice(1) });
    expect(first.id).not.toBe(second.id);
    store.close();
    expect(new PromptRows(open()).all()).toEqual([first, second]);
  });

  it("take further attempts and endpoints, in order", () => {
    const { rows, write } = start();
    const more = { ...write(), attempts: 3, endpoints: [...fresh.endpoints].reverse() };
    rows.write(more);
    rows.write(more);
    expect(rows.all()).toEqual([more]);
  });

  it("go with their endpoints, and their id does not come back", () => {
    const { store, rows, write } = start();
    const { id } = write();
    rows.remove(id);
    rows.remove(id);
    expect(rows.all()).toEqual([]);
    expect(store.prepare("SELECT count(*) FROM prompt_endpoints").pluck().get()).toBe(0);
    expect(Number(rows.nextId())).toBeGreaterThan(Number(id));
  });

  it("have ids of their own even when none of them was ever written", () => {
    const { store, rows } = start();
    const given = Array.from({ length: 300 }, () => Number(rows.nextId()));
    store.close();
    const next = Number(new PromptRows(open()).nextId());
    expect(new Set(given).size).toBe(300);
    expect(next).toBeGreaterThan(Math.max(...given));
  });

  it("are written at once while they are few, and together when they are many", async () => {
    const { write, written } = start();
    for (let index = 0; index < 1000; index++) write();
    expect(written()).toBe(10);
    await pause(600);
    expect(written()).toBe(1000);
    write();
    expect(written()).toBe(1001);
  });

  it("are written when somebody asks for it, and what is gone by then is not", () => {
    const { rows, write, written } = start();
    const all = Array.from({ length: 20 }, () => write());
    for (const { id } of all.slice(5)) rows.remove(id);
    rows.flush();
    expect(written()).toBe(5);
    expect(rows.all()).toEqual(all.slice(0, 5));
  });

  it("are stored whole or not at all, and tried again until they are", async () => {
    const { rows, write, written } = start();
    const good = write();
    const endpoints = [...fresh.endpoints, { ...fresh.endpoints[0], port: null }];
    const broken = write({ endpoints } as never);
    expect([rows.unsaved, written()]).toEqual([1, 1]);
    expect(rows.all()).toEqual([good]);
    const mended = { ...broken, endpoints: fresh.endpoints };
    rows.write(mended);
    await pause(600);
    expect(rows.unsaved).toBe(0);
    expect(rows.all()).toEqual([good, mended]);
  });
});
