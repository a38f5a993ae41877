// `picket blocklists`: list, add, remove, enable, disable, refresh, hits, except. Files are read here, as the person who names them.
import { open } from "node:fs/promises";
import { basename, extname } from "node:path";
import * as v from "valibot";
import { type Blocklist, blocklistNameSchema, blocklistUrlSchema } from "../../contract/blocklists.ts";
import { CodedError, isErrorCode } from "../../contract/errors.ts";
import type { HelperClient } from "../client/client.ts";
import { handOver } from "../client/hand-over.ts";
import { except } from "./exceptions.ts";
import { withHelper } from "./helper-connection.ts";
import { printable, printableJson, table } from "./table.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

const verbs = ["list", "add", "remove", "enable", "disable", "refresh", "hits", "except"] as const;
type Verb = (typeof verbs)[number];

const commands: Record<Verb, (args: string[]) => Promise<number>> = {
  list,
  add,
  remove,
  enable: (args) => enable(args, true),
  disable: (args) => enable(args, false),
  refresh,
  hits,
  except,
};

export async function blocklists(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined || first.startsWith("-")) return list(args);
  return commands[oneOf("what to do with blocklists", first, verbs)](rest);
}

async function list(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  takeNoMore(positionals);
  const found = await withHelper("blocklists", (helper) => helper.call("blocklists.list", {}));
  const head = ["NAME", "ON", "HOSTS", "DOMAINS", "ADDRESSES", "SKIPPED", "HITS", "UPDATED", "STATE", "SOURCE"];
  process.stdout.write(values.json ? `${printableJson(found, 2)}\n` : table(head, found.map(cells), "no blocklists"));
  return 0;
}

function cells(one: Blocklist): string[] {
  const { name, enabled, hosts, domains, addresses, hits, updated, url } = one;
  const numbers = [hosts, domains, addresses, skippedIn(one), hits].map(String);
  return [name, enabled ? "yes" : "no", ...numbers, updated?.slice(0, 16) ?? "never", stateOf(one), url ?? "a file"];
}

function skippedIn({ skipped }: Blocklist): number {
  return skipped.reduce((sum, { count }) => sum + count, 0);
}

function stateOf({ busy, error, aside }: Blocklist): string {
  if (busy !== null) return busy;
  if (aside !== null) return "shrunk";
  return error?.code ?? "good";
}

/** A file or a URL becomes a list; without --name it is called like it. */
async function add(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { name: { type: "string" }, json: { type: "boolean" } });
  const [source, ...rest] = positionals;
  if (!source) throw new UsageError("blocklists add needs a FILE or a URL");
  takeNoMore(rest);
  const url = /^https?:\/\//i.test(source);
  if (url && !v.is(blocklistUrlSchema, source)) throw new UsageError(`"${source}" is no address of a list`);
  const name = nameFrom(values.name ?? (url ? new URL(source).hostname : basename(source, extname(source))));
  return change(values.json, report(`added ${name}`), async (helper) => [
    url ? await helper.call("blocklists.add", { name, url: source }) : await handOverFile(helper, name, source, false),
  ]);
}

async function remove(args: string[]): Promise<number> {
  const { values, name } = named("remove", args);
  const result = await withHelper("blocklists", (helper) => helper.call("blocklists.remove", { name }));
  process.stdout.write(values.json ? `${printableJson(result, 2)}\n` : `${printable(`removed ${name}`)}\n`);
  return 0;
}

function enable(args: string[], enabled: boolean): Promise<number> {
  const { values, name } = named(enabled ? "enable" : "disable", args);
  return change(values.json, report(`${enabled ? "enabled" : "disabled"} ${name}`), async (helper) => [
    await helper.call("blocklists.enable", { name, enabled }),
  ]);
}

/** One list, from its URL or the file given; all that have a URL when none is named. */
async function refresh(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    "accept-shrunk": { type: "boolean", default: false },
    json: { type: "boolean" },
  });
  const [given, file, ...rest] = positionals;
  takeNoMore(rest);
  const acceptShrunk = values["accept-shrunk"];
  const name = given === undefined ? null : nameFrom(given);
  if (acceptShrunk && (name === null || file !== undefined))
    throw new UsageError("--accept-shrunk needs the NAME of the list, alone");
  return change(values.json, report(`refreshed ${name ?? "all"}`), async (helper) =>
    name !== null && file !== undefined
      ? [await handOverFile(helper, name, file, true)]
      : helper.call("blocklists.refresh", { name, acceptShrunk }),
  );
}

async function hits(args: string[]): Promise<number> {
  const { values, name } = named("hits", args);
  const found = await withHelper("blocklists", (helper) => helper.call("blocklists.hits", { name }));
  const rows = found.map(({ entry, hits, last }) => [String(hits), last.slice(0, 16), entry]);
  process.stdout.write(
    values.json ? `${printableJson(found, 2)}\n` : table(["HITS", "LAST", "ENTRY"], rows, "no hits"),
  );
  return 0;
}

function named(verb: Verb, args: string[]) {
  const { values, positionals } = parseWords(args, { json: { type: "boolean" } });
  const [name, ...rest] = positionals;
  if (!name) throw new UsageError(`blocklists ${verb} needs the list's NAME`);
  takeNoMore(rest);
  return { values, name: nameFrom(name) };
}

function nameFrom(given: string): string {
  const name = v.safeParse(blocklistNameSchema, given);
  if (!name.success) throw new UsageError(`a list's name is ${name.issues[0].message}, not "${given}"`);
  return name.output;
}

/**
 * Does it and waits until the helper is done with all of the lists; the exit code is 1 when it could not take one of them. `tell`: what is
 * printed of a list that it took.
 */
export async function change(
  json: boolean | undefined,
  tell: (one: Blocklist) => string,
  begin: (helper: HelperClient) => Promise<Blocklist[]>,
): Promise<number> {
  return withHelper("blocklists", async (helper) => {
    const settled = await follow(helper, begin);
    if (json) process.stdout.write(`${printableJson(settled, 2)}\n`);
    const failed = settled.filter(({ error }) => error !== null);
    for (const one of settled) if (!json && one.error === null) process.stdout.write(`${tell(one)}\n`);
    for (const one of failed) process.stderr.write(`picket: ${printable(complaint(one))}\n`);
    return failed.length === 0 ? 0 : 1;
  });
}

/** The lists as they are when nothing is under way with them any more. One that was removed meanwhile is no longer among them. */
async function follow(helper: HelperClient, begin: (helper: HelperClient) => Promise<Blocklist[]>) {
  const known = new Map<string, Blocklist>();
  let changed = () => {};
  const closed = new Promise<never>((_, reject) => helper.onClose(reject));
  closed.catch(() => {}); // heard below
  await helper.watch(["blocklists"], (_topic, { full, changed: lists, removed }) => {
    if (full) known.clear();
    for (const one of lists) known.set(one.id, one);
    for (const id of removed) known.delete(id);
    changed();
  });
  known.clear();
  const begun = await begin(helper);
  // An event that came with the answer is newer than it.
  for (const one of begun) if (!known.has(one.id)) known.set(one.id, one);
  for (;;) {
    const settled = begun.flatMap(({ id }) => known.get(id) ?? []);
    if (settled.every(({ busy }) => busy === null)) return settled;
    const next = new Promise<void>((resolve) => {
      changed = resolve;
    });
    await Promise.race([next, closed]);
  }
}

const report = (sentence: string) => (one: Blocklist) => {
  const count = (number: number, one: string, more: string) => `${number} ${number === 1 ? one : more}`;
  const entries = [
    count(one.hosts, "host", "hosts"),
    count(one.domains, "domain", "domains"),
    count(one.addresses, "address", "addresses"),
  ].join(", ");
  const skipped = one.skipped.map(({ reason, count }) => `${count} ${reason.replaceAll("_", " ")}`).join(", ");
  return printable(`${sentence}: ${one.name} has ${entries}${skipped ? `; skipped: ${skipped}` : ""}`);
};

function complaint({ name, error, aside }: Blocklist): string {
  const message =
    error === null ? "" : isErrorCode(error.code) ? error.message : new CodedError("bad_reply", error.code).message;
  const way = aside === null ? "" : ` picket blocklists refresh --accept-shrunk "${name}" takes it.`;
  return `${name}: ${message}${way}`;
}

/** Errors: UsageError where the file cannot be read, and those of handing over. */
async function handOverFile(helper: HelperClient, name: string, path: string, replace: boolean): Promise<Blocklist> {
  const file = await open(path).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  try {
    if ((await file.stat()).isDirectory()) throw new UsageError(`"${path}" is a folder`);
    return await handOver(helper, name, file, replace);
  } finally {
    await file.close();
  }
}
