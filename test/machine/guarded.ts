// A test machine with a far side to talk to, and what tests need around a helper in it: services, alice's command line, patience.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Prompt } from "../../contract/words.ts";
import { checkout, defaultTimeout, type LocalMachine, type MachineOptions, node, startMachine } from "./machine.ts";

export const picket = `${checkout}/main/cli/picket`;
export const socket = "/run/picket/test.sock";
/** Where the far side answers, in a network namespace of its own inside the machine. */
export const far = { address: "192.0.2.2", port: 8080 };
/** Greets and writes down every connection that really arrives. */
export const greeter = `import socket
s = socket.create_server(("${far.address}", ${far.port}))
print("up", flush=True)
while True:
    c, _ = s.accept(); print("arrived", flush=True); c.sendall(b"welcome\\n"); c.close()`;
/** Prints the far side's greeting, or the errno. */
export const client = `import socket
try: print(socket.create_connection(("${far.address}", ${far.port}), 30).recv(99).decode().strip())
except OSError as e: print(e.errno)`;

/** In the machine: what Node makes of the sources, which takes half the time of a start. */
const compiled = "/var/tmp/compiled";

/** In the machine: runs code like python3 under a name that is no interpreter's. */
export const caller = "/usr/local/bin/caller";

export class GuardedMachine {
  readonly machine: LocalMachine;

  private constructor(machine: LocalMachine) {
    this.machine = machine;
  }

  /** `far`: whether to make the far side; a machine that boots again has it in a unit of its own. */
  static async start({ far = true, ...options }: MachineOptions & { far?: boolean } = {}): Promise<GuardedMachine> {
    const made = new GuardedMachine(await startMachine(options));
    await made.root(["install", "-d", "-m", "1777", compiled]);
    if (!far) return made;
    for (const line of [
      "ip netns add far",
      "ip link add near type veth peer name far0 netns far",
      "ip addr add 192.0.2.1/24 dev near",
      "ip link set near up",
      "ip -netns far addr add 192.0.2.2/24 dev far0",
      "ip -netns far link set far0 up",
    ])
      await made.root(line.split(" "));
    // A program that is an app by itself: code given to an interpreter is nobody's.
    await made.root(["sh", "-c", `cp "$(readlink -f /usr/bin/python3)" ${caller}`]);
    await made.service("far", ["nsenter", "--net=/run/netns/far", "python3", "-c", greeter], "up");
    return made;
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }

  /** Runs a command as root; returns what it printed. `timeout`: milliseconds. */
  async root(command: string[], timeout = defaultTimeout): Promise<string> {
    const { code, stdout, stderr } = await this.machine.run(command, { timeout });
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** A long-running service of the machine; returns when it has printed `sign`. Its output is `printed(name)`. */
  async service(name: string, command: string[], sign: string): Promise<void> {
    const output = ["StandardOutput", "StandardError"].map((stream) => `--property=${stream}=append:/run/${name}.log`);
    const before = this.printed(name).length;
    await this.root(["systemd-run", "--quiet", "--collect", `--unit=${name}`, ...output, ...command]);
    await this.until(`"${sign}" from ${name}`, async () => {
      if (this.printed(name).slice(before).split("\n").includes(sign)) return true;
      const { stdout } = await this.machine.run(["systemctl", "is-active", name]);
      if (stdout.trim() !== "active") throw new Error(`${name} is ${stdout.trim()}: ${this.printed(name)}`);
      return undefined;
    });
  }

  /** A helper as the service of that name; returns when it enforces. A new `state` knows no prompts and rules of earlier ones. */
  async helper(name: string, state: string, ...more: string[]): Promise<void> {
    const options = ["--state", `/var/lib/${state}`, "--socket", socket, "--owner", "1000", ...more];
    const main = ["env", `NODE_COMPILE_CACHE=${compiled}/root`, node, `${checkout}/helper/main.ts`];
    await this.service(name, [...main, ...options], "ready");
    await this.letIn("192.0.2.1");
  }

  /** The far side is a service of this machine as well: where its slice is guarded, calls to it would be asked about a second time. */
  async letIn(address: string): Promise<void> {
    const rule = ["--app", "any", "--action", "allow", "--direction", "inbound", "--address", address];
    const { code, stderr } = await this.asAlice("rules", "add", ...rule);
    if (code !== 0) throw new Error(stderr);
  }

  printed(name: string): string {
    try {
      return readFileSync(`/proc/${this.machine.pid}/root/run/${name}.log`, "utf8");
    } catch {
      return "";
    }
  }

  /** How many connections the far side has seen. */
  arrivals(): number {
    return this.printed("far").split("arrived").length - 1;
  }

  /** `patience`: milliseconds. */
  async until<T>(what: string, probe: () => Promise<T | undefined>, patience = 60_000): Promise<T> {
    for (const end = performance.now() + patience; ; await sleep(50)) {
      const found = await probe();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`waited in vain for ${what}\n${this.printed("picket-helper")}`);
    }
  }

  /** The `picket` command line as alice. */
  asAlice(...words: string[]) {
    const env = { PICKET_SOCKET: socket, NODE_COMPILE_CACHE: `${compiled}/alice` };
    return this.machine.run([picket, ...words], { user: "alice", env, timeout: 60_000 });
  }

  /** What a reading command says with --json. */
  async read<T>(word: string): Promise<T> {
    const { stdout, stderr } = await this.asAlice(word, "--json");
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout) as T;
  }

  /** About the far side: whole slices have other traffic as well. */
  heldPrompt(): Promise<Prompt> {
    return this.until("a held prompt", async () =>
      (await this.read<Prompt[]>("prompts")).find(
        ({ state, endpoint }) => state === "held" && endpoint.address === far.address,
      ),
    );
  }

  async cgroupOf(pid: number): Promise<string> {
    return (await this.root(["sed", "-n", "s/^0:://p", `/proc/${pid}/cgroup`])).trim();
  }

  async exists(path: string): Promise<boolean> {
    return (await this.machine.run(["test", "-e", path])).code === 0;
  }
}
