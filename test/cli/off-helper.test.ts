// `picket off` against a real helper with real programs, in the states that a person would call it for.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cgroupMount, notesFolder, pinsFolder } from "../../main/cli/instances.ts";
import { TestHelper } from "../end-to-end/helper-process.ts";
import { createNetwork } from "../network/network.ts";
import { picket, startPicket } from "./picket-process.ts";
import { cgroupOf } from "./traces.ts";

let helper: TestHelper;
let pid: number;
beforeEach(async () => {
  helper = new TestHelper();
  await helper.start();
  pid = helper.pid;
});
afterEach(() => helper.stop());

const off = () => picket(["off", "--instance", helper.instance]);
const traces = () =>
  [
    join(notesFolder, `${helper.instance}.json`),
    join(pinsFolder, helper.instance),
    join(cgroupMount() ?? "", helper.instance),
    helper.socket,
  ].filter((path) => existsSync(path));

/** A guarded process that outlives its helper. */
async function guardedSleep() {
  const running = startPicket(["run", "--", "sh", "-c", "echo $$; exec sleep 300"], helper.socket);
  await expect.poll(() => running.stdout(), { timeout: 20_000 }).toMatch(/^\d+\n$/);
  return { ...running, sleeper: Number(running.stdout()) };
}

it.each(["at work", "stopped", "killed"])(
  "a helper %s: ends it and leaves no trace; what it guarded lives on",
  async (how) => {
    const { child, sleeper, ended } = await guardedSleep();
    try {
      expect(traces().length).toBeGreaterThan(3);
      if (how === "stopped") await helper.signal("SIGSTOP");
      if (how === "killed") await helper.signal("SIGKILL");
      const { code, stdout, stderr } = await off();
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
      expect(traces()).toEqual([]);
      expect(existsSync(`/proc/${pid}/fd/0`)).toBe(false);
      expect(cgroupOf(sleeper)).toBe("/");
      expect(await off()).toMatchObject({ code: 0, stdout: "nothing of Picket is left\n" });
    } finally {
      child.kill("SIGTERM");
      expect((await ended).code).toBe(143);
      await helper.ended();
    }
  },
);

it("detaches the programs: a socket made in the guard connects where it would have been held", async () => {
  const network = await createNetwork();
  try {
    const address = network.address(4);
    const flag = join(helper.directory, "go");
    // Two sockets, made while guarded: the first tries at once and is held, the second waits until Picket is off.
    const script = [
      "import os, socket, sys, time",
      "held, later = socket.socket(), socket.socket()",
      "held.setblocking(False)",
      "held.connect_ex((sys.argv[1], 80))",
      "print('tried', flush=True)",
      "while not os.path.exists(sys.argv[2]): time.sleep(0.05)",
      "later.settimeout(20)",
      "later.connect((sys.argv[1], 443))",
    ].join("\n");
    const inNear = ["nsenter", `--net=/run/netns/${network.near}`];
    const { stdout, ended } = startPicket(
      ["run", "--", ...inNear, "python3", "-c", script, address, flag],
      helper.socket,
    );
    await expect.poll(stdout, { timeout: 20_000 }).toBe("tried\n");
    await helper.prompt(address);
    expect(await network.arrived("tcp", address, 80)).toBe(0);
    await helper.signal("SIGSTOP");
    expect((await off()).code).toBe(0);
    await helper.ended();
    writeFileSync(flag, "");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    expect(await network.arrived("tcp", address, 443)).toBeGreaterThan(0);
  } finally {
    network.destroy();
  }
});
