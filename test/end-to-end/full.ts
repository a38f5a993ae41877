// Everything that can be full, filled by one app while others go on: the bodies of full.test.ts and of its long form.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Prompt, Status } from "../../contract/words.ts";
import { client, clientApp, type TcpResult } from "../network/clients.ts";
import { compiled } from "../network/compiled.ts";
import { type Attempts, type Field, Talker } from "./field.ts";
import { slowness, until } from "./helper-process.ts";

/** Ports of one address: as many first-seen remotes as one flood has, from this one on. */
const firstPort = 500;
export const remotes = 65_000;
/** For what is slow by its mere number, milliseconds. */
const longPatience = 180_000;
/** Connections whose first packet the kernel keeps (held_syns). */
const heldSyns = 16_384;
/** Cards that one app may have (cardsPerApp). */
const cards = 16;

interface Flooded {
  sent: number;
  refused: number;
  errno: number;
}

const status = async (field: Field): Promise<Status> => (await field.helper.client()).call("status", {});
const degraded = async (field: Field) => (await status(field)).degraded.map(({ code }) => code);

async function promptsOf(field: Field, path: string): Promise<Prompt[]> {
  return (await (await field.helper.client()).call("prompts.list", {})).filter(({ app }) => app.path === path);
}

/** A program of its own, or a script of the interpreter that every other client is a script of. */
type Kind = "program" | "script";

function flood(field: Field, address: string, seconds: number, bytes = 16, kind: Kind = "program"): Talker {
  const words = [address, firstPort, remotes, seconds, bytes].map(String);
  return new Talker(field.spawn(kind === "script" ? client("flood", ...words) : [compiled("flood"), ...words]));
}

/** Answers a prompt and returns what the app that waited for it says. */
async function allowOnce(field: Field, address: string, talker: Talker): Promise<TcpResult> {
  const { id } = await field.helper.prompt(address);
  await (await field.helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
  return talker.says<TcpResult>();
}

/** Resident memory of the helper, MB. */
export function memory(field: Field): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${field.helper.pid}/status`, "utf8"))?.[1]) / 1024;
}

/**
 * Floods of first-seen remotes: another app gets its prompt and its answer meanwhile, steady traffic goes on, nothing leaks. They last for
 * `seconds` at least, and until the other app has its answer.
 */
export async function expectFairness(
  field: Field,
  floods: number,
  seconds: number,
  kind: Kind = "program",
): Promise<void> {
  const { network } = field;
  const shut = field.addresses();
  const [flooded, asked] = [network.address(4), network.address(4)];
  await field.rules({ shut: [shut.v4, shut.v6], asked: [flooded, asked] });
  const steady = await field.steady(2);
  const app = kind === "script" ? clientApp("flood") : compiled("flood");
  const talkers = Array.from({ length: floods }, () =>
    flood(field, flooded, (longPatience / 1000) * slowness, 16, kind),
  );
  let going = floods;
  const ends = talkers.map(async (talker) => {
    const result = await talker.says<Flooded>();
    going--;
    return result;
  });
  await until("the flood's first cards", async () => (await promptsOf(field, app)).length >= cards);

  const enough = new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  const began = performance.now();
  const other = new Talker(field.spawn(client("tcp", asked, 80, 100)));
  await field.helper.prompt(asked);
  const prompted = performance.now() - began;
  const result = await allowOnce(field, asked, other);
  const answered = performance.now() - began;
  expect(going, "floods that still go on").toBe(floods);
  expect(result).toMatchObject({ ok: true, errno: 0 });
  console.log(`during the flood: prompt after ${Math.round(prompted)} ms, answered after ${Math.round(answered)} ms`);

  for (const [kind, attempts] of Object.entries(await field.attempts(400, shut, 9))) {
    expect(attempts, kind).toMatchObject({ made: 20, failed: 0 });
  }
  await enough;
  await until("more than it may ask about", async () => (await degraded(field)).includes("unasked"), longPatience);
  for (const talker of talkers) talker.go();
  for (const { sent, refused } of await Promise.all(ends)) {
    expect(sent).toBeGreaterThanOrEqual(remotes);
    expect(refused).toBe(0);
  }
  for (const each of await Promise.all(steady.map((one) => one.end()))) {
    expect(each).toMatchObject({ errors: [], lost: 0 });
  }
  expect(await network.arrivedAt(flooded)).toBe(0);
  expect(await field.arrivedAt(shut)).toBe(0);
  expect(await degraded(field)).toContain("overShare");
  const open = await promptsOf(field, app);
  expect(open).toHaveLength(cards);
  expect(open.some(({ behind }) => (behind ?? 0) > 0)).toBe(true);
  console.log(`helper: ${Math.round(memory(field))} MB`);

  // One answer for all of it, and what was lost in the flood is heard again.
  const api = await field.helper.client();
  const id = open[0]?.id ?? "";
  await api.call("prompts.answer", { id, action: "block", scope: "any", lifetime: "once" });
  await until(
    "an end of the questions",
    async () => {
      const left = await promptsOf(field, app);
      for (const prompt of left) {
        await api
          .call("prompts.answer", { id: prompt.id, action: "block", scope: "any", lifetime: "once" })
          .catch(() => {});
      }
      return left.length === 0;
    },
    longPatience,
  );
  expect(await network.arrivedAt(flooded)).toBe(0);
  for (const talker of talkers) talker.go(true);
}

/** The helper stands still while the ring buffer overflows, then goes on. */
export async function expectRecovery(field: Field): Promise<void> {
  const { network } = field;
  const [flooded, asked, late] = [network.address(4), network.address(4), network.address(4)];
  const single = network.address(4);
  for (const address of [flooded, asked, late, single]) await field.rule("ask", address);
  const before = (await status(field)).counters.overShare ?? 0;
  await field.helper.signal("SIGSTOP");
  // Large datagrams: they fill the ring soonest.
  const talker = flood(field, flooded, 0, 1400);
  await talker.says<Flooded>();
  const other = new Talker(field.spawn(client("tcp", asked, 80, 100)));
  // One datagram of another app, told once: there is room for it all the same.
  const modest = new Talker(field.spawn(client("udp", single, 7777, "connected", 1, 16, 100)));
  // More than one flow may hand over (HELD_DATAGRAMS): all of it is lost.
  const datagrams = new Talker(field.spawn([compiled("flood"), late, "7777", "1", "0.1"]));
  await datagrams.says<Flooded>();
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const address of [flooded, asked, late]) expect(await network.arrivedAt(address)).toBe(0);
  await field.helper.signal("SIGCONT");
  expect((await allowOnce(field, asked, other)).ok).toBe(true);
  expect(await allowOnce(field, single, modest)).toMatchObject({ errno: 0, replies: [0] });
  expect((await status(field)).counters.overShare).toBeGreaterThan(before);
  expect(await degraded(field)).toContain("overShare");
  expect(await network.arrivedAt(flooded)).toBe(0);
  expect(await network.arrivedAt(late)).toBe(0);
  talker.go(true);
  // The same socket is heard again once it goes on.
  const api = await field.helper.client();
  const id = await until("a question about what was lost", async () => {
    datagrams.go();
    const asksForIt = ({ endpoints }: Prompt) => endpoints.some((endpoint) => endpoint.address === late);
    return (await api.call("prompts.list", {})).find((prompt) => prompt.state === "held" && asksForIt(prompt))?.id;
  });
  await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
  datagrams.go(true);
  await until("the datagram", async () => (await network.arrived("udp", late, 7777)) > 0);
}

/** A script takes all that one app may have, of the hold and of the ring: another script of its interpreter has its own. */
export async function expectScriptsApart(field: Field): Promise<void> {
  const { network } = field;
  const [flooded, single, late] = [network.address(4), network.address(4), network.address(4)];
  for (const address of [flooded, single, late]) await field.rule("ask", address);
  const counter = async (name: string) => (await status(field)).counters[name] ?? 0;
  const [overflow, over] = [await counter("holdOverflow"), await counter("overShare")];
  const flooder = new Talker(field.spawn(client("flood", flooded, firstPort, 2000, 0, 1400)));
  const again = () => {
    flooder.go();
    return flooder.says<Flooded>();
  };
  const one = (address: string) => new Talker(field.spawn(client("udp", address, 7777, "connected", 1, 1400, 100)));
  const answered = { errno: 0, replies: [0] };

  await flooder.says<Flooded>();
  await until("the hold to be full", async () => {
    await again();
    return (await counter("holdOverflow")) > overflow;
  });
  expect(await degraded(field)).toContain("holdOverflow");
  expect(await allowOnce(field, single, one(single))).toMatchObject(answered);

  await field.helper.signal("SIGSTOP");
  for (let rounds = 0; rounds < 10; rounds++) await again();
  const other = one(late);
  // A share is of a second: the flood goes on while the other sends, and ends before what it sent is too old to go (kernel-news.ts).
  const end = performance.now() + Math.min(2000 * slowness, 4000);
  while (performance.now() < end) await again();
  await field.helper.signal("SIGCONT");
  expect(await allowOnce(field, late, other)).toMatchObject(answered);
  expect(await counter("overShare")).toBeGreaterThan(over);
  expect(await network.arrivedAt(flooded)).toBe(0);
  flooder.kill();
}

/** More datagrams than are kept of one flow: the first go when it is allowed, the others are counted and gone. */
export async function expectBudget(field: Field): Promise<void> {
  const { network } = field;
  const address = network.address(4);
  await field.rule("ask", address);
  const before = (await status(field)).counters.overBudget ?? 0;
  const [kept, more] = [64, 6]; // HELD_DATAGRAMS
  const talker = new Talker(field.spawn(client("udp", address, 7777, "connected", kept + more, 16, 10 * slowness)));
  const { id } = await field.helper.prompt(address);
  await until("all of them", async () => ((await status(field)).counters.overBudget ?? 0) === before + more);
  expect(await degraded(field)).toContain("overBudget");
  expect(await network.arrivedAt(address)).toBe(0);
  await (await field.helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
  const replies = Array.from({ length: kept }, (_, number) => number);
  expect(await talker.says()).toMatchObject({ sendErrnos: Array(kept + more).fill(0), replies });
  expect(await network.arrived("udp", address, 7777)).toBe(kept);
}

/** No share protects the ring from many apps at once: what has no room is counted and goes nowhere, and others are asked about afterwards. */
export async function expectFullRing(field: Field, floods: number): Promise<void> {
  const { network } = field;
  const [flooded, asked] = [network.address(4), network.address(4)];
  for (const address of [flooded, asked]) await field.rule("ask", address);
  const { counters } = await status(field);
  const folder = mkdtempSync(join(tmpdir(), "picket-floods-"));
  const talkers: Talker[] = [];
  try {
    await field.helper.signal("SIGSTOP");
    for (let number = 0; number < floods; number++) {
      // A file of its own: a share of its own.
      const path = join(folder, `flood-${number}`);
      copyFileSync(compiled("flood"), path);
      talkers.push(new Talker(field.spawn([path, flooded, firstPort, 2000, 0, 1400].map(String))));
    }
    for (const talker of talkers) expect(await talker.says<Flooded>()).toMatchObject({ refused: 0 });
    const other = new Talker(field.spawn(client("tcp", asked, 80, 100)));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await network.arrivedAt(flooded)).toBe(0);
    expect(await network.arrivedAt(asked)).toBe(0);
    await field.helper.signal("SIGCONT");
    expect((await allowOnce(field, asked, other)).ok).toBe(true);
    expect((await status(field)).counters.ringFull).toBeGreaterThan(counters.ringFull ?? 0);
    expect(await degraded(field)).toContain("ringFull");
    expect(await network.arrivedAt(flooded)).toBe(0);
  } finally {
    await field.helper.signal("SIGCONT");
    for (const talker of talkers) talker.kill();
    rmSync(folder, { recursive: true });
  }
}

/** `count` different programs at once: each is named, asked about and answered by itself. */
export async function expectPrograms(field: Field, count: number, atOnce: number): Promise<void> {
  const address = field.network.address(4);
  await field.rule("ask", address);
  const folder = mkdtempSync(join(tmpdir(), "picket-programs-"));
  try {
    const api = await field.helper.client();
    for (let first = 0; first < count; first += atOnce) {
      const now = Math.min(atOnce, count - first);
      const args = [compiled("tiny"), folder, first, now, address, 80];
      const talker = new Talker(field.spawn(client("programs", ...args)));
      await talker.line();
      const named = await until(
        `${now} prompts`,
        async () => {
          const all = await api.call("prompts.list", {});
          const found = all.filter(({ app, state }) => app.path.startsWith(`${folder}/app-`) && state === "held");
          if (found.length === now) return found;
          // A list of a thousand is work for the helper, which has other things to do.
          await new Promise((resolve) => setTimeout(resolve, 500));
          return false;
        },
        longPatience,
      );
      const numbers = new Map(named.map(({ id, app }) => [Number(app.path.slice(folder.length + 5)), id]));
      expect(numbers.size).toBe(now);
      for (const [number, id] of numbers) {
        const action = number % 2 === 0 ? "allow" : "block";
        await api.call("prompts.answer", { id, action, lifetime: "once" });
      }
      const codes = Object.entries(await talker.says<Record<string, number>>());
      expect(codes).toHaveLength(now);
      expect(codes.filter(([number, code]) => code !== (Number(number) % 2 === 0 ? 0 : 111))).toEqual([]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `processes` × `count` held connections of one app, more than it may have asked about: all wait, and all are decided. */
export async function expectCrowd(field: Field, processes: number, count: number): Promise<void> {
  const address = field.network.address(4);
  const ask = await field.rule("ask", address);
  const before = (await status(field)).counters.synsFull ?? 0;
  const command = [compiled("crowd"), String(count), address, "9"];
  const talkers = Array.from({ length: processes }, () => new Talker(field.spawn(command)));
  for (const talker of talkers) expect(await talker.says<{ started: number }>()).toEqual({ started: count });
  await field.helper.prompt(address);
  await until("the count of what is not asked about", async () => (await degraded(field)).includes("unasked"));
  const { synsFull = 0 } = (await status(field)).counters;
  if (processes * count > heldSyns) {
    expect(synsFull).toBeGreaterThanOrEqual(before + processes * count - heldSyns);
    expect(await degraded(field)).toContain("synsFull");
  } else expect(synsFull).toBe(before);
  expect((await promptsOf(field, compiled("crowd"))).length).toBe(1);
  expect(await field.network.arrivedAt(address)).toBe(0);
  // Port 9 refuses: what is allowed hears so from the far side itself.
  const allow = await field.rule("allow", address, 9);
  for (const talker of talkers) talker.go();
  for (const talker of talkers) {
    expect(await talker.says<Record<string, number>>()).toEqual({
      connected: 0,
      refused: count,
      other: 0,
      errno: 0,
      pending: 0,
    });
  }
  expect(await field.network.arrived("tcp", address, 9)).toBeGreaterThanOrEqual(processes * count);
  await field.remove(allow);
  await field.remove(ask);
}

/** Many decided flows: each is counted by the kernel, the list stays bounded. */
export async function expectManyFlows(field: Field, count: number): Promise<void> {
  const open = field.addresses();
  for (const address of Object.values(open)) await field.rule("allow", address);
  const before = (await status(field)).counters.allowed ?? 0;
  const kinds = ["tcp4", "tcp6", "udp4", "udp6Connected"];
  const made = Object.values(await field.attempts(count, open, 9, kinds)).reduce(
    (sum, { taken }: Attempts) => sum + taken,
    0,
  );
  expect(made).toBe(count);
  const { counters } = await status(field);
  expect((counters.allowed ?? 0) - before).toBe(count);
  await until("the list to be full", async () => {
    const flows = await (await field.helper.client()).call("flows.list", { limit: 5000 });
    expect(flows.length).toBeLessThanOrEqual(5000);
    return flows.filter(({ endpoint }) => endpoint.address === open.v4).length > 1000;
  });
  console.log(`helper after ${count} flows: ${Math.round(memory(field))} MB`);
}
