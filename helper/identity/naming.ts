// Remembers which executable and which process is which app, tells the kernel, and names what is new.

import { setImmediate as others } from "node:timers/promises";
import { splitAppPath } from "../../contract/app-path.ts";
import type { App, Package } from "../../contract/words.ts";
import {
  type Ancestor,
  type FlowRecord,
  flowId,
  type Launch,
  layouts,
  type ProcessRecord,
  type ProgramRecord,
} from "../kernel/layout.ts";
import type { BpfMap } from "../kernel/libbpf.ts";
import type { Notices } from "../kernel/notices.ts";
import { ancestorsOf } from "../kernel/records.ts";
import { log } from "../log.ts";
import { Slices } from "../slices.ts";
import type { AppNumbers } from "../store/numbers.ts";
import type { Apps, Identified } from "./apps.ts";
import { isSteady } from "./content.ts";
import type { Contents } from "./contents.ts";
import { Kept } from "./kept.ts";
import { compact } from "./launch.ts";
import { takeOver, unnumbered } from "./living.ts";
import { Turns } from "./turns.ts";
import { type EarlyEnd, sharerOf, UnderWay } from "./under-way.ts";
import { nearestReason } from "./via.ts";

/** Executables remembered; the kernel's map has as many entries. */
const capacity = 65536;
/** Processes remembered, the same. */
const processCapacity = 32768;
/** Of how many it is remembered how they were started: that takes more room. */
const mostLaunches = processCapacity / 8;
/** How long nobody looks again for what could not be named, milliseconds: a program may open thousands of connections. */
const doubt = 1000;

/** How many are named at a time: a shell script may start thousands. */
const mostAtATime = 256;
/** How long the next one waits at most, milliseconds: a file system that hangs does not stop the others, however many run from it. */
const longestTurn = 1000;

export interface NamingParts {
  readonly apps: Apps;
  readonly numbers: AppNumbers;
  readonly contents: Pick<Contents, "meet" | "isChanged" | "fileOf">;
  /** The kernel's maps: executable → number, process → number, process → how it was started. */
  readonly maps: Record<"apps" | "processes" | "launches", BpfMap>;
  readonly notices: Pick<Notices, "takeBackNumbers">;
}

/** A process by the kernel's key, as a map key. */
function keyOf({ start, exec_id, kernel_pid }: ProcessRecord): Buffer {
  return layouts.process_key.write({ start, exec_id, kernel_pid });
}

function nameOf(key: Buffer): string {
  return key.toString("latin1");
}

/** Whether a package may own the app, and nobody has looked yet. */
function wantsOwner({ path, packaging, package: owner }: App): boolean {
  return owner === undefined && !packaging && path.startsWith("/");
}

/** Forgets the oldest entries beyond `most`. */
function bound(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

export class Naming {
  private readonly parts: NamingParts;
  private readonly known = new Map<string, App>();
  /** Processes of other executables; `until`: performance.now() milliseconds. */
  private readonly named = new Map<string, { app: App; until: number }>();
  private readonly launches = new Map<string, Launch>();
  /** Pids of the processes that a process came from, the parent first. */
  private readonly kin = new Map<string, readonly number[]>();
  /** The apps that processes were started by, and those being looked for. */
  private readonly reasons = new Map<string, string | null | Promise<string | null>>();
  private readonly turns = new Turns(mostAtATime, longestTurn);
  private readonly slices = new Slices();
  /** Processes that are being named, or wait for that. */
  private readonly asked = new Map<string, Promise<App>>();
  readonly underWay = new UnderWay();
  private readonly kept: Kept;
  /** Executables and processes that neither this process nor the kernel could remember: there are too many. */
  unnamed = 0;

  constructor(parts: NamingParts) {
    this.parts = parts;
    this.kept = new Kept(parts, this.known);
    // It may end before its next call, while what it leaves behind is yet to be judged: the last packets of a connection.
    const learn = (key: Buffer, launch: Launch) => this.learn(nameOf(key), launch);
    void this.nameAgain(takeOver(parts.maps.processes, (key) => this.readLaunch(key), learn));
  }

  /** One after the other, and everything else in between: nobody waits for it. */
  private async nameAgain(living: readonly ProcessRecord[]): Promise<void> {
    const { processes } = this.parts.maps;
    for (const process of living) {
      const number = Buffer.alloc(4);
      await others();
      await this.name(process).catch(() => undefined);
      // Told of at its next call.
      if (processes.get(keyOf(process), number) && number.equals(unnumbered)) processes.delete(keyOf(process));
    }
  }

  /** The kernel tells of a process whose app has no number. It may be gone by now, and its first packet is yet to come. */
  announce(program: ProgramRecord): void {
    const exe = nameOf(layouts.exe_key.write(program.process.exe));
    if (program.launched) this.learn(nameOf(keyOf(program.process)), program.launch);
    const app = this.known.get(exe) ?? this.name(program.process);
    const process = nameOf(keyOf(program.process));
    const ancestors = ancestorsOf(program);
    this.kin.set(
      process,
      ancestors.map(({ pid }) => pid),
    );
    bound(this.kin, processCapacity);
    this.findReason(process, app, ancestors);
  }

  private learn(process: string, launch: Launch): void {
    this.launches.set(process, compact(launch));
    bound(this.launches, mostLaunches);
  }

  /** Pids of its ancestors, the parent first, where they were told. Any may be another process's by now. */
  kinOf(process: ProcessRecord): readonly number[] {
    return this.kin.get(nameOf(keyOf(process))) ?? [];
  }

  /** Who is behind a process. Its ancestors are named like anybody else. */
  private findReason(process: string, self: App | Promise<App>, ancestors: readonly Ancestor[]): void {
    const reason = Promise.all([self, ...ancestors.map((ancestor) => this.nameAncestor(ancestor))])
      .then(([app, ...above]) =>
        nearestReason(
          app.path,
          above.map(({ path }) => path),
        ),
      )
      .catch(() => null)
      .then((via) => {
        this.reasons.set(process, via);
        return via;
      });
    this.reasons.set(process, reason);
    bound(this.reasons, processCapacity);
  }

  private async nameAncestor({ exe, key, pid }: Ancestor): Promise<App> {
    const known =
      this.known.get(nameOf(layouts.exe_key.write(exe))) ?? this.recall(nameOf(layouts.process_key.write(key)));
    if (known) return known;
    const empty = layouts.process.read(Buffer.alloc(layouts.process.size));
    return this.name({ ...empty, ...key, exe, pid });
  }

  /**
   * Names the record's app and goes on: at once when it is known, else as soon as the file system answers. `asks`: whether the app's
   * package is wanted too, which takes longer.
   */
  meet(
    record: FlowRecord,
    then: (app: App) => void,
    ended: (id: string, end: EarlyEnd) => void,
    asks: (app: App) => boolean = () => false,
  ): void {
    const known =
      this.known.get(nameOf(layouts.exe_key.write(record.process.exe))) ??
      this.recall(nameOf(keyOf(record.process))) ??
      this.byNumber(record.app);
    const via = this.reasons.get(nameOf(keyOf(record.process))) ?? null;
    if (known && !(via instanceof Promise)) {
      const app = { ...known, via };
      if (!wantsOwner(app) || !asks(app)) {
        then(app);
        return;
      }
    }
    const id = flowId(record.flow);
    const finish = this.underWay.begin(id, record.flow.cookie, sharerOf(record));
    const failed = (error: unknown) => {
      finish();
      log("error", "a flow could not be judged and stays held", { error: String((error as Error).stack ?? error) });
    };
    const judge = (app: App) => {
      const end = finish();
      then(app);
      if (end) ended(id, end);
    };
    const goOn = (app: App, named: App) => {
      if (!wantsOwner(app) || !asks(app)) return judge(app);
      const owned = (owner: Package | null) => this.slices.add(() => judge({ ...app, package: owner }), failed);
      this.findOwner(record.process, named).then(owned).catch(failed);
    };
    // Thousands may have waited for the same name.
    Promise.all([known ?? this.name(record.process), via])
      .then(([named, reason]) => this.slices.add(() => goOn({ ...named, via: reason }, named), failed))
      .catch(failed);
  }

  private async findOwner(process: ProcessRecord, app: App): Promise<Package | null> {
    const owner = await this.parts.apps.ownerOf(app);
    const exe = nameOf(layouts.exe_key.write(process.exe));
    if (this.known.get(exe) === app) this.known.set(exe, { ...app, package: owner });
    return owner;
  }

  /** As it was announced; else as the kernel knows it, while the process lives: an ancestor. */
  private launchOf(key: Buffer): Launch | null {
    return this.launches.get(nameOf(key)) ?? this.readLaunch(key);
  }

  private readLaunch(key: Buffer): Launch | null {
    const launch = Buffer.alloc(layouts.launch.size);
    return this.parts.maps.launches.get(key, launch) ? layouts.launch.read(launch) : null;
  }

  /** The kernel knows the app already when it decided; the process may be gone by now. */
  private byNumber(number: number): App | undefined {
    const path = number === 0 ? undefined : this.parts.numbers.nameOf(number);
    return path === undefined ? undefined : this.parts.apps.describe(splitAppPath(path));
  }

  private recall(process: string): App | undefined {
    const named = this.named.get(process);
    return named !== undefined && performance.now() < named.until ? named.app : undefined;
  }

  /** Once at a time for every process, however many connections it opens. */
  private name(process: ProcessRecord): Promise<App> {
    const key = keyOf(process);
    const name = nameOf(key);
    const asked = this.asked.get(name);
    if (asked) return asked;
    // Read now: it is gone with the process.
    const launch = this.launchOf(key);
    const naming = this.turns
      .take(() => this.parts.apps.identify(process, launch))
      .then(async (identified) => {
        if (identified.sighting) await this.parts.contents.meet(identified.sighting);
        return this.remember(process, key, identified);
      })
      .finally(() => this.asked.delete(name));
    this.asked.set(name, naming);
    return naming;
  }

  private remember(process: ProcessRecord, key: Buffer, { app, certain, lasting }: Identified): App {
    const { apps, processes } = this.parts.maps;
    const exe = layouts.exe_key.write(process.exe);
    // What its rules were not made for has no number: the kernel does not know it for the app.
    if (this.parts.contents.isChanged(app)) {
      this.named.set(nameOf(key), { app, until: Number.POSITIVE_INFINITY });
      bound(this.named, processCapacity);
      return app;
    }
    if (lasting && this.known.size >= capacity) this.unnamed++;
    if (lasting && this.known.size < capacity) {
      this.known.set(nameOf(exe), app);
      this.tellKernel(apps, exe, app);
      return app;
    }
    this.named.set(nameOf(key), { app, until: certain ? Number.POSITIVE_INFINITY : performance.now() + doubt });
    bound(this.named, processCapacity);
    if (certain) this.tellKernel(processes, key, app);
    return app;
  }

  /** What is known of these apps' contents has changed: who is one of them by now has its number, and nobody else. */
  review(paths: readonly string[]): void {
    if (paths.length === 0) return;
    const { apps, processes } = this.parts.maps;
    const concerned = new Set(paths);
    const number = Buffer.alloc(4);
    this.kept.review(concerned);
    for (const [exe, app] of this.known) {
      if (!concerned.has(app.path) || !this.parts.contents.isChanged(app)) continue;
      this.known.delete(exe);
      apps.delete(Buffer.from(exe, "latin1"));
    }
    for (const [process, { app }] of this.named) {
      if (!concerned.has(app.path)) continue;
      const key = Buffer.from(process, "latin1");
      const isNumbered = processes.get(key, number) && !number.equals(unnumbered);
      // It has its number already: its connections need not wait for it.
      if (isNumbered && app.content && isSteady(app.content) && !this.parts.contents.isChanged(app)) continue;
      // Named anew with its next connection, from what is known of its file by then.
      this.named.delete(process);
      processes.delete(key);
    }
    this.parts.notices.takeBackNumbers();
  }

  /** Without it every connection of the app is held until the helper has judged it: slower, never wrong. */
  private tellKernel(map: BpfMap, key: Buffer, app: App): void {
    try {
      const given = this.parts.numbers.ofRunning(app.path);
      if (given === null) {
        this.unnamed++;
        return;
      }
      const number = Buffer.alloc(4);
      number.writeUInt32LE(given);
      map.set(key, number);
    } catch (error) {
      this.unnamed++;
      log("warn", "the kernel could not be told of an app", { app: app.path, error: String(error) });
    }
  }
}
