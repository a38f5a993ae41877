// The virtual machine itself, and the short tier of the project's tests on Debian's stock kernels; all of them: kernels.slow.test.ts.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { checkout, node } from "../machine/machine.ts";
import { prepare, testInside } from "./inside.ts";
import { kernels, startVm } from "./vm.ts";

/** Root file system and kernels, on the first run. */
const buildPatience = 660_000;
const insidePatience = 1_200_000;

/** The object loads, what is decided the kernel decides alone, and a hold outlives its helper. */
const shortTier = {
  files: ["test/bpf/load.test.ts", "test/end-to-end/enforce.test.ts", "test/end-to-end/crash.test.ts"],
  names: ["loads on this kernel", "over IPv4, with the helper stopped", "the flow stays held, is asked about again"],
  timeout: insidePatience,
};

// The kernels and the pinned Node in there are of this architecture alone.
describe.skipIf(process.arch !== "x64")("a virtual machine", () => {
  beforeAll(prepare, buildPatience);

  describe("with the kernel of Debian", () => {
    test.concurrent.for(kernels)(
      "%s runs the short tier",
      { timeout: insidePatience + 240_000 },
      async (kernel, { expect }) => {
        const { release, failed, passed, output } = await testInside(kernel, shortTier);
        expect(release).toMatch(new RegExp(`^${kernel.replace(".", "\\.")}\\.`));
        expect(failed, output).toEqual([]);
        // A renamed test must not leave the selection without a word.
        expect(passed).toHaveLength(6);
      },
    );
  });

  test("runs commands as root or alice with exit code, output and time limit, sees the checkout, and leaves nothing", async () => {
    const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith("picket-vm-"));
    const before = leftovers();
    const vm = await startVm("6.1");
    try {
      const where = ["sh", "-c", "id -un; echo problem >&2; exit 7"];
      expect(await vm.run(where)).toEqual({ code: 7, stdout: "root\n", stderr: "problem\n" });
      expect(await vm.run(where, { user: "alice" })).toEqual({ code: 7, stdout: "alice\n", stderr: "problem\n" });
      expect((await vm.run([node, "-p", "process.version"])).stdout).toMatch(/^v24\./);
      expect((await vm.run(["uname", "-r"])).stdout.trim()).toBe(vm.release);
      await expect(vm.run(["sleep", "60"], { timeout: 500 })).rejects.toThrow(/no end within 500 ms/);
      // Written in there, unknown here.
      const name = `written-${process.pid}`;
      expect((await vm.run(["touch", `${checkout}/test/vm/${name}`])).code).toBe(0);
      expect(existsSync(join(import.meta.dirname, name))).toBe(false);
    } finally {
      await vm.stop();
    }
    await vm.stop();
    expect(existsSync(`/proc/${vm.pid}`)).toBe(false);
    expect(leftovers()).toEqual(before);
  }, 300_000);

  test("dies with its owner", async () => {
    const script = `const { startVm } = await import(${JSON.stringify(join(import.meta.dirname, "vm.ts"))});
      console.log((await startVm("6.12")).pid); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve, reject) => {
      owner.once("exit", (code) => reject(new Error(`the owner ended with ${code}`)));
      owner.stdout.once("data", (line: Buffer) => resolve(Number(line)));
    });
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toMatch(/^qemu/);
    owner.removeAllListeners("exit");
    owner.kill("SIGKILL");
    for (const end = performance.now() + 10_000; existsSync(`/proc/${pid}`); await sleep(20))
      expect(performance.now()).toBeLessThan(end);
  }, 300_000);
});
