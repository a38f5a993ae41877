// Two people with login sessions of a real logind: whose question it is, also where sudo, su, services and nobody in particular ask, and what
// becomes of those that nobody can be asked.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Flow, Prompt } from "../../contract/words.ts";
import { caller, client, far, GuardedMachine, picket, socket } from "./guarded.ts";
import { checkout, node, type Outcome } from "./machine.ts";

vi.setConfig({ testTimeout: 240_000 });

/** Seconds that a flow waits for somebody who could be asked. */
const patience = 6;
const env = ["--setenv=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", `--setenv=PICKET_SOCKET=${socket}`];
let machine: GuardedMachine;
/** What cron runs for bob, and what it leaves when it is done: how curl ended. */
const job = { path: "/usr/local/bin/job", done: "/var/tmp/job-done", address: "192.0.2.3" };

beforeAll(async () => {
  machine = await GuardedMachine.start();
  await machine.root(["useradd", "--create-home", "--uid", "1001", "--shell", "/bin/bash", "bob"]);
  const guards = ["--guard", "user.slice", "--guard", "system.slice"];
  const served = ["--people", "everyone", "--unattended", "block", "--unattended-after", String(patience)];
  await machine.helper("picket-helper", "people", ...guards, ...served);
  const inbound = ["--app", "any", "--action", "allow", "--direction", "inbound", "--address", "192.0.2.1"];
  await asRoot("rules", "add", ...inbound);
  // Cron looks around once a minute: its job is met at the end.
  const script = `#!/bin/sh\n[ -e ${job.done} ] || { curl -sS http://${job.address}/; echo $? > ${job.done}; }\n`;
  await machine.root(["sh", "-c", `printf '%s' "$1" > ${job.path}; chmod 755 ${job.path}`, "sh", script]);
  await machine.root(["sh", "-c", `echo '* * * * * ${job.path}' | crontab -u bob -`]);
  await machine.root(["systemctl", "start", "cron"]);
}, 660_000);
afterAll(() => machine?.stop());

/** In a login session of its own, as PAM makes it: below the user's slice, in a scope. */
function logIn(user: string, command: readonly string[], type = "tty"): Promise<Outcome> {
  const pam = ["--property=PAMName=login", `--property=User=${user}`, `--setenv=XDG_SESSION_TYPE=${type}`];
  const words = command.map((word) => word.replaceAll("$", "$$$$"));
  return machine.machine.run(
    ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", ...pam, ...env, "--", ...words],
    {
      timeout: 90_000,
    },
  );
}
/** A unit of the system's manager, outside of every session: what cron and services are. */
const asUnit = (user: string, command: readonly string[], timeout = 90_000) =>
  machine.machine.run(
    [
      ...["systemd-run", "--quiet", "--pipe", "--wait", "--collect", `--property=User=${user}`, ...env, "--"],
      ...command.map((word) => word.replaceAll("$", "$$$$")),
    ],
    { timeout },
  );
const asRoot = (...words: string[]) => machine.machine.run([picket, ...words], { env: { PICKET_SOCKET: socket } });
const as = (user: string, ...words: string[]) => asUnit(user, [picket, ...words]);

const call = [caller, "-c", client];
const came = async (outcome: Promise<Outcome>) => (await outcome).stdout.trim();

async function promptsOf(user: string): Promise<Prompt[]> {
  const { stdout, stderr } = await as(user, "prompts", "--json");
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as Prompt[]).filter(({ endpoint }) => endpoint.address === far.address);
}
const heldOf = (user: string): Promise<Prompt> =>
  machine.until(`a question for ${user}`, async () => (await promptsOf(user)).find(({ state }) => state === "held"));

/** Somebody of each user's who could answer, until `leave`. */
const watchersEnd = "/tmp/watchers-end";
let watching: Promise<Outcome>[] = [];
const attend = async (...users: string[]) => {
  const watch = [node, `${checkout}/test/machine/watch-prompts.ts`, socket, watchersEnd];
  watching = users.map((user) => asUnit(user, watch, 300_000));
  await new Promise((resolve) => setTimeout(resolve, 2000));
};
const leave = async () => {
  await machine.root(["touch", watchersEnd]);
  await Promise.all(watching);
  await machine.root(["rm", watchersEnd]);
};

test("each session's questions are its person's; what sudo and su run in it are, too, by their own name", async () => {
  await attend("alice", "bob");
  for (const [user, uid, other] of [
    ["alice", 1000, "bob"],
    ["bob", 1001, "alice"],
  ] as const) {
    const running = logIn(user, call);
    const prompt = await heldOf(user);
    expect(prompt.process).toMatchObject({ uid, person: uid });
    expect(await promptsOf(other)).toEqual([]);
    expect(await as(other, "answer", prompt.id, "allow")).toMatchObject({ code: 1 });
    expect(await as(user, "answer", prompt.id, "allow")).toMatchObject({ code: 0 });
    expect(await came(running)).toBe("welcome");
  }
  for (const [words, uid] of [
    [["sudo"], 0],
    [["sudo", "-u", "bob"], 1001],
  ] as const) {
    const running = logIn("alice", [...words, ...call]);
    const prompt = await heldOf("alice");
    expect(prompt.process).toMatchObject({ uid, person: 1000 });
    expect(await promptsOf("bob")).toEqual([]);
    // She is no administrator by that, though she looks after the computer: for now, not for good.
    expect(await as("alice", "answer", prompt.id, "allow", "--lifetime", "forever")).toMatchObject({ code: 1 });
    expect(await as("alice", "answer", prompt.id, "allow")).toMatchObject({ code: 0 });
    expect(await came(running)).toBe("welcome");
  }
  // A program that becomes root by its file is hers, and asked about in her own name: the kernel tells who started it.
  await machine.root(["install", "--mode=4755", caller, "/usr/local/bin/raised"]);
  const raised = logIn("alice", [
    "/usr/local/bin/raised",
    "-c",
    `import os, sys; sys.exit(9) if os.geteuid() else 0\n${client}`,
  ]);
  const prompt = await heldOf("alice");
  expect(prompt).toMatchObject({ app: { path: "/usr/local/bin/raised" }, process: { uid: 1000, person: 1000 } });
  expect(await promptsOf("bob")).toEqual([]);
  expect(await as("alice", "answer", prompt.id, "allow")).toMatchObject({ code: 0 });
  expect(await came(raised)).toBe("welcome");
  await leave();
});

test("a job of bob's outside of every session is bob's question; nobody is there, so it is refused and stays in his inbox", async () => {
  const began = performance.now();
  expect(await came(asUnit("bob", call))).toBe("111");
  expect(performance.now() - began).toBeGreaterThan(patience * 1000 - 1500);
  expect(await promptsOf("bob")).toMatchObject([{ state: "inbox", process: { uid: 1001, person: 1001 } }]);
  expect(await promptsOf("alice")).toEqual([]);
  expect(machine.printed("picket-helper")).toContain("nobody could be asked about a connection");
  const flows = JSON.parse((await as("bob", "flows", "--json")).stdout) as Flow[];
  expect(flows[0]).toMatchObject({ verdict: "block", reason: expect.stringContaining("Nobody could be asked") });
});

test("a service's question is nobody's but the owner's, who looks after the computer", async () => {
  expect(await came(asUnit("root", call))).toBe("111");
  expect(await promptsOf("alice")).toMatchObject([{ state: "inbox", process: { uid: 0, person: null } }]);
  expect((await promptsOf("bob")).every(({ process }) => process.person === 1001)).toBe(true);
});

test("over a real sshd: the question is hers who logged in, refused when she is not there, and hers to answer when she is", async () => {
  const home = "/home/alice/.ssh";
  await machine.root(["install", "-d", "-o", "alice", "-g", "alice", "-m", "700", home]);
  await machine.root(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/key"]);
  await machine.root(["install", "-o", "alice", "-m", "600", "/root/key.pub", `${home}/authorized_keys`]);
  // The way in is a connection, too, at both of its ends: nobody waits for an answer about that here.
  await asRoot("rules", "add", "--app", "/usr/bin/ssh", "--action", "allow");
  await asRoot("rules", "add", "--app", "any", "--action", "allow", "--direction", "inbound", "--address", far.address);
  await machine.root(["systemctl", "start", "ssh"]);
  const options = ["-i", "/root/key", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes"];
  const overSsh = () => {
    const words = ["nsenter", "--net=/run/netns/far", "ssh", ...options, "alice@192.0.2.1", `${caller} -c '${client}'`];
    return machine.machine.run(words, { timeout: 90_000 });
  };
  const away = overSsh();
  const first = await heldOf("alice");
  expect(first.process).toMatchObject({ uid: 1000, person: 1000 });
  expect(await machine.cgroupOf(first.process.pid)).toMatch(/^\/user\.slice\/user-1000\.slice\/session-\w+\.scope$/);
  expect((await promptsOf("bob")).map(({ id }) => id)).not.toContain(first.id);
  expect(await came(away)).toBe("111");
  expect((await promptsOf("alice")).find(({ id }) => id === first.id)).toMatchObject({ state: "inbox" });

  await attend("alice");
  const there = overSsh();
  const second = await heldOf("alice");
  expect(await as("bob", "answer", second.id, "allow")).toMatchObject({ code: 1 });
  expect(await as("alice", "answer", second.id, "allow")).toMatchObject({ code: 0 });
  expect(await came(there)).toBe("welcome");
  await leave();
});

test("who is behind a locked screen cannot be asked", async () => {
  await attend("alice");
  const session = logIn("alice", ["sleep", "50"], "x11");
  const id = await machine.until("her session", async () => {
    const { stdout } = await machine.machine.run(["loginctl", "list-sessions", "--no-legend"]);
    for (const line of stdout.split("\n")) {
      const name = line.trim().split(/\s+/)[0] ?? "";
      if (!name) continue;
      const shown = await machine.machine.run(["loginctl", "show-session", name, "-p", "Type", "-p", "Name"]);
      if (shown.stdout.includes("Type=x11") && shown.stdout.includes("Name=alice")) return name;
    }
    return undefined;
  });
  // Somebody is there: it waits longer than nobody would be waited for.
  const waits = logIn("alice", call);
  const prompt = await heldOf("alice");
  await new Promise((resolve) => setTimeout(resolve, (patience + 2) * 1000));
  expect((await heldOf("alice")).id).toBe(prompt.id);
  const path =
    (
      await machine.root([
        "busctl",
        "call",
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
        "GetSession",
        "s",
        id,
      ])
    ).split('"')[1] ?? "";
  await machine.root([
    "busctl",
    "call",
    "org.freedesktop.login1",
    path,
    "org.freedesktop.login1.Session",
    "SetLockedHint",
    "b",
    "true",
  ]);
  expect(await came(waits)).toBe("111");
  expect((await promptsOf("alice")).find((each) => each.id === prompt.id)).toMatchObject({ state: "inbox" });
  await session;
  await leave();
});

test("a job of cron's is its person's question; nobody is there, so it is refused and stays in the inbox", async () => {
  const refused = "7\n"; // curl(1): failed to connect to host
  const ended = () => machine.machine.run(["cat", job.done]);
  await machine.until("cron's job", async () => (await ended()).stdout === refused || undefined, 150_000);
  const asked = async (user: string) =>
    (JSON.parse((await as(user, "prompts", "--json")).stdout) as Prompt[]).filter(
      ({ endpoint }) => endpoint.address === job.address,
    );
  expect(await asked("bob")).toMatchObject([
    { state: "inbox", app: { path: "/usr/bin/curl" }, process: { uid: 1001, person: 1001 } },
  ]);
  expect(await asked("alice")).toEqual([]);
});
