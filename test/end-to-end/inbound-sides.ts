// Both sides of an inbound connection: a guarded listener in the near namespace, and callers in the far one that nobody guards.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Flow } from "../../contract/words.ts";
import { type CallResult, client } from "../network/clients.ts";
import type { Network } from "../network/network.ts";
import { inGuard, start, type TestHelper, until } from "./helper-process.ts";

/** A line of listener.py. */
export interface Heard {
  ready?: boolean;
  from?: string;
  port?: number;
  data?: string;
  /** errno of the connection's end, 0 for an orderly one. */
  closed?: number;
}

export class Listener {
  readonly heard: Heard[] = [];
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
    if (child.stdout)
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.heard.push(JSON.parse(line) as Heard);
      });
  }

  static async start(helper: TestHelper, network: Network, ...args: (string | number)[]): Promise<Listener> {
    const command = inGuard(helper, network.near, client("listener", ...args));
    const listener = new Listener(spawn(...command, { stdio: ["pipe", "pipe", "inherit"] }));
    await until("the listener", () => listener.heard.some(({ ready }) => ready));
    return listener;
  }

  get port(): number {
    return this.heard.find(({ ready }) => ready)?.port ?? 0;
  }

  /** What came from an address. */
  from(address: string): Heard[] {
    return this.heard.filter(({ from }) => from === address);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin?.end();
    await ended;
  }
}

export interface Call {
  protocol: "tcp" | "udp";
  from: string;
  fromPort: number;
  to: string;
  port: number;
  seconds?: number;
  words?: string[];
}

/** A call from the far side. */
export async function call(
  network: Network,
  { protocol, from, fromPort, to, port, seconds = 40, words = ["hello"] }: Call,
) {
  const command = client("caller", protocol, from, fromPort, to, port, seconds, ...words);
  const ran = await start("nsenter", [`--net=/run/netns/${network.far}`, ...command]);
  if (ran.stdout === "") throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as CallResult;
}

const burstOfCalls = `import json, socket, sys, time
calling = []
for start, port, to, to_port, count in json.loads(sys.argv[1]):
    for n in range(count):
        s = socket.socket()
        s.bind((start, port + n))
        s.setblocking(False)
        s.connect_ex((to, to_port))
        calling.append(s)
time.sleep(float(sys.argv[2]))`;

/**
 * So many calls over TCP and IPv4 within a moment, by one process and from one port after the other: to start as many would take its time.
 * `then`: and right after them so many others.
 */
export async function burst(network: Network, call: Call, count: number, then?: { call: Call; count: number }) {
  const words = ({ from, fromPort, to, port }: Call, count: number) => [from, fromPort, to, port, count];
  const all = [words(call, count), ...(then ? [words(then.call, then.count)] : [])];
  const command = ["python3", "-c", burstOfCalls, JSON.stringify(all), String(call.seconds ?? 1)];
  const { code, stderr } = await start("nsenter", [`--net=/run/netns/${network.far}`, ...command]);
  if (code !== 0) throw new Error(stderr);
}

const acknowledgement = `import socket, struct, sys
source, port, to, to_port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
segment = struct.pack("!HHIIBBHHH", port, to_port, 1, 1, 5 << 4, 0x10, 1024, 0, 0)
summed = socket.inet_aton(source) + socket.inet_aton(to) + struct.pack("!HH", 6, len(segment)) + segment
total = sum(struct.unpack("!16H", summed))
checksum = ~(total + (total >> 16)) & 0xFFFF
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
s.bind((source, 0))
s.sendto(segment[:16] + struct.pack("!H", checksum) + segment[18:], (to, 0))`;

/** A segment over TCP and IPv4 that acknowledges what nobody said. */
export async function strayAcknowledgement(network: Network, { from, fromPort, to, port }: Call): Promise<void> {
  const command = ["python3", "-c", acknowledgement, from, String(fromPort), to, String(port)];
  const { code, stderr } = await start("nsenter", [`--net=/run/netns/${network.far}`, ...command]);
  if (code !== 0) throw new Error(stderr);
}

/** Flows with a remote, newest first. */
export async function flowsWith(helper: TestHelper, address: string): Promise<Flow[]> {
  const flows = await (await helper.client()).call("flows.list", {});
  return flows.filter(({ endpoint }) => endpoint.address === address);
}
