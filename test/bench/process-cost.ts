// What a running helper takes from the machine: processor time and memory.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { abi } from "../../helper/kernel/layout.ts";
import { bpfFileSystem } from "../../helper/kernel/programs.ts";

/** CPU time of all threads so far, milliseconds (proc_pid_schedstat: nanoseconds on the CPU). */
export function cpuTime(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** Share of one core that a process takes while `seconds` pass, percent. */
export async function restingCpu(pid: number, seconds: number): Promise<number> {
  const before = cpuTime(pid);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return (cpuTime(pid) - before) / (seconds * 10);
}

/** Proportional set size, MB. */
export function memory(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

/** Where a helper's maps are pinned. */
export function mapsFolder(instance: string): string {
  return join(bpfFileSystem, instance, `v${abi}`, "maps");
}

/** What the kernel charges for each of a helper's pinned maps, MB. */
export function mapMemory(instance: string): Map<string, number> {
  const folder = mapsFolder(instance);
  return new Map(
    readdirSync(folder).map((name) => {
      const shown = execFileSync("bpftool", ["-j", "map", "show", "pinned", join(folder, name)], { encoding: "utf8" });
      return [name, Number((JSON.parse(shown) as { bytes_memlock: number }).bytes_memlock) / 1024 / 1024];
    }),
  );
}

export function sum(values: Iterable<number>): number {
  return [...values].reduce((total, each) => total + each, 0);
}
