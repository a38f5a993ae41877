// What a running helper takes from the machine: processor time and memory.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { abi } from "../../helper/kernel/layout.ts";
import { BpfMap, openPin } from "../../helper/kernel/libbpf.ts";
import { close } from "../../helper/kernel/libc.ts";
import { bpfFileSystem } from "../../helper/kernel/pins.ts";

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

/** Proportional and resident set size, MB, without the mapped pages of BPF maps: those are counted with the maps. */
export function memory(pid: number): { pss: number; rss: number } {
  const areas = readFileSync(`/proc/${pid}/smaps`, "utf8").split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const own = areas.filter((area) => !area.includes("anon_inode:bpf-map"));
  const total = (name: string) =>
    sum(own.map((area) => Number(new RegExp(`^${name}: +(\\d+) kB`, "m").exec(area)?.[1])));
  return { pss: total("Pss") / 1024, rss: total("Rss") / 1024 };
}

function childrenOf(pid: number): number[] {
  const direct = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return direct.flatMap((child) => [child, ...childrenOf(child)]);
}

/** Proportional set size of a process and everything below it, MB, also by kind of Chromium process. */
export function familyMemory(pid: number): { total: number; parts: Map<string, number> } {
  const parts = new Map<string, number>();
  for (const each of [pid, ...childrenOf(pid)]) {
    const words = readFileSync(`/proc/${each}/cmdline`, "utf8");
    const [, kind = "main"] = /--type=([\w-]+)/.exec(words) ?? [];
    const rollup = readFileSync(`/proc/${each}/smaps_rollup`, "utf8");
    const pss = Number(/^Pss: +(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024;
    parts.set(kind, (parts.get(kind) ?? 0) + pss);
  }
  return { total: sum(parts.values()), parts };
}

/** Where a helper's maps are pinned. */
export function mapsFolder(instance: string): string {
  return join(bpfFileSystem, instance, `v${abi}`, "maps");
}

/** As `bpftool map show` has it. */
function shown(...map: string[]): { type: string; bytes_memlock: number } {
  return JSON.parse(execFileSync("bpftool", ["-j", "map", "show", ...map], { encoding: "utf8" }));
}

/** The kernel's number of the map within a pinned one that grows. */
function idWithin(pin: string): number {
  const fd = openPin(pin);
  const id = Buffer.alloc(4);
  new BpfMap(fd).get(Buffer.alloc(4), id);
  close(fd);
  return id.readUInt32LE();
}

/** What the kernel charges for each of a helper's pinned maps, MB; for one that grows, with the map within. */
export function mapMemory(instance: string): Map<string, number> {
  const folder = mapsFolder(instance);
  return new Map(
    readdirSync(folder).map((name) => {
      const pin = join(folder, name);
      const { type, bytes_memlock } = shown("pinned", pin);
      const within = type === "array_of_maps" ? shown("id", String(idWithin(pin))).bytes_memlock : 0;
      return [name, (Number(bytes_memlock) + Number(within)) / 1024 / 1024];
    }),
  );
}

export function sum(values: Iterable<number>): number {
  return [...values].reduce((total, each) => total + each, 0);
}
