// `picket prompts` and `picket answer`.
import { lifetimeSchema } from "../../contract/lifetime.ts";
import { type Changed, type Prompt, scopeSchema } from "../../contract/words.ts";
import { appText, timeText, wayText } from "./endpoint-text.ts";
import { followAcross } from "./follow.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { lifetimeFrom } from "./lifetime-text.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

const head = ["ID", "STATE", "OPENED", "ENDPOINT", "ATTEMPTS", "PID", "APP", "REASON"] as const;
/** Widths that fit most IPv6 endpoints. */
const followWidths = [6, 5, 19, 49, 8, 7, 24, 0] as const;

export async function prompts(args: string[]): Promise<number> {
  if (args[0] === "dismiss") return dismiss(args.slice(1));
  const { values, positionals } = parseWords(args, { follow: { type: "boolean" }, json: { type: "boolean" } });
  takeNoMore(positionals);
  if (values.follow) {
    return followAcross({
      topic: "prompts",
      json: values.json === true,
      head,
      widths: followWidths,
      wanted: () => true,
      cells,
      // What an answer would be about. How often it was tried is no other question.
      gist: ({ state, endpoints, behind, changed }) => `${state} ${endpoints.length} ${behind} ${changed?.kind}`,
      began: ({ opened }) => opened,
    });
  }
  const found = await withHelper("prompts", (helper) => helper.call("prompts.list", {}));
  if (values.json) process.stdout.write(`${printableJson(found, 2)}\n`);
  else process.stdout.write(table(head, found.map(cells), "no open prompts"));
  return 0;
}

function cells(prompt: Prompt): string[] {
  return [
    prompt.id,
    prompt.state,
    timeText(prompt.opened),
    wayText(prompt.direction, prompt.endpoint) +
      (prompt.endpoints.length > 1 ? ` +${prompt.endpoints.length - 1}` : "") +
      (prompt.behind ? ` (${prompt.behind} behind)` : ""),
    String(prompt.attempts),
    `${prompt.process.pid}`,
    appText(prompt.app),
    `${prompt.reason ?? ""}${prompt.changed ? ` ${changedText(prompt.changed)}` : ""}`,
  ];
}

/** What to know before a changed program is answered. */
function changedText({ kind, since }: Changed): string {
  const what = kind === "version" ? "It is another version" : "It has other content";
  return `(${what} than what was allowed ${timeText(since)}; allowed for longer than once, its rules hold again.)`;
}

async function dismiss(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [id, ...rest] = positionals;
  if (!id) throw new UsageError("prompts dismiss needs the item's ID");
  takeNoMore(rest);
  const result = await withHelper("prompts", (helper) => helper.call("prompts.dismiss", { id }));
  process.stdout.write(
    values.json ? `${printableJson(result, 2)}\n` : `dismissed ${printable(id)}: the next attempt asks again\n`,
  );
  return 0;
}

export async function answer(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    scope: { type: "string", default: "endpoint" },
    lifetime: { type: "string", default: "once" },
    json: { type: "boolean" },
  });
  const [id, word, ...rest] = positionals;
  if (!id) throw new UsageError("answer needs the prompt's ID and allow or block");
  const action = oneOf("the answer", word, ["allow", "block"]);
  takeNoMore(rest);
  const scope = oneOf("--scope", values.scope, scopeSchema.options);
  const lifetime = lifetimeFrom(values.lifetime, lifetimeSchema);
  const made = await changing("answer", (helper) => helper.call("prompts.answer", { id, action, scope, lifetime }));
  if (values.json) {
    process.stdout.write(`${printableJson(made, 2)}\n`);
    return 0;
  }
  const rules = made.rules.length > 0 ? `, made rule ${made.rules.join(", ")}` : "";
  const sentence = `settled ${made.settled.join(", ") || id}: ${action}, ${scope}, ${lifetime}${rules}`;
  process.stdout.write(`${printable(sentence)}\n`);
  return 0;
}
