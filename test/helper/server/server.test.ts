// Who may connect, where the socket may be, who hears of events, and the end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { maxRequestBytes } from "../../../contract/wire.ts";
import type { Call } from "../../../helper/server/connection.ts";
import { ControlServer } from "../../../helper/server/server.ts";
import { endWithTest, expectAlive, greeted, handle, hello, owner, serveEachTest, serving } from "./serving.ts";

serveEachTest();

describe("events", () => {
  it("go to those who watch, as they are", async () => {
    const [watcher, other] = [await greeted(), await greeted()];
    await watcher.call("watch", { topics: ["rules"] });
    const { client } = serving.calls.at(-1) as Call;
    expect(serving.server.isWatched("rules")).toBe(false);
    client.topics.add("rules");
    expect([serving.server.isWatched("rules"), serving.server.isWatched("flows")]).toEqual([true, false]);
    serving.server.event("flows", () => ({ full: true, changed: [], removed: [] }));
    serving.server.event("rules", () => ({ full: true, changed: [], removed: [] }));
    expect(await watcher.reply(3)).toEqual({ event: "rules", data: { full: true, changed: [], removed: [] } });
    expect(other.replies).toHaveLength(1);
  });
});

describe("strangers", () => {
  const nobody = 65534;
  const descriptors = () =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return statSync(`/proc/self/fd/${fd}`).isSocket();
      } catch {
        return false;
      }
    }).length;

  async function stranger(
    uid: number,
    count: number,
    text: string,
  ): Promise<{ child: ChildProcess; replies: string[] }> {
    // The repository may be out of another user's reach: the script goes in as text, and so does its first argument.
    const script = readFileSync(join(import.meta.dirname, "stranger.ts"), "utf8").replace("slice(2)", "slice(1)");
    const node = [process.execPath, "--input-type=module-typescript", "-e", script, serving.path, String(count), text];
    const child = spawn("setpriv", [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", ...node], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: "/",
    });
    endWithTest(child);
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    await expect.poll(() => output.endsWith("\n"), { timeout: 30_000 }).toBe(true);
    return { child, replies: JSON.parse(output) as string[] };
  }

  const request = `${JSON.stringify({ id: 1, method: "hello", params: hello })}\n`;

  it("of another uid get an error and nothing else", async () => {
    const { replies } = await stranger(nobody, 1, request);
    expect(replies).toHaveLength(1);
    expect(JSON.parse(replies[0] as string)).toMatchObject({ id: null, error: { code: "not_permitted" } });
    expect(serving.calls).toEqual([]);
    await expectAlive();
  });

  it("do not include the owner", async () => {
    // The oversized line ends the connection, so that the stranger has its whole reply.
    const { replies, child } = await stranger(1000, 1, `${request}${"x".repeat(maxRequestBytes + 1)}`);
    expect(replies[0]).toContain('"id":1,"result"');
    expect(serving.calls[0]?.client.peer).toEqual({ pid: child.pid, uid: 1000, gid: 1000 });
  });

  it("cannot keep the helper's descriptors busy, neither by staying nor by unread words", async () => {
    const before = descriptors();
    const { child, replies } = await stranger(nobody, 300, request);
    // They still hold their ends open. Whoever came when too many were being refused was only cut off.
    expect(replies.filter((reply) => reply.includes("not_permitted")).length).toBeGreaterThan(0);
    expect(replies.every((reply) => reply.includes("not_permitted") || /^E(PIPE|CONNRESET)$|^$/.test(reply))).toBe(
      true,
    );
    expect(descriptors()).toBeLessThanOrEqual(before + 64 + 5);
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(before + 5);
    expect(serving.calls).toEqual([]);
    await expectAlive();
    child.kill("SIGKILL");
  });

  it("cannot hold up the helper's end", async () => {
    await stranger(nobody, 5, request);
    const started = performance.now();
    await serving.server.close();
    expect(performance.now() - started).toBeLessThan(900);
    await serving.server.listen();
  });
});

describe("the socket's folder", () => {
  const other = () => new ControlServer(join(serving.folder, "inner", "helper.sock"), () => false, handle);

  it("is made when it is missing, root's alone to write", async () => {
    const deep = new ControlServer(join(serving.folder, "a/b/helper.sock"), () => false, handle);
    await deep.listen();
    expect(statSync(join(serving.folder, "a/b")).mode & 0o777).toBe(0o755);
    await deep.close();
  });

  it.each([0o775, 0o757, 0o777, 0o1777])("is refused with mode %o", async (mode) => {
    mkdirSync(join(serving.folder, "inner"));
    chmodSync(join(serving.folder, "inner"), mode);
    await expect(other().listen()).rejects.toThrow(/writable by root alone/);
    expect(readdirSync(join(serving.folder, "inner"))).toEqual([]);
  });

  it("is refused when it belongs to somebody else", async () => {
    mkdirSync(join(serving.folder, "inner"));
    chownSync(join(serving.folder, "inner"), 1000, 1000);
    await expect(other().listen()).rejects.toThrow(/must belong to root/);
  });

  it("may hold the socket of a helper that died: it is replaced", async () => {
    mkdirSync(join(serving.folder, "inner"));
    const at = join(serving.folder, "inner", "helper.sock");
    const script = `require("net").createServer().listen(${JSON.stringify(at)}, () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["-e", script]), "exit");
    expect(lstatSync(at).isSocket()).toBe(true);
    const next = other();
    await next.listen();
    expect(statSync(at)).toMatchObject({ uid: 0 });
    await next.close();
  });

  it.each(["a file", "a folder", "a link"])("is left alone when %s is in the way", async (what) => {
    mkdirSync(join(serving.folder, "inner"));
    const at = join(serving.folder, "inner", "helper.sock");
    const target = join(serving.folder, "precious");
    writeFileSync(target, "precious");
    if (what === "a file") writeFileSync(at, "mine");
    else if (what === "a folder") mkdirSync(at);
    else symlinkSync(target, at);
    await expect(other().listen()).rejects.toThrow(/in the way and is no socket/);
    expect(existsSync(at)).toBe(true);
    expect(readFileSync(target, "utf8")).toBe("precious");
  });

  it("is not listened in through a dangling link", async () => {
    mkdirSync(join(serving.folder, "inner"));
    symlinkSync(join(serving.folder, "elsewhere"), join(serving.folder, "inner", "helper.sock"));
    await expect(other().listen()).rejects.toThrow();
    expect(existsSync(join(serving.folder, "elsewhere"))).toBe(false);
  });

  it("holds a socket that belongs to root, whatever the umask", () => {
    const { uid, gid, mode } = statSync(serving.path);
    expect([uid, gid, mode & 0o777]).toEqual([0, 0, 0o666]);
    expect(process.umask()).toBe(0o022);
  });
});

it("closes its clients with itself, and its path is free again", async () => {
  const client = await greeted();
  const again = createServer();
  await serving.server.close();
  await client.end();
  await new Promise<void>((resolve) => again.listen(serving.path, resolve));
  await new Promise((resolve) => again.close(resolve));
  serving.server = new ControlServer(serving.path, (uid) => uid === owner, handle);
  await serving.server.listen();
});
