// The window's connection to a helper, as a page sees it that begins to follow in the midst of its beginning.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Update } from "../../contract/bridge.ts";
import { contractVersion } from "../../contract/methods.ts";
import { HelperLink } from "../../main/window/link.ts";
import { take, useKnown } from "../../renderer/store.ts";
import { anEndpoint, aPrompt, aStatus, curl } from "../window/scenario.ts";

let folder: string;
let server: Server;
let socket: Socket;
/** Number of the request to watch, once it has come. */
let watching = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "picket-link-"));
  watching = 0;
  server = createServer((accepted) => {
    socket = accepted;
    socket.on("data", (lines) => {
      for (const line of String(lines).trim().split("\n")) {
        const { id, method } = JSON.parse(line) as { id: number; method: string };
        if (method === "hello") write({ id, result: { contract: contractVersion, version: "0.1.0" } });
        else if (method === "watch") watching = id;
        else write({ id, result: aStatus() });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(join(folder, "helper.sock"), resolve));
});
afterEach(async () => {
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function write(message: unknown): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

test("a page that begins to follow between two events of the beginning misses none", async () => {
  const told: Update[] = [];
  const link = new HelperLink(join(folder, "helper.sock"), (update) => told.push(update));
  const running = link.run();
  await vi.waitFor(() => expect(watching).toBeGreaterThan(0));
  // Nothing is made up of what it has not heard of yet.
  expect(link.snapshot()).toEqual([{ kind: "link", link: { state: "connecting" } }]);

  const prompt = aPrompt("p1", curl, anEndpoint("192.0.2.7"));
  write({ event: "status", data: aStatus() });
  write({ event: "prompts", data: { full: true, changed: [prompt], removed: [] } });
  await vi.waitFor(() => expect(told).toHaveLength(2));
  told.length = 0;
  for (const update of link.snapshot()) take(update);

  write({ event: "rules", data: { full: true, changed: [], removed: [] } });
  write({ event: "blocklists", data: { full: true, changed: [], removed: [] } });
  write({ id: watching, result: {} });
  await vi.waitFor(() => expect(told).toHaveLength(3));
  for (const update of told) take(update);
  expect(useKnown.getState()).toMatchObject({ link: { state: "up" }, status: aStatus() });
  expect([...useKnown.getState().prompts.keys()]).toEqual(["p1"]);

  link.end();
  await running;
});
