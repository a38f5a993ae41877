// How long answers hold: rules that end by themselves, with real clocks, real processes and real boots of the helper.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { joinAppPath } from "../../contract/app-path.ts";
import type { Rule } from "../../contract/words.ts";
import { startOf } from "../../helper/identity/running.ts";
import { boottime } from "../../helper/kernel/libc.ts";
import { client, python, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, type Ran, slowness, TestHelper, until } from "./helper-process.ts";

const EPERM = 1;
const ECONNABORTED = 103;
const ECONNRESET = 104;
const ECONNREFUSED = 111;

const helper = new TestHelper();
const programs = mkdtempSync(join(tmpdir(), "picket-programs-"));
const children: ChildProcess[] = [];
let network: Network;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(programs, { recursive: true, force: true });
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const json = <T>(ran: Ran): T => JSON.parse(ran.stdout) as T;

/** An app of its own: the same interpreter under another path. */
function ownApp(name: string): string {
  const path = join(programs, name);
  copyFileSync(realpathSync(python), path);
  return path;
}

/** A process of the app that does nothing until it is killed; with `child`, one that leaves another behind it. */
async function run(app: string): Promise<ChildProcess> {
  const child = spawn(app, ["-c", "import time; print(1, flush=True); time.sleep(600)"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child;
}

async function rules(): Promise<Rule[]> {
  return (await (await helper.client()).call("rules.list", {})).filter(({ origin }) => origin === "person");
}

const has = async (id: string) => (await rules()).some((rule) => rule.id === id);

/** Lets a rule's time pass without waiting for it: what is stored is moved, by a hand other than the helper's. */
function store(change: (database: Database.Database) => void, { state } = helper): void {
  const database = new Database(join(state, "picket.sqlite"));
  try {
    change(database);
  } finally {
    database.close();
  }
}

async function restarted(meanwhile: () => void | Promise<void> = () => {}): Promise<void> {
  await helper.signal("SIGKILL");
  await meanwhile();
  await helper.start();
}

describe("an answer", () => {
  test.for(["quit", "1h", "restart"] as const)(
    "for %s lets go what waits, and makes a rule that says so",
    async (lifetime) => {
      const app = ownApp(`answer-${lifetime}`);
      const address = network.address(4);
      const [, ...args] = client("tcp", address, 80);
      await run(app);
      const running = guarded(helper, network.near, [app, ...args]);
      const { id } = await helper.prompt(address);
      const api = await helper.client();
      const made = await api.call("prompts.answer", { id, action: "allow", lifetime });
      expect(json<TcpResult>(await running).ok).toBe(true);
      const [rule] = (await rules()).filter((each) => made.rules.includes(each.id));
      expect(rule).toMatchObject({ app, address, lifetime, action: "allow" });
      if (lifetime === "1h") expect(Date.parse(rule?.expires ?? "") - Date.now()).toBeGreaterThan(3_500_000);
      else expect(rule?.expires).toBe(null);
      // Known from now on: nobody is asked.
      expect(json<TcpResult>(await guarded(helper, network.near, [app, ...args])).ok).toBe(true);
      await api.call("rules.remove", { ids: [rule?.id ?? ""] });
    },
  );

  test("until the app quits finds no app that does not run", async () => {
    const api = await helper.client();
    for (const app of [join(programs, "none"), null]) {
      await expect(api.call("rules.add", { app, action: "allow", lifetime: "quit" })).rejects.toMatchObject({
        code: "not_running",
      });
    }
    expect((await rules()).filter(({ lifetime }) => lifetime === "quit")).toEqual([]);
  });
});

describe("a length of time", { timeout: 180_000 * slowness }, () => {
  test("ends at its moment, and what it allowed is asked about again, live or new", async () => {
    const app = ownApp("timed");
    const address = network.address(4);
    const api = await helper.client();
    const { id } = await api.call("rules.add", { app, action: "allow", address, lifetime: "1m" });
    const [, ...args] = client("tcp", address, 80);
    expect(json<TcpResult>(await guarded(helper, network.near, [app, ...args])).ok).toBe(true);
    const [, ...streaming] = client("stream", "tcp", address, 7777, 15);
    const stream = guarded(helper, network.near, [app, ...streaming]);
    await until("the stream", async () => (await network.arrived("tcp", address, 7777)) > 5);
    // All but some seconds of the minute pass at once; the helper looks at what is stored with every change of the rules.
    store((database) => {
      database.prepare("UPDATE rules SET expires = ? WHERE number = ?").run(Math.round(boottime()) + 3000, id);
    });
    await api.call("rules.add", { app: null, action: "allow", address: "203.0.113.1" });
    expect(await has(id)).toBe(true);
    await until("the rule's end", async () => !(await has(id)));
    // A live connection is held where it stands.
    const prompt = await helper.prompt(address);
    const before = await network.arrivedAt(address);
    await (await helper.client()).call("prompts.answer", { id: prompt.id, action: "allow", lifetime: "once" });
    expect(JSON.parse((await stream).stdout.trim().split("\n").at(-1) ?? "").errno).toBe(0);
    expect(await network.arrivedAt(address)).toBeGreaterThan(before);
    // And a new one is asked about.
    const again = guarded(helper, network.near, [app, ...args]);
    const next = await helper.prompt(address);
    await (await helper.client()).call("prompts.answer", { id: next.id, action: "block", lifetime: "once" });
    expect(json<TcpResult>(await again).errno).toBe(ECONNREFUSED);
  });

  test("lets the permanent rule beside it count again", async () => {
    const app = ownApp("beside");
    const address = network.address(4);
    const api = await helper.client();
    const block = await api.call("rules.add", { app, action: "block", address });
    const allow = await api.call("rules.add", { app, action: "allow", address, lifetime: "1h" });
    expect(allow.replaced).toBe(null);
    const [, ...args] = client("tcp", address, 80);
    expect(json<TcpResult>(await guarded(helper, network.near, [app, ...args])).ok).toBe(true);
    await restarted(() =>
      store((database) => database.prepare("UPDATE rules SET expires = 1 WHERE number = ?").run(allow.id)),
    );
    expect([await has(block.id), await has(allow.id)]).toEqual([true, false]);
    expect(json<TcpResult>(await guarded(helper, network.near, [app, ...args])).errno).toBe(ECONNREFUSED);
  });

  test("ends what only the helper allowed, where for the kernel the rule beside it is the same", async () => {
    const app = ownApp("ranged");
    const address = network.address(4);
    const api = await helper.client();
    const rule = { app, address, port: 7000, portTo: 8000 };
    await api.call("rules.add", { ...rule, action: "block" });
    const { id } = await api.call("rules.add", { ...rule, action: "allow", lifetime: "1m" });
    const streams = (["tcp", "udp"] as const).map((protocol) => {
      const [, ...args] = client("stream", protocol, address, 7777, 15 * slowness);
      return guarded(helper, network.near, [app, ...args]);
    });
    for (const protocol of ["tcp", "udp"] as const)
      await until("the stream", async () => (await network.arrived(protocol, address, 7777)) > 5);
    // As above.
    store((database) => {
      database.prepare("UPDATE rules SET expires = ? WHERE number = ?").run(Math.round(boottime()) + 3000, id);
    });
    await api.call("rules.add", { app: null, action: "allow", address: "203.0.113.1", port: 1 });
    await until("the rule's end", async () => !(await has(id)));
    const ends = (await Promise.all(streams)).map(({ stdout }) => JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
    // A connection that talks may meet the block with a packet first, and hears of that by a reset; a datagram may be held in that moment,
    // and is refused as held ones are.
    const blocked = [expect.toBeOneOf([ECONNABORTED, ECONNRESET]), expect.toBeOneOf([EPERM, ECONNREFUSED])];
    expect(ends.map(({ errno }) => errno)).toEqual(blocked);
  });

  test("counts the time a machine sleeps: the clock of a time namespace is hours ahead at once", async () => {
    const sleeper = new TestHelper();
    try {
      // CLOCK_BOOTTIME after a sleep: further, while CLOCK_MONOTONIC stood still (time_namespaces(7)).
      await sleeper.start();
      const api = await sleeper.client();
      const ids: string[] = [];
      for (const [port, lifetime] of [
        [1, "1h"],
        [2, "3h"],
        [3, "restart"],
      ] as const) {
        ids.push((await api.call("rules.add", { app: null, action: "allow", port, lifetime })).id);
      }
      await sleeper.signal("SIGKILL");
      await sleeper.start(
        "helper/main.ts",
        [],
        ["unshare", "--time", "--fork", "--kill-child", `--boottime=${2 * 3600}`],
      );
      const left = (await (await sleeper.client()).call("rules.list", {})).map(({ id }) => id);
      expect(ids.map((id) => left.includes(id))).toEqual([false, true, true]);
    } finally {
      await sleeper.signal("SIGKILL"); // no signal but this one reaches it through unshare
      await sleeper.stop();
    }
  });

  test("ends at its moment where a machine slept for hours while the helper ran", async () => {
    const asleep = 2 * 3600;
    const sleeper = new TestHelper();
    try {
      // The clock that stands still in a sleep shows this moment two hours late.
      const within = ["unshare", "--time", "--fork", "--kill-child", `--boottime=${asleep}`];
      await sleeper.start("helper/main.ts", [], within);
      const api = await sleeper.client();
      const { id } = await api.call("rules.add", { app: null, action: "allow", port: 1, lifetime: "1m" });
      // As above: all but some seconds pass at once, and are looked at with the next change.
      const moment = Math.round(boottime()) + asleep * 1000 + 3000 * slowness;
      store((database) => database.prepare("UPDATE rules SET expires = ? WHERE number = ?").run(moment, id), sleeper);
      const other = await api.call("rules.add", { app: null, action: "allow", port: 2 });
      const left = async () => (await api.call("rules.list", {})).map((rule) => rule.id);
      expect(await left()).toEqual(expect.arrayContaining([id, other.id]));
      await until("the rule's end", async () => !(await left()).includes(id));
      expect(await left()).toContain(other.id);
    } finally {
      await sleeper.signal("SIGKILL");
      await sleeper.stop();
    }
  });
});

describe("until the app quits", { timeout: 180_000 * slowness }, () => {
  test("ends with the last process, also one that the first left behind", async () => {
    const app = ownApp("family");
    const first = await run(app);
    const api = await helper.client();
    const { id } = await api.call("rules.add", { app, action: "allow", port: 1, lifetime: "quit" });
    const second = await run(app);
    first.kill("SIGKILL");
    await until("the first's end", () => first.signalCode !== null);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await has(id)).toBe(true);
    second.kill("SIGKILL");
    await until("the rule's end", async () => !(await has(id)));
  });

  test("outlives the helper, and ends when the app ended meanwhile, running again or not", async () => {
    const app = ownApp("away");
    const first = await run(app);
    const { id } = await (await helper.client()).call("rules.add", { app, action: "allow", port: 1, lifetime: "quit" });
    await restarted();
    expect(await has(id)).toBe(true);
    await restarted(async () => {
      first.kill("SIGKILL");
      await until("its end", () => first.signalCode !== null);
      await run(app);
    });
    expect(await has(id)).toBe(false);
  });

  test("is not fooled by a process that has the number now", async () => {
    const app = ownApp("reused");
    const first = await run(app);
    const { id } = await (await helper.client()).call("rules.add", { app, action: "allow", port: 1, lifetime: "quit" });
    await restarted(() => {
      store((database) =>
        database
          .prepare("UPDATE rule_processes SET start = ? WHERE rule = ?")
          .run((startOf(first.pid ?? 0) ?? 0) - 1, id),
      );
    });
    expect(await has(id)).toBe(false);
  });

  test("goes on when an update replaces the program", async () => {
    const app = ownApp("updated");
    const first = await run(app);
    const { id } = await (await helper.client()).call("rules.add", { app, action: "allow", port: 1, lifetime: "quit" });
    rmSync(app);
    ownApp("updated");
    const second = await run(app);
    second.kill("SIGKILL");
    await until("the second's end", () => second.signalCode !== null);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await has(id)).toBe(true);
    first.kill("SIGKILL");
    await until("the rule's end", async () => !(await has(id)));
  });
});

describe("until a script's app quits", { timeout: 180_000 * slowness }, () => {
  test("is about the script, by whichever name it was started, and not about its interpreter", async () => {
    const script = join(programs, "waits.py");
    writeFileSync(script, "import time; print(1, flush=True); time.sleep(600)\n");
    const executable = realpathSync(python);
    const start = async (args: string[], cwd = "/"): Promise<ChildProcess> => {
      const child = spawn(executable, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
      children.push(child);
      await new Promise((resolve) => child.stdout.once("data", resolve));
      return child;
    };
    const app = joinAppPath({ executable, script });
    const rule = { app, action: "allow", port: 1, lifetime: "quit" } as const;
    const api = await helper.client();
    await start(["-c", "import time; print(1, flush=True); time.sleep(600)"]);
    await expect(api.call("rules.add", rule)).rejects.toMatchObject({ code: "not_running" });
    const first = await start(["-u", script]);
    const { id } = await api.call("rules.add", rule);
    const second = await start(["waits.py"], programs);
    first.kill("SIGKILL");
    await until("the first's end", () => first.signalCode !== null);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await has(id)).toBe(true);
    second.kill("SIGKILL");
    await until("the rule's end", async () => !(await has(id)));
  });
});

describe("until the machine restarts", { timeout: 180_000 * slowness }, () => {
  test("a rule outlives the helper and no boot", async () => {
    const api = await helper.client();
    const ids = [
      (await api.call("rules.add", { app: null, action: "block", port: 2, lifetime: "restart" })).id,
      (await api.call("rules.add", { app: null, action: "block", port: 3, lifetime: "1d" })).id,
    ];
    await restarted();
    for (const id of ids) expect(await has(id)).toBe(true);
    await restarted(() =>
      store((database) => database.prepare("UPDATE rules SET boot = 'another' WHERE boot IS NOT NULL").run()),
    );
    for (const id of ids) expect(await has(id)).toBe(false);
  });
});
