// `picket flows`, once or as a stream.

import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { splitAppPath } from "../../contract/app-path.ts";
import { CodedError } from "../../contract/errors.ts";
import type { Events } from "../../contract/methods.ts";
import { type Flow, verdictSchema } from "../../contract/words.ts";
import type { HelperClient } from "../client/client.ts";
import { appText, timeText, wayText } from "./endpoint-text.ts";
import { withHelper } from "./helper-connection.ts";
import { printableJson, row, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore } from "./usage.ts";

const head = ["TIME", "VERDICT", "LIVE", "IN", "OUT", "ENDPOINT", "LAYER", "RULE", "APP", "REASON"] as const;
/** A stream cannot know what comes: widths that fit most IPv6 endpoints. */
const followWidths = [19, 7, 4, 9, 9, 49, 8, 18, 24, 0] as const;

export async function flows(args: string[]): Promise<number> {
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
  const wanted: Wanted = (flow) =>
    (app === undefined || isOf(flow, app)) &&
    (host === undefined || leadsTo(flow, host.toLowerCase())) &&
    (verdict === undefined || flow.verdict === verdict) &&
    (!live || flow.live);
  if (values.follow) return followAcross(values.json === true, wanted);
  return withHelper("flows", async (helper) => {
    const found = (await helper.call("flows.list", {})).filter(wanted);
    process.stdout.write(values.json ? `${printableJson(found, 2)}\n` : table(head, found.map(cells)));
    return 0;
  });
}

type Wanted = (flow: Flow) => boolean;

/** By path, or by the last part of a path: of the executable, or of the script. */
function isOf({ app: { path, name } }: Flow, wanted: string): boolean {
  const { executable, script } = splitAppPath(path);
  return [
    path,
    name,
    executable,
    basename(executable),
    ...(script === null ? [] : [script, basename(script)]),
  ].includes(wanted);
}

/** By address, or by any name that it goes by, a domain's hosts included. */
function leadsTo({ endpoint: { address, host, names = [] } }: Flow, wanted: string): boolean {
  const called = [...(host === null ? [] : [host]), ...names.map(({ name }) => name)];
  return address === wanted || called.some((name) => name === wanted || name.endsWith(`.${wanted}`));
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
async function followAcross(json: boolean, wanted: Wanted): Promise<never> {
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
async function follow(helper: HelperClient, json: boolean, wanted: Wanted): Promise<never> {
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
