// Programs that would rather be another: each with the real thing, and none passes for what it is not.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { compiled } from "../network/compiled.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, inGuard, type Ran, start, TestHelper, until } from "./helper-process.ts";

const clients = join(import.meta.dirname, "../network/clients");
const port = "7777";
const ECONNREFUSED = 111;

const helper = new TestHelper();
let folder: string;
let network: Network;
let brief: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-attacks-")));
  chmodSync(folder, 0o755);
  brief = compiled("brief");
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...command: string[]): Promise<Ran> =>
  guarded(helper, network.near, ["env", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", ...command]);

async function asked(address: string): Promise<Prompt> {
  return until(`a prompt about ${address}`, async () =>
    (await (await helper.client()).call("prompts.list", {})).find(({ endpoint }) => endpoint.address === address),
  );
}

/** A program that is allowed everything, and another whose file differs by a byte. */
async function goodAndEvil(): Promise<{ good: string; evil: string }> {
  const own = mkdtempSync(join(folder, "pair-"));
  const [good, evil] = [join(own, "good"), join(own, "evil")];
  copyFileSync(brief, good);
  copyFileSync(brief, evil);
  appendFileSync(evil, "x");
  await (await helper.client()).call("rules.add", { app: good, action: "allow" });
  const address = network.address(4);
  await run(good, "answered", address, port);
  await until("the good one to pass", async () => (await network.arrived("udp", address, 7777)) === 1);
  return { good, evil };
}

/** The datagram never arrives under the good one's rule, and whoever is asked about is in brackets. */
async function expectNobody(address: string, ...command: string[]): Promise<void> {
  await run(...command);
  await expectHeld(address);
}

async function expectHeld(address: string): Promise<void> {
  const flow = async () =>
    (await (await helper.client()).call("flows.list", {})).find(({ endpoint }) => endpoint.address === address);
  const { app, verdict } = await until("the flow", flow);
  expect([app.path, app.verified, verdict]).toEqual([expect.stringMatching(/^\[/), false, "held"]);
  expect(await network.arrived("udp", address, 7777)).toBe(0);
}

describe("an allowed program is not", () => {
  test("another one that is mounted over it in a namespace of its own", async () => {
    const { good, evil } = await goodAndEvil();
    const address = network.address(4);
    const script = `mount --bind ${evil} ${good} && exec ${good} "$@"`;
    const inNamespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"];
    await expectNobody(address, ...inNamespace, "plain", address, port);
  });

  test("one that is put in its place, and was started from another", async () => {
    const { good, evil } = await goodAndEvil();
    const address = network.address(4);
    const script = `mv ${good} ${good}.away && cp ${evil} ${good}; ${good} told "$@" < $0 &
      until [ "$(readlink /proc/$!/exe)" = ${good} ]; do sleep 0.02; done
      mv ${good}.away ${good}; echo > $0; wait`;
    execFileSync("mkfifo", [`${good}.fifo`]);
    const running = `exec 9<>$0; ${script.replace("< $0", "<&9")}`;
    await expectNobody(address, "sh", "-c", running, `${good}.fifo`, address, port);
  });

  test("one without a file", async () => {
    const address = network.address(4);
    const code = `import os, sys
fd = os.memfd_create("firefox", 0)
os.write(fd, open(sys.argv[1], "rb").read())
os.execve(fd, sys.argv[2:], {})`;
    await expectNobody(address, "/usr/bin/python3", "-c", code, brief, brief, "plain", address, port);
  });

  test("one that says it is", async () => {
    const { good } = await goodAndEvil();
    const address = network.address(4);
    await expectNobody(address, "unshare", "--user", "--map-root-user", compiled("mimic"), good, address, port);
  });

  test("one that says it is, and whose own file had the same number before", async () => {
    const { good } = await goodAndEvil();
    const own = mkdtempSync(join(folder, "reuse-"));
    const evil = join(own, "evil");
    copyFileSync(compiled("mimic"), evil);
    const { ino } = statSync(evil);
    const address = network.address(4);
    const next = join(own, "next");
    const words = ["unshare", "--user", "--map-root-user", evil, next, address, port, good];
    const child = spawn(...inGuard(helper, network.near, words), { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    rmSync(evil);
    // A file system gives the number again soon (ext4), or never (tmpfs, overlay of one).
    let tries = 0;
    do copyFileSync(brief, next + ++tries);
    while (statSync(next + tries).ino !== ino && tries < 200);
    renameSync(next + tries, next);
    const reused = statSync(next).ino === ino;
    await (await helper.client()).call("rules.add", { app: next, action: "allow" });
    const control = network.address(4);
    await run(next, "answered", control, port);
    await until("the good one to pass", async () => (await network.arrived("udp", control, 7777)) === 1);
    const ended = once(child, "exit");
    child.stdin.write("\n");
    expect(await ended).toEqual([0, null]);
    await expectHeld(address);
    console.log(`the number was ${reused ? "" : "not "}given again`);
  });

  test("one whose file was deleted as soon as it ran", async () => {
    const { evil } = await goodAndEvil();
    const address = network.address(4);
    // Its name tells that it runs; its executable cannot, as its first thread may be gone by then.
    const script = `$0 deleted "$@" & until [ "$(cat /proc/$!/comm)" = evil ]; do sleep 0.01; done; rm $0; wait`;
    await expectNobody(address, "sh", "-c", script, evil, address, port);
  });
});

test("a program that runs as another user is the same program, and the user is told", async () => {
  const address = network.address(4);
  const own = join(mkdtempSync(join(folder, "setuid-")), "other");
  copyFileSync(brief, own);
  chmodSync(join(own, ".."), 0o755);
  execFileSync("chown", ["nobody", own]);
  chmodSync(own, 0o4755);
  await run(own, "plain", address, port);
  expect((await asked(address)).app.path).toBe(own);
});

test("a socket whose option memory was filled first is held like any other", async () => {
  const address = network.address(4);
  const running = run("/usr/bin/python3", join(clients, "full.py"), address, "80");
  const { id } = await asked(address);
  expect(await network.arrived("tcp", address, 80)).toBe(0);
  await (await helper.client()).call("prompts.answer", { id, action: "block", lifetime: "once" });
  const { keys, errno } = JSON.parse((await running).stdout) as { keys: number; errno: number };
  expect(keys).toBeGreaterThan(0);
  expect(errno).toBe(ECONNREFUSED);
  expect(await network.arrived("tcp", address, 80)).toBe(0);
});

describe("a helper that is not there", () => {
  test.for(["stopped", "dead"] as const)("names afterwards who is gone by then (%s)", async (how) => {
    const address = network.address(4);
    const own = join(mkdtempSync(join(folder, "away-")), how);
    copyFileSync(brief, own);
    await helper.signal(how === "dead" ? "SIGKILL" : "SIGSTOP");
    await start(...inGuard(helper, network.near, [own, "plain", address, port]));
    if (how === "dead") await helper.start();
    else await helper.signal("SIGCONT");
    expect((await asked(address)).app.path).toBe(own);
  });
});

describe("a file system that hangs", () => {
  let server: ChildProcess;
  let output = "";
  const mountpoint = () => join(folder, "hanging");
  const said = (word: string) => until(`the file system to be ${word}`, () => output.includes(word));

  beforeAll(async () => {
    mkdirSync(mountpoint());
    const script = join(import.meta.dirname, "../network/hanging-fuse.py");
    server = spawn("/usr/bin/python3", [script, mountpoint(), brief], { stdio: ["pipe", "pipe", "inherit"] });
    server.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await said("ready");
  });
  afterAll(async () => {
    server.stdin?.end();
    await once(server, "exit");
  });

  test("stalls only whoever runs from it", async () => {
    const hung = network.address(4);
    const program = join(mountpoint(), "program");
    const fifo = join(folder, "go");
    execFileSync("mkfifo", [fifo]);
    // More than any pool has threads or turns. Each opens the FIFO for both ways: whoever opens it does not wait.
    const count = 300;
    const many = run(
      "sh",
      "-c",
      `exec 9<>${fifo}; for i in $(seq ${count}); do ${program} told ${hung} ${port} <&9 & done; wait`,
    );
    const running = () => execFileSync("sh", ["-c", `pgrep -fc '^${program}' || true`], { encoding: "utf8" }).trim();
    await until("them to run", () => running() === `${count}`);
    server.stdin?.write("hang\n");
    await said("hanging");
    execFileSync("sh", ["-c", `head -c ${count} /dev/zero > ${fifo}`]);
    const children = (name: string) =>
      Number(execFileSync("sh", ["-c", `pgrep -c -P ${helper.pid} -x ${name} || true`], { encoding: "utf8" }));
    for (let i = 0; i < 4; i++) {
      const address = network.address(4);
      const own = join(mkdtempSync(join(folder, "beside-")), "program");
      copyFileSync(brief, own);
      await run(own, "plain", address, port);
      expect((await asked(address)).app.path).toBe(own);
    }
    const flows = await until("the flows of those that hang", async () => {
      const found = await (await helper.client()).call("flows.list", {});
      const theirs = found.filter(({ endpoint }) => endpoint.address === hung);
      return theirs.length === count && theirs;
    });
    // Who waited to look at what hangs does not look there any more: each such look leaves a process that nobody can end.
    expect(children("stat")).toBeLessThanOrEqual(16);
    for (const { app, verdict } of flows) expect([app.path[0], verdict]).toEqual(["[", "held"]);
    await many;
  });
});
