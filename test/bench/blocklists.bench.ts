// What a million blocked names cost: to load at the helper's start, in memory, and for each name that is decided. In one list, and in
// several that have many names in common. Writes dist/bench/blocklists.json.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Blocklist } from "../../contract/blocklists.ts";
import { Blocklists, listsFolder } from "../../helper/blocklists/blocklists.ts";
import { openStore } from "../../helper/store/database.ts";
import { listedName } from "./blocklists/names.ts";
import { Figures, percentile } from "./figures.ts";

const names = 1_000_000;
const rounds = 3;

interface Loaded {
  load: number;
  loadCpu: number;
  more: number;
  listed: { wall: number; cpu: number; found: number };
  unlisted: { wall: number; cpu: number; found: number };
  counts: Blocklist[];
}

/** Lines of the names from `from` to `to`. */
async function write(file: string, from: number, to: number, lineOf: (name: string) => string): Promise<void> {
  const stream = createWriteStream(file);
  for (let at = from; at < to; at += 1000) {
    const lines = Array.from({ length: Math.min(1000, to - at) }, (_, more) => lineOf(listedName(at + more)));
    if (!stream.write(lines.join(""))) await once(stream, "drain");
  }
  stream.end();
  await finished(stream);
}

type Part = readonly [from: number, to: number, lineOf: (name: string) => string];

async function measure(title: string, parts: readonly Part[], goals: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "picket-bench-"));
  try {
    mkdirSync(folder, { recursive: true });
    const store = openStore(join(folder, "picket.sqlite"));
    const fetch = () => Promise.reject(new Error("nothing is fetched"));
    const lists = await Blocklists.open({ store, directory: listsFolder(folder), fetch });
    for (const [at, [from, to, lineOf]] of parts.entries()) {
      const part = lists.newPart();
      await write(part, from, to, lineOf);
      lists.handOver(`list ${at}`, false, part);
    }
    while (lists.list().some(({ busy }) => busy !== null)) await new Promise((resolve) => setTimeout(resolve, 50));
    await lists.close();
    store.close();
    const loads = Array.from({ length: rounds }, () => load(folder));
    const median = (value: (one: Loaded) => number) => percentile(loads.map(value), 0.5);
    const goal = (text: string) => (goals ? text : "");
    figures.note(
      `${title}: load, p50`,
      median(({ load }) => load),
      "ms",
      goal("≤ 2000"),
    );
    figures.note(
      `${title}: load, CPU time, p50`,
      median(({ loadCpu }) => loadCpu),
      "ms",
    );
    figures.note(`${title}: memory (PSS), most`, Math.max(...loads.map(({ more }) => more)), "MB", goal("≤ 40"));
    for (const kind of ["listed", "unlisted"] as const) {
      figures.note(
        `${title}: look-up of ${kind} names, p50`,
        median((one) => one[kind].wall),
        "µs",
        goal("≤ 5"),
      );
      figures.note(
        `${title}: look-up of ${kind} names, CPU time, p50`,
        median((one) => one[kind].cpu),
        "µs",
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function load(folder: string): Loaded {
  const args = [join(import.meta.dirname, "blocklists/loading.ts"), folder, String(names)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the loading process ended with ${status}: ${stderr}`);
  const loaded = JSON.parse(stdout) as Loaded;
  // What was measured must be what was meant.
  if (loaded.listed.found !== 1 || loaded.unlisted.found !== 0)
    throw new Error(`${loaded.listed.found} of the listed names are found, ${loaded.unlisted.found} of others`);
  return loaded;
}

const domain = (name: string) => `${name}\n`;
const figures = new Figures();
await measure("1,000,000 domains", [[0, names, domain]], true);
const adblock = (name: string) => `||${name}^\n`;
await measure(
  "1,000,000 domains in 5 lists, and 250,000 of them again",
  [
    [0, 250_000, domain],
    [250_000, 500_000, adblock],
    [500_000, 750_000, domain],
    [750_000, names, adblock],
    [600_000, 850_000, domain],
  ],
  false,
);
figures.finish("blocklists");
