// What the hold itself costs: from connect() to the prompt event, from the answer to the app going on, and the helper at rest.
// Ratios are interleaved with the same exchange outside the guard. Writes dist/bench/hold.json.
import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Topic, topics } from "../../contract/methods.ts";
import { HelperClient } from "../../main/client/client.ts";
import { picket, TestHelper } from "../end-to-end/helper-process.ts";
import { python } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";

const rounds = 100;
/** Ten events a second go at once, each round makes three: it must not wait for the one before. Milliseconds. */
const betweenRounds = 400;
/** How long a flow stays held in a round, milliseconds. */
const holdTime = 20;
const restSeconds = 10;

interface Figure {
  figure: string;
  value: number;
  unit: string;
  goal: string;
}

const figures: Figure[] = [];

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function note(figure: string, value: number, unit: string, goal = ""): void {
  figures.push({ figure, value: Math.round(value * 1000) / 1000, unit, goal });
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

class LatencyClient {
  private readonly child;
  private readonly lines: AsyncIterator<string>;
  constructor(command: readonly string[], socket: string) {
    const [program = "", ...args] = command;
    const env = { ...process.env, PICKET_SOCKET: socket };
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async attempt(): Promise<{ start: number; end: number }> {
    this.child.stdin.write("go\n");
    const { value } = await this.lines.next();
    const { start, end } = JSON.parse(value as string) as { start: number; end: number };
    return { start: start / 1e6, end: end / 1e6 };
  }

  close(): void {
    this.child.stdin.end();
  }
}

async function measureProtocol(helper: TestHelper, network: Network, protocol: "tcp" | "udp"): Promise<void> {
  const port = protocol === "tcp" ? 80 : 7777;
  const address = network.address(4);
  const script = [python, join(import.meta.dirname, "latency-client.py"), protocol, address, String(port)];
  const inside = ["nsenter", `--net=/run/netns/${network.near}`, ...script];
  const free = new LatencyClient(inside, helper.socket);
  const guarded = new LatencyClient([picket, "run", "--", ...inside], helper.socket);
  const client = await HelperClient.connect(helper.socket, "bench");
  let heard: ((prompt: { id: string; at: number }) => void) | undefined;
  await client.watch(["prompts"], (_topic, data) => {
    const at = nowMs();
    for (const prompt of data.changed) if (prompt.state === "held") heard?.({ id: prompt.id, at });
  });

  const [toEvent, toApp, unguarded]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const prompted = new Promise<{ id: string; at: number }>((resolve) => {
      heard = resolve;
    });
    const attempt = guarded.attempt();
    const { id, at } = await prompted;
    heard = undefined;
    await sleep(holdTime);
    const answered = nowMs();
    await client.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    const { start, end } = await attempt;
    toEvent?.push(at - start);
    toApp?.push(end - answered);
    const without = await free.attempt();
    unguarded?.push(without.end - without.start);
    await sleep(betweenRounds);
  }
  for (const [name, values] of [
    ["connect to prompt event", toEvent],
    ["answer to app goes on", toApp],
    ["the same exchange without Picket", unguarded],
  ] as const) {
    note(`${protocol}: ${name}, p50`, percentile(values ?? [], 0.5), "ms");
    note(`${protocol}: ${name}, p99`, percentile(values ?? [], 0.99), "ms");
  }
  free.close();
  guarded.close();
  client.close();
}

/** CPU time of all threads so far, milliseconds (proc_pid_schedstat: nanoseconds on the CPU). */
function cpuTime(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** Proportional set size, MB. */
function memory(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

/** What the kernel charges for the helper's maps, MB. */
function mapMemory(instance: string): number {
  const folder = `/sys/fs/bpf/${instance}/v1/maps`;
  const names = execFileSync("ls", [folder], { encoding: "utf8" }).trim().split("\n");
  const bytes = names.map((name) => {
    const shown = execFileSync("bpftool", ["-j", "map", "show", "pinned", join(folder, name)], { encoding: "utf8" });
    return Number((JSON.parse(shown) as { bytes_memlock: number }).bytes_memlock);
  });
  return bytes.reduce((sum, each) => sum + each, 0) / 1024 / 1024;
}

async function measureRest(helper: TestHelper, figure: string): Promise<void> {
  await sleep(1000);
  const before = cpuTime(helper.pid);
  await sleep(restSeconds * 1000);
  note(figure, (cpuTime(helper.pid) - before) / (restSeconds * 10), "% of a core", "≤ 0.1");
}

const helper = new TestHelper();
const network = await createNetwork();
try {
  await helper.start();
  await measureProtocol(helper, network, "tcp");
  await measureProtocol(helper, network, "udp");
  await measureRest(helper, "helper CPU at rest");
  const watcher = await HelperClient.connect(helper.socket, "bench");
  await watcher.watch<Topic>([...topics], () => {});
  await measureRest(helper, "helper CPU at rest, window open");
  watcher.close();
  note("helper memory (PSS)", memory(helper.pid), "MB");
  note("maps", mapMemory(helper.instance), "MB");
} finally {
  await helper.stop();
  network.destroy();
}
for (const { figure, value, unit, goal } of figures) {
  console.log(`${figure.padEnd(48)} ${String(value).padStart(9)} ${unit}${goal === "" ? "" : `   goal ${goal}`}`);
}
writeFileSync(join(import.meta.dirname, "../../dist/bench/hold.json"), JSON.stringify(figures, null, 2));
