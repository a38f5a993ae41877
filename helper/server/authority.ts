// Who may have a method carried out: at level "protected" what widens access comes from the installed window or through polkit, and never
// from the app that is asked about.
import { statSync } from "node:fs";
import { CodedError } from "../../contract/errors.ts";
import type { MethodName, ParsedParams } from "../../contract/methods.ts";
import type { Prompt } from "../../contract/words.ts";
import type { Peer } from "../kernel/peer.ts";
import { ancestry } from "../own-session.ts";
import { type Known, rightOf } from "./rights.ts";
import type { WindowGroup } from "./window-group.ts";

export interface Authority {
  /** Null at level "open". The group that only the installed window's launcher gives. */
  readonly windowGroup: WindowGroup | null;
  readonly known: Known;
  /** Whom an open prompt is about; null when there is no such prompt. */
  askedAbout(prompt: string): Prompt["process"] | null;
  /** Asks polkit, with `admin` for an administrator's consent; whoever consents is told who wants what. */
  consent(peer: Peer, admin: boolean, method: MethodName, params: ParsedParams<MethodName>): Promise<boolean>;
}

/**
 * `admin`: it is about more than the caller's own. `isStill`: whether the process that connected runs: what is decided by its number is decided
 * by nobody else's. Throws CodedError not_permitted.
 */
export async function authorize(
  authority: Authority,
  peer: Peer,
  method: MethodName,
  params: unknown,
  admin: boolean,
  isStill: () => boolean,
): Promise<void> {
  if (peer.uid === 0) return;
  const consents = async () => {
    const gone = () => new CodedError("not_permitted", "the process that connected has ended");
    if (!isStill()) throw gone();
    const consent = await authority.consent(peer, admin, method, params as ParsedParams<MethodName>);
    // Meanwhile its number may have become another's, who was then asked about.
    if (!isStill()) throw gone();
    return consent;
  };
  if (admin) {
    if (await consents()) return;
    throw new CodedError("not_permitted", "this is about everybody on this computer: an administrator has to do it");
  }
  if (authority.windowGroup === null || peer.gid === authority.windowGroup.id) return;
  if (rightOf(method, params as ParsedParams<MethodName>, authority.known) !== "widen") return;
  if (method === "prompts.answer") {
    const asked = authority.askedAbout((params as ParsedParams<"prompts.answer">).id);
    if (asked !== null && isOrComesFrom(peer.pid, asked.pid))
      throw new CodedError("not_permitted", "the app that is asked about may not answer");
  }
  if (await consents()) return;
  throw new CodedError("not_permitted", "Picket's window, or an administrator, has to do that");
}

/** Whether a process is another one, was started by it, or runs the same file. */
export function isOrComesFrom(pid: number, asked: number): boolean {
  return ancestry(pid).includes(asked) || sameFile(`/proc/${pid}/exe`, `/proc/${asked}/exe`);
}

function sameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })];
    return a.ino === b.ino && a.dev === b.dev;
  } catch {
    return false; // it ended
  }
}
