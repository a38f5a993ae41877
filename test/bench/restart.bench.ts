// How long nobody answers when the helper was killed: from its start anew to the moment it enforces and says so, and the processor time that
// takes, which other programs do not lengthen. With what Node made of the sources kept, as it is where Picket is installed. Where the
// programs of the helper before are adopted, and where they have to be verified, as after a boot or an upgrade. And how long the running
// helper is silent at a stretch: by that the unit's WatchdogSec was chosen. Writes dist/bench/restart.json.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { boottime } from "../../helper/kernel/libc.ts";
import { removePins } from "../../helper/kernel/pins.ts";
import { openStore } from "../../helper/store/database.ts";
import { Rules } from "../../helper/store/rules.ts";
import { TestHelper, until } from "../end-to-end/helper-process.ts";
import { listedName } from "./blocklists/names.ts";
import { Figures, percentile } from "./figures.ts";
import { kindOf, ruleOf } from "./policy/rules.ts";
import { cpuTime, mapsFolder } from "./process-cost.ts";

const rounds = 5;
const ruleCount = 10_000;
const nameCount = 1_000_000;
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
  const programs = join(mapsFolder(helper.instance), "../programs");
  try {
    prepare(helper.state);
    await helper.start();
    for (const [kind, forget] of [["adopted", false] as const, ["verified anew", true] as const]) {
      const [times, spent]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        await helper.signal("SIGKILL");
        if (!existsSync(programs)) throw new Error("no programs are pinned");
        if (forget) removePins(programs);
        const began = performance.now();
        await helper.start();
        times.push(performance.now() - began);
        spent.push(cpuTime(helper.pid));
      }
      const what = `${title}, programs ${kind}`;
      figures.note(`${what}: from its start to enforcing, p50`, percentile(times, 0.5), "ms");
      figures.note(`${what}: the longest`, Math.max(...times), "ms", "≤ 2000");
      figures.note(`${what}: processor time, p50`, percentile(spent, 0.5), "ms");
    }
  } finally {
    await helper.stop();
  }
}

/** Starts a helper that says how long it was silent; what is returned asks it, for the time since it was asked before. */
async function listening(helper: TestHelper): Promise<() => Promise<number>> {
  const listen = join(import.meta.dirname, "loop-delay.ts");
  await helper.start("helper/main.ts", [], ["env", `NODE_OPTIONS=--import=${listen}`]);
  let told = 0;
  return async () => {
    process.kill(helper.pid, "SIGUSR2");
    const lines = await until("its longest silence", () => {
      const found = [...helper.log.matchAll(/^longest silence (\S+)$/gm)];
      return found.length > told && found;
    });
    told = lines.length;
    return Number(lines.at(-1)?.[1]);
  };
}

async function silences(): Promise<void> {
  const helper = new TestHelper();
  try {
    writeRules(helper.state);
    const silence = await listening(helper);
    const note = async (what: string) => figures.note(`silent at a stretch, ${what}`, await silence(), "ms");
    // A start is no silence: the watchdog counts from its end.
    await silence();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await note(`in the five seconds after a start with ${ruleCount} rules`);
    const api = await helper.client();
    for (const mode of ["allow", "ask"] as const) await api.call("mode.set", { mode });
    await note("in a change that compiles all rules");
    await api.call("backup.read", {});
    await note("in making a backup of all rules");
    const { upload } = await api.call("blocklists.begin", { name: "large", replace: false });
    for (let at = 0; at < nameCount; at += 1000) {
      const names = Array.from({ length: 1000 }, (_, more) => listedName(at + more));
      await api.call("blocklists.append", { upload, data: Buffer.from(`${names.join("\n")}\n`).toString("base64") });
    }
    await api.call("blocklists.commit", { upload });
    await until(
      "the list",
      async () => (await api.call("blocklists.list", {})).every(({ busy }) => busy === null),
      120_000,
    );
    await note(`in loading a list of ${nameCount} names`);
  } finally {
    await helper.stop();
  }
}

const parts: Record<string, () => Promise<void>> = {
  none: () => measure("no rules", () => {}),
  many: () => measure("10,000 rules", writeRules),
  silences,
};
// One part alone by its name.
const [wanted] = process.argv.slice(2);
for (const [name, part] of Object.entries(parts)) if (wanted === undefined || wanted === name) await part();
figures.finish("restart");
