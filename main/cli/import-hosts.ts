// `picket import` of a hosts file: what it blocks becomes a blocklist called like the file, and what it says besides is reported.
import { basename, extname } from "node:path";
import * as v from "valibot";
import { type Blocklist, blocklistNameSchema, type SkipReason } from "../../contract/blocklists.ts";
import { handOver, type ListText } from "../client/hand-over.ts";
import { change } from "./blocklists.ts";
import { printable, printableJson } from "./table.ts";

/** As much of a file as is looked at to tell what it is. */
const looked = 65_536;

/** Every line an address and names, or nothing but a comment. */
export function isHosts(content: string): boolean {
  const lines = content.slice(0, looked).split(/\r?\n/);
  const whole = content.length > looked ? lines.slice(0, -1) : lines;
  const said = whole.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  return said.length > 0 && said.every((line) => /^[\da-fA-F:.]+(%\w+)?\s+\S/.test(line));
}

const reasons: Readonly<Record<SkipReason, string>> = {
  redirect: "It leads a name somewhere instead of nowhere: Picket answers no look-ups.",
  local_name: "It is a name of this computer or its network.",
  local_address: "It is an address of this computer or its network.",
  public_suffix: "It stands for strangers: a name that others have names below.",
  too_wide: "It is a good part of the internet.",
  not_carried_over: "It is about more than a name.",
  too_long: "It is too long for a line of a list.",
  unreadable: "Nobody can read it.",
};

/** A second import of a file of that name replaces what the first one made. Returns the exit code. Errors: those of handing a list over. */
export async function importHosts(path: string, text: string, dryRun: boolean, json: boolean): Promise<number> {
  const name = nameOf(path);
  const source = `Hosts file: ${basename(path)}`;
  if (dryRun) {
    const dry = { source, blocklist: name, dryRun };
    process.stdout.write(json ? `${printableJson(dry, 2)}\n` : `${printable(source)}: would be blocklist ${name}\n`);
    return 0;
  }
  return change(
    false,
    (one) => (json ? printableJson(asJson(source, one), 2) : report(source, one)),
    async (helper) => {
      const known = (await helper.call("blocklists.list", {})).some((one) => one.name === name);
      return [await handOver(helper, name, inPieces(text), known)];
    },
  );
}

/** Like the file, as far as lists may be called like that. What is piped in has no name of its own. */
function nameOf(path: string): string {
  if (path.startsWith("/dev/") || path.startsWith("/proc/")) return "hosts";
  const plain = basename(path, extname(path)).replace(/[^\p{L}\p{N} ._-]/gu, "-");
  const name = v.safeParse(blocklistNameSchema, plain.replace(/^[^\p{L}\p{N}]+/u, "").slice(0, 63));
  return name.success ? name.output : "hosts";
}

function inPieces(text: string): ListText {
  const bytes = Buffer.from(text);
  let at = 0;
  return {
    read: async (piece) => {
      const bytesRead = bytes.copy(piece, 0, at);
      at += bytesRead;
      return { bytesRead };
    },
  };
}

/** The first few lines of each kind that were left out, and how many more. */
function leftOut({ skipped }: Blocklist): { item: string; why: string }[] {
  return skipped.flatMap(({ reason, count, first }) => [
    ...first.map(({ line, text }) => ({ item: `line ${line}: ${text}`, why: reasons[reason] })),
    ...(count > first.length ? [{ item: `${count - first.length} more`, why: reasons[reason] }] : []),
  ]);
}

const asJson = (source: string, one: Blocklist) => ({
  source,
  blocklist: one.name,
  carriedOver: one.hosts,
  leftOut: leftOut(one),
});

function report(source: string, one: Blocklist): string {
  const remarks = leftOut(one).map(({ item, why }) => `  ${item}: ${why}`);
  return [
    ...(remarks.length === 0 ? [] : ["Not carried over:", ...remarks]),
    `${source}: ${one.hosts} ${one.hosts === 1 ? "host" : "hosts"} carried over, as blocklist ${one.name}; picket blocklists remove "${one.name}" takes it back`,
  ]
    .map(printable)
    .join("\n");
}
