// The walls between rooms, proved by breaking each: a file with a forbidden import must be refused by the linter.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

const forbidden: [file: string, imports: string][] = [
  ["contract/a.ts", "node:fs"],
  ["contract/b.ts", "../helper/policy/decide.ts"],
  ["contract/c.ts", "react"],
  ["contract/d.ts", "../main/client/client.ts"],
  ["helper/a.ts", "../main/client/client.ts"],
  ["helper/server/b.ts", "../../main/client/client.ts"],
  ["helper/server/c.ts", "../../renderer/store.ts"],
  ["helper/server/d.ts", "koffi"],
  ["helper/server/e.ts", "better-sqlite3"],
  ["helper/server/f.ts", "node:sqlite"],
  ["helper/server/g.ts", "electron"],
  ["helper/kernel/a.ts", "better-sqlite3"],
  ["helper/kernel/b.ts", "../../main/client/client.ts"],
  ["helper/store/a.ts", "koffi"],
  ["helper/store/b.ts", "../../renderer/store.ts"],
  ["helper/policy/a.ts", "node:fs"],
  ["helper/policy/b.ts", "../store/database.ts"],
  ["helper/policy/c.ts", "koffi"],
  ["helper/policy/d.ts", "valibot"],
  ["helper/policy/e.ts", "../kernel/maps.ts"],
  ["main/cli/a.ts", "../../helper/store/database.ts"],
  ["main/cli/b.ts", "electron"],
  ["main/cli/c.ts", "koffi"],
  ["main/client/d.ts", "../../renderer/store.ts"],
  ["main/client/e.ts", "electron/main"],
  ["main/window/a.ts", "../../helper/main.ts"],
  ["main/window/b.ts", "../../renderer/store.ts"],
  ["main/window/c.ts", "better-sqlite3"],
  ["renderer/a.tsx", "node:fs"],
  ["renderer/b.tsx", "node:fs/promises"],
  ["renderer/c.tsx", "electron"],
  ["renderer/d.tsx", "../main/client/client.ts"],
  ["renderer/prompt/e.tsx", "../../main/window/link.ts"],
  ["renderer/prompt/f.tsx", "../../helper/policy/decide.ts"],
  ["build/a.ts", "koffi"],
  ["build/b.ts", "electron"],
];

const permitted: [file: string, imports: string][] = [
  ["contract/ok1.ts", "valibot"],
  ["contract/ok2.ts", "./words.ts"],
  ["helper/ok1.ts", "../contract/words.ts"],
  ["helper/ok2.ts", "./kernel/libbpf.ts"],
  ["helper/server/ok3.ts", "../store/database.ts"],
  ["helper/kernel/ok1.ts", "koffi"],
  ["helper/store/ok1.ts", "better-sqlite3"],
  ["helper/policy/ok1.ts", "../../contract/words.ts"],
  ["helper/policy/ok2.ts", "ipaddr.js"],
  ["helper/policy/ok3.ts", "./order.ts"],
  ["helper/policy/ok4.ts", "tldts"],
  ["main/cli/ok1.ts", "../client/client.ts"],
  ["main/cli/ok2.ts", "./helper-connection.ts"],
  ["main/window/ok1.ts", "electron"],
  ["main/window/ok2.ts", "../client/client.ts"],
  ["renderer/ok1.tsx", "react"],
  ["renderer/prompt/ok2.tsx", "../../contract/words.ts"],
  ["renderer/prompt/ok3.tsx", "../store.ts"],
  ["test/helper/ok1.ts", "../../helper/store/database.ts"],
];

/** Every way of importing, over one wall. */
const ways: [file: string, text: string][] = [
  ["main/cli/type.ts", 'import type { Rule } from "../../helper/store/rules.ts";\n\nexport const x: Rule[] = [];\n'],
  ["main/cli/dynamic.ts", 'export const x = await import("../../helper/store/rules.ts");\n'],
  ["main/cli/reexport.ts", 'export * from "../../helper/store/rules.ts";\n'],
];

let folder: string;
let refused: Set<string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "picket-walls-"));
  const { vcs: _, $schema: __, ...config } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  writeFileSync(join(folder, "biome.json"), JSON.stringify(config));
  const texts = [...forbidden, ...permitted].map(([file, imports]) => {
    return [file, `import * as given from "${imports}";\n\nconsole.log(given);\n`] as const;
  });
  for (const [file, text] of [...texts, ...ways]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const words = ["lint", "--only=style/noRestrictedImports", "--reporter=json", "--max-diagnostics=none"];
  const outcome = spawnSync(join(root, "node_modules/.bin/biome"), words, { cwd: folder, encoding: "utf8" });
  const { diagnostics } = JSON.parse(outcome.stdout) as {
    diagnostics: { category: string; severity: string; location: { path: string | { file: string } } }[];
  };
  const errors = diagnostics.filter((one) => one.severity === "error");
  expect(new Set(errors.map((one) => one.category))).toEqual(new Set(["lint/style/noRestrictedImports"]));
  refused = new Set(errors.map(({ location: { path } }) => (typeof path === "string" ? path : path.file)));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the linter", () => {
  test.each(forbidden)("refuses %s importing %s", (file) => {
    expect([...refused]).toContain(file);
  });

  test.each(ways)("sees the import in %s", (file) => {
    expect([...refused]).toContain(file);
  });

  test.each(permitted)("lets %s import %s", (file) => {
    expect([...refused]).not.toContain(file);
  });
});
