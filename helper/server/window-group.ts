// The group by which the installed window is known. Only the window's launcher may give it: whoever else has it would pass for the window.
import { readFileSync } from "node:fs";
import type { Peer } from "../kernel/peer.ts";

export interface WindowGroup {
  /** Null: nobody passes for the window. */
  readonly id: number | null;
  /** One sentence, where nobody does. */
  readonly problem: string | null;
}

/** Lower numbers are the system's, these are people's. */
const firstPersons = 1000;

/**
 * From /etc/group and /etc/passwd: the package's set-up refuses such a group as well, but an earlier installation or an administrator may have
 * brought it. Pure with both texts given.
 */
export function windowGroup(
  name: string,
  groups = readFileSync("/etc/group", "utf8"),
  people = readFileSync("/etc/passwd", "utf8"),
): WindowGroup {
  const all = linesOf(groups);
  const nobody = (why: string) => ({ id: null, problem: `Nothing passes for Picket's window: ${why}.` });
  const id = all.find(([group]) => group === name)?.[2] ?? "";
  if (!/^[1-9]\d*$/.test(id)) return nobody(`there is no group ${name} with a number of its own`);
  const joined = all.filter(([, , number]) => number === id).flatMap(([, , , members = ""]) => members.split(","));
  const born = linesOf(people).flatMap(([person = "", , , number]) => (number === id ? [person] : []));
  const members = [...joined, ...born].filter(Boolean);
  if (Number(id) < firstPersons && members.length === 0) return { id: Number(id), problem: null };
  const shown = members.length === 0 ? "none" : members.slice(0, 5).join(" ");
  return nobody(`the group ${name} is somebody's (number ${id}, members: ${shown})`);
}

/**
 * Whose place, turn and looks are a client's: its person's, whatever other groups they have, or the window's, which only the launcher gives. By
 * the group alone a person would count once for each of theirs, and a user namespace may have thousands.
 */
export function accountOf({ uid, gid }: Peer, window: WindowGroup | null): string {
  return gid === window?.id ? `${uid} window` : `${uid}`;
}

const linesOf = (text: string) => text.split("\n").map((line) => line.split(":"));
