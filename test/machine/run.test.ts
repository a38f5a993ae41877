// `picket run` and `picket off` where systemd manages cgroups: alice's command in a scope of the guarded slice, held, asked about, answered,
// and set free.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Prompt, Status } from "../../contract/words.ts";
import { checkout, type Machine, node, startMachine } from "./machine.ts";

const picket = `${checkout}/main/cli/picket`;
const socket = "/run/picket/test.sock";
/** Where the far side answers, in a network namespace of its own inside the machine. */
const far = { address: "192.0.2.2", port: 8080 };
/** Greets and writes down every connection that really arrives. */
const server = `import socket
s = socket.create_server(("${far.address}", ${far.port}))
print("up", flush=True)
while True:
    c, _ = s.accept(); print("arrived", flush=True); c.sendall(b"welcome\\n"); c.close()`;
const client = `import socket
try: print(socket.create_connection(("${far.address}", ${far.port}), 30).recv(99).decode().strip())
except OSError as e: print(e.errno)`;

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
  for (const line of [
    "ip netns add far",
    "ip link add near type veth peer name far0 netns far",
    "ip addr add 192.0.2.1/24 dev near",
    "ip link set near up",
    "ip -netns far addr add 192.0.2.2/24 dev far0",
    "ip -netns far link set far0 up",
  ])
    await root(line.split(" "));
  await service("far", ["nsenter", "--net=/run/netns/far", "python3", "-c", server], "up");
}, 660_000); // the first run on a host builds the root file system
afterAll(() => machine?.stop());

async function root(command: string[]): Promise<string> {
  const { code, stdout, stderr } = await machine.run(command);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

/** A long-running service of the machine; returns when it has printed `sign`. Its output is `printed(name)`. */
async function service(name: string, command: string[], sign: string): Promise<void> {
  const output = ["StandardOutput", "StandardError"].map((stream) => `--property=${stream}=append:/run/${name}.log`);
  await root(["systemd-run", "--quiet", `--unit=${name}`, ...output, ...command]);
  await until(`"${sign}" from ${name}`, async () => {
    if (printed(name).split("\n").includes(sign)) return true;
    const { stdout } = await machine.run(["systemctl", "is-active", name]);
    if (stdout.trim() !== "active") throw new Error(`${name} is ${stdout.trim()}: ${printed(name)}`);
    return undefined;
  });
}

function printed(name: string): string {
  try {
    return readFileSync(`/proc/${machine.pid}/root/run/${name}.log`, "utf8");
  } catch {
    return "";
  }
}

const arrivals = () => printed("far").split("arrived").length - 1;

async function until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + 20_000; ; await sleep(50)) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}\n${printed("picket-helper")}`);
  }
}

function asAlice(...words: string[]) {
  return machine.run([picket, ...words], { user: "alice", env: { PICKET_SOCKET: socket }, timeout: 60_000 });
}

async function read<T>(word: string): Promise<T> {
  const { stdout, stderr } = await asAlice(word, "--json");
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

const heldPrompt = () =>
  until("a held prompt", async () => (await read<Prompt[]>("prompts")).find((prompt) => prompt.state === "held"));
const cgroupOf = async (pid: number) => (await root(["sed", "-n", "s/^0:://p", `/proc/${pid}/cgroup`])).trim();

test("the helper guards a slice of systemd's", async () => {
  const options = ["--state", "/var/lib/picket-test", "--socket", socket, "--owner", "1000"];
  await service("picket-helper", [node, `${checkout}/helper/main.ts`, ...options], "ready");
  const { guarded } = await read<Status>("status");
  expect(guarded).toEqual([expect.stringMatching(/^picket_[0-9a-f]{8}\.slice$/)]);
});

test("without picket run nothing is asked", async () => {
  const { stdout } = await machine.run(["python3", "-c", client], { user: "alice" });
  expect(stdout).toBe("welcome\n");
  expect(arrivals()).toBe(1);
  expect(await read<Prompt[]>("prompts")).toEqual([]);
});

test.each([
  ["allow", "welcome"],
  ["block", "111"], // ECONNREFUSED
])("alice's command waits in a scope below the slice until she says %s", async (action, outcome) => {
  const before = arrivals();
  const running = asAlice("run", "--", "python3", "-c", client);
  const prompt = await heldPrompt();
  expect(prompt).toMatchObject({ endpoint: far, process: { uid: 1000 } });
  expect(prompt.app.path).toMatch(/^\[\/usr\/bin\/python3/);

  const cgroup = await cgroupOf(prompt.process.pid);
  const [slice] = (await read<Status>("status")).guarded;
  expect(cgroup).toMatch(new RegExp(`^/${slice}/picket_[0-9a-f]{8}-run-\\d+\\.scope$`));
  expect(arrivals()).toBe(before);

  expect(await asAlice("answer", prompt.id, action)).toMatchObject({ code: 0, stderr: "" });
  expect(await running).toEqual({ code: 0, stdout: `${outcome}\n`, stderr: "" });
  expect(arrivals()).toBe(action === "allow" ? before + 1 : before);
  await until("the scope to vanish", async () => {
    const { code } = await machine.run(["test", "-e", `/sys/fs/cgroup${cgroup}`]);
    return code === 0 ? undefined : true;
  });
});

test("a foreground helper's end leaves no slice behind, and lets what still runs go on", async () => {
  const [slice] = (await read<Status>("status")).guarded;
  const running = asAlice("run", "--", "sh", "-c", "echo $$ >~/pid; sleep 5; echo still here");
  const pid = await until(
    "the run",
    async () => Number(await root(["cat", "/home/alice/pid"]).catch(() => 0)) || undefined,
  );
  expect(await cgroupOf(pid)).toContain(`/${slice}/`);
  await root(["systemctl", "stop", "picket-helper"]);
  expect(await cgroupOf(pid)).toMatch(/^\/user\.slice\/picket_.*-released-1\.scope$/);
  expect((await machine.run(["test", "-e", `/sys/fs/cgroup/${slice}`])).code).toBe(1);
  expect(await root(["ls", "/sys/fs/bpf", "/run/picket"])).not.toMatch(/picket-/);
  expect(await running).toEqual({ code: 0, stdout: "still here\n", stderr: "" });
});

const off = (...words: string[]) => machine.run([picket, "off", ...words]);
const nothingLeft = { code: 0, stdout: "nothing of Picket is left\n", stderr: "" };
const exists = async (path: string) => (await machine.run(["test", "-e", path])).code === 0;

/** Its unit's name is not Picket's own: systemd shall not help `picket off` to end it. Its state is new: no prompts of earlier ones. */
async function startHelper(unit: string): Promise<{ pid: number; slice: string }> {
  const options = ["--state", `/var/lib/test-${unit}`, "--socket", socket, "--owner", "1000"];
  await service(unit, [node, `${checkout}/helper/main.ts`, ...options], "ready");
  const pid = Number(await root(["systemctl", "show", "--property=MainPID", "--value", unit]));
  return { pid, slice: (await read<Status>("status")).guarded[0]! };
}

/** What picket leaves of an instance that `picket off` has to remove. */
async function traces(slice: string): Promise<string[]> {
  const units = await root(["systemctl", "list-units", "--all", "--plain", "--no-legend", "picket_*"]);
  const loaded = units.split("\n").filter((unit) => unit && !unit.includes("-released-"));
  const folders = await root(["ls", "/sys/fs/bpf", "/run/picket"]);
  return [
    ...loaded,
    ...(folders.match(/^picket-.*$/gm) ?? []),
    ...((await exists(`/sys/fs/cgroup/${slice}`)) ? [slice] : []),
  ];
}

/** Tries one connection at once, without waiting for it, and another one when ~/go exists. */
const twoTries = `import os, socket, time
s = socket.socket(); s.setblocking(False); s.connect_ex(("${far.address}", ${far.port}))
open("pid", "w").write(str(os.getpid()))
while not os.path.exists("go"): time.sleep(0.05)
${client}`;

test.each(["at work", "stopped", "killed"])(
  "picket off with the helper %s: nothing is left, and what was guarded lives on and connects unasked",
  async (how) => {
    await root(["rm", "-f", "/home/alice/go", "/home/alice/pid"]);
    const { pid: helper, slice } = await startHelper(`helper-${how.replace(" ", "-")}`);
    const before = arrivals();
    const running = asAlice("run", "--", "sh", "-c", 'cd && exec python3 -c "$0"', twoTries);
    const { process: guarded } = (await heldPrompt())!;
    const cgroup = await cgroupOf(guarded.pid);
    expect(cgroup).toContain(`/${slice}/`);
    expect(arrivals()).toBe(before);

    if (how === "stopped") await root(["kill", "-STOP", String(helper)]);
    if (how === "killed") await root(["kill", "-KILL", String(helper)]);
    expect(await traces(slice)).toContain(slice);
    const { code, stdout, stderr } = await off();
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
    expect(await traces(slice)).toEqual([]);
    expect(await exists(`/proc/${helper}/fd/0`)).toBe(false);
    if (how === "at work") {
      // Asked to end, the helper takes its slice along itself.
      expect(stdout).toContain(`ended helper ${helper} `);
      expect(await cgroupOf(guarded.pid)).toMatch(/^\/user\.slice\/picket_.*-released-1\.scope$/);
    } else {
      expect(stdout).toMatch(new RegExp(`^moved \\d+ processes out of /sys/fs/cgroup${cgroup}$`, "m"));
      expect(stdout).toContain(`stopped ${slice}\n`);
      expect(await cgroupOf(guarded.pid)).toBe("/");
    }

    const free = arrivals();
    await root(["touch", "/home/alice/go"]);
    expect(await running).toEqual({ code: 0, stdout: "welcome\n", stderr: "" });
    expect(arrivals()).toBeGreaterThan(free);
    expect(await off()).toEqual(nothingLeft);
  },
);

test("picket off frees even a process that forks without end, and systemd kills none of it", async () => {
  const { pid: helper, slice } = await startHelper("helper-forks");
  const script = "echo $$ >~/pid; until [ -e ~/stop ]; do (sleep 0.002 & wait); done; echo still here";
  await root(["rm", "-f", "/home/alice/pid"]);
  const running = asAlice("run", "--", "sh", "-c", script);
  const pid = await until(
    "the run",
    async () => Number(await root(["cat", "/home/alice/pid"]).catch(() => 0)) || undefined,
  );
  expect(await cgroupOf(pid)).toContain(`/${slice}/`);
  await root(["kill", "-KILL", String(helper)]);
  expect(await off()).toMatchObject({ code: 0, stderr: "" });
  expect(await traces(slice)).toEqual([]);
  expect(await cgroupOf(pid)).toBe("/");
  await root(["touch", "/home/alice/stop"]);
  expect(await running).toEqual({ code: 0, stdout: "still here\n", stderr: "" });
});

test("picket off finds an instance by its slice alone, and --instance leaves the others' slices", async () => {
  const slices = ["picket_0badcafe.slice", "picket_0badbeef.slice", "picket.slice"];
  const foreign = ["picket_test.slice", "picketfence.slice"];
  await root(["systemctl", "start", ...slices, ...foreign]);
  const standing = async () => {
    const found = await Promise.all([...slices, ...foreign].map(async (name) => exists(`/sys/fs/cgroup/${name}`)));
    return [...slices, ...foreign].filter((_, index) => found[index]);
  };
  expect(await standing()).toEqual([...slices, ...foreign]);
  expect(await off("--instance", "picket-0badcafe")).toEqual({ code: 0, stdout: `stopped ${slices[0]}\n`, stderr: "" });
  expect(await standing()).toEqual([...slices.slice(1), ...foreign]);
  const { code, stdout } = await off();
  expect(code).toBe(0);
  expect(stdout.split("\n").sort()).toEqual(["", "stopped picket.slice", "stopped picket_0badbeef.slice"]);
  expect(await standing()).toEqual(foreign);
  expect(await off()).toEqual(nothingLeft);
});
