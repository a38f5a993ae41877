// What a helper stands on: its cgroups, its state, its programs. The rooms are built on that (assemble.ts).
import { existsSync } from "node:fs";
import { setPriority } from "node:os";
import { join, relative } from "node:path";
import { assemble, type Helper, type Hooks } from "./assemble.ts";
import { Blocklists, listsFolder } from "./blocklists/blocklists.ts";
import { makeFetch } from "./blocklists/fetch.ts";
import { cgroupRoot, instanceName } from "./guard/cgroups.ts";
import { findGuards } from "./guard/named.ts";
import { makeRuns } from "./guard/runs.ts";
import { ensureBpfFileSystem } from "./kernel/pins.ts";
import { Programs } from "./kernel/programs.ts";
import { log } from "./log.ts";
import type { Options } from "./options.ts";
import { guardsBefore } from "./run-file.ts";
import { safely } from "./safely.ts";
import { lockState, secureState } from "./state-folder.ts";
import { openState, suspect } from "./store/open-state.ts";
import { Space } from "./store/space.ts";
import { troubleOf } from "./store/trouble.ts";

/**
 * Whoever is held waits for the helper, however busy the computer is; and a unit that starts is racing with it for its first connection: on
 * two cores with 18 others waiting for them, 4 of 2,100 starts of a program that does nothing but connect won, at this priority none of 800.
 */
const priority = -10;

export const objectPath = join(import.meta.dirname, "../dist/bpf/picket.bpf.o");

export async function startHelper(options: Options, hooks: Hooks): Promise<Helper> {
  safely("the helper's priority could not be raised", () => setPriority(priority))();
  const root = cgroupRoot();
  const known = existsSync(options.state) ? guardsBefore(instanceName(options.state)) : new Map<string, string>();
  const unfound: string[] = [];
  // A service that did not start for one wrong name in its configuration would leave everything else unguarded, from the boot on.
  const leaveOut = (problem: string) => {
    unfound.push(problem);
    log("error", "a guard is left out", { problem });
  };
  const named = await findGuards(root, options.guards, known, options.service ? leaveOut : undefined);
  secureState(options.state);
  lockState(options.state);
  const instance = instanceName(options.state);
  const space = new Space(options.state);
  let abandoned = false;
  const storeFailed = (error: unknown) => {
    space.meet(error);
    if (troubleOf(error) !== "damaged" || abandoned) return;
    abandoned = true;
    log("error", "the database is damaged: the helper ends, and looks after it at its next start", {
      error: String(error),
    });
    safely("the database could not be marked as damaged", () => suspect(options.state))();
    hooks.abandon();
  };
  const { store } = openState(options.state, Date.now(), (error) => storeFailed(error));
  const mountedHere = ensureBpfFileSystem();
  // Everything that waits comes before the engine: from then on its timers count on the server being there.
  const runs = await makeRuns(root, instance);
  const ownGuard = { name: relative(root, runs.directory), directory: runs.directory, locate: null };
  // The folder's own lists cannot be seen by what fetches them: its file system is built over it.
  const directory = listsFolder(options.state);
  const fetch = makeFetch({ root: directory, cgroups: root, instance });
  const blocklists = await Blocklists.open({ store, directory, fetch });
  const programs = new Programs(objectPath, instance, hooks.checkpoint);
  try {
    const wanted = [ownGuard, ...named];
    const rooms = { options, hooks, root, instance, store, mountedHere, runs, wanted, programs, blocklists };
    return await assemble({ ...rooms, unfound, space, storeFailed });
  } catch (error) {
    // A helper that never was leaves nothing; one that follows another leaves what that one enforced.
    if (!programs.adopted) {
      programs.remove();
      await runs.close();
    }
    throw error;
  }
}
