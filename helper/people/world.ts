// What the rooms of the helper know of things that are only named, for the list that keeps people apart.
import type { Engine } from "../engine.ts";
import type { History } from "../history/history.ts";
import type { Probation } from "../probation.ts";
import { isPerson } from "./person.ts";
import type { World } from "./scopes.ts";
import { sees } from "./viewer.ts";

/** `rooms`: they are not there yet when it is made. */
export function worldOf(rooms: () => { engine: Engine; probation: Probation; history: History }): World {
  return {
    isPerson: (uid) => isPerson(uid),
    personOfPrompt: (id) => rooms().engine.personOfPrompt(id),
    promptOf: (id) => rooms().engine.prompts.get(id),
    countPrompts: (viewer) => rooms().engine.prompts.countOf((person) => sees(viewer, person)),
    flowOf: (id) => rooms().engine.findFlow(id),
    ruleOf: (id) => rooms().engine.findRule(id),
    changes: () => rooms().engine.changedUsers(),
    trialOf: (uid) => rooms().probation.trialOf(uid, false),
    hasUsed: (app, uid) => rooms().history.hasUsed(app, uid),
    networksOf: (uid) => rooms().history.networksOf(uid),
    ruleUsers: () =>
      rooms()
        .engine.listRules()
        .flatMap(({ user, lifetime }) => (lifetime === "forever" ? [user] : [])),
    privateApps: () => rooms().history.settings.private,
    historyUsers: () => rooms().history.users(),
  };
}
