// Blocklists, what they blocked, and what is let past them.
import type { Blocklist, SkipReason } from "../../../contract/blocklists.ts";
import { count } from "./amounts.ts";

export const blocklists = {
  title: "Blocklists",
  label: "Your blocklists",
  total: (lists: number, entries: number) =>
    `${count(lists, "list", "lists")}, ${count(entries, "entry", "entries")} in force`,
  number: (n: number) => n.toLocaleString("en"),
  none: "No blocklists yet",
  noneHint: "A blocklist is a list of addresses that somebody else keeps: of advertisers, trackers or harmful sites.",
  noneHint2: "What is on it is refused to every app. A list can only block; it never allows anything.",
  add: "Add list",
  refreshAll: "Refresh all",
  inForce: (name: string) => `In force: ${name}`,
  off: "Switched off",
  refresh: (name: string) => `Refresh: ${name}`,
  replace: (name: string) => `New file for: ${name}`,
  remove: (name: string) => `Remove: ${name}`,
  details: (name: string) => `Details of ${name}`,
  entries: (n: number) => (n === 1 ? "entry" : "entries"),
  blocked: "times blocked",
  fromFile: "From a file of yours",
  refreshed: (time: string) => `refreshed ${time}`,
  taken: (time: string) => `taken ${time}`,
  never: "not fetched yet",
  nothing: "nothing in force yet",
  busy: { waiting: "Waiting its turn…", fetching: "Fetching…", reading: "Reading…" } satisfies Record<
    NonNullable<Blocklist["busy"]>,
    string
  >,
  failed: (time: string) => `Last tried ${time}.`,
  shrunk: {
    title: (n: number) => `A new version has only ${count(n, "entry", "entries")}`,
    body: (n: number) =>
      `That is less than half of the ${n.toLocaleString("en")} in force, which go on until you agree.`,
    yes: "Use the new version",
  },
  contents: {
    label: "What is in it",
    hosts: (n: number) => count(n, "host", "hosts"),
    domains: (n: number) =>
      n === 1 ? "1 domain with every host in it" : `${count(n, "domain", "domains")} with every host in them`,
    addresses: (n: number) => count(n, "address or range", "addresses and ranges"),
    exceptions: (n: number) => `${count(n, "exception", "exceptions")} that the list makes itself`,
  },
  hits: {
    label: "Blocked most",
    none: "It has not blocked anything yet.",
    times: (n: number) => count(n, "time", "times"),
    last: (time: string) => `last ${time}`,
  },
  skipped: {
    label: "Left out",
    example: (line: number, text: string) => `line ${line}: ${text}`,
    /** So many things, and why none of them blocks anything. */
    why: {
      not_carried_over: (n) => `${count(n, "rule", "rules")} about parts of pages, which Picket cannot see`,
      public_suffix: (n) => `${count(n, "ending", "endings")} that strangers share, such as “co.uk”`,
      local_name: (n) => `${count(n, "name", "names")} of this computer or network`,
      redirect: (n) =>
        n === 1
          ? "1 line that leads a name elsewhere instead of blocking it"
          : `${count(n, "line", "lines")} that lead names elsewhere instead of blocking them`,
      local_address: (n) => `${count(n, "address", "addresses")} of this computer or network`,
      too_wide: (n) =>
        count(n, "range that is a good part of the internet", "ranges that are a good part of the internet"),
      too_long: (n) => count(n, "line that is too long", "lines that are too long"),
      unreadable: (n) => count(n, "line that cannot be read", "lines that cannot be read"),
    } satisfies Record<SkipReason, (n: number) => string>,
  },
  confirm: {
    title: "Remove this blocklist?",
    body: "What it blocked is no longer blocked, unless a rule or another list does. Its count of blocked connections goes with it.",
    yes: "Remove list",
    no: "Keep list",
  },
  form: {
    title: "Add a blocklist",
    from: "Where from",
    sources: { url: "From the internet", file: "From a file" },
    url: "Address of the list",
    urlHint: "It is fetched again every day",
    file: "File",
    choose: "Choose a file…",
    chooseTitle: "A file with a blocklist",
    noFile: "None chosen yet",
    fileHint: "It stays as it is until you choose a new file",
    name: "Name",
    nameHint: "What you want to call it",
    kinds: "Hosts files, lists of domains, adblock lists of domains, and lists of addresses are understood.",
    problems: {
      url: "An address that begins with https:// or http://, without a password",
      file: "Choose a file first",
      name: "Letters, digits, blanks, dots and dashes, 63 at most",
    },
    save: "Add list",
    cancel: "Cancel",
  },
  except: {
    title: "Allowed despite blocklists",
    hint: "These go past every list.",
    none: "Nothing is let past the lists. If one blocks too much: find the blocked connection in the monitor, and choose “Allow despite blocklists” there.",
    remove: "Remove",
    removeLabel: (sentence: string) => `Remove: ${sentence}`,
    since: (time: string) => `since ${time}`,
    off: "switched off",
  },
};
