// The real programs judge while the policy's part without addresses changes under them: before each write and after it the answer is the
// same, and so it is to be in between.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { flowState, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import type { Compiled, Slot } from "../../../helper/policy/compile.ts";
import { slotName } from "../../../helper/policy/tables.ts";
import { enteringCgroup } from "../../bpf/entering-cgroup.ts";
import { compiled } from "../../network/compiled.ts";
import { Prober } from "./prober.ts";

const anyone = target.shape.anyApp | target.shape.anyPort | target.shape.anyProtocol | target.shape.anyDirection;
const slot: Slot = { table: 5, app: 0, port: 0, protocol: 0, direction: 0, shape: anyone, action: 2, rule: 7 };
/** Everything but the way there is the same: table 5 blocks, what is before it says nothing. */
const by = (any: number[]): Compiled => ({
  slots: new Map([[slotName(slot), slot]]),
  tables: new Map([
    [5, 1 << anyone],
    // Every wide shape is looked for: the way through it is long.
    [9, 0xff00],
  ]),
  paths: new Map(),
  any,
  defaultAction: target.action.allow,
  override: null,
  listed: () => [],
});

let prober: Prober;
let flood: ChildProcess;

beforeAll(async () => {
  prober = await Prober.start();
}, 60_000);
afterAll(async () => {
  if (flood?.exitCode === null) {
    flood.kill("SIGKILL");
    await once(flood, "exit");
  }
  await prober?.stop();
});

it("no datagram goes by a path that is half the old one and half the new", async () => {
  const maps = new PolicyMaps(prober.programs.maps, { holdTicks: 25, pidNamespace: 1 });
  const ways = [by([9, 5]), by([5])] as const;
  maps.apply(ways[0]);
  const seen = { blocked: 0, allowed: 0, held: 0 };
  prober.onRecord = ({ type, state, rule }) => {
    if (type === recordType.held) seen.held++;
    if (type !== recordType.decided) return;
    if (state === flowState.blocked && rule === 7) seen.blocked++;
    else seen.allowed++;
  };
  const script = 'ip link set lo up && exec "$0" 127.0.0.1 500 65000 60';
  const command = ["unshare", "--net", "sh", "-c", script, compiled("flood")];
  flood = spawn(...enteringCgroup(prober.cgroup.directory, command), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await expect.poll(() => seen.blocked, { timeout: 20_000 }).toBeGreaterThan(0);
  // Without the count, one of some 50,000 went by.
  for (let changes = 0; seen.blocked < 500_000 && seen.allowed === 0; changes++) {
    maps.apply(ways[changes % 2 === 0 ? 1 : 0]);
    if (changes % 64 === 0) prober.drain();
  }
  prober.drain();
  console.log(JSON.stringify(seen));
  expect(seen.allowed).toBe(0);
  // Some came in between, and waited.
  expect(seen.held).toBeGreaterThan(0);
  expect(prober.failures).toEqual([]);
}, 120_000);
