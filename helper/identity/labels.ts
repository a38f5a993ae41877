// What a process's cgroup adds to its app. The executable decides which app it is; the cgroup informs.
import type { App } from "../../contract/words.ts";
import { displayable } from "./apps.ts";
import { scopeOf } from "./scope.ts";

/** `cgroup`: of the process at the time of the call, below the mount; null when it could not be found any more. */
export function labelled(app: App, cgroup: string | null): App {
  const scope = app.packaging || cgroup === null ? null : scopeOf(cgroup);
  if (scope === null) return app;
  return { ...app, packaging: { kind: scope.kind, id: displayable(scope.id), proven: scope.byRoot } };
}
