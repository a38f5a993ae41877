// What apps at a path are called and look like, as far as that is known: rules and proposals have only the path.
import { create } from "zustand";
import type { App } from "../contract/words.ts";
import { appWord, baseName, isIdentified } from "./format.ts";
import { useKnown } from "./store.ts";
import { text } from "./text.ts";

/** By path. */
export const useApps = create<{ apps: ReadonlyMap<string, App> }>()(() => ({ apps: new Map() }));

export function noteApps(found: readonly App[]): void {
  const { apps } = useApps.getState();
  const news = found.filter((app) => {
    const known = apps.get(app.path);
    return known?.name !== app.name || known.verified !== app.verified || known.icon !== app.icon;
  });
  if (news.length > 0) useApps.setState({ apps: new Map([...apps, ...news.map((app) => [app.path, app] as const)]) });
}

/** Its name where that can be trusted, else its file's. `path` null: every app. */
export function appCalled(path: string | null): string {
  if (path === null) return text.rules.anyApp;
  const known = useApps.getState().apps.get(path);
  if (known?.verified) return appWord(known);
  return isIdentified(path) ? baseName(path) : text.unidentified.title;
}

// Whoever asked has just become the app of a rule, before history could say anything of it.
useKnown.subscribe((known, before) => {
  if (known.prompts !== before.prompts) noteApps([...known.prompts.values()].map(({ app }) => app));
});
