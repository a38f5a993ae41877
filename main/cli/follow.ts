// A stream of what the helper tells of a topic: `picket flows --follow`, `picket prompts --follow`.
import { setTimeout as sleep } from "node:timers/promises";
import { CodedError } from "../../contract/errors.ts";
import type { Flow, Prompt } from "../../contract/words.ts";
import type { HelperClient } from "../client/client.ts";
import { withHelper } from "./helper-connection.ts";
import { printableJson, row } from "./table.ts";

type Items = { flows: Flow; prompts: Prompt };
type Told<T> = { full: boolean; changed: T[]; removed: string[] };

export type Stream<T extends keyof Items> = {
  topic: T;
  json: boolean;
  head: readonly string[];
  /** A stream cannot know what comes. */
  widths: readonly number[];
  wanted: (item: Items[T]) => boolean;
  cells: (item: Items[T]) => string[];
  /** For people: a line is worth it where this became another. A script gets every change. */
  gist: (item: Items[T]) => string;
  began: (item: Items[T]) => string;
};

/** How often a helper that went away is looked for, milliseconds. */
const lookAgain = 500;

/** Goes on when the helper is started again; never ends but by a signal, or because of a helper that cannot be talked to. */
export async function followAcross<T extends keyof Items>(stream: Stream<T>): Promise<never> {
  if (!stream.json) process.stdout.write(row(stream.head, stream.widths));
  for (let connected = false, waiting = false; ; ) {
    try {
      await withHelper(stream.topic, (helper) => {
        if (waiting) process.stderr.write("picket: the helper is back\n");
        connected = true;
        waiting = false;
        return follow(helper, stream);
      });
    } catch (error) {
      const isAway = error instanceof CodedError && (error.code === "no_helper" || error.code === "not_answering");
      if (!connected || !isAway) throw error;
      if (!waiting) process.stderr.write("picket: the helper is gone; waiting for it to come back\n");
      waiting = true;
      await sleep(lookAgain);
    }
  }
}

/** Ends only with the helper's connection (an error). */
async function follow<T extends keyof Items>(helper: HelperClient, stream: Stream<T>): Promise<never> {
  const { topic, json, widths, wanted, cells, gist, began } = stream;
  const ended = new Promise<never>((_, reject) => helper.onClose(reject));
  ended.catch(() => undefined); // when watch() itself fails, nobody awaits this one
  // What was last printed of each, so that a full event repeats nothing. Its size is the helper's own bound on what it remembers.
  const printed = new Map<string, string>();
  await helper.watch([topic], (_topic, event) => {
    const told = event as Told<Items[T]>;
    // Oldest first: the newest line is the last one.
    const changed = told.changed.toSorted((a, b) => (began(a) < began(b) ? -1 : began(a) > began(b) ? 1 : 0));
    for (const item of changed.filter(wanted)) {
      const state = json ? printableJson(item) : gist(item);
      if (printed.get(item.id) === state) continue;
      printed.set(item.id, state);
      process.stdout.write(json ? `${state}\n` : row(cells(item), widths));
    }
    forget(printed, told);
  });
  return ended;
}

function forget(printed: Map<string, string>, told: Told<{ id: string }>): void {
  for (const id of told.removed) printed.delete(id);
  if (!told.full) return;
  const known = new Set(told.changed.map(({ id }) => id));
  for (const id of printed.keys()) if (!known.has(id)) printed.delete(id);
}
