// Datagram sockets that ask for errors (IP_RECVERR): a hold is none, and once they are allowed they hear of real ones.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatAddress } from "../../helper/policy/address.ts";
import { parseResolvers } from "../../helper/resolvers.ts";
import { client, type DressedResult } from "../network/clients.ts";
import { createNetwork, ip, type Network } from "../network/network.ts";
import { guarded, type Ran, TestHelper } from "./helper-process.ts";

const ECONNREFUSED = 111;
/** Nobody listens there. */
const closedPort = 9;

const helper = new TestHelper();
let network: Network;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "picket-names-"));
  network = await createNetwork();
  network.route("wire");
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(folder, { recursive: true });
});

/** glibc's own look-up, at a server of the test's choice. */
function lookUp(server: string, name: string): Promise<Ran> {
  const [resolvers, order] = [join(folder, `${name}.resolv`), join(folder, "nsswitch")];
  writeFileSync(resolvers, `nameserver ${server}\noptions timeout:30 attempts:1\n`);
  writeFileSync(order, "hosts: dns\n");
  const mounts =
    'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/nsswitch.conf && exec getent ahostsv4 "$3"';
  const command = ["unshare", "--mount", "sh", "-c", mounts, "sh", resolvers, order, name];
  return guarded(helper, network.near, command);
}

async function answer(address: string, action: "allow" | "block"): Promise<void> {
  const { id } = await helper.prompt(address);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await network.arrivedAt(address)).toBe(0);
  await (await helper.client()).call("prompts.answer", { id, action, lifetime: "once" });
}

describe("glibc's resolver", () => {
  test.for([4, 6] as const)("waits for the answer about its server over IPv%d", async (family) => {
    const server = network.distant(family);
    const looking = lookUp(server, `held${family}.example`);
    await answer(server, "allow");
    const ran = await looking;
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain("192.0.2.77");
  });

  test("is refused where it is to be blocked", async () => {
    const server = network.distant(4);
    const looking = lookUp(server, "blocked.example");
    await answer(server, "block");
    expect((await looking).code).toBe(2); // not found
    expect(await network.arrivedAt(server)).toBe(0);
  });

  test("is never held at a configured resolver", async () => {
    const found = parseResolvers(readFileSync("/etc/resolv.conf", "utf8")).map(({ hex }) =>
      formatAddress(Buffer.from(hex, "hex")),
    );
    const server = found.find((address) => !address.includes(":") && !address.startsWith("127."));
    if (server === undefined) return; // this machine asks itself, which is not held either
    ip("-n", network.far, "addr", "add", `${server}/32`, "dev", "lo");
    const ran = await lookUp(server, "known.example");
    expect(ran.stdout).toContain("192.0.2.77");
    const flows = await (await helper.client()).call("flows.list", {});
    expect(flows.find(({ endpoint }) => endpoint.address === server)).toMatchObject({
      verdict: "allow",
      layer: "factory",
    });
  });
});

describe.for([4, 6] as const)("an error-checking socket over IPv%d", (family) => {
  const send = (address: string, dress: object) =>
    guarded(helper, network.near, client("dressed", "unconnected", address, closedPort, JSON.stringify(dress)));
  const result = async (ran: Promise<Ran>) => JSON.parse((await ran).stdout) as DressedResult;

  test("hears of its held datagram's error after it was allowed", async () => {
    const address = network.distant(family);
    const sending = result(send(address, { errors: true, seconds: 8 }));
    await answer(address, "allow");
    expect(await sending).toMatchObject({ errno: ECONNREFUSED, sent: 1, errors: 1 });
  });

  test("hears of errors where a rule allows it, and no other socket does", async () => {
    const api = await helper.client();
    const address = network.distant(family);
    const { id } = await api.call("rules.add", { app: null, action: "allow", address });
    const checking = await result(send(address, { errors: true, pace: 0.3, seconds: 8 }));
    expect(checking).toMatchObject({ errno: ECONNREFUSED, errors: 1 });
    expect(await result(send(address, { pace: 0.3, seconds: 2 }))).toMatchObject({ errno: -1, errors: 0 });
    await api.call("rules.remove", { ids: [id] });
  });

  test("tracepath finds its way", async () => {
    const api = await helper.client();
    const address = network.distant(family);
    const { id } = await api.call("rules.add", { app: null, action: "allow", address });
    const ran = await guarded(helper, network.near, ["tracepath", "-n", "-m", "3", `-${family}`, address]);
    expect(ran.stdout).toContain("reached");
    await api.call("rules.remove", { ids: [id] });
  });
});
