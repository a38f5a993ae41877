// A ControlServer in a folder of its own, with a handler that answers with what it was asked, and clients of it.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { CodedError } from "../../../contract/errors.ts";
import { contractVersion } from "../../../contract/methods.ts";
import type { Call } from "../../../helper/server/connection.ts";
import { ControlServer } from "../../../helper/server/server.ts";

/** The uid that the server serves besides root. */
export const owner = 1000;

/** The server under test, anew for every test. */
export const serving = {
  folder: "",
  path: "",
  calls: [] as Call[],
  server: undefined as unknown as ControlServer,
};
const sockets: Socket[] = [];
const children: ChildProcess[] = [];

/** Answers with what it was asked; some methods behave badly. */
export async function handle(call: Call): Promise<unknown> {
  serving.calls.push(call);
  if (call.method === "prompts.list") throw new CodedError("unknown_prompt", "17");
  if (call.method === "rules.list") throw new TypeError("secret detail");
  if (call.method === "status") await new Promise((resolve) => setTimeout(resolve, 20));
  if (call.method === "flows.list") return "x".repeat(1024 * 1024);
  return { echo: call.params };
}

async function startServing(): Promise<void> {
  // The helper's log goes to stderr; what it says of provoked failures is not the test's.
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  serving.folder = mkdtempSync(join(tmpdir(), "picket-server-"));
  chmodSync(serving.folder, 0o755);
  serving.path = join(serving.folder, "helper.sock");
  serving.calls = [];
  serving.server = new ControlServer(serving.path, (uid) => uid === owner, handle);
  await serving.server.listen();
}

async function stopServing(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await serving.server.close();
  rmSync(serving.folder, { recursive: true });
  vi.restoreAllMocks();
}

/** Call once per file. */
export function serveEachTest(): void {
  beforeEach(startServing);
  afterEach(stopServing);
}

export function endWithTest(child: ChildProcess): ChildProcess {
  children.push(child);
  return child;
}

export interface Reply {
  id: number | null;
  result?: unknown;
  error?: { code: string; message: string };
}

export class Client {
  readonly socket: Socket;
  readonly replies: Reply[] = [];
  private text = "";
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    sockets.push(socket);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      this.text += chunk;
      const lines = this.text.split("\n");
      this.text = lines.pop() ?? "";
      for (const line of lines) this.replies.push(JSON.parse(line) as Reply);
    });
    socket.on("close", () => {
      this.ended = true;
    });
    socket.on("error", () => {});
  }

  /** Sends bytes as they are and waits for that many replies in all. */
  async send(bytes: string | Buffer, replies = this.replies.length + 1): Promise<Reply> {
    this.socket.write(bytes);
    return this.reply(replies);
  }

  async reply(count: number): Promise<Reply> {
    await expect.poll(() => this.replies.length, { interval: 2, timeout: 20_000 }).toBeGreaterThanOrEqual(count);
    return this.replies[count - 1] as Reply;
  }

  call(method: string, params?: unknown, id = this.replies.length + 1): Promise<Reply> {
    return this.send(`${JSON.stringify({ id, method, params })}\n`);
  }

  async end(): Promise<void> {
    await expect.poll(() => this.ended, { interval: 2, timeout: 20_000 }).toBe(true);
  }
}

export async function newClient(): Promise<Client> {
  const socket = connect(serving.path);
  const client = new Client(socket);
  await once(socket, "connect");
  return client;
}

export const hello = { contract: contractVersion, client: "test" };

export async function greeted(): Promise<Client> {
  const client = await newClient();
  expect(await client.call("hello", hello)).toHaveProperty("result");
  return client;
}

/** The server lives: a new client is served. */
export async function expectAlive(): Promise<void> {
  const client = await greeted();
  expect(await client.call("status", {})).toEqual({ id: 2, result: { echo: {} } });
  client.socket.destroy();
}

export const code = (reply: Reply) => reply.error?.code;
