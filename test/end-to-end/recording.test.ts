// A short run of everything the window shows, as a real helper tells it: test/window/recorded.json is one of it, which the window's tests
// replay, and every run says whether helpers still say the same. PICKET_RECORD=1 writes it anew.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contractVersion } from "../../contract/methods.ts";
import { enteringCgroup } from "../bpf/entering-cgroup.ts";
import { client } from "../network/clients.ts";
import { DnsServer } from "../network/dns-server.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { parseRecording, type Recording, readRecording, shapeOf, writeRecording } from "../window/recording.ts";
import { type Ran, start, TestHelper, until } from "./helper-process.ts";

const helper = new TestHelper();
const resolver = "127.0.0.53";
const curl = realpathSync("/usr/bin/curl");
const hosts: Record<string, string[]> = {};
let network: Network;
let folder: string;
let dns: DnsServer;
let watching: ChildProcess | undefined;

/** In the near namespace, where the test's resolver is the configured one. */
const near = () => [
  ...["nsenter", `--net=/run/netns/${network.near}`, "unshare", "-m", "sh", "-c"],
  ...['mount --bind "$0" /etc/resolv.conf && exec "$@"', join(folder, "resolv.conf")],
];
const inside = (words: string[]) => enteringCgroup(helper.runs, [...near(), ...words]);
const get = (host: string): Promise<Ran> =>
  start(...inside([curl, "-4", "-s", "--max-time", "100", `http://${host}/`]));

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-recording-")));
  network = await createNetwork();
  writeFileSync(join(folder, "resolv.conf"), `nameserver ${resolver}\n`);
  for (const host of ["www.example.org", "img.example.org", "once.example.net", "ads.example.com", "www.example.com"])
    hosts[host] = [network.address(4)];
  dns = await DnsServer.start(resolver, ["nsenter", `--net=/run/netns/${network.near}`], hosts);
  await helper.start("helper/main.ts", [], near());
  // Something falls short: a guarded program sees packets past Picket. Before anybody asks, for it is looked for every ten seconds only.
  const packets =
    "import socket, sys; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); print(1, flush=True); sys.stdin.read()";
  watching = spawn(...inside(["/usr/bin/python3", "-c", packets]), { stdio: ["pipe", "pipe", "inherit"] });
  await once(watching.stdout as Readable, "data");
});
afterAll(async () => {
  watching?.kill();
  await helper.stop();
  await dns?.stop();
  network?.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** Says hello and what follows; returns the lines that come until there are so many, unread by any schema. */
async function overhear(requests: object[], lines: number): Promise<Record<string, unknown>[]> {
  const socket = createConnection(helper.socket);
  const hello = { method: "hello", params: { contract: contractVersion, client: "recorder" } };
  for (const [id, request] of [hello, ...requests].entries()) socket.write(`${JSON.stringify({ id, ...request })}\n`);
  const heard: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: socket })) {
    heard.push(JSON.parse(line) as Record<string, unknown>);
    if (heard.length === lines) break;
  }
  socket.destroy();
  return heard;
}

async function record(prompt: string): Promise<Recording> {
  const topics = ["status", "prompts", "flows", "rules"] as const;
  const requests = [
    { method: "prompts.details", params: { id: prompt } },
    { method: "answers.list", params: {} },
    { method: "watch", params: { topics } },
  ];
  // Replies to these and to hello, and an event of each topic, which may be followed by others.
  const heard = await overhear(requests, 4 + topics.length);
  const result = (id: number) => heard.find((each) => each.id === id)?.result;
  const data = (topic: string) => heard.find((each) => each.event === topic)?.data;
  return {
    at: new Date().toISOString(),
    events: { status: data("status"), prompts: data("prompts"), flows: data("flows"), rules: data("rules") },
    results: { "prompts.details": result(1), "answers.list": result(2) },
  };
}

test("what a real helper says is still of the shape that the window's tests replay", { timeout: 120_000 }, async () => {
  const api = await helper.client();
  const ask = (host: string, state: "held" | "inbox" = "held") =>
    until(`a card about ${host}`, async () =>
      (await api.call("prompts.list", {})).find((each) => each.endpoint.host === host && each.state === state),
    );
  const first = get("www.example.org");
  const { id } = await ask("www.example.org");
  await api.call("prompts.answer", { id, action: "allow", scope: "domain", lifetime: "forever" });
  expect((await first).code).toBe(0);
  expect((await get("img.example.org")).code).toBe(0);

  const once = get("once.example.net");
  await api.call("prompts.answer", { id: (await ask("once.example.net")).id, action: "allow" });
  expect((await once).code).toBe(0);
  await api.call("rules.add", { app: curl, action: "block", host: "ads.example.com", note: "No ads." });
  await api.call("rules.add", { app: null, action: "ask", address: "203.0.113.0/24", port: 22, lifetime: "1d" });
  expect((await get("ads.example.com")).code).toBe(7);

  // Nobody vouches for this one: it asks by the address, and gives up.
  const tool = join(folder, "tool");
  copyFileSync("/usr/bin/python3", tool);
  const nobody = network.address(4);
  await start(...inside([tool, ...client("tcp", nobody, 80, 1).slice(1)]));
  await helper.prompt(nobody, "inbox");

  const last = get("www.example.com");
  const open = await ask("www.example.com");
  await until("the end of what was allowed", async () => {
    const flows = await api.call("flows.list", {});
    const over = flows.filter(({ live, bytesIn, verdict }) => verdict === "allow" && !live && bytesIn > 0);
    return ["www.example.org", "img.example.org", "once.example.net"].every((host) =>
      over.some(({ endpoint }) => endpoint.host === host),
    );
  });
  await until("what falls short", async () =>
    (await api.call("status", {})).degraded.some((each) => each.code === "packetSockets"),
  );
  const recording = await record(open.id);
  await api.call("prompts.answer", { id: open.id, action: "block" });
  await last;

  if (process.env.PICKET_RECORD) writeRecording(recording);
  // Nothing that the contract does not know, and nothing but what was recorded.
  expect(shapeOf(parseRecording(recording))).toEqual(shapeOf(recording));
  expect(shapeOf(recording)).toEqual(shapeOf(readRecording()));
});
