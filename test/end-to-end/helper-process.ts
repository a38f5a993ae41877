// A real helper in a process of its own, on a state folder of its own, for tests that run it, kill it and start it again.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve as absolute, join } from "node:path";
import { helperEnvironment } from "../../build/helper-environment.ts";
import type { Prompt } from "../../contract/words.ts";
import { cgroupRoot, instanceName } from "../../helper/guard/cgroups.ts";
import { HelperClient } from "../../main/client/client.ts";
import { enteringCgroup } from "../bpf/entering-cgroup.ts";

const root = join(import.meta.dirname, "../..");
const node = join(root, "node_modules/.bin/node");
/** All helpers of all tests are of the same sources. */
const compiled = join(root, "dist/compiled");
export const picket = join(root, "main/cli/picket");

/** How many times slower than an idle machine this one is known to be. */
export const slowness = Number(process.env.PICKET_PATIENCE ?? 1);
/** Longest wait for something that normally takes milliseconds: the machine may be busy. */
const patience = 20_000 * slowness;

/** Polls until `probe` returns something; fails with what was waited for. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  milliseconds = patience,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found as T;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class TestHelper {
  readonly directory: string;
  readonly state: string;
  readonly socket: string;
  private child: ChildProcess | undefined;
  private connection: HelperClient | undefined;
  private output = "";

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "picket-test-"));
    this.state = join(this.directory, "state");
    this.socket = join(this.directory, "run/helper.sock");
    mkdirSync(this.state, { mode: 0o700 });
  }

  get instance(): string {
    return instanceName(this.state);
  }

  /** The guarded cgroup that all runs are in: a slice where systemd manages cgroups. */
  get runs(): string {
    const root = cgroupRoot();
    const [runs] = [this.instance, `${this.instance.replace("-", "_")}.slice`]
      .map((name) => join(root, name))
      .filter(existsSync);
    if (runs === undefined) throw new Error(`${this.instance} has no guard`);
    return runs;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error("the helper does not run");
    return this.child.pid;
  }

  /**
   * Resolves when the helper says `ready`. `entry` other than the product's: a helper that stops at a checkpoint, or one of another
   * version. `within`: a command that starts it.
   */
  async start(entry = "helper/main.ts", args: string[] = [], within: string[] = []): Promise<void> {
    const options = ["--state", this.state, "--socket", this.socket, ...args];
    const [command = node, ...words] = [...within, node, absolute(root, entry), ...options];
    const env = helperEnvironment(compiled);
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], env });
    this.child = child;
    this.output = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("ready")) resolve();
      });
      child.stderr?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
      });
      child.once("exit", (code) => reject(new Error(`the helper ended with ${code}: ${this.output}`)));
    });
  }

  /** What the helper logged since its start. */
  get log(): string {
    return this.output;
  }

  async client(): Promise<HelperClient> {
    this.connection ??= await HelperClient.connect(this.socket, "test");
    return this.connection;
  }

  /** Sends a signal to the helper. After a deadly one, resolves when the process is gone. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    if (name === "SIGSTOP" || name === "SIGCONT") {
      child.kill(name);
      return;
    }
    this.connection?.close();
    this.connection = undefined;
    await new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", () => resolve());
      child.kill(name);
    });
    this.child = undefined;
  }

  /** Resolves when the helper ended by itself. */
  async ended(): Promise<void> {
    const { child } = this;
    this.connection?.close();
    this.connection = undefined;
    if (child === undefined) return;
    await until("the helper's end", () => child.exitCode !== null || child.signalCode !== null);
    this.child = undefined;
  }

  /** Ends the helper in order (its pins go) and removes what the test left. */
  async stop(): Promise<void> {
    if (this.child === undefined) await this.start();
    await this.signal("SIGTERM");
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Waits for a prompt about the address. */
  async prompt(address: string, state: Prompt["state"] = "held"): Promise<Prompt> {
    const client = await this.client();
    return until(`a ${state} prompt about ${address}`, async () =>
      (await client.call("prompts.list", {})).find(
        (prompt) => prompt.state === state && prompt.endpoints.some((endpoint) => endpoint.address === address),
      ),
    );
  }
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** From start to end. */
  milliseconds: number;
}

/** Starts a command and collects what it says. */
export function start(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    const ran = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      ran.stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      ran.stderr += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, milliseconds: performance.now() - began, ...ran }));
  });
}

/**
 * The command line that runs a command in the guard of `picket run` and in a network namespace. Not by `picket run` itself (test/cli/run): it
 * takes longer than most of what runs in it.
 */
export function inGuard(helper: TestHelper, namespace: string, command: readonly string[]): [string, string[]] {
  return enteringCgroup(helper.runs, ["nsenter", `--net=/run/netns/${namespace}`, ...command]);
}

/** Runs such a command to its end. */
export function guarded(helper: TestHelper, namespace: string, command: readonly string[]): Promise<Ran> {
  return start(...inGuard(helper, namespace, command));
}
