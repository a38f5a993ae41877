// What a socket's process was named holds until it is named anew: a flow that waited for its name does not wait again with each new helper.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FlowRecord, flowState, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import type { Compiled, Slot } from "../../../helper/policy/compile.ts";
import { slotName } from "../../../helper/policy/tables.ts";
import { Prober } from "./prober.ts";

/** In a network namespace of its own, with what answers outside of the guard: echoes one byte for each line. */
const client = `
import os, socket, sys
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
far = socket.socket(socket.AF_INET, kind)
far.bind(("127.0.0.1", 7777))
if kind == socket.SOCK_STREAM: far.listen()
if os.fork() == 0:
    sys.stdin.close()
    if kind == socket.SOCK_STREAM: far = far.accept()[0]
    while True:
        data, address = far.recvfrom(16)
        if not data: os._exit(0)
        far.sendto(data, address) if address else far.send(data)
far.close()
with open(sys.argv[2] + "/cgroup.procs", "w") as members: members.write(str(os.getpid()))
near = socket.socket(socket.AF_INET, kind)
near.connect(("127.0.0.1", 7777))
for line in sys.stdin:
    near.send(b".")
    near.settimeout(1 if kind == socket.SOCK_DGRAM else 60)
    try: print(len(near.recv(16)), flush=True)
    except TimeoutError: print(0, flush=True)
`;

const app = 5;
const another = 6;
const anyone = target.shape.anyApp | target.shape.anyPort | target.shape.anyProtocol | target.shape.anyDirection;
/** Another app is blocked everywhere, the rest allowed: whoever has no number is asked about. */
const slot: Slot = {
  ...{ table: 5, app: another, port: 0, protocol: 0, direction: 0, action: target.action.block, rule: 7 },
  shape: anyone & ~target.shape.anyApp,
};
const policy: Compiled = {
  slots: new Map([[slotName(slot), slot]]),
  tables: new Map([[5, 1 << slot.shape]]),
  paths: new Map(),
  any: [5],
  defaultAction: target.action.allow,
  override: null,
  listed: () => [],
};

let prober: Prober;
let child: ChildProcess;

beforeAll(async () => {
  prober = await Prober.start();
}, 120_000);
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    process.kill(-(child.pid as number), "SIGKILL");
    await once(child, "exit");
  }
});
afterAll(() => prober?.stop());

it.each(["tcp", "udp"])(
  "a %s flow that waited for its app's name goes on under a helper that has not named it yet",
  async (protocol) => {
    const { maps } = prober.programs;
    const policies = new PolicyMaps(maps, { holdTicks: 25, pidNamespace: 1 });
    policies.apply(policy);
    const held: FlowRecord[] = [];
    prober.onRecord = (record) => record.type === recordType.held && held.push(record);
    const script = 'ip link set lo up && exec /usr/bin/python3 -c "$@"';
    child = spawn("unshare", ["--net", "sh", "-c", script, "sh", client, protocol, prober.cgroup.directory], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true, // with what answers: they are ended together
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on("line", (line) => lines.push(line));
    const lengthOf = (list: readonly unknown[]) => {
      prober.drain();
      return list.length;
    };
    const echoes = async () => {
      const before = lines.length;
      child.stdin?.write("\n");
      await expect.poll(() => lengthOf(lines), { timeout: 20_000 }).toBe(before + 1);
      return lines.at(-1);
    };

    // Another helper's work: the process has a number, and the flow that was held for want of one goes.
    child.stdin?.write("\n");
    await expect.poll(() => lengthOf(held), { timeout: 20_000 }).toBeGreaterThan(0);
    const [first] = held as [FlowRecord];
    const named = layouts.process_key.write(first.process);
    const number = Buffer.alloc(4);
    number.writeUInt32LE(app);
    maps.processes.set(named, number);
    const gate = Buffer.alloc(layouts.gate.size);
    const key = layouts.flow_key.write(first.flow);
    maps.gates.get(key, gate);
    const open = { ...layouts.gate.read(gate), state: flowState.allowed, generation: policies.generation };
    maps.gates.set(key, layouts.gate.write(open));
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
    expect(await echoes()).toBe("1");

    // The next one's: nobody has a name (helper/identity/living.ts), and every flow is judged by the policy that it compiled.
    maps.processes.set(named, Buffer.alloc(4));
    held.length = 0;
    policies.renew();
    expect(await echoes()).toBe("1");
    expect(held).toEqual([]);
    expect(prober.failures).toEqual([]);
  },
  120_000,
);
