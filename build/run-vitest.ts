// Runs vitest so that one signal, SIGUSR2, ends it in order: the running tests finish, their hooks clean up, the results are reported. Its
// own command line does that only for somebody at a keyboard. usage: node build/run-vitest.ts [VITEST-OPTION…] [FILE…]
import { join } from "node:path";
import { createVitest, parseCLI } from "vitest/node";
import { dist } from "./paths.ts";

// Tests start Node some thousand times, with the same few files: compiled once, each start takes half the processor time.
process.env.NODE_COMPILE_CACHE ??= join(dist, "compile-cache");
// Tests read lines that clients in Python print: unbuffered, it writes each word of a line by itself.
delete process.env.PYTHONUNBUFFERED;

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await createVitest("test", { ...options, watch: false, run: true });
// Not SIGINT or SIGTERM: on those its reporter leaves at once.
process.on("SIGUSR2", () => void vitest.cancelCurrentRun("keyboard-input"));
try {
  await vitest.start(filter);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
await vitest.exit();
