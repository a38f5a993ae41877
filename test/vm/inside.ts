// Runs this project's own tests inside a virtual machine, with the runner and the reporter of `npm test`.
import type { Result } from "../../build/tally.ts";
import { freshObject, smallObject, smallRooms } from "../bpf/object.ts";
import { foreignObject } from "../end-to-end/foreign-egress.ts";
import { slowness } from "../end-to-end/helper-process.ts";
import { OtherVersion } from "../end-to-end/other-version.ts";
import { checkout, node } from "../machine/machine.ts";
import { compileClients } from "../network/compiled.ts";
import { buildKernel, kernels, type VirtualMachine } from "./vm.ts";

/** Emulation is 20 to 60 times slower: clients that a test starts side by side would wait for one another longer than it waits for them. */
const sideBySide = 2;
const results = "/tmp/results.json";

export interface Selection {
  files: readonly string[];
  /** Parts of test names; default: all tests of the files. */
  names?: readonly string[];
  /** Instead: parts of the names of tests that do not run. */
  except?: readonly string[];
  /** Milliseconds. */
  timeout: number;
}

export interface InsideResults {
  release: string;
  failed: string[];
  skipped: string[];
  passed: string[];
  seconds: number;
  output: string;
}

/** What every machine shares, made once: root file system, kernels, and whatever is compiled, for there is no compiler inside. */
export async function prepare(): Promise<void> {
  for (const kernel of kernels) await buildKernel(kernel);
  await freshObject();
  for (const name of Object.keys(smallRooms) as (keyof typeof smallRooms)[]) smallObject(name);
  compileClients();
  foreignObject();
  new OtherVersion().remove();
}

/** Runs the tests in a machine. Their output goes to the terminal as well when PICKET_VM_OUTPUT is set. */
export async function testIn(vm: VirtualMachine, { files, names, except, timeout }: Selection): Promise<InsideResults> {
  const began = performance.now();
  const release = (await vm.run(["uname", "-r"])).stdout.trim();
  const only = names ? ["-t", names.join("|")] : except ? ["-t", `^(?!.*(${except.join("|")}))`] : [];
  const runner = [node, `${checkout}/build/run-vitest.ts`, "--project=real", "--project=alone", ...only, ...files];
  const { stdout, stderr } = await vm.run(["sh", "-c", 'cd "$0" && exec "$@"', checkout, ...runner], {
    env: {
      PATH: `${checkout}/node_modules/.bin:/usr/sbin:/usr/bin`,
      PICKET_RESULTS: results,
      PICKET_TESTS: "all",
      PICKET_SIDE_BY_SIDE: String(sideBySide),
      PICKET_PATIENCE: String(6 * slowness), // a processor that is imitated
      // Every helper and command line compiles the same sources: 2.4 times as fast the second time.
      NODE_COMPILE_CACHE: "/tmp/compile-cache",
    },
    timeout,
    ...(process.env.PICKET_VM_OUTPUT ? { onOutput: (text: string) => process.stderr.write(text) } : {}),
  });
  const output = `${stdout}\n${stderr}`.slice(-20_000);
  const { code, stdout: json } = await vm.run(["cat", results]);
  if (code !== 0) throw new Error(`the tests inside wrote no results:\n${output}`);
  const all = JSON.parse(json) as Result[];
  const those = (wanted: Result["state"]) => all.filter(({ state }) => state === wanted).map(({ name }) => name);
  const seconds = Math.round((performance.now() - began) / 1000);
  return { release, failed: those("failed"), skipped: those("skipped"), passed: those("passed"), seconds, output };
}
