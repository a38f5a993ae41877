// The small C programs of the kernel benchmark: compiled here, started, and asked line by line.
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const compilers = ["clang-14", "clang"];
const built = new Map<string, string>();

/** A generator that says nothing for so long is stuck, milliseconds. */
const patience = 60_000;

export class Generator {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  private constructor(command: readonly string[], env: Record<string, string>) {
    const [program = "", ...args] = command;
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
    this.child.stdin.on("error", () => {}); // it ended: the next answer says so
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Compiles test/bench/kernel/NAME.c once; returns the program's path. */
  static build(name: string): string {
    const known = built.get(name);
    if (known !== undefined) return known;
    const folder = join(import.meta.dirname, "../../../dist/bench/kernel");
    mkdirSync(folder, { recursive: true });
    const program = join(folder, name);
    const args = [
      "-O2",
      "-Wall",
      "-Werror",
      "-pthread",
      join(import.meta.dirname, `${name}.c`),
      "-lbpf",
      "-o",
      program,
    ];
    for (const compiler of compilers) {
      try {
        execFileSync(compiler, args);
        built.set(name, program);
        return program;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
    throw new Error(`no compiler found (${compilers.join(", ")})`);
  }

  /** Starts a program that says `ready`. */
  static async start(command: readonly string[], env: Record<string, string> = {}): Promise<Generator> {
    const generator = new Generator(command, env);
    try {
      const said = await generator.line();
      if (said !== "ready") throw new Error(`${command.join(" ")} said ${said}`);
      return generator;
    } catch (error) {
      await generator.close();
      throw error;
    }
  }

  /** One measurement: a line of words there, a line of numbers back. */
  async ask(...words: (string | number)[]): Promise<number[]> {
    this.child.stdin.write(`${words.join(" ")}\n`);
    return (await this.line()).split(" ").map(Number);
  }

  private async line(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error("a generator does not answer")), patience);
    });
    try {
      const { value, done } = await Promise.race([this.lines.next(), late]);
      if (done) throw new Error(`a generator ended with ${this.child.exitCode ?? this.child.signalCode}`);
      return value;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the process is gone: its namespace and its cgroup can go then. */
  async close(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
}
