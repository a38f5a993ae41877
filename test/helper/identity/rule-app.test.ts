// What rules call the apps that a file of rules names, however many: looks of one person's are one after another, and nothing waits behind them.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { placeOf } from "../../../helper/identity/places.ts";
import { withAppKeys } from "../../../helper/identity/rule-app.ts";

let folder: string;
let started = 0;
const count = () => {
  started++;
};

beforeEach(() => {
  // Not root's alone, so that a process has to look.
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-rule-app-")));
  started = 0;
  subscribe("child_process", count);
});
afterEach(() => {
  unsubscribe("child_process", count);
  rmSync(folder, { recursive: true, force: true });
});

function app(version: string): string {
  mkdirSync(join(folder, `app-${version}`));
  const path = join(folder, `app-${version}/app`);
  writeFileSync(path, "");
  return path;
}

it("what runs, and another person's rules, are named while a file of many versions is looked at", async () => {
  const hers = app("1.0");
  let isOver = false;
  const rules = Array.from({ length: 200 }, (_, at) => ({ app: join(folder, `none-1.${at}/none`) }));
  const staged = Promise.all([withAppKeys(rules, "bob"), withAppKeys(rules, "bob")]).then(() => {
    isOver = true;
  });
  await placeOf(hers);
  await withAppKeys([{ app: hers }], "alice");
  // Not one for each rule: hers, and those of his that had their turn meanwhile.
  expect(started).toBeLessThan(60);
  expect(isOver).toBe(false);
  await staged;
});

it("an app is looked at once in a file, also as what starts another", async () => {
  const [path, other] = [app("1.0"), app("1.1")];
  const rules = Array.from({ length: 50 }, (_, at) => ({ app: path, via: at % 2 ? other : null, note: `${at}` }));
  const named = await withAppKeys(rules, "alice");
  expect(started).toBe(2);
  expect(named.map(({ note }) => note)).toEqual(rules.map(({ note }) => note));
  const [{ key }, { key: via }] = [await placeOf(path), await placeOf(other)];
  expect(named.slice(0, 2)).toEqual([
    { app: key, via: null, note: "0" },
    { app: key, via, note: "1" },
  ]);
});

it("without a version nothing is looked at, and scripts are named as well", async () => {
  const script = app("1.0");
  const [plain, both] = await withAppKeys([{ app: "/usr/bin/curl" }, { app: `/usr/bin/python3/${script}` }], "alice");
  expect(plain).toEqual({ app: "/usr/bin/curl" });
  expect(both).toEqual({ app: `/usr/bin/python3/${(await placeOf(script)).key}` });
});
