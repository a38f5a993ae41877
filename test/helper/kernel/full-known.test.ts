// Programs and processes beyond those the kernel can know: held each time, never taken for others, and counted.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { App } from "../../../contract/words.ts";
import type { Apps } from "../../../helper/identity/apps.ts";
import { Naming } from "../../../helper/identity/naming.ts";
import { type FlowRecord, flowState, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { Notices } from "../../../helper/kernel/notices.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { compile } from "../../../helper/policy/compile.ts";
import type { AppNumbers } from "../../../helper/store/numbers.ts";
import { enteringCgroup } from "../../bpf/entering-cgroup.ts";
import { smallObject } from "../../bpf/object.ts";
import { anyRule, emptyPolicy, newTarget } from "../policy/model.ts";
import { Prober } from "./prober.ts";

const app: App = { name: "python", path: "/usr/bin/app", verified: true, icon: null, via: null };
const rule = { ...anyRule, id: "1", number: 1, app: app.path };
const datagram = { protocol: "udp", number: 17, address: "192.0.2.1", port: 9 } as const;
const number = Buffer.alloc(4);
let prober: Prober;

beforeAll(async () => {
  prober = await Prober.start(smallObject("programs"));
  const numbers = { ...newTarget(), ...target };
  const maps = new PolicyMaps(prober.programs.maps, { holdTicks: 25, pidNamespace: 1 });
  maps.apply(compile({ ...emptyPolicy("ask"), rules: [rule] }, numbers));
  number.writeUInt32LE(numbers.appId(app.path));
}, 120_000);
afterAll(async () => {
  await prober?.stop();
});

async function met(): Promise<FlowRecord> {
  const [outcome] = await prober.probe([datagram]);
  if (outcome?.record === undefined) throw new Error("the kernel said nothing of a datagram");
  return outcome.record;
}

it("a program without room is held each time, although its rule allows it, and counted", async () => {
  const { maps } = prober.programs;
  const apps = {
    identify: async () => ({ app, certain: true, lasting: true }),
    ownerOf: async () => null,
  } as unknown as Apps;
  const contents = { meet: async () => {}, isChanged: () => false, fileOf: () => null };
  const numbers = { ofRunning: () => number.readUInt32LE(), nameOf: () => undefined } as unknown as AppNumbers;
  const naming = new Naming({ apps, numbers, contents, maps, notices: new Notices(maps.notices) });
  const other = layouts.exe_key.write({ inode: 1n });
  maps.apps.set(other, number);
  const record = await met();
  expect([record.type, naming.unnamed]).toEqual([recordType.held, 0]);
  await new Promise<void>((resolve) =>
    naming.meet(
      record,
      () => resolve(),
      () => {},
    ),
  );
  expect(naming.unnamed).toBe(1);
  expect((await met()).type).toBe(recordType.held);
  // With room it is allowed.
  maps.apps.delete(other);
  maps.apps.set(layouts.exe_key.write(record.process.exe), number);
  expect(await met()).toMatchObject({ type: recordType.decided, state: flowState.allowed });
  maps.apps.delete(layouts.exe_key.write(record.process.exe));
});

it("a process that another one drove from its place is held and told of again; neither is taken for the other", async () => {
  const { maps } = prober.programs;
  const { start, exec_id, kernel_pid } = (await met()).process;
  maps.processes.set(layouts.process_key.write({ start, exec_id, kernel_pid }), number);
  expect(await met()).toMatchObject({ type: recordType.decided, state: flowState.allowed });
  const records: FlowRecord[] = [];
  prober.onRecord = (record) => void records.push(record);
  const send = `import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", 9))`;
  expect(spawnSync(...enteringCgroup(prober.cgroup.directory, ["/usr/bin/python3", "-c", send])).status).toBe(0);
  prober.drain();
  // It may be driven out, and told of, more than once. Ends are told when the sockets before go, whenever that is.
  const types = () => new Set(records.splice(0).flatMap(({ type }) => (type === recordType.ended ? [] : [type])));
  const toldAndHeld = new Set([recordType.program, recordType.held]);
  expect(types()).toEqual(toldAndHeld);
  expect((await met()).type).toBe(recordType.held);
  expect(types()).toEqual(toldAndHeld);
});
