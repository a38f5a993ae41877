// What is known of who asks, beyond what the card needs: looked up when somebody unfolds it.
import type { PromptDetails } from "../../contract/questions.ts";
import type { Flow, Prompt } from "../../contract/words.ts";
import { lineageOf, userName } from "../identity/lineage.ts";

export interface KnownOfApps {
  /** When the app was met first, milliseconds since 1970; null where nobody knows. */
  firstSeen(path: string): number | null;
  flows(): readonly Flow[];
}

export function detailsOf(prompt: Prompt, known: KnownOfApps, now: Date): PromptDetails {
  const { app, process, state } = prompt;
  const seen = known.firstSeen(app.path);
  return {
    // While it waits the number is its own; afterwards it may be anybody's.
    processes: state === "held" ? lineageOf(process.pid) : [],
    user: userName(process.uid),
    firstSeen: seen === null ? null : new Date(seen).toISOString(),
    today: countDay(known.flows(), app.path, now),
  };
}

/** What the app did since midnight of this computer's day. */
export function countDay(flows: readonly Flow[], path: string, now: Date): PromptDetails["today"] {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const since = midnight.toISOString();
  const own = flows.filter(({ app, time }) => app.path === path && time >= since);
  return {
    allowed: own.filter(({ verdict }) => verdict === "allow").length,
    blocked: own.filter(({ verdict }) => verdict === "block").length,
    destinations: new Set(own.map(({ endpoint }) => endpoint.host ?? endpoint.address)).size,
    bytesIn: own.reduce((sum, flow) => sum + flow.bytesIn, 0),
    bytesOut: own.reduce((sum, flow) => sum + flow.bytesOut, 0),
  };
}
