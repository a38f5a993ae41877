// What NetworkManager says, read over a real bus: wireless networks, routers, VPNs, and that it comes and goes.
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Networks } from "../../contract/words.ts";
import { hardwareAddresses, NetworkWatch } from "../../helper/network-manager.ts";
import { until } from "../end-to-end/helper-process.ts";
import { type Objects, TestBus } from "./stub-network-manager.ts";

vi.setConfig({ testTimeout: 60_000 });

let bus: TestBus;
let watch: NetworkWatch;
let told: (Networks | null)[];

beforeEach(async () => {
  bus = new TestBus();
  await bus.start();
  told = [];
  watch = new NetworkWatch((networks) => told.push(networks), bus.socket);
});

afterEach(async () => {
  watch.close();
  await bus.stop();
});

const root = "/org/freedesktop/NetworkManager";
const active = (...paths: string[]) => ({ [root]: { "": { ActiveConnections: ["ao", paths] as [string, unknown] } } });

interface Connection {
  type?: string;
  state?: number;
  vpn?: boolean;
  point?: string;
  config?: string;
}

function connection({ type = "802-3-ethernet", state = 2, vpn = false, point = "/", config = "/" }: Connection) {
  return {
    "Connection.Active": {
      Type: ["s", type],
      State: ["u", state],
      Vpn: ["b", vpn],
      SpecificObject: ["o", point],
      Ip4Config: ["o", config],
      Ip6Config: ["o", "/"],
    },
  } satisfies Objects[string];
}

const home: Objects = {
  ...active("/wifi", "/wired"),
  "/wifi": connection({ type: "802-11-wireless", point: "/point", config: "/config" }),
  "/point": { AccessPoint: { Ssid: ["ay", Buffer.from("Café ☕")] } },
  "/config": { IP4Config: { Gateway: ["s", "192.0.2.9"] } },
  // Still coming up: it counts when it is there.
  "/wired": connection({ state: 1, config: "/config2" }),
  "/config2": { IP4Config: { Gateway: ["s", "198.51.100.9"] } },
};
const atHome = { ssids: ["Café ☕"], gateways: [{ address: "192.0.2.9", mac: null }], vpn: false };

const last = () => told.at(-1);

test("a bus without it is told as such", async () => {
  await until("a word", () => told.length > 0);
  expect(told).toEqual([null]);
});

test("it comes, changes and goes", async () => {
  const stub = await bus.networkManager(home);
  await until("its word", () => last() !== null && last() !== undefined);
  expect(last()).toEqual(atHome);
  stub.say({
    ...home,
    ...active("/wifi", "/tunnel"),
    // The router a VPN's server names is no sign of where this computer is.
    "/tunnel": connection({ type: "vpn", vpn: true, config: "/config2" }),
  });
  await until("the VPN", () => last()?.vpn);
  expect(last()).toEqual({ ...atHome, vpn: true });
  stub.say({ ...home, ...active("/wireguard"), "/wireguard": connection({ type: "wireguard" }) });
  await until("the end of the wireless network", () => last()?.ssids.length === 0);
  expect(last()).toEqual({ ssids: [], gateways: [], vpn: true });
  stub.leave();
  await until("its end", () => last() === null);
});

test("a connection that cannot be read is left out, not the rest", async () => {
  await bus.networkManager({ ...home, ...active("/gone", "/wifi") });
  await until("its word", () => last() !== null && last() !== undefined);
  expect(last()).toEqual(atHome);
});

test("a bus that ends is the end of its word", async () => {
  await bus.networkManager(home);
  await until("its word", () => last() !== null && last() !== undefined);
  await bus.stop();
  await until("its end", () => last() === null);
});

/** As at home, by another router. */
const away: Objects = { ...home, "/config": { IP4Config: { Gateway: ["s", "198.51.100.66"] } } };
const router = () => last()?.gateways[0]?.address;

test("a message that is too large for us is passed over: what is known goes on, and what comes next is told", async () => {
  const manager = await bus.networkManager(home);
  await until("its word", () => router() === "192.0.2.9");
  const send = await bus.stranger();
  const before = told.length;
  for (const size of [1 << 20, 2 << 20]) await send("Large", "x".repeat(size));
  manager.say(away);
  await until("the other router", () => router() === "198.51.100.66");
  expect(told.slice(before)).toHaveLength(1);
});

test("what changed is told however much more is said", async () => {
  const manager = await bus.networkManager(home);
  await until("its word", () => router() === "192.0.2.9");
  let said = 0;
  const talk = setInterval(() => {
    manager.say(away);
    said++;
  }, 20);
  try {
    await until("the other router", () => router() === "198.51.100.66");
  } finally {
    clearInterval(talk);
  }
  expect(said).toBeLessThan(60);
});

test("nobody but NetworkManager has it asked anew", async () => {
  const manager = await bus.networkManager(home);
  await until("its word", () => router() === "192.0.2.9");
  const look = manager.asked();
  const send = await bus.stranger();
  for (const member of ["PropertiesChanged", "NameOwnerChanged", "PropertiesChanged", "NameOwnerChanged"]) {
    await send(member, "");
    // Long enough for a look.
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  manager.say(away);
  await until("the other router", () => router() === "198.51.100.66");
  expect(manager.asked()).toBe(2 * look);
});

test("a connection that is lost is made anew, and what was known counts meanwhile", async () => {
  const path = join(dirname(bus.socket), "between");
  const between: Socket[] = [];
  const server = createServer((client) => {
    const onward = connect(bus.socket);
    between.push(
      client,
      onward.on("error", () => {}),
    );
    client
      .on("error", () => onward.destroy())
      .pipe(onward)
      .pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  watch.close();
  watch = new NetworkWatch((networks) => told.push(networks), path);
  await bus.networkManager(home);
  await until("its word", () => router() === "192.0.2.9");
  const before = told.length;
  const lost = between.splice(0);
  for (const socket of lost) socket.destroy();
  await until("a new connection", () => between.length > 0);
  expect(told.slice(before)).toEqual([]);
  // With nobody there any more it counts no longer.
  server.close();
  for (const socket of between) socket.destroy();
  await until("its end", () => last() === null);
});

test("hardware addresses are those the kernel is sure of", () => {
  const head = "IP address       HW type     Flags       HW address            Mask     Device\n";
  const lines = [
    "192.0.2.9        0x1         0x2         52:54:00:AB:34:56     *        near",
    "192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        near",
    "192.0.2.7        0x1         0x6         52:54:00:12:34:57     *        near",
  ];
  expect([...hardwareAddresses(`${head}${lines.join("\n")}\n`)]).toEqual([
    ["192.0.2.9", "52:54:00:ab:34:56"],
    ["192.0.2.7", "52:54:00:12:34:57"],
  ]);
});

test("the primary connection is told with its name, kind and whether it is metered", async () => {
  const primary: unknown[] = [];
  watch.close();
  watch = new NetworkWatch((_, found) => primary.push(found), bus.socket);
  const manager = await bus.networkManager({
    [root]: {
      "": { ActiveConnections: ["ao", ["/phone"]], PrimaryConnection: ["o", "/phone"], Metered: ["u", 3] },
    },
    "/phone": {
      "Connection.Active": {
        ...connection({ type: "gsm" })["Connection.Active"],
        Id: ["s", "My phone"],
        Uuid: ["s", "6c1d7a3e-0000-4000-8000-000000000001"],
      },
    },
  });
  const phone = { key: "6c1d7a3e-0000-4000-8000-000000000001", name: "My phone", kind: "mobile", metered: true };
  await until("the primary connection", () => primary.length > 0 && primary.at(-1) !== null);
  expect(primary.at(-1)).toEqual(phone);
  manager.say({ [root]: { "": { ActiveConnections: ["ao", []], PrimaryConnection: ["o", "/"], Metered: ["u", 0] } } });
  await until("its end", () => primary.at(-1) === null);
});
