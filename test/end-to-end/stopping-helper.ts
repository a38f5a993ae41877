// The real helper, except that it kills itself (SIGKILL) when an answer reaches the step named in PICKET_STOP_AT.
import { startHelper } from "../../helper/helper.ts";
import { parseOptions } from "../../helper/options.ts";

const stopAt = process.env.PICKET_STOP_AT;

const helper = await startHelper(parseOptions(process.argv.slice(2), {}), {
  checkpoint: (step) => {
    if (step === stopAt) process.kill(process.pid, "SIGKILL");
  },
  stop: () => {},
  abandon: () => process.exit(1),
});
process.on("SIGTERM", () => void helper.close(true).then(() => process.exit(0)));
process.stdout.write("ready\n");
