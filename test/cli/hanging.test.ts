// A helper that says nothing: one that hangs is told from one that waits for somebody, and from one that has much to do.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contractVersion } from "../../contract/methods.ts";
import { HelperClient } from "../../main/client/client.ts";
import { picket } from "./picket-process.ts";
import { status } from "./samples.ts";
import { startStubHelper } from "./stub-helper.ts";

const hello = { contract: contractVersion, version: "stub" };

/** Greets, and answers everything else after it has worked for so long without looking up. */
const busyHelper = `
const { createServer } = require("node:net");
createServer((raw) => raw.on("data", (bytes) => {
  for (const line of bytes.toString().trim().split("\\n")) {
    const { id, method, params } = JSON.parse(line);
    if (params.client !== "still there?" && method !== "hello") for (const end = Date.now() + Number(process.argv[2]); Date.now() < end; );
    raw.write(JSON.stringify({ id, result: method === "hello" ? ${JSON.stringify(hello)} : ${JSON.stringify(status)} }) + "\\n");
  }
})).listen(process.argv[1], () => console.log("up"));`;

describe.concurrent("a helper that", () => {
  it("hangs is said to hang, after a bound", { timeout: 60_000 }, async () => {
    let greeted = 0;
    const stub = await startStubHelper({ hello: () => (greeted++ === 0 ? hello : undefined), status: undefined });
    const began = performance.now();
    const { code, stderr } = await picket(["status"], stub.socket);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^picket: The helper is there but does not answer: it hangs\. \(no answer to status in 1[5-9] s\)\n$/,
    );
    expect(performance.now() - began).toBeLessThan(30_000);
    await stub.stop();
  });

  it("waits for somebody else answers in its own time", { timeout: 60_000 }, async () => {
    const stub = await startStubHelper({
      status: (_: never, { raw }: { raw: { write(text: string): void } }) => {
        const { length } = stub.calls;
        setTimeout(() => raw.write(`${JSON.stringify({ id: length, result: status })}\n`), 20_000);
        return undefined;
      },
    });
    expect(await picket(["status"], stub.socket)).toMatchObject({ code: 0, stderr: "" });
    await stub.stop();
  });

  it("has much to do is waited for", { timeout: 90_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "picket-busy-"));
    const socket = join(folder, "helper.sock");
    const note = "/run/picket/picket-0b0b0b0b.json";
    const child = spawn(process.execPath, ["-e", busyHelper, socket, "25000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      const stat = readFileSync(`/proc/${child.pid}/stat`, "latin1");
      const start = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
      mkdirSync("/run/picket", { recursive: true, mode: 0o755 });
      writeFileSync(note, JSON.stringify({ pid: child.pid, start, socket }));
      expect(await picket(["status"], socket)).toMatchObject({ code: 0, stderr: "" });
    } finally {
      child.kill("SIGKILL");
      rmSync(note, { force: true });
      rmSync(folder, { recursive: true });
    }
  });
});

it("an answer that came while this side stood still is heard", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "picket-still-"));
  const socket = join(folder, "helper.sock");
  const child = spawn(process.execPath, ["-e", busyHelper, socket, "500"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    const client = await HelperClient.connect(socket, "test");
    const answer = client.call("status", {});
    // Once the question is on its way; of what comes next, timers are before the socket.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 17_000);
    expect(await answer).toEqual(status);
    client.close();
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
