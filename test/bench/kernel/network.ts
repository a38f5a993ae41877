// The kernel benchmark's network: near and far namespace joined by a veth pair, a server of our own on the far side, and where a
// comparison wants it a queue in user space (NFQUEUE) that every packet going out must pass. Nothing outside is touched.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Generator } from "./generator.ts";

/** Every address of it is the far side's (RFC 2544, for benchmarks). */
const farRange = "198.18.0.0/15";
export const far = { address: "198.18.0.1", accept: 8001, sink: 8012, datagram: 8003 } as const;
export const clientCpu = 0;
/** Accepts and receives apart from the client, where there is another core. */
export const serverCpu = 1;

export interface Network {
  /** Name of the namespace the clients run in, below /run/netns. */
  readonly near: string;
  destroy(): Promise<void>;
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}

/**
 * Command line that runs a program in a namespace on one core, ahead of all ordinary work of the machine: a measurement lasts
 * milliseconds, and one that is interrupted is none.
 */
export function inNamespace(namespace: string, cpu: number, command: readonly string[]): string[] {
  return ["nsenter", `--net=/run/netns/${namespace}`, "chrt", "-f", "1", "taskset", "-c", String(cpu), ...command];
}

export async function createNetwork(cpus: number, queued: boolean): Promise<Network> {
  const id = randomBytes(3).toString("hex");
  const [near, farSide] = [`pkbn-${id}`, `pkbf-${id}`];
  const made: string[] = [];
  const running: Generator[] = [];
  const destroy = async () => {
    for (const each of running) await each.close();
    for (const name of made) ip("netns", "delete", name);
  };
  try {
    for (const name of [near, farSide]) {
      ip("netns", "add", name);
      made.push(name);
      ip("-n", name, "link", "set", "lo", "up");
    }
    ip("-n", near, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", farSide);
    ip("-n", near, "addr", "add", "192.0.2.1/24", "dev", "wire");
    ip("-n", farSide, "addr", "add", "192.0.2.2/24", "dev", "wire");
    for (const name of [near, farSide]) ip("-n", name, "link", "set", "wire", "up");
    ip("-n", near, "route", "add", farRange, "via", "192.0.2.2");
    ip("-n", farSide, "route", "add", "local", farRange, "dev", "lo");
    // Bulk data is read on the client's core: what a program takes then shows undivided, and other work on the machine does not.
    const servers = [
      { cpu: Math.min(serverCpu, cpus - 1), ports: [far.accept, far.accept + 1, far.datagram] },
      { cpu: clientCpu, ports: [far.sink - 1, far.sink, far.sink + 1] },
    ];
    for (const { cpu, ports } of servers)
      running.push(await Generator.start(inNamespace(farSide, cpu, [Generator.build("server"), ...ports.map(String)])));
    if (queued) {
      const consumer = inNamespace(near, Math.min(serverCpu, cpus - 1), [Generator.build("queue")]);
      running.push(await Generator.start(consumer));
      const rule = ["-t", "mangle", "-A", "OUTPUT", "-j", "NFQUEUE", "--queue-num", "0"];
      execFileSync("nsenter", [`--net=/run/netns/${near}`, "iptables-nft", ...rule]);
    }
  } catch (error) {
    await destroy();
    throw error;
  }
  return { near, destroy };
}
