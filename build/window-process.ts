// Opens the Electron window as the person at the screen, and closes it.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { electronPath } from "./electron.ts";
import { dist, root } from "./paths.ts";
import { isRoot, Stop, type User } from "./privilege.ts";

/** How long a window that was asked to close may take. */
const closeMs = 5_000;
/** How much of what it said is kept, characters, and shown, lines. */
const keptWords = 20_000;
const shownLines = 20;

export type WindowProcess = {
  ended: Promise<"window ended">;
  /** Closes it if it is open, waits, and returns its exit code, or the signal that ended it. */
  end(): Promise<number | string>;
  /** What it wrote last, with a heading; empty when it wrote nothing. Chromium complains about buses and GPUs even when all is well. */
  lastWords(): string;
};

export function hasScreen(env: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** `user`: whom root opens it for; null for oneself. */
export function openWindow({ socket, user }: { socket: string; user: User | null }): WindowProcess {
  const app = join(dist, "window");
  const become = user ? ["setpriv", "--reuid", `${user.uid}`, "--regid", `${user.gid}`, "--init-groups"] : [];
  if (user) checkReadable(become, app, user);
  if (isRoot && !user)
    console.log("There is no user but root, so the window runs as root, without Chromium's sandbox.");
  const command = [
    ...become,
    // Should this process be killed, the window goes with it.
    ...(user ? [] : ["setpriv"]),
    ...["--pdeathsig", "TERM", electronPath()],
    ...(isRoot && !user ? ["--no-sandbox"] : []),
    app,
  ];
  const [program = "", ...args] = command;
  // A process group of its own: Chromium's children are ended with it, and Ctrl-C reaches it only through us.
  const child = spawn(program, args, {
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: windowEnvironment(socket, user),
  });

  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      words = (words + chunk).slice(-keptWords);
    });
  }

  let over = false;
  const exit = new Promise<number | string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(code ?? signal ?? 1));
  }).finally(() => {
    over = true;
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // Nobody is left in it.
    }
  };
  const end = async (): Promise<number | string> => {
    if (!over) {
      child.kill("SIGTERM");
      await Promise.race([exit, sleep(closeMs, undefined, { ref: false })]);
    }
    signalGroup("SIGKILL");
    // What its last process wrote is still on its way.
    await Promise.race([closed, sleep(200, undefined, { ref: false })]);
    return await exit;
  };
  const lastWords = (): string => {
    const lines = words.split("\n").filter((line) => line.trim() !== "");
    return lines.length > 0 ? `The window's last words:\n${lines.slice(-shownLines).join("\n")}\n` : "";
  };
  return { ended: exit.then(() => "window ended" as const), end, lastWords };
}

function checkReadable(become: string[], app: string, user: User): void {
  const [program = "", ...args] = [...become, "test", "-r", join(app, "package.json"), "-a", "-x", electronPath()];
  if (spawnSync(program, args, { stdio: "ignore" }).status !== 0) {
    throw new Stop(`${user.name} may not read this clone (${root}), so the window cannot run as ${user.name}.`);
  }
}

export function windowEnvironment(socket: string, user: User | null, from: NodeJS.ProcessEnv = process.env) {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(from)) {
    // What would turn Electron into a plain Node, and what npm, sudo and this build said to one another.
    if (!/^(ELECTRON_|NODE_|npm_|SUDO_|INIT_CWD$|PKEXEC_)/.test(name)) env[name] = value;
  }
  env.PICKET_SOCKET = socket;
  // Closing the main window is the end of a foreground run; the installed window stays in the tray.
  env.PICKET_FOREGROUND = "1";
  if (!user) return env;
  const runtime = `/run/user/${user.uid}`;
  const guess = (name: string, value: string, path: string) => {
    if (!env[name] && existsSync(path)) env[name] = value;
  };
  Object.assign(env, { HOME: user.home, USER: user.name, LOGNAME: user.name });
  // root's own are of no use to the user.
  if (ownerOf(from.XAUTHORITY) !== user.uid) delete env.XAUTHORITY;
  env.XDG_RUNTIME_DIR = existsSync(runtime) ? runtime : undefined;
  guess("DBUS_SESSION_BUS_ADDRESS", `unix:path=${runtime}/bus`, `${runtime}/bus`);
  guess("XAUTHORITY", join(user.home, ".Xauthority"), join(user.home, ".Xauthority"));
  return env;
}

function ownerOf(path: string | undefined): number | undefined {
  return path ? statSync(path, { throwIfNoEntry: false })?.uid : undefined;
}
