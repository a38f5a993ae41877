// `picket flows`, once or as a stream.

import { type Flow, verdictSchema } from "../../contract/words.ts";
import { appText, timeText, wayText } from "./endpoint-text.ts";
import { choose } from "./flow-filter.ts";
import { endFlows } from "./flows-end.ts";
import { followAcross } from "./follow.ts";
import { withHelper } from "./helper-connection.ts";
import { printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore } from "./usage.ts";

const head = ["TIME", "VERDICT", "LIVE", "IN", "OUT", "ENDPOINT", "LAYER", "RULE", "APP", "REASON"] as const;
/** Widths that fit most IPv6 endpoints. */
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
  if (values.follow) {
    // For people a line per decision is enough; a script gets the byte counts too.
    const gist = ({ verdict, live, rule }: Flow): string => `${verdict} ${live} ${rule}`;
    const json = values.json === true;
    return followAcross({
      topic: "flows",
      json,
      head,
      widths: followWidths,
      wanted,
      cells,
      gist,
      began: ({ time }) => time,
    });
  }
  return withHelper("flows", async (helper) => {
    const found = (await helper.call("flows.list", {})).filter(wanted);
    process.stdout.write(values.json ? `${printableJson(found, 2)}\n` : table(head, found.map(cells), "no flows"));
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
