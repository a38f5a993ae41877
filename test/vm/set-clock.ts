// Run in a virtual machine, whose clock it sets: an answer lasts as long as it says whatever the clock says. Fails by throwing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { TestHelper, until } from "../end-to-end/helper-process.ts";

const helper = new TestHelper();
await helper.start();
const api = await helper.client();
const began = performance.now();
const { id: minute } = await api.call("rules.add", { app: null, action: "allow", port: 1, lifetime: "1m" });
const { id: hour } = await api.call("rules.add", { app: null, action: "allow", port: 2, lifetime: "1h" });
const left = async () =>
  (await api.call("rules.list", {})).map(({ id }) => id).filter((id) => [minute, hour].includes(id));
/** What a person does, or a time server. The helper looks at lifetimes with every change of the rules as well. */
async function setClock(by: string): Promise<void> {
  const before = Date.now();
  execFileSync("date", ["--set", by]);
  assert.ok(Math.abs(Date.now() - before) > 1000 * 3600, "the clock was not set");
  await api.call("rules.add", { app: null, action: "allow", address: "203.0.113.1" });
  await sleep(1000);
}

await setClock("+2 days");
const forward = performance.now() - began;
if (forward < 55_000) assert.deepEqual(await left(), [minute, hour], "a clock that is set forward ends nothing");
await setClock("-5 days");
await until("the minute's end", async () => !(await left()).includes(minute), 70_000);
assert.ok(performance.now() - began > 55_000, "a minute is a minute");
assert.deepEqual(await left(), [hour], "a clock that is set back stretches nothing, and ends nothing");
await helper.stop();
console.log("as long as they say");
process.exit(0);
