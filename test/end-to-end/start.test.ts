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
import { cgroupMount, instanceOf, pinsFolder } from "../../main/cli/instances.ts";
import { run } from "../build/process.ts";

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

/** `before`: a command that runs ours, such as one that makes a screen first. */
function start(env: NodeJS.ProcessEnv = {}, before: string[] = [], clone = root): Start {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, XAUTHORITY: ___, SUDO_UID: ____, ...outside } = process.env;
  const words = ["--yes", "--state", join(folder, "state"), "--socket", join(folder, "helper.sock")];
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

/** Pins and cgroups of this folder's helper. */
function traces(): string[] {
  const name = instanceOf(join(folder, "state"));
  return [join(pinsFolder, name), join(cgroupMount() ?? "/nonexistent", name)].filter((path) => existsSync(path));
}

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

  test("ends with an error when the helper is killed, and removes what that left in the kernel", async () => {
    const { said, ended } = start();
    await until(() => /Ctrl-C ends Picket/.test(said()));
    const helpers = processes("helper/main.ts").filter((pid) => !processes("build/keeper.ts").includes(pid));
    expect(helpers).toHaveLength(1);
    process.kill(helpers[0] ?? 0, "SIGKILL");
    expect(await ended).toBe(1);
    expect(said()).toMatch(/The helper has ended, and Picket with it/);
    expect({ processes: processes(), traces: traces() }).toEqual({ processes: [], traces: [] });
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
    const { child, said, ended } = start({ SUDO_UID: String(uid) }, inside, clone);
    await until(() => windows().length > 0);
    const [window = 0] = windows();
    expect(readFileSync(`/proc/${window}/status`, "utf8")).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}`, "m"));
    expect(readProc(String(window), "cmdline")).not.toContain("--no-sandbox");
    await until(() => /Closing the window or Ctrl-C ends Picket/.test(said()));
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
    const { said, ended } = start({ HOME: folder }, screen);
    await until(() => windows().length > 0);
    expect(said()).toMatch(/no user but root, so the window runs as root, without Chromium's sandbox/);
    await sleep(2_000);
    process.kill(windows()[0] ?? 0, "SIGTERM");
    expect(await ended).toBe(0);
    await until(() => processes().length === 0);
    expect(traces()).toEqual([]);
  });
});
