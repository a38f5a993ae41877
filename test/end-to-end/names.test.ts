// Names decide: real look-ups of real programs at a real DNS server, which is the helper's configured resolver.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { encode } from "dns-packet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { cgroupRoot } from "../../helper/guard/cgroups.ts";
import { enteringCgroup } from "../bpf/entering-cgroup.ts";
import { clientHello, records, serverName } from "../helper/names/hellos.ts";
import { client, python } from "../network/clients.ts";
import { DnsServer } from "../network/dns-server.ts";
import { createNetwork, ip, type Network } from "../network/network.ts";
import { picket, type Ran, slowness, start, TestHelper, until } from "./helper-process.ts";

const ECONNREFUSED = 111;
const helper = new TestHelper();
const curl = realpathSync("/usr/bin/curl");
const resolver = "127.0.0.53";
/** Of the local network, on the far side. */
const inside = "10.77.0.2";
/** Another configured one, which serves pages too, as routers do. */
let router: string;
let network: Network;
let folder: string;
let guarded: string;
let dns: DnsServer;

/** Every host has an address of its own, but for the two that share one. */
const hosts: Record<string, string[]> = {};

/** In the near namespace, where the resolver of /etc/resolv.conf is the test's. */
function near(): string[] {
  const bind = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return [
    "nsenter",
    `--net=/run/netns/${network.near}`,
    "unshare",
    "-m",
    "sh",
    "-c",
    bind,
    join(folder, "resolv.conf"),
  ];
}

/** `words` inside the guarded cgroup and the near namespace. */
function run(words: readonly string[]): Promise<Ran> {
  return start(...enteringCgroup(guarded, [...near(), ...words]));
}

function get(host: string, ...options: string[]): Promise<Ran> {
  return run([curl, "-4", "-s", "--max-time", "40", ...options, `http://${host}/`]);
}

const ok = (ran: Ran) => [ran.code, ran.stdout.trim()];

async function call<T>(work: (client: Awaited<ReturnType<TestHelper["client"]>>) => Promise<T>): Promise<T> {
  return work(await helper.client());
}

/** The card that asks about the host. */
function cardOf(host: string): Promise<Prompt> {
  return until(`a card about ${host}`, async () => {
    const prompts = await call((client) => client.call("prompts.list", {}));
    return prompts.find(({ endpoint, state }) => endpoint.host === host && state === "held");
  });
}

/** What it says is one segment. */
const large = `import socket
s = socket.create_server(("127.0.0.54", 53))
print("up", flush=True)
while True:
    c, _ = s.accept()
    c.sendall(bytes(20000))
    c.close()`;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-names-")));
  network = await createNetwork();
  router = network.address(4);
  ip("-n", network.far, "addr", "add", `${inside}/32`, "dev", "wire");
  ip("-n", network.near, "route", "add", `${inside}/32`, "dev", "wire");
  writeFileSync(join(folder, "resolv.conf"), `nameserver ${resolver}\nnameserver ${router}\n`);
  const own = ["www.shop.test", "img.shop.test", "api.shop.test", "other.test", "ads.tracker.test"];
  own.push(
    "host.listed.test",
    "beside.listed.test",
    "deep.listed.example",
    "by-address.test",
    "shares.test",
    "real.listed.example",
  );
  for (const host of own) hosts[host] = [network.address(4)];
  for (let at = 0; at < 10; at++) hosts[`h${at}.crowd.test`] = [network.address(4)];
  hosts["one.shared.test"] = hosts["two.share.test"] = [network.address(4)];
  hosts["www.example.org"] = [network.address(4)];
  hosts["nas.example.org"] = [inside];
  hosts["page.router.test"] = hosts["setup.router.test"] = [router];
  hosts["shares.listed.example"] = hosts["shares.test"] ?? [];
  dns = await DnsServer.start(resolver, ["nsenter", `--net=/run/netns/${network.near}`], hosts, {
    "cloaked.test": "real.listed.example",
  });
  await helper.start("helper/main.ts", [], near());
  const { guarded: names } = await call((client) => client.call("status", {}));
  guarded = `${cgroupRoot()}/${names[0]}`;
});

afterAll(async () => {
  await helper.stop();
  await dns?.stop();
  network?.destroy();
  rmSync(folder, { recursive: true, force: true });
});

describe("a name that the app looked up", () => {
  test("is on the card, and an answer for its domain decides the next host without a question", async () => {
    const first = get("www.shop.test");
    const card = await cardOf("www.shop.test");
    expect(card).toMatchObject({
      domain: "shop.test",
      endpoint: { names: [{ name: "www.shop.test", source: "query", trusted: true }] },
    });
    const answer = { id: card.id, action: "allow", scope: "domain", lifetime: "forever" } as const;
    const { rules } = await call((client) => client.call("prompts.answer", answer));
    expect(ok(await first)).toEqual([0, "hi"]);
    const [rule] = await call((client) => client.call("rules.list", {})).then((all) =>
      all.filter(({ id }) => rules.includes(id)),
    );
    expect(rule).toMatchObject({ app: curl, domain: "shop.test", host: null, address: null, port: null });
    const before = await call((client) => client.call("status", {}));
    expect(ok(await get("img.shop.test"))).toEqual([0, "hi"]);
    const flows = await call((client) => client.call("flows.list", {}));
    const flow = flows.find(({ endpoint }) => endpoint.host === "img.shop.test");
    expect(flow).toMatchObject({ verdict: "allow", rule: rule?.id, layer: "rule" });
    expect(flow?.reason).toContain("any host of shop.test");
    expect((await call((client) => client.call("status", {}))).prompts).toBe(before.prompts);
    const asked = { app: curl, host: "img.shop.test", port: 80 };
    expect(await call((client) => client.call("explain", asked))).toMatchObject({
      verdict: flow?.verdict,
      rule: flow?.rule,
      layer: flow?.layer,
      reason: flow?.reason,
    });
  });

  test("decides in the kernel alone, once it is known: the helper is stopped", async () => {
    expect(ok(await get("api.shop.test"))).toEqual([0, "hi"]);
    await helper.signal("SIGSTOP");
    try {
      // The address is still called so; nothing is looked up.
      expect(ok(await get("api.shop.test", "--resolve", `api.shop.test:80:${hosts["api.shop.test"]?.[0]}`))).toEqual([
        0,
        "hi",
      ]);
    } finally {
      await helper.signal("SIGCONT");
    }
  });

  test("goes on deciding there while somebody looks names up that no helper reads", async () => {
    await helper.signal("SIGSTOP");
    try {
      const looking = run(["sh", "-c", "for i in $(seq 40); do getent hosts nobody$i.test; sleep 0.1; done"]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const known = ["--resolve", `api.shop.test:80:${hosts["api.shop.test"]?.[0]}`, "--max-time", "20"];
      expect(ok(await get("api.shop.test", ...known))).toEqual([0, "hi"]);
      expect(ok(await get("api.shop.test", ...known))).toEqual([0, "hi"]);
      await looking;
    } finally {
      await helper.signal("SIGCONT");
    }
  });

  test("is not held because of an answer before, too large to be read", async () => {
    const serving = spawn(near()[0] ?? "", [...near().slice(1), python, "-c", large], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      await once(serving.stdout, "data");
      const counter = async (name: string) => (await call((client) => client.call("status", {}))).counters[name] ?? 0;
      const [held, lost] = [await counter("held"), await counter("namesLost")];
      const receive =
        'import socket; s = socket.create_connection(("127.0.0.54", 53)); list(iter(lambda: s.recv(65536), b""))';
      const known = `--resolve api.shop.test:80:${hosts["api.shop.test"]?.[0]}`;
      const words = `"$0" -c '${receive}' && "$1" -s ${known} http://api.shop.test/`;
      expect(ok(await run(["sh", "-c", words, python, curl]))).toEqual([0, "hi"]);
      expect(await counter("namesLost")).toBeGreaterThan(lost);
      expect(await counter("held")).toBe(held);
    } finally {
      serving.kill("SIGKILL");
    }
  });

  test("does not allow what shares no name: another domain asks, and a block of a host refuses", async () => {
    const refused = get("other.test");
    const { id } = await cardOf("other.test");
    await call((client) => client.call("prompts.answer", { id, action: "block", scope: "host", lifetime: "forever" }));
    expect((await refused).code).toBe(7);
    expect((await get("other.test")).code).toBe(7);
  });

  test("is blocked by a rule about the domain it is in, for any app", async () => {
    const rule = { app: null, action: "block", domain: "tracker.test" } as const;
    await call((client) => client.call("rules.add", rule));
    expect((await get("ads.tracker.test")).code).toBe(7);
  });

  test("shares its address with one that is not allowed: both are asked about", async () => {
    await call((client) => client.call("rules.add", { app: curl, action: "allow", host: "one.shared.test" }));
    expect(ok(await get("one.shared.test"))).toEqual([0, "hi"]);
    const both = get("two.share.test");
    const card = await until("a card", async () => {
      const prompts = await call((client) => client.call("prompts.list", {}));
      return prompts.find(({ endpoint }) => endpoint.address === hosts["two.share.test"]?.[0]);
    });
    expect(card.endpoint.names?.map(({ name }) => name).sort()).toEqual(["one.shared.test", "two.share.test"]);
    await call((client) =>
      client.call("prompts.answer", { id: card.id, action: "allow", scope: "host", lifetime: "forever" }),
    );
    expect(ok(await both)).toEqual([0, "hi"]);
  });
});

test("ten apps that ask for fifty places of one owner each are ten questions, and ten answers settle all", async () => {
  const places = Object.keys(hosts)
    .filter((host) => host.endsWith(".crowd.test"))
    .flatMap((host) => [8001, 8002, 8003, 8004, 8005].map((port) => `${host}/${port}/tcp`));
  expect(places).toHaveLength(50);
  const apps = Array.from({ length: 10 }, (_, at) => {
    const program = join(folder, `tool${at}`);
    copyFileSync("/usr/bin/python3", program);
    return program;
  });
  const [, script = "", ...words] = client("many", 100, ...places);
  const running = apps.map((program) => run([program, script, ...words]));
  const cards = async () =>
    (await call((api) => api.call("prompts.list", {}))).filter(({ app }) => apps.includes(app.path));
  await until("all of them asked about", async () => {
    const all = await cards();
    return all.reduce((sum, { endpoints }) => sum + endpoints.length, 0) === 500;
  });
  const open = await cards();
  expect(open.map(({ app }) => app.path).sort()).toEqual([...apps].sort());
  for (const { domain, endpoints } of open) expect([domain, endpoints.length]).toEqual(["crowd.test", 50]);
  for (const { id } of open)
    await call((api) => api.call("prompts.answer", { id, action: "block", scope: "any", lifetime: "once" }));
  for (const each of running) expect(JSON.parse((await each).stdout)).toEqual(Array(50).fill(ECONNREFUSED));
  expect(await cards()).toEqual([]);
});

describe("a name of a configured resolver", () => {
  test("decides about its pages like any other's", async () => {
    await call((client) => client.call("rules.add", { app: curl, action: "allow", domain: "router.test" }));
    expect(ok(await get("page.router.test"))).toEqual([0, "hi"]);
    const rule = { app: curl, action: "block", host: "setup.router.test" } as const;
    const { id } = await call((client) => client.call("rules.add", rule));
    expect((await get("setup.router.test")).code).toBe(7);
    await call((client) => client.call("rules.remove", { ids: [id] }));
  });
});

describe("a name of the internet that leads into the local network", () => {
  const flowsTo = (address: string) =>
    call((client) => client.call("flows.list", {})).then((flows) =>
      flows.filter(({ endpoint }) => endpoint.address === address),
    );

  test("is asked about in spite of a rule that allows it, once: the answer is for the address", async () => {
    const rule = { app: curl, action: "allow", domain: "example.org" } as const;
    const { id } = await call((client) => client.call("rules.add", rule));
    expect(ok(await get("www.example.org"))).toEqual([0, "hi"]);
    const explained = () => call((client) => client.call("explain", { app: curl, host: "nas.example.org", port: 80 }));
    expect(await explained()).toMatchObject({ verdict: "allow", rule: id, at: [] });
    const waiting = get("nas.example.org");
    const card = await cardOf("nas.example.org");
    expect(card).toMatchObject({ domain: null, endpoints: [{ address: inside }] });
    expect(card.reason).toContain("leads into the local network");
    // By its name alone it would go; where the name is known to lead it would not.
    expect(await explained()).toMatchObject({
      verdict: "allow",
      rule: id,
      at: [{ address: inside, verdict: "ask", rule: null, reason: card.reason }],
    });
    const answer = { id: card.id, action: "allow", lifetime: "forever" } as const;
    const { rules } = await call((client) => client.call("prompts.answer", answer));
    expect(ok(await waiting)).toEqual([0, "hi"]);
    expect(ok(await get("nas.example.org"))).toEqual([0, "hi"]);
    const made = (await call((client) => client.call("rules.list", {}))).filter((each) => rules.includes(each.id));
    expect(made).toMatchObject([{ address: inside, host: null, domain: null, port: 80 }]);
    for (const each of [id, ...rules]) await call((client) => client.call("rules.remove", { ids: [each] }));
  });

  test("is blocked like anywhere", async () => {
    const allow = await call((client) => client.call("rules.add", { app: curl, action: "allow", zone: "local" }));
    expect(ok(await get("nas.example.org"))).toEqual([0, "hi"]);
    const rule = { app: curl, action: "block", domain: "example.org" } as const;
    const block = await call((client) => client.call("rules.add", rule));
    expect(await call((client) => client.call("rules.undo", {}))).toMatchObject({
      removed: [{ id: block.id, action: "block", domain: "example.org" }],
      restored: [],
      more: 0,
    });
    expect(ok(await get("nas.example.org"))).toEqual([0, "hi"]);
    Object.assign(block, await call((client) => client.call("rules.add", rule)));
    expect((await get("nas.example.org")).code).toBe(7);
    expect((await flowsTo(inside))[0]).toMatchObject({ verdict: "block", rule: block.id });
    for (const { id } of [allow, block]) await call((client) => client.call("rules.remove", { ids: [id] }));
  });
});

describe("a look-up past the configured resolvers", () => {
  test("is shown as such, on the card and in the list of flows", async () => {
    const elsewhere = network.address(4);
    const waiting = run([curl, "-s", "-k", "--max-time", "30", `https://${elsewhere}:853/`]);
    const card = await helper.prompt(elsewhere);
    expect(card.endpoint).toMatchObject({ bypass: "dot" });
    await call((client) => client.call("prompts.answer", { id: card.id, action: "block" }));
    await waiting;
    const { stdout } = await start(picket, ["flows"], { PICKET_SOCKET: helper.socket });
    expect(stdout).toContain(`${elsewhere}:853 tcp (look-ups over TLS)`);
    const flows = await call((client) => client.call("flows.list", {}));
    expect(flows.filter(({ endpoint }) => endpoint.host !== null && endpoint.bypass !== undefined)).toEqual([]);
  });
});

describe("a name that nobody looked up", () => {
  test("is none: the card has the address, and cannot be answered by name", async () => {
    const address = network.address(4);
    const waiting = run([curl, "-s", "--max-time", "40", "-H", "Host: www.shop.test", `http://${address}/`]);
    const card = await helper.prompt(address);
    expect(card).toMatchObject({ domain: null, endpoint: { host: null } });
    const by = (scope: "host" | "domain") =>
      call((client) => client.call("prompts.answer", { id: card.id, action: "allow", scope, lifetime: "forever" }));
    await expect(by("host")).rejects.toMatchObject({ code: "name_unknown" });
    await expect(by("domain")).rejects.toMatchObject({ code: "name_unknown" });
    await call((client) => client.call("prompts.answer", { id: card.id, action: "block" }));
    expect((await waiting).code).toBe(7);
  });
});

describe("a name that only the app says", () => {
  let server: ChildProcess;
  let address: string;
  /** With TLS to where nobody looked anything up. */
  const say = (host: string) =>
    run([curl, "-4", "-k", "-s", "--max-time", "30", "--resolve", `${host}:8443:${address}`, `https://${host}:8443/`]);

  beforeAll(async () => {
    address = network.address(4);
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    execFileSync("openssl", [...make, "-subj", "/CN=test", "-keyout", key, "-out", certificate], { stdio: "ignore" });
    const serve = `
      const [key, cert] = process.argv.slice(1).map((path) => require("fs").readFileSync(path));
      const server = require("https").createServer({ key, cert }, (_, reply) => reply.end("well said"));
      server.listen(8443, () => console.log("ready"));`;
    const far = [`--net=/run/netns/${network.far}`, process.execPath, "-e", serve, key, certificate];
    server = spawn("nsenter", far, { stdio: ["ignore", "pipe", "inherit"] });
    await once(server.stdout as Readable, "data");
    await call((client) => client.call("rules.add", { app: curl, action: "allow", port: 8443 }));
  });
  afterAll(() => server.kill());

  const flowTo = (host: string) =>
    until(`a flow to ${host}`, async () =>
      (await call((client) => client.call("flows.list", {}))).find(({ endpoint }) =>
        endpoint.names?.some(({ name }) => name === host),
      ),
    );

  test("blocks where a rule about it does, before a byte of it leaves", async () => {
    const { code } = await say("more.tracker.test");
    expect(code).not.toBe(0);
    const flow = await flowTo("more.tracker.test");
    expect(flow).toMatchObject({ verdict: "block", layer: "rule" });
    expect(flow.reason).toContain("any host of tracker.test");
    expect(flow.endpoint).toMatchObject({ host: null, names: [{ source: "sni", trusted: false }] });
    // Nothing but the handshake: a SYN and its acknowledgements, and no segment of data.
    expect(flow.bytesOut).toBeLessThan(60 * 8);
  });

  test("does not hold up what it does not block", async () => {
    const { code, stdout } = await say("fine.example");
    expect(code).toBe(0);
    expect(stdout).toBe("well said");
    expect(await flowTo("fine.example")).toMatchObject({ verdict: "allow", endpoint: { host: null } });
  });

  test("costs no round trip that a timer would", async () => {
    const { stdout } = await run([
      ...[curl, "-4", "-k", "-s", "-o", "/dev/null", "-w", "%{time_appconnect}", "--max-time", "30"],
      ...["--resolve", `quick.example:8443:${address}`, "https://quick.example:8443/"],
    ]);
    console.log(`a TLS handshake through the second gate: ${stdout} s`);
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  test("allows nothing: a rule that allows the name asks about the address", async () => {
    await call((client) => client.call("rules.add", { app: curl, action: "ask", port: 8443 }));
    await call((client) => client.call("rules.add", { app: curl, action: "allow", domain: "fine.example" }));
    address = network.address(4);
    const waiting = say("www.fine.example");
    const card = await helper.prompt(address);
    expect(card.endpoint.host).toBe(null);
    await call((client) => client.call("prompts.answer", { id: card.id, action: "block" }));
    expect((await waiting).code).toBe(7);
  });

  test("blocks over QUIC as well, by what Chromium's first datagrams say, before any of them leaves", async () => {
    const rules = [
      { app: null, action: "allow", port: 4433 },
      { app: null, action: "block", domain: "watcher.test" },
    ] as const;
    const made = await Promise.all(rules.map((rule) => call((client) => client.call("rules.add", rule))));
    /** Datagrams that came to the far side, where nobody answers. */
    const browse = async (host: string) => {
      const to = network.address(4);
      const flags = [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        ...["--disable-component-update", `--user-data-dir=${join(folder, host)}`, "--enable-quic", "--dump-dom"],
        ...[`--origin-to-force-quic-on=${host}:4433`, `--host-resolver-rules=MAP ${host} ${to}`],
      ];
      await run(["timeout", "--kill-after=1", "60", "chromium", ...flags, `https://${host}:4433/`]);
      return network.arrived("udp", to, 4433);
    };
    expect(await browse("quic.watcher.test")).toBe(0);
    const flow = await flowTo("quic.watcher.test");
    expect(flow).toMatchObject({ verdict: "block", layer: "rule", bytesOut: 0 });
    expect(flow.endpoint).toMatchObject({ host: null, protocol: "udp", names: [{ source: "quic", trusted: false }] });
    expect(await browse("quic.fine.example")).toBeGreaterThan(0);
    expect(await flowTo("quic.fine.example")).toMatchObject({ verdict: "allow" });
    for (const { id } of made) await call((client) => client.call("rules.remove", { ids: [id] }));
  }, 240_000);

  test("stands for another where its resolver said that it does, and says so", async () => {
    const query = encode({ type: "query", id: 1, questions: [{ type: "UNKNOWN_65" as "A", name: "hidden.example" }] });
    const asks = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 53)); s.recv(4096)`;
    const looked = await run([realpathSync("/usr/bin/python3"), "-c", asks, resolver, query.toString("hex")]);
    expect(looked.code).toBe(0);
    const script = join(folder, "speak.py");
    writeFileSync(
      script,
      `import socket, sys, time
s = socket.create_connection((sys.argv[1], 8443)); s.sendall(bytes.fromhex(sys.argv[2])); time.sleep(1)`,
    );
    const python = realpathSync("/usr/bin/python3");
    // For any app: in a mount namespace of its own a script is no app that anybody can be sure of.
    const { id } = await call((client) => client.call("rules.add", { app: null, action: "allow", port: 8443 }));
    const hello = records(clientHello([serverName("public.example"), [0xfe0d, Buffer.alloc(9)]]));
    await run([python, script, address, hello.toString("hex")]);
    expect((await flowTo("public.example")).endpoint).toMatchObject({
      host: null,
      names: [{ name: "public.example", source: "sni", trusted: false, ech: true }],
    });
    const { stdout } = await start(picket, ["flows"], { PICKET_SOCKET: helper.socket });
    expect(stdout).toContain("(hides its host behind public.example)");
    await call((client) => client.call("rules.remove", { ids: [id] }));
  });

  test("is not waited for where the server speaks first", async () => {
    const ssh = network.address(4);
    await call((client) => client.call("rules.add", { app: curl, action: "allow", port: 22 }));
    const { stdout } = await run([curl, "-4", "-s", "--max-time", "20", `telnet://${ssh}:22`]);
    expect(stdout).toContain("SSH-2.0-picket_test");
  });

  test("is no way around a rule that comes while only the server has spoken", async () => {
    const ssh = network.address(4);
    // The far side waits 10 s for an answer.
    const began = performance.now();
    const waiting = run([curl, "-4", "-s", "-N", "--max-time", "20", `telnet://${ssh}:22`]);
    await until("the flow", async () =>
      (await call((client) => client.call("flows.list", {}))).some(({ endpoint }) => endpoint.address === ssh),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await call((client) => client.call("rules.add", { app: curl, action: "block", address: ssh }));
    await waiting;
    expect(performance.now() - began).toBeLessThan(8000);
    const flow = (await call((client) => client.call("flows.list", {}))).find(
      ({ endpoint }) => endpoint.address === ssh,
    );
    expect(flow).toMatchObject({ verdict: "block" });
  });
});

describe("a blocklist", () => {
  beforeAll(async () => {
    const path = join(folder, "ads.txt");
    writeFileSync(path, `0.0.0.0 host.listed.test\n||listed.example^\n${hosts["by-address.test"]?.[0]}\n`);
    const added = await start(picket, ["blocklists", "add", path, "--name", "ads"], { PICKET_SOCKET: helper.socket });
    expect(added.code).toBe(0);
    await call((client) => client.call("rules.add", { app: curl, action: "allow" }));
  });
  const flowTo = (address: string | undefined) =>
    call((client) => client.call("flows.list", {})).then((flows) =>
      flows.find(({ endpoint }) => endpoint.address === address),
    );

  test.each([
    ["host.listed.test", "a listed host"],
    ["deep.listed.example", "a host of a listed domain"],
    ["by-address.test", "a listed address"],
    ["cloaked.test", "an alias that is listed"],
  ])("blocks %s (%s), in spite of an app that may go anywhere", async (host) => {
    expect((await get(host)).code).toBe(7);
    const address = hosts[host === "cloaked.test" ? "real.listed.example" : host]?.[0];
    const flow = await until("the flow", () => flowTo(address));
    expect(flow).toMatchObject({ verdict: "block", layer: "blocklist", rule: "ads" });
    expect(flow?.reason).toMatch(/^The blocklist “ads” has/);
  });

  test("blocks nothing else: no neighbour, and no name that shares an address with a listed one", async () => {
    expect((await get("beside.listed.test")).code).toBe(0);
    expect((await get("shares.test")).code).toBe(0);
    // From here on the app knows both names of it; what it means nobody can tell, as it does not say so.
    expect((await get("shares.listed.example")).code).toBe(0);
    expect((await get("shares.test")).code).toBe(0);
  });

  test("counts what it blocked, and gives way to an exception", async () => {
    const listed = () => call((client) => client.call("blocklists.list", {}));
    expect((await listed())[0]?.hits).toBeGreaterThanOrEqual(4);
    // By the flow alone: what of it is listed only the helper can tell, of cloaked.test it is an alias.
    for (const [host, address, part] of [
      ["deep.listed.example", hosts["deep.listed.example"]?.[0], { host: "deep.listed.example" }],
      ["by-address.test", hosts["by-address.test"]?.[0], { address: hosts["by-address.test"]?.[0] }],
      ["cloaked.test", hosts["real.listed.example"]?.[0], { host: "real.listed.example" }],
    ] as const) {
      const flow = (await flowTo(address))?.id ?? "";
      const { rules, change } = await call((client) => client.call("rules.except", { flow }));
      expect(rules).toMatchObject([{ app: curl, action: "allow", ...part }]);
      expect((await get(host)).code).toBe(0);
      await call((client) => client.call("rules.undo", { change }));
      expect((await get(host)).code).toBe(7);
    }
    const other = (await flowTo(hosts["beside.listed.test"]?.[0]))?.id ?? "";
    await expect(call((client) => client.call("rules.except", { flow: other }))).rejects.toMatchObject({
      code: "not_listed",
    });
    await call((client) => client.call("rules.add", { app: null, action: "allow", host: "host.listed.test" }));
    expect((await get("host.listed.test")).code).toBe(0);
    await call((client) => client.call("blocklists.enable", { name: "ads", enabled: false }));
    expect((await get("deep.listed.example")).code).toBe(0);
  });
});

describe("a helper that is killed and starts again", () => {
  test("knows the names of before: what they allowed goes on, and what goes there again is not asked about", async () => {
    const app = join(folder, "fetch");
    copyFileSync(curl, app);
    const host = "www.shop.test";
    const address = hosts[host]?.[0] ?? "";
    const told = () => network.arrived("tcp", address, 7777);
    const goesOn = async (when: string) => {
      const before = await told();
      await until(`the stream ${when}`, async () => (await told()) > before + 20);
      const prompts = await call((client) => client.call("prompts.list", {}));
      expect(prompts.filter(({ endpoint }) => endpoint.address === address)).toEqual([]);
    };
    await call((client) => client.call("rules.add", { app, action: "allow", domain: "shop.test" }));
    const words = 'while sleep 0.05; do echo again; done | "$0" -4 -s --max-time "$2" "telnet://$1:7777"';
    const running = run(["sh", "-c", words, app, host, String(25 * slowness)]);
    await goesOn("before");
    // Names are written once a second.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await helper.signal("SIGKILL");
    await helper.start("helper/main.ts", [], near());
    await goesOn("after");
    // Nobody looks anything up: the app knows the address.
    const again = [app, "-s", "--max-time", "20", "--resolve", `${host}:80:${address}`, `http://${host}/`];
    expect(ok(await run(again))).toEqual([0, "hi"]);
    // Every flow is judged by the maps anew.
    await call((client) => client.call("rules.add", { app, action: "block", domain: "other.test" }));
    await goesOn("after a change of the rules");
    // curl's own time is over; nobody ended it.
    expect((await running).code).toBe(28);
  });
});
