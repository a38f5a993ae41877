// A helper whose window's group is somebody's: it enforces, whoever has that group may no more than anybody, and the status says so.
import { chmodSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectAs } from "./as-user.ts";
import { TestHelper } from "./helper-process.ts";

const alice = 1000;
/** The group daemon is the user daemon's. */
const group = { name: "daemon", id: 1 };
const helper = new TestHelper();

beforeAll(async () => {
  await helper.start("helper/main.ts", ["--window-group", group.name, "--owner", `${alice}`]);
  chmodSync(helper.directory, 0o755);
});
afterAll(() => helper.stop());

test("a group that is somebody's makes nobody pass for the window, and that is said", async () => {
  const status = await (await helper.client()).call("status", {});
  expect(status).toMatchObject({ level: "protected", mode: "ask", guarded: [expect.any(String)] });
  expect(status.degraded).toContainEqual({
    code: "windowGroup",
    message: expect.stringMatching(/daemon is somebody's/),
  });
  const api = await connectAs(alice, helper, group.id);
  await expect(api.call("mode.set", { mode: "allow" })).rejects.toMatchObject({ code: "not_permitted" });
  expect(await api.call("mode.set", { mode: "block" })).toBeDefined();
  api.close();
});
