// The real helper, except that SIGUSR2 makes it collect its garbage and say what it holds: one JSON object a line on stdout.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startHelper } from "../../helper/helper.ts";
import { trimMemory } from "../../helper/kernel/libc.ts";
import { parseOptions } from "../../helper/options.ts";

// As helper/main.ts has it.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

const helper = await startHelper(parseOptions(process.argv.slice(2), {}), {
  checkpoint: () => {},
  stop: () => {},
  abandon: () => process.exit(1),
});
process.on("SIGTERM", () => void helper.close(true).then(() => process.exit(0)));
process.on("SIGUSR2", () => {
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
  trimMemory();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ measured: { heapUsed, external, arrayBuffers } })}\n`);
});
process.stdout.write("ready\n");
