// `picket flows end`: ends connections, by their ids or all that fit.
import { CodedError } from "../../contract/errors.ts";
import type { HelperClient } from "../client/client.ts";
import { type Chosen, choose } from "./flow-filter.ts";
import { withHelper } from "./helper-connection.ts";
import { printable, printableJson } from "./table.ts";
import { parseWords, UsageError } from "./usage.ts";

export async function endFlows(args: string[]): Promise<number> {
  const { values, positionals: ids } = parseWords(args, {
    app: { type: "string" },
    host: { type: "string" },
    confirm: { type: "boolean" },
    json: { type: "boolean" },
  });
  const { app, host, confirm = false, json } = values;
  const some = app !== undefined || host !== undefined;
  if (some === ids.length > 0)
    throw new UsageError("which? their ids (picket flows --json), or --app APP, --host HOST");
  return withHelper("flows", async (helper) => {
    const wanted = some ? await fitting(helper, choose({ app, host, verdict: undefined, live: true })) : ids;
    const refused: CodedError[] = [];
    let ended = 0;
    for (const id of new Set(wanted)) {
      try {
        await helper.call("flows.end", { id, ...(confirm && { confirm }) });
        ended++;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code === "no_helper") throw error;
        // It ended by itself meanwhile, or waits for an answer: nobody asked for this one by name.
        if (some && ["flow_over", "unknown_flow", "flow_held"].includes(error.code)) continue;
        refused.push(error);
      }
    }
    process.stdout.write(json ? `${printableJson({ ended }, 2)}\n` : `ended ${ended}\n`);
    for (const { code, message } of refused)
      process.stderr.write(`${printable(`picket: ${message}${code === "own_session" ? " Say --confirm." : ""}`)}\n`);
    return refused.length === 0 ? 0 : 1;
  });
}

async function fitting(helper: HelperClient, chosen: Chosen): Promise<string[]> {
  return (await helper.call("flows.list", {}))
    .filter((flow) => flow.verdict === "allow" && chosen(flow))
    .map(({ id }) => id);
}
