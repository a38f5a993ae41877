// What has no room in the kernel's maps is counted, and nobody is taken for granted because of it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { disguise, type FlowRecord, layouts, type ProcessRecord, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { countCpus, readCounters } from "../../../helper/kernel/records.ts";
import { compile } from "../../../helper/policy/compile.ts";
import { enteringCgroup } from "../../bpf/entering-cgroup.ts";
import { smallObject } from "../../bpf/object.ts";
import { emptyPolicy, newTarget } from "../policy/model.ts";
import { Prober } from "./prober.ts";

let prober: Prober;

beforeAll(async () => {
  prober = await Prober.start(smallObject("starts"));
  const maps = new PolicyMaps(prober.programs.maps, { holdTicks: 25, pidNamespace: 1 });
  maps.apply(compile(emptyPolicy("ask"), { ...newTarget(), ...target }));
}, 120_000);
afterAll(async () => {
  await prober?.stop();
});

const cpus = countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
const counters = () => readCounters(prober.programs.maps.counters, cpus);

/** The one place is taken by nobody. */
function fillLaunches(): void {
  const { launches } = prober.programs.maps;
  const nobody = layouts.process_key.write({ kernel_pid: 1, start: 1n });
  const launch = Buffer.alloc(layouts.launch.size);
  // Whatever starts on this machine may be quicker, a few times.
  for (let tries = 0; !launches.get(nobody, launch); tries++) {
    for (const key of launches.keys(layouts.process_key.size)) launches.delete(key);
    try {
      launches.set(nobody, launch);
    } catch (error) {
      if (tries > 100) throw error;
    }
  }
}

it("a program whose start could not be written down is never a known app, and neither are its forks", async () => {
  const before = counters().unrecorded ?? 0;
  fillLaunches();
  const records: FlowRecord[] = [];
  prober.onRecord = (record) => void (record.type === recordType.held && records.push(record));
  const send = `import os, socket
os.fork() and os.wait()
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", 9))`;
  const { status } = spawnSync(...enteringCgroup(prober.cgroup.directory, ["/usr/bin/python3", "-c", send]));
  expect(status).toBe(0);
  prober.drain();
  const [child, parent] = records.map(({ process }) => process);
  expect(parent).toMatchObject({ exe: { disguised: disguise.unrecorded } });
  expect(child).toMatchObject({ exe: { disguised: disguise.unrecorded } });
  expect(child?.kernel_pid).not.toBe(parent?.kernel_pid);
  expect((counters().unrecorded ?? 0) - before).toBeGreaterThanOrEqual(2);
  const key = ({ start, exec_id, kernel_pid }: ProcessRecord) =>
    layouts.process_key.write({ start, exec_id, kernel_pid });
  for (const process of [child, parent]) {
    expect(process && prober.programs.maps.unrecorded.get(key(process), Buffer.alloc(4))).toBe(false);
  }
});

it("held connections beyond those that are kept are counted", async () => {
  const another = layouts.flow_key.write({ cookie: 1n, protocol: 6, attempt: 1 });
  prober.programs.maps.held_syns.set(another, Buffer.alloc(layouts.held_syn.size));
  const [outcome] = await prober.probe([{ protocol: "tcp", number: 6, address: "192.0.2.1", port: 443 }]);
  expect(outcome?.record?.type).toBe(recordType.held);
  expect(counters().synsFull).toBeGreaterThan(0);
});
