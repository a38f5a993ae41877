// Programs on a cgroup of one test, what they copied of its look-ups, and commands that run inside.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abi, action, type FlowRecord, layouts } from "../../../helper/kernel/layout.ts";
import { ownNetworkCookie } from "../../../helper/kernel/namespaces.ts";
import { Programs, ringBytes } from "../../../helper/kernel/programs.ts";
import { packetOf, readRecord } from "../../../helper/kernel/records.ts";
import { Ring } from "../../../helper/kernel/ring.ts";
import { Names } from "../../../helper/names/names.ts";
import { addressHex } from "../../../helper/policy/address.ts";
import { enteringCgroup } from "../../bpf/entering-cgroup.ts";
import { freshObject } from "../../bpf/object.ts";
import { OwnCgroup } from "../../bpf/own-cgroup.ts";

interface Where {
  readonly resolver?: string;
  readonly within?: readonly string[];
}

export class Guarded {
  readonly cgroup = new OwnCgroup();
  readonly programs: Programs;
  names: Names;
  learned: string[] = [];
  readonly failures: unknown[] = [];
  /** Addresses that count as configured. */
  resolvers: string[] = [];
  /** Hears of every held packet, as the engine does. */
  onHeld: (record: FlowRecord, packet: Buffer) => void = () => {};
  private readonly events: Ring;
  private readonly children = new Set<ChildProcess>();
  private generation = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), "picket-names-"));

  private constructor(object: string) {
    this.programs = new Programs(object, this.cgroup.instance);
    const { maps } = this.programs;
    this.names = this.newNames();
    this.events = new Ring(
      maps.events.fd,
      ringBytes.events,
      (bytes) => {
        const record = readRecord(bytes);
        if (record !== null && record.packet_bytes > 0) this.onHeld(record, packetOf(bytes, record));
        return true;
      },
      (error) => this.failures.push(error),
    );
    this.setMode("allow");
    this.programs.guard(this.cgroup.directory);
  }

  static async start(): Promise<Guarded> {
    return new Guarded(await freshObject());
  }

  private newNames(): Names {
    return new Names({
      ring: this.programs.maps.names.fd,
      resolvers: () => this.resolvers.map(addressHex),
      network: ownNetworkCookie(),
      now: () => performance.now(),
      monitor: null,
      kept: null,
      renamed: (address) => this.learned.push(address),
      isUsed: () => false,
      failed: (error) => this.failures.push(error),
    });
  }

  /** Knows nothing any more, as if just started. */
  forget(...resolvers: string[]): void {
    this.names.drain();
    this.names.close();
    this.names = this.newNames();
    this.learned = [];
    this.onHeld = () => {};
    this.resolvers = resolvers;
    this.setMode("allow");
  }

  /** The kernel's policy in its own words: what becomes of everything but the resolvers' look-ups. */
  setMode(mode: "allow" | "ask"): void {
    const { configs, hosts, maybe_hosts: filter, tables, slots } = this.programs.maps;
    const numbers = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
    const config = {
      abi,
      hold_jiffies: 25,
      default_action: action[mode],
      pid_namespace: 1,
      generation: ++this.generation,
    };
    for (const address of this.resolvers.map((text) => Buffer.from(addressHex(text), "hex"))) {
      filter.add(address);
      hosts.set(address, layouts.path.write({ tables: [1, 0, 0, 0, 0, 0] }));
    }
    tables.set(numbers(1), numbers(1 << 15));
    slots.set(layouts.slot_key.write({ table: 1, shape: 15 }), layouts.slot.write({ action: action.allow }));
    configs.set(numbers(0), layouts.config.write(config));
  }

  /** A command line that runs inside; `resolver`: the machine's for it; `within`: a command that starts it. */
  private inside(command: readonly string[], { resolver = "", within = [] }: Where): [string, string[]] {
    const file = join(this.folder, "resolv.conf");
    if (resolver) writeFileSync(file, `nameserver ${resolver}\noptions timeout:3 attempts:2\n`);
    const mounted = ["unshare", "--mount", "sh", "-c", `mount --bind ${file} /etc/resolv.conf && exec "$@"`, "sh"];
    return enteringCgroup(this.cgroup.directory, [...within, ...(resolver ? mounted : []), ...command]);
  }

  /** Runs a command inside to its end, and returns what it printed. This process stands still meanwhile: it reads no ring. */
  runAlone(command: readonly string[], where: Where = {}): string {
    return spawnSync(...this.inside(command, where), { encoding: "utf8" }).stdout;
  }

  /** Reads what the kernel said of held packets; nothing else. */
  readEvents(): void {
    this.events.drain();
  }

  /** Runs a command inside to its end, and returns what it printed. */
  run(command: readonly string[], where: Where = {}): Promise<string> {
    const line = this.inside(command, where);
    return new Promise((resolve, reject) => {
      const child = spawn(...line, { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.once("error", reject);
      this.children.add(child);
      child.once("close", () => {
        this.children.delete(child);
        resolve(output);
      });
    });
  }

  async stop(): Promise<void> {
    for (const child of this.children) child.kill("SIGKILL");
    this.names.close();
    this.events.close();
    this.programs.remove();
    await this.cgroup.remove();
    rmSync(this.folder, { recursive: true });
  }

  /** Names of an address in text. */
  namesOf(address: string) {
    return this.names.namesOf(addressHex(address)).map(({ name, trusted, aliases, source }) => ({
      name,
      trusted,
      source,
      ...(aliases.length > 0 ? { aliases } : {}),
    }));
  }
}

export const python = "/usr/bin/python3";

/** Names addresses as libc does for every program. */
export const getaddrinfo = (host: string) => [
  python,
  "-c",
  "import socket,sys; print(sorted({a[4][0] for a in socket.getaddrinfo(sys.argv[1], 1)}))",
  host,
];

export function networkNamespace(name: string): { within: string[]; remove(): void } {
  execFileSync("ip", ["netns", "add", name]);
  execFileSync("ip", ["-n", name, "link", "set", "lo", "up"]);
  const remove = () => void execFileSync("ip", ["netns", "delete", name]);
  return { within: ["nsenter", `--net=/run/netns/${name}`], remove };
}
