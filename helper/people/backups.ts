// Whose a backup is, who may restore one, and what of it. Pure.
import type { Demand, World } from "./scopes.ts";
import { mayRule, type Viewer } from "./viewer.ts";

/** A backup is whole, and so everybody's: with rules of another person, or an app they may have made private, it is an administrator's. */
export function wholeBackup(_: object, viewer: Viewer, world: World): Demand {
  const isOthers = (user: number | null) => user !== null && user !== viewer.uid && world.isPerson(user);
  if (world.ruleUsers().some(isOthers)) return "admin";
  // Whose app was made private nobody notes: where nobody else was here, it is the keeper's.
  const strange = world.privateApps().some((app) => !world.hasUsed(app, viewer.uid));
  return strange && world.historyUsers().some(isOthers) ? "admin" : "keeper";
}

/** What a backup does to a rule. `made`: it says something that no rule said before; else one goes, or is switched. */
export interface Brought {
  readonly user: number | null;
  readonly made: boolean;
}

/** Whether a backup does to rules no more than the viewer may one by one; what it holds is its author's word. */
export function mayBring(brought: readonly Brought[], viewer: Viewer, { isPerson }: World): boolean {
  return brought.every(
    ({ user, made }) => mayRule(viewer, user, isPerson) || (user === null && !made && viewer.keeper),
  );
}
