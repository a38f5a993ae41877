// `picket flows`, once or as a stream.

import { setTimeout as sleep } from "node:timers/promises";
import { CodedError } from "../../contract/errors.ts";
import type { Events } from "../../contract/methods.ts";
import { type Flow, verdictSchema } from "../../contract/words.ts";
import type { HelperClient } from "../client/client.ts";
import { appText, timeText, wayText } from "./endpoint-text.ts";
import { type Chosen, choose } from "./flow-filter.ts";
import { endFlows } from "./flows-end.ts";
import { withHelper } from "./helper-connection.ts";
import { printableJson, row, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore } from "./usage.ts";

const head = ["TIME", "VERDICT", "LIVE", "IN", "OUT", "ENDPOINT", "LAYER", "RULE", "APP", "REASON"] as const;
/** A stream cannot know what comes: widths that fit most IPv6 endpoints. */
const followWidths = [19, 7, 4, 9, 9, 49, 8, 18, 24, 0] as const;

export async function flows(args: string[]): Promise<number> {
  if (args[0] === "end") return endFlows(args.slice(1));
  const { values, positionals } = parseWords(args, {
    app: { type: "string" },
    host: { type: "string" },
    verdict: { type: "string" },
    live: { type: "boolean" },
    follow: { type: "boolean" },
    json: { type: "boolean" },
  });
  takeNoMore(positionals);
  const { app, host, live = false } = values;
  const verdict = values.verdict === undefined ? undefined : oneOf("--verdict", values.verdict, verdictSchema.options);
  const wanted = choose({ app, host, verdict, live });
  if (values.follow) return followAcross(values.json === true, wanted);
  return withHelper("flows", async (helper) => {
    const found = (await helper.call("flows.list", {})).filter(wanted);
    process.stdout.write(values.json ? `${printableJson(found, 2)}\n` : table(head, found.map(cells)));
    return 0;
  });
}

function cells(flow: Flow): string[] {
  return [
    timeText(flow.time),
    flow.verdict === "held" && !flow.live ? "gave up" : flow.verdict,
    flow.live ? "yes" : "no",
    String(flow.bytesIn),
    String(flow.bytesOut),
    wayText(flow.direction, flow.endpoint),
    flow.layer,
    flow.rule ?? "-",
    appText(flow.app),
    flow.reason,
  ];
}

/** How often a helper that went away is looked for, milliseconds. */
const lookAgain = 500;

/** Goes on when the helper is started again; never ends but by a signal, or because of a helper that cannot be talked to. */
async function followAcross(json: boolean, wanted: Chosen): Promise<never> {
  if (!json) process.stdout.write(row(head, followWidths));
  for (let connected = false, waiting = false; ; ) {
    try {
      await withHelper("flows", (helper) => {
        if (waiting) process.stderr.write("picket: the helper is back\n");
        connected = true;
        waiting = false;
        return follow(helper, json, wanted);
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
async function follow(helper: HelperClient, json: boolean, wanted: Chosen): Promise<never> {
  const ended = new Promise<never>((_, reject) => helper.onClose(reject));
  ended.catch(() => undefined); // when watch() itself fails, nobody awaits this one
  // The state last printed per flow, so that a full event repeats nothing. Its size is the helper's own bound on flows.
  const printed = new Map<string, string>();
  await helper.watch(["flows"], (_topic, data) => {
    for (const flow of changedFlows(data).filter(wanted)) {
      // For people a line per decision is enough; a script gets the byte counts too.
      const state = json ? printableJson(flow) : `${flow.verdict} ${flow.live} ${flow.rule}`;
      if (printed.get(flow.id) === state) continue;
      printed.set(flow.id, state);
      process.stdout.write(json ? `${state}\n` : row(cells(flow), followWidths));
    }
    forget(printed, data);
  });
  return ended;
}

/** Oldest first: the newest line is the last one. */
function changedFlows(data: Events["flows"]): Flow[] {
  return data.changed.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

function forget(printed: Map<string, string>, data: Events["flows"]): void {
  for (const id of data.removed) printed.delete(id);
  if (!data.full) return;
  const known = new Set(data.changed.map((flow) => flow.id));
  for (const id of printed.keys()) if (!known.has(id)) printed.delete(id);
}
