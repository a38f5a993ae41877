// What rules call apps that a person names by one of their versions.
import { joinAppPath, splitAppPath } from "../../contract/app-path.ts";
import { placeOf } from "./places.ts";
import { Turns } from "./turns.ts";
import { versionPattern } from "./versions.ts";

interface Naming {
  readonly app?: string | null | undefined;
  readonly via?: string | null | undefined;
}

/** Each asker's looks are one after another: a file of rules may name a thousand paths, and each may take a process. */
const turns = new Map<string, Turns>();

function turnsOf(asker: string): Turns {
  const own = turns.get(asker) ?? new Turns(1);
  turns.set(asker, own);
  return own;
}

/**
 * The same with their apps as rules call them. A version that is not there, or beside which others may put one, is an app of its own.
 * `asker`: whose looks these are.
 */
export async function withAppKeys<T extends Naming>(given: readonly T[], asker: string): Promise<T[]> {
  const keys = new Map<string, string>();
  for (const path of new Set(given.flatMap(pathsOf)))
    if (versionPattern(path) !== null)
      keys.set(path, (await turnsOf(asker).take(() => placeOf(path, undefined, "rules"))).key);
  const key = (path: string) => keys.get(path) ?? path;
  const appKey = (app: string) => {
    const { executable, script } = splitAppPath(app);
    return joinAppPath({ executable: key(executable), script: script === null ? null : key(script) });
  };
  return given.map((each) => ({
    ...each,
    ...(each.app && { app: appKey(each.app) }),
    ...(each.via && { via: appKey(each.via) }),
  }));
}

function pathsOf({ app, via }: Naming): string[] {
  return [app, via].flatMap((each) => {
    if (!each) return [];
    const { executable, script } = splitAppPath(each);
    return script === null ? [executable] : [executable, script];
  });
}
