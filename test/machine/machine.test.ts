// The test machine itself: what a test may rely on, and that nothing of it stays behind.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { makeCgroup, removeCgroup, sweepCgroups } from "./cgroups.ts";
import { node, startMachine } from "./machine.ts";

const mine = `-${process.pid}-`;
let tree: string;
const cgroupsOf = (owner: string) =>
  readdirSync(tree).filter((name) => name.startsWith("picket-machine-") && name.includes(owner));
const mountsHere = () => readFileSync("/proc/self/mountinfo", "utf8").split("\n").length;

beforeAll(async () => {
  const probe = makeCgroup();
  tree = dirname(probe);
  await removeCgroup(probe);
  await (await startMachine()).stop(); // the first run on a host builds the root file system
}, 660_000);

test("two machines run side by side, apart from one another and from the host", async () => {
  const before = mountsHere();
  const [one, two] = await Promise.all([startMachine(), startMachine()]);
  try {
    expect(cgroupsOf(mine)).toHaveLength(2);
    expect(
      await one.run(["sh", "-c", "touch /here; sysctl -n net.ipv4.ip_forward; ls /sys/class/net; cat /proc/1/comm"]),
    ).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/lo\nsystemd\n$/),
    });
    expect((await two.run(["test", "-e", "/here"])).code).toBe(1);
    expect((await two.run(["test", "-w", "/picket/package.json"])).code).toBe(1);
    expect(mountsHere()).toBe(before);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
  await one.stop();
  expect(existsSync(`/proc/${one.pid}`) || existsSync(`/proc/${two.pid}`)).toBe(false);
  expect(cgroupsOf(mine)).toEqual([]);
}, 60_000);

test("commands run as root or as alice, in cgroups that systemd gave them, with exit code, output and time limit", async () => {
  const machine = await startMachine();
  try {
    const where = ["sh", "-c", "id -un; sed -n 's/^0:://p' /proc/self/cgroup; echo problem >&2; exit 7"];
    expect(await machine.run(where)).toEqual({
      code: 7,
      stdout: expect.stringMatching(/^root\n\/system\.slice\//),
      stderr: "problem\n",
    });
    expect(await machine.run(where, { user: "alice" })).toMatchObject({
      code: 7,
      stdout: expect.stringMatching(/^alice\n\/user\.slice\/user-1000\.slice\/user@1000\.service\/app\.slice\//),
    });
    const greet = [node, "-p", "process.version + process.env.GREETING"];
    expect((await machine.run(greet, { user: "alice", env: { GREETING: " hi" } })).stdout).toMatch(/^v24\.\S+ hi\n$/);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what systemd would replace, were it not told otherwise
    const words = ["$HOME", "$$", "${HOME}", "%n", "a b", ""];
    expect((await machine.run(["printf", "%s|", ...words])).stdout).toBe(`${words.join("|")}|`);
    expect((await machine.run(["stat", "-fc", "%T", "/sys/fs/cgroup", "/sys/fs/bpf"])).stdout).toBe(
      "cgroup2fs\nbpf_fs\n",
    );
    await expect(machine.run(["sleep", "60"], { timeout: 300 })).rejects.toThrow(/no end within 300 ms/);
  } finally {
    await machine.stop();
  }
}, 60_000);

test("a machine whose owner is killed dies with it, and the next start removes the rest", async () => {
  const script = `const { startMachine } = await import(${JSON.stringify(join(import.meta.dirname, "machine.ts"))});
    console.log((await startMachine()).pid); setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = await new Promise<number>((resolve, reject) => {
    owner.once("exit", (code) => reject(new Error(`the owner ended with ${code}`)));
    owner.stdout.once("data", (line: Buffer) => resolve(Number(line)));
  });
  const left = `-${owner.pid}-`;
  expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("systemd\n");
  owner.removeAllListeners("exit");
  owner.kill("SIGKILL");
  for (const end = performance.now() + 30_000; existsSync(`/proc/${pid}`); await sleep(20))
    expect(performance.now()).toBeLessThan(end);
  expect(cgroupsOf(left)).toHaveLength(1);
  await sweepCgroups();
  expect(cgroupsOf(left)).toEqual([]);
}, 60_000);
