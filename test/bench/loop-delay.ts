// Loaded before a helper: on SIGUSR2 it says on stderr how long its event loop was away at most since it was last asked, in milliseconds.
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on("SIGUSR2", () => {
  process.stderr.write(`longest silence ${Math.round(delay.max / 1e6)}\n`);
  delay.reset();
});
