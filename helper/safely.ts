// What happens on its own has nobody to tell of a failure.
import { log } from "./log.ts";

/** For what happens on its own: a failure is logged and the helper goes on. */
export function safely(failure: string, work: () => void): () => void {
  return () => {
    try {
      work();
    } catch (error) {
      log("error", failure, { error: String((error as Error).stack ?? error) });
    }
  };
}
