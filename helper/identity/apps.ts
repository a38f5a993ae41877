// Names the app behind a process the kernel reported. What is not certain is a path marked unverified, never a guess.
import { readlinkSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { type AppPath, appPathText, joinAppPath, splitAppPath, unknownApp } from "../../contract/app-path.ts";
import type { App, Package, Packaging } from "../../contract/words.ts";
import { disguise, type Launch } from "../kernel/layout.ts";
import { bootMoment } from "../kernel/libc.ts";
import { isFuse } from "./app-image.ts";
import { AppImages } from "./app-images.ts";
import { contentOf } from "./content.ts";
import type { Sighting } from "./contents.ts";
import { type DesktopEntry, isRootsOwn, packageEntry, readDesktopEntries } from "./desktop-entries.ts";
import { isInterpreter, runs } from "./interpreters.ts";
import { argumentsOf, pathOf, resolveArgument } from "./launch.ts";
import { isLocal, type Mount, mountOf, readMounts } from "./mounts.ts";
import { PackageOwners } from "./package-owner.ts";
import { findPackagedFile, packageOf } from "./packages.ts";
import { placeOf } from "./places.ts";
import { isSettled, look, type Seen, timely } from "./probe.ts";
import { changeOf, isAlive, isReported, keepsItsDevice, type ReportedProcess } from "./reported.ts";
import { executableOf, imageOf, type SightedFile, scriptOf } from "./sighted.ts";

export type { ReportedProcess } from "./reported.ts";

/**
 * `certain`: the path is the very file the kernel saw. `lasting`: and whoever runs it is that app, now and later, so the executable may be
 * remembered by its key. Not an interpreter: it is the app of its script. Not a file whose device number has no disk behind it (FUSE, NFS,
 * tmpfs): that is given again after an unmount.
 */
export interface Identified {
  readonly app: App;
  readonly certain: boolean;
  readonly lasting: boolean;
  /** Whose content is to be compared with what the app's rules were made for; absent where its packaging answers for it. */
  readonly sighting?: Sighting;
}

const entriesLifetime = 30_000;

/** Control, bidirectional and line-breaking characters would let a file name lie about itself on screen. */
export function displayable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/** An app nobody can be sure of. Its path is in brackets, which no path is: no rule speaks of it and none is made. */
function uncertain(name: string, path = `[${name}]`): Identified {
  return {
    app: { name: displayable(name), path, verified: false, icon: null, via: null },
    certain: false,
    lasting: false,
  };
}

const nothing = { words: [], complete: false };

/** What rules say for every version of an app has a star in its place (helper/identity/versions.ts). */
function hasStar(path: string): boolean {
  return path.slice(0, path.lastIndexOf("/")).includes("*");
}

/** Whether an executable at this path may be one app whoever runs it. */
export function mayLast(path: string): boolean {
  return path.startsWith("/") && !isInterpreter(path) && packageOf(path) === null && !hasStar(path);
}

/** Whether nobody can be sure of the process's executable. */
function isDisguised({ exe: { disguised = disguise.none } }: ReportedProcess): boolean {
  return disguised !== disguise.none && disguised !== disguise.script;
}

/** Whether the executable was started for a file that names it. The process says so as well where its start is forgotten by now. */
function isScript({ exe }: ReportedProcess, launch: Launch | null): boolean {
  return exe.disguised === disguise.script || launch?.interpreted === 1;
}

/** Where AppImages mount themselves. */
function isImageMount({ point }: Mount): boolean {
  return /\/\.mount_[^/]*$/.test(point);
}

/** Whether a program out of an image does what the image says: an interpreter in it may run anything. */
function runsItself(launch: Launch, { point }: Mount): boolean {
  const running = runs(pathOf(launch.program) ?? "", argumentsOf(launch), launch.interpreted === 1);
  const script = running.is === "script" ? resolveArgument(running.argument, pathOf(launch.directory)) : null;
  return running.is === "program" || script?.startsWith(`${point}/`) === true;
}

/** A file that is certain, or what else can be said. */
type Found = { readonly path: string; readonly mount: Mount | undefined } | Identified;

export class Apps {
  private readonly directories: readonly string[];
  private readonly mountNamespace = statSync("/proc/self/ns/mnt").ino;
  private entries = new Map<string, DesktopEntry>();
  private entriesRead = Number.NEGATIVE_INFINITY;
  private readonly owners = new PackageOwners();
  private readonly images = new AppImages();

  /** `directories`: where desktop entries are looked for. */
  constructor(directories: readonly string[]) {
    this.directories = directories;
  }

  /**
   * Never rejects. The process may be gone, replaced, in another mount namespace or on a file system that hangs. `launch`: how it was
   * started; null for a process older than the programs.
   */
  async identify(process: ReportedProcess, launch: Launch | null = null): Promise<Identified> {
    const mounts = readMounts();
    const image = await this.findImage(process, launch, mounts);
    if (image !== null) return image;
    const found = await this.findFile(process, launch, mounts);
    if ("certain" in found) return found;
    const { path, mount } = found;
    const packaged = packageOf(path);
    const running = runs(path, launch === null ? nothing : argumentsOf(launch), isScript(process, launch));
    if (running.is === "program" && packaged !== null)
      return { app: this.describe({ executable: packaged.path, script: null }), certain: true, lasting: false };
    if (hasStar(path)) return uncertain(`${path} (in a folder with a * in its name)`);
    const place = await placeOf(path, mounts);
    const file = executableOf(process, place, mount);
    if (running.is === "program") return this.sight([file], null, keepsItsDevice(process, mount));
    if (launch === null) return uncertain(`${path} (running since before Picket)`);
    if (running.is === "unclear") return uncertain(`${path} (${running.why})`);
    const script = await this.findScript(running.argument, launch, mounts);
    if (script === null) return uncertain(`${path} (with a script that cannot be found, or has changed)`);
    if (hasStar(script.path)) return uncertain(`${script.path} (in a folder with a * in its name)`);
    const scriptFile = scriptOf(await placeOf(script.path, mounts), script.seen, process, mounts);
    return this.sight([file, scriptFile], packaged, false);
  }

  /**
   * The app of an executable that identify() once called lasting and found at this path, which mayLast(): looked at again, without a
   * process. Null unless the very file is there still. Never rejects.
   */
  async recognise(exe: ReportedProcess["exe"], path: string): Promise<App | null> {
    const mounts = readMounts();
    const mount = mountOf(path, mounts);
    const seen = await look(path, mounts);
    if (seen === null || !isReported(seen, { exe }, mount) || !keepsItsDevice({ exe }, mount)) return null;
    const nobody = { exe, start: 0n, pid: 0, command: Buffer.alloc(0) };
    return this.sight([executableOf(nobody, await placeOf(path, mounts), mount)], null, true).app;
  }

  /** A program, or an interpreter with its script. What root has put there of an interpreter is no part of what the script is. */
  private sight(
    files: readonly SightedFile[],
    packaged: ReturnType<typeof packageOf>,
    lasting: boolean,
    packaging?: Packaging,
  ): Identified {
    const [executable, script] = files;
    if (executable === undefined) throw new Error("an app without an executable");
    const key = {
      executable: packaged?.path ?? executable.place.key,
      script: script === undefined ? null : script.place.key,
    };
    const file = { executable: executable.place.path, script: script?.place.path ?? null };
    const own = script !== undefined && (packaged !== null || executable.place.byRoot) ? [script] : files;
    const content = contentOf(
      own.map(({ readable, device }) => ({ ...readable, device })),
      own.every(({ steady }) => steady),
    );
    const app = { ...this.describe(key, file), content, ...(packaging && { packaging }) };
    const byRoot = files.every(({ place }) => place.byRoot);
    const readables = own.map(({ readable }) => readable);
    const sighting = { app, file: joinAppPath(file), files: readables, byRoot, owner: () => this.ownerOf(app) };
    return { app, certain: true, lasting, sighting };
  }

  /** Does once, for nobody, what a first card would wait for: reads the desktop entries and asks the packages. Never rejects. */
  async rehearse(): Promise<void> {
    const somebody = { executable: "/usr/bin/env", script: null };
    this.describe(somebody);
    await this.ownerOf({ path: joinAppPath(somebody) });
  }

  /** The package that owns the app's file: a script's, of an interpreter's app. Null also where nobody can tell. Never rejects. */
  async ownerOf({ path, file }: Pick<App, "path" | "file">): Promise<Package | null> {
    const { executable, script } = splitAppPath(file ?? path);
    return executable.startsWith("/") ? this.owners.of(script ?? executable) : null;
  }

  /** The app of what runs out of an AppImage, or seems to; null for everything else. */
  private async findImage(
    process: ReportedProcess,
    launch: Launch | null,
    mounts: readonly Mount[],
  ): Promise<Identified | null> {
    const mount = mounts.find((each) => each.device === process.exe.device && isFuse(each));
    if (mount === undefined || isDisguised(process)) return null;
    const image = await this.images.find(process.exe.device, mounts);
    // The connection is the one that the process runs from as long as that lives: its number is not given again before.
    if (image === null || !isAlive(process) || hasStar(image.path))
      return isImageMount(mount) ? uncertain(`${mount.point} (where an AppImage cannot be proven to be)`) : null;
    const { path, seen, server } = image;
    if (launch !== null && !runsItself(launch, mount)) return uncertain(`${path} (with code that is not its own)`);
    // Its name may have a version; which file it is was proven, not that others are as good.
    const place = { ...(await placeOf(path, mounts)), key: path };
    const file = displayable(path.slice(path.lastIndexOf("/") + 1));
    const packaging = { kind: "appimage", id: file, proven: true } as const;
    return this.sight([imageOf(place, seen, server, mounts)], null, false, packaging);
  }

  private async findFile(process: ReportedProcess, launch: Launch | null, mounts: readonly Mount[]): Promise<Found> {
    const path = launch === null ? null : pathOf(launch.program);
    if (isDisguised(process)) {
      const why =
        process.exe.disguised === disguise.unrecorded
          ? "whose start could not be recorded"
          : "which calls itself another program";
      return uncertain(`${path ?? "a program"} (${why})`);
    }
    if (launch === null || path === null) return this.findInProc(process, mounts);
    const mount = mountOf(path, mounts);
    const seen = await look(path, mounts);
    if (seen !== null && isReported(seen, process, mount)) return { path, mount };
    const living = await this.findInProc(process, mounts);
    if (!("certain" in living) || living.app.path.startsWith("[/")) return living;
    return uncertain(`${path} (${launch.mount_namespace === this.mountNamespace ? "changed" : "inside a sandbox"})`);
  }

  /** What /proc says of a process that still runs. */
  private async findInProc(process: ReportedProcess, mounts: readonly Mount[]): Promise<Found> {
    const command = process.command.toString("utf8").split("\0")[0] ?? "";
    // A process chooses its command name itself: in brackets, or it could call itself Firefox.
    const gone = uncertain(`[${command}]`, unknownApp(command));
    const link = `/proc/${process.pid}/exe`;
    let raw: Buffer;
    try {
      raw = readlinkSync(link, { encoding: "buffer" });
      if (!isAlive(process)) return gone;
    } catch {
      return gone;
    }
    const path = raw.toString("utf8");
    const utf8 = Buffer.from(path).equals(raw);
    const mount = mountOf(path, mounts);
    // The link leads to the file itself, wherever that is: it hangs only with the file system that has the file.
    const answers = mounts.some((candidate) => candidate.device === process.exe.device && isLocal(candidate));
    const [seen, named] = await Promise.all([
      look(link, mounts, { safe: answers, place: `${process.exe.device}` }),
      utf8 ? look(path, mounts) : null,
    ]);
    // The process may have executed something else since: only the file the kernel reported counts.
    if (seen === null || seen.inode !== process.exe.inode || seen.changed !== changeOf(process.exe)) return gone;
    if (!utf8) return uncertain(`${path} (a name that is not UTF-8)`);
    // The link is a path in the process's mount namespace. Here it must lead to the same file, or a bind mount fools us.
    if (path.endsWith(" (deleted)")) return uncertain(path);
    const here = named !== null && named.inode === seen.inode && named.device === seen.device;
    const file = here ? path : await timely(findPackagedFile(process.pid, path, seen));
    if (file === null) return uncertain(`${path} (inside a sandbox)`);
    const place = here ? mount : mountOf(file, mounts);
    return isReported(seen, process, place) ? { path: file, mount: place } : gone;
  }

  /** Null unless it is certain that an interpreter read this very file: there, a file, and as it was when the process began. */
  private async findScript(
    argument: string,
    launch: Launch,
    mounts: readonly Mount[],
  ): Promise<{ path: string; seen: Seen } | null> {
    // Elsewhere the same path may be another file.
    if (launch.mount_namespace !== this.mountNamespace || launch.confined !== 0) return null;
    const directory = pathOf(launch.directory);
    const path = resolveArgument(argument, directory);
    if (path === null) return null;
    if (!argument.startsWith("/") && directory !== null) {
      const seen = await look(directory, mounts);
      if (seen?.inode !== launch.directory.inode) return null;
    }
    const settled = isSettled(path, mounts);
    const seen = await look(path, mounts, { safe: settled });
    if (seen?.regular !== true || seen.changed > bootMoment() + launch.time) return null;
    // Root's links are followed: a desktop entry or a rule speaks of the file itself.
    const real = settled ? await timely(realpath(path)) : path;
    return real === null ? null : { path: real, seen };
  }

  /** The app at a path that is known to be true. `file`: where it is, when `path` stands for every version of it. */
  describe(app: AppPath, file: AppPath = app): App {
    const where = file.script ?? file.executable;
    const packaged = packageOf(app.script ?? app.executable);
    const entry = packaged ? packageEntry(this.directories, packaged) : this.entryOf(where);
    const mounts = readMounts();
    const isRoots = (one: string) => isSettled(one, mounts) && isRootsOwn(one);
    // A Flatpak's or Snap's name is its entry's; else it may be the file's, for root gave it that.
    const verified =
      (packaged === null ? isRoots(where) : entry !== undefined) && (file.script === null || isRoots(file.executable));
    // The path is exact, for rules to match; whoever shows it strips it. The name is for showing.
    const path = joinAppPath(app);
    const name = displayable(verified ? (entry?.name ?? basename(where)) : appPathText(path));
    const actual = joinAppPath(file);
    return {
      name,
      path,
      verified,
      icon: verified ? (entry?.icon ?? null) : null,
      via: null,
      ...(packaged && { packaging: { kind: packaged.kind, id: packaged.id, proven: true } }),
      ...(!packaged && actual !== path && { file: actual }),
    };
  }

  private entryOf(path: string): DesktopEntry | undefined {
    const now = performance.now();
    if (now - this.entriesRead > entriesLifetime) {
      this.entries = readDesktopEntries(this.directories);
      this.entriesRead = now;
    }
    return this.entries.get(path);
  }
}
