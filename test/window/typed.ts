// Programs of a desktop for tests: each with an end, by its process id, and what they say when asked.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export class Programs {
  private readonly started: ChildProcess[] = [];
  readonly env: Record<string, string>;

  constructor(env: Record<string, string>) {
    const own = Object.entries(process.env).filter(([name]) => !/^(DISPLAY|WAYLAND_|DBUS_|XDG_)/.test(name));
    this.env = { ...(Object.fromEntries(own) as Record<string, string>), LANG: "C.UTF-8", ...env };
  }

  /** Runs until `end`, at the latest with the test run. */
  start(command: string, ...words: string[]): ChildProcess {
    const child = spawn("setpriv", ["--pdeathsig", "TERM", command, ...words], { env: this.env, stdio: "ignore" });
    this.started.push(child);
    return child;
  }

  /** What it writes; rejects when it fails. */
  async ask(command: string, ...words: string[]): Promise<string> {
    return (await run(command, words, { env: this.env, timeout: 60_000 })).stdout.trim();
  }

  async end(): Promise<void> {
    for (const child of this.started.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 3000))]);
    }
  }
}

/** Long enough that the card comes up in its midst. */
export const sentence =
  "the quick brown fox jumps over the lazy dog and does not stop for any question that comes up meanwhile";
