// `picket off` on traces that the test made itself: nothing of the instance may be left, and nothing else may be touched.
import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whichInstances } from "../../main/cli/off.ts";
import { picket } from "./picket-process.ts";
import { cgroupOf, Traces } from "./traces.ts";

vi.setConfig({ testTimeout: 60_000 });

let traces: Traces;
beforeEach(() => {
  traces = new Traces();
});
afterEach(() => traces.removeAll());

const off = (from = traces) => picket(["off", "--instance", from.instance]);
const isOver = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

it("removes pins and cgroups where no helper runs, and says so", async () => {
  traces.pin();
  const guarded = await traces.guardProcess();
  const { code, stdout, stderr } = await off();
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(traces.left()).toEqual([]);
  for (const path of [traces.pins, traces.cgroup]) expect(stdout).toContain(path);
  expect(cgroupOf(guarded)).toBe("/"); // lives on, unguarded
});

it("can be repeated", async () => {
  traces.pin();
  await off();
  expect(await off()).toMatchObject({ code: 0, stdout: "nothing of Picket is left\n", stderr: "" });
});

it.each([
  ["one that ends on SIGTERM", "", "SIGTERM"],
  ["one that ignores SIGTERM", "process.on('SIGTERM', () => {})", "SIGKILL"],
])("ends the noted helper: %s", async (_what, script, signal) => {
  traces.pin();
  const helper = await traces.playHelper(script);
  traces.writeNote(helper.pid as number);
  const { code, stdout } = await off();
  expect(code).toBe(0);
  expect(stdout).toContain(`ended helper ${helper.pid}`);
  await expect.poll(() => helper.signalCode).toBe(signal);
  expect(traces.left()).toEqual([]);
});

it("ends a helper that is stopped, without waiting for it", async () => {
  const helper = await traces.playHelper("");
  traces.writeNote(helper.pid as number);
  helper.kill("SIGSTOP");
  expect((await off()).code).toBe(0);
  await expect.poll(() => helper.signalCode).toBe("SIGKILL");
});

it("finds a helper without a note by what it holds", async () => {
  const helper = await traces.playUnnotedHelper();
  expect((await off()).stdout).toContain(`ended helper ${helper.pid}`);
  await expect.poll(() => isOver(helper)).toBe(true);
});

it("leaves alone a process that only got a dead helper's pid", async () => {
  const bystander = await traces.playHelper("");
  traces.writeNote(bystander.pid as number, "1");
  expect((await off()).code).toBe(0);
  expect(isOver(bystander)).toBe(false);
  expect(traces.left()).toEqual([]);
});

it("leaves alone a noted process that is no Node", async () => {
  const pid = await traces.guardProcess();
  traces.writeNote(pid);
  expect((await off()).code).toBe(0);
  expect(cgroupOf(pid)).toBe("/");
});

it("removes the socket it was served on", async () => {
  const server = createServer().listen(traces.socket);
  await new Promise((resolve) => server.once("listening", resolve));
  traces.writeNote(1, "0");
  await off();
  expect(existsSync(traces.socket)).toBe(false);
  server.close();
});

it("touches no other instance", async () => {
  const other = new Traces();
  try {
    other.pin();
    traces.pin();
    await off();
    expect(traces.left()).toEqual([]);
    expect(other.left()).toEqual([other.pins]);
  } finally {
    await other.removeAll();
  }
});

it.each([
  [{}, [true, false]],
  [{ all: true }, [true, true]],
  [{ instance: "picket-0badcafe" }, [false, true]],
])("%o means of the default instance and another: %j", (options, expected) => {
  expect(["picket", "picket-0badcafe"].map(whichInstances(options))).toEqual(expected);
});

it.each([
  ["--all", "--instance", "picket-0badcafe"],
  ["--instance", "firefox"],
])("refuses %s %s", async (...words) => {
  expect(await picket(["off", ...words])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^picket: --instance/),
  });
});

it("is for root", () => {
  const launcher = new URL("../../main/cli/picket.ts", import.meta.url).pathname;
  const { status, stderr, error } = spawnSync(process.execPath, [launcher, "off"], {
    uid: 65534,
    gid: 65534,
    encoding: "utf8",
    cwd: dirname(launcher),
  });
  expect(error).toBeUndefined();
  expect(stderr).toBe("picket: This user may not do that. (picket off needs root)\n");
  expect(status).toBe(1);
});
