// `picket off`: takes every program, pin and cgroup of ours away. Asks no helper, so it works with one, without one, and with one that hangs.
import { join } from "node:path";
import { CodedError } from "../../contract/errors.ts";
import { endHelper, findHelpers } from "./helper-processes.ts";
import {
  cgroupMount,
  defaultInstance,
  instanceOfCgroup,
  isInstanceName,
  namesIn,
  pinsFolder,
  readNotes,
} from "./instances.ts";
import { isFolder, removeCgroups, removeNote, removePins, removeSlice } from "./leftovers.ts";
import { printable } from "./table.ts";
import { parseWords, takeNoMore, UsageError } from "./usage.ts";

export async function off(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { instance: { type: "string" }, all: { type: "boolean" } });
  takeNoMore(positionals);
  const wanted = whichInstances(values);
  if (process.geteuid?.() !== 0) throw new CodedError("not_permitted", "picket off needs root");

  const everyNote = readNotes();
  const everyHelper = findHelpers(everyNote);
  const notes = everyNote.filter((note) => wanted(note.instance));
  const helpers = everyHelper.filter((helper) => wanted(helper.instance));
  const known = new Set([...[...everyNote, ...everyHelper].map(({ instance }) => instance), ...tracesOnDisk()]);
  const instances = [...known].filter(wanted);

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
  const others = [...known].filter((name) => !wanted(name));
  // Who named one knows of the others.
  const leaves = values.instance === undefined && others.length > 0;
  if (said === 0 && !failed && !leaves) process.stdout.write("nothing of Picket is left\n");
  if (leaves) process.stdout.write(`left alone: ${others.join(", ")} (--all ends every one, --instance NAME one)\n`);
  return failed ? 1 : 0;
}

/** Which instances are to end, by the options: the default one when neither is given. Throws UsageError. */
export function whichInstances({ instance, all }: { instance?: string; all?: boolean }): (name: string) => boolean {
  if (instance !== undefined && all) throw new UsageError("--instance and --all say different things");
  if (instance !== undefined && !isInstanceName(instance))
    throw new UsageError(`--instance is picket or picket-XXXXXXXX, not "${instance}"`);
  if (all) return () => true;
  return (name) => name === (instance ?? defaultInstance);
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
