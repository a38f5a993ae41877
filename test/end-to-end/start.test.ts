// `npm start` with the real helper: it comes up, says what a person needs, and leaves nothing behind however it ends.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cgroupMount, instanceOf, notesFolder, pinsFolder, sliceOf } from "../../main/cli/instances.ts";
import { HelperClient } from "../../main/client/client.ts";
import { run } from "../build/process.ts";
import { client, type TcpResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { type Ran, start as runCommand } from "./helper-process.ts";

const root = join(import.meta.dirname, "../..");
/** Nobody's uid outside these tests. */
const uid = 54_321;

let folder: string;
let starts: Start[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "picket-start-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "state"));
});
afterEach(async () => {
  // What a failed test left: the helper's keeper gets a moment to end it in order.
  for (const pid of processes("build/start.ts")) process.kill(pid, "SIGKILL");
  await until(() => processes().length === 0, 15_000).catch(() => {});
  for (const pid of processes()) process.kill(pid, "SIGKILL");
  starts = [];
  rmSync(folder, { recursive: true, force: true });
});

type Start = {
  child: ChildProcessByStdio<null, Readable, Readable>;
  said: () => string;
  ended: Promise<number | null>;
};

type Options = {
  env?: NodeJS.ProcessEnv;
  /** A command that runs ours, such as one that makes a screen first. */
  before?: string[];
  clone?: string;
  args?: string[];
};

function start({ env = {}, before = [], clone = root, args: more = [] }: Options = {}): Start {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, XAUTHORITY: ___, SUDO_UID: ____, ...outside } = process.env;
  const words = ["--yes", "--state", join(folder, "state"), "--socket", join(folder, "helper.sock"), ...more];
  const command = [...before, process.execPath, join(clone, "build/bootstrap.mjs"), "start", ...words];
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...outside, ...env, PICKET_TEST: folder },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  const made = { child, said: () => text, ended: once(child, "exit").then(([code]) => code as number | null) };
  starts.push(made);
  return made;
}

async function until(happened: () => boolean, ms = 50_000): Promise<void> {
  for (const deadline = Date.now() + ms; !happened(); await sleep(50)) {
    if (Date.now() > deadline)
      throw new Error(`it did not happen within ${ms} ms:\n${starts.map(({ said }) => said()).join("\n")}`);
  }
}

/** Pids of our starts' processes: all inherit a variable that names our folder. `words`: what their command line has. */
function processes(...words: string[]): number[] {
  return readdirSync("/proc")
    .filter((pid) => readProc(pid, "environ").includes(`PICKET_TEST=${folder}`))
    .filter((pid) => words.every((word) => readProc(pid, "cmdline").includes(word)))
    .map(Number);
}

/** Electron's other processes carry a --type. */
function windows(): number[] {
  return processes("dist/electron/electron\0").filter((pid) => !readProc(String(pid), "cmdline").includes("--type="));
}

function readProc(pid: string, file: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/${file}`, "utf8") : "";
  } catch {
    return "";
  }
}

const instance = () => instanceOf(join(folder, "state"));
const cgroups = () => cgroupMount() ?? "/nonexistent";

/** Pins, cgroups and note of this folder's helper. */
function traces(): string[] {
  const name = instance();
  const paths = [join(pinsFolder, name), join(cgroups(), name), join(cgroups(), sliceOf(name))];
  return [...paths, join(notesFolder, `${name}.json`)].filter((path) => existsSync(path));
}

const off = () => run([join(root, "main/cli/picket"), "off", "--instance", instance()]);

/** The helper itself, not its keeper, whose command line names it too. */
function helperPid(): number | undefined {
  const keepers = processes("build/keeper.ts");
  return processes("helper/main.ts").find((pid) => !keepers.includes(pid));
}

async function killHelper(): Promise<void> {
  const pid = helperPid();
  if (!pid) throw new Error("no helper runs");
  process.kill(pid, "SIGKILL");
  await until(() => !existsSync(`/proc/${pid}/fd/0`));
}

/** A guarded TCP client in the network's near side. */
function guardedClient(network: Network, address: string): Promise<Ran> {
  const command = ["nsenter", `--net=/run/netns/${network.near}`, ...client("tcp", address, 80)];
  const env = { PICKET_SOCKET: join(folder, "helper.sock") };
  return runCommand(join(root, "main/cli/picket"), ["run", "--", ...command], env);
}

/** Asks whatever helper serves now; there may be none for a moment. */
async function heldPrompt(address: string): Promise<string> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
    const found = await withHelper((helper) => helper.call("prompts.list", {})).catch(() => []);
    const prompt = found.find(
      ({ state, endpoints }) => state === "held" && endpoints.some((endpoint) => endpoint.address === address),
    );
    if (prompt) return prompt.id;
  }
  throw new Error(`nothing about ${address} is held`);
}

async function withHelper<T>(work: (helper: HelperClient) => Promise<T>): Promise<T> {
  const helper = await HelperClient.connect(join(folder, "helper.sock"), "test");
  return await work(helper).finally(() => helper.close());
}

const nothing = { processes: [], traces: [] };
const left = () => ({ processes: processes(), traces: traces() });

describe("npm start without a display", () => {
  test("runs the helper, says how to answer, and a Ctrl-C leaves no process, pin or cgroup", async () => {
    const { child, said, ended } = start();
    await until(() => /Ctrl-C ends Picket/.test(said()));
    expect(said()).toMatch(/The helper enforces/);
    expect(said()).toMatch(/npx picket prompts\n {2}npx picket answer ID allow/);
    const env = { ...process.env, PICKET_SOCKET: join(folder, "helper.sock") };
    const status = await run([join(root, "node_modules/.bin/picket"), "status", "--json"], { env });
    expect(JSON.parse(status.out)).toMatchObject({ helper: "running" });

    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.said()).toMatch(/Picket is running already/);
    expect(child.exitCode).toBeNull();

    // As a terminal does it through npm: more than once.
    child.kill("SIGINT");
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect({ processes: processes(), traces: traces() }).toEqual({ processes: [], traces: [] });
  });

  test("killed without warning still ends the helper", async () => {
    const { said } = start();
    await until(() => /Ctrl-C ends Picket/.test(said()));
    for (const pid of processes("build/start.ts")) process.kill(pid, "SIGKILL");
    await until(() => processes().length === 0);
    expect(traces()).toEqual([]);
  });

  test("ends with the helper when `picket off` takes the guard away, even a stopped helper's", async () => {
    const { said, ended } = start();
    await until(() => /Ctrl-C ends Picket/.test(said()));
    process.kill(helperPid() ?? 0, "SIGSTOP");
    expect(await off()).toMatchObject({ code: 0, err: "" });
    expect(await ended).toBe(1);
    expect(said()).toMatch(/The guard was taken away \(picket off\), and Picket ends with it/);
    expect(said()).not.toMatch(/is back/);
    expect(left()).toEqual(nothing);
  });

  test("a Ctrl-C between a helper's death and the next one leaves nothing either", async () => {
    const { child, said, ended } = start();
    await until(() => /Ctrl-C ends Picket/.test(said()));
    await killHelper();
    await until(() => /is started again/.test(said()));
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(left()).toEqual(nothing);
  });

  test("says in one line that a guard does not exist, ends, and leaves nothing", async () => {
    const { said, ended } = start({ args: ["--guard", "no-such.slice"] });
    expect(await ended).not.toBe(0);
    expect(said()).toMatch(/^picket helper: .*no-such\.slice.*$/m);
    expect(said()).not.toMatch(/^\s+at |^\{.*"level":"error"|started again|own words/m);
    expect(left()).toEqual(nothing);
  });

  test("says in one line that another helper has the state folder, and leaves that one alone", async () => {
    const first = start();
    await until(() => /Ctrl-C ends Picket/.test(first.said()));
    const before = [helperPid(), ...traces()];
    const second = start({ args: ["--socket", join(folder, "second.sock")] });
    expect(await second.ended).not.toBe(0);
    expect(second.said()).toMatch(/^picket helper: another helper runs on .*$/m);
    expect(second.said()).not.toMatch(/^\s+at |^\{.*"level":"error"|started again|own words/m);
    expect([helperPid(), ...traces()]).toEqual(before);
    await withHelper(async (helper) => expect(await helper.call("status", {})).toMatchObject({ helper: "running" }));
    first.child.kill("SIGINT");
    expect(await first.ended).toBe(0);
    expect(left()).toEqual(nothing);
  });
});

describe("npm start whose helper is killed while it holds", () => {
  let network: Network;

  beforeEach(async () => {
    network = await createNetwork();
  });
  afterEach(() => network.destroy());

  test("starts it again: nothing went out, the question is still there, and its answer lets the app go on", async () => {
    const { child, said, ended } = start();
    await until(() => /Ctrl-C ends Picket/.test(said()));
    const [held, known] = [network.address(4), network.address(4)];
    const first = guardedClient(network, known);
    const id = await heldPrompt(known);
    await withHelper((helper) => helper.call("prompts.answer", { id, action: "block", lifetime: "forever" }));
    expect(JSON.parse((await first).stdout)).toMatchObject({ ok: false });

    const running = guardedClient(network, held);
    const before = await heldPrompt(held);
    const killed = helperPid();
    await killHelper();
    const arrivals = async () => [await network.arrived("tcp", held, 80), await network.arrived("tcp", known, 80)];
    expect(await arrivals()).toEqual([0, 0]);
    await until(() => /The helper is back/.test(said()));
    expect(said()).toMatch(
      /^The helper was ended by SIGKILL; it is started again\. What is decided stays enforced, what is undecided stays held\.$/m,
    );
    expect(helperPid()).not.toBe(killed);
    const after = await heldPrompt(held);
    expect(after).toBe(before);
    await sleep(1_000);
    expect(await arrivals()).toEqual([0, 0]);
    await withHelper((helper) => helper.call("prompts.answer", { id: after, action: "allow", lifetime: "once" }));
    expect(JSON.parse((await running).stdout) as TcpResult).toMatchObject({ ok: true });
    // The counter counts.
    expect(await network.arrived("tcp", held, 80)).toBeGreaterThan(0);
    expect(JSON.parse((await guardedClient(network, known)).stdout)).toMatchObject({ ok: false });
    expect(await network.arrived("tcp", known, 80)).toBe(0);

    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(left()).toEqual(nothing);
  });

  test("gives up after five deaths with the guard in force; `picket off` takes it away", async () => {
    const { said, ended } = start();
    await until(() => /Ctrl-C ends Picket/.test(said()));
    const address = network.address(4);
    const running = guardedClient(network, address);
    await heldPrompt(address);
    for (let death = 1; death <= 5; death++) {
      await killHelper();
      if (death < 5) await until(() => said().match(/The helper is back/g)?.length === death);
    }
    expect(await ended).toBe(1);
    expect(said()).toMatch(/for the 5th time within a minute, and is not started again/);
    expect(said()).toMatch(/The kernel goes on enforcing what is decided\. What is undecided stays held/);
    expect(said()).toContain(`\`sudo npx picket off --instance ${instance()}\` takes the guard away`);
    expect(processes()).toEqual([]);
    expect(traces()).toContain(join(pinsFolder, instance()));
    await sleep(2_000);
    expect(await network.arrived("tcp", address, 80)).toBe(0);

    // A start that fails now takes nothing of it away.
    const failing = start({ args: ["--guard", "no-such.slice"] });
    expect(await failing.ended).not.toBe(0);
    expect(traces()).toContain(join(pinsFolder, instance()));
    expect(await network.arrived("tcp", address, 80)).toBe(0);

    expect(await off()).toMatchObject({ code: 0, err: "" });
    expect(traces()).toEqual([]);
    // Unguarded by the person's own word: the connection goes out.
    expect(JSON.parse((await running).stdout)).toMatchObject({ ok: true });
  });
});

describe("npm start with a display", () => {
  const screen = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24"];

  test("opens the window as the person behind sudo, who owns the session that is asked", async () => {
    // A user, a home and a readable clone that exist for this command alone: in a mount namespace of its own.
    const home = join(folder, "home");
    const clone = join(folder, "clone");
    for (const path of [home, clone]) mkdirSync(path);
    chownSync(home, uid, uid);
    const passwd = join(folder, "passwd");
    writeFileSync(passwd, `${readFileSync("/etc/passwd", "utf8")}picket-test:x:${uid}:${uid}::${home}:/bin/sh\n`);
    // Xvfb lives outside and its authority file is root's.
    const script = `mount --bind "${passwd}" /etc/passwd && mount --bind "${root}" "${clone}" && cp "$XAUTHORITY" "${home}/.Xauthority" && chown ${uid} "${home}/.Xauthority" && exec "$@"`;
    const inside = [...screen, "unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"];
    const { child, said, ended } = start({ env: { SUDO_UID: String(uid) }, before: inside, clone });
    // Not looked at sooner: a process has no command line for a moment while it becomes another program.
    await until(() => /Closing the window or Ctrl-C ends Picket/.test(said()));
    await until(() => windows().length > 0);
    const [window = 0] = windows();
    expect(readFileSync(`/proc/${window}/status`, "utf8")).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}`, "m"));
    expect(readProc(String(window), "cmdline")).not.toContain("--no-sandbox");
    await sleep(3_000);
    expect(windows()).toContain(window);

    for (const pid of processes("build/start.ts")) process.kill(pid, "SIGINT");
    await ended;
    expect(child.exitCode).toBe(0);
    await until(() => processes().length === 0);
    expect(traces()).toEqual([]);
  });

  test("ends everything when the window ends", async () => {
    // A home of its own: another window of root's would otherwise be the single instance.
    const { said, ended } = start({ env: { HOME: folder }, before: screen });
    await until(() => windows().length > 0);
    expect(said()).toMatch(/no user but root, so the window runs as root, without Chromium's sandbox/);
    await sleep(2_000);
    process.kill(windows()[0] ?? 0, "SIGTERM");
    expect(await ended).toBe(0);
    await until(() => processes().length === 0);
    expect(traces()).toEqual([]);
    // Chromium's complaints about buses and GPUs are nobody's business when all went well.
    expect(said()).not.toMatch(/ERROR:|dbus|gpu/i);
  });

  test("shows what the window said when it fails", async () => {
    const { said, ended } = start({ env: { HOME: folder, DISPLAY: ":54321" } });
    expect(await ended).toBe(1);
    expect(said()).toMatch(/The window's last words:\n(.*\n)*.*(X server|\$DISPLAY)(.*\n)*The window ended with/);
    expect(left()).toEqual(nothing);
  });
});
