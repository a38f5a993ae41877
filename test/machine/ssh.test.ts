// Over a real sshd: who locks themselves out of a guarded ssh.service is let in again, also by a helper that has not seen them come.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Status } from "../../contract/words.ts";
import { GuardedMachine, picket, socket } from "./guarded.ts";

vi.setConfig({ testTimeout: 240_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start();
  const home = "/home/alice/.ssh";
  await machine.root(["install", "-d", "-o", "alice", "-g", "alice", "-m", "700", home]);
  await machine.root(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/key"]);
  await machine.root(["install", "-o", "alice", "-m", "600", "/root/key.pub", `${home}/authorized_keys`]);
  await machine.helper("picket-helper", "ssh", "--guard", "ssh.service");
  await machine.asAlice("mode", "allow");
  await machine.root(["systemctl", "start", "ssh"]);
}, 660_000); // the first run on a host builds the root file system
afterAll(() => machine?.stop());

const status = () => machine.read<Status>("status");

/** From the far side, as alice. A session that is cut hears nothing any more: the client finds out by asking. */
function ssh(command: string) {
  const alive = ["-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=3"];
  const options = [
    ...alive,
    "-i",
    "/root/key",
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=20",
  ];
  const words = ["nsenter", "--net=/run/netns/far", "ssh", ...options, "alice@192.0.2.1", command];
  return machine.machine.run(words, { timeout: 120_000 });
}

const say = (words: string) => `PICKET_SOCKET=${socket} ${picket} ${words}`;

/** Nobody confirms: it comes back within the minute. */
async function comesBack(): Promise<void> {
  const allowed = async () => ((await status()).mode === "allow" ? true : undefined);
  await machine.until("half a minute", allowed).catch(() => {});
  await machine.until("the way back", allowed);
}

test("a mode that cuts the session takes itself back, and lets the next one in", async () => {
  expect(await ssh(say("mode"))).toMatchObject({ code: 0 });
  await ssh(say("mode block"));
  expect(await status()).toMatchObject({ mode: "block", trial: { what: "Mode block." } });
  await comesBack();
  expect(await ssh("echo in again")).toMatchObject({ code: 0, stdout: "in again\n" });
});

test("so it does with a helper that started after the session", async () => {
  const session = ssh(`touch /tmp/in; until [ -e /tmp/go ]; do sleep 0.1; done; ${say("mode block")}`);
  const exists = async (path: string) =>
    (await machine.machine.run(["test", "-e", path])).code === 0 ? true : undefined;
  await machine.until("the session", () => exists("/tmp/in"));
  await machine.root(["systemctl", "kill", "--signal=KILL", "picket-helper"]);
  await machine.until("the helper's end", async () => {
    const { stdout } = await machine.machine.run(["systemctl", "is-active", "picket-helper"]);
    return stdout.trim() === "active" ? undefined : true;
  });
  await machine.machine.run(["systemctl", "reset-failed", "picket-helper"]);
  await machine.helper("picket-helper", "ssh", "--guard", "ssh.service");
  await machine.root(["touch", "/tmp/go"]);
  await session;
  expect(await status()).toMatchObject({ mode: "block", trial: { what: "Mode block." } });
  // Another change on trial moves the end; the first one, and the mode before it, come back with it.
  await machine.asAlice("mode", "block", "--confirm", "5s");
  await comesBack();
  expect(await ssh("echo in again")).toMatchObject({ code: 0, stdout: "in again\n" });
});
