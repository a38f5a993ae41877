// Keeps the wanted cgroups guarded: from the moment each appears, and again when it is made anew under the same name.
import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import type { Degraded } from "../degraded.ts";
import type { CgroupPaths } from "../kernel/cgroup-paths.ts";
import type { SocketState } from "../kernel/layout.ts";
import type { Programs } from "../kernel/programs.ts";
import { log } from "../log.ts";
import { eachRound, Rounds } from "../rounds.ts";
import type { Guard } from "./named.ts";

/** Where folders cannot be watched they are looked at this often, milliseconds. */
const unwatchedPace = 2000;
/** Where they are: for what a watch may miss, and for removed cgroups whose last socket was somebody else's. */
const settlePace = 10_000;
/** How often systemd is asked anew where a unit that does not run will run (its Slice= may have changed), milliseconds. */
const locatePace = 30_000;

interface Kept {
  readonly name: string;
  readonly locate: Guard["locate"];
  directory: string;
  present: boolean;
  failure: string | null;
}

export class Guards {
  private readonly root: string;
  private readonly programs: Programs;
  private readonly kept: Kept[];
  private readonly paths: CgroupPaths;
  private readonly adopt: (sockets: readonly SocketState[]) => void;
  /** By folder; `inode` tells when it was replaced by another of the same name. */
  private readonly watches = new Map<string, { inode: bigint; watcher: FSWatcher }>();
  private unwatched = false;
  private closed = false;
  private stopLocating = () => {};
  private readonly settling = new Rounds({
    near: unwatchedPace,
    far: settlePace,
    isBusy: () => this.unwatched,
    work: () => this.settleSafely(),
  });

  /** `root`: the cgroup2 mount. `adopt` hears of the sockets that were there before their guard. */
  constructor(
    root: string,
    paths: CgroupPaths,
    programs: Programs,
    guards: readonly Guard[],
    adopt: (sockets: readonly SocketState[]) => void,
  ) {
    this.root = root;
    this.adopt = adopt;
    this.paths = paths;
    this.programs = programs;
    this.kept = guards.map(({ name, directory, locate }) => ({
      name,
      directory,
      locate,
      present: false,
      failure: null,
    }));
  }

  /** Throws when the kernel refuses a cgroup that is there. */
  start(): void {
    this.settle();
    const failed = this.kept.find(({ failure }) => failure !== null);
    if (failed) throw new Error(`${failed.name} cannot be guarded: ${failed.failure}`);
    this.settling.start();
    this.stopLocating = eachRound(locatePace, () => void this.locateWaiting());
  }

  /** What is attached stays attached. */
  close(): void {
    this.closed = true;
    this.settling.stop();
    this.stopLocating();
    for (const { watcher } of this.watches.values()) watcher.close();
    this.watches.clear();
  }

  /** The guarded cgroups that there are now, below the mount: an earlier helper's too, as long as nobody took its programs away. */
  guarded(): string[] {
    return this.programs.guarded().flatMap((inode) => this.paths.find(BigInt(inode))?.slice(1) ?? []);
  }

  degraded(): Degraded[] {
    const names = (which: (guard: Kept) => boolean) => this.kept.filter(which).map(({ name }) => name);
    const waiting = names(({ present }) => !present);
    const failed = names(({ failure }) => failure !== null);
    const said: Degraded[] = [];
    if (waiting.length > 0)
      said.push({ code: "guardWaits", message: `Not running; guarded as soon as it is: ${waiting.join(", ")}.` });
    if (failed.length > 0) said.push({ code: "guardFailed", message: `Could not be guarded: ${failed.join(", ")}.` });
    if (this.unwatched)
      said.push({
        code: "guardUnwatched",
        message: "Cgroups cannot be watched: one that appears is guarded up to two seconds late.",
      });
    return said;
  }

  /** Attaches to what has appeared, lets go of what is gone. */
  private settle(): void {
    do for (const guard of this.kept) this.attach(guard);
    while (
      // What appears in a folder before it is watched is told by nobody: look again.
      this.watchFolders()
    );
    this.letGo();
  }

  private attach(guard: Kept): void {
    guard.present = inodeOf(guard.directory) !== null;
    if (!guard.present || this.isCovered(guard.directory)) return;
    try {
      this.adopt(this.programs.guard(guard.directory));
      guard.failure = null;
    } catch (error) {
      guard.present = inodeOf(guard.directory) !== null;
      const failure = guard.present ? String(error) : null;
      if (failure !== guard.failure)
        log("error", "a cgroup is not guarded", { guard: guard.name, error: String(error) });
      guard.failure = failure;
    }
  }

  /** Programs on a cgroup and on one around it would both run: they would hold and count everything twice. */
  private isCovered(directory: string): boolean {
    return this.kept.some(
      (other) => other.present && other.failure === null && directory.startsWith(`${other.directory}/`),
    );
  }

  private letGo(): void {
    for (const inode of this.programs.guarded()) {
      const path = this.paths.find(BigInt(inode));
      if (path === null) this.programs.forgetDead(inode);
      else if (this.isCovered(this.root + path)) this.programs.unguard(inode);
    }
  }

  /** Watches every folder in which a wanted cgroup, or one on the way to it, may appear. True when there was a new one to watch. */
  private watchFolders(): boolean {
    const folders = new Set<string>();
    for (const { directory } of this.kept) {
      for (let at = dirname(directory); at.length >= this.root.length; at = dirname(at)) folders.add(at);
    }
    for (const folder of this.watches.keys()) if (!folders.has(folder)) this.unwatch(folder);
    const outcomes = [...folders].map((folder) => this.watch(folder));
    const unwatched = outcomes.includes("failed");
    // Most likely root's share of watches is used up (fs.inotify.max_user_watches, max_user_instances).
    if (unwatched && !this.unwatched) log("error", "cgroups cannot be watched", {});
    this.unwatched = unwatched;
    return outcomes.includes("new");
  }

  private watch(folder: string): "new" | "known" | "absent" | "failed" {
    const inode = inodeOf(folder);
    if (inode !== null && this.watches.get(folder)?.inode === inode) return "known";
    this.unwatch(folder);
    if (inode === null) return "absent";
    try {
      const watcher = watch(folder, (event, name) => {
        if (event === "rename" && this.isOnTheWay(folder, name)) this.settleSafely();
      });
      watcher.on("error", () => this.unwatch(folder));
      this.watches.set(folder, { inode, watcher });
      return "new";
    } catch {
      return inodeOf(folder) === inode ? "failed" : "absent";
    }
  }

  private unwatch(folder: string): void {
    this.watches.get(folder)?.watcher.close();
    this.watches.delete(folder);
  }

  /** A busy slice sees many units come and go that nobody asked about. */
  private isOnTheWay(folder: string, name: string | null): boolean {
    const path = `${folder}/${name}`;
    return name === null || this.kept.some(({ directory }) => directory === path || directory.startsWith(`${path}/`));
  }

  private settleSafely(): void {
    try {
      this.settle();
    } catch (error) {
      log("error", "the guards could not be looked after", { error: String((error as Error).stack ?? error) });
    }
  }

  private async locateWaiting(): Promise<void> {
    for (const guard of this.kept) {
      if (guard.present || guard.locate === null) continue;
      // Where systemd does not answer, what it said before holds.
      guard.directory = await guard.locate().catch(() => guard.directory);
    }
    if (!this.closed) this.settleSafely();
  }
}

function inodeOf(directory: string): bigint | null {
  try {
    return statSync(directory, { bigint: true }).ino;
  } catch {
    return null;
  }
}
