// Beside other people's firewalls, tunnels and containers: each keeps its word, and Picket's. (systemd's IPAddressDeny: guards.test.ts.) Alone:
// PICKET_TESTS=all node build/run-vitest.ts test/machine/coexistence.slow
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { caller, client, far, GuardedMachine } from "./guarded.ts";
import { write } from "./installed.ts";

vi.setConfig({ testTimeout: 300_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start({ kind: "desktop" });
  await machine.helper("picket-helper", "coexistence", "--guard", "user.slice");
}, 660_000); // the first run on a host builds the root file system
afterAll(() => machine?.stop());

const refused = "111";
/** Alice's program, to an address. Returns what it heard, or the errno. */
const attempt = async (address: string = far.address) => {
  const code = client.replace(far.address, address);
  return (await machine.machine.run([caller, "-c", code], { user: "alice", timeout: 90_000 })).stdout.trim();
};
const say = async (...words: string[]) => {
  const { code, stdout, stderr } = await machine.asAlice(...words);
  if (code !== 0) throw new Error(`picket ${words.join(" ")}: ${stderr}`);
  return stdout;
};
const held = () => machine.read<Prompt[]>("prompts").then((all) => all.filter(({ state }) => state === "held"));
const nextHeld = () => machine.until("a question", async () => (await held())[0]);
const rule = (action: "allow" | "block", address: string) =>
  say("rules", "add", "--app", caller, "--action", action, "--address", address);
const undo = () => say("rules", "undo");

/** What both may say of one connection, tried out in every combination; `deny` and `permit` are the other one's. */
async function bothCount(deny: () => Promise<unknown>, permit: () => Promise<unknown>): Promise<void> {
  const before = machine.arrivals();
  await deny();
  await rule("allow", far.address);
  expect(await attempt()).not.toBe("welcome");
  await permit();
  await undo();
  await rule("block", far.address);
  expect(await attempt()).toBe(refused);
  await undo();
  expect(machine.arrivals()).toBe(before);
  // Held while the other allows, then allowed here: what is re-sent passes the other one as the app's own.
  const waiting = attempt();
  await say("answer", (await nextHeld()).id, "allow");
  expect(await waiting).toBe("welcome");
  expect(machine.arrivals()).toBe(before + 1);
  // The other one stands before the hold: where it refuses, the app hears so at once, and nobody is asked in vain.
  await deny();
  expect(await attempt()).toBe(refused);
  expect(await held()).toEqual([]);
  await permit();
  expect(machine.arrivals()).toBe(before + 1);
}

test("nftables: what either refuses does not leave, what both allow does", async () => {
  const table = `table inet others { chain out { type filter hook output priority 0; ip daddr ${far.address} reject; }; }`;
  await bothCount(
    () => machine.root(["nft", table]),
    () => machine.root(["nft", "delete", "table", "inet", "others"]),
  );
});

test("ufw: what either refuses does not leave or come in, what both allow does", async () => {
  await machine.root(["ufw", "--force", "enable"]);
  await bothCount(
    () => machine.root(["ufw", "reject", "out", "to", far.address]),
    () => machine.root(["ufw", "delete", "reject", "out", "to", far.address]),
  );
  // A call that ufw does not let in is none, so nobody is asked; one that it does is.
  const listener = `import socket
s = socket.create_server(("192.0.2.1", 9090)); print("up", flush=True)
c, _ = s.accept(); c.sendall(b"come in")`;
  const listening = machine.machine.run([caller, "-c", listener], { user: "alice", timeout: 120_000 });
  const call = (wait: number) => {
    const code = `import socket
try: print(socket.create_connection(("192.0.2.1", 9090), ${wait}).recv(99).decode())
except OSError: print("nobody")`;
    return machine.machine.run(["nsenter", "--net=/run/netns/far", "python3", "-c", code], { timeout: 90_000 });
  };
  await machine.until("the listener", async () =>
    (await machine.root(["ss", "-Hltn", "sport = :9090"])) === "" ? undefined : true,
  );
  expect((await call(3)).stdout).toBe("nobody\n");
  expect(await held()).toEqual([]);
  await machine.root(["ufw", "allow", "9090/tcp"]);
  // machine.helper() lets the far side's own address in; this one asks.
  const letIn = await machine.read<{ id: number; direction: string }[]>("rules");
  for (const { id, direction } of letIn) if (direction === "inbound") await say("rules", "disable", String(id));
  const called = call(60);
  const question = await nextHeld();
  expect(question).toMatchObject({ direction: "inbound" });
  await say("answer", question.id, "allow");
  expect((await called).stdout).toBe("come in\n");
  await listening;
  await machine.root(["ufw", "disable"]);
});

const tunnels = {
  "in user space": "wireguard-go wg0; nsenter --net=/run/netns/far wireguard-go wg1",
  "in the kernel": "ip link add wg0 type wireguard; ip -netns far link add wg1 type wireguard",
};

test.for(Object.entries(tunnels))(
  "WireGuard %s: the app is asked about by where it goes inside the tunnel, the tunnel itself by nobody",
  async ([where, make], context) => {
    const lines = [
      "wg genkey >/root/a; wg genkey >/root/b",
      make,
      "wg set wg0 listen-port 51820 private-key /root/a peer $(wg pubkey </root/b) allowed-ips 10.9.0.2/32 endpoint 192.0.2.2:51821",
      "nsenter --net=/run/netns/far wg set wg1 listen-port 51821 private-key /root/b peer $(wg pubkey </root/a) allowed-ips 10.9.0.1/32 endpoint 192.0.2.1:51820",
      "ip addr add 10.9.0.1/24 dev wg0; ip link set wg0 up",
      "ip -netns far addr add 10.9.0.2/24 dev wg1; ip -netns far link set wg1 up",
    ];
    if (where === "in the kernel") {
      const { stderr } = await machine.machine.run(["ip", "link", "add", "probe", "type", "wireguard"]);
      // Some test machines' kernels are built without it.
      if (stderr.includes("Unknown device type")) return context.skip("this kernel has no WireGuard");
      await machine.root(["ip", "link", "del", "probe"]);
    }
    for (const line of lines)
      await machine.root(["systemd-run", "-q", "--wait", "--pipe", "--property=KillMode=none", "sh", "-ec", line]);
    const greet = `import socket
s = socket.create_server(("10.9.0.2", ${far.port})); print("up", flush=True)
while True:
    c, _ = s.accept(); c.sendall(b"through the tunnel\\n"); c.close()`;
    await machine.service("tunnelled", ["nsenter", "--net=/run/netns/far", "python3", "-c", greet], "up");
    const waiting = attempt("10.9.0.2");
    const question = await nextHeld();
    expect(question).toMatchObject({ endpoint: { address: "10.9.0.2" } });
    await say("answer", question.id, "allow");
    expect(await waiting).toBe("through the tunnel");
    await rule("block", "10.9.0.2");
    expect(await attempt("10.9.0.2")).toBe(refused);
    await undo();
    expect(await held()).toEqual([]);
    await machine.root(["systemctl", "stop", "tunnelled"]);
    await machine.root(["sh", "-c", "ip link del wg0; ip -netns far link del wg1"]);
  },
);

test("rootless podman: a container's connection is asked about as the program inside and as what carries it out", async () => {
  await machine.root(["sh", "-c", "echo alice:100000:65536 | tee /etc/subuid >/etc/subgid"]);
  await write(machine, "/home/alice/box/bin/.keep", "");
  await machine.root(["sh", "-c", "cp /usr/bin/busybox /home/alice/box/bin && chown -R alice: /home/alice"]);
  const inside = ["/bin/busybox", "nc", far.address, String(far.port)];
  // This machine's version 2 cgroups have no controllers.
  const words = ["podman", "run", "--rm", "--pids-limit=-1", "--rootfs", "/home/alice/box", ...inside];
  const run = (patience = 200_000) => machine.machine.run(words, { user: "alice", timeout: patience });
  const asked: Prompt[] = [];
  let ended = false;
  const waiting = run().finally(() => {
    ended = true;
  });
  while (!ended) {
    for (const prompt of await held()) {
      asked.push(prompt);
      await say("answer", prompt.id, "allow");
    }
    await sleep(200);
  }
  const { stdout, stderr } = await waiting;
  expect(stdout, stderr).toBe("welcome\n");
  const apps = asked.map(({ app }) => app.path);
  expect(apps).toEqual([expect.stringContaining("/bin/busybox (inside a sandbox)"), "/usr/bin/slirp4netns"]);

  // A rule about what carries it out holds for every container of hers.
  const before = machine.arrivals();
  await say("rules", "add", "--app", "/usr/bin/slirp4netns", "--action", "block", "--address", far.address);
  await say("mode", "allow");
  expect((await run()).stdout).toBe("");
  expect(machine.arrivals()).toBe(before);
});
