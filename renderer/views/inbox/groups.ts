// How the inbox puts questions together: by app, what waits now before what nobody waits for, what has been quiet for long at the end. Pure.
import type { Prompt } from "../../../contract/words.ts";
import { appWord, plain } from "../../format.ts";
import { headlinePlace } from "../../sentence.ts";

/** A question without a new attempt for so long folds away, ms. It never goes. */
export const quietAfter = 14 * 24 * 3_600_000;

export type Group = { id: string; prompts: Prompt[] };

export type Sections = {
  /** Somebody waits for the answer. */
  waiting: Group[];
  unanswered: Group[];
  /** Nobody has tried for long. */
  quiet: Group[];
};

/** Those that match the search; of an app the oldest question first, so that nothing moves under a pointer when one arrives. `now`: ms. */
export function sections(prompts: Iterable<Prompt>, query: string, now: number): Sections {
  const waiting: Prompt[] = [];
  const unanswered: Prompt[] = [];
  const quiet: Prompt[] = [];
  for (const prompt of prompts) {
    if (!isFound(prompt, query)) continue;
    if (prompt.state === "held") waiting.push(prompt);
    else (now - Date.parse(prompt.last ?? prompt.opened) > quietAfter ? quiet : unanswered).push(prompt);
  }
  return { waiting: byApp(waiting), unanswered: byApp(unanswered), quiet: byApp(quiet) };
}

function byApp(prompts: Prompt[]): Group[] {
  const groups = new Map<string, Group>();
  for (const prompt of prompts.sort(olderFirst)) {
    // Two programs that nobody can be sure of are not one because as little is known of both.
    const id = prompt.app.path.startsWith("/") ? prompt.app.path : `${prompt.app.path} ${prompt.process.pid}`;
    const group = groups.get(id);
    if (group) group.prompts.push(prompt);
    else groups.set(id, { id, prompts: [prompt] });
  }
  return [...groups.values()];
}

function olderFirst(a: Prompt, b: Prompt): number {
  return a.opened < b.opened ? -1 : a.opened > b.opened ? 1 : a.id < b.id ? -1 : 1;
}

/** Every word must occur somewhere in what is known of the question. */
function isFound(prompt: Prompt, query: string): boolean {
  const { app, endpoints } = prompt;
  const shown = [
    appWord(app),
    plain(app.path),
    headlinePlace(prompt),
    ...endpoints.flatMap(({ host, address, port }) => [host ?? "", address, String(port)]),
  ];
  const hay = shown.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
