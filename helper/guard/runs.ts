// `picket run`: a guarded cgroup for every run. Where systemd manages cgroups a transient scope, elsewhere a cgroup of ours.
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join, relative } from "node:path";
import { CodedError } from "../../contract/errors.ts";
import { pidfdAlive } from "../kernel/libc.ts";
import { cgroupOf, dissolve, makeCgroup, moveProcess, processesIn } from "./cgroups.ts";
import { ensureSlice, releaseSlice, startScope, systemdManagesCgroups } from "./systemd.ts";

export interface Runs {
  /** The guarded cgroup that all runs are in, absolute. */
  readonly directory: string;
  /** Moves one process into a run cgroup of its own; `pidfd` is its. Returns the cgroup below the mount. Errors: run_failed. */
  enter(pid: number, pidfd: number, name: string): Promise<string>;
  /** Whether there may be something to remove: an earlier helper's, too. */
  readonly inUse: boolean;
  /** Removes what is empty. */
  sweep(): void;
  /** Removes everything; what still runs goes on unguarded. */
  close(): Promise<void>;
}

/** Only what is safe in a unit name. */
function label(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, "_").slice(0, 32) || "run";
}

function assertAlive(pidfd: number): void {
  if (!pidfdAlive(pidfd)) throw new CodedError("run_failed", "the process is gone");
}

class PlainRuns implements Runs {
  readonly directory: string;
  private readonly root: string;
  private next = Date.now();
  private readonly origins = new Map<string, string>();
  inUse = true;

  constructor(root: string, instance: string) {
    this.root = root;
    this.directory = join(root, instance);
    makeCgroup(this.directory);
  }

  async enter(pid: number, pidfd: number): Promise<string> {
    const directory = join(this.directory, `run-${this.next++}`);
    assertAlive(pidfd);
    const origin = cgroupOf(pid);
    makeCgroup(directory);
    this.inUse = true;
    try {
      moveProcess(pid, directory);
    } catch (error) {
      rmdirSync(directory);
      throw new CodedError("run_failed", String(error));
    }
    // Alive after the move means the number was its own all the time.
    assertAlive(pidfd);
    this.origins.set(directory, origin);
    return relative(this.root, directory);
  }

  sweep(): void {
    if (!this.inUse) return;
    this.inUse = false;
    for (const entry of readdirSync(this.directory, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      this.inUse = true;
      const directory = join(this.directory, entry.name);
      if (processesIn(directory).length > 0) continue;
      try {
        rmdirSync(directory);
        this.origins.delete(directory);
      } catch {
        // it has cgroups of its own, or somebody just entered
      }
    }
  }

  async close(): Promise<void> {
    for (const entry of readdirSync(this.directory, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const directory = join(this.directory, entry.name);
      const origin = join(this.root, this.origins.get(directory) ?? "");
      await dissolve(directory, existsSync(origin) ? origin : this.root);
    }
    await dissolve(this.directory, this.root);
  }
}

class ScopedRuns implements Runs {
  readonly directory: string;
  private readonly slice: string;
  private next = Date.now();

  constructor(directory: string, slice: string) {
    this.directory = directory;
    this.slice = slice;
  }

  async enter(pid: number, pidfd: number, name: string): Promise<string> {
    assertAlive(pidfd);
    const unit = `${this.slice.replace(/\.slice$/, "")}-run-${this.next++}.scope`;
    const description = `Guarded run of ${label(name)}`;
    const cgroup = await startScope({ unit, slice: this.slice, pid, description });
    assertAlive(pidfd);
    return cgroup.replace(/^\//, "");
  }

  // systemd removes a scope with its last process.
  readonly inUse = false;

  sweep(): void {}

  close(): Promise<void> {
    return releaseSlice(this.slice);
  }
}

/** `root`: the cgroup2 mount. */
export async function makeRuns(root: string, instance: string): Promise<Runs> {
  if (!systemdManagesCgroups()) return new PlainRuns(root, instance);
  // In a unit name "-" means "inside of": every instance has a slice beside the others, not within one.
  const slice = `${instance.replace("-", "_")}.slice`;
  return new ScopedRuns(join(root, await ensureSlice(slice)), slice);
}
