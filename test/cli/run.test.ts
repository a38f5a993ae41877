// `picket run`: what the command inherits, and what its caller gets back.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { picket, startPicket } from "./picket-process.ts";
import { type StubHelper, startStubHelper } from "./stub-helper.ts";

vi.setConfig({ testTimeout: 60_000 });

let helper: StubHelper;
beforeAll(async () => {
  helper = await startStubHelper({ "run.enter": { cgroup: "picket-test/run-1" } });
});
afterAll(() => helper.stop());

it("asks the helper to move it before the command starts, and gives back its output and exit code", async () => {
  const { code, stdout } = await picket(["run", "--", "sh", "-c", "echo hello; exit 7"], helper.socket);
  expect({ code, stdout }).toEqual({ code: 7, stdout: "hello\n" });
  expect(helper.calls.at(-1)).toEqual({ method: "run.enter", params: { name: "sh" } });
});

it("starts nothing when there is no helper", async () => {
  const { code, stdout } = await picket(["run", "--", "echo", "unguarded"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
});

it("leaves options after -- to the command", async () => {
  expect((await picket(["run", "--", "echo", "--help", "--json"], helper.socket)).stdout).toBe("--help --json\n");
});

it.each([
  ["/nonexistent/program", 127],
  ["no-such-program-anywhere", 127],
  ["/etc/passwd", 126],
])("%s ends with %i", async (command, expected) => {
  const { code, stderr } = await picket(["run", "--", command], helper.socket);
  expect(code).toBe(expected);
  expect(stderr).toMatch(/^picket: [^\n]+\n$/);
});

it("returns 128 + n for a command that signal n ended", async () => {
  expect((await picket(["run", "--", "sh", "-c", "kill -KILL $$"], helper.socket)).code).toBe(137);
});

it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)(
  "passes %s on to the command",
  async (signal) => {
    const script = `trap 'echo got ${signal}; exit 9' ${signal.slice(3)}; echo ready; while kill -0 $PPID; do sleep 0.05; done 2>/dev/null`;
    const { child, stdout, ended } = startPicket(["run", "--", "sh", "-c", script], helper.socket);
    try {
      await expect.poll(stdout, { timeout: 20_000 }).toBe("ready\n");
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 9, stdout: `ready\ngot ${signal}\n` });
    } finally {
      child.kill("SIGKILL"); // the command ends with it, whatever became of the signal
    }
  },
);

it("closes every descriptor above 2, low and high ones, before the command starts", async () => {
  const launcher = new URL("../../main/cli/picket", import.meta.url).pathname;
  const open = openSync("/dev/null", "r");
  // As inherited: 3 and 4 next to stdio, 15, 16 and 40 far above it.
  const stdio = Array.from({ length: 41 }, (_, at) =>
    at === 1 ? "pipe" : [3, 4, 15, 16, 40].includes(at) ? open : "ignore",
  ) as ("pipe" | "ignore" | number)[];
  const child = spawn(launcher, ["run", "--", "sh", "-c", "ls /proc/$$/fd"], {
    stdio,
    env: { ...process.env, PICKET_SOCKET: helper.socket },
  });
  closeSync(open);
  let listed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (listed += text));
  await new Promise((resolve) => child.once("close", resolve));
  expect(
    listed
      .trim()
      .split("\n")
      .filter((name) => Number(name) <= 2),
  ).toHaveLength(3);
  expect(
    listed
      .trim()
      .split("\n")
      .filter((name) => Number(name) > 2 && Number(name) !== 10),
  ).toEqual([]);
});
