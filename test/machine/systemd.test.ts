// helper/guard/systemd.ts against a real systemd: slices, transient scopes, and what it says when systemd refuses.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Scope } from "../../helper/guard/systemd.ts";
import { checkout, type Machine, node, type RunOptions, startMachine } from "./machine.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
}, 660_000); // the first run on a host builds the root file system
afterAll(() => machine?.stop());

interface Answer {
  result?: unknown;
  error?: { code?: string; message: string };
}

async function ask(
  what: "manages" | "slice" | "scope" | "release" | "place",
  argument: string | Scope = "",
  options: RunOptions = {},
): Promise<Answer> {
  const text = typeof argument === "string" ? argument : JSON.stringify(argument);
  const { stdout, stderr } = await machine.run([node, `${checkout}/test/machine/enter-scope.ts`, what, text], options);
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
}

async function shell(script: string, options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await machine.run(["sh", "-c", script], options);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return stdout.trim();
}

/** A process of alice's that sleeps in a unit of her own user manager; its process id as the machine numbers it. */
async function sleeper(unit: string): Promise<number> {
  await shell(`systemd-run --user --quiet --collect --unit=${unit} sleep 60`, { user: "alice" });
  return Number(await shell(`systemctl --user show --property=MainPID --value ${unit}`, { user: "alice" }));
}

const unifiedCgroup = (pid: number) => shell(`sed -n 's/^0:://p' /proc/${pid}/cgroup`);
const exists = async (cgroup: string) => (await machine.run(["test", "-d", `/sys/fs/cgroup${cgroup}`])).code === 0;

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; !(await condition()); await sleep(50))
    if (performance.now() > end) throw new Error("the condition did not come true within 30 s");
}

test("systemd manages the machine's cgroups", async () => {
  expect(await ask("manages")).toEqual({ result: true });
});

test("a started slice has a cgroup, and starting it again changes nothing", async () => {
  expect(await ask("slice", "picket.slice")).toEqual({ result: "/picket.slice" });
  expect(await exists("/picket.slice")).toBe(true);
  expect(await ask("slice", "picket.slice")).toEqual({ result: "/picket.slice" });
  expect(await ask("slice", "picket-test.slice")).toEqual({ result: "/picket.slice/picket-test.slice" });
});

test("alice's process moves into a scope below the slice, and the scope vanishes when the process ends", async () => {
  await ask("slice", "picket.slice");
  const pid = await sleeper("picket-sleeper-one");
  expect(await unifiedCgroup(pid)).toContain("/user@1000.service/");

  const description = "Guarded:\nsleep";
  const cgroup = "/picket.slice/picket-run-one.scope";
  expect(await ask("scope", { unit: "picket-run-one.scope", slice: "picket.slice", pid, description })).toEqual({
    result: cgroup,
  });
  expect(await unifiedCgroup(pid)).toBe(cgroup);
  expect(await shell(`cat /sys/fs/cgroup${cgroup}/cgroup.procs`)).toBe(String(pid));
  const shown = await shell(
    "systemctl show --property=Description,Transient,TasksMax,ActiveState picket-run-one.scope",
  );
  expect(shown.split("\n").sort()).toEqual([
    "ActiveState=active",
    "Description=Guarded: sleep",
    "TasksMax=infinity",
    "Transient=yes",
  ]);

  await shell(`kill ${pid}`);
  await until(async () => !(await exists(cgroup)));
  await until(
    async () => (await shell("systemctl show --property=LoadState --value picket-run-one.scope")) === "not-found",
  );
  expect(await exists("/picket.slice")).toBe(true); // programs attached to the slice outlive each scope
});

test("what the process forks stays in the scope after the process itself has ended", async () => {
  // /tmp would not do: its sticky bit forbids root to write to alice's pipe (fs.protected_fifos).
  const pipe = "/home/alice/go";
  const script = `read word <${pipe}; sleep 60 & exit`;
  const start = `mkfifo ${pipe}; systemd-run --user --quiet --collect --unit=picket-forker sh -c '${script}'`;
  await shell(start, { user: "alice" });
  const pid = Number(await shell("systemctl --user show --property=MainPID --value picket-forker", { user: "alice" }));
  const cgroup = "/picket.slice/picket-run-fork.scope";
  expect(await ask("scope", { unit: "picket-run-fork.scope", slice: "picket.slice", pid, description: "" })).toEqual({
    result: cgroup,
  });
  await shell(`echo go >${pipe}`);
  await until(async () => (await shell(`cat /proc/$(head -1 /sys/fs/cgroup${cgroup}/cgroup.procs)/comm`)) === "sleep");
  expect(await exists(cgroup)).toBe(true);
  await shell(`echo 1 >/sys/fs/cgroup${cgroup}/cgroup.kill`);
  await until(async () => !(await exists(cgroup)));
});

test.each([
  ["picket-plain.service", "system.slice/picket-plain.service"],
  ["picket-many@one.service", "system.slice/system-picket\\x2dmany.slice/picket-many@one.service"],
  ["memory.service", "system.slice/_memory.service"],
  ["picket-sliced.service", "picket_a.slice/picket_a-b.slice/picket-sliced.service"],
])("%s is where it will run, before it runs", async (unit, cgroup) => {
  const file = unit.replace(/@.*\./, "@.");
  const slice = unit === "picket-sliced.service" ? "Slice=picket_a-b.slice" : "";
  await shell(
    `printf '[Service]\nExecStart=sleep 60\n${slice}\n' >/etc/systemd/system/${file} && systemctl daemon-reload`,
  );
  expect(await ask("place", unit)).toEqual({ result: { state: "loaded", cgroup } });
  await shell(`systemctl start ${unit}`);
  expect(await unifiedCgroup(Number(await shell(`systemctl show --property=MainPID --value ${unit}`)))).toBe(
    `/${cgroup}`,
  );
  expect(await ask("place", unit)).toEqual({ result: { state: "loaded", cgroup } });
  await shell(`systemctl stop ${unit}`);
  expect(await ask("place", unit)).toEqual({ result: { state: "loaded", cgroup } });
});

test("an alias is where its unit is, a slice where its name says; what systemd makes up or cannot run is told apart", async () => {
  await shell("ln -sf /etc/systemd/system/picket-plain.service /etc/systemd/system/picket-alias.service");
  await shell("systemctl mask --quiet picket-masked.service && systemctl daemon-reload");
  const place = async (unit: string) => (await ask("place", unit)).result;
  expect(await place("picket-alias.service")).toEqual({
    state: "loaded",
    cgroup: "system.slice/picket-plain.service",
  });
  expect(await place("user.slice")).toEqual({ state: "loaded", cgroup: "user.slice" });
  expect(await place("user-4711.slice")).toEqual({ state: "loaded", cgroup: "user.slice/user-4711.slice" });
  expect(await place("-.slice")).toMatchObject({ cgroup: "" });
  expect(await place("no-such.slice")).toMatchObject({ state: "not-found" });
  expect(await place("no-such.service")).toMatchObject({ state: "not-found" });
  expect(await place("no-such.scope")).toMatchObject({ state: "not-found" });
  expect(await place("picket-masked.service")).toMatchObject({ state: "masked" });
  const refused = { error: { code: "run_failed", message: expect.any(String) } };
  expect(await ask("place", "a.timer")).toEqual(refused);
  expect(await ask("place", "getty@.service")).toEqual(refused);
});

test("a dead process, a name in use, a bad name and a forbidden caller are coded errors", async () => {
  const scope = { unit: "picket-run-x.scope", slice: "picket.slice", description: "x" };
  const refused = (message: RegExp) => ({ error: { code: "run_failed", message: expect.stringMatching(message) } });
  const dead = Number(await shell("sh -c 'echo $$'"));
  expect(dead).toBeGreaterThan(1);
  expect(await ask("scope", { ...scope, pid: dead })).toEqual(
    refused(new RegExp(`${dead} does not exist|No such process`)),
  );
  expect(await ask("scope", { ...scope, pid: 0 })).toEqual(refused(/no such process/));
  expect(await ask("scope", { ...scope, pid: dead, unit: "../x.scope" })).toEqual(refused(/not a .scope name/));
  expect(await ask("slice", "picket.service")).toEqual(refused(/not a .slice name/));

  const [one, two] = [await sleeper("picket-sleeper-two"), await sleeper("picket-sleeper-three")];
  expect(await ask("scope", { ...scope, pid: one })).toHaveProperty("result");
  expect(await ask("scope", { ...scope, pid: two })).toEqual(refused(/picket-run-x.scope/));
  expect(await unifiedCgroup(two)).toContain("/user@1000.service/");

  expect(await ask("scope", { ...scope, unit: "picket-run-y.scope", pid: two }, { user: "alice" })).toEqual(
    refused(/./),
  );
  await shell(`kill ${one} ${two}`);
});

test("a released slice is gone, and what ran in it goes on outside, each scope's processes together", async () => {
  const slice = "picket_release.slice";
  await ask("slice", slice);
  const pids = [await sleeper("picket-sleeper-four"), await sleeper("picket-sleeper-five")];
  for (const pid of pids) await ask("scope", { unit: `picket_release-run-${pid}.scope`, slice, pid, description: "x" });

  expect(await ask("release", slice)).toEqual({ result: null });
  expect(await exists(`/${slice}`)).toBe(false);
  expect(
    await shell("systemctl list-units --all --plain --no-legend 'picket_release*' | grep -v -e -released- || true"),
  ).toBe("");
  for (const pid of pids) {
    expect(await unifiedCgroup(pid)).toBe(`/user.slice/picket_release-run-${pid}-released-1.scope`);
    await shell(`kill ${pid}`);
  }
  expect(await ask("release", slice)).toEqual({ result: null });
  expect(await ask("release", "picket_never_was.slice")).toEqual({ result: null });
});

test("a process that forks without end does not keep a slice from being released", async () => {
  const slice = "picket_forks.slice";
  await ask("slice", slice);
  const script = "while sleep 0.002; do :; done";
  await shell(`systemd-run --user --quiet --collect --unit=picket-forks sh -c '${script}'`, { user: "alice" });
  const pid = Number(await shell("systemctl --user show --property=MainPID --value picket-forks", { user: "alice" }));
  await ask("scope", { unit: "picket_forks-run-1.scope", slice, pid, description: "x" });
  expect(await ask("release", slice)).toEqual({ result: null });
  expect(await exists(`/${slice}`)).toBe(false);
  expect(await unifiedCgroup(pid)).toMatch(/^\/user\.slice\/picket_forks-run-1-released-\d\.scope$/);
  await shell(`kill ${pid}`);
});

test("the address of another bus in the environment is not believed", async () => {
  const env = { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nowhere", DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };
  expect(await ask("slice", "picket.slice", { env })).toEqual({ result: "/picket.slice" });
});

test("a systemd that says nothing, hangs up or is not there ends in a coded error; no bus is needed", async () => {
  const others = { silent: "time.sleep(40)", curt: "c.close()" };
  for (const [name, answer] of Object.entries(others)) {
    const script = `import socket, time
s = socket.socket(socket.AF_UNIX); s.bind('/run/${name}'); s.listen()
while True: c, _ = s.accept(); ${answer}`;
    await machine.run(["systemd-run", "--quiet", "--collect", `--unit=${name}-systemd`, "python3", "-c", script]);
    await until(async () => (await machine.run(["test", "-S", `/run/${name}`])).code === 0);
  }
  const request = `exec ${node} ${checkout}/test/machine/enter-scope.ts slice picket.slice`;
  const where = async (command: string) => {
    // In a mount namespace of its own everything stays in place for everybody else.
    const { stdout } = await machine.run(["unshare", "--mount", "sh", "-c", `${command} && ${request}`]);
    return JSON.parse(stdout) as Answer;
  };
  const failed = (message: RegExp) => ({ error: { code: "run_failed", message: expect.stringMatching(message) } });
  const socket = "/run/systemd/private";
  expect(await where(`mount --bind /run/silent ${socket}`)).toEqual(failed(/no answer|No reply/));
  expect(await where(`mount --bind /run/curt ${socket}`)).toEqual(failed(/clos|reset|EPIPE/i));
  expect(await where(`: >/run/plain && mount --bind /run/plain ${socket}`)).toEqual(failed(/ECONNREFUSED/));
  expect(await where("mount -t tmpfs tmpfs /run/dbus")).toEqual({ result: "/picket.slice" });
}, 60_000);
