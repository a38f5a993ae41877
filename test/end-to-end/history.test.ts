// What history says of traffic, against what the wire's own counters say; and that neither a kill nor a restart changes the sums.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HistoryAmounts, HistoryRow } from "../../contract/history.ts";
import type { Params } from "../../contract/methods.ts";
import { client, clientApp } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, inGuard, picket, start, TestHelper, until } from "./helper-process.ts";

let helper: TestHelper;
let network: Network;
const root = join(import.meta.dirname, "../..");
const app = clientApp("bulk");

beforeAll(async () => {
  helper = new TestHelper();
  network = await createNetwork();
  // Every segment passes the wire by itself: otherwise its counters see one header for many.
  for (const name of [network.near, network.far])
    execFileSync("nsenter", [`--net=/run/netns/${name}`, "python3", join(root, "test/network/no-offload.py"), "wire"]);
  await helper.start();
  const api = await helper.client();
  await api.call("rules.add", { app, action: "allow", direction: "both" });
  // A new link says which groups it listens to, some hundred bytes several times (MLD): the wire counts them, and they are no app's.
  await until("the link to be silent", async () => {
    const before = JSON.stringify(wire());
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return JSON.stringify(wire()) === before;
  });
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
});

/** Bytes at IP level that the wire carried: into the near side and out of it. */
function wire(): { bytesIn: number; bytesOut: number } {
  const text = execFileSync("ip", ["-n", network.near, "-s", "-j", "link", "show", "wire"], { encoding: "utf8" });
  const [{ stats64 }] = JSON.parse(text) as [{ stats64: Record<"rx" | "tx", { bytes: number; packets: number }> }];
  const atIp = ({ bytes, packets }: { bytes: number; packets: number }) => bytes - 14 * packets;
  return { bytesIn: atIp(stats64.rx), bytesOut: atIp(stats64.tx) };
}

async function recorded(asked: Partial<Params<"history.query">> = {}): Promise<HistoryAmounts> {
  const api = await helper.client();
  const { rows, total } = await api.call("history.query", { by: "app", range: "1h", ...asked });
  const sum = (field: keyof HistoryAmounts) => rows.reduce((all, row) => all + row[field], 0);
  expect({ bytesIn: sum("bytesIn"), bytesOut: sum("bytesOut") }).toEqual({
    bytesIn: total.bytesIn,
    bytesOut: total.bytesOut,
  });
  return total;
}

/** What both say of some traffic. Waits until the connections it made, as many at least, are told of and closed. */
async function compare(
  work: () => Promise<unknown>,
  connections = 1,
): Promise<{ said: HistoryAmounts; was: ReturnType<typeof wire> }> {
  const [said, was] = [await recorded(), wire()];
  await work();
  const api = await helper.client();
  await until("the end of its flows", async () => {
    if ((await recorded()).connections - said.connections < connections) return false;
    return (await api.call("flows.list", {})).every(({ live, endpoint }) => !live || endpoint.protocol !== "tcp");
  });
  const [after, is] = [await recorded(), wire()];
  return {
    said: {
      bytesIn: after.bytesIn - said.bytesIn,
      bytesOut: after.bytesOut - said.bytesOut,
      connections: after.connections - said.connections,
      blocked: after.blocked - said.blocked,
    },
    was: { bytesIn: is.bytesIn - was.bytesIn, bytesOut: is.bytesOut - was.bytesOut },
  };
}

function expectEqual(said: number, was: number): void {
  expect(Math.abs(said - was) / was, `${said} of ${was} bytes`).toBeLessThan(0.005);
}

/** A guarded child that talks. */
function startGuarded(...command: string[]): { child: ChildProcess; line(): Promise<string> } {
  const child = spawn(...inGuard(helper, network.near, command), { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

const ended = (child: ChildProcess) =>
  new Promise<void>((resolve) => (child.exitCode === null ? child.once("exit", () => resolve()) : resolve()));

describe("history says what the wire's counters say", () => {
  test.for([4, 6] as const)("bulk TCP, IPv%i", async (family) => {
    const address = network.address(family);
    const { said, was } = await compare(async () => {
      const ran = await guarded(helper, network.near, client("bulk", "tcp", address, 7777, 20));
      expect(ran.code, ran.stderr).toBe(0);
    });
    expect(was.bytesOut).toBeGreaterThan(20 << 20);
    expectEqual(said.bytesIn, was.bytesIn);
    expectEqual(said.bytesOut, was.bytesOut);
    expect(said).toMatchObject({ connections: 1, blocked: 0 });
  });

  test("many short connections, with their first and last packets", async () => {
    const address = network.address(4);
    const { said, was } = await compare(
      () => guarded(helper, network.near, client("bulk", "tcps", address, 7777, 300)),
      300,
    );
    expectEqual(said.bytesIn, was.bytesIn);
    expectEqual(said.bytesOut, was.bytesOut);
    expect(said).toMatchObject({ connections: 300 });
  });

  test.for([4, 6] as const)("small datagrams, IPv%i", async (family) => {
    const address = network.address(family);
    const { said, was } = await compare(() =>
      guarded(helper, network.near, client("bulk", "udp", address, 7777, 5000, 32)),
    );
    expectEqual(said.bytesIn, was.bytesIn);
    expectEqual(said.bytesOut, was.bytesOut);
    expect(said).toMatchObject({ connections: 1 });
  });

  test("calls from outside", async () => {
    const server = startGuarded(...client("bulk", "serve", 7070));
    expect(await server.line()).toBe("serving");
    const { said, was } = await compare(async () => {
      const command = client("bulk", "tcp", network.nearAddress(4), 7070, 20);
      execFileSync("nsenter", [`--net=/run/netns/${network.far}`, ...command]);
    });
    server.child.stdin?.end();
    await ended(server.child);
    expectEqual(said.bytesIn, was.bytesIn);
    expectEqual(said.bytesOut, was.bytesOut);
    expect(said).toMatchObject({ connections: 1 });
  });
});

describe("a connection that lives on", () => {
  test("is counted as it goes, not at its end, and by the second", async () => {
    const address = network.address(4);
    const before = await recorded({ filter: { host: address } });
    expect(before.bytesOut).toBe(0);
    const running = startGuarded(...client("bulk", "tcp", address, 7777, 2, "wait"));
    expect(await running.line()).toBe("sent");
    const { bytesOut, connections } = await recorded({ filter: { host: address } });
    expect(bytesOut).toBeGreaterThan(2 << 20);
    expect(connections).toBe(1);
    const api = await helper.client();
    const { series, total } = await api.call("history.query", { by: "host", range: "10m", filter: { host: address } });
    expect(series.bucket).toBe("second");
    expect(series.starts.length).toBeGreaterThanOrEqual(600);
    // What was handed to the socket may still be on its way to the wire.
    expect(total.bytesOut).toBeGreaterThanOrEqual(bytesOut);
    expect(series.bytesOut.reduce((sum, each) => sum + each, 0)).toBe(total.bytesOut);
    running.child.stdin?.end("\n");
    await ended(running.child);
  });

  test("is counted once, and whole, when the helper is killed meanwhile and started again", async () => {
    const address = network.address(4);
    const was = wire();
    const running = startGuarded(...client("bulk", "tcp", address, 7777, 5, "wait"));
    expect(await running.line()).toBe("sent");
    // One batch reaches the disk, one does not: both are right afterwards.
    await recorded();
    await helper.signal("SIGKILL");
    await helper.start();
    const again = await recorded({ filter: { host: address } });
    running.child.stdin?.end("\n");
    await ended(running.child);
    const api = await helper.client();
    await until("its end", async () => (await recorded({ filter: { host: address } })).bytesOut > again.bytesOut);
    const said = await recorded({ filter: { host: address } });
    const is = wire();
    expectEqual(said.bytesOut, is.bytesOut - was.bytesOut);
    expectEqual(said.bytesIn, is.bytesIn - was.bytesIn);
    expect(said.connections).toBe(1);
    const { events } = await api.call("history.events", { range: "1h" });
    expect(events.filter(({ kind }) => kind === "helperStarted")).toHaveLength(2);
    expect(events.at(-1)?.from).not.toBeNull();
  });

  test("ends in order when its app is gone before the next helper has named it", async () => {
    const address = network.address(4);
    const running = startGuarded(...client("bulk", "tcp", address, 7777, 1, "wait"));
    expect(await running.line()).toBe("sent");
    await helper.signal("SIGKILL");
    await helper.start();
    process.kill(helper.pid, "SIGSTOP");
    running.child.stdin?.end("\n");
    await ended(running.child);
    process.kill(helper.pid, "SIGCONT");
    const api = await helper.client();
    await until("its end", async () => {
      const flows = (await api.call("flows.list", {})).filter(({ endpoint }) => endpoint.address === address);
      return flows.length > 0 && flows.every(({ live }) => !live);
    });
    expect(await api.call("prompts.list", {})).toEqual([]);
  });

  test("is counted whole when the helper is killed before it wrote a word of it", async () => {
    const address = network.address(4);
    const was = wire();
    const running = startGuarded(...client("bulk", "tcp", address, 7777, 5, "wait"));
    expect(await running.line()).toBe("sent");
    await helper.signal("SIGKILL");
    await helper.start();
    await until("what it sent", async () => (await recorded({ filter: { host: address } })).bytesOut > 5 << 20);
    running.child.stdin?.end("\n");
    await ended(running.child);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const said = await recorded({ filter: { host: address } });
    const is = wire();
    expectEqual(said.bytesOut, is.bytesOut - was.bytesOut);
    expect(said.connections).toBe(1);
  });
});

describe("what was refused", () => {
  test("is counted as blocked, by app and host, without bytes", async () => {
    const address = network.address(4);
    const api = await helper.client();
    await api.call("rules.add", { app, action: "block", address });
    for (let at = 0; at < 3; at++) await guarded(helper, network.near, client("bulk", "tcps", address, 7777, 1));
    await api.call("flows.list", {});
    const { rows } = await api.call("history.query", { by: "host", range: "1h", filter: { app } });
    expect(rows.find(({ key }) => key === address)).toMatchObject({
      bytesIn: 0,
      bytesOut: 0,
      connections: 0,
      blocked: 3,
    });
  });
});

describe("picket history", () => {
  test("says of curl what it fetched, with no window open, by app, host and protocol", async () => {
    const address = network.address(4);
    const api = await helper.client();
    const { app: curl } = await api.call("rules.add", { app: realpathSync("/usr/bin/curl"), action: "allow" });
    const ran = await guarded(helper, network.near, ["curl", "-s", "-m", "20", `http://${address}/`]);
    expect(ran.stdout).toBe("hi\n");
    const said = async (...words: string[]) => {
      const { stdout, stderr } = await start(picket, ["history", ...words], { PICKET_SOCKET: helper.socket });
      expect(stderr).toBe("");
      return stdout;
    };
    await until("its end", async () =>
      (await api.call("flows.list", {})).every((flow) => flow.app.path !== curl || !flow.live),
    );
    const rows = JSON.parse(await said("--by", "app", "--range", "10m", "--json")) as HistoryRow[];
    const row = rows.find(({ key }) => key === curl);
    expect(row).toMatchObject({ connections: 1, blocked: 0 });
    expect(row?.bytesIn).toBeGreaterThan(200);
    expect(row?.bytesOut).toBeGreaterThan(200);
    const host = JSON.parse(
      await said("--by", "host", "--range", "1h", "--app", String(curl), "--json"),
    ) as HistoryRow[];
    expect(host).toEqual([
      { key: address, bytesIn: row?.bytesIn, bytesOut: row?.bytesOut, connections: 1, blocked: 0 },
    ]);
    expect(await said("--by", "protocol", "--csv")).toMatch(
      /^key,name,bytesIn,bytesOut,connections,blocked\r\ntcp,tcp,/,
    );
    expect(await said("events")).toContain(`first seen: ${curl}`);
    expect(await said("--by", "network", "--range", "24h")).toContain("CONNECTIONS");
  });

  test("private --forget leaves nothing of an app, then or later, and the app goes on as before", async () => {
    const address = network.address(4);
    const said = async (...words: string[]) => {
      const { code, stdout, stderr } = await start(picket, ["history", ...words], { PICKET_SOCKET: helper.socket });
      expect([code, stderr]).toEqual([0, ""]);
      return stdout;
    };
    const rowsOf = async () => {
      const rows = JSON.parse(await said("--by", "app", "--range", "24h", "--json")) as HistoryRow[];
      return rows.filter(({ key }) => key === realpathSync("/usr/bin/curl"));
    };
    const fetch = async () => {
      const ran = await guarded(helper, network.near, ["curl", "-s", "-m", "20", `http://${address}/`]);
      expect(ran.stdout).toBe("hi\n");
      const api = await helper.client();
      await until("its end", async () =>
        (await api.call("flows.list", {})).every((flow) => !flow.app.path.endsWith("/curl") || !flow.live),
      );
    };
    const path = realpathSync("/usr/bin/curl");
    expect(await rowsOf()).toHaveLength(1);
    expect(await said("private", path, "on", "--forget")).toContain(path);
    expect(await rowsOf()).toEqual([]);
    await fetch();
    expect(await rowsOf()).toEqual([]);
    await said("private", path, "off");
    await fetch();
    expect(await rowsOf()).toMatchObject([{ connections: 1 }]);
    await said("delete", "--app", path, "--range", "1h");
    expect(await rowsOf()).toEqual([]);
  });
});
