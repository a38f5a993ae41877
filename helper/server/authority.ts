// Who may have a method carried out: at level "protected" what widens access comes from the installed window or through polkit, and never
// from the app that is asked about.
import { readlinkSync } from "node:fs";
import { CodedError } from "../../contract/errors.ts";
import type { MethodName, ParsedParams } from "../../contract/methods.ts";
import { shownOf } from "../../contract/questions.ts";
import type { Prompt } from "../../contract/words.ts";
import { readMounts } from "../identity/mounts.ts";
import { lookAtExecutable } from "../identity/sighted.ts";
import type { Peer } from "../kernel/peer.ts";
import { ancestry } from "../own-session.ts";
import { endpointName } from "../policy/scope.ts";
import type { Consents } from "./consents.ts";
import { type Known, type OnTrial, rightOf } from "./rights.ts";
import type { WindowGroup } from "./window-group.ts";

export interface Authority {
  /** Null at level "open". The group that only the installed window's launcher gives. */
  readonly windowGroup: WindowGroup | null;
  readonly known: Known;
  /** An open prompt; null when there is no such. */
  askedAbout(prompt: string): Pick<Prompt, "process" | "endpoints"> | null;
  /** Asks polkit, with `admin` for an administrator's consent; whoever consents is told who wants what. */
  consent(peer: Peer, admin: boolean, method: MethodName, params: ParsedParams<MethodName>): Promise<boolean>;
  /** Those that are open. */
  readonly consents: Consents;
}

/**
 * `admin`: it is about more than the caller's own. `isStill`: whether the process that connected runs: what is decided by its number is decided
 * by nobody else's. Resolves with what may be carried out. Throws CodedError not_permitted, consent_pending, question_changed.
 */
export async function authorize(
  authority: Authority,
  peer: Peer,
  method: MethodName,
  params: ParsedParams<MethodName>,
  admin: boolean,
  isStill: () => boolean,
): Promise<ParsedParams<MethodName>> {
  if (peer.uid === 0) return params;
  const asked =
    method === "prompts.answer" ? authority.askedAbout((params as ParsedParams<"prompts.answer">).id) : null;
  // As the question will tell it: its card may grow until somebody consents.
  const told = asked === null ? params : asShown(params as ParsedParams<"prompts.answer">, asked);
  const consents = async () => {
    const gone = () => new CodedError("not_permitted", "the process that connected has ended");
    if (!isStill()) throw gone();
    const kept = method === "confirm" ? authority.known.onTrial(peer.uid) : null;
    const consent = await authority.consents.ask(peer.uid, () => authority.consent(peer, admin, method, params));
    // Meanwhile its number may have become another's, who was then asked about.
    if (!isStill()) throw gone();
    if (kept !== null && !isSame(kept, authority.known.onTrial(peer.uid)))
      throw new CodedError("question_changed", "something else is on trial by now");
    return consent;
  };
  if (admin) {
    if (await consents()) return told;
    throw new CodedError("not_permitted", "this is about everybody on this computer: an administrator has to do it");
  }
  if (authority.windowGroup === null || peer.gid === authority.windowGroup.id) return params;
  if (rightOf(method, params, authority.known, peer.uid) !== "widen") return params;
  if (asked !== null && (await isOrComesFrom(peer.pid, asked.process.pid)))
    throw new CodedError("not_permitted", "the app that is asked about may not answer");
  if (await consents()) return told;
  throw new CodedError("not_permitted", "Picket's window, or an administrator, has to do that");
}

function isSame(told: OnTrial, now: OnTrial | null): boolean {
  return now !== null && told.what === now.what && told.ends === now.ends;
}

/** An answer to what is on the card now, and of that to what the client had in view. */
function asShown(
  answer: ParsedParams<"prompts.answer">,
  { endpoints }: Pick<Prompt, "endpoints">,
): ParsedParams<"prompts.answer"> {
  const seen = answer.shown?.map(endpointName);
  return { ...answer, shown: shownOf(endpoints).filter((each) => seen?.includes(endpointName(each)) ?? true) };
}

/** Whether a process is another one, was started by it, or runs the same file. */
async function isOrComesFrom(pid: number, asked: number): Promise<boolean> {
  return ancestry(pid).includes(asked) || (await runSameFile(pid, asked));
}

/** So it is where a file cannot be looked at in time, for its file system does not answer: then nobody can say that it is another. */
async function runSameFile(one: number, other: number): Promise<boolean> {
  const paths = [executableOf(one), executableOf(other)] as const;
  if (paths[0] === null || paths[1] === null) return false;
  const mounts = readMounts();
  const [a, b] = await Promise.all([
    lookAtExecutable(one, paths[0], mounts),
    lookAtExecutable(other, paths[1], mounts),
  ]);
  return a === null || b === null || (a.inode === b.inode && a.device === b.device);
}

/** The link's own words: reading it waits for no file system. Null: it ended. */
function executableOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null;
  }
}
