// Profiles by network with the real NetworkManager: the router's address and hardware address choose which rules count.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Networks, Profile, Status } from "../../contract/words.ts";
import { caller, client, far, GuardedMachine } from "./guarded.ts";

vi.setConfig({ testTimeout: 180_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start();
  await machine.helper("picket-helper", "networks");
}, 660_000); // the first run on a host builds the root file system
afterAll(() => machine?.stop());

interface Profiles {
  profiles: Profile[];
  networks: Networks | null;
  active: string | null;
}

const profiles = () => machine.read<Profiles>("profile");

async function say(...words: string[]): Promise<void> {
  const { code, stderr } = await machine.asAlice(...words);
  if (code !== 0) throw new Error(stderr);
}

const nmcli = (...words: string[]) => machine.root(["nmcli", ...words]);

test("where NetworkManager does not run, profiles change by hand only, and the command line says so", async () => {
  expect(await profiles()).toMatchObject({ networks: null, active: null });
  await say("profile", "define", "desk", "--gateway", "192.0.2.2");
  const { stdout } = await machine.asAlice("profile");
  expect(stdout).toMatch(/^NetworkManager does not run: profiles change by hand only\.$/m);
  await say("profile", "desk");
  expect((await profiles()).active).toBe("desk");
  await say("profile", "auto");
  expect((await profiles()).active).toBe(null);
});

test("a network whose router is the profile's makes it the active one, and leaving it ends that", async () => {
  await machine.root(["ip", "-netns", "far", "link", "set", "far0", "address", "52:54:00:12:34:56"]);
  await machine.root(["sh", "-c", "printf '[main]\\ndns=none\\n' >/etc/NetworkManager/conf.d/test.conf"]);
  await machine.root(["systemctl", "start", "NetworkManager"]);
  await machine.until("NetworkManager's word", async () => (await profiles()).networks ?? undefined);
  const address = ["ipv4.method", "manual", "ipv4.addresses", "192.0.2.1/24", "ipv4.gateway", "192.0.2.2"];
  const name = ["type", "ethernet", "ifname", "near", "con-name", "desk", "autoconnect", "no"];
  await nmcli("connection", "add", ...name, ...address, "ipv6.method", "disabled");
  expect((await profiles()).active).toBe(null);

  await nmcli("connection", "up", "desk");
  await machine.until("the profile", async () => (await profiles()).active === "desk" || undefined);
  // A stricter one: a hardware address is not met by accident. The kernel knows it once something went to the router.
  await say("profile", "define", "desk", "--gateway", "52-54-00-12-34-56");
  await machine.root(["bash", "-c", "ip neigh flush dev near; echo >/dev/udp/192.0.2.2/9"]);
  const { networks } = await machine.until("the router's hardware address", async () => {
    const told = await profiles();
    // Active it may be still by the address alone.
    return told.active === "desk" && told.networks?.gateways[0]?.mac ? told : undefined;
  });
  expect(networks).toEqual({ ssids: [], gateways: [{ address: "192.0.2.2", mac: "52:54:00:12:34:56" }], vpn: false });

  await nmcli("connection", "down", "desk");
  await machine.until("its end", async () => (await profiles()).active === null || undefined);
  await nmcli("connection", "up", "desk");
  await machine.until("the profile again", async () => (await profiles()).active === "desk" || undefined);
  await machine.root(["systemctl", "stop", "NetworkManager"]);
  await machine.until("NetworkManager's end", async () => (await profiles()).networks === null || undefined);
  expect(await machine.read<Status>("status")).toMatchObject({ profile: null, automatic: true });
});

test("what goes through a connection that NetworkManager calls metered is marked so in history", async () => {
  interface Row {
    network?: { name: string; kind: string; metered: boolean };
    connections: number;
    bytesIn: number;
  }
  const rows = async (): Promise<Row[]> => {
    const { stdout } = await machine.asAlice("history", "--by", "network", "--range", "10m", "--json");
    return JSON.parse(stdout) as Row[];
  };
  const seen = (metered: boolean, connections: number) =>
    machine.until(`${connections} connections, metered: ${metered}`, async () =>
      (await rows()).find(
        ({ network, ...row }) =>
          network?.name === "desk" && network.metered === metered && row.connections === connections && row.bytesIn > 0,
      ),
    );
  await say("rules", "add", "--app", caller, "--action", "allow", "--address", far.address);
  await machine.root(["systemctl", "start", "NetworkManager"]);
  for (const [index, metered] of ["no", "yes"].entries()) {
    await nmcli("connection", "modify", "desk", "connection.metered", metered);
    await nmcli("connection", "up", "desk");
    await machine.until("NetworkManager's word", async () => (await profiles()).networks?.gateways[0]);
    expect(await machine.asAlice("run", "--", caller, "-c", client)).toMatchObject({ stdout: "welcome\n" });
    expect((await seen(metered === "yes", index + 1)).network).toMatchObject({ kind: "ethernet" });
    await nmcli("connection", "down", "desk");
    await machine.until("its end", async () => (await profiles()).networks?.gateways.length === 0 || undefined);
  }
});
