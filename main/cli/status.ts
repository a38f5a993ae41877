// `picket status`.
import type { Status } from "../../contract/words.ts";
import { withHelper } from "./helper-connection.ts";
import { standingRows } from "./standing-text.ts";
import { printableJson, table } from "./table.ts";
import { parseWords, takeNoMore } from "./usage.ts";
import { userText } from "./user-text.ts";

export async function status(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const now = await withHelper("status", (helper) => helper.call("status", {}));
  if (values.json) {
    process.stdout.write(`${printableJson(now, 2)}\n`);
    return 0;
  }
  const rows = [
    ["helper", `${now.helper}, version ${now.version}, pid ${now.pid}`],
    ["kernel", now.kernel],
    ...standingRows(now),
    ["level", now.level],
    ...(now.people ? [["people", peopleText(now.people)]] : []),
    ...(now.locked?.length ? [["locked", `${now.locked.join(" ")} (only root may change it)`]] : []),
    ["guarded", now.guarded.join(" ") || "nothing"],
    ["prompts", String(now.prompts)],
    ...(now.countries ? [["countries", `${now.countries.attribution}, ${now.countries.licence}`]] : []),
    ...now.degraded.map(({ code, message }) => ["degraded", `${code}: ${message}`]),
    ...Object.entries(now.counters)
      .filter(([, count]) => count !== 0)
      .map(([name, count]) => [`count ${name}`, String(count)]),
  ];
  process.stdout.write(table(["WHAT", "NOW"], rows));
  return 0;
}

function peopleText({ served, owner }: NonNullable<Status["people"]>): string {
  const name = userText(owner);
  return served === "owner"
    ? `${name} is asked about everything, and rules are for everybody`
    : `everybody is asked about their own; ${name} looks after what is nobody's`;
}
