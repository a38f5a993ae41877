// The admin's lock: a file of root's names settings that nobody else may change. It counts at once; one that anybody else could have
// written locks everything.
import { lstatSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { CodedError } from "../../contract/errors.ts";
import type { MethodName, ParsedParams } from "../../contract/methods.ts";
import { type Locked, lockedSchema } from "../../contract/words.ts";
import { log } from "../log.ts";

export const lockFile = "/etc/picket/locked";

const everything: readonly Locked[] = lockedSchema.options;

/** `problem`: one sentence, where the file does not say what its author believes. */
export interface Locks {
  readonly locked: readonly Locked[];
  readonly problem: string | null;
}

/** Words of the file: one or more a line, comments after "#". Pure. A word that nobody knows locks everything: it was meant to lock something. */
export function parseLocks(text: string): Locks {
  const words = text
    .split("\n")
    .flatMap((line) => (line.split("#")[0] ?? "").split(/\s+/))
    .filter(Boolean);
  const strange = words.find((word) => !everything.some((known) => known === word));
  if (strange !== undefined)
    return { locked: everything, problem: `“${printable(strange)}” locks nothing that is known: everything is locked` };
  return { locked: everything.filter((each) => words.includes(each)), problem: null };
}

function printable(word: string): string {
  return word.slice(0, 40).replace(/[^\x21-\x7e]/g, "?");
}

function isRootsAlone({ uid, mode }: { uid: number; mode: number }): boolean {
  return uid === 0 && (mode & 0o022) === 0;
}

export class AdminLock {
  private readonly path: string;
  private known: Locks = { locked: [], problem: null };
  private readAs = "";

  constructor(path = lockFile) {
    this.path = path;
  }

  /** As the file says at this moment. */
  read(): Locks {
    const stamp = this.stamp();
    if (stamp === this.readAs) return this.known;
    this.known = stamp === "none" ? { locked: [], problem: null } : this.parse(stamp.startsWith("none"));
    this.readAs = stamp;
    log("info", "what is locked", { locked: this.known.locked.join(" "), problem: this.known.problem });
    return this.known;
  }

  private stamp(): string {
    try {
      const { ino, mtimeNs, ctimeNs, size } = lstatSync(this.path, { bigint: true });
      return `${ino} ${mtimeNs} ${ctimeNs} ${size}`;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENOENT" || code === "ENOTDIR" ? this.folder() : `unreadable ${code}`;
    }
  }

  /** Without a file nothing is locked, unless others may have taken it out of its folder. */
  private folder(): string {
    const stats = statSync(dirname(this.path), { throwIfNoEntry: false });
    return stats === undefined || isRootsAlone(stats) ? "none" : `none ${stats.uid} ${stats.mode}`;
  }

  private parse(isGone: boolean): Locks {
    try {
      const isRoots = !isGone && [lstatSync(this.path), statSync(dirname(this.path))].every(isRootsAlone);
      if (isRoots && lstatSync(this.path).isFile()) return parseLocks(readFileSync(this.path, "utf8"));
      return { locked: everything, problem: `${this.path} is not root's alone: everything is locked` };
    } catch (error) {
      return { locked: everything, problem: `${this.path} cannot be read (${String(error)}): everything is locked` };
    }
  }
}

type Area<M extends MethodName> = Locked | ((params: ParsedParams<M>) => Locked | readonly Locked[] | null);

/** A backup brings all of these to what it says. */
const ofBackups: readonly Locked[] = ["rules", "mode", "profiles", "blocklists", "history"];

/** What a method changes, if anything that can be locked. */
const areas: { [M in MethodName]?: Area<M> } = {
  "prompts.answer": ({ lifetime }) => (lifetime === "once" || lifetime === "quit" ? null : "answers"),
  "rules.add": "rules",
  "rules.remove": "rules",
  "rules.enable": "rules",
  "rules.apply": ({ dryRun }) => (dryRun ? null : "rules"),
  "rules.undo": "rules",
  "rules.except": "rules",
  "learn.accept": "rules",
  "mode.set": "mode",
  pause: "mode",
  lockdown: "mode",
  "profile.set": "profiles",
  "profiles.define": "profiles",
  "profiles.remove": "profiles",
  "blocklists.add": "blocklists",
  "blocklists.begin": "blocklists",
  "blocklists.append": "blocklists",
  "blocklists.commit": "blocklists",
  "blocklists.remove": "blocklists",
  "blocklists.enable": "blocklists",
  "blocklists.refresh": "blocklists",
  "history.configure": "history",
  "history.setPrivate": "history",
  "history.delete": "history",
  "backup.restore": ({ dryRun }) => (dryRun ? null : ofBackups),
  "backup.undo": () => ofBackups,
};

/** Errors: locked. `uid`: who asks; root passes. */
export function checkLock<M extends MethodName>(
  lock: Pick<AdminLock, "read">,
  uid: number,
  method: M,
  params: ParsedParams<M>,
): void {
  if (uid === 0) return;
  const area = areas[method] as Area<M> | undefined;
  const parts = [(typeof area === "function" ? area(params) : area) ?? []].flat();
  if (parts.length === 0) return;
  const { locked } = lock.read();
  const shut = parts.filter((part) => locked.includes(part));
  if (shut.length > 0) throw new CodedError("locked", shut.join(" "));
}
