// Who wants one of the long runs finds it in the README.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("the README names every long run, and no other", () => {
  const named = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^\| `(test\/\S+)` \|/gm)];
  const files = globSync("test/**/*.slow.test.{ts,tsx}", { cwd: root });
  expect(named.map(([, name]) => name)).toEqual(files.map((file) => file.replace(/\.test\.tsx?$/, "")).sort());
});
