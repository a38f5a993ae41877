// `picket learn review`: what was seen while Picket learned, as rules to take or to leave.
import { appPathText } from "../../contract/app-path.ts";
import type { Proposal } from "../../contract/words.ts";
import { timeText } from "./endpoint-text.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore } from "./usage.ts";

export async function learn(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    accept: { type: "string", multiple: true },
    json: { type: "boolean" },
  });
  const [word, ...more] = positionals;
  oneOf("what to do with what was learned", word, ["review"]);
  // --accept 1a2b3c4d 5e6f7a8b: further ids may simply follow.
  if (values.accept === undefined) takeNoMore(more);
  return values.accept === undefined ? review(values.json) : accept([...values.accept, ...more], values.json);
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
    table(["ID", "SEEN", "APP", "DIRECTION", "WHERE", "PORT", "PROTOCOL"], found.proposals.map(cells)),
  );
  const since = found.since === null ? "Picket has not learned yet: picket mode learn" : timeText(found.since);
  process.stdout.write(found.since === null ? `${since}\n` : `Seen since ${since}. --accept ID… or all makes rules.\n`);
  return 0;
}

async function accept(given: string[], json: boolean | undefined): Promise<number> {
  const made = await changing("learn", async (helper) => {
    const ids = given.includes("all") ? (await helper.call("learn.review", {})).proposals.map(({ id }) => id) : given;
    return ids.length === 0 ? { rules: [], change: null } : helper.call("learn.accept", { ids });
  });
  const rules = made.rules.map(({ id }) => id).join(" ");
  const sentence = rules === "" ? "nothing to accept" : `added ${rules} (picket rules undo takes all of them back)`;
  process.stdout.write(json ? `${printableJson(made, 2)}\n` : `${printable(sentence)}\n`);
  return 0;
}
