// The window's one connection to the helper: watches what pages always show, notices a silent helper, and keeps trying when there is none.
import { setTimeout as sleep } from "node:timers/promises";
import { type Link, type Outcome, type Update, type WindowMethod, windowTopics } from "../../contract/bridge.ts";
import { CodedError } from "../../contract/errors.ts";
import type { Params } from "../../contract/methods.ts";
import { HelperClient } from "../client/client.ts";
import { Mirror } from "./mirror.ts";

/** First and longest pause between attempts to reach a helper, ms. Its watchdog restarts it in 2 s, so waiting longer helps nobody. */
const firstPause = 250;
const longestPause = 2000;
/** How often a quiet helper is asked for a sign of life, ms: a stopped process keeps its connections. */
const heartbeat = 5000;

export class HelperLink {
  private readonly socketPath: string;
  private readonly tell: (update: Update) => void;
  private readonly mirror = new Mirror();
  private link: Link = { state: "connecting" };
  private client: HelperClient | undefined;
  private readonly ended = new AbortController();

  constructor(socketPath: string, tell: (update: Update) => void) {
    this.socketPath = socketPath;
    this.tell = tell;
  }

  /** What a page that begins to follow must hear first. */
  snapshot(): Update[] {
    return [...this.mirror.snapshot(), { kind: "link", link: this.link }];
  }

  call<M extends WindowMethod>(method: M, params: Params<M>): Promise<Outcome<M>> {
    return this.use((client) => client.call(method, params));
  }

  /** Several calls over one connection. Never throws. */
  async use<T>(work: (client: HelperClient) => Promise<T>): Promise<{ ok: true; result: T } | Failure> {
    try {
      if (!this.client) throw new CodedError("no_helper");
      return { ok: true, result: await work(this.client) };
    } catch (error) {
      return failure(error);
    }
  }

  /** Runs until `end`. */
  async run(): Promise<void> {
    let pause = firstPause;
    while (!this.ended.signal.aborted) {
      try {
        await this.serve(() => {
          pause = firstPause;
        });
      } catch (error) {
        const { code, message } = failure(error);
        this.become({ state: "away", code, message });
      }
      await this.rest(pause);
      pause = Math.min(pause * 2, longestPause);
    }
  }

  end(): void {
    this.ended.abort();
    this.client?.close();
  }

  /** One connection from its beginning to its end; always throws the reason of the end. */
  private async serve(connected: () => void): Promise<never> {
    const client = await HelperClient.connect(this.socketPath, "window");
    const closed = new Promise<never>((_, reject) => client.onClose(reject));
    closed.catch(() => {}); // heard below; without this an early end would count as unhandled
    try {
      client.onView((update) => this.tell({ kind: "monitor", update }));
      await client.watch(windowTopics, (topic, data) => {
        this.mirror.take(...([topic, data] as Parameters<Mirror["take"]>));
        this.tell({ kind: "event", topic, data } as Update);
      });
      this.client = client;
      connected();
      this.become({ state: "up" });
      for (;;) {
        await Promise.race([closed, this.rest(heartbeat)]);
        await Promise.race([closed, client.call("status", {})]);
      }
    } finally {
      this.client = undefined;
      client.close();
    }
  }

  private become(link: Link): void {
    if (JSON.stringify(link) === JSON.stringify(this.link)) return;
    this.link = link;
    this.tell({ kind: "link", link });
  }

  private rest(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.ended.signal }).catch(() => {});
  }
}

export type Failure = { ok: false; code: CodedError["code"]; message: string };

export function failure(error: unknown): Failure {
  if (error instanceof CodedError) return { ok: false, code: error.code, message: error.message };
  return { ok: false, code: "internal", message: error instanceof Error ? error.message : String(error) };
}
