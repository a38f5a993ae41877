// Compiles the eBPF programs to one CO-RE object; the same sources give the same object on every machine of an architecture.
import { execFile } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { dist, root } from "./paths.ts";

const run = promisify(execFile);

/** Debian's versioned name first: a machine may have another clang beside it. */
const compilers = ["clang-14", "clang"];
/** Where Debian keeps the kernel's <asm/…> headers. */
const multiarch: Record<string, string> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

export async function buildBpf(): Promise<void> {
  const folder = join(dist, "bpf");
  const object = join(folder, "picket.bpf.o");
  mkdirSync(folder, { recursive: true });
  const headers = `/usr/include/${multiarch[process.arch]}`;
  const args = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-Wall", "-Werror", "-I", headers];
  await compile([...args, "-c", join(root, "bpf/picket.bpf.c"), "-o", `${object}.new`]);
  renameSync(`${object}.new`, object);
}

async function compile(args: string[]): Promise<void> {
  for (const compiler of compilers) {
    try {
      await run(compiler, args);
      return;
    } catch (error) {
      const { code, stderr } = error as { code?: unknown; stderr?: string };
      if (code !== "ENOENT") throw new Error(`${compiler} refused bpf/picket.bpf.c:\n${stderr ?? String(error)}`);
    }
  }
  throw new Error(`no compiler found (${compilers.join(", ")}): npm run setup installs one`);
}
