// Mode, pause, lockdown and profiles reach what is held and what is live; they outlive the helper, and end when they should.
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Flow, Standing } from "../../contract/words.ts";
import { boottime } from "../../helper/kernel/libc.ts";
import { client, clientApp, type StreamResult, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, picket, type Ran, slowness, start, TestHelper, until } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000 * slowness });

const EPERM = 1;
const ECONNABORTED = 103;
const ECONNREFUSED = 111;
/** Longer than any test waits. */
const long = 60;

const helper = new TestHelper();
let network: Network;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});

afterEach(async () => {
  const api = await helper.client();
  await api.call("lockdown", { on: false });
  await api.call("pause", { for: null });
  await api.call("mode.set", { mode: "ask" });
  await api.call("profile.set", { automatic: true });
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
});

const json = <T>(ran: Ran): T => JSON.parse(ran.stdout.trim().split("\n").at(-1) ?? "") as T;

/** The command line, which has to succeed. */
const say = (...words: string[]): Promise<Standing> => sayTo(helper, ...words);

async function sayTo(which: TestHelper, ...words: string[]): Promise<Standing> {
  const ran = await start(picket, [...words, "--json"], { PICKET_SOCKET: which.socket });
  expect(ran.code, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as Standing;
}

const connects = (address: string) => guarded(helper, network.near, client("tcp", address, 80));
const connected = async (address: string) => json<TcpResult>(await connects(address));

async function flowTo(address: string, port?: number): Promise<Flow | undefined> {
  const flows = await (await helper.client()).call("flows.list", {});
  return flows.find(({ endpoint }) => endpoint.address === address && (port === undefined || endpoint.port === port));
}

/** A new app is named before its flow is listed. */
function flowThatIs(verdict: Flow["verdict"], address: string): Promise<Flow> {
  return until(`a flow to ${address}: ${verdict}`, async () => {
    const flow = await flowTo(address);
    return flow?.verdict === verdict ? flow : undefined;
  });
}

async function openPrompts(address: string): Promise<number> {
  const prompts = await (await helper.client()).call("prompts.list", {});
  return prompts.filter(({ endpoint }) => endpoint.address === address).length;
}

async function allowedStream(protocol: "tcp" | "udp", address: string, ...quiet: "quiet"[]): Promise<Promise<Ran>[]> {
  const api = await helper.client();
  await api.call("rules.add", { app: clientApp("stream"), action: "allow", address });
  const running = guarded(helper, network.near, client("stream", protocol, address, 7777, long, ...quiet));
  await until(
    "the stream's first answer",
    async () => ((await flowTo(address))?.bytesIn ?? 0) > (quiet.length > 0 ? 100 : 200),
  );
  return [running];
}

/** A helper that is killed and starts again; `between` changes what is stored. Resolves with the milliseconds that took. */
async function restarted(between: (database: Database.Database) => void = () => {}, which = helper): Promise<number> {
  const began = performance.now();
  await which.signal("SIGKILL");
  const database = new Database(join(which.state, "picket.sqlite"));
  between(database);
  database.close();
  await which.start();
  return performance.now() - began;
}

/** Milliseconds until a moment that the next helper surely lives to see, by how long the last one took to start. */
const soon = (took: number): number => Math.round(2 * took + 3000);

/** Changes a stored setting by another hand: time passes that nobody waits for. */
function setting(name: string, change: (value: never) => void): (database: Database.Database) => void {
  return (database) => {
    const text = database.prepare("SELECT value FROM settings WHERE name = ?").pluck().get(name) as string;
    const value = JSON.parse(text) as never;
    change(value);
    database.prepare("UPDATE settings SET value = ? WHERE name = ?").run(JSON.stringify(value), name);
  };
}

const standing = async () => (await helper.client()).call("status", {});

describe("lockdown", () => {
  test.for([4, 6] as const)(
    "ends what is live over IPv%d: connections that talk and that are silent, and datagrams",
    async (family) => {
      const [talking, silent, datagrams] = [network.address(family), network.address(family), network.address(family)];
      const [first] = await allowedStream("tcp", talking);
      const [second] = await allowedStream("tcp", silent, "quiet");
      const [third] = await allowedStream("udp", datagrams);
      expect(await say("lockdown", "on")).toMatchObject({ override: { kind: "lockdown", ends: null }, trial: null });
      expect(json<StreamResult>((await first) as Ran).errno).toBe(ECONNABORTED);
      expect(json<StreamResult>((await second) as Ran).errno).toBe(ECONNABORTED);
      expect(json<StreamResult>((await third) as Ran).errno).toBe(EPERM);
      for (const address of [talking, silent, datagrams])
        expect(await flowThatIs("block", address)).toMatchObject({ rule: null, layer: "lockdown" });
    },
  );

  test("refuses what is held, and what is new in spite of a rule; this computer's own talk goes on", async () => {
    const [held, allowed] = [network.address(4), network.address(4)];
    const api = await helper.client();
    await api.call("rules.add", { app: null, action: "allow", address: allowed });
    const waiting = connects(held);
    await helper.prompt(held);
    await say("lockdown", "on");
    expect(json<TcpResult>(await waiting).errno).toBe(ECONNREFUSED);
    expect(await openPrompts(held)).toBe(0);
    expect((await connected(allowed)).errno).toBe(ECONNREFUSED);
    // Nobody listens there: the kernel's own refusal comes back over loopback, and the flow was allowed.
    await connected("127.0.0.1");
    expect(await flowThatIs("allow", "127.0.0.1")).toMatchObject({ layer: "factory" });
    await say("lockdown", "off");
    expect((await connected(allowed)).ok).toBe(true);
  });

  test("survives the helper until it is switched off, and comes before a pause", async () => {
    const address = network.address(4);
    await (await helper.client()).call("rules.add", { app: null, action: "allow", address });
    await say("lockdown", "on");
    await helper.signal("SIGKILL");
    await helper.start();
    expect((await connected(address)).errno).toBe(ECONNREFUSED);
    expect((await standing()).override).toEqual({ kind: "lockdown", ends: null });
    await say("pause", "1h");
    expect((await connected(address)).errno).toBe(ECONNREFUSED);
    await say("pause", "off");
    await say("lockdown", "off");
    expect((await connected(address)).ok).toBe(true);
  });
});

describe("pause", () => {
  test("lets what is held go on, takes its card away, and allows what a rule blocks", async () => {
    const [held, blocked] = [network.address(4), network.address(4)];
    await (await helper.client()).call("rules.add", { app: null, action: "block", address: blocked });
    const waiting = connects(held);
    await helper.prompt(held);
    const now = await say("pause", "10m");
    expect(now.override?.kind).toBe("pause");
    expect(Math.abs(Date.parse(now.override?.ends ?? "") - Date.now() - 600_000)).toBeLessThan(20_000);
    expect(json<TcpResult>(await waiting).ok).toBe(true);
    expect(await openPrompts(held)).toBe(0);
    expect((await connected(blocked)).ok).toBe(true);
    expect(await flowThatIs("allow", blocked)).toMatchObject({
      verdict: "allow",
      layer: "mode",
      reason: "Picket is paused: everything is allowed and recorded.",
    });
    expect((await say("pause", "off")).override).toBe(null);
    expect((await connected(blocked)).errno).toBe(ECONNREFUSED);
  });

  test("survives the helper and ends at its moment, by itself", async () => {
    const address = network.address(4);
    await (await helper.client()).call("rules.add", { app: null, action: "block", address });
    await say("pause", "1h");
    const took = await restarted();
    expect((await standing()).override?.kind).toBe("pause");
    await restarted(
      setting("standing", (state: { pause: { at: number } }) => {
        state.pause.at = Math.round(boottime()) + soon(took);
      }),
    );
    expect((await connected(address)).ok).toBe(true);
    await until("the pause's end", async () => (await standing()).override === null, 2 * soon(took));
    expect((await connected(address)).errno).toBe(ECONNREFUSED);
  });

  test("is over after a restart of the machine", async () => {
    await say("pause", "1h");
    await restarted(
      setting("standing", (state: { pause: { boot: string } }) => {
        state.pause.boot = "another";
      }),
    );
    expect((await standing()).override).toBe(null);
  });
});

describe("the mode", () => {
  test("allow lets what is held go on; block refuses it and ends what is live; both outlive the helper", async () => {
    const [first, second] = [network.address(4), network.address(4)];
    const waiting = connects(first);
    await helper.prompt(first);
    await say("mode", "allow");
    expect(json<TcpResult>(await waiting).ok).toBe(true);
    const stream = guarded(helper, network.near, client("stream", "tcp", second, 7777, long, "quiet"));
    await until("the stream", async () => ((await flowTo(second))?.bytesIn ?? 0) > 100);
    await say("mode", "block");
    expect(json<StreamResult>(await stream).errno).toBe(ECONNABORTED);
    await restarted();
    expect((await standing()).mode).toBe("block");
    expect((await connected(first)).errno).toBe(ECONNREFUSED);
  });
});

// Side by side, each with a helper of its own: most of it is time that has to pass.
describe.concurrent("a mode on trial", () => {
  /** Seconds: long enough for a second command line to come in time. */
  const briefly = 10 * slowness;
  const brief = `${briefly}s`;
  const its = test.extend<{ own: TestHelper; sayOwn: typeof say }>({
    own: async ({ task: _ }, use) => {
      const own = new TestHelper();
      await own.start();
      await use(own);
      await own.stop();
    },
    sayOwn: ({ own }, use) => use((...words) => sayTo(own, ...words)),
  });
  const standingOf = async (own: TestHelper) => (await own.client()).call("status", {});
  const wayBack = (own: TestHelper, patience: number) =>
    until("the way back", async () => (await standingOf(own)).mode === "ask", patience);

  its("takes itself back, and stays when it is confirmed", async ({ own, sayOwn, expect }) => {
    const tried = await sayOwn("mode", "block", "--confirm", brief);
    expect(tried).toMatchObject({ mode: "block", trial: { what: "Mode block." } });
    await wayBack(own, briefly * 3000);
    expect((await standingOf(own)).trial).toBe(null);
    await sayOwn("mode", "block", "--confirm", brief);
    expect(await sayOwn("confirm")).toMatchObject({ mode: "block", trial: null });
    await new Promise((resolve) => setTimeout(resolve, (briefly + 1) * 1000));
    expect((await standingOf(own)).mode).toBe("block");
    const again = await start(picket, ["confirm"], { PICKET_SOCKET: own.socket });
    expect([again.code, again.stderr]).toEqual([1, "picket: Nothing is on trial.\n"]);
  });

  its("is taken back by the helper that comes after one that was killed", async ({ own, sayOwn, expect }) => {
    const length = soon(await restarted(undefined, own));
    await sayOwn("mode", "block", "--confirm", `${Math.ceil(length / 1000)}s`);
    await restarted(undefined, own);
    expect((await standingOf(own)).mode).toBe("block");
    await wayBack(own, 2 * length);
  });

  its("is taken back at the start of a helper that comes too late", async ({ own, sayOwn, expect }) => {
    await sayOwn("mode", "block", "--confirm", "60m");
    const pass = setting("trial", ([trial]: [{ ends: { boot: string } }]) => {
      trial.ends.boot = "another";
    });
    await restarted(pass, own);
    expect(await standingOf(own)).toMatchObject({ mode: "ask", trial: null });
  });

  its("takes no pause along that was made meanwhile", async ({ own, sayOwn, expect }) => {
    await sayOwn("mode", "block", "--confirm", brief);
    await sayOwn("pause", "1h");
    await wayBack(own, briefly * 3000);
    expect((await standingOf(own)).override?.kind).toBe("pause");
  });

  its("is over when the mode is chosen again", async ({ own, sayOwn, expect }) => {
    await sayOwn("mode", "block", "--confirm", brief);
    expect((await sayOwn("mode", "allow")).trial).toBe(null);
    await new Promise((resolve) => setTimeout(resolve, (briefly + 1) * 1000));
    expect((await standingOf(own)).mode).toBe("allow");
  });
});

describe("a profile", () => {
  test("that nobody defined takes no rules; what one has stays when it is removed, and is told", async () => {
    const api = await helper.client();
    const rule = { app: null, action: "block", address: "192.0.2.250", profile: "typo" } as const;
    await expect(api.call("rules.add", rule)).rejects.toMatchObject({ code: "unknown_profile" });
    await api.call("profiles.define", { name: "typo" });
    const { id } = await api.call("rules.add", rule);
    expect(await api.call("profiles.remove", { name: "typo" })).toEqual({ rules: [id] });
    await api.call("rules.remove", { ids: [id] });
  });

  test("brings its rules and takes them along; its live connections end with it", async () => {
    const address = network.address(4);
    const api = await helper.client();
    await api.call("profiles.define", { name: "home" });
    await api.call("profiles.define", { name: "away" });
    await api.call("rules.add", { app: null, action: "allow", address, profile: "home" });
    await api.call("rules.add", { app: null, action: "block", address, profile: "away" });
    const waiting = connects(address);
    await helper.prompt(address);
    expect(await say("profile", "home")).toMatchObject({ profile: "home", automatic: false });
    expect(json<TcpResult>(await waiting).ok).toBe(true);
    const stream = guarded(helper, network.near, client("stream", "tcp", address, 7777, long));
    await until("the stream", async () => ((await flowTo(address, 7777))?.bytesIn ?? 0) > 200);
    await restarted();
    expect((await standing()).profile).toBe("home");
    await say("profile", "away");
    expect(json<StreamResult>(await stream).errno).toBe(ECONNABORTED);
    expect((await connected(address)).errno).toBe(ECONNREFUSED);
    await say("profile", "none");
    const again = connects(address);
    const { id } = await helper.prompt(address);
    await (await helper.client()).call("prompts.answer", { id, action: "block" });
    await again;
    await say("profile", "remove", "away");
    const unknown = await start(picket, ["profile", "away"], { PICKET_SOCKET: helper.socket });
    expect([unknown.code, unknown.stderr]).toEqual([1, "picket: There is no such profile. (away)\n"]);
  });
});
