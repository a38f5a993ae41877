// Runs vitest so that one signal, SIGUSR2, ends it in order: the running tests finish, their hooks clean up, the results are reported. Its
// own command line does that only for somebody at a keyboard. usage: node build/run-vitest.ts [VITEST-OPTION…] [FILE…]
import { createVitest, parseCLI } from "vitest/node";

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
