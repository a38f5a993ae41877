// What a person wants of their windows. Kept by the unprivileged side, in one file; the helper knows nothing of it.
import * as v from "valibot";
import { languageChoiceSchema } from "./language.ts";

/** How large everything in the windows is: times the usual size. */
export const textSizes = [0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const;

const each = {
  theme: v.picklist(["system", "light", "dark"]),
  contrast: v.picklist(["system", "more"]),
  language: languageChoiceSchema,
  textSize: v.picklist(textSizes),
  /** The first run was seen to its end, or put away. */
  introduced: v.boolean(),
  /** What closing the main window does where there is no tray to find it again. */
  closing: v.picklist(["ask", "minimise", "close"]),
  /** Where the package starts the window with the session: whether it stays. */
  startWithSession: v.boolean(),
  /** What is chosen beforehand on a card, where the question has it. */
  scope: v.picklist(["endpoint", "domain", "any"]),
  lifetime: v.picklist(["once", "quit", "1h", "restart", "forever"]),
  /** Nothing is raised while a window fills the screen; while the desktop's Do Not Disturb is on. */
  quietFullscreen: v.boolean(),
  quietDoNotDisturb: v.boolean(),
} as const;

/** Some of them. What is unknown, or not one of its values, is refused. */
export const preferencesChangeSchema = v.partial(v.strictObject(each));
export type PreferencesChange = v.InferOutput<typeof preferencesChangeSchema>;
export type Preferences = { [Name in keyof typeof each]: v.InferOutput<(typeof each)[Name]> };

export const firstPreferences: Preferences = {
  theme: "system",
  contrast: "system",
  language: "system",
  textSize: 1,
  introduced: false,
  closing: "ask",
  startWithSession: true,
  scope: "domain",
  lifetime: "forever",
  quietFullscreen: true,
  quietDoNotDisturb: true,
};

/** Of a file that anybody may have written: what makes no sense is what it is at first. */
export function readPreferences(stored: unknown): Preferences {
  const given = typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  const sound = Object.entries(each).filter(([name, schema]) => v.is(schema, given[name]));
  return { ...firstPreferences, ...Object.fromEntries(sound.map(([name]) => [name, given[name]])) };
}
