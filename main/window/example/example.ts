// The first run's live example: a true connection that waits, is asked about on a true card, and goes where the answer says. It leads from this
// computer to itself, so it works without a network and can do no harm. What connects within the computer is let through by a built-in rule, in
// every mode; a rule of ours, for the example's own address alone and for ten minutes, asks instead. Whatever it leaves is taken away again.
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { type UtilityProcess, utilityProcess } from "electron";
import { type Example, exampleAddress, type Update } from "../../../contract/bridge.ts";
import { merge } from "../../../contract/merge.ts";
import type { Prompt, Status } from "../../../contract/words.ts";
import type { HelperLink } from "../link.ts";
import type { Errand, Report } from "./caller.ts";

/** A question comes within moments, or not at all, ms. */
const patience = 10_000;

type Parts = {
  link: Pick<HelperLink, "call">;
  socketPath: string;
  /** What the rule says of itself in the list, while it is there. */
  note: string;
  tell(example: Example): void;
};

export class LiveExample {
  private readonly parts: Parts;
  private now: Example = { state: "none" };
  private status: Status | null = null;
  private prompts: ReadonlyMap<string, Prompt> = new Map();
  private run: Run | null = null;
  private tidying: Promise<void> = Promise.resolve();
  /** Something could not be taken away: with the next helper it is. */
  private owing = false;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  get example(): Example {
    return this.now;
  }

  take(update: Update): void {
    if (update.kind === "link" && update.link.state === "up" && this.owing) void this.tidy();
    if (update.kind !== "event") return;
    if (update.topic === "status") this.status = update.data;
    if (update.topic !== "prompts") return;
    this.prompts = merge(this.prompts, update.data);
    const { state } = this.now;
    // A question outlives the connection that it was about, but this one is of no use to anybody then.
    if (state !== "starting" && state !== "asking") this.dismiss();
    if (state === "starting" && this.isAsked()) {
      clearTimeout(this.run?.timer);
      this.become({ state: "asking" });
    }
  }

  async start(): Promise<void> {
    if (this.now.state === "starting" || this.now.state === "asking") return;
    this.become({ state: "starting" });
    const { status } = this;
    const kind = status?.override?.kind;
    if (kind !== undefined) return this.fail(kind === "pause" ? "paused" : "lockdown", "");
    const run = new Run();
    this.run = run;
    /** Given up meanwhile, and perhaps started anew. */
    const over = (): boolean => run !== this.run;
    try {
      await this.tidy();
      if (over()) return;
      const port = await run.listen();
      if (over()) return run.end();
      const rule = await this.parts.link.call("rules.add", {
        ...{ app: null, action: "ask", address: exampleAddress, port, protocol: "tcp" },
        ...{ lifetime: "10m", note: this.parts.note },
      } as const);
      if (over()) {
        run.end();
        if (!rule.ok) return;
        const removed = await this.parts.link.call("rules.remove", { ids: [rule.result.id] });
        if (!removed.ok) this.owing = true;
        return;
      }
      if (!rule.ok) return this.fail("refused", rule.code);
      run.timer = setTimeout(() => this.fail("silent", ""), patience);
      const { guarded = [] } = status ?? {};
      this.send(run, { socketPath: this.parts.socketPath, address: exampleAddress, port, guarded });
    } catch (error) {
      if (!over()) this.fail("broken", String(error));
    }
  }

  /** Given up, or looked at long enough. */
  stop(): void {
    this.become({ state: "none" });
    this.end();
  }

  private send(run: Run, errand: Errand): void {
    // No environment: it needs none, and whatever could change what it runs stays out.
    const caller = utilityProcess.fork(join(__dirname, "example.cjs"), [], { env: {}, stdio: "ignore" });
    run.caller = caller;
    caller.on("message", (report: Report) => {
      if (run === this.run) this.hear(report);
    });
    caller.once("exit", () => {
      if (run === this.run) this.fail("broken", "it ended by itself");
    });
    caller.postMessage(errand);
  }

  private hear(report: Report): void {
    const asked = this.now.state === "asking";
    if (report.how === "calling" || (this.now.state !== "starting" && !asked)) return;
    if (report.how === "lost") this.fail("broken", report.detail);
    else if (!asked) this.fail("silent", report.how === "ended" ? report.code : "");
    else if (report.how === "ended" && report.code === "ETIMEDOUT") this.fail("unanswered", "");
    else {
      this.become({ state: report.how === "connected" ? "allowed" : "blocked" });
      this.end();
    }
  }

  private fail(why: Extract<Example, { state: "failed" }>["why"], detail: string): void {
    this.become({ state: "failed", why, detail });
    this.end();
  }

  private become(example: Example): void {
    this.now = example;
    this.parts.tell(example);
  }

  /** Of a run before this one something may still be held. */
  private isAsked(): boolean {
    const { run } = this;
    return this.questions().some(
      ({ state, endpoints }) => state === "held" && endpoints.some(({ port }) => port === run?.port),
    );
  }

  private questions(): Prompt[] {
    return [...this.prompts.values()].filter(({ endpoint }) => endpoint.address === exampleAddress);
  }

  private end(): void {
    this.run?.end();
    this.run = null;
    void this.tidy();
  }

  /** One after the other: what one takes away is never what was added after the next. */
  private tidy(): Promise<void> {
    this.tidying = this.tidying.then(() => this.takeAway()).catch(() => {});
    return this.tidying;
  }

  /** The rules of this example and of those before it: ours, and what answers made. */
  private async takeAway(): Promise<void> {
    const { link } = this.parts;
    const rules = await link.call("rules.list", {});
    this.owing = !rules.ok;
    if (!rules.ok) return;
    for (const { id, address } of rules.result) {
      if (address !== exampleAddress) continue;
      const removed = await link.call("rules.remove", { ids: [id] });
      if (!removed.ok && removed.code !== "unknown_rule") this.owing = true;
    }
    this.dismiss();
  }

  private dismiss(): void {
    for (const { id, state } of this.questions())
      if (state === "inbox") void this.parts.link.call("prompts.dismiss", { id });
  }
}

/** What one run has of its own, so that the end of one is not the end of the next. */
class Run {
  caller: UtilityProcess | null = null;
  timer: NodeJS.Timeout | undefined;
  port: number | null = null;
  private server: Server | null = null;

  /** Resolves to the port. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => socket.destroy());
      this.server = server;
      server.once("error", reject);
      server.listen(0, exampleAddress, () => {
        const address = server.address();
        this.port = typeof address === "object" && address !== null ? address.port : 0;
        resolve(this.port);
      });
    });
  }

  end(): void {
    clearTimeout(this.timer);
    this.caller?.kill();
    this.server?.close();
  }
}
