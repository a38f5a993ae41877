// What a socket's process was named holds until it is named anew: a flow that waited for its name does not wait again with each new helper.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FlowRecord, flowState, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { compile } from "../../../helper/policy/compile.ts";
import type { PolicyRule } from "../../../helper/policy/rule.ts";
import { anyRule, emptyPolicy, newTarget } from "../policy/model.ts";
import { Prober } from "./prober.ts";

/** Two ends in a network namespace of their own, the near one guarded. The one that began sends a byte for each line, the other says so. */
const ends = `
import os, socket, sys
protocol, begins, cgroup = sys.argv[1:]
kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM

addresses = {"near": "192.0.2.77", "far": "192.0.2.78"}
called = "far" if begins == "near" else "near"
port = 7777 # of whoever binds to none, nothing that comes is asked about

def make(end, port):
    if end == "near":
        with open(cgroup + "/cgroup.procs", "w") as members: members.write(str(os.getpid()))
    s = socket.socket(socket.AF_INET, kind)
    s.bind((addresses[end], port))
    return s

up, ready = os.pipe()
if os.fork() == 0:
    sys.stdin.close()
    s = make(called, port)
    if protocol == "tcp": s.listen()
    os.write(ready, b".")
    if protocol == "tcp": s = s.accept()[0]
    while data := s.recv(1): print(len(data), flush=True)
else:
    os.read(up, 1)
    s = make(begins, 0)
    s.connect((addresses[called], port))
    for line in sys.stdin: s.send(b".")
`;

/** Another app is blocked everywhere, the rest allowed: whoever has no number is asked about. */
const rule: PolicyRule = { ...anyRule, id: "1", number: 1, app: "/usr/bin/another", action: "block" };
const numbers = { ...newTarget(), ...target };
const policy = compile({ ...emptyPolicy("allow"), rules: [rule] }, numbers);

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

it.each([
  ["tcp", "near"],
  ["udp", "near"],
  ["tcp", "far"],
  ["udp", "far"],
])(
  "a %s flow that the %s end began, and that waited for its app's name, goes on under a helper that has not named it yet",
  async (protocol, begins) => {
    const { maps } = prober.programs;
    const policies = new PolicyMaps(maps, { holdTicks: 25, pidNamespace: 1 });
    policies.apply(policy);
    const held: FlowRecord[] = [];
    prober.onRecord = (record) => record.type === recordType.held && held.push(record);
    const script = 'ip link set lo up && ip route add local 192.0.2.0/24 dev lo && exec /usr/bin/python3 -c "$@"';
    const words = [ends, protocol, begins, prober.cgroup.directory];
    child = spawn("unshare", ["--net", "sh", "-c", script, "sh", ...words], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true, // both ends: they are ended together
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on("line", (line) => lines.push(line));
    const lengthOf = (list: readonly unknown[]) => {
      prober.drain();
      return list.length;
    };
    const goes = async () => {
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
    number.writeUInt32LE(numbers.appId("/usr/bin/app"));
    maps.processes.set(named, number);
    const gate = Buffer.alloc(layouts.gate.size);
    const key = layouts.flow_key.write(first.flow);
    maps.gates.get(key, gate);
    const open = { ...layouts.gate.read(gate), state: flowState.allowed, generation: policies.generation };
    maps.gates.set(key, layouts.gate.write(open));
    // A held datagram is the helper's to send or to deliver, and there is none here.
    if (protocol === "tcp") await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
    expect(await goes()).toBe("1");

    // The next one's: nobody has a name (helper/identity/living.ts), and every flow is judged by the policy that it compiled.
    maps.processes.set(named, Buffer.alloc(4));
    held.length = 0;
    policies.renew();
    expect(await goes()).toBe("1");
    expect(held).toEqual([]);
    expect(prober.failures).toEqual([]);
  },
  120_000,
);
