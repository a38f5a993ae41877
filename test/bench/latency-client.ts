// The client of the benches that measure single attempts: one line in, one attempt, one line out.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class LatencyClient {
  private readonly child;
  private readonly lines: AsyncIterator<string>;
  constructor(command: readonly string[], socket: string) {
    const [program = "", ...args] = command;
    const env = { ...process.env, PICKET_SOCKET: socket };
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** When it began and when it went on, milliseconds of CLOCK_MONOTONIC. */
  async attempt(): Promise<{ start: number; end: number }> {
    this.child.stdin.write("go\n");
    const { value } = await this.lines.next();
    const { start, end } = JSON.parse(value as string) as { start: number; end: number };
    return { start: start / 1e6, end: end / 1e6 };
  }

  close(): void {
    this.child.stdin.end();
  }
}
