// Names for a table to learn, few and very many.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { type Learned, NameTable } from "../../../helper/names/name-table.ts";

export const address = (n: number) => n.toString(16).padStart(32, "0");

export function learned(name: string, more: Partial<Learned> = {}): Learned {
  return { address: address(1), name, chain: [], source: "query", trusted: true, owner: "app", ttl: 300, ...more };
}

export const namesIn = (table: NameTable, at: number, of = address(1)) => table.namesOf(of, at).map(({ name }) => name);

setFlagsFromString("--expose-gc");
export const collectGarbage = runInNewContext("gc") as () => void;

/** One app learns `count` names beside forty that learned twenty each. Returns what that took: CPU milliseconds, heap bytes. */
export function floodOfNames(count: number): { cpu: number; grown: number } {
  const most = 4 * 1024 * 1024;
  const table = new NameTable(most);
  const quiet = Array.from({ length: 40 }, (_, n) => `quiet-${n}`);
  for (const [n, owner] of quiet.entries())
    for (let i = 0; i < 20; i++) table.learn(learned(`${i}.${owner}.example`, { owner, address: address(n) }), 0);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const started = process.cpuUsage();
  let peak = 0;
  for (let n = 0; n < count; n++) {
    const flood = { owner: "flood", address: address(1000 + n), ttl: 86_400 };
    table.learn(learned(`n${n}.flood.example`, flood), n / 1000);
    if (n % 1000 === 0) peak = Math.max(peak, table.size.bytes);
  }
  const { user, system } = process.cpuUsage(started);
  collectGarbage();
  const grown = process.memoryUsage().heapUsed - before;
  expect(peak).toBeLessThanOrEqual(most);
  for (const [n] of quiet.entries()) expect(namesIn(table, 1, address(n))).toHaveLength(20);
  expect(namesIn(table, 1, address(1000 + count - 1))).toEqual([`n${count - 1}.flood.example`]);
  expect(namesIn(table, 1, address(1000))).toEqual([]);
  expect(grown).toBeLessThan(1.5 * most);
  return { cpu: (user + system) / 1000, grown };
}
