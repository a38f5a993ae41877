// The helper hears of new processes, and a storm of them keeps nobody else from being heard.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FlowRecord, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { ringBytes } from "../../../helper/kernel/programs.ts";
import { countCpus, readCounters } from "../../../helper/kernel/records.ts";
import { compile } from "../../../helper/policy/compile.ts";
import { enteringCgroup } from "../../bpf/entering-cgroup.ts";
import { compiled } from "../../network/compiled.ts";
import { emptyPolicy, newTarget } from "../policy/model.ts";
import { Prober } from "./prober.ts";

let prober: Prober;

beforeAll(async () => {
  prober = await Prober.start();
  const maps = new PolicyMaps(prober.programs.maps, { holdTicks: 25, pidNamespace: 1 });
  maps.apply(compile(emptyPolicy("ask"), { ...newTarget(), ...target }));
}, 120_000);
afterAll(() => prober?.stop());

const cpus = countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));

it("more processes than the ring has room for leave a part of it to others, and are counted", async () => {
  const records: FlowRecord[] = [];
  prober.onRecord = (record) => void records.push(record);
  prober.isReady = false;
  const storm = Math.ceil(ringBytes.events / layouts.program.size) + 200;
  const ran = spawnSync(...enteringCgroup(prober.cgroup.directory, [compiled("processes"), `${storm}`]));
  expect([ran.status, ran.stderr.toString()]).toEqual([0, ""]);
  // Of another program; what is left where a process had no room any more may do for one or two of them.
  const probe = { protocol: "udp", number: 17, address: "192.0.2.1", port: 9 } as const;
  const others = await prober.probe(Array(20).fill(probe), { drain: false });
  prober.isReady = true;
  prober.drain();
  const heard = new Set(records.filter(({ type }) => type === recordType.held).map(({ flow }) => flow.cookie));
  expect(others.filter(({ cookie }) => !heard.has(cookie))).toEqual([]);
  const { untold = 0, ringFull } = readCounters(prober.programs.maps.counters, cpus);
  const told = records.filter(({ type }) => type === recordType.program).length;
  expect(untold).toBeGreaterThan(0);
  expect(told + untold).toBeGreaterThanOrEqual(storm);
  expect(ringFull).toBe(0);
}, 120_000);
