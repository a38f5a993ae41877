// From what a person calls a guard to its cgroup: a path below the cgroup2 mount, or, where systemd manages cgroups, a unit's name.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { StartError } from "../start-error.ts";
import { guardDirectory } from "./cgroups.ts";
import { NoSuchUnit, placeOfUnit, systemdManagesCgroups } from "./systemd.ts";
import { cgroupName, unitKind } from "./unit-names.ts";

export interface Guard {
  /** As the person wrote it. */
  readonly name: string;
  /** Absolute. It may not be there yet, or not at the moment. */
  readonly directory: string;
  /** Asks again where it is, for what systemd may put elsewhere the next time. */
  readonly locate: (() => Promise<string>) | null;
}

/**
 * Throws StartError for a name that means nothing, or more than one thing; CodedError where systemd does not say. `known`: cgroups by the names an earlier helper guarded them
 * under; what comes and goes may be gone just now, and is no reason not to start again. `leaveOut`: hears of what is wrong with a name, which is
 * no guard then; nothing is thrown for it.
 */
export async function findGuards(
  root: string,
  names: readonly string[],
  known: ReadonlyMap<string, string>,
  leaveOut?: (problem: string) => void,
): Promise<Guard[]> {
  const guards: Guard[] = [];
  for (const name of new Set(names)) {
    try {
      const isUnit = unitKind(name) !== null && systemdManagesCgroups();
      guards.push(isUnit ? await findUnit(root, name, known) : findPath(root, name, known));
    } catch (error) {
      if (leaveOut === undefined || !(error instanceof StartError)) throw error;
      leaveOut(error.message);
    }
  }
  return guards;
}

function findPath(root: string, name: string, known: ReadonlyMap<string, string>): Guard {
  try {
    return { name, directory: guardDirectory(root, name), locate: null };
  } catch (error) {
    const directory = known.get(name);
    if (directory === undefined) throw error;
    return { name, directory, locate: null };
  }
}

/** The system manager's unit of that name before any user's, as systemctl has it. */
async function findUnit(root: string, name: string, known: ReadonlyMap<string, string>): Promise<Guard> {
  const { state, cgroup } = await ask(name);
  if (cgroup === "") throw new StartError(`"${name}" is the root of all cgroups, which is not guarded`);
  if (state === "loaded") {
    return { name, directory: join(root, cgroup), locate: async () => join(root, (await ask(name)).cgroup) };
  }
  if (state !== "not-found") throw new StartError(`systemd cannot run "${name}": ${state}`);
  const running = foldersCalled(cgroupName(name), root);
  if (running.length > 1) {
    const places = running.map((directory) => relative(root, directory)).join(", ");
    throw new StartError(`"${name}" may be any of ${places}: say which`);
  }
  const directory = running[0] ?? known.get(name);
  if (directory === undefined) throw new StartError(`there is no unit "${name}", and no user's unit of that name runs`);
  return { name, directory, locate: null };
}

async function ask(name: string): ReturnType<typeof placeOfUnit> {
  try {
    return await placeOfUnit(name);
  } catch (error) {
    // A systemd that does not answer in time has not said that there is nothing to guard.
    if (!(error instanceof NoSuchUnit)) throw error;
    throw new StartError(`systemd does not tell where "${name}" runs: ${(error as Error).message}`);
  }
}

function foldersCalled(name: string, directory: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? entry.name : [],
    );
  } catch {
    return []; // it ended meanwhile
  }
  return entries.flatMap((entry) => {
    const below = join(directory, entry);
    return [...(entry === name ? [below] : []), ...foldersCalled(name, below)];
  });
}
