// The tests that touch the kernel, whole files of them, on Debian's stock kernels. `npm run test:vm` and `npm run test:all` run it.
import { beforeAll, describe, test } from "vitest";
import { prepare, testInside } from "./inside.ts";
import { kernels } from "./vm.ts";

const patience = 1_500_000;

const files = [
  "test/bpf/load.test.ts",
  "test/bpf/raw-sockets.test.ts",
  "test/end-to-end/enforce.test.ts",
  "test/end-to-end/hold.test.ts",
  "test/end-to-end/crash.test.ts",
  "test/end-to-end/revocation.test.ts",
];

describe.skipIf(process.arch !== "x64")("the kernel of Debian", () => {
  beforeAll(prepare, 660_000);

  test.concurrent.for(kernels)(
    "%s passes every test that touches the kernel",
    { timeout: patience + 240_000 },
    async (kernel, { expect }) => {
      const { failed, skipped, passed, output } = await testInside(kernel, { files, timeout: patience });
      expect(failed, output).toEqual([]);
      expect(skipped).toEqual([]);
      for (const file of files) expect(passed.filter((name) => name.startsWith(`${file} > `))).not.toEqual([]);
    },
  );
});
