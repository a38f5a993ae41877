// The monitor with the real kernel: what a client sees of real traffic, and connections that a person ends.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyUpdate, type Row, type Shown, type View } from "../../contract/monitor.ts";
import type { Flow } from "../../contract/words.ts";
import { HelperClient } from "../../main/client/client.ts";
import { aView } from "../helper/monitor/flows.ts";
import { client, clientApp, type StreamResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { talker } from "./field.ts";
import { guarded, type Ran, TestHelper, until } from "./helper-process.ts";

const EPERM = 1;
const ECONNABORTED = 103;
/** Longer than any test waits: a stream that lasts so long was not ended. */
const long = 45;

const helper = new TestHelper();
let network: Network;
const app = clientApp("stream");

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
  await (await helper.client()).call("rules.add", { app, action: "allow" });
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
});

const resultOf = (ran: Ran): StreamResult => JSON.parse(ran.stdout.trim().split("\n").at(-1) ?? "") as StreamResult;

/** A client with a view, as a window has one. */
class Watcher {
  shown: Shown | null = null;
  private readonly client: HelperClient;
  private number = 0;
  static async open(): Promise<Watcher> {
    return new Watcher(await HelperClient.connect(helper.socket, "watcher"));
  }
  private constructor(client: HelperClient) {
    this.client = client;
    client.onView((update) => {
      this.shown = applyUpdate(this.shown, update);
    });
  }
  async watch(change: Partial<View>): Promise<void> {
    this.number++;
    await this.client.call("monitor.watch", aView({ ...change, number: this.number }));
  }
  row(matches: (row: Row) => boolean): Promise<Row> {
    return until("a row", () => this.shown?.rows.find(matches));
  }
  end(row: string) {
    return this.client.call("monitor.end", { row });
  }
  close(): void {
    this.client.close();
  }
}

describe("what is seen of real traffic", () => {
  test("is who talks to whom, how much and how fast, and that it stopped", async () => {
    const address = network.address(4);
    const watcher = await Watcher.open();
    await watcher.watch({});
    const running = guarded(helper, network.near, client("stream", "tcp", address, 7777, 4));
    const talking = await watcher.row((row) => row.kind === "app" && row.app.path === app && row.figures.rateIn > 0);
    expect(talking.figures).toMatchObject({ connections: 1, live: 1, allow: 1, block: 0, held: 0 });
    expect(talking.history.at(-1)).toBeGreaterThan(0);
    await watcher.watch({ expanded: [talking.id] });
    const host = await watcher.row((row) => row.kind === "host" && row.address === address);
    expect(host).toMatchObject({ depth: 1, host: null });
    await running;
    const over = await watcher.row((row) => row.id === talking.id && row.figures.live === 0);
    expect(over.figures.bytesIn).toBeGreaterThan(talking.figures.bytesIn);
    await watcher.row((row) => row.id === talking.id && row.figures.rateIn === 0);
    watcher.close();
  });
});

describe.for([4, 6] as const)("over IPv%d, a person ends", (family) => {
  const start = async (protocol: "tcp" | "udp", ...quiet: "quiet"[]) => {
    const address = network.address(family);
    const api = await helper.client();
    const earlier = (await api.call("flows.list", {})).map(({ id }) => id);
    const running = guarded(helper, network.near, client("stream", protocol, address, 7777, long, ...quiet));
    const flow = await until("the stream", async () =>
      (await api.call("flows.list", {})).find(
        ({ id, live, bytesIn, endpoint }) =>
          !earlier.includes(id) && live && bytesIn > 50 && endpoint.address === address,
      ),
    );
    return { api, flow, running, address };
  };

  test("a connection that talks, and no other", async () => {
    const other = await start("tcp");
    const { api, flow, running } = await start("tcp");
    await api.call("flows.end", { id: flow.id });
    const result = resultOf(await running);
    expect(result.errno).toBe(ECONNABORTED);
    expect(result.echoes).toBeGreaterThan(0);
    const after = await api.call("flows.list", {});
    expect(after.find(({ id }) => id === other.flow.id)).toMatchObject({ live: true });
    await until("its end", async () => (await api.call("flows.list", {})).some((f) => f.id === flow.id && !f.live));
    await expect(api.call("flows.end", { id: flow.id })).rejects.toMatchObject({ code: "flow_over" });
    await api.call("flows.end", { id: other.flow.id });
    expect(resultOf(await other.running).errno).toBe(ECONNABORTED);
  });

  test("a connection that is silent", async () => {
    const { api, flow, running } = await start("tcp", "quiet");
    await api.call("flows.end", { id: flow.id });
    expect(resultOf(await running).errno).toBe(ECONNABORTED);
  });

  test("datagrams to one remote; the next socket may send again", async () => {
    const { api, flow, running, address } = await start("udp");
    await api.call("flows.end", { id: flow.id });
    expect(resultOf(await running).errno).toBe(EPERM);
    const again = guarded(helper, network.near, client("stream", "udp", address, 7777, 1));
    expect(resultOf(await again)).toMatchObject({ errno: 0 });
  });

  test("datagrams to one remote until their socket is closed, whatever policy says of them since", async () => {
    const address = network.address(family);
    const api = await helper.client();
    const allow = { app: clientApp("datagrams"), action: "allow", address } as const;
    await api.call("rules.add", allow);
    const sender = talker(helper, network.near, client("datagrams", address, 7777));
    const send = async () => {
      sender.go();
      return (await sender.says<{ errno: number }>()).errno;
    };
    expect(await send()).toBe(0);
    const isMeant = ({ endpoint, live }: Flow) => endpoint.address === address && live;
    const flow = await until("the flow", async () => (await api.call("flows.list", {})).find(isMeant));
    await api.call("flows.end", { id: flow.id });
    expect(await send()).toBe(EPERM);
    // About something else, about this and back again.
    await api.call("rules.add", { app: null, action: "allow", address: "203.0.113.1", port: 1 });
    expect(await send()).toBe(EPERM);
    await api.call("rules.add", { ...allow, action: "block" });
    expect(await send()).toBe(EPERM);
    await api.call("rules.add", allow);
    expect(await send()).toBe(EPERM);
    sender.go(true);
  });

  test("all that a row of the view stands for", async () => {
    const first = await start("tcp");
    const second = await start("tcp");
    const watcher = await Watcher.open();
    await watcher.watch({ filter: { ...aView().filter, words: "stream.py 7777", liveOnly: true } });
    const row = await watcher.row((each) => each.kind === "app" && each.figures.live === 2);
    expect(await watcher.end(row.id)).toEqual({ ended: 2 });
    expect(resultOf(await first.running).errno).toBe(ECONNABORTED);
    expect(resultOf(await second.running).errno).toBe(ECONNABORTED);
    await expect(watcher.end("none")).rejects.toMatchObject({ code: "unknown_row" });
    watcher.close();
  });
});

test("what waits for an answer is decided by its answer, not by an end", async () => {
  const api = await helper.client();
  const address = network.address(4);
  const running = guarded(helper, network.near, client("tcp", address, 80));
  const { id } = await helper.prompt(address);
  const held = (await api.call("flows.list", {})).find(({ verdict }) => verdict === "held");
  await expect(api.call("flows.end", { id: held?.id ?? "" })).rejects.toMatchObject({ code: "flow_held" });
  await expect(api.call("flows.end", { id: "0" })).rejects.toMatchObject({ code: "unknown_flow" });
  await api.call("prompts.answer", { id, action: "block", lifetime: "once" });
  await running;
});
