// Whoever hands over a backup may be any program: what is no backup is refused before much is made of it.
import { expect, it } from "vitest";
import { parseBackup } from "../../contract/backup.ts";

const many = (each: (at: number) => string) => Array.from({ length: 800_000 }, (_, at) => each(at)).join();

it.each([
  ["rules", "too many", many(() => '{"action":"block"}'), ""],
  ["rules", "too many, each of which is wrong", many(() => "[]"), ""],
  ["factory", "wrong", "", many((at) => `"${at}":0`)],
])("%s of which there are %s are refused at once, as many as there is room for", (place, _, rules, factory) => {
  const text = `{"format":"picket backup","version":1,"made":"2026-01-01T00:00:00Z","picket":"0","mode":"ask",
    "profile":{"automatic":true,"name":null},"profiles":[],"factory":{${factory}},"rules":[${rules}],
    "blocklists":[],"history":{"recording":true,"minutes":24,"days":365,"private":[]}}`;
  const began = process.cpuUsage();
  expect(() => parseBackup(text)).toThrow(`(${place}`);
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(2000);
});
