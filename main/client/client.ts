// One connection to the helper: hello, typed calls, watched events. Used by the window's main process (Node 20 in Electron) and the command line.
import { createConnection, type Socket } from "node:net";
import * as v from "valibot";
import { CodedError, errorCodes, isErrorCode } from "../../contract/errors.ts";
import type { EventName, Events, MethodName, Params, Result, Topic } from "../../contract/methods.ts";
import { contractVersion, eventSchemas, methods } from "../../contract/methods.ts";
import type { MonitorUpdate } from "../../contract/monitor.ts";
import type { Reply } from "../../contract/wire.ts";
import { eventSchema, LineSplitter, maxReplyBytes, maxRequestBytes, replySchema } from "../../contract/wire.ts";
import { helperAt, ticksUsed } from "./signs-of-life.ts";
import { trustedSocketPath } from "./socket-trust.ts";

export const defaultSocket = process.env.PICKET_SOCKET ?? "/run/picket/helper.sock";

/** How long a helper may stay silent before it counts as hung: a stopped one still has its connections accepted by the kernel. */
const silenceMs = 15_000;
/** After so long it is asked for a word: one that waits for somebody else (an administrator's password) answers that at once. */
const askAfterMs = 2000;
/** One that visibly works may be silent for so long; and any answer may take so long. */
const busyMs = 60_000;
const answerMs = 300_000;

/** Between two attempts to connect while others wait to be accepted, milliseconds. */
const queuePace = 100;

type Pending = {
  method: string;
  since: number;
  resolve: (result: unknown) => void;
  reject: (error: CodedError) => void;
};
/** `topic` and `data` as a pair, so that a switch on the topic narrows the data. */
export type EventListener<T extends Topic> = (...event: { [K in T]: [topic: K, data: Events[K]] }[T]) => void;
export type CloseListener = (reason: CodedError) => void;

export class HelperClient {
  /** The helper's own version, from its hello. */
  helperVersion = "";
  private readonly socket: Socket;
  private readonly splitter = new LineSplitter(maxReplyBytes);
  private readonly pending = new Map<number, Pending>();
  private readonly closeListeners = new Set<CloseListener>();
  private eventListener: ((topic: Topic, data: unknown) => void) | undefined;
  private viewListener: ((update: MonitorUpdate) => void) | undefined;
  private lastId = 0;
  /** When the helper said anything, and when it was last seen at work. */
  private heard = performance.now();
  private worked = { at: Number.NEGATIVE_INFINITY, ticks: -1 };
  private silence: NodeJS.Timeout | undefined;
  /** When this side last looked whether it is silent. */
  private looked = performance.now();
  private asked = Number.NEGATIVE_INFINITY;
  private readonly path: string;
  private closed: CodedError | undefined;

  /** Errors: socket_not_trusted, no_helper, not_permitted, version_mismatch, too_many_clients, bad_reply. */
  static async connect(socketPath: string, clientName: string): Promise<HelperClient> {
    const path = await trustedSocketPath(socketPath);
    const client = new HelperClient(await openSocket(path), path);
    try {
      const hello = await client.call("hello", { contract: contractVersion, client: clientName });
      if (hello.contract !== contractVersion) {
        throw new CodedError("version_mismatch", `helper ${hello.contract}, client ${contractVersion}`);
      }
      client.helperVersion = hello.version;
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  private constructor(socket: Socket, path: string) {
    this.socket = socket;
    this.path = path;
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", (error) => this.end(new CodedError("no_helper", error.message)));
    socket.on("close", () => this.end(new CodedError("no_helper", "it closed the connection")));
  }

  /** Errors: those of the method (contract/methods.ts), bad_reply, no_helper when the connection is gone, not_answering when it is silent. */
  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.closed) return Promise.reject(this.closed);
    const id = ++this.lastId;
    const line = JSON.stringify({ id, method, params });
    if (Buffer.byteLength(line) > maxRequestBytes) return Promise.reject(new CodedError("too_large", method));
    const reply = new Promise<unknown>((resolve, reject) => {
      this.pending.set(id, { method, since: performance.now(), resolve, reject });
    });
    this.watchSilence();
    this.socket.write(`${line}\n`);
    return reply.then((result) => {
      const parsed = v.safeParse(methods[method].result as v.GenericSchema<unknown, Result<M>>, result);
      if (!parsed.success) throw new CodedError("bad_reply", describeIssues(method, parsed.issues));
      return parsed.output;
    });
  }

  /** Replaces what this connection watches. The first event of each topic newly watched carries its whole state. */
  async watch<T extends Topic>(topics: readonly T[], listener: EventListener<T>): Promise<void> {
    this.eventListener = listener as (topic: Topic, data: unknown) => void;
    await this.call("watch", { topics: [...topics] });
  }

  /** Hears of the view that this connection watches (monitor.watch). */
  onView(listener: (update: MonitorUpdate) => void): void {
    this.viewListener = listener;
  }

  /** Called once, also when this side closes; at once if it is closed already. Returns the way to stop listening. */
  onClose(listener: CloseListener): () => void {
    if (this.closed) listener(this.closed);
    else this.closeListeners.add(listener);
    return () => this.closeListeners.delete(listener);
  }

  close(): void {
    this.end(new CodedError("no_helper", "this side closed the connection"));
  }

  /** While somebody waits for an answer. */
  private watchSilence(): void {
    if (this.silence !== undefined) return;
    this.looked = performance.now();
    this.silence = setInterval(() => this.onSilence(performance.now()), askAfterMs / 2);
  }

  private onSilence(now: number): void {
    const [oldest] = this.pending.values();
    if (oldest === undefined) {
      clearInterval(this.silence);
      this.silence = undefined;
      return;
    }
    // This side stood still itself: what came meanwhile is in the socket yet.
    if (now - this.looked > askAfterMs) this.heard = now;
    this.looked = now;
    this.giveUpOn(({ since }) => now - since > answerMs, `${answerMs / 1000} s, though it is alive`);
    const silent = now - Math.max(this.heard, oldest.since);
    if (silent < askAfterMs) return;
    this.lookAtWork(now);
    const patience = now - this.worked.at < silenceMs ? busyMs : silenceMs;
    if (silent > patience) this.giveUpOn(() => true, `${Math.round(silent / 1000)} s`);
    else this.askForAWord();
  }

  /** Whatever it answers is a word. */
  private askForAWord(): void {
    if (this.asked > this.heard) return;
    this.asked = performance.now();
    const params = { contract: contractVersion, client: "still there?" };
    this.socket.write(`${JSON.stringify({ id: ++this.lastId, method: "hello", params })}\n`);
  }

  private lookAtWork(now: number): void {
    const helper = helperAt(this.path);
    const ticks = helper === null ? null : ticksUsed(helper);
    if (ticks === null) return;
    if (this.worked.ticks >= 0 && ticks > this.worked.ticks) this.worked.at = now;
    this.worked.ticks = ticks;
  }

  private giveUpOn(isTooLong: (waiting: Pending) => boolean, time: string): void {
    for (const [id, waiting] of this.pending) {
      if (!isTooLong(waiting)) continue;
      this.pending.delete(id);
      waiting.reject(new CodedError("not_answering", `no answer to ${waiting.method} in ${time}`));
    }
  }

  private receive(chunk: Uint8Array): void {
    this.heard = performance.now();
    try {
      for (const line of this.splitter.push(chunk)) {
        if (this.closed) return;
        this.dispatch(JSON.parse(line));
      }
    } catch (error) {
      // After a line that makes no sense, nothing that follows can be trusted to be in step.
      this.end(error instanceof CodedError ? error : new CodedError("bad_reply", (error as Error).message));
    }
  }

  private dispatch(message: unknown): void {
    const event = v.safeParse(eventSchema, message);
    if (event.success) {
      const topic = event.output.event;
      const data = v.safeParse(eventSchemas[topic] as v.GenericSchema, event.output.data);
      if (!data.success) throw new CodedError("bad_reply", describeIssues(topic, data.issues));
      // Outside the stack of receive(): a listener's own error is not the helper's fault and must not pass for one.
      queueMicrotask(() => {
        if (!this.closed) this.tell(topic, data.output);
      });
      return;
    }
    const reply = v.safeParse(replySchema, message);
    if (!reply.success) throw new CodedError("bad_reply", "neither a reply nor an event");
    this.settle(reply.output);
  }

  private tell(event: EventName, data: unknown): void {
    if (event === "monitor") this.viewListener?.(data as MonitorUpdate);
    else this.eventListener?.(event, data);
  }

  private settle(reply: Reply): void {
    if (reply.id === null) {
      // The helper could not tell which request was broken: everything that waits has to hear of it.
      if ("error" in reply) throw codedErrorOf(reply.error);
      return;
    }
    const waiting = this.pending.get(reply.id);
    if (!waiting) return; // its caller gave up
    this.pending.delete(reply.id);
    if ("error" in reply) waiting.reject(codedErrorOf(reply.error));
    else waiting.resolve(reply.result);
  }

  private end(reason: CodedError): void {
    if (this.closed) return;
    this.closed = reason;
    this.socket.destroy();
    clearInterval(this.silence);
    for (const waiting of this.pending.values()) waiting.reject(reason);
    this.pending.clear();
    for (const listener of this.closeListeners) listener(reason);
    this.closeListeners.clear();
  }
}

/** A crowd waits before us: the helper is there. */
async function openSocket(path: string): Promise<Socket> {
  for (const end = performance.now() + silenceMs; ; await new Promise((resolve) => setTimeout(resolve, queuePace))) {
    try {
      return await openOnce(path);
    } catch (error) {
      if (!(error instanceof QueueFull) || performance.now() > end) throw error;
    }
  }
}

class QueueFull extends CodedError {}

function openOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })),
      silenceMs,
    );
    const failed = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      if (error.code === "EAGAIN") {
        reject(new QueueFull("no_helper", `${path}: too many others connect`));
        return;
      }
      const denied = error.code === "EACCES" || error.code === "EPERM";
      reject(new CodedError(denied ? "not_permitted" : "no_helper", `${path}: ${error.code ?? error.message}`));
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

/** The helper sends the whole sentence; CodedError would put the catalogue's part in front of it a second time. */
function codedErrorOf(error: { code: string; message: string }): CodedError {
  if (!isErrorCode(error.code))
    return new CodedError("bad_reply", `unknown error code ${error.code}: ${error.message}`);
  const sentence = errorCodes[error.code];
  if (error.message === sentence || error.message === "") return new CodedError(error.code);
  const detail = error.message.startsWith(sentence)
    ? error.message
        .slice(sentence.length)
        .trim()
        .replace(/^\((.*)\)$/s, "$1")
    : error.message;
  return new CodedError(error.code, detail);
}

function describeIssues(what: string, issues: readonly v.BaseIssue<unknown>[]): string {
  const first = issues[0];
  return first ? `${what}: ${v.getDotPath(first) ?? "the whole"}: ${first.message}` : what;
}
