// The virtual machine itself, and the short tier of the project's tests on Debian's stock kernels; all of them: kernels.slow.test.ts.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { until } from "../end-to-end/helper-process.ts";
import { checkout, node } from "../machine/machine.ts";
import { prepare, testIn } from "./inside.ts";
import { kernels, startVm, type VirtualMachine } from "./vm.ts";

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

  test.concurrent.for(kernels)(
    "with Debian's kernel %s runs commands, then the short tier, and leaves nothing",
    { timeout: insidePatience + 240_000 },
    async (kernel, { expect }) => {
      const vm = await startVm(kernel);
      try {
        await expectCommands(vm);
        const { release, failed, passed, output } = await testIn(vm, shortTier);
        expect(release).toMatch(new RegExp(`^${kernel.replace(".", "\\.")}\\.`));
        expect(failed, output).toEqual([]);
        // A renamed test must not leave the selection without a word.
        expect(passed).toHaveLength(6);
      } finally {
        await vm.stop();
      }
      await vm.stop();
      expect(existsSync(`/proc/${vm.pid}`)).toBe(false);
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith("picket-vm-"))).toEqual([]);
    },
  );

  test("dies with its owner", async () => {
    const script = `const { startVm } = await import(${JSON.stringify(join(import.meta.dirname, "vm.ts"))}); await startVm("6.12");`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Killed while it boots.
    const pid = await until("qemu", () => {
      const children = readFileSync(`/proc/${owner.pid}/task/${owner.pid}/children`, "utf8").split(" ");
      return children.find((child) => child !== "" && commandOf(child).startsWith("qemu"));
    });
    owner.kill("SIGKILL");
    await until("its end", () => !existsSync(`/proc/${pid}`));
  }, 300_000);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return ""; // it just ended
  }
}

/** As root or alice, with exit code, output and time limit; the checkout is there, and what is written to it stays there. */
async function expectCommands(vm: VirtualMachine): Promise<void> {
  const where = ["sh", "-c", "id -un; echo problem >&2; exit 7"];
  expect(await vm.run(where)).toEqual({ code: 7, stdout: "root\n", stderr: "problem\n" });
  expect(await vm.run(where, { user: "alice" })).toEqual({ code: 7, stdout: "alice\n", stderr: "problem\n" });
  expect((await vm.run([node, "-p", "process.version"])).stdout).toMatch(/^v24\./);
  expect((await vm.run(["uname", "-r"])).stdout.trim()).toBe(vm.release);
  await expect(vm.run(["sleep", "60"], { timeout: 500 })).rejects.toThrow(/no end within 500 ms/);
  const name = `written-${process.pid}`;
  expect((await vm.run(["touch", `${checkout}/test/vm/${name}`])).code).toBe(0);
  expect(existsSync(join(import.meta.dirname, name))).toBe(false);
}
