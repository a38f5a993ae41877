// The second half of set-up: the eBPF object and the window's bundles, each only when what it is made from has changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { dist, root } from "./paths.ts";
import { giveBack, runTask } from "./privilege.ts";

type Step = { name: string; run: () => Promise<void>; inputs: string[]; outputs: string[] };

// Loaded only when they run: the bundler alone takes longer than finding that there is nothing to do.
const steps: Step[] = [
  {
    name: "bpf",
    run: async () => (await import("./bpf.ts")).buildBpf(),
    inputs: ["bpf", "build/bpf.ts"],
    outputs: ["bpf/picket.bpf.o"],
  },
  {
    name: "window",
    run: async () => (await import("./window.ts")).buildWindow(),
    inputs: ["main", "renderer", "contract", "build/window.ts", "package-lock.json"],
    outputs: ["window"],
  },
];

export async function build(): Promise<void> {
  for (const { name, run, inputs, outputs } of steps) {
    const mark = join(dist, `.${name}-inputs`);
    const print = fingerprint(inputs.map((input) => join(root, input)));
    const made = outputs.every((output) => existsSync(join(dist, output)));
    if (made && existsSync(mark) && readFileSync(mark, "utf8") === print) continue;
    const start = performance.now();
    mkdirSync(dist, { recursive: true });
    // A build that fails half-way must not look like the one before it.
    rmSync(mark, { force: true });
    await run();
    writeFileSync(mark, print);
    console.log(`built ${name} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  giveBack();
}

/** Contents and paths (below the clone, wherever that lies) of every file below `inputs`, in one hash. */
export function fingerprint(inputs: string[]): string {
  const hash = createHash("sha256");
  const visit = (path: string): void => {
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) visit(inner);
      else if (entry.isFile()) hash.update(`\0${relative(root, inner)}\0`).update(readFileSync(inner));
    }
  };
  for (const input of inputs) {
    if (!existsSync(input)) hash.update(`\0${relative(root, input)} is missing`);
    else if (/\.\w+$/.test(input)) hash.update(`\0${relative(root, input)}\0`).update(readFileSync(input));
    else visit(input);
  }
  return hash.digest("hex");
}

if (import.meta.main) {
  await runTask(async () => {
    await build();
    return 0;
  });
}
