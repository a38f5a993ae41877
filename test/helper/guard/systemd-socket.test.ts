// What goes to systemd's own socket before its first answer, and what after.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { connectToSystemd } from "../../../helper/guard/systemd-socket.ts";
import { withPeer } from "../../../helper/system-bus.ts";

const folder = mkdtempSync(join(tmpdir(), "picket-systemd-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("nothing is owed once systemd has said yes: what comes then is the first message, by itself", async () => {
  const path = join(folder, "socket");
  const heard: string[] = [];
  const server = createServer((client) => {
    let said = "";
    client.on("data", (chunk) => {
      said += chunk.toString("latin1");
      if (heard.length === 0 && said.endsWith("BEGIN\r\n")) {
        heard.push(said);
        said = "";
        client.write("OK 0123456789abcdef0123456789abcdef\r\n");
      } else if (heard.length === 1) {
        heard.push(said);
        client.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const asked = withPeer(connectToSystemd(path), 5_000, async (peer) => {
    await peer.invoke({ destination: "a.b", path: "/", interface: "a.b", member: "Ask" });
  });
  await expect(asked).rejects.toThrow(/clos/i);
  expect(heard[0]).toMatch(/^\0AUTH EXTERNAL \w+\r\nBEGIN\r\n$/);
  expect(heard[1]?.slice(0, 2)).toBe("l\x01"); // little-endian, a call
  server.close();
});

test("who is not there, or refuses, is told of at once", async () => {
  const ask = (path: string) =>
    withPeer(connectToSystemd(path), 5_000, async (peer) => void (await peer.invokeDbus({ member: "Ask" })));
  await expect(ask(join(folder, "nobody"))).rejects.toThrow(/ENOENT/);
  const path = join(folder, "curt");
  const server = createServer((client) => client.on("data", () => client.end("REJECTED\r\n")));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await expect(ask(path)).rejects.toThrow(/auth|clos/i);
  server.close();
});
