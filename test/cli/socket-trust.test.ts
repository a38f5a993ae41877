// A socket that somebody else than root put there, or could exchange, is refused before a word is said on it.
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HelperClient } from "../../main/client/client.ts";

const stranger = 1000;
let folder: string;
let path: string;
let server: Server;
let visitors: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "picket-trust-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "run"));
  path = join(folder, "run/helper.sock");
  visitors = 0;
  server = createServer((socket) => {
    visitors++;
    // An impostor that would say yes to everything.
    socket.on("data", () => socket.write(`${JSON.stringify({ id: 1, error: { code: "internal", message: "" } })}\n`));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const connect = (at = path) => HelperClient.connect(at, "test").then((client) => client.close());

describe("a client", () => {
  it("talks to a socket of root's in a folder of root's, also through root's link", async () => {
    symlinkSync(join(folder, "run"), join(folder, "link"));
    for (const at of [path, join(folder, "link/helper.sock")])
      await expect(connect(at)).rejects.toMatchObject({ code: "internal" });
    expect(visitors).toBe(2);
  });

  it.each([
    ["another user's socket", () => chownSync(path, stranger, stranger)],
    ["a folder of another user's", () => chownSync(join(folder, "run"), stranger, stranger)],
    ["a folder that others may write", () => chmodSync(join(folder, "run"), 0o777)],
    ["a sticky folder that others may write", () => chmodSync(join(folder, "run"), 0o1777)],
    ["a folder of another user's above it", () => chownSync(folder, stranger, stranger)],
    [
      "a link in the socket's place",
      () => {
        renameSync(path, join(folder, "real.sock"));
        symlinkSync(join(folder, "real.sock"), path);
      },
    ],
  ])("refuses %s", async (_, spoil) => {
    spoil();
    await expect(connect()).rejects.toMatchObject({ code: "socket_not_trusted" });
    expect(visitors).toBe(0);
  });

  it("follows somebody else's link only to where root alone writes, and says nothing at their own", async () => {
    const theirs = join(folder, "theirs");
    mkdirSync(theirs);
    chownSync(theirs, stranger, stranger);
    renameSync(path, join(theirs, "helper.sock"));
    const link = join(folder, "link");
    symlinkSync(theirs, link);
    lchownSync(link, stranger, stranger);
    await expect(connect(join(link, "helper.sock"))).rejects.toMatchObject({ code: "socket_not_trusted" });
    expect(visitors).toBe(0);
  });
});
