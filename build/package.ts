// `npm run package [-- deb|rpm|appimage …]`: the installable Picket in dist/package: an unpacked tree of files, and packages made of it.
// Without a word: a .deb.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.ts";
import { appImageRuntime, makeAppImage } from "./package/app-image.ts";
import { makeDeb } from "./package/deb.ts";
import { packWindow } from "./package/electron.ts";
import { release } from "./package/release.ts";
import { makeRpm } from "./package/rpm.ts";
import { makeTree } from "./package/tree.ts";
import { dist } from "./paths.ts";
import { giveBack, runTask, Stop } from "./privilege.ts";
import { setUp } from "./setup.ts";

const makers = { deb: makeDeb, rpm: makeRpm, appimage: makeAppImage };
const isFormat = (word: string): word is keyof typeof makers => Object.hasOwn(makers, word);

await runTask(async () => {
  const words = process.argv.slice(2).filter((word) => word !== "--yes");
  const unknown = words.find((word) => !isFormat(word));
  if (unknown !== undefined)
    throw new Stop(`usage: npm run package -- ${Object.keys(makers).join("|")} (not ${unknown})`);
  const formats = words.length === 0 ? (["deb"] as const) : words.filter(isFormat);
  // Said before minutes of building, not after.
  if (formats.some((format) => format === "appimage")) appImageRuntime();

  await setUp({ purpose: "start", yes: process.argv.includes("--yes") || process.env.CI === "true", download: true });
  await build();
  const out = join(dist, "package");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const made = release();
  const tree = makeTree(join(out, "tree"), await packWindow(out), made);
  for (const format of formats) console.log(`made ${makers[format](tree, out, made)}`);
  giveBack();
  return 0;
});
// electron-builder's own hooks would end a failure with 0.
process.exit();
