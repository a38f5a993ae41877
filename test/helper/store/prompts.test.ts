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

describe("stored questions", () => {
  it("come back as they were, over restarts, oldest first", () => {
    const store = open();
    const rows = new PromptRows(store);
    const first = rows.open(fresh);
    const second = rows.open({ ...fresh, attempts: 7, endpoints: fresh.endpoints.slice(1) });
    expect(first).not.toBe(second);
    store.close();
    expect(new PromptRows(open()).all()).toEqual([
      { id: first, ...fresh },
      { id: second, ...fresh, attempts: 7, endpoints: fresh.endpoints.slice(1) },
    ]);
  });

  it("take further attempts and endpoints, in order", () => {
    const rows = new PromptRows(open());
    const id = rows.open(fresh);
    const more = { id, ...fresh, attempts: 3, endpoints: [...fresh.endpoints].reverse() };
    rows.update(more);
    rows.update(more);
    expect(rows.all()).toEqual([more]);
  });

  it("go with their endpoints, and their id does not come back", () => {
    const store = open();
    const rows = new PromptRows(store);
    const id = rows.open(fresh);
    rows.remove(id);
    rows.remove(id);
    expect(rows.all()).toEqual([]);
    expect(store.prepare("SELECT count(*) FROM prompt_endpoints").pluck().get()).toBe(0);
    expect(Number(rows.open(fresh))).toBeGreaterThan(Number(id));
  });

  it("are stored whole or not at all", () => {
    const store = open();
    const rows = new PromptRows(store);
    const broken = { ...fresh, endpoints: [...fresh.endpoints, { ...fresh.endpoints[0], port: null }] };
    expect(() => rows.open(broken as never)).toThrow(/NOT NULL/);
    expect(rows.all()).toEqual([]);
    const id = rows.open(fresh);
    expect(() => rows.update({ ...broken, id, attempts: 9 } as never)).toThrow(/NOT NULL/);
    expect(rows.all()).toEqual([{ id, ...fresh }]);
  });
});
