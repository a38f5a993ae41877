// Others call a guarded app: held, asked about, let in or dropped without a word; what reached the caller is counted on its side.
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientApp, python } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { talker } from "./field.ts";
import { guarded, slowness, TestHelper, until } from "./helper-process.ts";
import { burst, type Call, call, flowsWith, Listener, strayAcknowledgement } from "./inbound-sides.ts";

const app = clientApp("listener");
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const helper = new TestHelper();
let network: Network;
const listeners: Listener[] = [];
let nextPort = 3000;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  for (const listener of listeners) await listener.stop();
  await helper.stop();
  network.destroy();
});

async function listen(protocol: "tcp" | "udp", family: 4 | 6, ...options: string[]) {
  const port = nextPort++;
  const to = network.nearAddress(family);
  const listener = await Listener.start(helper, network, protocol, family === 4 ? "0.0.0.0" : "::", port, ...options);
  listeners.push(listener);
  const from = network.address(family);
  const theCall: Call = { protocol, from, fromPort: 40000 + port, to, port };
  return { listener, from, port, theCall };
}

/** Packets of the listener's that came back to the caller, of any kind a refusal could have. */
async function cameBack({ protocol, from, fromPort }: Call): Promise<number> {
  return (await network.arrived(protocol, from, fromPort)) + (await network.arrived("icmp", from, 0));
}

const promptsFrom = async (address: string) =>
  (await (await helper.client()).call("prompts.list", {})).filter(({ endpoint }) => endpoint.address === address);

const everyWay = [
  ["tcp", 4],
  ["tcp", 6],
  ["udp", 4],
  ["udp", 6],
] as const;

// Most of it is waiting: side by side.
describe.concurrent.for(everyWay)("a first %s call over IPv%d", ([protocol, family]) => {
  test("is held without a word, asked about, and goes on when it is allowed", async () => {
    const { listener, from, port, theCall } = await listen(protocol, family);
    const calling = call(network, theCall);
    const prompt = await helper.prompt(from);
    expect(prompt).toMatchObject({
      direction: "inbound",
      app: { path: app },
      endpoint: { host: null, address: from, port, protocol },
    });
    await sleep(500);
    expect(listener.from(from)).toEqual([]);
    expect(await cameBack(theCall)).toBe(0);
    const [flow] = await flowsWith(helper, from);
    expect(flow).toMatchObject({ direction: "inbound", verdict: "held", live: true });

    await (await helper.client()).call("prompts.answer", { id: prompt.id, action: "allow", lifetime: "once" });
    expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
    expect(listener.from(from)[0]).toMatchObject({ port: theCall.fromPort, data: "hello" });
    const [known] = await flowsWith(helper, from);
    expect(known).toMatchObject({ id: flow?.id, verdict: "allow", layer: "answer", app: { path: app } });
    expect(known?.bytesIn).toBeGreaterThan(0);
    expect(known?.bytesOut).toBeGreaterThan(0);
    // The answers of a datagram socket are no flows of their own.
    expect((await flowsWith(helper, from)).length).toBe(1);
    expect(await promptsFrom(from)).toEqual([]);
  });

  test("is dropped without a word when it is blocked", async () => {
    const { listener, from, theCall } = await listen(protocol, family);
    const calling = call(network, { ...theCall, seconds: 4 });
    const { id } = await helper.prompt(from);
    await (await helper.client()).call("prompts.answer", { id, action: "block", lifetime: "once" });
    expect((await calling).errno).toBe(-1);
    expect(await cameBack(theCall)).toBe(0);
    expect(listener.from(from)).toEqual([]);
    const live = protocol === "udp"; // the socket is, and with it what it was asked
    expect((await flowsWith(helper, from))[0]).toMatchObject({ verdict: "block", layer: "answer", live });
  });
});

describe.for(everyWay)("a %s call over IPv%d", ([protocol, family]) => {
  test("once answered for good, is decided by the kernel alone", async () => {
    const { listener, from, port, theCall } = await listen(protocol, family);
    const calling = call(network, theCall);
    const { id } = await helper.prompt(from);
    const api = await helper.client();
    const { rules } = await api.call("prompts.answer", { id, action: "allow", lifetime: "forever" });
    expect((await calling).errno).toBe(0);
    const rule = (await api.call("rules.list", {})).find((each) => each.id === rules[0]);
    expect(rule).toMatchObject({ direction: "inbound", app, address: from, port, protocol, action: "allow" });
    const blocked = network.address(family);
    await api.call("rules.add", { app, action: "block", address: blocked, direction: "inbound" });
    const undecided = network.address(family);

    await helper.signal("SIGSTOP");
    try {
      const again = { ...theCall, fromPort: theCall.fromPort + 1000 };
      expect(await call(network, again)).toMatchObject({ errno: 0, replies: ["hello"] });
      const tryFrom = async (stranger: string) => {
        const tried = { ...theCall, from: stranger, seconds: 2 };
        expect((await call(network, tried)).errno).toBe(-1);
        expect(await cameBack(tried)).toBe(0);
        expect(listener.from(stranger)).toEqual([]);
      };
      await Promise.all([blocked, undecided].map(tryFrom));
    } finally {
      await helper.signal("SIGCONT");
    }
    await until("the decided flows", async () => (await flowsWith(helper, from)).length === 2);
    await until("the blocked one", async () => (await flowsWith(helper, blocked))[0]?.verdict === "block");
    expect((await flowsWith(helper, from))[0]).toMatchObject({
      direction: "inbound",
      verdict: "allow",
      rule: rule?.id,
    });
    expect((await helper.prompt(undecided)).direction).toBe("inbound");
  });
});

describe("an inbound connection", () => {
  test("has nothing to do with what its listener was connected to before", async () => {
    const before = network.address(4);
    const api = await helper.client();
    await api.call("rules.add", { app, action: "allow", address: before });
    const { from, theCall } = await listen("tcp", 4, `after=${before}/7777`);
    await api.call("rules.add", { app, action: "block", address: before });
    await api.call("rules.add", { app, action: "allow", address: from, direction: "inbound" });
    expect(await call(network, theCall)).toMatchObject({ errno: 0, replies: ["hello"] });
    expect((await flowsWith(helper, before))[0]?.live).toBe(false);
  });

  test("that is held is over with its listener, though that tried to connect before", async () => {
    const before = network.address(4);
    await (await helper.client()).call("rules.add", { app, action: "block", address: before });
    const { listener, from, theCall } = await listen("tcp", 4, `refused=${before}/7777`);
    const calling = call(network, { ...theCall, seconds: 4 });
    await helper.prompt(from);
    await listener.stop();
    // By itself it would be only when nothing of it was seen for a minute and some.
    const held = async () => (await promptsFrom(from)).some(({ state }) => state === "held");
    await until("the card to hear of it", async () => !(await held()), 20_000);
    await calling;
  });

  test("has a list entry that counts and ends", async () => {
    const { from, theCall } = await listen("tcp", 4);
    await (await helper.client()).call("rules.add", { app, action: "allow", address: from, direction: "inbound" });
    await call(network, { ...theCall, words: ["one", "two", "x".repeat(5000)] });
    const flow = await until("its end", async () => {
      const [found] = await flowsWith(helper, from);
      return found?.live === false && found;
    });
    expect(flow).toMatchObject({ direction: "inbound", verdict: "allow", layer: "rule" });
    expect(flow.bytesIn).toBeGreaterThan(5000);
    expect(flow.bytesOut).toBeGreaterThan(5000);
  });

  test("ends at once when a new rule blocks it", async () => {
    const { listener, from, port, theCall } = await listen("tcp", 6);
    const api = await helper.client();
    await api.call("rules.add", { app, action: "allow", address: from, direction: "inbound" });
    const calling = call(network, { ...theCall, words: ["hello", "stay"], seconds: Math.min(6 * slowness, 60) });
    await until("the word", () => listener.from(from).some(({ data }) => data === "hello"));
    const rule = await api.call("rules.add", { app, action: "block", address: from, port, direction: "inbound" });
    await until("the end of it", () => listener.from(from).some(({ closed }) => closed === 103)); // ECONNABORTED
    expect((await flowsWith(helper, from))[0]).toMatchObject({ verdict: "block", rule: rule.id });
    await calling;
  });

  describe("that nobody allows any more", () => {
    async function heldInTheMidst() {
      const { listener, from, theCall } = await listen("tcp", 4);
      const api = await helper.client();
      const { id } = await api.call("rules.add", { app, action: "allow", address: from, direction: "inbound" });
      // From now on only the caller has something to say: the app waits for it and sends nothing.
      const calling = call(network, {
        ...theCall,
        words: ["hello", "pause=2", "later"],
        seconds: Math.min(8 * slowness, 60),
      });
      await until("the word", () => listener.from(from).some(({ data }) => data === "hello"));
      await api.call("rules.remove", { ids: [id] });
      const prompt = await helper.prompt(from);
      expect(prompt.direction).toBe("inbound");
      expect(listener.from(from)).toHaveLength(1);
      return { listener, from, theCall, api, prompt, calling };
    }

    test("is held where it stands, and an answer lets it go on", async () => {
      const { from, api, prompt, calling } = await heldInTheMidst();
      await api.call("prompts.answer", { id: prompt.id, action: "allow", lifetime: "once" });
      expect(await calling).toMatchObject({ errno: 0, replies: ["hello", "later"] });
      expect((await flowsWith(helper, from))[0]).toMatchObject({ verdict: "allow", layer: "answer" });
    });

    test("or ends it for the app, and its caller hears nothing", async () => {
      const { listener, from, theCall, api, prompt, calling } = await heldInTheMidst();
      const before = await cameBack(theCall);
      await api.call("prompts.answer", { id: prompt.id, action: "block", lifetime: "once" });
      await until("the end of it", () => listener.from(from).some(({ closed }) => closed === 104)); // ECONNRESET
      expect((await calling).errno).toBe(-1);
      expect(await cameBack(theCall)).toBe(before);
      expect(listener.from(from).filter(({ data }) => data !== undefined)).toHaveLength(1);
    });
  });

  test("with data in its SYN brings none of it in before the verdict", async () => {
    const { listener, from, theCall } = await listen("tcp", 4, "fastopen");
    const api = await helper.client();
    // Without a cookie the caller must ask for one first: that call is allowed.
    const first = call(network, { ...theCall, words: ["fast", "one"] });
    await api.call("prompts.answer", { id: (await helper.prompt(from)).id, action: "allow", lifetime: "once" });
    expect((await first).replies).toEqual(["one"]);
    const second = call(network, { ...theCall, fromPort: theCall.fromPort + 1, words: ["fast", "two"] });
    const { id } = await helper.prompt(from);
    await sleep(300);
    expect(listener.from(from).some(({ data }) => data === "two")).toBe(false);
    await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect((await second).replies).toEqual(["two"]);
  });

  test("to a multipath listener is the listening app's too", async () => {
    const { from, port, theCall } = await listen("tcp", 4, "multipath");
    const calling = call(network, theCall);
    const { id, ...prompt } = await helper.prompt(from);
    expect(prompt).toMatchObject({ direction: "inbound", app: { path: app }, endpoint: { port } });
    await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
    await until("its end", async () => (await flowsWith(helper, from))[0]?.live === false);
  });

  test("outlives a helper that is killed while it holds it", async () => {
    const { listener, from, theCall } = await listen("tcp", 4);
    const calling = call(network, { ...theCall, seconds: 40 * slowness });
    const before = await helper.prompt(from);
    await helper.signal("SIGKILL");
    await sleep(1500);
    expect(listener.from(from)).toEqual([]);
    expect(await cameBack(theCall)).toBe(0);
    await helper.start();
    const after = await helper.prompt(from);
    expect(after.id).toBe(before.id);
    await (await helper.client()).call("prompts.answer", { id: after.id, action: "allow", lifetime: "once" });
    expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
  });
});

test("a caller that tries again while it is being answered is not asked about twice", async () => {
  const { from, theCall } = await listen("tcp", 6);
  const calling = call(network, theCall);
  const { id } = await helper.prompt(from);
  const api = await helper.client();
  await helper.signal("SIGSTOP");
  const answering = api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
  // The kernel tells of the caller's retransmission meanwhile. The helper reads the answer first: the connection stands by then.
  await sleep(2500);
  await helper.signal("SIGCONT");
  await answering;
  expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
  expect((await flowsWith(helper, from))[0]).toMatchObject({ verdict: "allow", layer: "answer" });
  expect(await promptsFrom(from)).toEqual([]);
});

test("a verdict on a call is none on what the listener's socket does later", async () => {
  const from = network.address(4);
  const port = nextPort++;
  const [ready, flag] = [join(helper.directory, "listens"), join(helper.directory, "turn")];
  // The caller's port is 1, and so is the number of the socket's first connect(): all else of the two is the same.
  const script = `import os, socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", ${port}))
s.listen()
open(${JSON.stringify(ready)}, "w").close()
while not os.path.exists(${JSON.stringify(flag)}): time.sleep(0.05)
s.shutdown(socket.SHUT_RDWR)
s.settimeout(20)
s.connect((${JSON.stringify(from)}, ${port}))`;
  const running = guarded(helper, network.near, ["python3", "-c", script]);
  await until("the listener", () => existsSync(ready));
  const api = await helper.client();
  const theCall: Call = { protocol: "tcp", from, fromPort: 1, to: network.nearAddress(4), port, seconds: 6 };
  const calling = call(network, theCall);
  await api.call("prompts.answer", { id: (await helper.prompt(from)).id, action: "block", lifetime: "once" });
  writeFileSync(flag, "");
  const { id, direction } = await helper.prompt(from);
  expect(direction).toBe("outbound");
  await api.call("prompts.answer", { id, action: "block", lifetime: "once" });
  await Promise.all([running, calling]);
});

describe("datagrams that are no calls", () => {
  test.concurrent.for([
    [4, "224.0.0.251/5353"],
    [4, "239.255.255.250/1900"],
    [4, "192.0.2.255/6771"],
    [6, "ff02::fb/5353"],
  ] as const)("answers from anybody to what was sent over IPv%d to %s", async ([family, group]) => {
    const api = await helper.client();
    const [address] = group.split("/");
    const rule = await api.call("rules.add", { app, action: "allow", address: address ?? "" });
    const { listener, from, theCall } = await listen("udp", family, `group=${group}`);
    // Nobody answers a question that is still held: the process of a script is named first.
    await until("what was sent to the group", async () =>
      (await api.call("flows.list", {})).some(
        ({ endpoint, verdict, live }) => endpoint.address === address && verdict === "allow" && live,
      ),
    );
    expect(await call(network, { ...theCall, seconds: 2 })).toMatchObject({ errno: -1 });
    // It came in unasked; what the listener sends back to one remote is a flow of its own, which is asked about.
    expect(listener.from(from)).toMatchObject([{ data: "hello" }]);
    expect((await promptsFrom(from)).map(({ direction }) => direction)).toEqual(["outbound"]);
    // The group is nobody's to ask any more, and who calls now is asked about like anybody.
    await api.call("rules.remove", { ids: [rule.id] });
    const stranger = network.address(family);
    await call(network, { ...theCall, from: stranger, seconds: 1 });
    expect((await promptsFrom(stranger)).map(({ direction }) => direction)).toEqual(["inbound"]);
    expect(listener.from(stranger)).toEqual([]);
  });

  test("what was sent to one address that ends in 255 lets nobody else in", async () => {
    network.route("wire");
    await (await helper.client()).call("rules.add", { app, action: "allow", address: "203.0.113.255" });
    const { listener, from, theCall } = await listen("udp", 4, "group=203.0.113.255/9", "unicast");
    await until("what was sent", async () => (await network.arrivedAt("203.0.113.255")) > 0);
    await call(network, { ...theCall, seconds: 1 });
    expect((await promptsFrom(from)).map(({ direction }) => direction)).toEqual(["inbound"]);
    expect(listener.from(from)).toEqual([]);
  });

  test("a port that the system chose hears whoever speaks to it", async () => {
    const listener = await Listener.start(helper, network, "udp", "0.0.0.0", 0, "group=192.0.2.240/9");
    listeners.push(listener);
    const from = network.address(4);
    const theCall: Call = { protocol: "udp", from, fromPort: 4444, to: network.nearAddress(4), port: listener.port };
    await call(network, { ...theCall, seconds: 1 });
    expect(listener.from(from)).toMatchObject([{ data: "hello" }]);
  });

  test("a port that the app had the system choose of one is the app's choice", async () => {
    const listener = await Listener.start(helper, network, "udp", "0.0.0.0", 0, "only=50123");
    listeners.push(listener);
    expect(listener.port).toBe(50123);
    const from = network.address(4);
    const theCall: Call = { protocol: "udp", from, fromPort: 4444, to: network.nearAddress(4), port: listener.port };
    await call(network, { ...theCall, seconds: 1 });
    expect((await promptsFrom(from)).map(({ direction }) => direction)).toEqual(["inbound"]);
    expect(listener.from(from)).toEqual([]);
  });

  test.for([
    ["SCTP", 132],
    ["L2TP", 115],
  ] as const)("a protocol that binds past every hook (%s) has ports that the app chose", async ([, number]) => {
    const from = network.address(4);
    // Not every kernel has these protocols: whoever hears their packets stands in for them.
    const hear = `import os, socket, sys, threading
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, ${number})
threading.Thread(target=lambda: os._exit(bool(sys.stdin.read())), daemon=True).start()
print('"ready"', flush=True)
while True: print('"%s"' % s.recv(999)[20:].decode(), flush=True)`;
    const listener = talker(helper, network.near, [python, "-c", hear]);
    const say = (word: string, as: string) => {
      const call = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, ${number})
s.bind(("${as}", 0)); s.sendto(b"${word}", ("${network.nearAddress(4)}", 0))`;
      execFileSync("nsenter", [`--net=/run/netns/${network.far}`, python, "-c", call]);
    };
    try {
      expect(await listener.says()).toBe("ready");
      say("held", from);
      const { id, direction } = await helper.prompt(from);
      expect(direction).toBe("inbound");
      await (await helper.client()).call("prompts.answer", { id, action: "block", lifetime: "once" });
      say("blocked", from);
      const other = network.address(4);
      const rule = { app: null, action: "allow", address: other, direction: "inbound" } as const;
      await (await helper.client()).call("rules.add", rule);
      say("allowed", other);
      expect(await listener.says()).toBe("allowed");
    } finally {
      listener.go(true);
    }
  });

  test("several of one caller come in in their order once allowed", async () => {
    const { from, theCall } = await listen("udp", 4);
    const words = Array.from({ length: 20 }, (_, number) => `word ${number}`);
    const calling = call(network, { ...theCall, words });
    const { id } = await helper.prompt(from);
    await sleep(200);
    await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect((await calling).replies).toEqual(words);
  });
});

describe("what is handed over after a hold", () => {
  const inside = (namespace: string, ...command: string[]) =>
    execFileSync("nsenter", [`--net=/run/netns/${namespace}`, ...command], { stdio: ["ignore", "ignore", "inherit"] });
  const inNear = (...command: string[]) => inside(network.near, ...command);

  test.for(["tcp", "udp"] as const)(
    "%s passes strict reverse paths and a firewall that knows states",
    async (protocol) => {
      for (const device of ["all", "wire"]) inNear("sysctl", "-qw", `net.ipv4.conf.${device}.rp_filter=1`);
      const rules = [
        ["-P", "INPUT", "DROP"],
        ["-A", "INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP"],
        ["-A", "INPUT", "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT"],
        ["-A", "INPUT", "-p", protocol, "--dport", "3000:3999", "-j", "ACCEPT"],
        ["-t", "nat", "-A", "POSTROUTING", "-o", "wire", "-j", "MASQUERADE"],
      ];
      try {
        for (const rule of rules) inNear("iptables", ...rule);
        const { from, theCall } = await listen(protocol, 4);
        const calling = call(network, theCall);
        const { id } = await helper.prompt(from);
        // No retransmission of the caller's leaves any more: what was held is all there is.
        inside(network.far, "iptables", "-A", "OUTPUT", "-p", "tcp", "--syn", "-j", "DROP");
        await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
        expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
      } finally {
        inside(network.far, "iptables", "-F");
        inNear("iptables", "-P", "INPUT", "ACCEPT");
        inNear("iptables", "-F");
        inNear("iptables", "-t", "nat", "-F");
      }
    },
  );

  test("stands although policy changed in the midst of its handshake", async () => {
    const { from, port, theCall } = await listen("tcp", 4);
    const api = await helper.client();
    // Only the helper can judge by it: what lets the caller's next word in is what it told the kernel of the first one.
    await api.call("rules.add", { app, action: "allow", address: from, port, portTo: port + 1, direction: "inbound" });
    const afterSyn = ["INPUT", "-p", "tcp", "-s", from, "--tcp-flags", "SYN,ACK", "ACK", "-j", "DROP"];
    inNear("iptables", "-A", ...afterSyn);
    const calling = call(network, theCall);
    try {
      await until("the answer to its SYN", async () => (await cameBack(theCall)) > 0);
      await api.call("rules.add", { app: null, action: "allow", address: "203.0.113.1", port: 1 });
    } finally {
      inNear("iptables", "-D", ...afterSyn);
    }
    expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
  });

  /** Its SYN was let in by a rule, which is gone before the rest of the handshake comes. `held`: the SYN itself had to wait for that rule. */
  async function askedInTheMidst(family: 4 | 6, held: boolean, seconds = 40) {
    const { listener, from, theCall } = await listen("tcp", family);
    const api = await helper.client();
    const allow = () => api.call("rules.add", { app, action: "allow", address: from, direction: "inbound" });
    const tables = family === 4 ? "iptables" : "ip6tables";
    const afterSyn = ["INPUT", "-p", "tcp", "-s", from, "--tcp-flags", "SYN,ACK", "ACK", "-j", "DROP"];
    inNear(tables, "-A", ...afterSyn);
    const before = held ? null : await allow();
    const calling = call(network, { ...theCall, seconds });
    try {
      if (held) await helper.prompt(from);
      const { id } = before ?? (await allow());
      await until("the answer to its SYN", async () => (await cameBack(theCall)) > 0);
      await api.call("rules.remove", { ids: [id] });
    } finally {
      inNear(tables, "-D", ...afterSyn);
    }
    const prompt = await helper.prompt(from);
    expect(prompt).toMatchObject({ direction: "inbound", state: "held", app: { path: app } });
    expect(listener.from(from)).toEqual([]);
    return { listener, from, api, prompt, calling };
  }

  test.for([
    [4, false],
    [6, false],
    [4, true],
  ] as const)(
    "is asked about where nobody allows it any more in the midst of its handshake (IPv%d, held before: %s)",
    async ([family, held]) => {
      const { listener, from, api, prompt, calling } = await askedInTheMidst(family, held);
      const [waiting] = await flowsWith(helper, from);
      expect(waiting).toMatchObject({ direction: "inbound", verdict: "held", live: true });
      await api.call("prompts.answer", { id: prompt.id, action: "allow", lifetime: "once" });
      expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
      expect(listener.from(from)[0]).toMatchObject({ data: "hello" });
      const flows = await flowsWith(helper, from);
      expect(flows).toMatchObject([{ id: waiting?.id, verdict: "allow", layer: "answer" }]);
      expect(await promptsFrom(from)).toEqual([]);
    },
  );

  test("and blocked there, is over for both: nothing comes in, and its SYN is answered no more", async () => {
    const { listener, from, api, prompt, calling } = await askedInTheMidst(4, false, 8);
    const halfOpen = () =>
      execFileSync("nsenter", [`--net=/run/netns/${network.near}`, "ss", "-tnH", "state", "syn-recv", "dst", from], {
        encoding: "utf8",
      });
    expect(halfOpen()).not.toBe("");
    await api.call("prompts.answer", { id: prompt.id, action: "block", lifetime: "once" });
    await until("the end of the handshake", () => halfOpen() === "");
    expect((await calling).errno).toBe(-1);
    expect(listener.from(from)).toEqual([]);
    expect((await flowsWith(helper, from))[0]).toMatchObject({ verdict: "block", layer: "answer", live: false });
  });

  test("what belongs to no handshake is not asked about", async () => {
    const { from, theCall } = await listen("tcp", 4);
    const api = await helper.client();
    const refused = async () => (await api.call("status", {})).counters.refusedPackets ?? 0;
    const before = await refused();
    await strayAcknowledgement(network, theCall);
    await until("it to be refused", async () => (await refused()) > before);
    const next = { ...theCall, fromPort: theCall.fromPort + 1, seconds: 2 };
    const calling = call(network, next);
    await helper.prompt(from);
    expect((await flowsWith(helper, from)).length).toBe(1);
    await calling;
  });

  test("leaves a listener that is bound to a device to the caller's retransmission, and refuses nothing", async () => {
    const { from, theCall } = await listen("tcp", 4, "device=wire");
    const calling = call(network, theCall);
    const { id } = await helper.prompt(from);
    await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect(await calling).toMatchObject({ errno: 0, replies: ["hello"] });
  });
});

describe("many callers", () => {
  /** Of one listener (INBOUND_PER_SECOND). */
  const perSecond = 5;

  test("are asked about a few at a time, and counted beyond; those of another listener are not among them", async () => {
    const { from, theCall } = await listen("tcp", 4);
    const other = await listen("tcp", 4);
    const limited = async () => (await (await helper.client()).call("status", {})).counters.inboundLimited ?? 0;
    const before = await limited();
    const began = performance.now();
    await burst(network, { ...theCall, fromPort: 20_000, seconds: 0.9 }, 40, { call: other.theCall, count: perSecond });
    await until("all calls of the other", async () => (await promptsFrom(other.from))[0]?.attempts === perSecond);
    const [prompt] = await promptsFrom(from);
    const seconds = Math.floor((performance.now() - began) / 1000) + 1;
    expect(prompt?.attempts).toBeGreaterThan(0);
    expect(prompt?.attempts).toBeLessThanOrEqual(perSecond * seconds);
    expect(await limited()).toBeGreaterThan(before);
    const status = await (await helper.client()).call("status", {});
    expect(status.degraded.map(({ code }) => code)).toContain("inboundLimited");
    for (let n = 0; n < 40; n++) expect(await network.arrived("tcp", from, 20_000 + n)).toBe(0);
  });

  test("blocked by a rule do not fill the list", async () => {
    const { from, theCall } = await listen("tcp", 4);
    await (await helper.client()).call("rules.add", { app, action: "block", address: from, direction: "inbound" });
    await burst(network, { ...theCall, fromPort: 20_000, seconds: 0.5 }, 40);
    const listed = await until("some", async () => {
      const flows = await flowsWith(helper, from);
      return flows.length > 0 && flows;
    });
    expect(listed.length).toBeLessThan(40);
    for (const flow of listed) expect(flow).toMatchObject({ direction: "inbound", verdict: "block", live: false });
  });
});
