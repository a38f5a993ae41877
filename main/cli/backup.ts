// `picket backup` and `picket restore`: everything a person decided as one file, and back. The file is written and read here, as the person
// who names it: the helper sees its text only.
import { type Backup, backupPiece, parseBackup, type Restored } from "../../contract/backup.ts";
import type { HelperClient } from "../client/client.ts";
import { changing, withHelper } from "./helper-connection.ts";
import { readText } from "./read-text.ts";
import { printable, printableJson } from "./table.ts";
import { parseWords, takeNoMore, UsageError } from "./usage.ts";
import { writeWhole } from "./write-whole.ts";

/** Bytes of a file that is read at once: well more than what the helper takes, for what makes it look well. */
const largestFile = 64 * 1024 * 1024;

export async function backup(args: string[]): Promise<number> {
  const { positionals } = parseWords(args, {});
  const [path, ...rest] = positionals;
  if (path === undefined) throw new UsageError("backup needs a FILE (- for the terminal)");
  takeNoMore(rest);
  const made = await withHelper("backup", (helper) => helper.call("backup.read", {}));
  const text = `${printableJson(made, 2)}\n`;
  if (path === "-") process.stdout.write(text);
  else writeWhole(path, text);
  const { rules, profiles, blocklists } = made;
  process.stderr.write(`${rules.length} rules, ${profiles.length} profiles, ${blocklists.length} blocklists\n`);
  process.stderr.write(
    "not in it: history, which stays on this computer; picket history --csv writes down what you want to keep of it\n",
  );
  for (const name of withoutUrl(made))
    process.stderr.write(`${printable(`not in it: the text of blocklist ${name}, which came from a file`)}\n`);
  return 0;
}

const withoutUrl = ({ blocklists }: Backup) => blocklists.filter(({ url }) => url === null).map(({ name }) => name);

export async function restore(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    "dry-run": { type: "boolean" },
    undo: { type: "boolean" },
    json: { type: "boolean" },
  });
  const [path, ...rest] = positionals;
  takeNoMore(rest);
  if (values.undo === true) {
    if (path !== undefined || values["dry-run"]) throw new UsageError("restore --undo stands alone");
    return report(await changing("restore", (helper) => helper.call("backup.undo", {})), values.json, false, true);
  }
  if (path === undefined) throw new UsageError("restore needs a FILE (- for what is piped in), or --undo");
  const text = JSON.stringify(parseBackup(readText(path, largestFile, "bad_backup")));
  const dryRun = values["dry-run"] ?? false;
  const work = async (helper: HelperClient) => {
    await handOver(helper, text);
    return helper.call("backup.restore", { dryRun });
  };
  return report(await (dryRun ? withHelper : changing)("restore", work), values.json, dryRun, false);
}

async function handOver(helper: HelperClient, text: string): Promise<void> {
  for (let at = 0; at === 0 || at < text.length; at += backupPiece)
    await helper.call("backup.append", { first: at === 0, text: text.slice(at, at + backupPiece) });
}

function report(restored: Restored, json: boolean | undefined, dryRun: boolean, undone: boolean): number {
  if (json) {
    process.stdout.write(`${printableJson(restored, 2)}\n`);
    return 0;
  }
  for (const line of linesOf(restored)) process.stdout.write(`${printable(line)}\n`);
  if (!dryRun && !undone) process.stdout.write("picket restore --undo takes it back\n");
  return 0;
}

/** What a restore did, a line each; the last is for what a person has to do. */
function linesOf({ rules, profiles, mode, blocklists }: Restored): string[] {
  const named = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(", ")}`];
  return [
    `rules: ${rules.added} added, ${rules.changed} changed, ${rules.removed} removed`,
    `mode: ${mode}`,
    ...named("profiles set", profiles.set),
    ...named("profiles removed", profiles.removed),
    ...named("blocklists added", blocklists.added),
    ...named("blocklists switched on", blocklists.enabled),
    ...named("blocklists switched off", blocklists.disabled),
    ...named("their text is missing; picket blocklists add FILE --name NAME hands it over", blocklists.missing),
  ];
}
