// Who works over a connection and changes what would cut it is not locked out: the change takes itself back unless it is confirmed.
// session.py stands in for sshd: a listener whose children run what the caller says.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { boottime } from "../../helper/kernel/libc.ts";
import { client } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { picket, TestHelper, until } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000 });

const helper = new TestHelper();
const children: ChildProcess[] = [];
let network: Network;
let port = 2200;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await (await helper.client()).call("mode.set", { mode: "ask" });
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
});

interface Said {
  ready?: boolean;
  code?: number;
  stdout?: string;
  stderr?: string;
}

function follow(command: string, args: string[], heard: (line: string) => void): ChildProcess {
  const env = { ...process.env, PICKET_SOCKET: helper.socket };
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env });
  children.push(child);
  createInterface({ input: child.stdout }).on("line", heard);
  return child;
}

/** A session under way: what is typed runs in it. `from`: the caller's address. */
async function session() {
  const said: Said[] = [];
  const answers: string[] = [];
  const from = network.address(4);
  port++;
  const inside = ["nsenter", `--net=/run/netns/${network.near}`, ...client("session", port)];
  follow(picket, ["run", "--", ...inside], (line) => said.push(JSON.parse(line) as Said));
  await until("the listener", () => said.some(({ ready }) => ready));
  const typing = `import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 30, (sys.argv[3], 0))
s.settimeout(None)
f = s.makefile("rw")
for line in sys.stdin:
    f.write(line); f.flush(); print(f.readline().strip(), flush=True)`;
  const words = ["/usr/bin/python3", "-c", typing, network.nearAddress(4), String(port), from];
  const keyboard = follow("nsenter", [`--net=/run/netns/${network.far}`, ...words], (line) => answers.push(line));
  const type = (words: string) => keyboard.stdin?.write(`${picket} ${words}\n`);
  const ran = async (): Promise<Said> => {
    await until("the command's end", () => said.some(({ code }) => code !== undefined));
    return said.splice(
      said.findIndex(({ code }) => code !== undefined),
      1,
    )[0] as Said;
  };
  return { from, port, type, ran, answers };
}

/** Under way, by its first word; what it may do afterwards is the caller's. */
async function allowedSession() {
  await (await helper.client()).call("mode.set", { mode: "allow" });
  const it = await session();
  it.type("status");
  await it.ran();
  return it;
}

const standing = async () => (await helper.client()).call("status", {});
const rules = async () => (await (await helper.client()).call("rules.list", {})).map(({ id }) => id);

async function live(from: string): Promise<boolean | undefined> {
  const flows = await (await helper.client()).call("flows.list", {});
  const flow = flows.find(({ endpoint, direction }) => direction === "inbound" && endpoint.address === from);
  return flow?.live && flow.verdict === "allow";
}

/** Kills the helper and starts it when the trial has only moments left: its whole time is a minute. */
async function almostOver(): Promise<void> {
  await helper.signal("SIGKILL");
  const database = new Database(join(helper.state, "picket.sqlite"));
  const text = database.prepare("SELECT value FROM settings WHERE name = 'trial'").pluck().get() as string;
  const [trial] = JSON.parse(text) as [{ ends: { at: number } }];
  expect(trial.ends.at - boottime()).toBeGreaterThan(0);
  trial.ends.at = Math.round(boottime()) + 1000;
  database.prepare("UPDATE settings SET value = ? WHERE name = 'trial'").run(JSON.stringify([trial]));
  database.close();
  await helper.start();
}

test("a mode that cuts it is on trial, and taken back", async () => {
  const { from, type, ran } = await allowedSession();
  expect(await live(from)).toBe(true);
  type("mode block");
  expect((await ran()).stderr).toMatch(
    /^Mode block\. It takes itself back in (5\d|60) s unless you say: picket confirm$/m,
  );
  expect(await standing()).toMatchObject({ mode: "block", trial: { what: "Mode block." } });
  await until("the session's end", async () => !(await live(from)));
  await almostOver();
  await until("the way back", async () => (await standing()).mode === "allow");
  expect((await standing()).trial).toBe(null);
});

test("a mode that leaves it alone is not, and neither is one that somebody else sets", async () => {
  const api = await helper.client();
  const { from, port, type, ran, answers } = await allowedSession();
  await api.call("rules.add", { app: null, action: "allow", direction: "inbound", address: from, port });
  type("mode block");
  expect(await ran()).toMatchObject({ code: 0, stderr: "" });
  expect(await standing()).toMatchObject({ mode: "block", trial: null });
  expect(await live(from)).toBe(true);
  await until("the answers", () => answers.length === 2);
  // Not the session's: the test itself cuts it, on purpose.
  await api.call("lockdown", { on: true });
  expect(await standing()).toMatchObject({ override: { kind: "lockdown" }, trial: null });
  await api.call("lockdown", { on: false });
});

test("rules that cut it are on trial: removed, added and taken back by undo; a confirmation keeps them", async () => {
  const api = await helper.client();
  const { from, port, type, ran } = await allowedSession();
  const allow = { app: null, action: "allow", direction: "inbound", address: from, port } as const;
  const { id } = await api.call("rules.add", allow);
  await api.call("mode.set", { mode: "ask" });
  // Held where it stands: as good as cut.
  type(`rules remove ${id}`);
  await ran();
  expect(await rules()).not.toContain(id);
  expect((await standing()).trial).toMatchObject({ what: `Rule ${id} removed.` });
  await almostOver();
  await until("the rule", async () => (await rules()).includes(id));
  expect((await standing()).trial).toBe(null);
  // It goes on where it was held. The helper started anew since: it has not heard of the connection, and asks the processes.
  type(`rules add --app any --action block --direction inbound --address ${from} --port ${port} --protocol tcp`);
  await ran();
  expect((await standing()).trial).toMatchObject({ what: "A new rule." });
  await (await helper.client()).call("confirm", {});
  expect((await standing()).trial).toBe(null);
});

test("an undo that cuts it is undone itself", async () => {
  const api = await helper.client();
  const { from, port, type, ran } = await allowedSession();
  const { id } = await api.call("rules.add", { app: null, action: "allow", direction: "inbound", address: from, port });
  await api.call("mode.set", { mode: "block" });
  expect(await live(from)).toBe(true);
  type("rules undo");
  await ran();
  expect(await rules()).not.toContain(id);
  expect((await standing()).trial).not.toBe(null);
  await almostOver();
  await until("the rule", async () => (await rules()).includes(id));
});

test("nobody ends it by accident, neither as a flow nor as a row of the monitor", async () => {
  const { from, type, ran } = await allowedSession();
  const api = await helper.client();
  const own = (await api.call("flows.list", {})).find(({ endpoint }) => endpoint.address === from);
  type(`flows end ${own?.id}`);
  expect(await ran()).toMatchObject({ code: 1, stdout: "ended 0\n", stderr: expect.stringContaining("--confirm") });
  type("flows end --app session.py");
  expect(await ran()).toMatchObject({ code: 1, stderr: expect.stringContaining("--confirm") });
  expect(await live(from)).toBe(true);
  type(`flows end ${own?.id} --confirm`);
  await until("the session's end", async () => !(await live(from)));
});

test("others end it as they like", async () => {
  const { from } = await allowedSession();
  const api = await helper.client();
  const own = (await api.call("flows.list", {})).find(({ endpoint, live: on }) => endpoint.address === from && on);
  await api.call("flows.end", { id: own?.id ?? "" });
  await until("the session's end", async () => !(await live(from)));
});
