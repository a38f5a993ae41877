// The real desktop on Debian's stock kernels. Alone, one kernel: PICKET_TESTS=all node build/run-vitest.ts test/vm/desktop.slow -t 6.12
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { slowness } from "../end-to-end/helper-process.ts";
import { Desktop } from "../machine/desktop.ts";
import { makePackages, removePackages, storeDeb, write } from "../machine/installed.ts";
import { kernels, makeDisk, slowUnit, startVm } from "./vm.ts";

/** An emulated processor draws the windows of two Chromiums. */
const emulated = 10 * slowness;

describe.skipIf(process.arch !== "x64")("a desktop on the kernel of Debian", () => {
  let folder: string;
  let deb: string;
  beforeAll(async () => {
    await makePackages(["deb"]);
    deb = storeDeb();
    folder = mkdtempSync(join(tmpdir(), "picket-disk-"));
  }, 1_800_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    removePackages();
  });

  test.for(kernels)(
    "%s: a login, curl and Chromium answered in the real window, a log-out, and the rules after another boot",
    { timeout: 3_600_000 * slowness },
    async (kernel) => {
      const options = { kind: "desktop", disk: join(folder, kernel), memory: 4096 } as const;
      makeDisk(options.disk);
      let vm = await startVm(kernel, options);
      try {
        let desktop = new Desktop(vm, emulated);
        const step = async (what: string, work: () => Promise<void>) => {
          const start = performance.now();
          await work();
          console.log(`${kernel}: ${what}, ${((performance.now() - start) / 1000).toFixed(0)} s`);
        };
        await step("prepared", () => desktop.prepare());
        await write(desktop, ...slowUnit);
        await step("installed", () => desktop.install(deb));
        await step("logged in", () => desktop.logIn());
        await step("curl allowed", () => desktop.allowsCurl());
        await step("Chromium blocked", () => desktop.blocksChromium());
        await step("nothing told to another person", () => desktop.hidesAllFromBob());
        await desktop.prepareLogins();
        await desktop.logOut();
        await vm.shutDown();
        vm = await startVm(kernel, options);
        desktop = new Desktop(vm, emulated);
        await step("met the rules", () => desktop.meetsRulesFromTheFirstPacket());
      } finally {
        await vm.stop();
      }
    },
  );
});
