// Every way out of a program that cgroup hooks can see: held until answered with nothing on the wire, then it arrives or is refused.
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cgroupRoot } from "../../helper/guard/cgroups.ts";
import { client, type DressedResult, python } from "../network/clients.ts";
import { createNetwork, ip, type Network } from "../network/network.ts";
import { guarded, TestHelper, until } from "./helper-process.ts";

const helper = new TestHelper();
let network: Network;

beforeAll(async () => {
  network = await createNetwork();
  network.route("wire");
  // Ping sockets for everybody; Fast Open with data in the first SYN, without a cookie (ip-sysctl: 1 client, 2 server, 4, 0x200, 0x400).
  ip("netns", "exec", network.near, "sysctl", "-qw", "net.ipv4.ping_group_range=0 65535", "net.ipv4.tcp_fastopen=5");
  ip("netns", "exec", network.far, "sysctl", "-qw", `net.ipv4.tcp_fastopen=${2 | 0x200 | 0x400}`);
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
});

interface Reached {
  ok: boolean;
  errno: number;
  unsupported: boolean;
}

interface Kind {
  kind: string;
  protocol: "tcp" | "udp" | "icmp" | "other";
  port: number;
  families?: (4 | 6)[];
}

const kinds: Kind[] = [
  { kind: "ping", protocol: "icmp", port: 0 },
  { kind: "raw ping", protocol: "icmp", port: 0 },
  { kind: "raw", protocol: "udp", port: 7777 },
  { kind: "raw with header", protocol: "udp", port: 7777, families: [4] },
  { kind: "segmented", protocol: "udp", port: 7777 },
  { kind: "fast open", protocol: "tcp", port: 80 },
  { kind: "fast open by option", protocol: "tcp", port: 80 },
  { kind: "multipath", protocol: "tcp", port: 80 },
  { kind: "sctp", protocol: "other", port: 0 },
  { kind: "lite", protocol: "other", port: 7777 },
  { kind: "ring", protocol: "tcp", port: 80 },
  { kind: "ring datagram", protocol: "udp", port: 7777 },
  { kind: "moved", protocol: "tcp", port: 80 },
  { kind: "passed", protocol: "tcp", port: 80 },
];

const cases = kinds.flatMap(({ kind, protocol, port, families = [4, 6] }) =>
  families.map((family) => [kind, family, protocol, port] as const),
);

const ECONNREFUSED = 111;
/** Nothing may arrive for this long while nobody has answered, milliseconds. */
const held = 700;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.concurrent.for(cases)("%s over IPv%d", ([kind, family, protocol, port]) => {
  test.for(["allow", "block"] as const)("is held, then it is to %s", async (action, { expect, skip }) => {
    const address = network.distant(family);
    const running = guarded(helper, network.near, client("reach", kind, address, port, network.far));
    const prompt = await Promise.race([helper.prompt(address), running]);
    if ("code" in prompt) {
      // Not in every kernel: then there is no such socket at all, and test/allowed-skips says so.
      expect(JSON.parse(prompt.stdout), prompt.stderr).toMatchObject({ unsupported: true });
      return skip(`this kernel has no ${kind}`);
    }
    expect(prompt.endpoint.protocol).toBe(protocol);
    expect(prompt.app.path).toMatch(/python3/);
    await pause(held);
    expect(await network.arrivedAt(address)).toBe(0);
    await (await helper.client()).call("prompts.answer", { id: prompt.id, action, lifetime: "once" });
    const ran = await running;
    const result = JSON.parse(ran.stdout) as Reached;
    if (action === "block") {
      expect(result.ok).toBe(false);
      expect(await network.arrivedAt(address)).toBe(0);
    } else {
      // Nobody listens there for SCTP, which is said, nor for UDP-Lite.
      if (kind === "sctp") expect(result).toMatchObject({ ok: false, errno: ECONNREFUSED });
      else if (kind !== "lite") expect(result).toMatchObject({ ok: true, errno: 0 });
      expect(await network.arrivedAt(address)).toBeGreaterThan(0);
    }
  });
});

test.concurrent.for(["tcp", "connected", "unconnected"] as const)(
  "%s to a mapped address of an IPv6 socket is the IPv4 address",
  async (how, { expect }) => {
    const address = network.distant(4);
    const port = how === "tcp" ? 80 : 7777;
    const running = guarded(
      helper,
      network.near,
      client("dressed", how, address, port, JSON.stringify({ mapped: true })),
    );
    const { id } = await helper.prompt(address);
    await pause(held);
    expect(await network.arrivedAt(address)).toBe(0);
    await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect(JSON.parse((await running).stdout) as DressedResult).toMatchObject({ errno: 0, sent: 1 });
    expect(await network.arrivedAt(address)).toBeGreaterThan(0);
  },
);

test("a ping that names a way of its own is refused: where it ends is not where it is sent", async () => {
  const [hop, end] = [network.address(4), network.address(4)];
  const api = await helper.client();
  await api.call("rules.add", { app: null, action: "allow", address: hop });
  const ping = async (to: string, ...by: string[]) =>
    JSON.parse((await guarded(helper, network.near, client("routed-ping", to, ...by))).stdout) as { errno: number };
  expect(await ping(hop)).toEqual({ errno: 0 });
  const before = await network.arrivedAt(hop);
  expect(before).toBeGreaterThan(0);
  expect(await ping(end, hop)).toEqual({ errno: 1 });
  expect(await network.arrivedAt(hop)).toBe(before);
  expect(await network.arrivedAt(end)).toBe(0);
  const { degraded } = await api.call("status", {});
  expect(degraded.map(({ code }) => code)).toContain("unparsed");
});

test("what cgroup programs cannot see is said by status", async () => {
  const api = await helper.client();
  const told = async () => (await api.call("status", {})).degraded.find(({ code }) => code === "packetSockets");
  expect(await told()).toBeUndefined();
  const script = "import socket, sys; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3); input()";
  const running = guarded(helper, network.near, ["timeout", "20", "sh", "-c", `sleep 20 | ${python} -c '${script}'`]);
  const { message } = await until("a word about the packet socket", told);
  expect(message).toContain("python3");
  expect(await running).toMatchObject({ code: 124 });
});

test("sockets that were made outside the guard and are within are said by status, connections are not", async () => {
  const api = await helper.client();
  const told = async () => (await api.call("status", {})).degraded.find(({ code }) => code === "outsideSockets");
  expect(await told()).toBeUndefined();
  const { guarded } = await api.call("status", {});
  const script = `import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
connection = socket.create_connection(listener.getsockname())
accepted = listener.accept()
listener.close()
if sys.argv[2] == "datagrams": s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
open(sys.argv[1], "w").write(str(os.getpid()))
own = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sys.stdin.read()`;
  const holder = (what: "datagrams" | "connections") =>
    spawn(python, ["-c", script, `${cgroupRoot()}/${guarded[0]}/cgroup.procs`, what], {
      stdio: ["pipe", "inherit", "inherit"],
    });
  const children = [holder("connections"), holder("datagrams")] as const;
  try {
    const { message } = await until("a word about the socket", told);
    expect(message).toMatch(new RegExp(`: python3[.\\d]* \\(${children[1].pid}\\)$`));
  } finally {
    for (const child of children) child.stdin.end();
  }
  await until("no word about it", async () => (await told()) === undefined);
});

test("the look for these takes no longer than a moment, and says when that was not enough", async () => {
  const api = await helper.client();
  const told = async () =>
    (await api.call("status", {})).degraded
      .map(({ code }) => code)
      .filter((code) => /^(outsideSockets|unsearched)$/.test(code));
  expect(await told()).toEqual([]);
  const { guarded } = await api.call("status", {});
  const script = `import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(15000): os.dup(s.fileno())
open(sys.argv[1], "w").write(str(os.getpid()))
for i in range(15):
    if os.fork() == 0: break
sys.stdin.read()`;
  const child = spawn(python, ["-c", script, `${cgroupRoot()}/${guarded[0]}/cgroup.procs`], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  try {
    await until("a word about all of them", async () => (await told()).length === 2);
  } finally {
    child.stdin.end();
  }
  await until("no word about it", async () => (await told()).length === 0);
});
