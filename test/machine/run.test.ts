// `picket run` and `picket off` where systemd manages cgroups: alice's command in a scope of the guarded slice, held, asked about, answered,
// and set free.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Prompt, Status } from "../../contract/words.ts";
import { client, far, GuardedMachine, picket } from "./guarded.ts";

// Loading the programs alone may take half a minute on a machine that is busy.
vi.setConfig({ testTimeout: 180_000 });

let machine: GuardedMachine;
beforeAll(async () => {
  machine = await GuardedMachine.start();
}, 660_000); // the first run on a host builds the root file system
afterAll(() => machine?.stop());

test("the helper guards a slice of systemd's", async () => {
  await machine.helper("picket-helper", "picket-test");
  const { guarded } = await machine.read<Status>("status");
  expect(guarded).toEqual([expect.stringMatching(/^picket_[0-9a-f]{8}\.slice$/)]);
});

test("without picket run nothing is asked", async () => {
  const { stdout } = await machine.machine.run(["python3", "-c", client], { user: "alice" });
  expect(stdout).toBe("welcome\n");
  expect(machine.arrivals()).toBe(1);
  expect(await machine.read<Prompt[]>("prompts")).toEqual([]);
});

test.each([
  ["allow", "welcome"],
  ["block", "111"], // ECONNREFUSED
])("alice's command waits in a scope below the slice until she says %s", async (action, outcome) => {
  const before = machine.arrivals();
  const running = machine.asAlice("run", "--", "python3", "-c", client);
  const prompt = await machine.heldPrompt();
  expect(prompt).toMatchObject({ endpoint: far, process: { uid: 1000 } });
  expect(prompt.app.path).toMatch(/^\[\/usr\/bin\/python3/);

  const cgroup = await machine.cgroupOf(prompt.process.pid);
  const [slice] = (await machine.read<Status>("status")).guarded;
  expect(cgroup).toMatch(new RegExp(`^/${slice}/picket_[0-9a-f]{8}-run-\\d+\\.scope$`));
  expect(machine.arrivals()).toBe(before);

  expect(await machine.asAlice("answer", prompt.id, action)).toMatchObject({ code: 0, stderr: "" });
  expect(await running).toEqual({ code: 0, stdout: `${outcome}\n`, stderr: "" });
  expect(machine.arrivals()).toBe(action === "allow" ? before + 1 : before);
  await machine.until("the scope to vanish", async () => {
    const { code } = await machine.machine.run(["test", "-e", `/sys/fs/cgroup${cgroup}`]);
    return code === 0 ? undefined : true;
  });
});

test("a foreground helper's end leaves no slice behind, and lets what still runs go on", async () => {
  const [slice] = (await machine.read<Status>("status")).guarded;
  const running = machine.asAlice("run", "--", "sh", "-c", "echo $$ >~/pid; sleep 5; echo still here");
  const pid = await machine.until(
    "the run",
    async () => Number(await machine.root(["cat", "/home/alice/pid"]).catch(() => 0)) || undefined,
  );
  expect(await machine.cgroupOf(pid)).toContain(`/${slice}/`);
  await machine.root(["systemctl", "stop", "picket-helper"]);
  expect(await machine.cgroupOf(pid)).toMatch(/^\/user\.slice\/picket_.*-released-1\.scope$/);
  expect((await machine.machine.run(["test", "-e", `/sys/fs/cgroup/${slice}`])).code).toBe(1);
  expect(await machine.root(["ls", "/sys/fs/bpf", "/run/picket"])).not.toMatch(/picket-/);
  expect(await running).toEqual({ code: 0, stdout: "still here\n", stderr: "" });
});

const off = (...words: string[]) => machine.machine.run([picket, "off", ...words]);
const nothingLeft = { code: 0, stdout: "nothing of Picket is left\n", stderr: "" };

/** Its unit's name is not Picket's own: systemd shall not help `picket off` to end it. Its state is new: no prompts of earlier ones. */
async function startHelper(unit: string): Promise<{ pid: number; slice: string }> {
  await machine.helper(unit, `test-${unit}`);
  const pid = Number(await machine.root(["systemctl", "show", "--property=MainPID", "--value", unit]));
  return { pid, slice: (await machine.read<Status>("status")).guarded[0]! };
}

/** What picket leaves of an instance that `picket off` has to remove. */
async function traces(slice: string): Promise<string[]> {
  const units = await machine.root(["systemctl", "list-units", "--all", "--plain", "--no-legend", "picket_*"]);
  const loaded = units.split("\n").filter((unit) => unit && !unit.includes("-released-"));
  const folders = await machine.root(["ls", "/sys/fs/bpf", "/run/picket"]);
  return [
    ...loaded,
    ...(folders.match(/^picket-.*$/gm) ?? []),
    ...((await machine.exists(`/sys/fs/cgroup/${slice}`)) ? [slice] : []),
  ];
}

/** Tries one connection at once, without waiting for it, and another one when ~/go exists. */
const twoTries = `import os, socket, time
s = socket.socket(); s.setblocking(False); s.connect_ex(("${far.address}", ${far.port}))
open("pid", "w").write(str(os.getpid()))
while not os.path.exists("go"): time.sleep(0.05)
${client}`;

test.each(["at work", "stopped", "killed"])(
  "picket off with the helper %s: nothing is left, and what was guarded lives on and connects unasked",
  async (how) => {
    await machine.root(["rm", "-f", "/home/alice/go", "/home/alice/pid"]);
    const { pid: helper, slice } = await startHelper(`helper-${how.replace(" ", "-")}`);
    const before = machine.arrivals();
    const running = machine.asAlice("run", "--", "sh", "-c", 'cd && exec python3 -c "$0"', twoTries);
    const { process: guarded } = await machine.heldPrompt();
    const cgroup = await machine.cgroupOf(guarded.pid);
    expect(cgroup).toContain(`/${slice}/`);
    expect(machine.arrivals()).toBe(before);

    if (how === "stopped") await machine.root(["kill", "-STOP", String(helper)]);
    if (how === "killed") await machine.root(["kill", "-KILL", String(helper)]);
    expect(await traces(slice)).toContain(slice);
    const { code, stdout, stderr } = await off("--all");
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
    expect(await traces(slice)).toEqual([]);
    expect(await machine.exists(`/proc/${helper}/fd/0`)).toBe(false);
    if (how === "at work") {
      // Asked to end, the helper takes its slice along itself.
      expect(stdout).toContain(`ended helper ${helper} `);
      expect(await machine.cgroupOf(guarded.pid)).toMatch(/^\/user\.slice\/picket_.*-released-1\.scope$/);
    } else {
      expect(stdout).toMatch(new RegExp(`^moved \\d+ processes out of /sys/fs/cgroup${cgroup}$`, "m"));
      expect(stdout).toContain(`stopped ${slice}\n`);
      expect(await machine.cgroupOf(guarded.pid)).toBe("/");
    }

    const free = machine.arrivals();
    await machine.root(["touch", "/home/alice/go"]);
    expect(await running).toEqual({ code: 0, stdout: "welcome\n", stderr: "" });
    expect(machine.arrivals()).toBeGreaterThan(free);
    expect(await off("--all")).toEqual(nothingLeft);
  },
);

test("picket off frees even a process that forks without end, and systemd kills none of it", async () => {
  const { pid: helper, slice } = await startHelper("helper-forks");
  const script = "echo $$ >~/pid; until [ -e ~/stop ]; do (sleep 0.002 & wait); done; echo still here";
  await machine.root(["rm", "-f", "/home/alice/pid"]);
  const running = machine.asAlice("run", "--", "sh", "-c", script);
  const pid = await machine.until(
    "the run",
    async () => Number(await machine.root(["cat", "/home/alice/pid"]).catch(() => 0)) || undefined,
  );
  expect(await machine.cgroupOf(pid)).toContain(`/${slice}/`);
  await machine.root(["kill", "-KILL", String(helper)]);
  expect(await off("--all")).toMatchObject({ code: 0, stderr: "" });
  expect(await traces(slice)).toEqual([]);
  expect(await machine.cgroupOf(pid)).toBe("/");
  await machine.root(["touch", "/home/alice/stop"]);
  expect(await running).toEqual({ code: 0, stdout: "still here\n", stderr: "" });
});

test("picket off finds an instance by its slice alone, and --instance leaves the others' slices", async () => {
  const slices = ["picket_0badcafe.slice", "picket_0badbeef.slice", "picket.slice"];
  const foreign = ["picket_test.slice", "picketfence.slice"];
  await machine.root(["systemctl", "start", ...slices, ...foreign]);
  const standing = async () => {
    const found = await Promise.all(
      [...slices, ...foreign].map(async (name) => machine.exists(`/sys/fs/cgroup/${name}`)),
    );
    return [...slices, ...foreign].filter((_, index) => found[index]);
  };
  expect(await standing()).toEqual([...slices, ...foreign]);
  expect(await off("--instance", "picket-0badcafe")).toEqual({ code: 0, stdout: `stopped ${slices[0]}\n`, stderr: "" });
  expect(await standing()).toEqual([...slices.slice(1), ...foreign]);
  expect(await off()).toEqual({
    code: 0,
    stdout: "stopped picket.slice\nleft alone: picket-0badbeef (--all ends every one, --instance NAME one)\n",
    stderr: "",
  });
  expect(await standing()).toEqual([slices[1], ...foreign]);
  expect(await off("--all")).toMatchObject({ code: 0, stdout: "stopped picket_0badbeef.slice\n" });
  expect(await standing()).toEqual(foreign);
  expect(await off()).toEqual(nothingLeft);
});
