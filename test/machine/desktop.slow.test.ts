// The real desktop on this kernel. Alone: PICKET_TESTS=all node build/run-vitest.ts test/machine/desktop.slow
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Desktop } from "./desktop.ts";
import { makePackages, removePackages } from "./installed.ts";
import { cache, type LocalMachine, startMachine } from "./machine.ts";

vi.setConfig({ testTimeout: 600_000 });

let machine: LocalMachine;
let desktop: Desktop;
let disk: string;
beforeAll(async () => {
  await makePackages(["deb"]);
  disk = mkdtempSync(join(cache, "disk-"));
  machine = await startMachine({ kind: "desktop", disk });
  desktop = new Desktop(machine);
  await desktop.prepare();
}, 1_500_000);
afterAll(async () => {
  await machine?.stop();
  rmSync(disk, { recursive: true, force: true });
  removePackages();
});

test("dpkg finds everything the package depends on, and the login starts the window", async () => {
  await desktop.install();
  await desktop.logIn();
});

test("curl waits for the card, and its Allow in the installed window makes the rule", () => desktop.allowsCurl());

test("Chromium waits as well, and Block refuses it", () => desktop.blocksChromium());

test("the installed window opens no debugger and is no Node, whatever it is started with", async () => {
  // Looked for while it runs: ports that it opens, and what a Node would say.
  const watched = `timeout 20 "$@" >/tmp/said 2>/dev/null & for i in $(seq 15); do sleep 1; ss -Hltn "sport >= :9229 and sport <= :9231"; done
wait; grep -x 42 /tmp/said`;
  const words = ["--inspect=9230", "-p", "6*7"];
  const own = { DISPLAY: ":7", ELECTRON_RUN_AS_NODE: "1", NODE_OPTIONS: "--inspect=9231" };
  // By its launcher, which passes on none of these words, and past it: there Chromium's own port is its user's to open, of a window that has
  // not the group.
  for (const [program, ...said] of [
    ["picket-window", ...words, "--remote-debugging-port=9229", "--remote-debugging-pipe"],
    ["/usr/lib/picket/window/picket-window", ...words],
  ] as const)
    expect((await desktop.as("alice", ["sh", "-c", watched, "sh", program, ...said], own)).stdout, program).toBe("");
  const started = await desktop.root(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'"]);
  expect(started.split("\n")).not.toContain("--inspect=9230");
});

test("another user of the computer sees and answers nothing of hers", () => desktop.hidesAllFromBob());

test("after a log-out and another boot the first packets of the first login meet the rules", async () => {
  await desktop.prepareLogins();
  await desktop.logOut();
  await machine.shutDown();
  await machine.stop();
  machine = await startMachine({ kind: "desktop", disk });
  desktop = new Desktop(machine);
  await desktop.meetsRulesFromTheFirstPacket();
});
