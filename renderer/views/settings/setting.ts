// What a setting and a section are. A section is a file of its own below sections/ and a line in registry.ts.
import type { ComponentType } from "react";
import type { Shell } from "../../../contract/bridge.ts";
import type { Known } from "../../store.ts";

export type Setting = {
  /** Unique in all of them. */
  id: string;
  title: string;
  hint?: string;
  /** Other words that people look for it by; never shown. */
  find: string;
  /** side: what is set stands beside the title. below: under it. own: it says its title and hint itself. */
  place: "side" | "below" | "own";
  Control: ComponentType;
  /** Whether there is anything to set on this computer. Absent: always. */
  shown?: (facts: { shell: Shell; known: Known }) => boolean;
};

export type Section = { id: string; title: string; settings: readonly Setting[] };

/** Every word must occur in what is shown of a setting, in its section's title or in its other words. */
export function found(query: string, section: Section, { title, hint = "", find }: Setting): boolean {
  const hay = [section.title, title, hint, find].join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
