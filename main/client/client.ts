// One connection to the helper: hello, typed calls, watched events. Used by the window's main process (Node 20 in Electron) and the command line.
import { createConnection, type Socket } from "node:net";
import * as v from "valibot";
import { CodedError, errorCodes, isErrorCode } from "../../contract/errors.ts";
import type { EventName, Events, MethodName, Params, Result, Topic } from "../../contract/methods.ts";
import { contractVersion, eventSchemas, methods } from "../../contract/methods.ts";
import type { MonitorUpdate } from "../../contract/monitor.ts";
import type { Reply } from "../../contract/wire.ts";
import { eventSchema, LineSplitter, maxReplyBytes, maxRequestBytes, replySchema } from "../../contract/wire.ts";
import { trustedSocketPath } from "./socket-trust.ts";

export const defaultSocket = process.env.PICKET_SOCKET ?? "/run/picket/helper.sock";

/** How long a helper may stay silent before it counts as none: a stopped one still has its connections accepted by the kernel. */
const silenceMs = 15_000;

/** Between two attempts to connect while others wait to be accepted, milliseconds. */
const queuePace = 100;

type Pending = { resolve: (result: unknown) => void; reject: (error: CodedError) => void; timer: NodeJS.Timeout };
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
  private closed: CodedError | undefined;

  /** Errors: socket_not_trusted, no_helper, not_permitted, version_mismatch, too_many_clients, bad_reply. */
  static async connect(socketPath: string, clientName: string): Promise<HelperClient> {
    const client = new HelperClient(await openSocket(await trustedSocketPath(socketPath)));
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

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", (error) => this.end(new CodedError("no_helper", error.message)));
    socket.on("close", () => this.end(new CodedError("no_helper", "it closed the connection")));
  }

  /** Errors: those of the method (contract/methods.ts), bad_reply, and no_helper when the connection is gone or silent. */
  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.closed) return Promise.reject(this.closed);
    const id = ++this.lastId;
    const line = JSON.stringify({ id, method, params });
    if (Buffer.byteLength(line) > maxRequestBytes) return Promise.reject(new CodedError("too_large", method));
    const reply = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new CodedError("no_helper", `no answer to ${method} in ${silenceMs / 1000} s`));
      }, silenceMs);
      this.pending.set(id, { resolve, reject, timer });
    });
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

  private receive(chunk: Uint8Array): void {
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
    clearTimeout(waiting.timer);
    if ("error" in reply) waiting.reject(codedErrorOf(reply.error));
    else waiting.resolve(reply.result);
  }

  private end(reason: CodedError): void {
    if (this.closed) return;
    this.closed = reason;
    this.socket.destroy();
    for (const waiting of this.pending.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(reason);
    }
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
