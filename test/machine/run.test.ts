// `picket run` where systemd manages cgroups: alice's command in a scope of the guarded slice, held, asked about, answered.
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
  expect(prompt.app.path).toMatch(/^\/usr\/bin\/python3/);

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
  const pid = await until("the run", async () => Number(await root(["cat", "/home/alice/pid"]).catch(() => 0)) || undefined);
  expect(await cgroupOf(pid)).toContain(`/${slice}/`);
  await root(["systemctl", "stop", "picket-helper"]);
  expect(await cgroupOf(pid)).toMatch(/^\/user\.slice\/picket_.*-released-1\.scope$/);
  expect((await machine.run(["test", "-e", `/sys/fs/cgroup/${slice}`])).code).toBe(1);
  expect(await root(["ls", "/sys/fs/bpf", "/run/picket"])).not.toMatch(/picket-/);
  expect(await running).toEqual({ code: 0, stdout: "still here\n", stderr: "" });
});
