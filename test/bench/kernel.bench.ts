// What enforcement costs, on the shipped programs and a real helper: known connections, datagrams and bulk data against the same client
// without any program and against a queue in user space; flows the helper decides; first-seen flows; rest and memory.
// Writes dist/bench/kernel.json. `none` and `again` are the same thing twice: how far their ratio is from 1 is what noise is.
import { execFileSync } from "node:child_process";
import { cpus as listCpus, setPriority } from "node:os";
import { join } from "node:path";
import { picket, TestHelper } from "../end-to-end/helper-process.ts";
import { Figures, percentile } from "./figures.ts";
import { blockMany } from "./kernel/blocklist.ts";
import { FirstSeenReader } from "./kernel/first-seen.ts";
import { Generator } from "./kernel/generator.ts";
import { clientCpu, createNetwork, far, inNamespace, type Network, serverCpu } from "./kernel/network.ts";
import { programCosts } from "./kernel/program-costs.ts";
import { type Contender, measureInTurns, ratio, type Values } from "./kernel/rounds.ts";
import { blocked, deferred, known, ruleCount, writeRules } from "./kernel/rules.ts";
import { cpuTime, mapMemory, mapsFolder, memory, restingCpu, sum } from "./process-cost.ts";

const object = join(import.meta.dirname, "../../dist/bpf/picket.bpf.o");
const everyone = ["none", "picket", "again", "queue"] as const;
const restSeconds = 15;
const blocklistLength = 1_000_000;

const cpus = listCpus().length;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const figures = new Figures();
const client = Generator.build("client");

/** Whether a process goes ahead of the machine's other work, which would otherwise add to its cost by emptying the caches. */
function preferred(pid: number, on: boolean): void {
  execFileSync("chrt", ["-a", ...(on ? ["-f", "-p", "1"] : ["-o", "-p", "0"]), String(pid)]);
}

/** Ratios to no program, with the goal for Picket's. */
function compare(what: string, values: Values, unit: string, goal: string): void {
  const mine = ratio(values, "picket");
  figures.note(`${what}: Picket / no programs`, mine.median, "×", goal);
  figures.note(`${what}: ± (95 % of the median)`, mine.noise, "×");
  figures.note(`${what}: no programs, twice (noise floor)`, ratio(values, "again").median, "×");
  if (values.queue.length > 0)
    figures.note(`${what}: NFQUEUE accept-all / no programs`, ratio(values, "queue").median, "×");
  figures.note(`${what}: no programs`, percentile(values.none, 0.5), unit);
  figures.note(`${what}: Picket`, percentile(values.picket, 0.5), unit);
}

class Clients {
  private readonly all: Map<Contender, Generator>;
  private constructor(all: Map<Contender, Generator>) {
    this.all = all;
  }

  static async start(helper: TestHelper, plain: Network, queued: Network): Promise<Clients> {
    const inPlain = inNamespace(plain.near, clientCpu, [client]);
    return new Clients(
      new Map<Contender, Generator>([
        ["none", await Generator.start(inPlain)],
        ["again", await Generator.start(inPlain)],
        ["picket", await Generator.start([picket, "run", "--", ...inPlain], { PICKET_SOCKET: helper.socket })],
        ["queue", await Generator.start(inNamespace(queued.near, clientCpu, [client]))],
      ]),
    );
  }

  of(contender: Contender): Generator {
    return this.all.get(contender) as Generator;
  }

  async close(): Promise<void> {
    for (const each of this.all.values()) await each.close();
  }
}

function assertNone(failures: number | undefined, what: string): void {
  if (failures !== 0) throw new Error(`${failures} ${what} failed`);
}

/** Values are connect() alone; `wholes` hears of socket() to close(). */
function connectOnce(clients: Clients, count: number, wholes: Values) {
  return async (contender: Contender) => {
    const { first, span } = known;
    const [connect = 0, whole = 0, failures] = await clients
      .of(contender)
      .ask("connect", first, span, far.accept, count);
    assertNone(failures, "connections");
    wholes[contender].push(whole);
    return connect / 1000;
  };
}

async function measureConnect(clients: Clients, what: string, goal: string, rounds: number): Promise<number> {
  const wholes: Values = { none: [], again: [], picket: [], queue: [] };
  const values = await measureInTurns(rounds, everyone, connectOnce(clients, 100, wholes));
  compare(what, values, "µs, p50", goal);
  for (const each of everyone) wholes[each].shift();
  figures.note(`${what}, with socket() and close(): Picket / no programs`, ratio(wholes, "picket").median, "×");
  return (rounds + 1) * 100;
}

const send = (clients: Clients, count: number) => async (contender: Contender) => {
  const [nanoseconds = 0, failures] = await clients.of(contender).ask("send", far.address, far.datagram, count);
  assertNone(failures, "datagrams");
  return nanoseconds;
};

const stream = (clients: Clients, milliseconds: number) => async (contender: Contender) => {
  const [rate = 0] = await clients.of(contender).ask("stream", far.address, far.sink, milliseconds, 0);
  return rate / 1e9;
};

async function measureDeferred(clients: Clients): Promise<void> {
  const asked = (where: typeof known | typeof deferred, count: number) =>
    clients.of("picket").ask("connect", where.first, where.span, far.accept, count);
  const [added, whole]: number[][] = [[], []];
  for (let round = 0; round < 100; round++) {
    const [plain = 0] = await asked(known, 10);
    const [held = 0, , failures] = await asked(deferred, 10);
    assertNone(failures, "connections that the helper decides");
    if (round === 0) continue;
    added?.push((held - plain) / 1e6);
    whole?.push(held / 1e6);
  }
  figures.note(
    "a connection the helper decides, more than a known one, p50",
    percentile(added ?? [], 0.5),
    "ms",
    "≤ 1",
  );
  figures.note("a connection the helper decides, connect() of the p90 round", percentile(whole ?? [], 0.9), "ms");
}

/** Where the time goes, from the kernel's own clock around every run: it costs about as much as a small program itself. */
async function explain(helper: TestHelper, clients: Clients): Promise<void> {
  const picketClient = clients.of("picket");
  const { first, span } = known;
  const passes: [string, number, () => Promise<unknown>][] = [
    ["a known connection", 1500, () => picketClient.ask("connect", first, span, far.accept, 1500)],
    ["a datagram", 100_000, () => picketClient.ask("send", far.address, far.datagram, 100_000)],
  ];
  for (const [what, times, work] of passes) {
    const costs = await programCosts(helper.instance, work);
    for (const { name, runs, nanoseconds } of costs)
      figures.note(`${what}: ${name}, ${(runs / times).toFixed(1)} runs`, nanoseconds / times, "ns");
    figures.note(`${what}: all programs`, sum(costs.map(({ nanoseconds }) => nanoseconds)) / times, "ns");
  }
}

async function addBlocklist(helper: TestHelper, clients: Clients): Promise<void> {
  const before = sum(mapMemory(helper.instance).values());
  const began = performance.now();
  const example = blockMany(mapsFolder(helper.instance), blocked, blocklistLength);
  figures.note("1,000,000 blocked addresses: into the kernel", performance.now() - began, "ms");
  figures.note("1,000,000 blocked addresses: map memory", sum(mapMemory(helper.instance).values()) - before, "MB");
  const [, , refused] = await clients.of("picket").ask("connect", example, 100, far.accept, 1);
  if (refused !== 1) throw new Error(`${example} is on the blocklist and was not refused`);
}

/** The highest rate at which nothing is lost, from as fast as it goes downwards; flows a second. */
async function lossless(rates: readonly number[], flood: (rate: number) => Promise<{ rate: number; lost: number }>) {
  for (const wanted of rates) {
    const { rate, lost } = await flood(wanted);
    if (lost === 0) return rate;
  }
  return 0;
}

/** Of the programs and the ring alone: nobody names, decides or re-sends. What the helper does is measureDecided's. */
async function measureFirstSeen(network: Network): Promise<void> {
  const count = 100_000;
  const reader = new FirstSeenReader(object);
  let generator: Generator | undefined;
  try {
    const enter = ["sh", "-c", `echo $$ > ${reader.cgroup.directory}/cgroup.procs && exec "$@"`, "sh"];
    const flooder = await Generator.start([...enter, ...inNamespace(network.near, clientCpu, [client])]);
    generator = flooder;
    // The reader is this process: on the other core, and not behind the machine's other work.
    const cpu = String(Math.min(serverCpu, cpus - 1));
    execFileSync("taskset", ["-a", "-p", "-c", cpu, String(process.pid)], { stdio: "ignore" });
    setPriority(-20);
    let full = 0;
    const rate = await lossless([0, 200_000, 100_000, 50_000, 30_000, 20_500, 10_000], async (wanted) => {
      const [nanoseconds = 1, failures] = await flooder.ask("flood", known.first, known.span, 10_000, count, wanted);
      assertNone(failures, "first datagrams");
      const { flows, ringFull } = reader.take();
      const lost = count - flows + ringFull - full;
      full = ringFull;
      return { rate: (count / nanoseconds) * 1e9, lost };
    });
    figures.note(
      "first-seen flows held by the kernel and read by a bare reader, without loss",
      rate,
      "flows/s",
      "≥ 20000",
    );
  } finally {
    await generator?.close();
    await reader.close();
  }
}

/** The whole way through the helper: named, decided by a rule, re-sent. From the first datagram until it can answer again. */
async function measureDecided(helper: TestHelper, clients: Clients): Promise<void> {
  const api = await helper.client();
  // What the ring buffer takes at once.
  const count = 10_000;
  const rates: number[] = [];
  const lost = async () => {
    const { counters } = await api.call("status", {});
    return sum(["ringFull", "holdOverflow", "overBudget"].map((name) => counters[name] ?? 0));
  };
  for (let round = 0; round < 5; round++) {
    const before = await lost();
    const start = performance.now();
    await clients.of("picket").ask("flood", deferred.first, deferred.span, 10_000, count, 0);
    const after = await lost();
    rates.push((count * 1000) / (performance.now() - start));
    if (after !== before) throw new Error(`${after - before} first-seen flows were lost`);
  }
  figures.note("first-seen flows decided and re-sent by the helper, 10,000 at once", percentile(rates, 0.5), "flows/s");
}

const helper = new TestHelper();
const networks: Network[] = [];
let clients: Clients | undefined;
try {
  writeRules(helper.state, client);
  networks.push(await createNetwork(cpus, false), await createNetwork(cpus, true));
  const [plain, queued] = networks as [Network, Network];
  // As from its second start on: the first one compiles the sources.
  await helper.start();
  await helper.signal("SIGTERM");
  await helper.start();
  // Memory and rest first: a helper as it is after it started, with its rules in the kernel.
  await sleep(3000);
  const maps = mapMemory(helper.instance);
  const resident = memory(helper.pid);
  figures.note(`helper memory (PSS) and maps, ${ruleCount} rules`, resident.pss + sum(maps.values()), "MB", "≤ 110");
  figures.note("of it the helper", resident.pss, "MB");
  figures.note("the helper with shared pages in full (RSS)", resident.rss, "MB");
  for (const [name, size] of maps) if (size >= 1) figures.note(`of it the map ${name}`, size, "MB");
  // V8 tidies up until some ten seconds after the start.
  await sleep(10_000);
  preferred(helper.pid, true);
  figures.note("helper CPU at rest", await restingCpu(helper.pid, restSeconds), "% of a core", "≤ 0.1");
  preferred(helper.pid, false);

  clients = await Clients.start(helper, plain, queued);
  const working = cpuTime(helper.pid);
  const connections = await measureConnect(clients, `known TCP connect, ${ruleCount} rules`, "≤ 1.10", 200);
  await sleep(500);
  figures.note(
    "helper CPU for the list of connections",
    ((cpuTime(helper.pid) - working) * 1000) / connections,
    "µs a connection",
  );
  compare("64-byte datagram", await measureInTurns(200, everyone, send(clients, 3000)), "ns, p50", "≤ 1.05");
  compare("bulk TCP", await measureInTurns(150, everyone, stream(clients, 60)), "GB/s, p50", "≥ 0.97");
  await measureDeferred(clients);
  await explain(helper, clients);
  await addBlocklist(helper, clients);
  await measureConnect(clients, "known TCP connect, 1,000,000 blocked addresses more", "≤ 1.15", 200);
  await measureDecided(helper, clients);
  figures.note("helper memory (PSS) after all that", memory(helper.pid).pss, "MB");
  await measureFirstSeen(plain);
} finally {
  // The namespaces go even when the helper does not end well.
  try {
    await clients?.close();
    await helper.stop();
  } finally {
    for (const network of networks) await network.destroy();
  }
}
figures.finish("kernel");
