// How the tests run, several files at a time: pure ones, then those that load programs and start helpers, which wait for holds,
// retransmissions and lifetimes most of the time, whole systems, which wait for their services, and screens with a window each. At last, one
// after another, those that need the machine to themselves.
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./build/longest-first.ts";

const all = process.env.PICKET_TESTS === "all";
const tests = "**/*.test.{ts,tsx}";
/** Folders whose tests share nothing with one another: no kernel, no socket under a fixed name, no screen. */
const pure = ["contract", "build", "renderer", "helper/policy", "helper/prompts"].map(
  (room) => `test/${room}/${tests}`,
);
/** A machine with its own systemd each. Its own test counts what others would sweep away. */
const machines = [`test/vm/${tests}`, "test/machine/!(machine).test.ts"];
/** Windows, each on a screen of its own. */
const screens = [`test/window/${tests}`, "test/end-to-end/window*.test.ts"];
/** What loads or fills the machine, or starts from nothing. */
const alone = [
  "test/machine/machine.test.ts",
  "test/end-to-end/{crash,first-run,flood,full,kill,leaks,start,storm}.test.ts",
  "test/**/*.slow.test.ts",
];
const slow = all ? [] : ["test/**/*.slow.test.{ts,tsx}"];

/** How many times slower than an idle machine this one is known to be. */
const slowness = Number(process.env.PICKET_PATIENCE ?? 1);

// The machine may be slow and shared; a test that waits for something bounds the wait itself.
// The 20 s holds of a file wait side by side.
const patience = {
  // Fewer where each client takes seconds to start: the virtual machines of test/vm.
  maxConcurrency: Number(process.env.PICKET_SIDE_BY_SIDE ?? 16),
  testTimeout: 60_000 * slowness,
  hookTimeout: 120_000 * slowness,
  teardownTimeout: 30_000 * slowness,
  pool: "forks",
} as const;

export default defineConfig({
  test: {
    // A forgotten `.only` would leave the others out without a word.
    allowOnly: false,
    reporters: ["default", "./build/reporter.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Two workers even on two cores, where vitest would take one. Orders start at 1: 0 is vitest's "no order".
        test: { name: "pure", include: pure, exclude: slow, maxWorkers: 2, sequence: { groupOrder: 1 }, ...patience },
      },
      {
        test: {
          name: "real",
          include: [`test/${tests}`],
          exclude: [...pure, ...alone, ...screens, ...machines],
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
          ...patience,
        },
      },
      {
        test: {
          name: "machines",
          include: machines,
          exclude: ["test/**/*.slow.test.ts"],
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
          ...patience,
        },
      },
      {
        test: {
          name: "screens",
          include: screens,
          exclude: ["test/**/*.slow.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
          ...patience,
        },
      },
      {
        test: {
          name: "alone",
          include: alone,
          exclude: [...pure, ...slow],
          fileParallelism: false,
          sequence: { groupOrder: 5 },
          ...patience,
        },
      },
    ],
  },
});
