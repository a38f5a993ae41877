// `npm run bench [-- NAME…]`: builds, then runs test/bench/NAME.bench.ts one after another. Each writes dist/bench/NAME.json.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.ts";
import { dist, nodePath, root } from "./paths.ts";
import { giveBack, runTask, Stop } from "./privilege.ts";
import { setUp } from "./setup.ts";

const folder = join(root, "test/bench");
const ending = ".bench.ts";

await runTask(async () => {
  const known = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ending)) : [];
  const names = known.map((name) => name.slice(0, -ending.length)).sort();
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Stop(`There is no benchmark ${unknown.join(", ")}; there are: ${names.join(", ")}`);
  if (names.length === 0) throw new Stop("There are no benchmarks in test/bench.");

  await setUp({ purpose: "test", yes: process.env.CI === "true", download: false });
  await build();
  mkdirSync(join(dist, "bench"), { recursive: true });
  let failed = 0;
  for (const name of asked.length > 0 ? asked : names) {
    const result = join(dist, "bench", `${name}.json`);
    rmSync(result, { force: true });
    console.log(`— ${name}`);
    const outcome = spawnSync(nodePath, [join(folder, name + ending)], { cwd: root, stdio: "inherit" });
    if (outcome.status === 0 && existsSync(result)) continue;
    failed++;
    console.error(
      `${name} ${outcome.status === 0 ? `wrote no ${result}` : `ended with ${outcome.status ?? outcome.signal}`}`,
    );
  }
  giveBack();
  return failed === 0 ? 0 : 1;
});
