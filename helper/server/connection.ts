// One client: framing, the handshake, schema checks, coded errors, and the topics it watches.
import type { Socket } from "node:net";
import * as v from "valibot";
import { CodedError } from "../../contract/errors.ts";
import { contractVersion, type EventName, type MethodName, methods, type Topic } from "../../contract/methods.ts";
import { LineSplitter, maxReplyBytes, maxRequestBytes, requestSchema } from "../../contract/wire.ts";
import type { Peer } from "../kernel/peer.ts";
import { log } from "../log.ts";

/** Bytes a client may leave unread before it is disconnected: it can come back for a snapshot. */
const largestBacklog = 2 * maxReplyBytes;
/** A client that connects and says nothing is sent away, milliseconds. */
const helloPatience = 10_000;
/** Requests of one client under way at once. */
const largestQueue = 64;

export interface Call {
  readonly method: MethodName;
  /** Already checked against the method's schema. */
  readonly params: unknown;
  readonly client: Connection;
}

export type Handler = (call: Call) => Promise<unknown>;

/** What a client shares with the other clients of its user. */
export interface Shared {
  /** Resolves when it is the user's turn. */
  turn(): Promise<void>;
  /** Whether what they have not read, all together, is more than is kept. */
  isTooMuch(): boolean;
}

export class Connection {
  readonly peer: Peer;
  readonly socket: Socket;
  readonly topics = new Set<Topic>();
  private readonly lines = new LineSplitter(maxRequestBytes);
  private readonly handle: Handler;
  private readonly shared: Shared;
  private greeted = false;
  private underWay = 0;
  private isPaused = false;
  private impatience: NodeJS.Timeout;

  constructor(socket: Socket, peer: Peer, handle: Handler, shared: Shared) {
    this.shared = shared;
    this.socket = socket;
    this.peer = peer;
    this.handle = handle;
    this.impatience = setTimeout(() => socket.destroy(), helloPatience);
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("close", () => clearTimeout(this.impatience));
    // A client that vanishes is no event of ours; "close" follows.
    socket.on("error", () => {});
  }

  event(topic: Topic, data: unknown): void {
    if (this.topics.has(topic)) this.tell(topic, data);
  }

  /** What concerns this client alone. */
  tell(event: EventName, data: unknown): void {
    this.write({ event, data });
  }

  /** Bytes that the client has not read yet. */
  get backlog(): number {
    return this.socket.writableLength;
  }

  private receive(chunk: Buffer): void {
    let lines: string[];
    try {
      lines = this.lines.push(chunk);
    } catch {
      // The rest of an oversized line cannot be told from the next one: the connection ends with the error.
      this.socket.removeAllListeners("data");
      this.socket.resume();
      clearTimeout(this.impatience);
      this.impatience = setTimeout(() => this.socket.destroy(), helloPatience);
      // What came before it is answered before.
      void this.shared.turn().then(() => {
        this.fail(null, new CodedError("too_large", `${maxRequestBytes} bytes`));
        this.socket.end();
      });
      return;
    }
    for (const line of lines) {
      if (this.socket.writableEnded) return;
      void this.serve(line);
    }
  }

  private async serve(line: string): Promise<void> {
    let id: number | null = null;
    try {
      const request = parse(line);
      id = request.id;
      if (this.underWay >= largestQueue) {
        // It is heard again when half of them are done: to refuse without end is work as well.
        this.isPaused = true;
        this.socket.pause();
        throw new CodedError("bad_message", "too many requests at once");
      }
      this.underWay++;
      try {
        await this.shared.turn();
        this.write({ id, result: await this.dispatch(request.method, request.params) });
      } finally {
        this.underWay--;
        if (this.isPaused && this.underWay <= largestQueue / 2) {
          this.isPaused = false;
          this.socket.resume();
        }
      }
    } catch (error) {
      this.fail(id, error);
      // Another protocol's: a window that somebody sent here (DISPLAY) would speak for them with what they have it say next (XAUTHORITY).
      if (id === null && !this.greeted) {
        this.socket.removeAllListeners("data");
        this.socket.resume();
        this.socket.end();
      }
    }
  }

  private async dispatch(name: string, params: unknown): Promise<unknown> {
    if (!Object.hasOwn(methods, name)) throw new CodedError("unknown_method", name.slice(0, 64));
    const method = name as MethodName;
    const parsed = v.safeParse(methods[method].params, params ?? {});
    if (!parsed.success) {
      const [issue] = parsed.issues;
      throw new CodedError("bad_params", `${v.getDotPath(issue) ?? method}: ${issue.message}`.slice(0, 300));
    }
    if (method === "hello") return this.greet(parsed.output as { contract: number });
    if (!this.greeted) throw new CodedError("hello_first");
    return this.handle({ method, params: parsed.output, client: this });
  }

  private async greet({ contract }: { contract: number }): Promise<unknown> {
    if (contract !== contractVersion) {
      throw new CodedError("version_mismatch", `helper ${contractVersion}, client ${contract}`);
    }
    this.greeted = true;
    clearTimeout(this.impatience);
    return this.handle({ method: "hello", params: { contract }, client: this });
  }

  private fail(id: number | null, error: unknown): void {
    const coded = error instanceof CodedError ? error : new CodedError("internal");
    if (!(error instanceof CodedError))
      log("error", "a request failed", { error: String((error as Error).stack ?? error) });
    this.write({ id, error: { code: coded.code, message: coded.message } });
  }

  private write(message: unknown): void {
    if (this.socket.destroyed || !this.socket.writable) return;
    // As bytes: a string would be there twice until it is read.
    this.socket.write(Buffer.from(`${JSON.stringify(message)}\n`));
    const { writableLength } = this.socket;
    if (writableLength > largestBacklog || (writableLength > 0 && this.shared.isTooMuch())) this.socket.destroy();
  }
}

function parse(line: string): v.InferOutput<typeof requestSchema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new CodedError("bad_message", "not JSON");
  }
  const parsed = v.safeParse(requestSchema, value);
  if (!parsed.success) throw new CodedError("bad_message", parsed.issues[0].message);
  return parsed.output;
}
