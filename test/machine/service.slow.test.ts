// The installed service: how tight systemd holds it, that its work goes on inside that, and that it comes back. Alone:
// PICKET_TESTS=all node build/run-vitest.ts test/machine/service.slow
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Blocklist } from "../../contract/blocklists.ts";
import type { Rule } from "../../contract/words.ts";
import { slowness } from "../end-to-end/helper-process.ts";
import { caller, client, far, GuardedMachine } from "./guarded.ts";
import { insidePath, makePackages, removePackages, serveAtBoot, write } from "./installed.ts";

vi.setConfig({ testTimeout: 300_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  await makePackages(["deb"]);
  machine = await GuardedMachine.start();
  // The machine has no screen, so what only the window needs is not installed.
  await machine.root(["dpkg", "--force-depends", "-i", insidePath("deb")]);
  await machine.root(["picket", "mode", "ask"]);
}, 1_500_000);
afterAll(async () => {
  await machine?.stop();
  removePackages();
});

const property = async (name: string) =>
  (await machine.root(["systemctl", "show", "--value", "--property", name, "picket-helper"])).trim();
const inItsPlace = async (script: string) =>
  machine.machine.run(["nsenter", "--target", await property("MainPID"), "--mount", "sh", "-c", script]);
const attempt = async () =>
  (await machine.machine.run([caller, "-c", client], { user: "alice", timeout: 90_000 })).stdout.trim();
const nextHelper = (before: string) =>
  machine.until("the helper that follows", async () => {
    const pid = await property("MainPID");
    return pid !== before && (await property("ActiveState")) === "active" ? pid : undefined;
  });

test("systemd's own score is no worse than the unit says, and the restrictions are real", async () => {
  // In tenths. Fails, with the table, above it.
  await machine.root(["systemd-analyze", "security", "--no-pager", "--threshold=49", "picket-helper"]);
  for (const path of ["/usr/x", "/etc/x", "/home/alice/x", "/proc/sys/net/ipv4/ip_forward", "/sys/kernel/mm/ksm/run"])
    expect(await inItsPlace(`echo 0 >${path}`), path).toMatchObject({ stderr: expect.stringContaining("Read-only") });
  // Programs that lie in /tmp are the ones that the kernel saw.
  await machine.root(["touch", "/tmp/seen"]);
  expect(await inItsPlace("ls /tmp/seen /home/alice")).toMatchObject({ code: 0 });
});

test("what it does beside judging goes on inside them: it looks into programs, enters networks, fetches lists", async () => {
  // Another network namespace of a session's, as a container has it: what is held there is re-sent from there.
  for (const line of [
    "ip netns add third",
    "ip link add third0 netns third type veth peer name third1 netns far",
    "ip -netns third addr add 198.51.100.1/24 dev third0",
    "ip -netns third link set third0 up",
    "ip -netns far addr add 198.51.100.2/24 dev third1",
    "ip -netns far link set third1 up",
  ])
    await machine.root(line.split(" "));
  const greet = `import socket
s = socket.create_server(("198.51.100.2", 8080)); print("up", flush=True)
while True:
    c, _ = s.accept(); c.sendall(b"welcome\\n"); c.close()`;
  await machine.service("third", ["nsenter", "--net=/run/netns/far", "python3", "-c", greet], "up");
  const inside = client.replace(far.address, "198.51.100.2");
  const words = ["nsenter", "--net=/run/netns/third", "runuser", "-u", "alice", "--", caller, "-c", inside];
  const waiting = machine.machine.run(["systemd-run", "-q", "--pipe", "--wait", "--slice=user.slice", ...words], {
    timeout: 120_000,
  });
  const held = await machine.until("a question", async () => {
    const prompts = JSON.parse(await machine.root(["picket", "prompts", "--json"])) as { id: string; state: string }[];
    return prompts.find(({ state }) => state === "held");
  });
  await machine.root(["picket", "answer", held.id, "allow", "--lifetime", "forever"]);
  expect((await waiting).stdout).toBe("welcome\n");
  const rules = JSON.parse(await machine.root(["picket", "rules", "--json"])) as Rule[];
  expect(rules.find(({ app }) => app === caller)).toMatchObject({ action: "allow" });

  await serveAtBoot(machine);
  await write(machine, "/usr/local/lib/list", "0.0.0.0 ads.example.org\n");
  const list =
    "import http.server as h, os; os.chdir('/usr/local/lib'); h.test(h.SimpleHTTPRequestHandler, port=8081, bind='192.0.2.2')";
  await machine.root(["systemd-run", "-q", "--unit=lists", "nsenter", "--net=/run/netns/far", "python3", "-c", list]);
  await sleep(2_000);
  await machine.root(["picket", "blocklists", "add", "http://192.0.2.2:8081/list", "--name", "far"]);
  await machine.until("the list", async () => {
    const [only] = JSON.parse(await machine.root(["picket", "blocklists", "--json"])) as Blocklist[];
    expect(only?.error ?? null).toBe(null);
    return only?.hosts === 1 || undefined;
  });
  // With names on a list, addresses without a name are the helper's to decide.
  await machine.root(["picket", "blocklists", "remove", "far"]);
});

/** Moments of the machine's clock, seconds. */
const moment = async (name: string) => Number(await property(`${name}TimestampMonotonic`)) / 1e6;
/** What the helper said when it was ready. */
const enforcing = async () => {
  const lines = (await machine.root(["journalctl", "--unit=picket-helper", "--output=cat"])).split("\n");
  return JSON.parse(lines.findLast((line) => line.includes('"enforcing"')) ?? "{}") as { verified?: boolean };
};

test("a helper that hangs is replaced by the watchdog; what is blocked stays blocked, what is asked waits", async () => {
  await machine.root(["picket", "rules", "add", "--app", "any", "--action", "block", "--address", far.address]);
  const arrived = machine.arrivals();
  const pid = await property("MainPID");
  const stopped = await machine.root(["sh", "-c", 'cat /proc/uptime; kill -STOP "$0"', pid]);
  expect(await attempt()).toBe("111");
  await nextHelper(pid);
  const since = Number(stopped.split(" ")[0]);
  const [fired, began, ready] = [
    await moment("ActiveExit"),
    await moment("ExecMainStart"),
    await moment("ActiveEnter"),
  ];
  const told = [fired - since, began - fired, ready - began].map((seconds) => seconds.toFixed(2));
  console.log(
    `stopped; ${told[0]} s later systemd gave it up, ${told[1]} s later began the next, ${told[2]} s later was ready`,
  );
  // Six seconds without a sign, of which up to three had gone by: a round comes with the clock.
  expect(fired - since).toBeGreaterThan(2.5);
  expect(fired - since).toBeLessThan(12);
  // From then on it is quick: what waits, waits no longer.
  expect(ready - fired).toBeLessThan(2 * slowness);
  expect(await property("NRestarts")).not.toBe("0");
  expect(await enforcing()).toMatchObject({ adopted: true, verified: false });
  expect(await attempt()).toBe("111");
  expect(machine.arrivals()).toBe(arrived);
});

test("what Node made of the sources is kept inside the restrictions, and taken by the next start", async () => {
  const list = async () => machine.root(["find", "/var/lib/picket/compiled", "-type", "f", "-printf", "%P %T@ %i\\n"]);
  const kept = await list();
  expect(kept.split("\n").length).toBeGreaterThan(100);
  const pid = await property("MainPID");
  await machine.root(["systemctl", "kill", "--signal=KILL", "picket-helper"]);
  await nextHelper(pid);
  // After it is ready it writes what it had to make; what it found it does not write again.
  await sleep(2_000);
  expect(await list()).toBe(kept);
});

test("however often it is killed, it is started again", async () => {
  let pid = await property("MainPID");
  for (let times = 0; times < 8; times++) {
    await machine.root(["kill", "-KILL", pid]);
    pid = await machine.until("another one", async () => {
      const now = await property("MainPID");
      return now !== pid && now !== "0" ? now : undefined;
    });
  }
  await machine.until("the last one", async () => ((await property("ActiveState")) === "active" ? true : undefined));
  expect(await attempt()).toBe("111");
});

test("off takes everything out of the kernel, stays off until somebody starts it, and loses no rule", async () => {
  await machine.root(["picket", "off"]);
  expect(await machine.exists("/sys/fs/bpf/picket")).toBe(false);
  expect(await attempt()).toBe("welcome");
  await sleep(3_000);
  expect((await machine.machine.run(["systemctl", "is-active", "picket-helper"])).stdout.trim()).not.toBe("active");
  await machine.root(["systemctl", "start", "picket-helper"]);
  expect(await attempt()).toBe("111");
});
