// A test network of two namespaces joined by a veth pair: the near one for guarded clients, the far one with real servers and a
// counter on the wire. Nothing outside the two namespaces is touched.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Far addresses: every test takes its own, so that none sees another's rules. Documentation ranges (RFC 5737, RFC 3849). */
const farAddresses = 32;

export interface Network {
  /** Name of the namespace the clients run in, below /run/netns. */
  readonly near: string;
  /** Name of the far namespace, for callers that nobody guards. */
  readonly far: string;
  /** The near side's own address. */
  nearAddress(family: 4 | 6): string;
  /** A far address that nobody was given before. */
  address(family: 4 | 6): string;
  /** Packets that reached the far side for this destination so far. Throws when the count is not exact. */
  arrived(protocol: "tcp" | "udp" | "icmp", address: string, port: number): Promise<number>;
  /** Packets of any kind that reached the far side for this address so far. */
  arrivedAt(address: string): Promise<number>;
  destroy(): void;
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}

function wire(near: string, far: string): void {
  for (const name of [near, far]) {
    ip("netns", "add", name);
    ip("-n", name, "link", "set", "lo", "up");
  }
  ip("-n", near, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", far);
  ip("-n", near, "addr", "add", "192.0.2.1/24", "dev", "wire");
  ip("-n", near, "addr", "add", "2001:db8::1/64", "dev", "wire", "nodad");
  for (let host = 2; host < 2 + farAddresses; host++) {
    ip("-n", far, "addr", "add", `192.0.2.${host}/24`, "dev", "wire");
    ip("-n", far, "addr", "add", `2001:db8::${host.toString(16)}/64`, "dev", "wire", "nodad");
  }
  for (const name of [near, far]) ip("-n", name, "link", "set", "wire", "up");
}

export async function createNetwork(): Promise<Network> {
  const id = randomBytes(3).toString("hex");
  const [near, far] = [`pkn-${id}`, `pkf-${id}`];
  const remove = () => {
    for (const name of [near, far]) {
      try {
        ip("netns", "delete", name);
      } catch {
        // never made
      }
    }
  };
  let server: ChildProcess;
  let lines: AsyncIterator<string>;
  try {
    wire(near, far);
    const script = join(import.meta.dirname, "far-side.py");
    const child = spawn("nsenter", [`--net=/run/netns/${far}`, "python3", script, "wire"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    server = child;
    lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.value !== "ready") throw new Error("the far side did not start");
  } catch (error) {
    remove();
    throw error;
  }
  const next = { 4: 2, 6: 2 };
  let asking: Promise<unknown> = Promise.resolve();
  /** One question at a time: the answers have no names. */
  const counts = (): Promise<Record<string, number>> => {
    const answer = asking.then(async () => {
      server.stdin?.write("counts\n");
      const { value } = await lines.next();
      const found = JSON.parse(value as string) as Record<string, number>;
      if (found.missed !== 0) throw new Error(`the far side's counter missed ${found.missed} packets`);
      return found;
    });
    asking = answer.catch(() => {});
    return answer;
  };
  return {
    near,
    far,
    nearAddress: (family) => (family === 4 ? "192.0.2.1" : "2001:db8::1"),
    address(family) {
      const host = next[family]++;
      if (host >= 2 + farAddresses) throw new Error("no far address is left");
      return family === 4 ? `192.0.2.${host}` : `2001:db8::${host.toString(16)}`;
    },
    async arrived(protocol, address, port) {
      return (await counts())[`${protocol} ${address} ${port}`] ?? 0;
    },
    async arrivedAt(address) {
      const found = Object.entries(await counts()).filter(([key]) => key.split(" ")[1] === address);
      return found.reduce((sum, [, packets]) => sum + packets, 0);
    },
    destroy() {
      server.kill("SIGKILL");
      remove();
    },
  };
}
