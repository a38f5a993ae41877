// A question over a bus on which others may send us anything.
import { afterEach, beforeEach, expect, test } from "vitest";
import { withSystemBus } from "../../helper/system-bus.ts";
import { TestBus } from "./stub-network-manager.ts";

let bus: TestBus;
beforeEach(async () => {
  bus = new TestBus();
  await bus.start();
});
afterEach(() => bus.stop());

test("is answered though somebody else sends what is too large for us meanwhile", async () => {
  const asking = withSystemBus(
    10_000,
    async (peer) => {
      const send = await bus.stranger();
      await send("Large", "x".repeat(2 << 20));
      return peer.invokeDbus({ member: "NameHasOwner", signature: "s", body: ["org.freedesktop.DBus"] });
    },
    bus.socket,
  );
  expect(await asking).toBe(true);
});
