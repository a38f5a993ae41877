// Re-sent packets go where the app's own would have gone: by its routes, past its filters, under its addresses; and where the helper
// cannot do that, the app's own packets go. Every set-up has network namespaces of its own; the far side counts what came by which way.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { client, clientApp, type DressedResult } from "../network/clients.ts";
import { createNetwork, type Device, ip, type Network } from "../network/network.ts";
import { Talker } from "./field.ts";
import { ForeignEgress } from "./foreign-egress.ts";
import { guarded, slowness, TestHelper, until } from "./helper-process.ts";

const appUser = 4242;
const table = 100;
/** How wg-quick marks what the tunnel itself sends. */
const tunnelMark = 51820;
/** Long enough for a held SYN to be retransmitted several times. */
const held = 500;

const helper = new TestHelper();
let network: Network;

beforeAll(async () => {
  await helper.start();
});
afterAll(() => helper.stop());
beforeEach(async () => {
  network = await createNetwork();
  network.route("wire");
});
afterEach(() => network.destroy());

/** nft's match of the app's cgroup. It looks for cgroups below /sys/fs/cgroup, and counts levels below the cgroup2 mount. */
const ofApp = () => `socket cgroupv2 level 1 "${relative("/sys/fs/cgroup", helper.runs)}"`;

type How = "tcp" | "connected" | "unconnected";
type Dress = Record<string, unknown>;

function near(...args: string[]): void {
  execFileSync("nsenter", [`--net=/run/netns/${network.near}`, ...args], { stdio: ["ignore", "ignore", "inherit"] });
}

function nft(ruleset: string): void {
  execFileSync("nsenter", [`--net=/run/netns/${network.near}`, "nft", "-f", "-"], { input: ruleset });
}

function policyRoutes(...rules: string[]): void {
  network.route("tunnel", table);
  for (const rule of rules) for (const family of ["-4", "-6"]) near("ip", family, "rule", "add", ...rule.split(" "));
}

async function counters(): Promise<Record<string, number>> {
  return (await (await helper.client()).call("status", {})).counters;
}

interface Outcome extends DressedResult {
  prompt: Prompt;
  /** From the answer to the exchange's end, milliseconds. */
  delay: number;
  leftToApp: number;
  droppedAtRelease: number;
}

/** A guarded client is asked about, held, allowed this once, and does its exchange. */
async function exchange(
  how: How,
  address: string,
  dress: Dress = {},
  { uid = 0, meanwhile = (): unknown => undefined, asked = address, port = how === "tcp" ? 80 : 7777 } = {},
): Promise<Outcome> {
  const as = uid === 0 ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const before = await counters();
  const command = [...as, ...client("dressed", how, address, port, JSON.stringify(dress))];
  const running = guarded(helper, network.near, command);
  const prompt = await helper.prompt(asked);
  await new Promise((resolve) => setTimeout(resolve, held));
  meanwhile();
  await (await helper.client()).call("prompts.answer", { id: prompt.id, action: "allow", lifetime: "once" });
  const answered = Date.now();
  const ran = await running;
  if (ran.code !== 0) throw new Error(ran.stderr);
  const result = JSON.parse(ran.stdout) as DressedResult;
  const after = await counters();
  const more = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
  const counted = { leftToApp: more("leftToApp"), droppedAtRelease: more("droppedAtRelease") };
  return { ...result, prompt, delay: result.at - answered, ...counted };
}

const other: Record<Device, Device> = { wire: "tunnel", tunnel: "wire" };

async function expectOnlyBy(device: Device, address: string): Promise<void> {
  expect(await network.arrivedAt(address, device)).toBeGreaterThan(0);
  expect(await network.arrivedAt(address, other[device])).toBe(0);
}

const everyHow: How[] = ["tcp", "connected", "unconnected"];
/** Every protocol and way of sending, each family with either. */
const everyway: [How, 4 | 6][] = [
  ["tcp", 4],
  ["tcp", 6],
  ["connected", 6],
  ["unconnected", 4],
];

describe.for(everyway)("%s over IPv%d", ([how, family]) => {
  /** Allowed, answered, by this device alone, and by the helper's hand. */
  async function goes(device: Device, dress: Dress = {}, uid = 0): Promise<void> {
    const address = network.distant(family);
    const outcome = await exchange(how, address, dress, { uid });
    expect(outcome).toMatchObject({ errno: 0, peer: address, sent: 1, leftToApp: 0, droppedAtRelease: 0 });
    await expectOnlyBy(device, address);
  }

  test("takes the routes of a full tunnel, and its exception by mark", async () => {
    policyRoutes(`not fwmark ${tunnelMark} table ${table}`, "table main suppress_prefixlength 0");
    await goes("tunnel");
    await goes("wire", { mark: tunnelMark });
  });

  test("takes the user's route", async () => {
    policyRoutes(`uidrange ${appUser}-${appUser} table ${table}`);
    await goes("tunnel", {}, appUser);
    await goes("wire");
  });

  test.for(["skuid", "skgid"])("passes a kill switch by %s", async (by) => {
    nft(`table inet switch { chain out { type filter hook output priority 0; oifname "lo" accept; meta ${by} != ${appUser} drop;}
}`);
    await goes("wire", {}, appUser);
  });

  test("leaves by the bound device", async () => {
    network.route("tunnel", table);
    policyRoutes(`oif tunnel table ${table}`);
    await goes("tunnel", { device: "tunnel" });
  });

  test("takes the route of its source", async () => {
    const source = family === 4 ? "198.51.100.1" : "2001:db8:1::1";
    policyRoutes();
    near("ip", `-${family}`, "rule", "add", "from", source, "table", String(table));
    await goes("tunnel", { source });
  });

  test("takes the route that netfilter gave its cgroup", async () => {
    policyRoutes(`fwmark 7 table ${table}`);
    nft(`table inet marks { chain out { type route hook output priority 0; ${ofApp()} meta mark set 7;}
}`);
    const address = network.distant(family);
    expect(await exchange(how, address)).toMatchObject({ errno: 0, peer: address, sent: 1, leftToApp: 0 });
    await expectOnlyBy("tunnel", address);
  });

  test("does not take a route of a port that the helper's socket would not take", async () => {
    policyRoutes(`ipproto ${how === "tcp" ? "tcp dport 80" : "udp dport 7777"} table ${table}`);
    const address = network.distant(family);
    const outcome = await exchange(how, address, { pace: 0.5 });
    expect(outcome).toMatchObject({ errno: 0, peer: address });
    expect(outcome.leftToApp + outcome.droppedAtRelease).toBeGreaterThan(0);
    await expectOnlyBy("tunnel", address);
  });

  test("is left to the app where only its cgroup passes", async () => {
    nft(`table inet switch { chain out { type filter hook output priority 0; oifname "lo" accept; ${ofApp()} accept; meta l4proto 1 accept; meta l4proto 58 accept; drop;}
}`);
    const address = network.distant(family);
    const outcome = await exchange(how, address, { pace: 0.5 });
    expect(outcome).toMatchObject({ errno: 0, peer: address });
    expect(outcome.leftToApp + outcome.droppedAtRelease).toBeGreaterThan(0);
    await expectOnlyBy("wire", address);
  });

  test("is left to the app where its route changed meanwhile", async () => {
    const rule = `not fwmark ${tunnelMark} table ${table}`;
    const dress = { pace: 0.5, seconds: 10 };
    let left = 0;
    // What the app itself sends between the change and the answer takes the new route, and nothing is left: on a slow day, once more.
    for (let tries = 0; left === 0 && tries < 4 * slowness; tries++) {
      const address = network.distant(family);
      const outcome = await exchange(how, address, dress, { meanwhile: () => policyRoutes(rule) });
      await expectOnlyBy("tunnel", address);
      left = outcome.leftToApp + outcome.droppedAtRelease;
      for (const version of ["-4", "-6"]) near("ip", version, "rule", "del", ...rule.split(" "));
    }
    expect(left).toBeGreaterThan(0);
  });

  test("sends nothing from an address that went meanwhile", async () => {
    const source = family === 4 ? "192.0.2.250" : "2001:db8::250";
    ip(
      "-n",
      network.near,
      "addr",
      "add",
      `${source}/${family === 4 ? 24 : 64}`,
      "dev",
      "wire",
      ...(family === 6 ? ["nodad"] : []),
    );
    const address = network.distant(family);
    const meanwhile = () => ip("-n", network.near, "addr", "del", `${source}/${family === 4 ? 24 : 64}`, "dev", "wire");
    const outcome = await exchange(how, address, { source, seconds: 6 }, { meanwhile });
    expect(outcome.errno).not.toBe(0);
    expect(outcome.leftToApp + outcome.droppedAtRelease).toBeGreaterThan(0);
    // The kernel itself goes on with IPv6's SYNs; what matters is that no copy of ours goes.
    if (!(how === "tcp" && family === 6)) expect(await network.arrivedAt(address)).toBe(0);
  });

  test("is translated as the app's own would be, and judged by what the app asked for", async () => {
    const [asked, real] = [network.distant(family), network.address(family)];
    const masked = family === 4 ? "192.0.2.251" : "2001:db8::251";
    ip(
      "-n",
      network.near,
      "addr",
      "add",
      `${masked}/${family === 4 ? 24 : 64}`,
      "dev",
      "wire",
      ...(family === 6 ? ["nodad"] : []),
    );
    const [l3, l4, port] = [family === 4 ? "ip" : "ip6", how === "tcp" ? "tcp" : "udp", how === "tcp" ? 8080 : 443];
    const to = family === 4 ? `${real}:${port}` : `[${real}]:${port}`;
    const from = family === 4 ? `${masked}:30000-30100` : `[${masked}]:30000-30100`;
    nft(`table ${l3} translated {
      chain out { type nat hook output priority -100; ${l3} daddr ${asked} meta l4proto ${l4} dnat to ${to}; }
      chain post { type nat hook postrouting priority 100; ${l3} daddr ${real} meta l4proto ${l4} snat to ${from}; }
    }`);
    const outcome = await exchange(how, asked);
    expect(outcome.prompt.endpoint).toMatchObject({ address: asked, port: how === "tcp" ? 80 : 7777 });
    expect(outcome).toMatchObject({ errno: 0, peer: asked, sent: 1, leftToApp: 0, droppedAtRelease: 0 });
    expect(await network.arrived(l4, real, port)).toBeGreaterThan(0);
    expect(await network.arrivedAt(asked)).toBe(0);
  });

  test("is judged by the programs of others on its cgroup", async () => {
    const [open, shut] = [network.distant(family), network.distant(family)];
    const foreign = await ForeignEgress.attach(helper.runs, shut);
    try {
      const allowed = await exchange(how, open, { pace: 0.5 });
      expect(allowed).toMatchObject({ errno: 0, peer: open });
      expect(allowed.leftToApp + allowed.droppedAtRelease).toBeGreaterThan(0);
      const denied = await exchange(how, shut, { pace: 0.5, seconds: 6 });
      expect(denied.errno).not.toBe(0);
      expect(await network.arrivedAt(shut)).toBe(0);
    } finally {
      foreign.detach();
    }
  });
});

test("a released connection is patient with a way that opens late", async () => {
  const address = network.distant(4);
  const filter = (...rule: string[]) => execFileSync("ip", ["netns", "exec", network.far, "nft", ...rule]);
  filter("add table ip late; add chain ip late in { type filter hook prerouting priority 0; }");
  filter(`add rule ip late in ip daddr ${address} drop`);
  const meanwhile = () => setTimeout(() => filter("delete table ip late"), 4000);
  // Linear and doubled pauses of a tenth of a second would be used up by then, if nobody gave more.
  expect(await exchange("tcp", address, {}, { meanwhile })).toMatchObject({ errno: 0, peer: address });
});

describe("addresses of one link", () => {
  test("a link-local destination goes to its link", async () => {
    network.route("tunnel", table);
    const text = execFileSync("ip", ["-n", network.far, "-o", "-6", "addr", "show", "dev", "tunnel", "scope", "link"]);
    const address = /inet6 ([^/]+)/.exec(text.toString())?.[1] ?? "";
    await until("the link's own address", () => {
      const list = execFileSync("ip", [
        "-n",
        network.near,
        "-6",
        "addr",
        "show",
        "dev",
        "tunnel",
        "scope",
        "link",
      ]).toString();
      return list.includes("fe80") && !list.includes("tentative");
    });
    for (const how of everyHow) {
      const outcome = await exchange(how, `${address}%tunnel`, {}, { asked: address });
      expect(outcome).toMatchObject({ errno: 0, sent: 1, leftToApp: 0, droppedAtRelease: 0 });
    }
    await expectOnlyBy("tunnel", address);
  });

  test.for([4, 6] as const)("an IPv%d group is reached by the device that was chosen for it", async (family) => {
    network.route("tunnel", table);
    const group = family === 4 ? "233.252.0.9" : "ff05::db8:9";
    const outcome = await exchange("unconnected", group, { group: "tunnel", seconds: 4 });
    expect(outcome).toMatchObject({ errno: -1, sent: 1, droppedAtRelease: 0 });
    expect(await network.arrived("udp", group, 7777, "tunnel")).toBe(1);
    expect(await network.arrivedAt(group, "wire")).toBe(0);
  });
});

/** Joins a group at device wire, and says what comes to it. */
const member = `import socket, struct, sys
group, port = sys.argv[1], int(sys.argv[2])
index = socket.if_nametoindex("wire")
if ":" in group:
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack("i", index))
else:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4si", socket.inet_aton(group), bytes(4), index))
s.bind(("", port))
print("listens", flush=True)
while True: print(s.recv(100).decode(), flush=True)`;

// Of an IPv4 datagram the kernel makes the copy for this computer's own listeners before it asks any program, of an IPv6 one after it did.
test.for([
  [4, {}, ["hello", "held", "sent"]],
  [4, { alone: true }, ["held", "sent"]],
  [6, {}, ["held", "hello", "sent"]],
] as const)(
  "a listener of this computer hears what is sent to an IPv%d group once, or not at all where its app wants that (%j)",
  async ([family, dress, heard]) => {
    const [group, own] = family === 4 ? ["233.252.0.17", "127.0.0.1"] : ["ff05::db8:17", "::1"];
    const port = 7788;
    const inNear = [`--net=/run/netns/${network.near}`, "python3", "-c"];
    const listener = spawn("nsenter", [...inNear, member, group, String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const said = new Talker(listener);
      expect(await said.line()).toBe("listens");
      const mark = (word: string) => {
        const sending = `import socket, sys
socket.socket(socket.AF_INET${family === 4 ? "" : "6"}, socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), ("${own}", ${port}))`;
        near("python3", "-c", sending, word);
      };
      const all = { group: "wire", seconds: 6 * slowness, ...dress };
      await exchange("unconnected", group, all, { port, meanwhile: () => mark("held") });
      expect(await network.arrived("udp", group, port)).toBe(1);
      mark("sent");
      for (const word of heard) expect(await said.line()).toBe(word);
    } finally {
      listener.kill("SIGKILL");
    }
  },
);

test("an allowed datagram of a process that is gone goes by way of its parent's namespace", async () => {
  const address = network.distant(4);
  await (await helper.client()).call("rules.add", { app: clientApp("udp"), action: "allow", address });
  const folder = mkdtempSync(join(tmpdir(), "picket-gone-"));
  const [fifo, done] = [join(folder, "fifo"), join(folder, "done")];
  execFileSync("mkfifo", [fifo]);
  const send = client("udp", address, 7777, "unconnected", 1, 16, 0.1).join(" ");
  const running = guarded(helper, network.near, ["sh", "-c", `cat ${fifo}; ${send}; touch ${done}; sleep 4`]);
  try {
    const begin = await open(fifo, "w"); // once the shell is there
    await helper.signal("SIGSTOP");
    await begin.close();
    await until("the sender's end", () => existsSync(done));
    await helper.signal("SIGCONT");
    await until("the datagram", async () => (await network.arrived("udp", address, 7777)) === 1);
  } finally {
    await helper.signal("SIGCONT");
    await running;
    rmSync(folder, { recursive: true, force: true });
  }
});
