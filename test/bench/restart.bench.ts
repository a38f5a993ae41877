// How long nobody answers when the helper was killed: from its start anew to the moment it enforces and says so, and the processor time that
// takes, which other programs do not lengthen. With what Node made of the sources kept, as it is where Picket is installed. Writes
// dist/bench/restart.json.
import { join } from "node:path";
import { boottime } from "../../helper/kernel/libc.ts";
import { openStore } from "../../helper/store/database.ts";
import { Rules } from "../../helper/store/rules.ts";
import { TestHelper } from "../end-to-end/helper-process.ts";
import { Figures, percentile } from "./figures.ts";
import { kindOf, ruleOf } from "./policy/rules.ts";
import { cpuTime } from "./process-cost.ts";

const rounds = 7;
const ruleCount = 10_000;
const figures = new Figures();

function writeRules(state: string): void {
  const store = openStore(join(state, "picket.sqlite"));
  const rules = new Rules(store, { boot: "", boottime });
  store.transaction(() => {
    for (let at = 0; at < ruleCount; at++) rules.add(ruleOf(kindOf(at), at), 0);
    store.exec("DELETE FROM rule_changes");
  })();
  store.close();
}

async function measure(title: string, prepare: (state: string) => void): Promise<void> {
  const helper = new TestHelper();
  try {
    prepare(helper.state);
    await helper.start();
    const [times, spent]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      await helper.signal("SIGKILL");
      const began = performance.now();
      await helper.start();
      times.push(performance.now() - began);
      spent.push(cpuTime(helper.pid));
    }
    figures.note(`${title}: from its start to enforcing, p50`, percentile(times, 0.5), "ms");
    figures.note(`${title}: the longest`, Math.max(...times), "ms", "≤ 2000");
    figures.note(`${title}: processor time, p50`, percentile(spent, 0.5), "ms");
  } finally {
    await helper.stop();
  }
}

await measure("no rules", () => {});
await measure("10,000 rules", writeRules);
figures.finish("restart");
