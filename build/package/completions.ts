// Shell completion, made of the command line's own usage.
import { type CommandWord, commandWords, usage } from "../../main/cli/usage.ts";

/** Contents by path below the tree. */
export function completions(): Record<string, string> {
  const words = Object.fromEntries(commandWords.map((word) => [word, wordsOf(word)]));
  return {
    "usr/share/bash-completion/completions/picket": bash(words),
    "usr/share/zsh/vendor-completions/_picket": zsh(words),
    "usr/share/fish/vendor_completions.d/picket.fish": fish(words),
  };
}

/** Words and options that may follow a command (""), and each of its verbs. */
type Forms = Record<string, string[]>;

/** An option, and what stands for its value. */
const option = /--[a-z][a-z-]+(?: [^\s|\]()[]+(?:\|(?!--)[^\s|\]()[]+)*)?/g;

/** As the synopsis lines have them, and no text beside: "picket rules remove|enable ID" has the verbs remove and enable. */
export function wordsOf(command: CommandWord): Forms {
  const forms: Record<string, Set<string>> = { "": new Set() };
  const add = (form: string, words: readonly string[]) => {
    forms[form] = new Set([...(forms[form] ?? []), ...words]);
  };
  for (const [, synopsis = ""] of usage(command).matchAll(new RegExp(`^picket ${command}(.*(?:\\n {6,}.*)*)$`, "gm"))) {
    // What is in brackets may be left out: what follows it then follows the command.
    const [begin, bracket, verbs] = /^ (\[?)([a-z]+(?:\|[a-z]+)*)\]?(?= |$)/.exec(synopsis) ?? ["", "[", ""];
    const rest = synopsis.slice(begin.length);
    const options = [...rest.matchAll(/--[a-z][a-z-]+/g)].map(([name]) => name);
    const own = [...(rest.replace(option, "").match(/(?<!\w)[a-z]+(?!\w)/g) ?? []), ...options];
    for (const verb of verbs?.split("|").filter(Boolean) ?? []) {
      add("", [verb]);
      add(verb, own);
    }
    if (bracket === "[") add("", own);
  }
  return Object.fromEntries(Object.entries(forms).map(([form, words]) => [form, [...words]]));
}

type Words = Record<string, Forms>;

/** Cases of a shell's pattern, verbs before what stands for anything else. */
function casesOf(words: Words, body: (words: string) => string): string {
  return Object.entries(words)
    .flatMap(([command, { "": own = [], ...verbs }]) => [
      ...Object.entries(verbs).map(([verb, its]) => `    "${command} ${verb}") ${body(its.join(" "))} ;;`),
      `    ${command}|"${command} "*) ${body(own.join(" "))} ;;`,
    ])
    .join("\n");
}

function bash(words: Words): string {
  return `# bash completion of picket(1)
_picket() {
  local current=\${COMP_WORDS[COMP_CWORD]} words= form=\${COMP_WORDS[1]}
  if [ "$COMP_CWORD" -gt 2 ]; then form="$form \${COMP_WORDS[2]}"; fi
  if [ "$COMP_CWORD" -eq 1 ]; then words="${Object.keys(words).join(" ")}"
  else case $form in
${casesOf(words, (list) => `words="${list}"`)}
  esac; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _picket picket
`;
}

function zsh(words: Words): string {
  return `#compdef picket
local form=$words[2]
if (( CURRENT > 3 )); then form="$form $words[3]"; fi
if (( CURRENT == 2 )); then
  compadd -- ${Object.keys(words).join(" ")}
else
  case $form in
${casesOf(words, (list) => `compadd -- ${list}`)}
  esac
  _files
fi
`;
}

function fish(words: Words): string {
  const lines = Object.entries(words).flatMap(([command, { "": own = [], ...verbs }]) => {
    const offer = (when: string, list: readonly string[]) =>
      list.map((word) => {
        const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
        return `complete -c picket -n '${when}' ${what}`;
      });
    return [
      `complete -c picket -n __fish_use_subcommand -a ${command}`,
      ...offer(`__picket_without ${[command, ...Object.keys(verbs)].join(" ")}`, own),
      ...Object.entries(verbs).flatMap(([verb, its]) => offer(`__picket_with ${command} ${verb}`, its)),
    ];
  });
  return `# fish completion of picket(1)
function __picket_with
  set -l words (commandline -opc)
  test "$words[2] $words[3]" = "$argv"
end
function __picket_without
  set -l words (commandline -opc)
  test "$words[2]" = "$argv[1]"; and not contains -- "$words[3]" $argv[2..]
end
${lines.join("\n")}
`;
}
