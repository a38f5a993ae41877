// What endurance tests share: a helper, a network, processes inside the guard that need no helper to get there, steady allowed
// traffic, and rules under which some addresses are open, some shut and the rest asked about.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { client } from "../network/clients.ts";
import { compiled } from "../network/compiled.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { inGuard, type Ran, start, TestHelper } from "./helper-process.ts";

/** What one kind of attempt came to: the shape that attempts.c prints. */
export interface Attempts {
  made: number;
  refused: number;
  taken: number;
  failed: number;
  errno: number;
}

/** A child whose lines of JSON are read one by one. */
export class Talker {
  readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  constructor(child: ChildProcess) {
    this.child = child;
    if (child.stdout === null) throw new Error("its output is not piped");
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error("it ended without a word");
    return value;
  }

  async says<T>(): Promise<T> {
    return JSON.parse(await this.line()) as T;
  }

  /** Goes on to its next step; `end`: there is none. */
  go(end = false): void {
    if (end) this.child.stdin?.end();
    else this.child.stdin?.write("\n");
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}

/** One that is guarded, in a network namespace. */
export function talker(helper: TestHelper, namespace: string, command: string[]): Talker {
  return new Talker(spawn(...inGuard(helper, namespace, command), { stdio: ["pipe", "pipe", "inherit"] }));
}

export interface SteadyResult {
  stream: number;
  datagrams: number;
  connections: number;
  lost: number;
  errors: string[];
}

/** Allowed traffic of one process that goes on until it is told to end. */
export class Steady {
  private readonly talker: Talker;
  constructor(child: ChildProcess) {
    this.talker = new Talker(child);
  }

  async going(): Promise<this> {
    const word = await this.talker.line();
    if (word !== "going") throw new Error(`steady traffic did not start: ${word}`);
    return this;
  }

  end(): Promise<SteadyResult> {
    this.talker.go(true);
    return this.talker.says<SteadyResult>();
  }
}

export class Field {
  readonly helper = new TestHelper();
  readonly network: Network;
  private readonly running = new Set<ChildProcess>();

  private constructor(network: Network) {
    this.network = network;
  }

  /** `entry` other than the product's: see TestHelper.start. */
  static async create(entry?: string): Promise<Field> {
    const network = await createNetwork();
    // Ping sockets are for nobody unless a group is named.
    const range = "echo 0 0 > /proc/sys/net/ipv4/ping_group_range";
    execFileSync("nsenter", [`--net=/run/netns/${network.near}`, "sh", "-c", range]);
    const field = new Field(network);
    try {
      await field.helper.start(entry);
    } catch (error) {
      network.destroy();
      throw error;
    }
    return field;
  }

  async destroy(): Promise<void> {
    for (const child of this.running) child.kill("SIGKILL");
    await this.helper.signal("SIGCONT");
    await this.helper.stop();
    this.network.destroy();
  }

  /** Any app may reach the far side, except these addresses: `shut` ones are blocked, `asked` ones asked about. */
  async rules({ shut = [], asked = [] }: { shut?: string[]; asked?: string[] }): Promise<void> {
    for (const address of ["192.0.2.0/24", "2001:db8::/64"]) await this.rule("allow", address);
    for (const address of shut) await this.rule("block", address);
    for (const address of asked) await this.rule("ask", address);
  }

  /** Returns the rule's id. */
  async rule(action: "allow" | "block" | "ask", address: string, port?: number): Promise<string> {
    const api = await this.helper.client();
    return (await api.call("rules.add", { app: null, action, address, ...(port ? { port } : {}) })).id;
  }

  async remove(rule: string): Promise<void> {
    await (await this.helper.client()).call("rules.remove", { ids: [rule] });
  }

  /** The command line that runs a command in the guard and in the near namespace: no helper has to help. */
  inside(command: readonly string[]): [string, string[]] {
    return inGuard(this.helper, this.network.near, command);
  }

  run(command: readonly string[]): Promise<Ran> {
    return start(...this.inside(command));
  }

  /** A process of its own, killed at the latest with the field. */
  spawn(command: readonly string[]): ChildProcess {
    const child = spawn(...this.inside(command), { stdio: ["pipe", "pipe", "inherit"] });
    this.running.add(child);
    child.once("exit", () => this.running.delete(child));
    return child;
  }

  /** `processes` of steady traffic to allowed addresses of both families. */
  steady(processes: number, pace = 20): Promise<Steady[]> {
    const addresses = [this.network.address(4), this.network.address(6)];
    return Promise.all(
      Array.from({ length: processes }, (_, index) =>
        new Steady(this.spawn(client("steady", addresses[index % 2] as string, pace))).going(),
      ),
    );
  }

  /** Attempts of every kind, or of the given ones, to a pair of addresses; by kind. */
  async attempts(count: number, to: Addresses, port: number, kinds: string[] = []): Promise<Record<string, Attempts>> {
    const ran = await this.run([compiled("attempts"), String(count), to.v4, to.v6, String(port), ...kinds]);
    if (ran.code !== 0) throw new Error(`attempts ended with ${ran.code}: ${ran.stderr}`);
    return JSON.parse(ran.stdout) as Record<string, Attempts>;
  }

  /** A pair of far addresses that nobody was given before. */
  addresses(): Addresses {
    return { v4: this.network.address(4), v6: this.network.address(6) };
  }

  /** Packets that reached either. */
  async arrivedAt({ v4, v6 }: Addresses): Promise<number> {
    return (await this.network.arrivedAt(v4)) + (await this.network.arrivedAt(v6));
  }
}

export interface Addresses {
  v4: string;
  v6: string;
}
