// `picket mode`, `pause`, `lockdown` and `confirm`: what stands around the rules.
import * as v from "valibot";
import { durationSchema } from "../../contract/lifetime.ts";
import { modeSchema, type Standing } from "../../contract/words.ts";
import type { HelperClient } from "../client/client.ts";
import { withHelper } from "./helper-connection.ts";
import { standingRows, trialText } from "./standing-text.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

type Work = (helper: HelperClient) => Promise<Standing>;

/** What is, and after a change also what becomes of it. */
async function show(command: string, json: boolean | undefined, work: Work): Promise<number> {
  const standing = await withHelper(command, work);
  if (json) process.stdout.write(`${printableJson(standing, 2)}\n`);
  else process.stdout.write(table(["WHAT", "NOW"], standingRows(standing)));
  if (standing.trial !== null && !json) process.stderr.write(`${printable(trialText(standing.trial))}\n`);
  return 0;
}

const now: Work = async (helper) => {
  const { mode, override, profile, automatic, trial } = await helper.call("status", {});
  return { mode, override, profile, automatic, trial };
};

/** "60s" or "2m", in seconds. */
function seconds(given: string): number {
  const [, digits, unit] = /^([1-9]\d{0,4})([sm])$/.exec(given) ?? [];
  const count = Number(digits) * (unit === "m" ? 60 : 1);
  if (unit === undefined || count < 5 || count > 3600)
    throw new UsageError(`--confirm is a time from 5s to 60m, not "${given}"`);
  return count;
}

export async function mode(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { confirm: { type: "string" }, json: { type: "boolean" } });
  const [word, ...rest] = positionals;
  takeNoMore(rest);
  if (word === undefined) {
    if (values.confirm !== undefined) throw new UsageError("--confirm needs the mode to confirm");
    return show("mode", values.json, now);
  }
  const wanted = {
    mode: oneOf("the mode", word, modeSchema.options),
    confirmWithin: values.confirm === undefined ? null : seconds(values.confirm),
  };
  return show("mode", values.json, (helper) => helper.call("mode.set", wanted));
}

export async function pause(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [word, ...rest] = positionals;
  takeNoMore(rest);
  if (word === undefined) return show("pause", values.json, now);
  const length = v.safeParse(durationSchema, word);
  if (!length.success && word !== "off")
    throw new UsageError(`a pause is a time like 10m or 1h, or off, not "${word}"`);
  const wanted = { for: length.success ? length.output : null };
  return show("pause", values.json, async (helper) => {
    const standing = await helper.call("pause", wanted);
    if (length.success && standing.override?.kind === "lockdown")
      process.stderr.write("picket: lockdown comes first: the pause allows nothing until picket lockdown off\n");
    return standing;
  });
}

export async function lockdown(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [word, ...rest] = positionals;
  takeNoMore(rest);
  if (word === undefined) return show("lockdown", values.json, now);
  const on = oneOf("lockdown", word, ["on", "off"]) === "on";
  return show("lockdown", values.json, (helper) => helper.call("lockdown", { on }));
}

export async function confirm(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  return show("confirm", values.json, (helper) => helper.call("confirm", {}));
}
