// systemd-resolved's monitor on a machine with the real one: names for apps that ask it by nss-resolve, past every socket of theirs.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Answer } from "../../helper/names/dns.ts";
import { addressHex } from "../../helper/policy/address.ts";
import { checkout, type Machine, node, startMachine } from "./machine.ts";

let machine: Machine;

type Line = { state?: string; host?: string; chain?: string[]; addresses?: Answer["addresses"] };

async function inside(script: string): Promise<string> {
  const { code, stdout, stderr } = await machine.run(["sh", "-ec", script]);
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}

beforeAll(async () => {
  machine = await startMachine();
  await inside(`
    # resolved asks nobody, and getaddrinfo() nothing, while there is only loopback.
    ip link add far type veth peer name near
    ip addr add 192.0.2.1/24 dev near && ip -6 addr add 2001:db8:1::1/64 dev near nodad
    ip link set far up && ip link set near up
    mkdir -p /etc/systemd/resolved.conf.d
    printf '[Resolve]\\nDNS=127.0.0.10\\nFallbackDNS=\\nDNSSEC=no\\nDomains=~.\\n' > /etc/systemd/resolved.conf.d/test.conf
    sed -i 's/^hosts:.*/hosts: resolve/' /etc/nsswitch.conf
    systemd-run --quiet --unit=dns --service-type=exec dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts \
      --user=root --listen-address=127.0.0.10 --bind-interfaces --pid-file= --local-ttl=300 \
      --host-record=real.cdn.example,198.51.100.8,2001:db8::8 --cname=shop.example,real.cdn.example`);
  await inside(
    `systemd-run --quiet --unit=listener --property=StandardOutput=file:/run/heard ${node} ${checkout}/test/machine/listen-to-resolved.ts`,
  );
}, 660_000);
afterAll(async () => {
  await machine?.stop();
});

/** Since `from` lines. */
async function heard(from: number): Promise<Line[]> {
  const lines = (await inside("cat /run/heard")).split("\n").filter(Boolean);
  return lines.slice(from).map((line) => JSON.parse(line) as Line);
}

const states = (lines: Line[]) => lines.flatMap(({ state }) => state ?? []);
const answers = (lines: Line[]) => lines.filter(({ host }) => host !== undefined);
const patience = { timeout: 40_000, interval: 300 };

async function expectToHear(from: number): Promise<void> {
  const script = "resolvectl flush-caches && getent ahosts shop.example > /dev/null";
  await inside(script);
  await expect.poll(async () => answers(await heard(from)).length, patience).toBeGreaterThanOrEqual(2);
  const said = answers(await heard(from));
  for (const answer of said) expect(answer).toMatchObject({ host: "shop.example", chain: ["real.cdn.example"] });
  const addresses = said.flatMap((answer) => answer.addresses ?? []);
  expect(new Set(addresses.map(({ address }) => address))).toEqual(
    new Set([addressHex("198.51.100.8"), addressHex("2001:db8::8")]),
  );
  for (const { ttl } of addresses) expect(ttl).toBe(300);
}

test("nobody to listen to is no error; what comes is heard", { timeout: 120_000 }, async () => {
  await expect.poll(async () => states(await heard(0)), patience).toEqual(["absent"]);
  await inside("systemctl start systemd-resolved");
  await expect.poll(async () => states(await heard(0)).at(-1), patience).toMatch(/connecting|subscribed/);
  await expectToHear(0);
  expect(states(await heard(0)).at(-1)).toBe("subscribed");
});

test("a resolver that starts anew is heard again", { timeout: 120_000 }, async () => {
  const from = (await heard(0)).length;
  await inside("systemctl restart systemd-resolved");
  // What is looked up before it listens again is not heard of.
  await expect.poll(async () => states(await heard(from)).at(-1), patience).toBe("subscribed");
  await expectToHear(from);
});
