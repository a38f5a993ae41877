// What is decided is decided by the kernel alone: proved with the helper stopped (SIGSTOP) while the apps connect.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client, python, type TcpResult, type UdpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, inGuard, type Ran, TestHelper, until } from "./helper-process.ts";

const EPERM = 1;
const ECONNREFUSED = 111;

const helper = new TestHelper();
let network: Network;

let folder: string;

/** A client as a program of its own. A script would be known to the kernel process by process, and only once the helper has named each. */
function app(...words: Parameters<typeof client>): string[] {
  return [join(folder, "program"), ...client(...words).slice(1)];
}

/** In the guard at once: with the helper stopped, `picket run` could start nothing there. */
const run = (command: readonly string[]): Promise<Ran> => guarded(helper, network.near, command);

const json = <T>(ran: Ran): T => JSON.parse(ran.stdout) as T;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-enforce-")));
  copyFileSync(realpathSync(python), join(folder, "program"));
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.signal("SIGCONT");
  await helper.stop();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

async function decide(address: string, command: readonly string[], action: "allow" | "block"): Promise<void> {
  const running = run(command);
  const { id } = await helper.prompt(address);
  await (await helper.client()).call("prompts.answer", { id, action, lifetime: "forever" });
  await running;
}

async function stopped<T>(work: () => Promise<T>): Promise<T> {
  await helper.signal("SIGSTOP");
  try {
    return await work();
  } finally {
    await helper.signal("SIGCONT");
  }
}

test("who is held waits for a helper that comes before everybody else's work", () => {
  expect(getPriority(helper.pid)).toBe(-10);
});

describe.for([4, 6] as const)("over IPv%d, with the helper stopped", (family) => {
  test("an allowed connection goes at once", async () => {
    const address = network.address(family);
    await decide(address, app("tcp", address, 80), "allow");
    const result = json<TcpResult>(await stopped(() => run(app("tcp", address, 80, 5))));
    expect(result.ok).toBe(true);
  });

  test("a blocked connection is refused at once, and nothing leaves", async () => {
    const address = network.address(family);
    await decide(address, app("tcp", address, 80), "block");
    const result = json<TcpResult>(await stopped(() => run(app("tcp", address, 80, 5))));
    expect(result).toMatchObject({ ok: false, errno: ECONNREFUSED });
    expect(await network.arrived("tcp", address, 80)).toBe(0);
  });

  test("allowed datagrams go, blocked ones go nowhere, and connect() is never refused", async () => {
    const [open, shut] = [network.address(family), network.address(family)];
    await decide(open, app("udp", open, 7777, "unconnected", 1), "allow");
    await decide(shut, app("udp", shut, 7777, "connected", 1), "block");
    await stopped(async () => {
      const allowed = json<UdpResult>(await run(app("udp", open, 7777, "unconnected", 3, 16, 5)));
      expect(allowed.replies).toEqual([0, 1, 2]);
      for (const how of ["connected", "unconnected"]) {
        const blocked = json<UdpResult>(await run(app("udp", shut, 7777, how, 3, 16, 1)));
        expect(blocked).toMatchObject({ connectErrno: 0, sendErrnos: [EPERM, EPERM, EPERM], replies: [] });
      }
    });
    expect(await network.arrived("udp", shut, 7777)).toBe(0);
  });

  test("an undecided connection stays held, and is asked about when the helper goes on", async () => {
    const address = network.address(family);
    let running: Promise<Ran> | undefined;
    await stopped(async () => {
      running = run(app("tcp", address, 80));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(await network.arrived("tcp", address, 80)).toBe(0);
    });
    const { id } = await helper.prompt(address);
    await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect(json<TcpResult>((await running) as Ran).ok).toBe(true);
  });
});

describe("rules", () => {
  test("disable, enable and delete decide the next connection", async () => {
    const address = network.address(4);
    const api = await helper.client();
    await decide(address, app("tcp", address, 80), "block");
    const rule = (await api.call("rules.list", {})).find((candidate) => candidate.address === address);
    if (rule === undefined) throw new Error("no rule");

    await api.call("rules.enable", { ids: [rule.id], enabled: false });
    const asked = run(app("tcp", address, 80));
    const { id } = await helper.prompt(address);
    // Enabling the rule again answers the open question.
    await api.call("rules.enable", { ids: [rule.id], enabled: true });
    expect(json<TcpResult>(await asked).errno).toBe(ECONNREFUSED);
    expect((await api.call("prompts.list", {})).map((prompt) => prompt.id)).not.toContain(id);

    await api.call("rules.remove", { ids: [rule.id] });
    const again = run(app("tcp", address, 80));
    const prompt = await helper.prompt(address);
    await api.call("prompts.answer", { id: prompt.id, action: "allow", lifetime: "once" });
    expect(json<TcpResult>(await again).ok).toBe(true);
  });

  test("a narrower destination beats a narrower app, a range counts, and the flow names its rule", async () => {
    const api = await helper.client();
    const address = network.address(4);
    const block = await api.call("rules.add", { app: null, action: "block", address, port: 443 });
    const allow = await api.call("rules.add", { app: null, action: "allow", address: "192.0.2.0/24" });
    expect(json<TcpResult>(await run(app("tcp", address, 80, 5))).ok).toBe(true);
    expect(json<TcpResult>(await run(app("tcp", address, 443, 5))).errno).toBe(ECONNREFUSED);
    const flows = await until("both flows", async () => {
      const found = (await api.call("flows.list", {})).filter((flow) => flow.endpoint.address === address);
      return found.length === 2 && found.every(({ live }) => !live) && found;
    });
    const by = (port: number) => flows.find((flow) => flow.endpoint.port === port);
    expect(by(443)).toMatchObject({ verdict: "block", rule: block.id, layer: "rule", bytesOut: 0 });
    expect(by(80)).toMatchObject({ verdict: "allow", rule: allow.id, layer: "rule" });
    expect(by(80)?.bytesIn).toBeGreaterThan(100);
    await api.call("rules.remove", { ids: [allow.id] });
    await api.call("rules.remove", { ids: [block.id] });
  });

  test("the loopback rule can be disabled: then loopback is asked about", async () => {
    const api = await helper.client();
    const fails = json<TcpResult>(await run(app("tcp", "127.0.0.1", 9, 5)));
    expect(fails.errno).toBe(ECONNREFUSED); // nobody listens: the packets went
    await api.call("rules.enable", { ids: ["factory:loopback"], enabled: false });
    const running = run(app("tcp", "127.0.0.1", 9, 30));
    const { id } = await helper.prompt("127.0.0.1");
    await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    expect(json<TcpResult>(await running).errno).toBe(ECONNREFUSED);
    await api.call("rules.enable", { ids: ["factory:loopback"], enabled: true });
  });
});

/** Tries one address after the other with the same socket, which it keeps; nobody listens there. */
const trying = `import socket, sys
s = socket.socket()
print([s.connect_ex((address, 4)) for address in sys.argv[1:]], flush=True)
sys.stdin.read()`;

test("an attempt that failed is over when its socket begins the next", async () => {
  const [first, second] = [network.address(4), network.address(4)];
  const api = await helper.client();
  const rules = [];
  for (const address of [first, second])
    rules.push((await api.call("rules.add", { app: null, action: "allow", address })).id);
  const child = spawn(...inGuard(helper, network.near, [join(folder, "program"), "-c", trying, first, second]), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [said] = await once(child.stdout, "data");
    expect(JSON.parse(String(said))).toEqual([ECONNREFUSED, ECONNREFUSED]);
    const flowTo = async (address: string) =>
      (await api.call("flows.list", {})).filter(({ endpoint }) => endpoint.address === address);
    await until("the second", async () => (await flowTo(second)).length === 1);
    expect(await flowTo(first)).toMatchObject([{ verdict: "allow", live: false }]);
  } finally {
    child.kill("SIGKILL");
    await api.call("rules.remove", { ids: rules });
  }
});
