// What a client may see and change, by the uid that the kernel says it has. Pure.
import type { Rule } from "../../contract/words.ts";

/** Whom the helper serves: `owner` alone, who sees everything, or every person, each their own. */
export type Served = "owner" | "everyone";

export interface Viewer {
  readonly uid: number;
  /** Root, and the owner whom alone the helper serves. */
  readonly everything: boolean;
  /** Looks after what is the machine's: settings that are everybody's, and what belongs to no person. */
  readonly keeper: boolean;
}

export function viewerOf(uid: number, served: Served, owner: number): Viewer {
  const everything = uid === 0 || (served === "owner" && uid === owner);
  return { uid, everything, keeper: everything || uid === owner };
}

/** `person`: whose a flow or question is; null: the machine's own. Undefined where the helper does not tell people apart. */
export function sees(viewer: Viewer, person: number | null | undefined): boolean {
  if (viewer.everything) return true;
  return person === null || person === undefined ? viewer.keeper : person === viewer.uid;
}

/** Rules that count for everybody are no secret; others are their user's alone. */
export function seesRule(viewer: Viewer, { user }: Pick<Rule, "user">, isPerson: (uid: number) => boolean): boolean {
  return viewer.everything || user === null || user === viewer.uid || looksAfter(viewer, user, isPerson);
}

/** Whether a user is nobody's but the viewer's to look after: a service's, or root. */
export function looksAfter({ keeper }: Viewer, user: number, isPerson: (uid: number) => boolean): boolean {
  return keeper && !isPerson(user);
}

/** Whether the viewer may make and change rules for a user's processes; null: for everybody's. What root's may is an administrator's to say. */
export function mayRule(viewer: Viewer, user: number | null, isPerson: (uid: number) => boolean): boolean {
  if (viewer.everything || user === viewer.uid) return true;
  return user !== null && user !== 0 && looksAfter(viewer, user, isPerson);
}
