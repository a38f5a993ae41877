// What a helper does with a damaged database and on a full disk: nothing is let through that was not allowed, it says what happened, and it
// recovers by itself.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copiesIn } from "../../helper/store/copies.ts";
import { copiesFolder } from "../../helper/store/open-state.ts";
import { picket } from "../cli/picket-process.ts";
import { client, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, TestHelper, until } from "./helper-process.ts";

let helper: TestHelper;
let network: Network;
let mounted: string | undefined;

beforeEach(async () => {
  helper = new TestHelper();
  network = await createNetwork();
});
afterEach(async () => {
  await helper.stop().catch(() => {});
  if (mounted !== undefined) spawnSync("umount", ["-l", mounted]);
  mounted = undefined;
  rmSync(helper.directory, { recursive: true, force: true });
  network.destroy();
});

const file = () => join(helper.state, "picket.sqlite");
const degraded = async () => (await (await helper.client()).call("status", {})).degraded;

/** Nonsense in place of every page that holds the tables. The helper must not run. */
function ruin(tables: readonly string[]): void {
  const store = new Database(file());
  store.pragma("wal_checkpoint(TRUNCATE)");
  const where = `SELECT rootpage FROM sqlite_schema WHERE tbl_name IN (${tables.map(() => "?")}) AND rootpage > 0`;
  const roots = store
    .prepare(where)
    .pluck()
    .all(...tables) as number[];
  const size = store.pragma("page_size", { simple: true }) as number;
  store.close();
  const raw = openSync(file(), "r+");
  for (const page of roots) writeSync(raw, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size);
  closeSync(raw);
}

const connect = async (address: string) =>
  JSON.parse((await guarded(helper, network.near, client("tcp", address, 80, 5))).stdout) as TcpResult;

test("rules that are lost: it asks, keeps the lockdown of the kernel, and says so everywhere", async () => {
  await helper.start("helper/main.ts", ["--mode", "learn"]);
  const address = network.address(4);
  const api = await helper.client();
  await api.call("rules.add", { app: null, action: "block", address });
  await api.call("lockdown", { on: true });
  await helper.signal("SIGKILL");
  rmSync(copiesFolder(helper.state), { recursive: true, force: true });
  for (const end of ["", "-wal", "-shm"]) rmSync(`${file()}${end}`, { force: true });
  writeFileSync(file(), "no database ".repeat(1000));
  await helper.start("helper/main.ts", ["--mode", "learn"]);
  const status = await (await helper.client()).call("status", {});
  expect(status).toMatchObject({ mode: "ask", override: { kind: "lockdown" } });
  expect(status.degraded).toContainEqual({ code: "rulesLost", message: expect.stringMatching(/picket restore FILE/) });
  expect((await picket(["status"], helper.socket)).stdout).toMatch(/rulesLost: Picket's database was damaged/);
  expect(helper.log).toMatch(/"level":"error".*was set aside as/);
  expect(readdirSync(helper.state).some((name) => /^picket\.sqlite\.damaged-\w+$/.test(name))).toBe(true);
  expect(await connect(address)).toMatchObject({ ok: false, errno: 111 });
  // Without the lockdown what was blocked is asked about: never simply let through.
  await (await helper.client()).call("lockdown", { on: false });
  const running = connect(address);
  await helper.prompt(address);
  expect(await network.arrived("tcp", address, 80)).toBe(0);
  await running;
});

test("damage that shows at work: the kernel goes on, and the next start has the rules", async () => {
  await helper.start();
  const address = network.address(4);
  const api = await helper.client();
  await api.call("rules.add", { app: null, action: "block", address });
  await helper.signal("SIGKILL");
  const page = new Database(file());
  page.prepare("INSERT INTO history_names (name) VALUES ('seen.example')").run();
  page.close();
  ruin(["history_names", "history_minutes", "history_events"]);
  await helper.start().catch(() => {});
  await helper.ended();
  // By its own end or by that of a start: the kernel still blocks, and what is damaged is dealt with now.
  expect(helper.log).toMatch(/looks after it at its next start/);
  await helper.start();
  expect(await degraded()).toContainEqual({ code: "databaseReplaced", message: expect.stringMatching(/are kept/) });
  expect(await connect(address)).toMatchObject({ ok: false, errno: 111 });
  expect(await network.arrived("tcp", address, 80)).toBe(0);
});

test("damaged rules come back from the helper's own copy, which an end in order leaves up to date", async () => {
  await helper.start();
  const address = network.address(4);
  await (await helper.client()).call("rules.add", { app: null, action: "block", address });
  await helper.signal("SIGTERM");
  expect(copiesIn(copiesFolder(helper.state)).length).toBeGreaterThan(0);
  ruin(["rules"]);
  await helper.start();
  expect(await degraded()).toContainEqual({ code: "databaseReplaced", message: expect.stringMatching(/own copy/) });
  expect(await connect(address)).toMatchObject({ ok: false, errno: 111 });
});

test("a database that is gone is no first start: rules come back, and nothing is learned", async () => {
  await helper.start("helper/main.ts", ["--mode", "ask"]);
  const address = network.address(4);
  await (await helper.client()).call("rules.add", { app: null, action: "block", address });
  await helper.signal("SIGTERM");
  for (const end of ["", "-wal", "-shm"]) rmSync(`${file()}${end}`, { force: true });
  await helper.start("helper/main.ts", ["--mode", "learn"]);
  expect(await (await helper.client()).call("status", {})).toMatchObject({ mode: "ask" });
  expect(await degraded()).toContainEqual({ code: "databaseReplaced", message: expect.stringMatching(/was gone/) });
  expect(await connect(address)).toMatchObject({ ok: false, errno: 111 });
});

test("a full disk: what cannot be stored is refused, the rest lives, and it is over by itself", {
  timeout: 120_000,
}, async () => {
  mounted = helper.state;
  mkdirSync(mounted, { recursive: true });
  expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", mounted]).status).toBe(0);
  await helper.start();
  const api = await helper.client();
  const [allowed, asked] = [network.address(4), network.address(4)];
  const kept = await api.call("rules.add", { app: null, action: "allow", address: allowed });
  const ballast = join(mounted, "ballast");
  const fill = () => {
    const { bfree, bsize } = statfsSync(mounted as string);
    const raw = openSync(ballast, "a");
    try {
      for (let left = bfree * bsize; left > 0; left -= 4096) writeSync(raw, Buffer.alloc(4096));
    } catch {
      // It is full.
    } finally {
      closeSync(raw);
    }
  };
  fill();
  // SQLite writes over what is there before it needs room.
  const refused = await until("a refusal", async () => {
    fill();
    const answer = await api
      .call("rules.add", { app: null, action: "allow", host: `h${Math.random()}.example`, note: "x".repeat(1000) })
      .catch((error: { code: string }) => error);
    return "code" in answer ? answer : undefined;
  });
  expect(refused).toMatchObject({ code: "not_stored", message: expect.stringMatching(/disk/) });
  expect(await degraded()).toContainEqual({ code: "diskFull", message: expect.stringMatching(/Free some space/) });
  // Decided before: goes on. Asked: waits, can be looked at, and an answer that cannot be kept is refused and not half made.
  expect(await connect(allowed)).toMatchObject({ ok: true });
  const rules = async () =>
    // What was allowed a moment ago is counted at its rule any time now.
    (await api.call("rules.list", {})).map(({ uses: _, lastUsed: __, ...rule }) => rule);
  const before = await rules();
  const running = connect(asked);
  const { id } = await helper.prompt(asked);
  fill();
  await expect(api.call("prompts.answer", { id, action: "allow", lifetime: "forever" })).rejects.toMatchObject({
    code: "not_stored",
  });
  expect(await rules()).toEqual(before);
  expect((await api.call("prompts.list", {})).map((prompt) => prompt.id)).toContain(id);
  expect(await network.arrived("tcp", asked, 80)).toBe(0);
  // A helper that is killed now starts again on what was set aside.
  await helper.signal("SIGKILL");
  await running.catch(() => {});
  await helper.start();
  expect((await (await helper.client()).call("rules.list", {})).map((rule) => rule.id)).toContain(kept.id);
  fill();
  rmSync(ballast);
  await until("the end of it", async () => !(await degraded()).some(({ code }) => code === "diskFull"));
  const made = await (await helper.client()).call("rules.add", { app: null, action: "block", host: "after.example" });
  expect(made.host).toBe("after.example");
  await until("room set aside anew", () => {
    const reserve = statSync(join(mounted as string, "reserve"), { throwIfNoEntry: false });
    return reserve !== undefined && reserve.size > 1_000_000;
  });
});
