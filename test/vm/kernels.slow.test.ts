// The tests that touch the kernel, whole files of them, on Debian's stock kernels. `npm run test:vm` and `npm run test:all` run it; one file
// on one kernel: PICKET_TESTS=all node build/run-vitest.ts test/vm/kernels.slow -t "6.1 passes test/bpf/load"
import { afterAll, beforeAll, describe, test } from "vitest";
import { slowness } from "../end-to-end/helper-process.ts";
import { checkout, node } from "../machine/machine.ts";
import { prepare, testIn } from "./inside.ts";
import { type Kernel, kernels, startVm, type VirtualMachine } from "./vm.ts";

/** One file: the longest takes some minutes where each client takes seconds to start. */
const patience = 1_800_000 * slowness;

// Left out: what needs a screen, what measures, and what only takes longer than the same on few processors.
const files = [
  ...[
    "revocation",
    "inbound",
    "adoption",
    "adoption-rules",
    "names",
    "rules",
    "identity",
    "lifetimes",
    "identity-attacks",
  ],
  ...[
    "prompts",
    "enforce",
    "hold",
    "errors",
    "coverage",
    "resend",
    "upgrade",
    "modes",
    "full",
    "leaks",
    "kill",
    "kept-apps",
    "crash",
  ],
  ...["changed", "usual", "astray", "multipath", "listed-away"],
  ...["bpf/raw-sockets", "bpf/load", "helper/guard/guards"],
  ...[
    "policy-maps",
    "growing-map",
    "ring",
    "announcements",
    "changing-default",
    "named-before",
    "full-maps",
    "full-known",
    "small-maps",
  ].map((name) => `helper/kernel/${name}`),
].map((name) => `test/${name.includes("/") ? name : `end-to-end/${name}`}.test.ts`);

/** What wants a program that the machines have not. */
const except = ["blocks over QUIC as well, by what Chromium's first datagrams say"];

/** Both kernels' machines side by side, each with one file at a time. */
class Turns {
  private readonly machines = new Map<Kernel, Promise<VirtualMachine>>();
  private readonly turns = new Map<Kernel, Promise<unknown>>();

  take<T>(kernel: Kernel, work: (vm: VirtualMachine) => Promise<T>): Promise<T> {
    const turn = (this.turns.get(kernel) ?? Promise.resolve()).then(async () => {
      if (!this.machines.has(kernel)) this.machines.set(kernel, startVm(kernel, { memory: 3072 }));
      const vm = await (this.machines.get(kernel) as Promise<VirtualMachine>);
      return work(vm).catch(async (error) => {
        // Who knows what goes on in there: the next file gets a machine of its own.
        this.machines.delete(kernel);
        await vm.stop();
        throw error;
      });
    });
    this.turns.set(
      kernel,
      turn.catch(() => {}),
    );
    return turn;
  }

  async stop(): Promise<void> {
    for (const machine of this.machines.values()) await (await machine.catch(() => undefined))?.stop();
  }
}

describe.skipIf(process.arch !== "x64")("the kernel of Debian", () => {
  const turns = new Turns();
  beforeAll(prepare, 660_000);
  afterAll(() => turns.stop());

  const cases = files.flatMap((file) => kernels.map((kernel) => [kernel, file] as const));
  test.concurrent.for(cases)(
    "%s passes %s",
    { timeout: files.length * patience },
    async ([kernel, file], { expect }) => {
      const inside = (vm: VirtualMachine) => testIn(vm, { files: [file], except, timeout: patience });
      const { failed, skipped, passed, seconds, output } = await turns.take(kernel, inside);
      console.log(`${kernel} ${file}: ${passed.length} passed, ${failed.length} failed, ${seconds} s`);
      expect(failed, output).toEqual([]);
      expect(skipped.filter((name) => !except.some((part) => name.includes(part)))).toEqual([]);
      expect(passed).not.toEqual([]);
    },
  );

  test.concurrent.for(kernels)(
    "%s: an answer lasts as long as it says, whatever the clock is set to",
    { timeout: files.length * patience },
    async (kernel, { expect }) => {
      const command = [node, `${checkout}/test/vm/set-clock.ts`];
      const ran = await turns.take(kernel, (vm) => vm.run(command, { timeout: 180_000 * slowness }));
      expect(ran).toMatchObject({ code: 0, stdout: "as long as they say\n" });
    },
  );
});
