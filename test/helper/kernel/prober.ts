// Real connections from a guarded cgroup and a network namespace of their own, and what the kernel programs said of them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { type ExeKey, type FlowRecord, recordType } from "../../../helper/kernel/layout.ts";
import { Programs, ringBytes } from "../../../helper/kernel/programs.ts";
import { directionOf, packetOf, readRecord } from "../../../helper/kernel/records.ts";
import { Ring } from "../../../helper/kernel/ring.ts";
import { freshObject } from "../../bpf/object.ts";
import { OwnCgroup } from "../../bpf/own-cgroup.ts";

export interface Probe {
  /** Default: outbound. Inbound is TCP and UDP alone, `port` then the prober's own. */
  direction?: "outbound" | "inbound";
  /** uid. Default: root's. */
  user?: number;
  protocol: "tcp" | "udp" | "icmp" | "other";
  /** IP protocol number. */
  number: number;
  address: string;
  port: number;
  /** Payload bytes of a datagram. */
  size?: number;
  /** The datagram itself, hex, instead. */
  payload?: string;
}

export interface Outcome {
  cookie: bigint;
  /** What the call said, 0 for success. */
  errno: number;
  /** The first record of the socket; none when the packet never came to be. */
  record: FlowRecord | undefined;
  packet: Buffer | undefined;
}

export class Prober {
  readonly cgroup = new OwnCgroup();
  readonly programs: Programs;
  readonly failures: unknown[] = [];
  /** Called for every record, before it is kept. */
  onRecord: (record: FlowRecord) => void = () => {};
  /** False: records stay in their rings. */
  isReady = true;
  private readonly rings: Ring[];
  /** By socket and direction: what it sends comes back to it, where others may begin at its port. */
  private readonly heard = new Map<string, { record: FlowRecord; packet: Buffer }>();
  private child: ChildProcess | undefined;
  private lines: Interface | undefined;

  private constructor(programs: (cgroup: OwnCgroup) => Programs) {
    this.programs = programs(this.cgroup);
    const { maps } = this.programs;
    const hear = (bytes: Buffer) => {
      if (this.isReady) this.hear(bytes);
      return this.isReady;
    };
    const failed = (error: unknown) => this.failures.push(error);
    this.rings = [
      new Ring(maps.events.fd, ringBytes.events, hear, failed),
      new Ring(maps.journal.fd, ringBytes.journal, hear, failed),
    ];
  }

  /** `object`: other programs than the product's. */
  static async start(object?: string): Promise<Prober> {
    object ??= await freshObject();
    const path = object;
    const prober = new Prober((cgroup) => new Programs(path, cgroup.instance));
    try {
      prober.programs.guard(prober.cgroup.directory);
      await prober.startChild();
      return prober;
    } catch (error) {
      await prober.stop();
      throw error;
    }
  }

  private async startChild(): Promise<void> {
    // The routes are the new namespace's and end with it. The prober itself joins the cgroup, before it makes its sockets.
    const script = `ip link set lo up && ip route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo &&
      exec /usr/bin/python3 "$1" outside "$2/cgroup.procs"`;
    const args = ["--net", "sh", "-c", script, "sh", join(import.meta.dirname, "prober.py"), this.cgroup.directory];
    this.child = spawn("unshare", args, { stdio: ["pipe", "pipe", "inherit"] });
    await once(this.child, "spawn");
    this.lines = createInterface({ input: this.child.stdout as NonNullable<ChildProcess["stdout"]> });
  }

  private hear(bytes: Buffer): void {
    const record = readRecord(bytes);
    if (record === null) throw new Error("a record of another ABI");
    this.onRecord(record);
    const first = record.type === recordType.held || record.type === recordType.decided;
    const key = `${record.flow.cookie} ${directionOf(record)}`;
    if (!first || this.heard.has(key)) return;
    this.heard.set(key, { record, packet: Buffer.from(packetOf(bytes, record)) });
  }

  /** `most`: as Ring.drain() has it. */
  drain(most?: number): void {
    for (const ring of this.rings) ring.drain(most);
  }

  /** `drain: false` leaves the rings to fill. */
  async probe(probes: readonly Probe[], { drain = true } = {}): Promise<Outcome[]> {
    const { child, lines } = this;
    if (!child?.stdin || !lines) throw new Error("not started");
    const words = probes.map(
      ({ direction = "outbound", user = 0, protocol, number, address, port, size = 8, payload }) => [
        ...[user, direction, protocol, number],
        ...[address, port, size, payload ?? null],
      ],
    );
    const ended = new AbortController();
    const answer = Promise.race([
      once(lines, "line", { signal: ended.signal }),
      once(child, "exit", { signal: ended.signal }).then(([code]) => {
        throw new Error(`the prober ended: ${code}`);
      }),
    ]).finally(() => ended.abort());
    child.stdin.write(`${JSON.stringify(words)}\n`);
    const [line] = await answer;
    if (drain) this.drain();
    const results = JSON.parse(String(line)) as [string, number][];
    return results.map(([cookie, errno], at) => {
      const heard = this.heard.get(`${cookie} ${probes[at]?.direction ?? "outbound"}`);
      return { cookie: BigInt(cookie), errno, record: heard?.record, packet: heard?.packet };
    });
  }

  /** The prober's executable as the kernel sees it. */
  async executable(): Promise<ExeKey> {
    const [outcome] = await this.probe([{ protocol: "udp", number: 17, address: "192.0.2.1", port: 9 }]);
    if (outcome?.record === undefined) throw new Error("the kernel said nothing of a datagram");
    return outcome.record.process.exe;
  }

  async stop(): Promise<void> {
    if (this.child?.exitCode === null) {
      this.child.kill("SIGKILL");
      await once(this.child, "exit");
    }
    for (const ring of this.rings) ring.close();
    this.programs.remove();
    await this.cgroup.remove();
  }
}
