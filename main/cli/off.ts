// `picket off`: takes every program, pin and cgroup of ours away. Asks no helper, so it works with one, without one, and with one that hangs.
import { join } from "node:path";
import { CodedError } from "../../contract/errors.ts";
import { endHelper, findHelpers } from "./helper-processes.ts";
import { cgroupMount, instanceOfCgroup, isInstanceName, namesIn, pinsFolder, readNotes } from "./instances.ts";
import { isFolder, removeCgroups, removeNote, removePins, removeSlice } from "./leftovers.ts";
import { printable } from "./table.ts";
import { parseWords, takeNoMore, UsageError } from "./usage.ts";

export async function off(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { instance: { type: "string" } });
  takeNoMore(positionals);
  const only = values.instance;
  if (only !== undefined && !isInstanceName(only))
    throw new UsageError(`--instance is picket or picket-XXXXXXXX, not "${only}"`);
  if (process.geteuid?.() !== 0) throw new CodedError("not_permitted", "picket off needs root");

  const wanted = (instance: string): boolean => only === undefined || instance === only;
  const notes = readNotes().filter((note) => wanted(note.instance));
  const helpers = findHelpers(notes).filter((helper) => wanted(helper.instance));
  const instances = new Set([...notes, ...helpers].map(({ instance }) => instance));
  for (const name of tracesOnDisk()) if (wanted(name)) instances.add(name);

  let failed = false;
  let said = 0;
  /** One step that cannot be done must not keep the others from being tried. */
  const step = async (work: () => string[] | Promise<string[]>): Promise<void> => {
    try {
      for (const line of await work()) {
        said++;
        process.stdout.write(`${printable(line)}\n`);
      }
    } catch (error) {
      failed = true;
      process.stderr.write(`picket: ${printable((error as Error).message)}\n`);
    }
  };

  // All helpers before any leftovers: one that lives could make new ones.
  for (const helper of helpers) {
    await step(async () => [`ended helper ${helper.pid} of ${helper.instance} (${await endHelper(helper)})`]);
  }
  for (const instance of instances) {
    await step(() => removePins(instance));
    await step(() => removeCgroups(instance));
    await step(() => removeSlice(instance));
    for (const note of notes.filter((note) => note.instance === instance)) await step(() => removeNote(note));
  }
  if (said === 0 && !failed) process.stdout.write("nothing of Picket is left\n");
  return failed ? 1 : 0;
}

/** The instances that have pins or cgroups. */
function tracesOnDisk(): string[] {
  const mount = cgroupMount();
  return [
    ...foldersIn(pinsFolder).filter(isInstanceName),
    ...(mount ? foldersIn(mount).flatMap((name) => instanceOfCgroup(name) ?? []) : []),
  ];
}

function foldersIn(folder: string): string[] {
  return namesIn(folder).filter((name) => isFolder(join(folder, name)));
}
