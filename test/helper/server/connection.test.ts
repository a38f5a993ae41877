// One client that is wrong, hostile, slow or gone. After each the server still serves.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { errorCodes } from "../../../contract/errors.ts";
import { contractVersion } from "../../../contract/methods.ts";
import { maxReplyBytes, maxRequestBytes } from "../../../contract/wire.ts";
import { code, expectAlive, greeted, hello, newClient, type Reply, serveEachTest, serving } from "./serving.ts";

serveEachTest();

describe("a client that is right", () => {
  it("is greeted and served, and known by its credentials", async () => {
    const client = await greeted();
    expect(await client.call("rules.remove", { ids: ["7"] }, 99)).toEqual({ id: 99, result: { echo: { ids: ["7"] } } });
    expect(serving.calls.at(-1)?.client.peer).toEqual({ pid: process.pid, uid: 0, gid: 0 });
  });

  it("may leave out what has a default, which the handler then sees", async () => {
    const client = await greeted();
    await client.call("prompts.answer", { id: "1", action: "allow" });
    expect(serving.calls.at(-1)?.params).toEqual({ id: "1", action: "allow", scope: "endpoint", lifetime: "once" });
  });

  it("may send its bytes one by one, and several requests at once", async () => {
    const client = await newClient();
    client.socket.setNoDelay(true);
    for (const byte of Buffer.from(`${JSON.stringify({ id: 1, method: "hello", params: hello })}\n`)) {
      client.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.reply(1);
    const many = [2, 3, 4].map((id) => JSON.stringify({ id, method: "rules.remove", params: { ids: [String(id)] } }));
    await client.send(`${many.join("\n")}\n`, 4);
    expect(client.replies.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  });

  it("gets a coded error with the case at hand, and nothing of an unforeseen failure but its code", async () => {
    const client = await greeted();
    expect((await client.call("prompts.list")).error).toEqual({
      code: "unknown_prompt",
      message: `${errorCodes.unknown_prompt} (17)`,
    });
    const failure = await client.call("rules.list");
    expect(failure.error).toEqual({ code: "internal", message: errorCodes.internal });
    await expectAlive();
  });
});

describe("the handshake", () => {
  it("comes first", async () => {
    const client = await newClient();
    expect(code(await client.call("status"))).toBe("hello_first");
    expect(serving.calls).toEqual([]);
    expect(await client.call("hello", hello)).toHaveProperty("result");
    expect(await client.call("status")).toHaveProperty("result");
  });

  it.each([contractVersion + 1, contractVersion - 1, 0, -1, 1.5])("refuses contract %d", async (contract) => {
    const client = await newClient();
    expect(code(await client.call("hello", { ...hello, contract }))).toBe("version_mismatch");
    expect(code(await client.call("status"))).toBe("hello_first");
  });

  it("is not waited for behind what is no request: a program that speaks X11 here does not speak what its key's file says", async () => {
    // As libxcb sends them where DISPLAY leads to this socket, and XAUTHORITY to a file of somebody's.
    const lines = [
      JSON.stringify({ id: 1, method: "hello", params: hello }),
      JSON.stringify({ id: 2, method: "rules.remove", params: { ids: ["7"] } }),
    ];
    const setUp = "l\0\x0b\0\0\0\x12\0\xff\0\0\0MIT-MAGIC-COOKIE-1\0\0";
    const [together, apart] = [await newClient(), await newClient()];
    expect(code(await together.send(`${setUp}\n${lines.join("\n")}\n`))).toBe("bad_message");
    expect(code(await apart.send(`${setUp}\n`))).toBe("bad_message");
    apart.socket.write(`${lines.join("\n")}\n`);
    for (const client of [together, apart]) {
      await client.end();
      expect(client.replies).toHaveLength(1);
    }
    expect(serving.calls).toEqual([]);
    await expectAlive();
  });

  it("need not be the client's only one", async () => {
    const client = await greeted();
    expect(await client.call("hello", hello)).toHaveProperty("result");
  });
});

describe("a wrong message gets a coded error", () => {
  it.each<[string, string]>([
    ["an empty line", ""],
    ["a blank line", " \t"],
    ["no JSON", "hello?"],
    ["half of an object", '{"id":1,"method":"status"'],
    ["a number", "1"],
    ["null", "null"],
    ["a list", '[{"id":1,"method":"status"}]'],
    ["text", '"status"'],
    ["no id", '{"method":"status"}'],
    ["no method", '{"id":1}'],
    ["an id that is text", '{"id":"1","method":"status"}'],
    ["a negative id", '{"id":-1,"method":"status"}'],
    ["a fractional id", '{"id":1.5,"method":"status"}'],
    ["an id beyond exact numbers", '{"id":1e300,"method":"status"}'],
    ["a method that is a list", '{"id":1,"method":["status"]}'],
    ["an endless method", `{"id":1,"method":"${"m".repeat(65)}"}`],
    ["an unknown key", '{"id":1,"method":"status","uid":0}'],
    ["__proto__ as a key", '{"id":1,"method":"status","__proto__":{"greeted":true}}'],
    ["invalid UTF-8", "\xff\xfe"],
    ["a null byte", "\0"],
  ])("bad_message: %s", async (_, line) => {
    const client = await greeted();
    expect(code(await client.send(Buffer.concat([Buffer.from(line, "latin1"), Buffer.from("\n")])))).toBe(
      "bad_message",
    );
    expect(await client.call("status")).toHaveProperty("result");
  });

  it.each(["nonsense", "", "Status", "toString", "constructor", "__proto__", "hasOwnProperty", "prompts", "status "])(
    "unknown_method: %j",
    async (method) => {
      const client = await greeted();
      expect(await client.call(method, {}, 5)).toMatchObject({ id: 5, error: { code: "unknown_method" } });
    },
  );

  it.each<[string, unknown]>([
    ["status", { extra: 1 }],
    ["status", "x"],
    ["prompts.answer", []],
    ["prompts.answer", null],
    ["prompts.answer", {}],
    ["prompts.answer", { id: 1, action: "allow" }],
    ["prompts.answer", { id: "", action: "allow" }],
    ["prompts.answer", { id: "1".repeat(65), action: "allow" }],
    ["prompts.answer", { id: "1", action: "ask" }],
    ["prompts.answer", { id: "1", action: "allow", scope: "city" }],
    ["prompts.answer", { id: "1", action: "allow", lifetime: "0h" }],
    ["prompts.answer", { id: "1", action: "allow", app: "/usr/bin/evil" }],
    ["rules.add", { app: "relative", action: "allow" }],
    ["rules.add", { app: `/${"a".repeat(4096)}`, action: "allow" }],
    ["rules.add", { app: null, action: "allow", port: 0 }],
    ["rules.add", { app: null, action: "allow", port: 65536 }],
    ["rules.add", { app: null, action: "allow", port: "443" }],
    ["rules.add", { app: null, action: "allow", protocol: "sctp" }],
    ["rules.add", { app: null, action: "allow", origin: "factory" }],
    ["rules.add", { action: "allow" }],
    ["rules.enable", { ids: ["1"], enabled: "yes" }],
    ["rules.remove", { ids: [] }],
    ["rules.remove", { ids: ["1", "2", "1"] }],
    ["rules.remove", { ids: Array.from({ length: 4001 }, (_, at) => String(at)) }],
    ["flows.list", { limit: 0 }],
    ["flows.list", { limit: 1e9 }],
    ["flows.list", { limit: -1 }],
    ["watch", { topics: ["everything"] }],
    ["watch", { topics: Array(9).fill("rules") }],
    ["run.enter", { name: "x", pid: 1 }],
    ["hello", { contract: "1", client: "x" }],
  ])("bad_params: %s %j", async (method, params) => {
    const client = await greeted();
    const before = serving.calls.length;
    const reply = await client.call(method, params, 8);
    expect(reply).toMatchObject({ id: 8, error: { code: "bad_params" } });
    expect(reply.error?.message.length).toBeLessThan(500);
    expect(serving.calls).toHaveLength(before);
    expect(await client.call("status")).toHaveProperty("result");
  });

  it("too_large: a line beyond the limit, ended or not, and the connection with it", async () => {
    for (const end of ["", "\n"]) {
      const client = await greeted();
      expect(code(await client.send(`${"a".repeat(maxRequestBytes + 1)}${end}`))).toBe("too_large");
      client.socket.write(`${JSON.stringify({ id: 9, method: "status" })}\n`);
      await client.end();
      expect(client.replies).toHaveLength(2);
    }
    await expectAlive();
  });

  it("but a line just within the limit is read", async () => {
    const client = await greeted();
    const request = JSON.stringify({ id: 3, method: "status" });
    expect(await client.send(`${request.padEnd(maxRequestBytes)}\n`)).toMatchObject({ id: 3, result: {} });
  });

  it("too_large: megabytes without an end take no more memory than the limit", async () => {
    const client = await greeted();
    const chunk = Buffer.alloc(1024 * 1024, 0x61);
    for (let i = 0; i < 32 && !client.socket.destroyed; i++) {
      if (!client.socket.write(chunk)) await Promise.race([once(client.socket, "drain"), once(client.socket, "close")]);
    }
    await client.reply(2);
    expect(code(client.replies[1] as Reply)).toBe("too_large");
    await expectAlive();
  });

  it("deep JSON: as deep as a line can be", async () => {
    const client = await greeted();
    const deep = (open: string, close: string) => {
      const depth = Math.floor((maxRequestBytes - 100) / (open.length + close.length));
      return `{"id":1,"method":"status","params":${open.repeat(depth)}${close === "]" ? "" : "1"}${close.repeat(depth)}}\n`;
    };
    expect(code(await client.send(deep("[", "]")))).toMatch(/^bad_/);
    expect(code(await client.send(deep('{"a":', "}")))).toMatch(/^bad_/);
    expect(code(await client.send(`${"[".repeat(maxRequestBytes)}\n`))).toBe("bad_message");
    expect(await client.call("status")).toHaveProperty("result");
  });

  it("wide JSON: as many keys as a line can have", async () => {
    const client = await greeted();
    const keys = Array.from({ length: 6000 }, (_, i) => `"k${i}":1`).join(",");
    expect(code(await client.send(`{"id":1,"method":"status","params":{${keys}}}\n`))).toBe("bad_params");
    expect(code(await client.send(`{"id":1,${keys},"method":"status"}\n`))).toBe("bad_message");
  });
});

describe("a client that vanishes", () => {
  it("in the middle of a message leaves nothing behind", async () => {
    for (const cut of [1, 10, 30]) {
      const client = await greeted();
      const before = serving.calls.length;
      client.socket.end(JSON.stringify({ id: 2, method: "status" }).slice(0, cut));
      await client.end();
      expect(serving.calls).toHaveLength(before);
    }
    await expectAlive();
  });

  it("before its answer is ready harms nobody", async () => {
    for (let i = 0; i < 20; i++) {
      const client = await greeted();
      client.socket.write(`${JSON.stringify({ id: 2, method: "status" })}\n`);
      client.socket.destroy();
    }
    await expectAlive();
  });

  it("makes room for others", async () => {
    for (let i = 0; i < 150; i++) (await newClient()).socket.destroy();
    await expectAlive();
  });
});

describe("many", () => {
  it("requests at once are answered or refused, each once", async () => {
    const client = await greeted();
    const ids = Array.from({ length: 500 }, (_, i) => i + 2);
    await client.send(ids.map((id) => `${JSON.stringify({ id, method: "status" })}\n`).join(""), 501);
    const answered = client.replies.slice(1);
    expect(answered.map(({ id }) => id).sort((a, b) => Number(a) - Number(b))).toEqual(ids);
    for (const reply of answered) if (reply.error) expect(code(reply)).toBe("bad_message");
    expect(answered.filter(({ error }) => !error).length).toBeGreaterThanOrEqual(64);
    await expectAlive();
  });

  it("empty lines are many errors and no harm", async () => {
    const client = await greeted();
    await client.send("\n".repeat(10_000), 10_001);
    expect(await client.call("status", {}, 5)).toHaveProperty("result");
  });

  it("clients are served up to a limit, and the next is told why", async () => {
    const clients = [];
    for (let i = 0; i < 64; i++) clients.push(await greeted());
    const next = await newClient();
    expect(code(await next.reply(1))).toBe("too_many_clients");
    await next.end();
    clients[0]?.socket.destroy();
    await expect
      .poll(async () => {
        const client = await newClient();
        client.socket.write(`${JSON.stringify({ id: 1, method: "hello", params: hello })}\n`);
        return (await client.reply(1)).error?.code;
      })
      .toBeUndefined();
  });
});

describe("a slow reader", () => {
  it("is disconnected before its unread answers fill the memory", async () => {
    const client = await greeted();
    client.socket.pause();
    // Each answer is a megabyte.
    for (let i = 0; i < 60; i++) {
      client.socket.write(`${JSON.stringify({ id: 2, method: "flows.list", params: {} })}\n`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const connection = serving.calls.find(({ method }) => method === "flows.list")?.client.socket as Socket;
    await expect.poll(() => connection.destroyed, { timeout: 20_000 }).toBe(true);
    expect(connection.writableLength).toBeLessThan(3 * maxReplyBytes);
    await expectAlive();
  });
});

describe("a client that says nothing", () => {
  it("is sent away; one that was greeted may be silent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const friend = connect(serving.path);
      const silent = connect(serving.path);
      await Promise.all([once(friend, "connect"), once(silent, "connect")]);
      friend.write(`${JSON.stringify({ id: 1, method: "hello", params: hello })}\n`);
      await once(friend, "data");
      vi.advanceTimersByTime(60_000);
      silent.resume();
      await once(silent, "close");
      expect(friend.destroyed).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});
