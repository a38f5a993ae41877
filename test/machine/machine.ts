// A throw-away machine with a real systemd as PID 1: namespaces on this kernel over a root file system of Debian packages.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { makeCgroup, removeCgroup, sweepCgroups } from "./cgroups.ts";

/** Where the machine sees this checkout, read-only. */
export const checkout = "/picket";
/** The pinned Node, as the machine sees it. */
export const node = `${checkout}/node_modules/.bin/node`;

const here = import.meta.dirname;
export const outsideCheckout = resolve(here, "../..");
/** Root file systems and kernels that were built once, and nothing else. */
export const cache = resolve(process.env.PICKET_TEST_CACHE ?? join(outsideCheckout, "dist/test-machine"));
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
/** Boot takes a quarter of a second here, a slow host may take a hundred times that, and what is installed starts with it. */
const bootPatience = 100_000;
/** systemd gives a service a minute and a half to end. */
const shutDownPatience = 100_000;
const outputLimit = 16 * 1024 * 1024;
export const defaultTimeout = 30_000;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** root runs as a service of the system manager; alice (uid 1000) as one of her own, in user@1000.service/app.slice. Default: root. */
  user?: "root" | "alice";
  env?: Record<string, string>;
  /** Milliseconds; then the command is killed and run() rejects. Default: 30 s. */
  timeout?: number;
}

export interface MachineOptions {
  /** Which root file system; `desktop` has what an installed window needs, and other people's firewalls. */
  kind?: "desktop";
  /** A folder for what is written, so that another machine can boot from it. Default: memory. */
  disk?: string;
}

export interface Machine {
  /** Its PID 1, as the host numbers it. */
  readonly pid: number;
  /** Runs a command to its end; a non-zero exit is an outcome, not an error. What it left behind ends with it. */
  run(command: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Ends every process of the machine and removes what it made. May be called twice. */
  stop(): Promise<void>;
}

/** On this kernel. */
export interface LocalMachine extends Machine {
  /** As a person does it: systemd ends every session and service in order. stop() is still to be called. */
  shutDown(): Promise<void>;
}

/** Builds the root file system if needed, boots, and returns once both the system and alice's user manager are up. */
export async function startMachine({ kind, disk = "" }: MachineOptions = {}): Promise<LocalMachine> {
  if (process.getuid?.() !== 0) throw new Error("a test machine needs root: it makes namespaces, mounts and a cgroup");
  const rootfs = await buildRootfs(kind);
  const mountpoint = join(cache, "mountpoint");
  mkdirSync(mountpoint, { recursive: true });
  await sweepCgroups();

  const cgroup = makeCgroup();
  const outer = spawnNamespaces(cgroup, [join(here, "init.sh"), rootfs, outsideCheckout, mountpoint, disk]);
  const gone = new Promise<void>((settle) => outer.once("close", () => settle()));
  const stop = async () => {
    // PID 1's death ends everything in its process id namespace, and unshare, which collects it; before there is one, unshare's does.
    const first = outer.exitCode === null && outer.signalCode === null ? childOf(outer.pid) : undefined;
    if (first) process.kill(first, "SIGKILL");
    else outer.kill("SIGKILL");
    await gone;
    await removeCgroup(cgroup);
  };
  const log = keepTail(outer);
  try {
    const pid = await boot(outer);
    const shutDown = async () => {
      await enter(pid, ["systemctl", "--no-block", "poweroff"], defaultTimeout);
      const late = sleep(shutDownPatience, "late", { ref: false });
      if ((await Promise.race([gone, late])) === "late")
        throw new Error(`the machine did not shut down within ${shutDownPatience} ms\n${log()}`);
    };
    return { pid, stop, shutDown, run: (command, options = {}) => run(pid, command, options) };
  } catch (error) {
    await stop();
    throw new Error(`the test machine did not boot: ${error instanceof Error ? error.message : error}\n${log()}`);
  }
}

/** The root file system's folder, built first where it is missing or another script's. */
export const buildRootfs = (kind?: MachineOptions["kind"]) =>
  buildOnce(join(here, "build-rootfs.sh"), cache, ...(kind ? [kind] : []));

/** Runs a script that builds something into the cache, and returns what it prints: a path. */
export async function buildOnce(...script: string[]): Promise<string> {
  mkdirSync(cache, { recursive: true });
  // timeout(1) ends the whole process group: package tools and all.
  const command = ["--kill-after=10", "600", ...script];
  const child = promisify(execFile)("timeout", command);
  child.child.stderr?.pipe(process.stderr, { end: false });
  return (await child).stdout.trim();
}

/** The first shell joins the cgroup, so that the cgroup namespace made after it is rooted there. */
function spawnNamespaces(cgroup: string, command: string[]): ChildProcess {
  const join = 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"';
  // If this process is killed, so is unshare, and with it the machine.
  const namespaces = [
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--mount",
    "--pid",
    "--uts",
    "--ipc",
    "--net",
    "--cgroup",
  ];
  const options = ["--fork", "--kill-child=SIGKILL", "--propagation", "private"];
  return spawn("sh", ["-c", join, "sh", cgroup, ...namespaces, ...options, ...command], {
    detached: true, // a Ctrl-C at the terminal is ours to handle, not the machine's
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function keepTail(child: ChildProcess): () => string {
  let text = "";
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-8_192);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => text;
}

/** Returns the host's number of the machine's PID 1. */
async function boot(outer: ChildProcess): Promise<number> {
  const end = performance.now() + bootPatience;
  const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (outer.exitCode !== null || outer.signalCode !== null) throw new Error(`it ended before ${what}`);
      if (performance.now() > end) throw new Error(`no ${what} within ${bootPatience} ms`);
      await sleep(20);
    }
  };
  const pid = await until("systemd as PID 1", () => systemdBelow(outer.pid));
  await until("system bus", () => existsSync(`/proc/${pid}/root/run/dbus/system_bus_socket`) || undefined);
  const wait = await enter(pid, ["systemctl", "is-system-running", "--wait"], bootPatience);
  if (wait.stdout.trim() !== "running") {
    const failed = await enter(pid, ["systemctl", "list-units", "--failed", "--plain", "--no-legend"], 5_000);
    throw new Error(`systemd says ${wait.stdout.trim() || wait.stderr}: ${failed.stdout}`);
  }
  await until("user manager for alice", () => existsSync(`/proc/${pid}/root/run/user/1000/bus`) || undefined);
  return pid;
}

function systemdBelow(parent: number | undefined): number | undefined {
  const child = childOf(parent);
  try {
    return child && readFileSync(`/proc/${child}/comm`, "utf8").trim() === "systemd" ? child : undefined;
  } catch {
    return undefined; // it just ended
  }
}

function childOf(parent: number | undefined): number | undefined {
  try {
    return Number(readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ")[0]) || undefined;
  } catch {
    return undefined;
  }
}

function run(pid: number, command: readonly string[], options: RunOptions): Promise<Outcome> {
  const { timeout = defaultTimeout } = options;
  return enter(pid, asService(command, options), timeout);
}

/** The command as systemd's client starts it, in a cgroup of its own, as the wanted user. */
export function asService(command: readonly string[], options: RunOptions): string[] {
  const { user = "root", timeout = defaultTimeout } = options;
  const env = { PATH: path, LANG: "C.UTF-8", ...(user === "root" ? { HOME: "/root" } : {}), ...options.env };
  return [
    "systemd-run",
    ...["--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"],
    ...(user === "alice" ? ["--user", "--machine=alice@.host", "--slice=app.slice"] : []),
    ...Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`),
    // The death of systemd-run leaves the command running; then systemd itself ends it a little later.
    `--property=RuntimeMaxSec=${timeout + 1_000}ms`,
    // systemd would put its own variables in, even into the words of a shell's script.
    ...["--", ...command.map((word) => word.replaceAll("$", "$$$$"))],
  ];
}

/** Runs a program in the machine's namespaces, outside of its cgroups: for systemd's own clients only. */
function enter(pid: number, command: readonly string[], timeout: number): Promise<Outcome> {
  const inside = ["env", "-i", `PATH=${path}`, "LANG=C.UTF-8", "setpriv", "--pdeathsig", "KILL", ...command];
  const args = ["--target", String(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", ...inside];
  return new Promise((settle, reject) => {
    const options = { timeout, killSignal: "SIGKILL", maxBuffer: outputLimit, encoding: "utf8" } as const;
    const child = execFile("nsenter", args, options, (error, stdout, stderr) => {
      if (!error || (typeof error.code === "number" && !error.killed))
        settle({ code: error ? Number(error.code) : 0, stdout, stderr });
      else
        reject(
          new Error(
            `${command.join(" ")}: ${error.killed ? `no end within ${timeout} ms` : error.message}\n${stdout}\n${stderr}`,
          ),
        );
    });
    child.stdin?.end();
  });
}
