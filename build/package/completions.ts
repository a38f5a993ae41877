// Shell completion, made of the command line's own usage.
import { commandWords, usage } from "../../main/cli/usage.ts";

/** Contents by path below the tree. */
export function completions(): Record<string, string> {
  const words = Object.fromEntries(commandWords.map((word) => [word, wordsOf(word)]));
  return {
    "usr/share/bash-completion/completions/picket": bash(words),
    "usr/share/zsh/vendor-completions/_picket": zsh(words),
    "usr/share/fish/vendor_completions.d/picket.fish": fish(words),
  };
}

type Words = Record<string, { verbs: string[]; options: string[] }>;

/** Verbs and options as the synopsis lines name them: "picket rules remove|enable ID" has the verbs remove and enable. */
export function wordsOf(command: (typeof commandWords)[number]): { verbs: string[]; options: string[] } {
  const text = usage(command);
  const verbs = [...text.matchAll(new RegExp(`^picket ${command} \\[?([a-z]+(?:\\|[a-z]+)*)\\]?`, "gm"))];
  const options = [...text.matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option);
  return {
    verbs: [...new Set(verbs.flatMap(([, names = ""]) => names.split("|")))],
    options: [...new Set(options)].sort(),
  };
}

function bash(words: Words): string {
  const cases = Object.entries(words)
    .map(([command, { verbs, options }]) => `    ${command}) words="${[...verbs, ...options].join(" ")}" ;;`)
    .join("\n");
  return `# bash completion of picket(1)
_picket() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=
  if [ "$COMP_CWORD" -eq 1 ]; then words="${Object.keys(words).join(" ")}"
  else case \${COMP_WORDS[1]} in
${cases}
  esac; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _picket picket
`;
}

function zsh(words: Words): string {
  const cases = Object.entries(words)
    .map(([command, { verbs, options }]) => `    ${command}) compadd -- ${[...verbs, ...options].join(" ")} ;;`)
    .join("\n");
  return `#compdef picket
if (( CURRENT == 2 )); then
  compadd -- ${Object.keys(words).join(" ")}
else
  case $words[2] in
${cases}
  esac
  _files
fi
`;
}

function fish(words: Words): string {
  const lines = Object.entries(words).flatMap(([command, { verbs, options }]) => {
    const when = `-n '__fish_seen_subcommand_from ${command}'`;
    return [
      `complete -c picket -n __fish_use_subcommand -a ${command}`,
      ...(verbs.length > 0 ? [`complete -c picket ${when} -a '${verbs.join(" ")}'`] : []),
      ...options.map((option) => `complete -c picket ${when} -l ${option.slice(2)}`),
    ];
  });
  return `# fish completion of picket(1)\n${lines.join("\n")}\n`;
}
