// Who works at the window over a connection, as over SSH, does not end it by accident: the window asks, and ends it when told a second time.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { electronPath } from "../../build/electron.ts";
import { python } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { App, patience } from "../window/app.ts";
import { picket, TestHelper, until } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const port = 2299;

const helper = new TestHelper();
const folder = mkdtempSync(join(tmpdir(), "picket-over-"));
let network: Network;
let caller: ChildProcess;
let app: App;

/** The window starts below a process that answered a call from the far side, in a guarded cgroup. */
beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
  await (await helper.client()).call("rules.add", { app: null, action: "allow", direction: "inbound", port });
  const calling = `import socket, sys, time
for _ in range(600):
    try:
        s = socket.create_connection((sys.argv[1], ${port}), 5)
        break
    except OSError:
        time.sleep(0.2)
s.settimeout(None)
try:
    s.recv(1)
except OSError:
    pass
print("cut", flush=True)`;
  const far = ["nsenter", `--net=/run/netns/${network.far}`, python, "-c", calling, network.nearAddress(4)];
  caller = spawn(far[0] as string, far.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const over = [python, join(import.meta.dirname, "over-a-connection.py"), `${port}`, `/proc/${process.pid}/ns/net`];
  const within = [picket, "run", "--", "nsenter", `--net=/run/netns/${network.near}`, ...over, electronPath()];
  const run = join(folder, "over-a-connection");
  writeFileSync(run, `#!/bin/sh\nexec ${within.join(" ")} "$@"\n`, { mode: 0o755 });
  app = await App.start(helper.socket, undefined, run);
  await app.main.locator("[data-health=up]").waitFor();
});

afterAll(async () => {
  await app?.end();
  caller?.kill("SIGKILL");
  await helper.stop();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const row = () => app.main.locator(".monitor .row[data-kind=app]").filter({ hasText: "over-a-connection.py" });
const question = () => app.main.getByRole("alertdialog", { name: "End the connection you are working over?" });
const live = async () => {
  const flows = await (await helper.client()).call("flows.list", {});
  return flows.filter((flow) => flow.direction === "inbound" && flow.endpoint.port === port && flow.live);
};
const end = async () => {
  await row().locator("[data-menu]").click();
  await app.main.getByRole("menuitem", { name: /^End/ }).click();
  await question().waitFor();
};

test("keeping it is what Enter does; ending it anyway cuts it, and the window hears of it", async () => {
  let said = "";
  caller.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  await row().waitFor();
  expect(await live()).toHaveLength(1);
  await end();
  await app.main.keyboard.press("Enter");
  await question().waitFor({ state: "detached" });
  expect(await live()).toHaveLength(1);
  await end();
  await question().getByRole("button", { name: "End it anyway" }).click();
  await until("the caller's end", () => said.includes("cut"));
  await vi.waitFor(async () => expect(await live()).toEqual([]), { timeout: patience, interval: 50 });
  await row().getByText("ended").waitFor();
});
