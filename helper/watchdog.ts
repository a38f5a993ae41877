// Tells systemd that the helper is ready, ends, and between the two that it still turns.
import { notify } from "./kernel/service-manager.ts";
import { log } from "./log.ts";
import { eachRound } from "./rounds.ts";

/** Starts to tell. Returns the way to say that it ends. Silent where systemd did not start us. `env`: as systemd set it. */
export function tellServiceManager(env: NodeJS.ProcessEnv): () => void {
  tell("READY=1");
  // A third: two signs may be late before systemd gives up on us (sd_watchdog_enabled(3) counts in microseconds).
  const pace = Number(env.WATCHDOG_USEC ?? 0) / 3000;
  const stop = pace > 0 ? eachRound(pace, () => tell("WATCHDOG=1")) : () => {};
  return () => {
    stop();
    tell("STOPPING=1");
  };
}

function tell(words: string): void {
  try {
    notify(words);
  } catch (error) {
    log("warn", "systemd could not be told", { words, error: String(error) });
  }
}
