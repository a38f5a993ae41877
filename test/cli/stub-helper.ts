// A server that speaks the contract over a root-owned socket and answers from a table: what the command line is tested against.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contractVersion } from "../../contract/methods.ts";
import { LineSplitter, maxRequestBytes } from "../../contract/wire.ts";

type Answer = unknown | ((params: never, connection: Connection) => unknown);
export type Connection = { send: (message: unknown) => void; raw: Socket };
export class StubError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export type StubHelper = {
  socket: string;
  folder: string;
  calls: { method: string; params: unknown }[];
  stop: () => Promise<void>;
};

/** `answers`: by method, a result or a function that returns one or throws StubError. `undefined` results are never answered. */
export async function startStubHelper(answers: Record<string, Answer>): Promise<StubHelper> {
  const folder = mkdtempSync(join(tmpdir(), "picket-stub-"));
  chmodSync(folder, 0o755);
  const socket = join(folder, "helper.sock");
  const calls: StubHelper["calls"] = [];
  const table: Record<string, Answer> = { hello: { contract: contractVersion, version: "stub" }, ...answers };
  const open = new Set<Socket>();
  const server = createServer((raw) => {
    open.add(raw);
    raw.on("close", () => open.delete(raw)).on("error", () => raw.destroy());
    const connection: Connection = { raw, send: (message) => raw.write(`${JSON.stringify(message)}\n`) };
    const splitter = new LineSplitter(maxRequestBytes);
    raw.on("data", (chunk) => {
      for (const line of splitter.push(chunk)) {
        const { id, method, params } = JSON.parse(line) as { id: number; method: string; params: unknown };
        calls.push({ method, params });
        try {
          const answer = table[method];
          const result = typeof answer === "function" ? answer(params as never, connection) : answer;
          if (result !== undefined) connection.send({ id, result });
        } catch (error) {
          if (!(error instanceof StubError)) throw error;
          connection.send({ id, error: { code: error.code, message: error.message } });
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const stop = async (): Promise<void> => {
    for (const connection of open) connection.destroy();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  };
  return { socket, folder, calls, stop };
}
