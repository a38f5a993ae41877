// Programs that run what another file says: which file that is, out of their arguments. Pure. What is not understood for certain is
// unclear: an unknown option may load anything.
import type { Arguments } from "./launch.ts";

interface Interpreter {
  /** The executable's name. */
  readonly name: RegExp;
  /** Options that change nothing about which code runs. */
  readonly harmless: RegExp;
  /** The script follows this option; without it nothing is clear. */
  readonly behind?: string;
}

const none = /^$/;

const interpreters: readonly Interpreter[] = [
  { name: /^(python|pypy)[\d.]*$/, harmless: /^-[BbEIOPqRsSuvd]+$/ },
  { name: /^perl[\d.]*$/, harmless: /^-[wWtTX]+$/ },
  { name: /^j?ruby[\d.]*$/, harmless: /^-(w|v|W[012]?)$/ },
  {
    name: /^node(js)?[\d.]*$/,
    harmless:
      /^--(max-old-space-size=\d+|(no-)?(warnings|deprecation)|trace-(warnings|deprecation)|enable-source-maps|expose-gc)$/,
  },
  {
    name: /^(bun|deno|qjs|gjs[\d.-]*|tclsh[\d.]*|wish[\d.]*|expect|guile[\d.-]*|php[\d.]*|Rscript|raku|awk)$/,
    harmless: none,
  },
  { name: /^(lua|luajit|texlua)[\d.-]*$/, harmless: none },
  { name: /^java$/, harmless: /^-(X(m[sxn]|ss)\d+[kKmMgG]?|server|client|ea|XX:[+-]\w+)$/, behind: "-jar" },
  {
    name: /^r?(sh|bash|dash|zsh|ksh[\d]*|mksh|ash|yash|fish|csh|tcsh)$/,
    harmless: /^(-[efhlnuvx]+|--(login|posix|norc|noprofile))$/,
  },
  // The dynamic linker runs any program it is given.
  { name: /^ld(-linux|-musl|64|-)[\w.-]*$/, harmless: none },
];

/**
 * `program`: the executable is the app. `script`: what it runs, as it was named. `unclear`: why nobody can say what it runs, as words in
 * brackets behind its path.
 */
export type Running =
  | { readonly is: "program" }
  | { readonly is: "script"; readonly argument: string }
  | { readonly is: "unclear"; readonly why: string };

const unclear = (why: string): Running => ({ is: "unclear", why });

export function isInterpreter(executable: string): boolean {
  return find(executable) !== undefined;
}

function find(executable: string): Interpreter | undefined {
  const file = executable.slice(executable.lastIndexOf("/") + 1);
  return interpreters.find(({ name }) => name.test(file));
}

/** `interpreted`: the kernel started the executable for a script's "#!" line; the script is then its first or second argument. */
export function runs(executable: string, { words, complete }: Arguments, interpreted: boolean): Running {
  const interpreter = find(executable) ?? (interpreted ? { name: none, harmless: none } : undefined);
  if (interpreter === undefined) return { is: "program" };
  const rest = words.slice(1);
  while (rest[0] !== undefined && interpreter.harmless.test(rest[0])) rest.shift();
  if (interpreter.behind !== undefined) {
    if (rest.shift() !== interpreter.behind) return unclear("with options Picket does not know");
  } else if (rest[0] === "--") rest.shift();
  const [word] = rest;
  if (word === undefined) return unclear(complete ? "with typed or piped code" : "with too many arguments");
  if (word === "-") return unclear("with piped code");
  if (/^[-+]/.test(word) || word === "") return unclear("with code or options in its command");
  return { is: "script", argument: word };
}
