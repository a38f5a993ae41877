// The app as a screen reader meets it: its tree through at-spi2, and what it is told meanwhile.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A node of the tree. Names of roles and states are AT-SPI's own: "push button", "radio button", "focused". */
export type Node = { role: string; name: string; states: string[]; children: Node[]; live?: string };
/** What got the focus last, as it is now. `id`: which node of the app's it is, for as long as there is one. */
export type Focus = Omit<Node, "children"> & { id: string };
/** An event, and whom it is about. `text`, `child`: what came. */
export type Told = Omit<Node, "children"> & {
  type: string;
  detail1: number;
  text?: string;
  child?: Omit<Node, "children">;
  "container-live"?: string;
};

export class ScreenReader {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (reply: { result?: unknown; error?: string }) => void>();
  private asked = 0;

  /** `env`: with the session's bus and the display. Needs at-spi2's bus there (at-spi-bus-launcher). */
  static async start(env: Record<string, string>, pid: number): Promise<ScreenReader> {
    const words = ["--pdeathsig", "TERM", "/usr/bin/python3", join(import.meta.dirname, "atspi.py"), `${pid}`];
    const reader = new ScreenReader(spawn("setpriv", words, { env, stdio: ["pipe", "pipe", "inherit"] }));
    await new Promise<void>((resolve, reject) => {
      reader.waiting.set(0, () => resolve());
      reader.child.once("exit", (code) => reject(new Error(`the screen reader ended with ${code}`)));
    });
    return reader;
  }

  private constructor(child: ChildProcess) {
    this.child = child;
    if (!child.stdout) throw new Error("no output");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const reply = JSON.parse(line) as { id: number; result?: unknown; error?: string };
      this.waiting.get(reply.id)?.(reply);
      this.waiting.delete(reply.id);
    });
  }

  private ask<T>(what: string): Promise<T> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) => (error ? reject(new Error(error)) : resolve(result as T)));
      this.child.stdin?.write(`${JSON.stringify({ id, do: what })}\n`);
    });
  }

  /** Every node, from the app down. */
  async nodes(): Promise<Node[]> {
    const flat = (node: Node): Node[] => [node, ...node.children.flatMap(flat)];
    const tree = await this.ask<Node | null>("tree");
    return tree === null ? [] : flat(tree);
  }

  /** Those of a role with such a name. */
  async find(role: string, name: string | RegExp): Promise<Node[]> {
    return (await this.nodes()).filter(
      (node) => node.role === role && (typeof name === "string" ? node.name === name : name.test(node.name)),
    );
  }

  /** Null: nothing yet, or it is gone. */
  focus(): Promise<Focus | null> {
    return this.ask("focus");
  }

  /** Since it was asked the last time. */
  events(): Promise<Told[]> {
    return this.ask("events");
  }

  end(): void {
    this.child.kill("SIGTERM");
  }
}
