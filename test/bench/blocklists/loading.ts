// A process like the helper that opens the lists of a folder: what that takes, and what looking up takes then. Prints one line of JSON.
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Blocklists, listsFolder } from "../../../helper/blocklists/blocklists.ts";
import { openStore } from "../../../helper/store/database.ts";
import { memory } from "../process-cost.ts";
import { listedName } from "./names.ts";

// As in helper/main.ts.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (how: object) => void;
const settle = () => collect({ type: "major", execution: "sync", flavor: "last-resort" });

const [folder = "", count = "0"] = process.argv.slice(2);
const names = Number(count);
const lookUps = 200_000;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const store = openStore(join(folder, "picket.sqlite"));
settle();
const before = memory(process.pid).pss;
const [began, cpuBegan] = [performance.now(), cpu()];
const lists = await Blocklists.open({
  store,
  directory: listsFolder(folder),
  fetch: () => Promise.reject(new Error("nothing is fetched")),
});
const [load, loadCpu] = [performance.now() - began, cpu() - cpuBegan];
settle();
const more = memory(process.pid).pss - before;

/** Microseconds a look-up. */
function measure(nameOf: (at: number) => string): { wall: number; cpu: number; found: number } {
  const asked = Array.from({ length: lookUps }, (_, at) => nameOf((at * 7919) % names));
  let found = 0;
  const [start, cpuStart] = [performance.now(), cpu()];
  for (const name of asked) if (lists.matchName(name) !== null) found++;
  const [wall, used] = [performance.now() - start, cpu() - cpuStart];
  return { wall: (wall * 1000) / lookUps, cpu: (used * 1000) / lookUps, found: found / lookUps };
}

const listed = measure((at) => `www.${listedName(at)}`);
const unlisted = measure((at) => `www.${listedName(at).replace(".", "-not.")}`);
await lists.close();
process.stdout.write(`${JSON.stringify({ load, loadCpu, more, listed, unlisted, counts: lists.list() })}\n`);
