// The words of the command line: every command's usage, and how its arguments are parsed.
import { type ParseArgsConfig, parseArgs } from "node:util";

/** The words were wrong: exit code 2. */
export class UsageError extends Error {}

const texts = {
  status: `picket status [--json]
    Whether the helper runs, its mode, and what it guards.
`,
  run: `picket run -- CMD [ARG…]
    Runs CMD in a guarded cgroup of its own, descriptors above 2 closed. The exit code is CMD's.
`,
  prompts: `picket prompts [--follow] [--json]
picket prompts dismiss ID [--json]
    The open questions and the inbox. --follow: these, then each new or changed one (--json: one object a line), until it is interrupted:
    when the helper restarts, it waits for it. dismiss: takes an item out of the inbox without a rule; the next attempt asks again.
`,
  answer: `picket answer ID allow|block [--scope endpoint|host|domain|any]
                 [--lifetime once|quit|TIME|restart|forever] [--json]
    Answers a prompt: for its endpoints, every port of its host, every host of its domain, or anything; once (only what it holds), until
    the app quits, for a TIME (30m, 1h, 7d), until the machine restarts, or forever. Default: endpoint, once.
`,
  rules: `picket rules [list] [--json]
picket rules add --app PATH|any --action allow|block|ask [--host H|--domain D|--address CIDR|--zone Z]
                 [--port P[-Q][,…]] [--protocol tcp|udp] [--direction outbound|inbound|both]
                 [--via PATH] [--user USER] [--profile NAME] [--lifetime quit|TIME|restart|forever]
                 [--note TEXT] [--json]
picket rules remove|enable|disable ID…
picket rules undo
picket rules check [--json]
picket rules export
picket rules apply FILE [--dry-run] [--json]
    The rules, or a change to them. --domain: it and every host in it. --zone: loopback, resolvers, local or internet. --port with commas
    makes a rule for each. Several IDs are removed or switched all or none, in one change. undo takes the last change back, an answer's
    too. Inbound: the address is the caller's, the port the app's own. A lifetime is as for an answer; forever when none is given. PATH of
    a script: its interpreter's, two slashes, its own (/usr/bin/python3//home/a/x.py).
    check says which rules do nothing, and why; HINT in the list marks them. export writes the permanent rules as JSON (schema:
    /usr/share/picket/rules.schema.json); apply makes them exactly what FILE says, all or nothing, in one change: + added, - removed, ~
    changed. --dry-run only says so. Temporary rules stay as they are. A block that would end sooner than the one it takes the place of
    may take your password.
`,
  import: `picket import FILE [--dry-run] [--json]
    Rules of Little Snitch (.lsrules) or OpenSnitch (a .json file, or a folder of them), in one change, or a hosts file, which becomes a
    blocklist called like it; with a report of what could not be carried over. The next import of the same replaces them.
`,
  blocklists: `picket blocklists [list] [--json]
picket blocklists add FILE|URL [--name NAME] [--json]
picket blocklists refresh [NAME [FILE]] [--accept-shrunk] [--json]
picket blocklists remove|enable|disable|hits NAME [--json]
picket blocklists except [HOST|ADDRESS [--app PATH] [--remove]] [--json]
    Lists of names and addresses to block: hosts files, plain names, adblock's domain rules, addresses and ranges. A URL is fetched daily,
    not in lockdown. What is in the URL leaves this computer past every rule: to add one may take your password, and so may refresh within
    ten minutes of the last time. refresh: now, all of them or one; a list from a file takes its new text from FILE. An update that lost
    more than half of a list waits for --accept-shrunk. except: what is allowed in spite of blocklists; with a HOST, allows it, for one
    app or for all; it is a rule like any other, and rules undo takes it back.
`,
  explain: `picket explain --app PATH (--host H|--address A) --port P [--protocol tcp|udp]
                 [--direction outbound|inbound] [--via PATH] [--user USER] [--json]
    What would happen to such a connection, by which rule, and why. With a host alone, also at which of its known addresses it is another.
`,
  flows: `picket flows [--app APP] [--host HOST] [--verdict allow|block|held] [--live] [--follow] [--json]
picket flows end ID…|[--app APP] [--host HOST] [--confirm] [--json]
    Live and recent flows, newest first. APP: a path, a program's name, or a script's; HOST: it and what is in it, or an address. What is
    in brackets behind an address is no name that a resolver gave: the app itself says it, and rules that allow do not take its word.
    --follow: these, then each new or changed one (--json: one object a line), until it is interrupted: when the helper restarts, it waits
    for it. end: ends live connections, those with these ids (--json shows them) or all that fit; their apps hear of it at once and may
    begin others. The connection you work over only with --confirm.
`,
  history: `picket history [--by app|domain|host|country|protocol|network|user] [--range 10m|1h|24h|7d|30d|1y|--from TIME [--to TIME]]
                 [--app PATH] [--domain D] [--host H] [--country CC|none] [--protocol P] [--network ID] [--limit N]
                 [--series] [--json|--csv]
picket history events [--range …|--from TIME [--to TIME]] [--json|--csv]
picket history settings [--record on|off] [--json]
picket history retention [--minutes HOURS] [--days DAYS] [--json]
picket history private PATH on [--forget]|off [--json]
picket history delete --all|[--app PATH] [--range …|--from TIME [--to TIME]]
    Who talked to whom and how much, most first: bytes as on the wire, connections that were allowed, and those that were blocked.
    Default: by app, of 24 hours. --app, --domain, --host, --country, --protocol, --network: only what fits. --series: the points of the
    chart instead of rows. TIME: 2026-11-23 (its midnight here), 2026-11-23T09:30, or with Z or an offset behind it.
    settings: whether anything is recorded. retention: for how many hours single minutes are kept, for how many days quarters of an hour.
    private: nothing of that app is recorded from now on; --forget: what was is deleted as well. delete cannot be taken back.
`,
  doctor: `picket doctor [--json]
    Looks at the kernel, the helper, the disk, what runs beside it and the desktop, and says what is wrong and what to do. Works without
    a helper, and without root (what it could not see is marked ?). The exit code is 1 when something is wrong.
`,
  "support-bundle": `picket support-bundle FILE [--with-names]
    Writes what somebody who helps you needs to see (doctor, status, counts, recent flows, the helper's journal) into one file (-: to the
    terminal) and sends it nowhere. Apps, hosts, addresses and people are placeholders (host-1, host-2 …) unless you say --with-names.
`,
  backup: `picket backup FILE
    Writes rules, profiles, the mode, which blocklists there are and the settings into one file (-: to the terminal). Not in it: temporary
    rules, the text of blocklists that came from a file, and history: it may be hundreds of megabytes, says more about you than you may want
    to carry around, and is about this computer's networks. picket history --csv writes down what you want to keep of it. The rules are
    everybody's: where other people have some, it takes an administrator (sudo picket backup FILE).
`,
  restore: `picket restore FILE [--dry-run] [--json]
picket restore --undo [--json]
    Brings all of that to what FILE says, all or nothing; --dry-run only says what would change. Blocklists that FILE does not know are
    switched off; nothing is deleted from history. --undo goes back to what was there before the last restore. It takes an administrator
    (sudo) where other people have rules, and where it makes rules for everybody, for root or for another person.
`,
  mode: `picket mode [ask|learn|allow|block] [--confirm TIME] [--json]
    What happens where no rule says anything: you are asked, it is allowed and recorded, allowed, or blocked. Without a word: the mode and
    what stands before it. --confirm 60s: it takes itself back unless picket confirm comes in time.
`,
  pause: `picket pause [TIME|off] [--json]
    Allows everything for a TIME (10m, 1h), or ends that. A restart of the machine ends it too.
`,
  lockdown: `picket lockdown [on|off] [--json]
    Blocks everything but this computer's talk with itself, live connections too, until it is switched off.
`,
  confirm: `picket confirm [--json]
    Keeps a change that would take itself back: one made with --confirm, or one that cuts the connection you work over. Where it lets more
    through than before, that may take your password once more.
`,
  profile: `picket profile [NAME|none|auto] [--json]
picket profile define NAME [--ssid SSID] [--gateway ADDRESS|MAC] [--vpn yes|no] [--json]
picket profile remove NAME [--json]
    The profiles, and which is active; NAME or none by hand, auto: by the network, as far as a profile has conditions and NetworkManager
    runs. Rules of a profile (rules add --profile NAME) count while it is active.
`,
  learn: `picket learn review [--accept ID|all]… [--reject ID|all]… [--mode ask|learn|allow|block] [--json]
    What was seen since learning began, as rules that would allow it. --accept makes them; rules undo takes all of them back. --reject
    forgets what was seen, without a rule; together with --accept it is about the rest. --mode: the mode afterwards.
`,
  off: `picket off [--all]
    Root: ends the helper and removes its programs, pins and cgroups. Works without a helper too. --all: of every helper, also those
    with a state folder of their own (npm start -- --state DIR).
`,
};

/** Only `picket off --help` shows these: for people who run several helpers, and for our own tests. */
const offDetails = `
picket off --instance NAME
    The helper of that name: picket (state in /var/lib/picket, the one meant when none is named) or picket-XXXXXXXX.
`;

export type CommandWord = keyof typeof texts;
export const commandWords = Object.keys(texts) as CommandWord[];

export function isCommandWord(word: string): word is CommandWord {
  return Object.hasOwn(texts, word);
}

/** What is said of one verb, "add" of rules; of the whole command where it has no such. */
export function usageOf(word: CommandWord, verb: string | undefined): string {
  const lines = texts[word].split("\n");
  // A synopsis goes on in lines that stand further in than what describes it.
  const starts = lines.flatMap((line, at) => (line.startsWith("picket ") ? [at] : []));
  const end = lines.findIndex((line, at) => at > (starts.at(-1) ?? 0) && !line.startsWith("      "));
  const synopses = starts.map((at, index) => lines.slice(at, starts[index + 1] ?? end));
  const own = synopses.filter(
    ([first = ""]) => verb !== undefined && (first.split(" ")[2] ?? "").split("|").includes(verb),
  );
  return own.length === 0 ? usage(word) : [...own.flat(), ...lines.slice(end)].join("\n");
}

export function usage(word?: CommandWord): string {
  if (word) return `${texts[word]}${word === "off" ? offDetails : ""}`;
  const synopses = Object.values(texts).flatMap((text) =>
    text.split("\n").filter((line) => line.startsWith("picket ")),
  );
  return `Picket asks before an app connects to somewhere new.\n\n${synopses.map((line) => `  ${line}\n`).join("")}
PICKET_SOCKET names the helper's socket (default /run/picket/helper.sock). picket COMMAND --help says more,
picket --version which Picket this is.\n`;
}

/** node:util's parseArgs, strict; its complaint shortened to the sentence that matters. */
export function parseWords<T extends NonNullable<ParseArgsConfig["options"]>>(args: string[], options: T) {
  try {
    return parseArgs({ args: joinNumbers(args, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\.\s/)[0]);
  }
}

/** "--lifetime -1h" is one option with a wrong value, not two options: whoever takes the value says what is wrong with it. */
function joinNumbers(args: string[], options: NonNullable<ParseArgsConfig["options"]>): string[] {
  const joined: string[] = [];
  for (const word of args) {
    const option = joined.at(-1);
    const takesValue = option?.startsWith("--") && options[option.slice(2)]?.type === "string";
    if (takesValue && /^-\d/.test(word)) joined[joined.length - 1] = `${option}=${word}`;
    else joined.push(word);
  }
  return joined;
}

export function takeNoMore(positionals: string[]): void {
  if (positionals[0] !== undefined) throw new UsageError(`"${positionals[0]}" is one word too many`);
}

export function oneOf<const T extends string>(what: string, given: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === given);
  if (found === undefined) {
    throw new UsageError(
      given === undefined
        ? `${what} is missing (${allowed.join(" or ")})`
        : `${what} is ${allowed.join(" or ")}, not "${given}"`,
    );
  }
  return found;
}
