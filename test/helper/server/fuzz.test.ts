// Anything at all, for seconds.
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../../contract/errors.ts";
import { maxRequestBytes, replySchema } from "../../../contract/wire.ts";
import { expectAlive, greeted, newClient, serveEachTest } from "./serving.ts";

serveEachTest();

describe("fuzz", () => {
  it("every line gets exactly one reply, coded if an error, for seconds of anything", async () => {
    const junk = fc.oneof(
      fc.json(),
      fc.string({ unit: "binary" }),
      fc
        .record({ id: fc.oneof(fc.nat(), fc.anything()), method: fc.anything(), params: fc.anything() })
        .map((o) => JSON.stringify(o) ?? ""),
      fc
        .record({
          id: fc.nat(),
          method: fc.constantFrom(
            "status",
            "rules.remove",
            "prompts.answer",
            "rules.add",
            "watch",
            "hello",
            "rules.enable",
          ),
          params: fc.dictionary(
            fc.constantFrom("id", "ids", "action", "app", "port", "topics", "contract", "enabled", "__proto__"),
            fc.jsonValue(),
          ),
        })
        .map((o) => JSON.stringify(o)),
    );
    const line = junk
      .map((text) => text.replaceAll("\n", " "))
      .filter((text) => Buffer.byteLength(text) < maxRequestBytes);
    const replies = v.array(replySchema);
    let lines = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), fc.nat(), async (texts, split) => {
        const client = await greeted();
        const bytes = Buffer.from(`${texts.join("\n")}\n`);
        const cut = split % bytes.length;
        client.socket.write(bytes.subarray(0, cut));
        await client.send(bytes.subarray(cut), texts.length + 1);
        expect(client.replies).toHaveLength(texts.length + 1);
        v.parse(replies, client.replies);
        for (const reply of client.replies)
          if (reply.error) expect(Object.keys(errorCodes)).toContain(reply.error.code);
        client.socket.destroy();
        lines += texts.length;
      }),
      { numRuns: 300, interruptAfterTimeLimit: 8000, markInterruptAsFailure: false },
    );
    expect(lines).toBeGreaterThan(100);
    await expectAlive();
  }, 30_000);

  it("bytes of any kind leave it alive", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const client = await newClient();
        client.socket.end(Buffer.from(bytes));
        await client.end();
      }),
      { numRuns: 200, interruptAfterTimeLimit: 5000, markInterruptAsFailure: false },
    );
    await expectAlive();
  }, 30_000);
});
