// A test network of two namespaces joined by two veth pairs: the near one for guarded clients, the far one with real servers and a
// counter on either pair. `wire` is up; `tunnel` stands in for a VPN that a test may bring up. Nothing outside the two is touched.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { python } from "./clients.ts";

/** Far addresses: every test takes its own, so that none sees another's rules. Documentation ranges (RFC 5737, RFC 3849). */
const farAddresses = 48;

/** Behind the far side: reached through a gateway only, as the internet is. Documentation ranges as well. */
const gateways = { wire: { 4: "192.0.2.2", 6: "2001:db8::2" }, tunnel: { 4: "198.51.100.2", 6: "2001:db8:1::2" } };

export type Device = keyof typeof gateways;

export interface Network {
  /** Names of the namespaces, below /run/netns: the clients run in the near one. */
  readonly near: string;
  /** Name of the far namespace, for callers that nobody guards. */
  readonly far: string;
  /** The near side's own address. */
  nearAddress(family: 4 | 6): string;
  /** A far address that nobody was given before. */
  address(family: 4 | 6): string;
  /** Packets that reached the far side for this destination so far. Throws when the count is not exact. */
  arrived(protocol: string, address: string, port: number, device?: Device): Promise<number>;
  /** An address that nobody was given before, behind the far side. Routes lead there once route() was called. */
  distant(family: 4 | 6): string;
  /** Leads everything by a device; `table`: for `ip rule`, instead of the main one. */
  route(device: Device, table?: number): void;
  /** Packets of any kind that reached the far side for this address so far. */
  arrivedAt(address: string, device?: Device): Promise<number>;
  destroy(): void;
}

export function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** Many commands of one namespace in one process. */
function batch(namespace: string, commands: string[]): void {
  const input = commands.join("\n");
  execFileSync("ip", ["-n", namespace, "-batch", "-"], { input, stdio: ["pipe", "ignore", "inherit"] });
}

function wire(near: string, far: string): void {
  for (const name of [near, far]) ip("netns", "add", name);
  batch(near, [
    "link set lo up",
    `link add wire type veth peer name wire netns ${far}`,
    "addr add 192.0.2.1/24 dev wire",
    "addr add 2001:db8::1/64 dev wire nodad",
    `link add tunnel type veth peer name tunnel netns ${far}`,
    "addr add 198.51.100.1/24 dev tunnel",
    "addr add 2001:db8:1::1/64 dev tunnel nodad",
    "link set wire up",
  ]);
  const hosts = Array.from({ length: farAddresses }, (_, index) => index + 2);
  batch(far, [
    "link set lo up",
    ...hosts.map((host) => `addr add 192.0.2.${host}/24 dev wire`),
    ...hosts.map((host) => `addr add 2001:db8::${host.toString(16)}/64 dev wire nodad`),
    "link set wire up",
    "addr add 198.51.100.2/24 dev tunnel",
    "addr add 2001:db8:1::2/64 dev tunnel nodad",
    "link set tunnel up",
    "addr add 203.0.113.0/24 dev lo",
    "route add local 2001:db8:ff::/64 dev lo",
  ]);
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
    const child = spawn("nsenter", [`--net=/run/netns/${far}`, python, script, "wire", "tunnel"], {
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
  const nextDistant = { 4: 2, 6: 2 };
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
    distant(family) {
      const host = nextDistant[family]++;
      return family === 4 ? `203.0.113.${host}` : `2001:db8:ff::${host.toString(16)}`;
    },
    route(device, table = 254) {
      ip("-n", near, "link", "set", device, "up");
      for (const family of [4, 6] as const) {
        const way = ["default", "via", gateways[device][family], "dev", device, "table", String(table)];
        ip("-n", near, `-${family}`, "route", "replace", ...way);
      }
    },
    address(family) {
      const host = next[family]++;
      if (host >= 2 + farAddresses) throw new Error("no far address is left");
      return family === 4 ? `192.0.2.${host}` : `2001:db8::${host.toString(16)}`;
    },
    async arrived(protocol, address, port, device = "wire") {
      return (await counts())[`${device} ${protocol} ${address} ${port}`] ?? 0;
    },
    async arrivedAt(address, device = "wire") {
      const found = Object.entries(await counts()).filter(([key]) => {
        const [where, , destination] = key.split(" ");
        return where === device && destination === address;
      });
      return found.reduce((sum, [, packets]) => sum + packets, 0);
    },
    destroy() {
      server.kill("SIGKILL");
      remove();
    },
  };
}
