// Numbers that the kernel's maps keep longer than a helper lives.
import { describe, expect, it } from "vitest";
import { AppNumbers, DestinationNumbers } from "../../../helper/store/numbers.ts";
import { temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();

describe.each([
  ["app", AppNumbers],
  ["destination", DestinationNumbers],
])("the number of an %s", (_, Numbers) => {
  it("is given once and stays, over restarts", () => {
    const store = open();
    const numbers = new Numbers(store);
    const a = numbers.of("/a");
    const b = numbers.of("/b");
    expect([numbers.of("/a"), numbers.of("/b")]).toEqual([a, b]);
    expect(a).not.toBe(b);
    store.close();
    const later = new Numbers(open());
    expect([later.of("/b"), later.of("/a")]).toEqual([b, a]);
    expect(later.of("/c")).toBeGreaterThan(Math.max(a, b));
  });

  it("is never 0, which means none in the kernel", () => {
    expect(new Numbers(open()).of("")).toBeGreaterThan(0);
  });

  it("leads back to its name", () => {
    const numbers = new Numbers(open());
    const number = numbers.of("/opt/with space/ünï");
    expect(numbers.nameOf(number)).toBe("/opt/with space/ünï");
    expect(numbers.nameOf(number + 1)).toBeUndefined();
    expect(numbers.nameOf(0)).toBeUndefined();
  });

  it("is not given again when its row is gone", () => {
    const store = open();
    const number = new Numbers(store).of("/a");
    store.exec("DELETE FROM apps; DELETE FROM destinations");
    expect(new Numbers(store).of("/b")).toBeGreaterThan(number);
  });
});

it("tells apart names that differ in case or in a byte", () => {
  const numbers = new AppNumbers(open());
  const names = ["/a", "/A", "/a ", "/a\0", "/ä", "/a\u0308"];
  expect(new Set(names.map((name) => numbers.of(name))).size).toBe(names.length);
});

it("an app that is met while the disk is full is met again", () => {
  const store = open();
  const apps = new AppNumbers(store);
  apps.of("/usr/bin/curl");
  store.pragma("query_only = ON");
  apps.meet("/usr/bin/curl", 1);
  expect(apps.firstMet("/usr/bin/curl")).toBeNull();
  store.pragma("query_only = OFF");
  apps.meet("/usr/bin/curl", 2);
  expect(apps.firstMet("/usr/bin/curl")).toBe(2);
});

describe("apps beyond as many as have room", () => {
  const met = (numbers: AppNumbers, count: number) => {
    for (let each = 1; each <= count; each++) {
      numbers.ofRunning(`/app/${each}`);
      numbers.meet(`/app/${each}`, each);
    }
  };

  it("get a number when a rule names them, and not because they run", () => {
    const store = open();
    const numbers = new AppNumbers(store, 8);
    met(numbers, 8);
    expect([numbers.ofRunning("/more"), numbers.size]).toEqual([null, 8]);
    expect(numbers.ofRunning("/app/3")).toBe(numbers.of("/app/3"));
    expect(numbers.of("/ruled")).toBe(numbers.ofRunning("/ruled"));
    expect(new AppNumbers(store, 8).size).toBe(9);
  });

  it("have room again after a start: those that rules name, and those that were met first, keep theirs", () => {
    const store = open();
    const numbers = new AppNumbers(store, 8);
    met(numbers, 8);
    const kept = ["/app/1", "/app/2", "/app/7"].map((path) => numbers.of(path));
    numbers.tidy(new Set([null, "/app/7", "/never/ran"]));
    for (const each of [numbers, new AppNumbers(store, 8)]) {
      expect(each.size).toBe(3);
      expect(["/app/1", "/app/2", "/app/7"].map((path) => each.of(path))).toEqual(kept);
      expect(each.firstMet("/app/7")).toBe(7);
    }
    expect(numbers.ofRunning("/app/8")).not.toBeNull();
    numbers.meet("/app/8", 20);
    expect(numbers.firstMet("/app/8")).toBe(20);
  });

  it("keep what they have while the disk is full, and give it up afterwards", () => {
    const store = open();
    const numbers = new AppNumbers(store, 8);
    met(numbers, 8);
    store.pragma("query_only = ON");
    numbers.tidy(new Set());
    expect([numbers.size, numbers.ofRunning("/app/8")]).toEqual([8, 8]);
    store.pragma("query_only = OFF");
    numbers.tidy(new Set());
    expect([numbers.size, new AppNumbers(store, 8).size]).toEqual([2, 2]);
  });

  it("keep what they have while there is room enough", () => {
    const numbers = new AppNumbers(open(), 8);
    met(numbers, 4);
    numbers.tidy(new Set());
    expect(numbers.size).toBe(4);
  });
});
