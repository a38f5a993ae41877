// The test network itself: without Picket every client gets through, and the far side's counter sees exactly what was sent.
// These are the positive controls of every "nothing arrived" elsewhere.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { client, type TcpResult, type UdpResult } from "./clients.ts";
import { createNetwork, type Network } from "./network.ts";

/** No server listens there. */
const closedPort = 9;

let network: Network;
beforeAll(async () => {
  network = await createNetwork();
});
afterAll(() => network.destroy());

async function run(command: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const ran = await promisify(execFile)("nsenter", [`--net=/run/netns/${network.near}`, ...command], {
      timeout: 50_000,
    });
    return { code: 0, ...ran };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (typeof code !== "number") throw error;
    return { code, stdout, stderr };
  }
}

async function result<T>(command: string[]): Promise<T> {
  return JSON.parse((await run(command)).stdout) as T;
}

function url(address: string, port = 80): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}/`;
}

/** The counter reads the wire in its own time: waits until it has seen `packets`, and then a moment longer for one too many. */
async function expectArrived(protocol: "tcp" | "udp", address: string, port: number, packets: number): Promise<void> {
  await expect.poll(() => network.arrived(protocol, address, port), { timeout: 20_000 }).toBe(packets);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await network.arrived(protocol, address, port)).toBe(packets);
}

describe.each([4, 6] as const)("over IPv%d", (family) => {
  it.each([
    ["curl", (at: string) => ["curl", "-sS", "--noproxy", "*", "-m", "40", at]],
    ["wget", (at: string) => ["wget", "-q", "-O-", "--no-proxy", "-t", "1", "-T", "40", at]],
  ])("%s gets the page; at a closed port one packet arrives and is refused", async (_name, command) => {
    const address = network.address(family);
    expect(await run(command(url(address)))).toMatchObject({ code: 0, stdout: "hi\n" });
    // The counter is a process of its own: it may be a moment late.
    await vi.waitFor(async () => expect(await network.arrived("tcp", address, 80)).toBeGreaterThan(3), 10_000);
    expect((await run(command(url(address, closedPort)))).code).not.toBe(0);
    await expectArrived("tcp", address, closedPort, 1);
  });

  it("ssh hears the banner", async () => {
    const address = network.address(family);
    const { stderr } = await run(["ssh", "-v", "-F", "none", "-o", "BatchMode=yes", address, "true"]);
    expect(stderr).toContain("remote software version picket_test");
    expect(await network.arrived("tcp", address, 22)).toBeGreaterThan(0);
  });

  it("the TCP client reports a round trip, the initial window, and a refusal", async () => {
    const address = network.address(family);
    const connected = await result<TcpResult>(client("tcp", address, 443));
    expect(connected).toMatchObject({ ok: true, errno: 0, window: 10 });
    expect(connected.rttMs).toBeGreaterThan(0);
    expect(connected.rttMs).toBeLessThan(300);
    expect(await result<TcpResult>(client("tcp", address, closedPort))).toMatchObject({ ok: false, errno: 111 });
  });

  it.each(["connected", "unconnected"])("%s datagrams come back in order and are counted one by one", async (how) => {
    const address = network.address(family);
    const { replies, sendErrnos } = await result<UdpResult>(client("udp", address, 7777, how, 5));
    expect(replies).toEqual([0, 1, 2, 3, 4]);
    expect(sendErrnos).toEqual([0, 0, 0, 0, 0]);
    await expectArrived("udp", address, 7777, 5);
  });

  it("one socket talks to two remotes from two threads, counted apart", async () => {
    const [one, other] = [network.address(family), network.address(family)];
    const replies = await result<Record<string, number>>(client("two-remotes", one, other, 7777, 1));
    for (const address of [one, other]) {
      expect(replies[address]).toBeGreaterThan(0);
      expect(await network.arrived("udp", address, 7777)).toBeGreaterThanOrEqual(replies[address] as number);
    }
  });

  it("counts nothing for an address that nobody spoke to", async () => {
    expect(await network.arrived("tcp", network.address(family), 80)).toBe(0);
  });
});

it("parallel attempts over both families and protocols all get through", async () => {
  const targets = [`${network.address(4)}/443/tcp`, `${network.address(6)}/443/tcp`, `${network.address(4)}/443/udp`];
  expect(await result<number[]>(client("many", 40, ...targets))).toEqual([0, 0, 0]);
});

it("takes its namespaces away with it", async () => {
  const list = () => execFileSync("ip", ["netns", "list"], { encoding: "utf8" });
  const other = await createNetwork();
  expect(list()).toContain(other.near);
  other.destroy();
  expect(list()).not.toContain(other.near);
});
