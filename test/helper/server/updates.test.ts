// Changes on their way to the windows: at once while they are few, together once they are many, and always the latest state.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Updates } from "../../../helper/server/updates.ts";

interface Sent {
  topic: string;
  full: boolean;
  changed: unknown[];
  removed: string[];
}

let sent: Sent[];
let updates: Updates;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  updates = new Updates((topic, data) => sent.push({ topic, ...(data as Omit<Sent, "topic">) }));
});
afterEach(() => {
  updates.close();
  vi.useRealTimers();
});

describe("updates", () => {
  it("go at the end of the turn, together", () => {
    updates.note("prompts", { n: 1 }, "a");
    updates.note("prompts", { n: 2 }, "b");
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([{ topic: "prompts", full: false, changed: [{ n: 1 }, { n: 2 }], removed: [] }]);
  });

  it("say the latest of each item, and nothing twice", () => {
    updates.note("flows", { n: 1 }, "a");
    updates.note("flows", { n: 2 }, "a");
    updates.note("flows", { n: 3 }, "b");
    updates.note("flows", null, "b");
    updates.note("flows", null, "c");
    updates.note("flows", { n: 4 }, "c");
    vi.advanceTimersByTime(1);
    expect(sent[0]).toMatchObject({ changed: [{ n: 2 }, { n: 4 }], removed: ["b"] });
    vi.advanceTimersByTime(5000);
    expect(sent).toHaveLength(1);
  });

  it("keep topics apart", () => {
    updates.note("flows", { n: 1 }, "a");
    updates.note("prompts", null, "a");
    vi.advanceTimersByTime(1);
    expect(sent.map(({ topic, changed, removed }) => [topic, changed.length, removed.length])).toEqual([
      ["flows", 1, 0],
      ["prompts", 0, 1],
    ]);
  });

  it("are at most ten a second and topic, whatever happens, and lose nothing", () => {
    for (let i = 0; i < 2000; i++) {
      updates.note("flows", { id: i % 50, n: i }, String(i % 50));
      vi.advanceTimersByTime(2);
    }
    vi.advanceTimersByTime(2000);
    expect(sent.length).toBeGreaterThanOrEqual(30);
    expect(sent.length).toBeLessThanOrEqual(50);
    const state = new Map<unknown, unknown>();
    for (const { changed } of sent) for (const item of changed) state.set((item as { id: number }).id, item);
    expect([...state.values()].map((item) => (item as { n: number }).n).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => 1950 + i),
    );
  });

  it("do not wait after a pause", () => {
    for (let i = 0; i < 30; i++) {
      updates.note("prompts", {}, "a");
      vi.advanceTimersByTime(5);
    }
    vi.advanceTimersByTime(3000);
    const before = sent.length;
    updates.note("prompts", {}, "b");
    vi.advanceTimersByTime(1);
    expect(sent).toHaveLength(before + 1);
  });

  it("end with the helper", () => {
    updates.note("prompts", {}, "a");
    updates.close();
    vi.advanceTimersByTime(5000);
    expect(sent).toEqual([]);
  });
});
