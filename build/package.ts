// `npm run package`: the installable Picket in dist/package: an unpacked tree of files, and a .deb made of it.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.ts";
import { makeDeb } from "./package/deb.ts";
import { packWindow } from "./package/electron.ts";
import { makeTree } from "./package/tree.ts";
import { dist } from "./paths.ts";
import { giveBack, runTask } from "./privilege.ts";
import { setUp } from "./setup.ts";

await runTask(async () => {
  await setUp({ purpose: "start", yes: process.argv.includes("--yes") || process.env.CI === "true", download: true });
  await build();
  const out = join(dist, "package");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const window = await packWindow(out);
  const tree = makeTree(join(out, "tree"), window);
  const deb = makeDeb(tree, out);
  giveBack();
  console.log(`made ${deb}`);
  return 0;
});
