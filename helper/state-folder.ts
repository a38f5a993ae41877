// The folder that a helper keeps its state in: root's alone, and one helper's.
import { chmodSync, lstatSync, mkdirSync, openSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { tryLock } from "./kernel/libc.ts";
import { checkFolder } from "./secure-path.ts";
import { StartError } from "./start-error.ts";

/** Makes it where it is missing, and closes it to everybody else. Errors: StartError where others could change what lies in it. */
export function secureState(state: string): void {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  if (statSync(state).uid !== 0) throw new StartError(`${state} must belong to root`);
  // What is above first: a link that somebody else made would have root's other folders closed to everybody.
  checkFolder(dirname(state));
  if (lstatSync(state).uid !== 0) throw new StartError(`${state} is a link that is not root's`);
  chmodSync(state, 0o700);
  checkFolder(realpathSync(state));
}

/** Two helpers on one state would read one ring buffer. Errors: StartError. The descriptor stays open as long as the process lives. */
export function lockState(state: string): void {
  if (!tryLock(openSync(join(state, "helper.lock"), "w", 0o600)))
    throw new StartError(`another helper runs on ${state}`);
}
