// `picket learn review`: what was seen while Picket learned, as rules to take or to leave.
import { appPathText } from "../../contract/app-path.ts";
import { type Mode, modeSchema, type Proposal, type Rule } from "../../contract/words.ts";
import type { HelperClient } from "../client/client.ts";
import { timeText } from "./endpoint-text.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore } from "./usage.ts";

type Review = {
  accept: readonly string[];
  reject: readonly string[];
  mode: Mode | undefined;
  json: boolean | undefined;
};

export async function learn(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    accept: { type: "string", multiple: true },
    reject: { type: "string", multiple: true },
    mode: { type: "string" },
    json: { type: "boolean" },
  });
  const [word, ...more] = positionals;
  oneOf("what to do with what was learned", word, ["review"]);
  const { accept = [], reject = [], json } = values;
  const mode = values.mode === undefined ? undefined : oneOf("--mode", values.mode, modeSchema.options);
  // --accept 1a2b3c4d 5e6f7a8b: further ids may simply follow, where it is clear what they are for.
  if (accept.length > 0 === reject.length > 0) takeNoMore(more);
  const further =
    accept.length > 0 ? { accept: [...accept, ...more], reject } : { accept, reject: [...reject, ...more] };
  const nothing = accept.length === 0 && reject.length === 0 && mode === undefined;
  return nothing ? review(json) : decide({ ...further, mode, json });
}

function place({ domain, address }: Proposal): string {
  return domain === null ? (address ?? "any") : `*.${domain}`;
}

function cells(proposal: Proposal): string[] {
  const { id, app, direction, port, protocol, count, endpoints } = proposal;
  const from = endpoints === 1 ? "" : ` (${endpoints} places)`;
  return [
    id,
    `${count}`,
    appPathText(app),
    direction,
    `${place(proposal)}${from}`,
    `${port ?? "any"}`,
    protocol ?? "any",
  ];
}

async function review(json: boolean | undefined): Promise<number> {
  const found = await withHelper("learn", (helper) => helper.call("learn.review", {}));
  if (json) {
    process.stdout.write(`${printableJson(found, 2)}\n`);
    return 0;
  }
  process.stdout.write(
    table(
      ["ID", "SEEN", "APP", "DIRECTION", "WHERE", "PORT", "PROTOCOL"],
      found.proposals.map(cells),
      "nothing to propose",
    ),
  );
  const since = found.since === null ? "Picket has not learned yet: picket mode learn" : timeText(found.since);
  process.stdout.write(
    found.since === null
      ? `${since}\n`
      : `Seen since ${since}. --accept ID… or all makes rules, --reject ID… or all forgets, --mode ask ends learning.\n`,
  );
  return 0;
}

async function idsOf(helper: HelperClient, given: readonly string[]): Promise<string[]> {
  if (!given.includes("all")) return [...given];
  return (await helper.call("learn.review", {})).proposals.map(({ id }) => id);
}

/** Rules first, so that what is rejected may be all that is left; the mode comes last. */
async function decide({ accept, reject, mode: wanted, json }: Review): Promise<number> {
  const made = await changing("learn", async (helper) => {
    const accepted = await idsOf(helper, accept);
    const done =
      accepted.length === 0 ? { rules: [], change: null } : await helper.call("learn.accept", { ids: accepted });
    const rejected = await idsOf(helper, reject);
    if (rejected.length > 0) await helper.call("learn.forget", { ids: rejected });
    if (wanted !== undefined) await helper.call("mode.set", { mode: wanted });
    const { mode } = await helper.call("status", {});
    return { ...done, rejected, mode };
  });
  if (json) process.stdout.write(`${printableJson(made, 2)}\n`);
  else process.stdout.write(`${printable(sentenceOf(made, accept.length > 0))}\n`);
  return 0;
}

type Made = { rules: readonly Rule[]; rejected: readonly string[]; mode: Mode };

function sentenceOf({ rules, rejected, mode }: Made, accepting: boolean): string {
  const ids = rules.map(({ id }) => id).join(" ");
  const parts = [
    ...(ids !== ""
      ? [`added ${ids} (picket rules undo takes all of them back)`]
      : accepting
        ? ["nothing to accept"]
        : []),
    ...(rejected.length > 0 ? [`rejected ${rejected.join(" ")}`] : []),
    `mode: ${mode}${mode === "learn" ? " (picket mode ask ends learning)" : ""}`,
  ];
  return parts.join("; ");
}
