// While no helper answers and a blocklist has names: what has a rule about its very address goes on, everything else without a known name waits,
// for its name may be a listed one.
import { afterAll, beforeAll, expect, test } from "vitest";
import { client, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, TestHelper, until } from "./helper-process.ts";

const refused = 111;
const helper = new TestHelper();
let network: Network;
beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});
afterAll(async () => {
  await helper.signal("SIGCONT");
  await helper.stop();
  network.destroy();
});

async function attempt(address: string): Promise<number> {
  const { stdout, stderr } = await guarded(helper, network.near, client("tcp", address, 80, 60));
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as TcpResult).errno;
}

test("a rule about one address needs no helper, a range does", async () => {
  const api = await helper.client();
  const [open, shut, within] = [network.address(4), network.address(4), network.address(4)];
  await api.call("rules.add", { app: null, action: "allow", address: open });
  await api.call("rules.add", { app: null, action: "block", address: shut });
  await api.call("rules.add", { app: null, action: "allow", address: "192.0.2.0/24" });
  const { upload } = await api.call("blocklists.begin", { name: "names" });
  await api.call("blocklists.append", { upload, data: Buffer.from("||bad.example^\n").toString("base64") });
  await api.call("blocklists.commit", { upload });
  await until("the list", async () => (await api.call("blocklists.list", {})).some(({ domains }) => domains === 1));
  await helper.signal("SIGSTOP");
  expect(await attempt(open)).toBe(0);
  expect(await attempt(shut)).toBe(refused);
  const waiting = attempt(within);
  const later = new Promise((resolve) => setTimeout(() => resolve("it waits"), 3000));
  expect(await Promise.race([waiting, later])).toBe("it waits");
  expect(await network.arrivedAt(within)).toBe(0);
  await helper.signal("SIGCONT");
  expect(await waiting).toBe(0);
});
