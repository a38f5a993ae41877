// How often each of a helper's attached programs ran during some work, and for how long, by the kernel's own statistics.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { abi } from "../../../helper/kernel/layout.ts";
import { bpfFileSystem } from "../../../helper/kernel/pins.ts";
import { Generator } from "./generator.ts";

export interface ProgramCost {
  readonly name: string;
  readonly runs: number;
  readonly nanoseconds: number;
}

function bpftool<T>(...args: string[]): T {
  return JSON.parse(execFileSync("bpftool", ["-j", ...args], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })) as T;
}

/** Program ids behind the pinned links of an instance's guards. */
function attached(instance: string): Set<number> {
  const guards = join(bpfFileSystem, instance, `v${abi}`, "guards");
  const links = readdirSync(guards).flatMap((guard) =>
    readdirSync(join(guards, guard)).map((link) => join(guards, guard, link)),
  );
  return new Set(links.map((link) => bpftool<{ prog_id: number }>("link", "show", "pinned", link).prog_id));
}

function read(ids: ReadonlySet<number>): ProgramCost[] {
  const programs = bpftool<{ id: number; name: string; run_time_ns?: number; run_cnt?: number }[]>("prog", "show");
  return programs
    .filter(({ id }) => ids.has(id))
    .map(({ name, run_time_ns = 0, run_cnt = 0 }) => ({ name, runs: run_cnt, nanoseconds: run_time_ns }));
}

/** Costliest first. The kernel times programs only while this runs: the clock itself is a part of what it shows. */
export async function programCosts(instance: string, work: () => Promise<unknown>): Promise<ProgramCost[]> {
  const statistics = await Generator.start([Generator.build("statistics")]);
  try {
    const ids = attached(instance);
    const before = new Map(read(ids).map((cost) => [cost.name, cost]));
    await work();
    return read(ids)
      .map(({ name, runs, nanoseconds }) => ({
        name,
        runs: runs - (before.get(name)?.runs ?? 0),
        nanoseconds: nanoseconds - (before.get(name)?.nanoseconds ?? 0),
      }))
      .filter(({ runs }) => runs > 0)
      .sort((a, b) => b.nanoseconds - a.nanoseconds);
  } finally {
    await statistics.close();
  }
}
